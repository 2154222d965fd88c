import { randomBytes } from 'node:crypto'
import {
  existsSync,
  mkdirSync,
  readFileSync,
  readdirSync,
  rmSync,
  statSync,
  unlinkSync,
} from 'node:fs'
import { dirname, join } from 'node:path'
import { z } from 'zod'
import { HubError } from '../../schemas/errors.ts'
import {
  createTextFile,
  etagOf,
  linkNew,
  readTextFile,
  replaceTextFile,
} from '../kit/files/text-file.ts'
import type { MovePlan } from './move-plan.ts'
import type { Vault } from './vaults.ts'
import { absolute } from './vaults.ts'

const Journal = z.object({
  root: z.string(),
  moves: z.array(z.tuple([z.string(), z.string()])),
  rewrites: z.array(z.object({ path: z.string(), before: z.string(), after: z.string() })),
})
type Journal = z.infer<typeof Journal>

/**
 * Carries a plan out: a journal with every text as it was, the rewrites, the moves, and the journal
 * removed. What fails on the way is undone, and so is, at the next start, what a crash left half
 * done. A file that somebody else changed meanwhile is never overwritten.
 */
export async function carryOut(vault: Vault, plan: MovePlan, journalFolder: string): Promise<void> {
  const journal: Journal = {
    root: vault.root,
    moves: [...plan.moves],
    rewrites: plan.rewrites.map(({ path, file, text }) => ({
      path,
      before: file.text,
      after: text,
    })),
  }
  mkdirSync(journalFolder, { recursive: true })
  const file = join(journalFolder, `${Date.now()}-${randomBytes(4).toString('hex')}.json`)
  await createTextFile(file, JSON.stringify(journal), 'the journal of the move')
  try {
    for (const { path, file: before, text } of plan.rewrites) replaceTextFile(before, text, path)
    for (const [from, to] of plan.moves) await moveFile(vault, from, to)
  } catch (error) {
    const left = await undo(vault, journal)
    rmSync(file, { force: true })
    if (left.length === 0) throw error
    throw new HubError(
      'conflict',
      `the move was undone, but for files that somebody changed meanwhile: ${left.join(', ')}`,
      { cause: error },
    )
  }
  rmSync(file, { force: true })
}

/** Moves without replacing: a link to the new name fails when that exists. */
async function moveFile(vault: Vault, from: string, to: string): Promise<void> {
  const [source, target] = [await absolute(vault, from), await absolute(vault, to)]
  mkdirSync(dirname(target), { recursive: true })
  if (!linkNew(source, target)) throw new HubError('conflict', `${to} exists already`)
  rmSync(source, { force: true })
}

/** Undoes moves that a killed hub left half done; returns how many there were. */
export async function recoverMoves(vault: Vault, journalFolder: string): Promise<number> {
  const names = existsSync(journalFolder)
    ? readdirSync(journalFolder).filter((name) => name.endsWith('.json'))
    : []
  let undone = 0
  for (const name of names) {
    const journal = Journal.parse(JSON.parse(readFileSync(join(journalFolder, name), 'utf8')))
    if (journal.root !== vault.root) continue
    await undo(vault, journal)
    rmSync(join(journalFolder, name), { force: true })
    undone++
  }
  return undone
}

/** Back to how it was; returns the files that could not be put back since others changed them. */
async function undo(vault: Vault, journal: Journal): Promise<string[]> {
  const left: string[] = []
  for (const [from, to] of journal.moves.toReversed()) {
    const [source, target] = [await absolute(vault, from), await absolute(vault, to)]
    if (existsSync(source) || !existsSync(target)) {
      // Killed between link and unlink: both names hold the one file.
      if (isSameFile(source, target)) unlinkSync(target)
      continue
    }
    if (linkNew(target, source)) rmSync(target, { force: true })
  }
  for (const { path, before, after } of journal.rewrites) {
    const file = await readTextFile(await absolute(vault, path), path).catch(() => undefined) // Gone: nothing to put back.
    if (!file || file.etag === etagOf(before)) continue
    if (file.etag === etagOf(after)) replaceTextFile(file, before, path)
    else left.push(path)
  }
  return left
}

/** One file under two names; another file that holds the same is somebody else's. */
function isSameFile(a: string, b: string): boolean {
  const [one, two] = [a, b].map((path) => statSync(path, { throwIfNoEntry: false }))
  return one !== undefined && two !== undefined && one.ino === two.ino && one.dev === two.dev
}
