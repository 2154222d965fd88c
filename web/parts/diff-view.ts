import { html } from 'lit'
import { answering } from '../live.ts'

/** A unified diff; what draws it is loaded with the first one. */
export function diffView(diff: string) {
  void answering().then(() => import('./diff.ts'))
  return html`<sy-diff .diff=${diff}></sy-diff>`
}
