import { html } from 'lit'
import { ago, exact } from '../format.ts'

/** An instant as people say it, with the exact one on hover and for machines. */
export const when = (at: number) =>
  html`<time datetime=${new Date(at).toISOString()} title=${exact(at)}>${ago(at)}</time>`
