import { numberOf } from '../kit/features.ts'

// Names of features as Spec-Kit 1.2.3 makes them (scripts/bash/create-new-feature.sh), so that a
// feature made here and one made by its own command sort, count and look alike.

const maxNameBytes = 244
const stopWords = new Set(
  'i a an the to for of in on at by with from is are was were be been being have has had do does did will would should could can may might must shall this that these those my your our their want need add get set'.split(
    ' ',
  ),
)

const isAscii = (text: string) => /^[\x20-\x7e\s]*$/.test(text)

/** Letters and decimal digits of any script stay; ASCII letters become small; the rest is `separator`. */
function words(text: string, separator: string): string {
  const small = text.replaceAll('\n', ' ').replace(/[A-Z]/g, (letter) => letter.toLowerCase())
  return isAscii(text)
    ? small.replace(/[^a-z0-9]/g, separator)
    : small.replace(/[^\p{L}\p{Nd}]/gu, separator)
}

/** A short name cleaned up for use in a path. */
export const cleanName = (name: string): string =>
  words(name, '-').replace(/-+/g, '-').replace(/^-/, '').replace(/-$/, '')

/** The first three (or all of four) telling words of a description. */
export function slugOf(description: string): string {
  const telling = words(description, ' ')
    .split(/\s+/)
    .filter((word) => {
      if (word === '' || stopWords.has(word)) return false
      if (word.length >= 3 || !isAscii(word)) return true
      return new RegExp(`(?<![A-Za-z0-9_])${word.toUpperCase()}(?![A-Za-z0-9_])`).test(description)
    })
  if (telling.length > 0) return telling.slice(0, telling.length === 4 ? 4 : 3).join('-')
  return cleanName(description).split('-').filter(Boolean).slice(0, 3).join('-')
}

const numberPrefix = (value: number): string => String(value).padStart(3, '0')

/** The prefix for a new feature: the one asked for if it is free, else the first free after the highest. */
export function choosePrefix(
  folders: string[],
  asked: number | undefined,
): { prefix: string; corrected: boolean } {
  const isTaken = (value: number) =>
    folders.some((folder) => folder.startsWith(`${numberPrefix(value)}-`))
  const highest = Math.max(0, ...folders.map((folder) => numberOf(folder) ?? 0))
  if (asked === undefined) return { prefix: numberPrefix(highest + 1), corrected: false }
  if (!isTaken(asked)) return { prefix: numberPrefix(asked), corrected: false }
  let free = highest + 1
  while (isTaken(free)) free++
  return { prefix: numberPrefix(free), corrected: true }
}

/** `YYYYMMDD-HHMMSS` of an instant, in the local time of the machine as `date` has it. */
export function timestampPrefix(at: number): string {
  const date = new Date(at)
  const two = (value: number) => String(value).padStart(2, '0')
  const day = `${date.getFullYear()}${two(date.getMonth() + 1)}${two(date.getDate())}`
  return `${day}-${two(date.getHours())}${two(date.getMinutes())}${two(date.getSeconds())}`
}

/** `prefix-slug` within 244 bytes, cut between characters. */
export function fitName(prefix: string, slug: string): string {
  const room = maxNameBytes - prefix.length - 1
  if (Buffer.byteLength(slug) <= room) return `${prefix}-${slug}`
  let cut = ''
  let size = 0
  for (const character of slug) {
    size += Buffer.byteLength(character)
    if (size > room) break
    cut += character
  }
  return `${prefix}-${cut.replace(/-$/, '')}`
}
