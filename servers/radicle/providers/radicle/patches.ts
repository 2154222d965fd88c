import { hash } from 'node:crypto'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { git } from '../../../kit/git.ts'
import { withLock } from '../../../kit/locks.ts'
import type { Identity } from './identities.ts'
import type { Patch } from './patch.ts'
import { readPatch } from './patch.ts'
import { rad } from './rad.ts'
import type { RadRepository } from './rad-repository.ts'
import { storageOf } from './rad-repository.ts'

const patchType = 'xyz.radicle.patch'

export async function patchOf(repository: RadRepository, id: string): Promise<Patch> {
  const { me, rid, delegates } = repository
  const args = ['--repo', rid, '--type', patchType, '--object', id, '--format', 'json']
  return readPatch(await rad(me.env, ['cob', 'log', ...args]), (node) => delegates.includes(node))
}

/** Patches as `rad cob show` prints them, a line each, in that order. */
export async function showPatches({ me, rid }: RadRepository, ids: string[]): Promise<string> {
  const objects = ids.flatMap((id) => ['--object', id])
  const show = () => rad(me.env, ['cob', 'show', '--repo', rid, '--type', patchType, ...objects])
  try {
    return await show()
  } catch {
    // Its cache is of before, as after a restored backup: it is made anew.
    await rad(me.env, ['patch', 'cache', '--repo', rid, '--no-announce'], { timeoutMs: 600_000 })
    return show()
  }
}

/** Adds actions to a patch, as one operation, and returns its id. What is said goes by a file: it may be long. */
export async function act(
  { rid }: RadRepository,
  as: Identity,
  patch: string,
  actions: Record<string, unknown>[],
): Promise<string> {
  const folder = await mkdtemp(join(as.env.RAD_HOME ?? '', 'actions-'))
  const file = join(folder, 'actions.jsonl')
  const where = ['--repo', rid, '--type', patchType, '--object', patch]
  try {
    await writeFile(file, actions.map((action) => `${JSON.stringify(action)}\n`).join(''))
    return await withLock(`rad ${as.nid} ${rid}`, async () => {
      // The cache of this home knows nothing of what another home wrote.
      await rad(as.env, ['patch', 'cache', patch, '--repo', rid, '--no-announce'])
      return (
        await rad(as.env, ['cob', 'update', ...where, '--message', 'Switchyard', file])
      ).trim()
    })
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
}

/** A patch is read by a process each, so of those that were touched last no more are looked at. */
const mostRead = 100
const atOnce = 4

/** Patches that are open, by whomever, those that something was said of last first. */
export async function openPatches(
  repository: RadRepository,
  limit: number,
): Promise<{ id: string; patch: Patch; at: number }[]> {
  const pattern = `refs/namespaces/*/refs/cobs/${patchType}/*`
  const format = '--format=%(refname:lstrip=-1) %(committerdate:unix)'
  const dir = storageOf(repository)
  const sorted = ['for-each-ref', '--sort=-committerdate', format, pattern]
  const text = await git(['--git-dir', dir, ...sorted])
  const latest = new Map<string, number>()
  for (const line of text.split('\n').filter(Boolean)) {
    const [id = '', at = '0'] = line.split(' ')
    if (!latest.has(id)) latest.set(id, Number(at) * 1000)
  }
  const open: { id: string; patch: Patch; at: number }[] = []
  const asked = [...latest].slice(0, mostRead)
  for (let from = 0; from < asked.length && open.length < limit; from += atOnce) {
    const some = asked.slice(from, from + atOnce)
    const read = await Promise.all(
      some.map(async ([id, at]) => ({ id, at, patch: await patchOf(repository, id) })),
    )
    open.push(...read.filter(({ patch }) => !patch.isArchived && patch.merges.length === 0))
  }
  return open.slice(0, limit)
}

/** The tips of what was said of each patch, by anybody: another one once there is something new. */
export async function tipsOf(repository: RadRepository): Promise<Map<string, string>> {
  const pattern = `refs/namespaces/*/refs/cobs/${patchType}/*`
  const format = '--format=%(refname:lstrip=-1) %(objectname)'
  const text = await git(['--git-dir', storageOf(repository), 'for-each-ref', format, pattern])
  const tips = new Map<string, string>()
  for (const line of text.split('\n').filter(Boolean)) {
    const [patch = '', tip = ''] = line.split(' ')
    tips.set(patch, hash('sha256', `${tips.get(patch) ?? ''}${tip}`))
  }
  return tips
}
