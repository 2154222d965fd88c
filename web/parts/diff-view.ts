import { html } from 'lit'
import { loadPart } from '../live.ts'

/** A unified diff; what draws it is loaded with the first one. */
export function diffView(diff: string) {
  void loadPart(() => import('./diff.ts'))
  return html`<sy-diff .diff=${diff}></sy-diff>`
}
