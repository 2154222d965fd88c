import { writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import type { AddressInfo } from 'node:net'
import { delimiter, join } from 'node:path'
import { expect, test } from 'vitest'
import type { Change, ChangeComment, ChangeReview } from '../../schemas/change.ts'
import type { Workspace } from '../../schemas/repo.ts'
import { makeFolder } from '../helpers/folder.ts'
import { startHub, until } from '../helpers/hub.ts'
import { startNode } from '../helpers/radicle/node.ts'
import { makePerson, makeProvidedRepository, makeRadRepo } from '../helpers/radicle/person.ts'
import { realRad } from '../helpers/radicle/real.ts'
import { recorded, transcriptOf } from '../helpers/radicle/transcript.ts'
import { writeFiles } from '../helpers/repo.ts'
import { providerContract } from '../servers/radicle/provider-contract.ts'
import { radicleKeys } from '../servers/radicle/radicle-keys.ts'
import { radicleScenarios } from '../servers/radicle/radicle-scenarios.ts'

process.env.PATH = [realRad(), process.env.PATH].join(delimiter)
const slowMs = 120_000

providerContract('radicle', makeProvidedRepository)
radicleScenarios()
radicleKeys()

test('what Radicle says is what was recorded of it', async () => {
  expect(await transcriptOf()).toBe(recorded())
})

type Read = { change: Change; comments: ChangeComment[]; reviews: ChangeReview[] }

/**
 * Alice has a repository on Radicle. Bob has a clone, and a hub of his own whose agents work there.
 * The two have nodes on loopback, and nothing else in common.
 */
test('a patch of a hub is reviewed, revised and merged by somebody with rad alone', async () => {
  const log = (line: string) => process.stdout.write(`${line.trimEnd()}\n`)
  const alice = await makePerson('alice')
  const bob = await makePerson('bob')
  const { path, rid } = await makeRadRepo(alice, { 'one.txt': 'one\n' })
  const [a, b] = [await freePort(), await freePort()]
  await startNode(alice, a)
  await startNode(bob, b, { person: alice, port: a })
  await until(
    async () => (await bob.rad('node', 'status')).includes(alice.nid.slice(0, 12)),
    slowMs,
  )
  const clone = join(makeFolder('clone'), 'thing')
  log(await bob.rad('clone', rid, clone, '--seed', alice.nid, '--scope', 'all'))

  const data = makeFolder('hub')
  const config = { allowUnisolated: true, radicle: { home: bob.home } }
  writeFileSync(join(data, 'switchyard.json'), JSON.stringify(config))
  const hub = await startHub({ data })
  const task = 'task-one'
  const read = (change: string) => hub.call<Read>('change_read', { change })
  const propose = async (text: string, summary: string) => {
    const space = await hub.call<Workspace>('branch_create', { repo: clone, task })
    writeFiles(space.path, { 'one.txt': text })
    await hub.call('commit_create', { task, message: summary })
    return hub.call<Change>('change_open', { task, title: 'Say two', body: 'Why not.', summary })
  }
  const opened = await propose('two\n', 'Say two')
  log(`change_open -> ${JSON.stringify(opened)}`)

  const patches = () => alice.rad('cob', 'list', '--repo', rid, '--type', 'xyz.radicle.patch')
  await until(async () => (await patches()).trim() !== '', slowMs)
  const patch = (await patches()).trim()
  log(`alice$ rad patch show\n${await alice.rad('patch', 'show', patch, '--repo', rid)}`)
  log(await alice.rad('patch', 'comment', patch, '--repo', rid, '-m', 'And a third line?'))
  const asked = ['--reject', '-m', 'Two lines, please.']
  log(await alice.rad('patch', 'review', patch, '--repo', rid, '-r', patch, ...asked))

  await until(async () => (await read(opened.id)).reviews.length === 1, slowMs)
  const reviewed = await read(opened.id)
  log(`change_read -> ${JSON.stringify({ ...reviewed, diff: undefined }, null, 1)}`)
  const author = `radicle:${alice.nid}`
  expect(reviewed.comments).toMatchObject([{ author, body: 'And a third line?', revision: 1 }])
  expect(reviewed.reviews).toMatchObject([
    { reviewer: author, verdict: 'request_changes', body: 'Two lines, please.', revision: 1 },
  ])

  const revised = await propose('two\nthree\n', 'Two lines')
  expect(revised.revisions).toBe(2)
  const shown = () => alice.rad('patch', 'show', patch, '--repo', rid)
  await until(async () => (await shown()).includes(revised.head.slice(0, 7)), slowMs)
  log(`alice$ rad patch show\n${await shown()}`)
  const found = await alice.rad(
    'cob',
    'show',
    '--repo',
    rid,
    '--type',
    'xyz.radicle.patch',
    '-o',
    patch,
  )
  const { revisions } = JSON.parse(found) as { revisions: Record<string, { oid: string }> }
  const [second = ''] = Object.entries(revisions).find(([, { oid }]) => oid === revised.head) ?? []
  log(await alice.rad('patch', 'review', patch, '--repo', rid, '-r', second, '--accept'))
  log(await alice.git(path, 'fetch', 'rad'))
  log(await alice.git(path, 'fetch', `rad://${rid.slice(4)}`, `refs/heads/patches/${patch}`))
  log(await alice.git(path, 'merge', '--no-edit', 'FETCH_HEAD'))
  log(await alice.git(path, 'push', 'rad', 'main'))
  await until(async () => (await read(opened.id)).change.state === 'merged', slowMs)
  const merged = await read(opened.id)
  log(`change_read -> ${JSON.stringify({ ...merged, diff: undefined }, null, 1)}`)
  expect(merged.change).toMatchObject({ state: 'merged', mergedBy: author, revisions: 2 })
  expect(merged.reviews.at(-1)).toMatchObject({ verdict: 'accept', revision: 2 })
})

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1')
  await new Promise((resolve) => server.once('listening', resolve))
  const { port } = server.address() as AddressInfo // Of a TCP server.
  await new Promise((resolve) => server.close(resolve))
  return port
}
