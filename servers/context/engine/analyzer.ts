// Words as the index knows them. FTS5 stems them (Porter) and folds accents; what it cannot do is done
// here: identifiers are cut into their words, and scripts without spaces into pairs of characters.

const run = /[\p{L}\p{N}\p{M}_]+/gu
const cjk = /[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Hangul}]/u
const cjkRun =
  /[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Hangul}]+|[^\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Hangul}]+/gu
const camel = /\p{Lu}+(?!\p{Ll})|\p{Lu}?[\p{Ll}\p{Lo}\p{Lm}\p{M}]+|\p{N}+/gu
const maxWordChars = 64

/** The text as words for the index, separated by spaces. An identifier is kept whole beside its parts. */
export function analyze(text: string): string {
  const words: string[] = []
  for (const [found] of text.matchAll(run)) addWord(words, found)
  return words.join(' ')
}

function addWord(words: string[], found: string): void {
  if (isPlain(found)) {
    if (found.length <= maxWordChars) words.push(found.toLowerCase())
    return
  }
  if (cjk.test(found)) {
    for (const [part] of found.matchAll(cjkRun)) {
      if (cjk.test(part)) addPairs(words, part)
      else addWord(words, part)
    }
    return
  }
  const parts = found.match(camel) ?? []
  const whole = found.replaceAll('_', '').toLowerCase()
  if (whole.length <= maxWordChars && whole !== '') words.push(whole)
  if (parts.length < 2) return
  for (const part of parts) if (part.length <= maxWordChars) words.push(part.toLowerCase())
}

/** Most words are one run of small letters, maybe with a capital first. */
function isPlain(word: string): boolean {
  for (let at = 0; at < word.length; at++) {
    const code = word.charCodeAt(at)
    const isSmall = code >= 97 && code <= 122
    if (!isSmall && !(at === 0 && code >= 65 && code <= 90)) return false
  }
  return true
}

function addPairs(words: string[], text: string): void {
  const characters = Array.from(text)
  if (characters.length === 1) words.push(text)
  for (let at = 0; at + 1 < characters.length; at++)
    words.push(`${characters[at]}${characters[at + 1]}`)
}

const stopWords = new Set(
  'a about an and are as at be been but by can could did do does for from had has have how i if in into is it its me my no not of on or our should so than that the their them then there these they this those to up was we were what when where which who why will with would you your'.split(
    ' ',
  ),
)
const maxTerms = 40

/** The words of a question, each once; what every text has is left out while something else is there. */
export function queryTerms(query: string): string[] {
  const all = [...new Set(analyze(query).split(' ').filter(Boolean))]
  const telling = all.filter((word) => !stopWords.has(word))
  return (telling.length > 0 ? telling : all).slice(0, maxTerms)
}
