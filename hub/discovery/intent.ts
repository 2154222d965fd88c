import { isStopWord, split } from './words.ts'

/** What a tool does to the world. */
export type Effect = 'read' | 'create' | 'update' | 'destroy'
/** The same as far as names and requests tell; to list is to read many. */
export type Intent = 'list' | Effect

const verbs: Record<Intent, string> = {
  list: 'list lists find finds search searches enumerate all query',
  read: 'show shows see view display print get gets read reads fetch retrieve return returns look lookup inspect explain describe compare count check analyze status info what whats which who whos whom whose when where why how is are was were did do does',
  create:
    'create creates add adds make makes new insert generate write post send upload invite draw plot register submit install fork copy publish store save remember book append reply commit push propose report begin start record share notify inform',
  update:
    'update updates edit change modify set rename move replace mark assign patch adjust toggle enable disable turn resize scale merge apply switch approve accept',
  destroy:
    'delete deletes remove removes drop erase clear forget uninstall cancel kill stop revoke purge wipe destroy discard abort terminate reject throw',
}

const intents = new Map(
  Object.entries(verbs).flatMap(([intent, words]) =>
    words.split(' ').map((word) => [word, intent as Intent] as const),
  ), // By the keys above.
)

/** Whether a word says what is to be done, not to what. */
export const isVerb = (word: string): boolean =>
  intents.has(word) || intents.has(word.replace(/s$/, ''))

const polite = new Set(
  'please can could would will you i we want need to let me us help like id my the a now'.split(
    ' ',
  ),
)

// Who asks one of these wants to know something, and no tool that changes anything answers it.
const questions = new Set('what which who whose when where did are is was were'.split(' '))

/** What a request wants done, by the word it begins with; one that asks for several things lists. */
export function intentOf(words: string[]): Intent | 'question' | undefined {
  const first = words.find((word) => !polite.has(word))
  const intent = first === undefined ? undefined : intents.get(first)
  if (intent === 'read' && words.some(isPlural)) return 'list'
  return first !== undefined && questions.has(first) ? 'question' : intent
}

/** What a tool does, by the first verb in the name that its server gave it. */
export function intentByName(name: string): Intent | undefined {
  const words = split(name)
  const intent = words.map((word) => intents.get(word)).find(Boolean)
  return intent === 'read' && isPlural(words.at(-1) ?? '') ? 'list' : intent
}

const isPlural = (word: string) =>
  /..[^siu]s$/.test(word) && !isStopWord(word) && !intents.has(word)

// How well a tool that does the one answers a request for the other. Destruction is never offered lightly.
const fit: Record<Intent | 'question' | 'unknown', Record<Intent, number>> = {
  question: { list: 1, read: 1, create: 0.6, update: 0.6, destroy: 0.5 },
  list: { list: 1, read: 0.85, create: 0.72, update: 0.72, destroy: 0.65 },
  read: { list: 0.93, read: 1, create: 0.78, update: 0.78, destroy: 0.65 },
  create: { list: 0.78, read: 0.85, create: 1, update: 0.93, destroy: 0.65 },
  update: { list: 0.78, read: 0.85, create: 0.93, update: 1, destroy: 0.72 },
  destroy: { list: 0.78, read: 0.78, create: 0.72, update: 0.85, destroy: 1 },
  unknown: { list: 1, read: 1, create: 1, update: 1, destroy: 0.78 },
}

/** What a tool's score is multiplied by, from what is wanted and what the tool does. */
export const fitOf = (wanted: Intent | 'question' | undefined, does: Intent | undefined): number =>
  does === undefined ? 1 : fit[wanted ?? 'unknown'][does]
