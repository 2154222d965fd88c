/** What is said by an example, and the words that tools use for it. */
type Kind = { name: string; pattern: RegExp; words: string[] }

const documents =
  'md|txt|log|json|ya?ml|toml|csv|xml|html?|css|[cm]?[jt]sx?|py|go|rs|java|c|h|sh|sql|env|ini|conf|lock|pdf|docx?|xlsx?|tar|zip|gz'
const media = 'png|jpe?g|gif|svg|webp|mp3|wav|ogg|mp4|mov'

const kinds: Kind[] = [
  {
    name: 'url',
    pattern:
      /\bhttps?:\/\/|\bwww\.|\blocalhost\b|\b[\w-]+\.(?:com|org|net|io|dev|edu|gov|app|co|uk|de)\b/gi,
    words: ['url', 'page', 'web'],
  },
  { name: 'email', pattern: /[\w.+-]+@[\w-]+\.\w+/g, words: ['email', 'address'] },
  {
    name: 'file',
    pattern: new RegExp(`[\\w-]\\.(?:${documents})\\b`, 'gi'),
    words: ['file', 'path'],
  },
  { name: 'media', pattern: new RegExp(`[\\w-]\\.(?:${media})\\b`, 'gi'), words: ['file', 'path'] },
  { name: 'path', pattern: /(?:^|\s)[~.]{0,2}\/[\w.-]+/g, words: ['file', 'path'] },
  {
    name: 'clock',
    pattern: /\b\d{1,2}(?::\d\d|\s?[ap]m)\b|\bnoon\b|\bmidnight\b/gi,
    words: ['time'],
  },
  {
    name: 'coordinate',
    pattern: /-?\d{1,3}\.\d+\s*,\s*-?\d{1,3}\.\d+/g,
    words: ['coordinate', 'latitude'],
  },
  // A digit and a letter, so that neither a number nor a word such as `decade` is one.
  {
    name: 'commit',
    pattern: /\b(?=[a-f]*\d)(?=\d*[a-f])[\da-f]{6,40}\b|\bHEAD\b/g,
    words: ['commit'],
  },
  { name: 'version', pattern: /\bv\d+(?:\.\d+)*\b|\b\d+\.\d+\.\d+\b/g, words: [] },
  { name: 'issue', pattern: /#\d+\b/g, words: [] },
  { name: 'number', pattern: /\b\d+\b/g, words: [] },
]

/** Stands for what the request gives as an example, in words that tools use for it. */
export const literalsIn = (query: string): string[][] =>
  kinds
    .filter(({ words, pattern }) => words.length > 0 && query.search(pattern) >= 0)
    .map(({ words }) => words)

let known: Set<string> | undefined

/** One city of each time zone: many of those that people name, in no table of ours that would age. */
const cities = () =>
  (known ??= new Set(
    Intl.supportedValuesOf('timeZone')
      .map((zone) => zone.split('/'))
      .filter(({ length }) => length === 2)
      .map(([, city = '']) => city.replaceAll('_', ' ').toLowerCase()),
  ))

/** Tells most texts at once from those that are looked at closely. */
const mayBeLiteral = /[\d./@]|HEAD|noon|midnight|localhost/

/** The kinds of examples that a text gives: `<place>` for one, and `<places>` as well for several. */
export function literalKinds(text: string): string[] {
  const counts = kinds.map(({ name, pattern }): [string, number] => [
    name,
    mayBeLiteral.test(text) ? (text.match(pattern)?.length ?? 0) : 0,
  ])
  const places = placesIn(text)
  return [...counts, ['place', places] as const].flatMap(([name, count]) =>
    count === 0 ? [] : count === 1 ? [`<${name}>`] : [`<${name}>`, `<${name}s>`],
  )
}

function placesIn(text: string): number {
  const words = text.toLowerCase().match(/\p{L}+/gu) ?? []
  return words.filter((_word, at) =>
    [1, 2, 3].some((count) => cities().has(words.slice(at, at + count).join(' '))),
  ).length
}
