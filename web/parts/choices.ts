import { html } from 'lit'
import './page-bar.css'

/** A few links of which one is chosen; what is chosen is in the address. */
export const choices = (
  name: string,
  items: { title: string; href: string; isCurrent: boolean }[],
) =>
  html`<span class="choices" role="group" aria-label=${name}>
    ${items.map(
      ({ title, href, isCurrent }) =>
        html`<a href=${href} aria-current=${isCurrent ? 'true' : 'false'}>${title}</a>`,
    )}
  </span>`
