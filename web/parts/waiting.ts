import { html } from 'lit'

/** Lines on their way, in about the size that they will have. */
export const waiting = (lines: number, label = 'Loading') =>
  html`<div class="lines-waiting" role="status" aria-busy="true" aria-label=${label}>
    ${Array.from({ length: lines }, () => html`<span class="skeleton"></span>`)}
  </div>`
