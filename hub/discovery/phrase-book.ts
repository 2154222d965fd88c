import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { setImmediate } from 'node:timers/promises'
import { codeRoot } from '../../servers/kit/code-root.ts'
import { split, stem, terms } from './words.ts'

/** An operation that tools of many servers offer: the names they give it, and how people ask for it. */
type Operation = { names: string[]; phrases: () => string[] }
/** The operations of one kind of server, such as browsers. */
type Domain = { words: string[]; byWord: Map<string, NameOf[]> }
type NameOf = { operation: Operation; words: Set<string> }
/** What each tool of a server may be of one kind of server, and how far the server is of that kind. */
type Matched = { matches: Match[]; fit: number }
type Match = { operation?: Operation; likeness: number; shared: number }
type Named = { name: string; own: string; server: string; description: string }

const folder = join(codeRoot, 'hub', 'discovery', 'phrases')

/** How alike two names are that say the same: twice the words they share, of the words of both. */
const alike = 0.66
/** A kind that fewer of a server's tools belong to is not what the server is. */
const leastFit = 0.3
const namedFit = 0.5
const longestDescription = 300
const toolsPerSlice = 100

type Book = { own: Map<string, Operation>; domains: Domain[] }
let book: Promise<Book> | undefined

/** Read with the first search; one that could not be read is tried again with the next. */
function readOnce(): Promise<Book> {
  if (book) return book
  const reading = readBook()
  reading.catch(() => (book = undefined))
  return (book = reading)
}

/**
 * How people ask for what these tools do, by tool. The hub's own have phrases by name. A tool of another
 * server has those of the operation that its name says, as `browser_take_screenshot` says `screenshot`, at
 * first among the operations of the kind of server that most tools beside it belong to.
 */
export async function phrasesFor(tools: Named[]): Promise<Map<string, string[]>> {
  const { own, domains } = await readOnce()
  const found = new Map<string, string[]>()
  for (const [server, offered] of Map.groupBy(tools, (tool) => tool.server)) {
    const others = offered.filter((tool) => !own.has(tool.own))
    for (const tool of offered) found.set(tool.name, own.get(tool.own)?.phrases() ?? [])
    const operations = await operationsOf(server, others, domains)
    others.forEach(({ name }, at) => found.set(name, operations[at]?.phrases() ?? []))
  }
  return found
}

/** The operation of each tool of a server, where the book has it. */
async function operationsOf(
  server: string,
  tools: Named[],
  domains: Domain[],
): Promise<(Operation | undefined)[]> {
  const ofServer = new Set(terms(server))
  const known = new Set([...ofServer, ...commonStart(tools)])
  const names = tools.map((tool) => nameWords(tool.own))
  const all: Matched[] = []
  for (const domain of domains) {
    const matches: Match[] = []
    for (const [at, words] of names.entries()) {
      matches.push(nearest(domain, words, known))
      if (at % toolsPerSlice === 0) await setImmediate() // Others have their turn.
    }
    const met = matches.filter(({ likeness }) => likeness >= alike).length
    const isNamed = domain.words.some((word) => ofServer.has(word))
    all.push({ matches, fit: met / tools.length + (isNamed ? namedFit : 0) })
  }
  const found: (Operation | undefined)[] = []
  for (const [at, tool] of tools.entries()) {
    found.push(operationOf(tool, at, all))
    if (at % toolsPerSlice === 0) await setImmediate()
  }
  return found
}

/** Of the operations that a tool's name may say, the one whose kind of server and words fit it best. */
function operationOf({ description }: Named, tool: number, all: Matched[]): Operation | undefined {
  const candidates = all.flatMap(({ matches, fit }) => {
    const { operation, likeness, shared } = matches[tool] ?? { likeness: 0, shared: 0 }
    // One word such as `add` says what is done only among tools of its kind.
    const isFit = operation && likeness >= alike && (fit >= leastFit || shared > 1)
    return isFit ? [{ operation, score: fit + likeness }] : []
  })
  if (candidates.length < 2) return candidates[0]?.operation
  const said = new Set(terms(description.slice(0, longestDescription)))
  const scored = candidates.map(({ operation, score }) => ({
    operation,
    score: score + sharedWords(said, operation),
  }))
  return scored.reduce((best, other) => (other.score > best.score ? other : best)).operation
}

