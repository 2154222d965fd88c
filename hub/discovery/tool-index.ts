/** What is searched of a tool. Names and titles say more than descriptions do. */
export type Described = { name: string; title: string; description: string; fields: string[] }

export type Found = { name: string; score: number }

type Document = { name: string; terms: Map<string, number>; length: number }

const weights = { name: 4, title: 3, description: 1, fields: 0.4 }
const saturation = 1.2
const lengthShare = 0.4

// Words people use for what tools call otherwise. Each is searched along with what it stands for,
// at half its weight.
const synonyms: Record<string, string[]> = {
  abort: ['cancel'],
  stop: ['cancel', 'delete'],
  kill: ['cancel', 'delete'],
  end: ['cancel'],
  start: ['submit', 'run'],
  launch: ['submit', 'run'],
  queue: ['submit'],
  schedule: ['submit'],
  execute: ['run', 'exec'],
  job: ['task'],
  work: ['task'],
  pr: ['change', 'pull'],
  pull: ['change'],
  bug: ['issue', 'ticket', 'error'],
  meeting: ['event', 'appointment'],
  daily: ['recurring'],
  weekly: ['recurring'],
  monthly: ['recurring'],
  tomorrow: ['schedule', 'forecast'],
  vacation: ['leave', 'holiday'],
  rain: ['weather'],
  save: ['write'],
  buy: ['book', 'order'],
  picture: ['image', 'screenshot'],
  photo: ['image', 'screenshot'],
  size: ['info'],
  big: ['size', 'info'],
  contain: ['grep', 'search'],
  google: ['search', 'web'],
  patch: ['change'],
  proposal: ['change'],
  approve: ['accept', 'decide', 'review'],
  reject: ['review', 'close', 'deny'],
  decline: ['close', 'deny'],
  show: ['read', 'list'],
  see: ['read', 'list'],
  view: ['read'],
  get: ['read'],
  display: ['read'],
  inspect: ['read'],
  what: ['list', 'read'],
  which: ['list'],
  find: ['search', 'list'],
  all: ['list'],
  output: ['log'],
  logs: ['log'],
  tail: ['log'],
  print: ['log'],
  file: ['artifact'],
  report: ['artifact'],
  download: ['artifact'],
  machine: ['node', 'capacity'],
  server: ['node', 'servers'],
  container: ['pod'],
  process: ['pod'],
  cpu: ['capacity'],
  memory: ['capacity'],
  ram: ['capacity'],
  resource: ['capacity'],
  free: ['capacity', 'room'],
  gpu: ['capacity'],
  worker: ['agent'],
  bot: ['agent'],
  user: ['token', 'principal'],
  password: ['token'],
  key: ['token'],
  permission: ['whoami', 'role'],
  credential: ['token'],
  login: ['sign'],
  history: ['audit', 'log', 'event'],
  who: ['audit', 'whoami'],
  tamper: ['verify'],
  cost: ['usage'],
  spend: ['usage'],
  token: ['usage'],
  llm: ['model'],
  ai: ['model'],
  again: ['retry'],
  rerun: ['retry'],
  redo: ['retry'],
  wait: ['wait'],
  finish: ['wait'],
  tell: ['message'],
  ask: ['message', 'approval'],
  question: ['approval'],
  feedback: ['review', 'comment'],
  remark: ['comment'],
  code: ['repo', 'change'],
  repository: ['repo'],
  git: ['repo', 'branch'],
  compare: ['diff'],
  difference: ['diff'],
  commit: ['commit', 'log'],
  integrate: ['merge'],
  land: ['merge'],
  pause: ['suspend'],
  freeze: ['suspend'],
  continue: ['resume'],
  unfreeze: ['resume'],
  why: ['explain'],
  where: ['placement', 'explain'],
  remove: ['delete', 'revoke'],
  kind: ['template'],
}

/**
 * Finds tools for a request in plain words: BM25F over their words, with light stemming. It is made
 * for hundreds of short texts, where a full-text engine would be more machinery than search.
 */
