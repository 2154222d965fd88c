/** How far a reader is in a log: it has seen the chunks up to `seq`, and so many bytes of the one after. */
export type LogPlace = { seq: number; bytes: number }

/** A place is told as one number with the bytes as millionths, so that whoever passes it on goes on exactly. */
const millionths = 1_000_000

export const placeNumber = ({ seq, bytes }: LogPlace): number =>
  (seq * millionths + bytes) / millionths

export function placeOf(number: number): LogPlace {
  const seq = Math.floor(number)
  return { seq, bytes: Math.round((number - seq) * millionths) }
}

/** The start of a UTF-8 character at `at` or next to it in that direction; what is no UTF-8 is cut at `at`. */
export function characterStart(data: Uint8Array, at: number, step: 1 | -1): number {
  const near = [0, 1, 2, 3].map((steps) => at + steps * step)
  return near.find((index) => (data[index] ?? 0) >> 6 !== 0b10) ?? at
}
