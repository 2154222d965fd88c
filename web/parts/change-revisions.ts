import { html, nothing } from 'lit'
import type { Revision } from '../../schemas/change.ts'
import type { Shown } from './change-threads.ts'
import { since } from './time.ts'

type Choose = (revision: number, since: number | undefined) => void

/** The revisions as a line of stops, and what the chosen one is compared with. */
export const revisionsView = (revisions: Revision[], shown: Shown, choose: Choose) => {
  const chosen = revisions.find(({ number }) => number === shown.revision)
  if (!chosen) return nothing
  if (revisions.length === 1) return summaryView(chosen)
  const earlier = revisions.filter(({ number }) => number < shown.revision)
  const slide = (event: Event) =>
    choose(Number((event.target as HTMLInputElement).value), undefined) // The slider's own.
  const compare = (event: Event) => {
    const { value } = event.target as HTMLSelectElement // The select's own.
    choose(shown.revision, value === '' ? undefined : Number(value))
  }
  return html`<div class="revisions">
    <label class="slider"
      ><span>Revision ${shown.revision} of ${revisions.length}</span
      ><input
        type="range"
        min="1"
        max=${revisions.length}
        .value=${String(shown.revision)}
        list="revision-stops"
        aria-valuetext="Revision ${shown.revision}"
        @change=${slide}
    /></label>
    <datalist id="revision-stops">
      ${revisions.map(({ number }) => html`<option value=${number}></option>`)}
    </datalist>
    <label class="inline"
      >compared with
      <select aria-label="Compared with" @change=${compare}>
        <option value="" ?selected=${shown.since === undefined}>the target</option>
        ${earlier.map(({ number }) => html`<option value=${number} ?selected=${shown.since === number}>revision ${number}</option>`)}
      </select></label
    >
    ${summaryView(chosen)}
  </div>`
}

const summaryView = ({ summary, createdAt, number }: Revision) =>
  summary === ''
    ? nothing
    : html`<p class="line revision">
        <span>Revision ${number}: ${summary}</span> ${since(createdAt)}
      </p>`
