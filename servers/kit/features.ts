import { readdir } from 'node:fs/promises'
import { join } from 'node:path'
import { HubError } from '../../schemas/errors.ts'
import { nearest } from '../../schemas/nearest.ts'

/** As many are named where none is close to what was asked for. */
const maxNamed = 10

/** The folders of the features of a Spec-Kit project, in order. */
export async function featureNames({ root }: { root: string }): Promise<string[]> {
  const found = await readdir(join(root, 'specs'), { withFileTypes: true }).catch(
    (error: unknown) => {
      if (['ENOENT', 'ENOTDIR'].includes((error as NodeJS.ErrnoException).code ?? '')) return []
      throw error
    },
  )
  return found
    .filter((entry) => entry.isDirectory() && !entry.name.startsWith('.'))
    .map(({ name }) => name)
    .sort()
}

/** The folder that is meant: by its whole name, its number, or its name without the number. */
export async function findFeature(project: { root: string }, asked: string): Promise<string> {
  const names = await featureNames(project)
  if (names.includes(asked)) return asked
  const byNumber = /^\d+$/.test(asked)
    ? names.filter((name) => numberOf(name) === Number(asked))
    : []
  const bySlug = names.filter((name) => slugIn(name) === asked)
  const found = byNumber.length > 0 ? byNumber : bySlug
  if (found.length === 1 && found[0]) return found[0]
  if (found.length > 1) {
    throw new HubError('ambiguous', `${JSON.stringify(asked)} may mean ${found.join(' or ')}`, {
      hint: 'Pass the whole name of the folder.',
    })
  }
  throw new HubError(
    'not_found',
    `there is no feature ${JSON.stringify(asked)} in ${project.root}`,
    { hint: whatThereIs(asked, names) },
  )
}

const isTimestamp = (name: string): boolean => /^\d{8}-\d{6}-/.test(name)

/** The number of a feature's folder; timestamps are none. */
export const numberOf = (folder: string): number | undefined => {
  const digits = isTimestamp(folder) ? undefined : /^(\d{3,})-/.exec(folder)?.[1]
  const value = Number(digits)
  return digits !== undefined && Number.isSafeInteger(value) ? value : undefined
}

const slugIn = (name: string): string => name.replace(/^(\d{8}-\d{6}|\d+)-/, '')

function whatThereIs(asked: string, names: string[]): string {
  if (names.length === 0) return 'It has none yet: spec_create makes one.'
  const slug = nearest(asked, names.map(slugIn))
  const close = nearest(asked, names) ?? names.find((name) => slugIn(name) === slug)
  if (close !== undefined) return `Did you mean ${close}?`
  const more = names.length > maxNamed ? ` and ${names.length - maxNamed} more` : ''
  return `There are ${names.slice(0, maxNamed).join(', ')}${more}: spec_list shows them.`
}
