import { html, nothing } from 'lit'
import type { Moment } from '../story.ts'
import './spine.css'
import { since } from './time.ts'
import { mark } from './state.ts'

/** Of a long story, what is told at first of its beginning and of its end. */
const [shownFirst, shownLast] = [3, 9]
const longChars = 120

/** What happened, a line each from the first to the last; a line leads to where it is shown in full. */
export function spine(moments: Moment[], hrefOf: (show: string) => string) {
  const isLong = moments.length > shownFirst + shownLast + 2
  const line = (moment: Moment) => lineOf(moment, hrefOf)
  if (!isLong)
    return html`<ol class="spine">
      ${moments.map(line)}
    </ol>`
  const hidden = moments.slice(shownFirst, -shownLast)
  return html`<ol class="spine">
      ${moments.slice(0, shownFirst).map(line)}
    </ol>
    <details class="spine-more">
      <summary>${hidden.length} more</summary>
      <ol class="spine">
        ${hidden.map(line)}
      </ol>
    </details>
    <ol class="spine">
      ${moments.slice(-shownLast).map(line)}
    </ol>`
}

/** A last line of output may be as long as a page: it is folded to two lines until somebody wants it. */
const moreOf = (more: string) =>
  more.length <= longChars
    ? html`<small>${more}</small>`
    : html`<details class="long">
        <summary>
          <small>${more}</small>
          <span class="all">Show all</span><span class="less">Show less</span>
        </summary>
      </details>`

const lineOf = ({ at, state, text, more, show }: Moment, hrefOf: (show: string) => string) =>
  html`<li>
    ${mark(state)}
    <div>
      ${show ? html`<a href=${hrefOf(show)}>${text}</a>` : html`<span>${text}</span>`}
      ${more ? moreOf(more) : nothing}
    </div>
    ${since(at)}
  </li>`
