import { html } from 'lit'
import './chips.css'

/** What a list is narrowed by, each taken away by a click. */
export const chips = (label: string, all: { text: string; without: string }[]) =>
  all.length === 0
    ? ''
    : html`<ul class="chips" aria-label=${label}>
        ${all.map(
          ({ text, without }) =>
            html`<li>
              <a class="chip" href=${without} aria-label=${`Without ${text}`}
                >${text}<span aria-hidden="true"> ×</span></a
              >
            </li>`,
        )}
      </ul>`

/** The choices of one thing, of which some or none hold; each is an address. */
export const choices = (label: string, all: { text: string; href: string; isOn: boolean }[]) =>
  html`<ul class="chips" aria-label=${label}>
    ${all.map(
      ({ text, href, isOn }) =>
        html`<li>
          <a class="chip" href=${href} aria-current=${isOn ? 'true' : 'false'}>${text}</a>
        </li>`,
    )}
  </ul>`

/** An address with some of its state set anew; what is undefined is left out. */
export function changed(
  params: URLSearchParams,
  changes: Record<string, string | undefined>,
): Record<string, string> {
  const all = { ...Object.fromEntries(params), ...changes }
  return Object.fromEntries(
    Object.entries(all).filter((entry): entry is [string, string] => Boolean(entry[1])),
  )
}