export class ToolIndex {
  readonly #documents: Document[]
  readonly #frequency = new Map<string, number>()
  readonly #meanLength: number

  constructor(tools: Described[]) {
    this.#documents = tools.map(toDocument)
    for (const { terms } of this.#documents) {
      for (const term of terms.keys())
        this.#frequency.set(term, (this.#frequency.get(term) ?? 0) + 1)
    }
    const total = this.#documents.reduce((sum, document) => sum + document.length, 0)
    this.#meanLength = total / Math.max(1, this.#documents.length)
  }

  search(query: string, limit: number): Found[] {
    const wanted = queryTerms(query)
    return this.#documents
      .map(({ name, terms, length }) => {
        let score = 0
        let met = 0
        for (const alternatives of wanted) {
          // Of a word and what it stands for, the best match counts.
          const best = Math.max(
            0,
            ...[...alternatives].map(
              ([term, weight]) => weight * this.#weigh(terms.get(term), term, length),
            ),
          )
          score += best
          if (best > 0) met++
        }
        // A tool that meets every word of a request beats one that meets a rare word alone.
        score *= 0.4 + (0.6 * met) / Math.max(1, wanted.length)
        return { name, score: Math.round(score * 1000) / 1000 }
      })
      .filter((found) => found.score > 0)
      .sort((a, b) => b.score - a.score || (a.name < b.name ? -1 : 1))
      .slice(0, limit)
  }

  /** BM25 of one term in one tool; nothing when the tool has not got it. */
  #weigh(weighted: number | undefined, term: string, length: number): number {
    if (weighted === undefined) return 0
    const frequency = this.#frequency.get(term) ?? 1
    const rarity = Math.log(1 + (this.#documents.length - frequency + 0.5) / (frequency + 0.5))
    const norm = 1 - lengthShare + (lengthShare * length) / this.#meanLength
    return (rarity * weighted) / (weighted + saturation * norm)
  }
}

function toDocument({ name, title, description, fields }: Described): Document {
  const terms = new Map<string, number>()
  const add = (text: string, weight: number) => {
    for (const word of words(text)) terms.set(word, (terms.get(word) ?? 0) + weight)
  }
  add(name, weights.name)
  add(title, weights.title)
  add(description, weights.description)
  for (const field of fields) add(field, weights.fields)
  return { name, terms, length: [...terms.values()].reduce((sum, weight) => sum + weight, 0) }
}

/** Each word of a request with what it may stand for, and how much that counts. */
function queryTerms(query: string): Map<string, number>[] {
  return split(query).flatMap((raw) => {
    const others = synonyms[raw] ?? synonyms[stem(raw)] ?? []
    if (stopWords.has(raw) && others.length === 0) return []
    const terms = new Map(others.map((other) => [stem(other), 0.6]))
    if (!stopWords.has(raw)) terms.set(stem(raw), 1)
    return [terms]
  })
}

const stopWords = new Set(
  'a an the of to in on for and or is are be it its this that with by at from as i me my we our you your please can could should would do does did has have had how there any some'.split(
    ' ',
  ),
)

const words = (text: string): string[] =>
  split(text)
    .filter((word) => !stopWords.has(word))
    .map(stem)

/** Words of a text or an identifier: `taskLog`, `task_log` and `task log` are the same. */
const split = (text: string): string[] =>
  text
    .replace(/([a-z0-9])([A-Z])/g, '$1 $2')
    .toLowerCase()
    .split(/[^\p{L}\p{N}]+/u)
    .filter(Boolean)

/** Plurals and the commonest endings; enough for the short texts of tools. */
const stem = (word: string): string => {
  if (word.length <= 3) return word
  return word
    .replace(/(ies)$/, 'y')
    .replace(/(sses|shes|ches|xes)$/, (ending) => ending.slice(0, -2))
    .replace(/([^s])s$/, '$1')
    .replace(/(ing|ed)$/, '')
    .replace(/e$/, '')
}
