import { html, nothing } from 'lit'

export type Tab = { name: string; title: string; href: string; count?: number | undefined }

/** Views of one thing, of which the address names one. They are links, so that each can be kept and shared. */
export const tabs = (label: string, current: string, all: Tab[]) =>
  html`<nav class="tabs" aria-label=${label}>
    ${all.map(
      ({ name, title, href, count }) =>
        html`<a href=${href} aria-current=${name === current ? 'true' : nothing}
          >${title}${count === undefined ? nothing : html` <span class="count">${count}</span>`}</a
        >`,
    )}
  </nav>`
