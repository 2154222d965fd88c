import { Journal } from '../journal.ts'

type Entry =
  /** The agent's own session, to go on with in the next attempt. */
  | { kind: 'session'; session: string }
  /** What was asked; a turn is under way until `ended` follows. */
  | { kind: 'asked'; text: string; messages: number[] }
  | { kind: 'ended'; stop: string }
  /** The checks passed, and the work may be proposed. */
  | { kind: 'finished'; summary: string; steps: number }

/** What an attempt that was interrupted leaves to the next. */
type Past = {
  session: string | undefined
  /** The question of a turn that did not end. */
  open: string | undefined
  /** How often it was asked. */
  asked: number
  /** Messages of people that the agent was told. */
  told: Set<number>
  finished: { summary: string; steps: number } | undefined
}

/** The turns of an external agent, on record before the agent hears of them. */
export const turnJournal = (file: string): Journal<Entry> => new Journal<Entry>(file)

/** What the turns on record come to. */
export async function readPast(journal: Journal<Entry>): Promise<Past> {
  const past: Past = {
    session: undefined,
    open: undefined,
    asked: 0,
    told: new Set(),
    finished: undefined,
  }
  for (const entry of await journal.read()) {
    switch (entry.kind) {
      case 'session':
        past.session = entry.session
        break
      case 'asked':
        past.open = entry.text
        past.asked++
        for (const message of entry.messages) past.told.add(message)
        break
      case 'ended':
        past.open = undefined
        break
      case 'finished':
        past.finished = { summary: entry.summary, steps: entry.steps }
    }
  }
  return past
}
