export const count = (n: number) => Array.from({ length: n }, (_unused, at) => at)

/** Some words that a seed chooses, always the same. */
export const words = (seed: number, n: number) =>
  count(n)
    .map((at) => vocabulary[(seed * 7 + at * at * 3 + at) % vocabulary.length])
    .join(' ')
const vocabulary =
  'invoice gateway retries after the timeout because customer settings were exported twice while a nightly import held its lock and no worker released it'.split(
    ' ',
  )
