import { html } from 'lit'

/** Lines where text is on its way, as many as it will have. */
export const skeleton = (lines = 3) =>
  html`<div class="skeletons" role="status" aria-label="Loading" aria-busy="true">
    ${Array.from({ length: lines }, () => html`<span class="skeleton"></span>`)}
  </div>`
