import { html, nothing, svg } from 'lit'
import './bars.css'

/** A share of a whole; `kind` is a class that colours it. */
type Share = { value: number; kind: 'used' | 'promised' | 'spent' | 'reserved' }

/** What of something is used, promised and free, in one bar whose text says the same. */
export function resourceBar(bar: {
  name: string
  total: number
  shares: Share[]
  text: string
  /** From this share of the whole on it is shown as scarce. */
  scarceFrom?: number
}) {
  const { name, total, shares, text, scarceFrom = 0.9 } = bar
  const most = Math.max(0, ...shares.map(({ value }) => value))
  const isScarce = total > 0 && most / total >= scarceFrom
  return html`<div class="resource" ?data-scarce=${isScarce}>
    <span class="name">${name}</span> <span class="text">${text}</span>
    <svg viewBox="0 0 100 8" preserveAspectRatio="none" aria-hidden="true">
      ${shares.map(({ value, kind }, lane) => {
        // Each in a lane of its own: what is promised and what is used may both be the whole.
        const tall = shares.length === 1 ? 6 : 3
        const y = shares.length === 1 ? 1 : lane * 5
        return svg`<rect class="whole" y=${y} width="100" height=${tall}></rect>
          <rect class=${kind} y=${y} width=${percent(value, total)} height=${tall}></rect>`
      })}
    </svg>
  </div>`
}

export type Bar = { label: unknown; value: number; text: string; note?: unknown }

/** Amounts side by side, the largest as the measure. */
export function bars(name: string, items: Bar[]) {
  const most = Math.max(0, ...items.map(({ value }) => value))
  return html`<ul class="bars" aria-label=${name}>
    ${items.map(
      ({ label, value, text, note }) =>
        html`<li>
          <span class="label">${label}</span>
          <svg viewBox="0 0 100 6" preserveAspectRatio="none" aria-hidden="true">
            <rect class="whole" width="100" height="6"></rect>
            <rect class="used" width=${percent(value, most)} height="6"></rect>
          </svg>
          <span class="amount">${text}</span>
          ${note ? html`<small class="soft">${note}</small>` : nothing}
        </li>`,
    )}
  </ul>`
}

const percent = (value: number, total: number): number =>
  total <= 0 ? 0 : Math.round(1000 * Math.min(1, Math.max(0, value / total))) / 10
