import { actions } from './synonyms-of-actions.ts'
import { code } from './synonyms-of-code.ts'
import { things } from './synonyms-of-things.ts'
import { isVerb } from './intent.ts'
import { isStopWord, split, stem } from './words.ts'
import { literalsIn } from './literals.ts'

/** One thing that a request asks for: its own stem, if it has one, and what else may stand for it. */
export type Concept = { own: string | undefined; others: Iterable<string>; weight: number }

const longestPhrase = 3
const longestSplit = 5
const wordOfPhrase = 0.6
const questionWord = 0.5
const example = 0.6
const stateWord = 0.5
/** A request is told apart by what it is about: nearly every server creates, lists and reads. */
const verb = 0.75

// They stand within phrases and change none: `go to the page`.
const particles = new Set('up off on in into out down back away over onto'.split(' '))
const determiners = new Set(['the', 'my', 'our', 'your', 'this', 'that'])

/** Takes a request apart: words and phrases, each with what it may stand for. */
export function conceptsOf(query: string): Concept[] {
  const words = split(query).filter((word) => !determiners.has(word))
  const found: Concept[] = []
  // What a phrase has said its words hardly say again: `get rid of` gets nothing.
  const said = new Set<number>()
  words.forEach((word, at) => {
    for (let length = Math.min(longestPhrase, words.length - at); length > 1; length--) {
      const phrase = words.slice(at, at + length)
      const others = table().get(phrase.join(' '))
      if (!others) continue
      found.push({ own: undefined, others, weight: isVerb(word) ? verb : 1 })
      phrase.forEach((part, index) => {
        if (!others.has(stem(part))) said.add(at + index)
      })
    }
    const parted = partedAt(words, at)
    if (parted) {
      found.push({ own: undefined, others: parted, weight: verb })
      said.add(at)
    }
    const isState = isStateAt(words, at)
    const others = isState ? undefined : table().get(stem(word))
    if (isStopWord(word)) {
      if (others && !said.has(at)) found.push({ own: undefined, others, weight: questionWord })
      return
    }
    // `drop down` and `web page` are often one word in the names of tools.
    const next = words[at + 1]
    const joined = next === undefined || isStopWord(next) ? [] : [stem(word + next)]
    found.push({
      own: stem(word),
      others: [...(others ?? []), ...joined],
      weight: (said.has(at) ? wordOfPhrase : isState ? stateWord : 1) * (isVerb(word) ? verb : 1),
    })
  })
  const examples = literalsIn(query).map((others) => ({
    own: undefined,
    others: others.map(stem),
    weight: example,
  }))
  return [...found, ...examples]
}

/** What a verb stands for together with a particle some words on: `cross it off`, `put this into`. */
function partedAt(words: string[], at: number): Set<string> | undefined {
  if (table().has(words.slice(at, at + 2).join(' '))) return undefined
  const particle = words.slice(at + 2, at + 1 + longestSplit).find((word) => particles.has(word))
  return particle === undefined ? undefined : table().get(`${words[at]} ${particle}`)
}

/** `Which pods are running` and `which jobs failed` end with a state that no tool is named for. */
const isStateAt = (words: string[], at: number): boolean =>
  /(?:ing|ed|en|est|able)$/.test(words[at] ?? '') &&
  (/^(?:are|is)$/.test(words[at - 1] ?? '') ||
    (at === words.length - 1 && /^(?:which|are|is|why)$/.test(words[0] ?? '')))

let known: Map<string, Set<string>> | undefined

/**
 * A group a line: its words stand for each other. Words before ` > ` are only what people say, and those
 * after it what tools are called. A hyphen joins the words of a phrase. All of them are words of the field,
 * none the name of a server or tool: what one server calls a thing helps with no other.
 */
const table = () => (known ??= readGroups())

function readGroups(): Map<string, Set<string>> {
  const read = new Map<string, Set<string>>()
  for (const line of `${actions}${code}${things}`.split('\n').filter(Boolean)) {
    const [said = '', called = said] = line.split(' > ')
    const targets = called.split(' ').filter((text) => !text.includes('-'))
    for (const text of said.split(' ')) {
      const key = text.includes('-') ? text.replaceAll('-', ' ') : stem(text)
      const others = read.get(key) ?? new Set()
      for (const target of targets) if (target !== text) others.add(stem(target))
      read.set(key, others)
    }
  }
  return read
}
