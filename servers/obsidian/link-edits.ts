import { posix } from 'node:path'
import type { Edit } from '../kit/files/edits.ts'
import { scanMarkdown } from '../kit/markdown/scan.ts'
import type { NoteLink } from './link-scan.ts'
import { encodeDestination, scanLinks } from './link-scan.ts'
import type { Names } from './resolve.ts'

/** Before and after the move: which files there are, and from where the references are read. */
export type World = { before: Names; after: Names; moves: Map<string, string>; source: string }

/** Edits for the links of a Markdown text, or for those found in another. */
export function linkEdits(
  text: string,
  world: World,
  links = scanLinks(scanMarkdown(text)),
): Edit[] {
  const { before, after, moves, source } = world
  const own = moves.get(source) ?? source
  return links.flatMap((link): Edit[] => {
    if (link.target === '') return []
    const was = before.resolve(link.target, source)
    if (was.state === 'missing') return []
    const wanted = moves.get(was.path) ?? was.path
    const is = after.resolve(link.target, own)
    if (
      is.state !== 'missing' &&
      is.path === wanted &&
      !(is.state === 'ambiguous' && was.state === 'found')
    )
      return []
    return [
      {
        start: link.targetStart,
        end: link.targetEnd,
        text: written(link, wanted, own, after, was.path),
      },
    ]
  })
}

/** A target that leads to `wanted`, written as the link was: relative, by its name alone, or by its path. */
function written(
  link: NoteLink,
  wanted: string,
  source: string,
  after: Names,
  was: string,
): string {
  const isNote = /\.md$/i.test(wanted)
  const withEnding = /\.md$/i.test(link.target) || !isNote
  const short = (path: string) => (withEnding ? path : path.replace(/\.md$/i, ''))
  const relative = posix.relative(posix.dirname(source), wanted)
  const dotted = relative.startsWith('.') ? relative : `./${relative}`
  const isDotted = /^\.\.?\//.test(link.target)
  const isRooted = link.target.startsWith('/')
  const isNameOnly = !link.target.includes('/')
  const isRelativePath =
    link.form === 'markdown' && !isRooted && !isNameOnly && posix.basename(was) !== link.target
  const choices = [
    ...(isDotted ? [short(dotted)] : []),
    ...(isRooted ? [`/${short(wanted)}`] : []),
    ...(isNameOnly ? [short(posix.basename(wanted))] : []),
    ...(isRelativePath ? [short(relative)] : []),
    short(wanted),
    `/${short(wanted)}`,
    `/${wanted}`,
  ]
  const right = choices.find((choice) => {
    const found = after.resolve(choice, source)
    return found.state === 'found' && found.path === wanted
  })
  const chosen = right ?? `/${wanted}`
  return link.form === 'markdown' ? encodeDestination(chosen) : chosen
}
