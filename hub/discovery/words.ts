/** Words that say nothing of what a tool does. Question words tell the intent, not the tool. */
const stopWords = new Set(
  (
    'a an the of to in on at by for from with into onto as and or but if than then so not no ' +
    'is are be been being was were am it its this that these those there here i me my mine we us ' +
    'our you your he his she her him they them their please can could should would will shall may ' +
    'might must do does did has have had what which who whom whose when where how why any some ' +
    'each every everything anything something such very just only also too want wants need needs like lets let e g ie eg etc via using use'
  ).split(' '),
)

const irregular: Record<string, string> = {
  wrote: 'write',
  written: 'write',
  ran: 'run',
  sent: 'send',
  found: 'find',
  built: 'build',
  said: 'say',
  made: 'make',
  making: 'make',
  known: 'know',
  knew: 'know',
  kept: 'keep',
  took: 'take',
  taken: 'take',
  gave: 'give',
  given: 'give',
  drew: 'draw',
  drawn: 'draw',
  people: 'person',
  children: 'child',
  indices: 'index',
  matrices: 'matrix',
  colour: 'color',
  colours: 'color',
  uses: 'use',
  used: 'use',
}

export const isStopWord = (word: string): boolean => stopWords.has(word)

/** Words of a text or an identifier: `taskLog`, `task_log` and `task log` are the same. */
export const split = (text: string): string[] => tokensOf(text).flatMap(wordsIn)

const ascii = /[A-Za-z0-9]+(?:'[A-Za-z]+)?/g
const unicode = /[\p{L}\p{N}]+(?:['’]\p{L}+)?/gu

// Classes of Unicode take three times as long, and nearly all texts do without.
const tokensOf = (text: string): string[] =>
  text.match(/\P{ASCII}/u.test(text) ? unicode : ascii) ?? []

/** What follows an apostrophe is a word only where it is long: o'clock, but not it's or Anna's. */
const wordsIn = (token: string): string[] =>
  token
    .replace(/([a-z\d])([A-Z])|([A-Z])(?=[A-Z][a-z]{2})/g, '$1$3 $2')
    .toLowerCase()
    .replace(/['’]\p{L}{1,2}$/u, '')
    .split(/[\s'’]/)

/**
 * One form for the forms of a word: plural, past, -ing, and nouns made of verbs (translation, translate).
 * Only that both sides give the same matters, not that the stem is a word.
 */
export function stem(raw: string): string {
  const word = irregular[raw] ?? raw
  if (word.length <= 3) return word
  const single = word
    .replace(/(?<=..)ie[sd]$/, 'y')
    .replace(/(ss|sh|ch|x|zz)es$/, '$1')
    .replace(/([^suio])s$/, '$1')
  const verb = single.replace(/(?<=[aeiouy].*[^aeiou]|[aeiouy]{2}|.[aeiouy])(ing|ed)$/, '')
  const root = verb === single || verb.length < 3 ? single : undouble(verb)
  return root
    .replace(/^(.{5,})at(?:ion|e|or)?$/, '$1')
    .replace(/^(.{4,}[ts])ion$/, '$1')
    .replace(/^(.{5,})ment$/, '$1')
    .replace(/^(.{4,}l)l$/, '$1')
    .replace(/^(.{3,})e$/, '$1')
}

const undouble = (word: string) => (word.length > 3 ? word.replace(/([bdfgmnprt])\1$/, '$1') : word)

const known = new Map<string, { all: string[]; telling: string[] }>()

/** The stems of every word of a text, in their order. */
export const stems = (text: string): string[] => tokensOf(text).flatMap((token) => of(token).all)

/** The stems of what a text says, without stop words. */
export const terms = (text: string): string[] =>
  tokensOf(text).flatMap((token) => of(token).telling)

/** What a token gives is kept: most come often. */
function of(token: string): { all: string[]; telling: string[] } {
  const kept = known.get(token)
  if (kept) return kept
  if (known.size > 50_000) known.clear() // Texts come from other servers.
  const words = wordsIn(token)
  const made = {
    all: words.map(stem),
    telling: words.filter((word) => !stopWords.has(word)).map(stem),
  }
  known.set(token, made)
  return made
}
