import { html, nothing } from 'lit'

/** What stands where nothing is: that it is so, and what to do about it. */
export const empty = (title: string, advice?: unknown) =>
  html`<div class="nothing">
    <p>${title}</p>
    ${advice === undefined ? nothing : html`<p class="advice">${advice}</p>`}
  </div>`
