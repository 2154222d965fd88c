/** What is said by an example: an address, a file's name, a time, a place on earth. */
const kinds: [RegExp, string[]][] = [
  [/\bhttps?:\/\/|\bwww\.|\b[\w-]+\.(?:com|org|net|io|dev|edu|gov|app)\b/i, ['url', 'page', 'web']],
  [/[\w.+-]+@[\w-]+\.\w+/, ['email', 'address']],
  [
    /[\w-]\.(?:md|txt|log|json|ya?ml|toml|csv|xml|html?|css|[cm]?[jt]sx?|py|go|rs|java|c|h|sh|sql|pdf|docx?|xlsx?|png|jpe?g|gif|svg|zip|gz)\b|(?:^|\s)[~.]{0,2}\/[\w.-]+/i,
    ['file', 'path'],
  ],
  [/\b\d{1,2}(?::\d\d|\s?[ap]m)\b/i, ['time']],
  [/-?\d{1,3}\.\d+\s*,\s*-?\d{1,3}\.\d+/, ['coordinate', 'latitude']],
]

/** Stands for what the request gives as an example, in words that tools use for it. */
export const literalsIn = (query: string): string[][] =>
  kinds.flatMap(([pattern, words]) => (pattern.test(query) ? [words] : []))
