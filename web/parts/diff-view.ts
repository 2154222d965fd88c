import { html } from 'lit'
import { loadPart } from '../load-part.ts'

/** A unified diff; what draws it is loaded with the first one. */
export function diffView(diff: string) {
  if (!customElements.get('sy-diff')) void loadPart(() => import('./diff.ts'))
  return html`<sy-diff .diff=${diff}></sy-diff>`
}
