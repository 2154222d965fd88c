import { html } from 'lit'
import { words } from '../format.ts'

type Kind = 'idle' | 'running' | 'waiting' | 'done' | 'failed' | 'ended'

// What is not listed here is idle: nothing happens, and nobody has to do anything.
const kinds: Record<string, Kind> = {
  ...of('running', 'running leased working starting in_progress connecting drafting'),
  ...of('waiting', 'waiting in_review pending held proposed open signed_out warning quarantined'),
  ...of('done', 'succeeded passed merged ready approved accept completed live'),
  ...of('failed', 'failed lost pressure denied unreachable error offline expired'),
  ...of('ended', 'canceled closed released retired skipped void'),
}

function of(kind: Kind, states: string): Record<string, Kind> {
  return Object.fromEntries(states.split(' ').map((state) => [state, kind]))
}

const kindOf = (state: string): Kind => kinds[state] ?? 'idle'

const shapes: Record<Kind, unknown> = {
  idle: html`<svg viewBox="0 0 14 14"><circle cx="7" cy="7" r="4.5" class="ring" /></svg>`,
  running: html`<svg viewBox="0 0 14 14">
    <circle cx="7" cy="7" r="4.5" class="ring" />
    <path d="M7 2.5a4.5 4.5 0 0 1 0 9z" />
  </svg>`,
  waiting: html`<svg viewBox="0 0 14 14"><path d="M7 1.5 12.5 7 7 12.5 1.5 7z" /></svg>`,
  done: html`<svg viewBox="0 0 14 14"><path d="m2.5 7.5 3 3 6-6.5" class="ring" /></svg>`,
  failed: html`<svg viewBox="0 0 14 14"><path d="m3.5 3.5 7 7m0-7-7 7" class="ring" /></svg>`,
  ended: html`<svg viewBox="0 0 14 14"><path d="M3 7h8" class="ring" /></svg>`,
}

/** The shape of a state, beside which its word has to stand. */
export const mark = (state: string) =>
  html`<span class="mark" data-kind=${kindOf(state)} aria-hidden="true"
    >${shapes[kindOf(state)]}</span
  >`

/** A state as a shape and a word, its own by default; their colour only repeats what they say. */
export const badge = (state: string, told = words(state)) =>
  html`<span class="badge" data-state=${state} data-kind=${kindOf(state)}
    >${mark(state)}${told}</span
  >`
