import { html } from 'lit'

/** A unified diff; what draws it is loaded with the first one. */
export function diffView(diff: string) {
  void import('./diff.ts')
  return html`<sy-diff .diff=${diff}></sy-diff>`
}
