import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { run } from '../../../servers/kit/run.ts'
import { makeFolder } from '../folder.ts'
import { commitAll, writeFiles } from '../repo.ts'
import { makePerson, makeRadRepo } from './person.ts'

type Operation = Record<string, unknown> & { actions: object[] }

/**
 * What the `rad` on the PATH says to each command that the hub uses, with the names that differ from
 * run to run replaced. The recorded one is of the real Radicle; the double has to say the same.
 */
export async function transcriptOf(): Promise<string> {
  const alice = await makePerson('alice')
  const { path, rid } = await makeRadRepo(alice, { 'one.txt': 'one\n' })
  const lines: string[] = []
  const patches = ['--repo', rid, '--type', 'xyz.radicle.patch']

  /** Git or rad, with what it said of its own; a failure is part of the transcript. */
  const speak = async (program: 'git' | 'rad', ...args: string[]): Promise<string> => {
    const env = {
      PATH: process.env.PATH ?? '',
      HOME: alice.home,
      RAD_HOME: alice.home,
      RAD_SOCKET: join(alice.home, 'none'),
    }
    const at = program === 'git' ? ['-C', path] : []
    const { stdout, stderr, exitCode } = await run(program, [...at, ...args], { env })
    const text = `${stdout.toString('utf8')}${stderr.toString('utf8')}`
    lines.push(`$ ${program} ${args.join(' ')}`, text.trimEnd(), `= ${exitCode}`, '')
    return text
  }
  const work = async (text: string) => {
    writeFiles(path, { 'one.txt': text })
    await commitAll(path, text.trim())
  }
  const act = async (patch: string, ...actions: object[]) => {
    const file = join(makeFolder('actions'), 'actions.jsonl')
    writeFileSync(file, actions.map((action) => `${JSON.stringify(action)}\n`).join(''))
    return speak('rad', 'cob', 'update', ...patches, '--object', patch, '--message', 'Say', file)
  }

  await speak('rad', 'inspect', path)
  await speak('rad', 'inspect', '--delegates', rid)
  const document = JSON.parse(await alice.rad('inspect', '--identity', rid)) as object
  lines.push(`identity: ${Object.keys(document).toSorted().join(' ')}`)
  await speak('git', 'push', 'rad', 'main:refs/patches')
  await speak('git', 'push', 'rad', '-o', 'patch.colour=red', 'main:refs/patches')
  await alice.git(path, 'checkout', '--quiet', '-b', 'work')
  await work('two\n')
  const pushing = ['push', 'rad', '-o', 'no-sync']
  const text = await speak('git', ...pushing, '-o', 'patch.message=Two', 'HEAD:refs/patches')
  const [patch = ''] = /[0-9a-f]{40}/.exec(text) ?? []
  const ref = `+HEAD:refs/heads/patches/${patch}`
  await work('three\n')
  await speak('git', ...pushing, '-o', 'patch.message=Three', ref)
  await speak('git', ...pushing, ref)
  await speak('git', 'ls-remote', `rad://${rid.slice(4)}/${alice.nid}`, 'refs/heads/patches/*')
  await speak('rad', 'patch', 'cache', patch, '--repo', rid, '--no-announce')
  const lineTwo = { type: 'lines', range: { start: 1, end: 2 } }
  const commit = (await alice.git(path, 'rev-parse', 'HEAD')).trim()
  const location = { commit, path: 'one.txt', old: null, new: lineTwo }
  await act(patch, { type: 'revision.comment', revision: patch, body: 'Why?', location })
  const review = await act(patch, {
    type: 'review',
    revision: patch,
    summary: 'No.',
    verdict: 'reject',
    labels: [],
  })
  const edit = { type: 'review.edit', review: review.trim(), summary: 'Yes.', verdict: 'accept' }
  await act(patch, { ...edit, labels: [] })
  await act(patch, { type: 'lifecycle', state: { status: 'draft' } })
  await act(patch, { type: 'lifecycle', state: { status: 'open' } })
  await speak('rad', 'cob', 'show', ...patches, '--object', commit)
  await alice.git(path, 'checkout', '--quiet', 'main')
  await alice.git(path, 'merge', '--quiet', '--ff-only', 'work')
  await speak('git', ...pushing, 'main')
  const log = await alice.rad('cob', 'log', ...patches, '--object', patch, '--format', 'json')
  const operations = log
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as Operation)
  for (const { actions, ...operation } of operations) {
    lines.push(`operation: ${Object.keys(operation).toSorted().join(' ')}`)
    lines.push(...actions.map((action) => `  ${JSON.stringify(sorted(action))}`))
  }
  const file = /\/\S+\/actions\.jsonl/g
  return lines
    .join('\n')
    .replaceAll(/^hint: .*\n/gm, '')
    .replaceAll(file, 'FILE')
    .replaceAll(path, 'PATH')
    .replaceAll(rid.slice(4), 'RID')
    .replaceAll(alice.nid, 'NID')
    .replaceAll(/\b[0-9a-f]{40}\b/g, 'OID')
    .replaceAll(/\b[0-9a-f]{7}\b/g, 'SHORT')
    .concat('\n')
}

const sorted = (action: object) =>
  Object.fromEntries(Object.entries(action).toSorted(([a], [b]) => a.localeCompare(b)))

/** Its first lines say of which version it is, and how it is made anew. */
const file = join(import.meta.dirname, '../../fixtures/radicle/transcript.txt')

export const recorded = (): string =>
  readFileSync(file, 'utf8')
    .split('\n')
    .filter((line) => !line.startsWith('#'))
    .join('\n')