/** The share of what a tool says of itself that people say who ask for an operation. */
function sharedWords(said: Set<string>, operation: Operation): number {
  const asked = new Set(operation.phrases().flatMap(terms))
  return [...said].filter((word) => asked.has(word)).length / (said.size || 1)
}

/** The word that nearly all names of a server begin with, as `browser` in `browser_click`. */
function commonStart(tools: Named[]): string[] {
  const starts = tools.map(({ own }) => stem(split(own)[0] ?? ''))
  const [first = '', ...others] = starts
  const same = others.filter((start) => start === first).length
  return same >= 0.8 * (tools.length - 1) && tools.length > 2 ? [first] : []
}

/** The operation one of whose names says most nearly the same, but for what all names there say. */
function nearest({ byWord }: Domain, own: Set<string>, known: Set<string>): Match {
  const words = without(own, known)
  const shared = new Map<NameOf, number>()
  for (const word of words)
    for (const name of byWord.get(word) ?? []) shared.set(name, (shared.get(name) ?? 0) + 1)
  let best: Match = { likeness: 0, shared: 0 }
  for (const [{ operation, words: named }, count] of shared) {
    const likeness = (2 * count) / (without(named, known).size + words.size)
    if (likeness > best.likeness) best = { operation, likeness, shared: count }
  }
  return best
}

const without = (words: Set<string>, known: Set<string>): Set<string> => {
  const rest = new Set([...words].filter((word) => !known.has(word)))
  return rest.size > 0 ? rest : words
}

// What is done goes by many names: here they are one.
const verbs = new Map(
  [
    'read get fetch show view retrieve describe',
    'list ls all enumerate',
    'create add new make insert register',
    'delete remove drop destroy',
    'update edit modify set change patch',
    'search find query lookup',
    'run execute exec invoke',
    'send post',
  ].flatMap((line) => {
    const [first = '', ...others] = line.split(' ').map(stem)
    return others.map((other) => [other, first] as const)
  }),
)

const nameWords = (name: string): Set<string> =>
  new Set(split(name).map((word) => verbs.get(stem(word)) ?? stem(word)))

async function readBook(): Promise<Book> {
  const own = new Map(
    (await pages('own')).flatMap(({ operations }) =>
      operations.map((operation) => [operation.names[0] ?? '', operation] as const),
    ),
  )
  const domains = (await pages('others')).map(({ title, operations }): Domain => {
    const byWord = new Map<string, NameOf[]>()
    for (const operation of operations)
      for (const name of operation.names) {
        const named = { operation, words: nameWords(name) }
        for (const word of named.words) {
          const holders = byWord.get(word)
          if (holders) holders.push(named)
          else byWord.set(word, [named])
        }
      }
    return { words: terms(title), byWord }
  })
  return { own, domains }
}

/** A file has a heading `## kind of server`, and lines `name | other name: phrase; phrase` below it. */
async function pages(part: string): Promise<{ title: string; operations: Operation[] }[]> {
  const found = []
  for (const file of (await readdir(join(folder, part))).sort()) {
    const text = await readFile(join(folder, part, file), 'utf8')
    const [title = '', ...lines] = text.trim().split('\n')
    found.push({ title: title.replace('## ', ''), operations: lines.map(operationIn) })
  }
  return found
}

function operationIn(line: string): Operation {
  const colon = line.indexOf(': ')
  const names = line.slice(0, colon).split(' | ')
  return { names, phrases: () => line.slice(colon + 2).split('; ') }
}
