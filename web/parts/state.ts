import { html } from 'lit'
import { words } from '../format.ts'

/** A state as a small coloured word. The colour only repeats what the word says. */
export const badge = (state: string) =>
  html`<span class="badge" data-state=${state}>${words(state)}</span>`
