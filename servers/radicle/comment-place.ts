import type { ChangeComment, CommentSide } from '../../schemas/change.ts'
import { HubError } from '../../schemas/errors.ts'
import type { GitCopy } from './git/copy.ts'
import { countLines } from './git/file-lines.ts'

type Place = Pick<ChangeComment, 'path' | 'line' | 'side'>
/** The commits of a revision that has both versions of a file. */
type Ends = { revision: number; head: string; base: string }

/** Refuses remarks on files and lines that a revision does not have, naming the first of them. */
export async function assertPlaces(
  copy: GitCopy,
  { revision, head, base }: Ends,
  places: Place[],
): Promise<void> {
  const counted = new Map<string, Promise<number | undefined>>()
  const linesIn = (side: CommentSide, path: string) => {
    const key = `${side} ${path}`
    const lines = counted.get(key) ?? countLines(copy, side === 'new' ? head : base, path)
    counted.set(key, lines)
    return lines
  }
  for (const { path, line, side = 'new' } of places) {
    if (path === undefined && line === undefined) continue
    if (path === undefined)
      throw new HubError('invalid', `there is no \`path\` to say which file line ${line} is in`, {
        hint: 'Pass both, or neither to speak of the whole change.',
      })
    const version = `the ${side} version of revision ${revision}`
    const lines = await linesIn(side, path)
    if (lines === undefined) {
      const other = side === 'new' ? 'old' : 'new'
      const isInOther = (await linesIn(other, path)) !== undefined
      // What is said of a file as a whole may be said of one that the change removes.
      if (isInOther && line === undefined) continue
      throw new HubError('not_found', `there is no file ${JSON.stringify(path)} in ${version}`, {
        hint: isInOther
          ? `The other version has it: pass \`side\` as "${other}".`
          : 'Pass its path as the diff of change_read names it.',
      })
    }
    if (line !== undefined && line > lines)
      throw new HubError(
        'invalid',
        `line ${line} is not in ${path}, which has ${lines} ${lines === 1 ? 'line' : 'lines'} in ${version}`,
        { hint: 'With `side`, lines are counted in the other version.' },
      )
  }
}
