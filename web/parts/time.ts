import { html } from 'lit'
import { ago } from '../format.ts'

const exact = new Intl.DateTimeFormat(undefined, { dateStyle: 'medium', timeStyle: 'medium' })

/** An instant as people say it, with the exact one on hover. */
export const since = (at: number) =>
  html`<time datetime=${new Date(at).toISOString()} title=${exact.format(at)}>${ago(at)}</time>`
