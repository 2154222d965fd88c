import { randomBytes } from 'node:crypto'
import { existsSync, readFileSync, readdirSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { dirname, join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import type { Repository } from '../../../schemas/repo.ts'
import { git } from '../../../servers/kit/git.ts'
import { makeFolder } from '../../helpers/folder.ts'
import { serveGit } from '../../helpers/forgejo/git-backend.ts'
import { failure, startHub } from '../../helpers/hub.ts'
import { commitAll, makeRepo, writeFiles } from '../../helpers/repo.ts'

/** A server of a repository `owner/thing`, whose work tree is returned too; `isStuck` never answers. */
async function serve({ isStuck = false } = {}): Promise<{ address: string; source: string }> {
  const source = await makeRepo()
  const root = dirname(source)
  const server = createServer((request, response) => {
    if (isStuck) return
    request.url = (request.url ?? '').replace('/owner/thing.git', '/thing/.git')
    void serveGit(root, () => true, request, response)
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  onTestFinished(() => {
    server.closeAllConnections()
    server.close()
  })
  const { port } = server.address() as AddressInfo // It listens on TCP.
  return { address: `http://127.0.0.1:${port}/owner/thing`, source }
}

const clonesIn = (folder: string) =>
  existsSync(join(folder, 'default')) ? readdirSync(join(folder, 'default')) : []

test('a repository is brought by its address, worked on, and brought up to date by the same call', async () => {
  const { address, source } = await serve()
  await git(['-C', source, 'branch', 'side'])
  const hub = await startHub()
  const repository = await hub.call<Repository>('repo_clone', { address })
  const { id, path } = repository
  expect(repository).toMatchObject({ org: 'default', provider: 'local', defaultBranch: 'main' })
  expect(path).toMatch(/-clones\/default\/thing-[0-9a-f]{8}$/)
  expect(readFileSync(join(path, 'src/sum.js'), 'utf8')).toContain('a - b')
  const { branches } = await hub.call<{ branches: { name: string }[] }>('repo_read', { repo: id })
  expect(branches.map(({ name }) => name).toSorted()).toEqual(['main', 'side'])
  // What went on here stays; what only has to catch up does.
  await git(['-C', path, 'checkout', '--quiet', 'side'])
  writeFiles(path, { 'ours.txt': 'ours\n' })
  const ours = await commitAll(path, 'ours')
  await git(['-C', path, 'checkout', '--quiet', 'main'])
  writeFiles(source, { 'CHANGELOG.md': '# Changes\n- theirs\n' })
  const theirs = await commitAll(source, 'theirs')
  await git(['-C', source, 'branch', '--force', 'side', theirs])
  expect((await hub.call<Repository>('repo_clone', { address: `${address}.git/` })).id).toBe(id)
  expect((await git(['-C', path, 'rev-parse', 'main'])).trim()).toBe(theirs)
  expect((await git(['-C', path, 'rev-parse', 'side'])).trim()).toBe(ours)
  expect(readFileSync(join(path, 'CHANGELOG.md'), 'utf8')).toContain('theirs')
  const work = { template: 'command', repo: path, command: 'true' }
  expect(await hub.call('task_submit', work)).toMatchObject({ repo: path })
})

test('who may not add a repository clones none, and each address that is none is refused by name', async () => {
  const clones = makeFolder('clones')
  const data = makeFolder()
  writeFileSync(join(data, 'switchyard.json'), JSON.stringify({ clones }))
  const hub = await startHub({ data })
  const { address } = await serve()
  const dora = await hub.as('dora', 'developer')
  const clone = (given: string, more: object = {}) =>
    failure(hub.call('repo_clone', { address: given, ...more }))
  expect(await failure(dora.call('repo_clone', { address }))).toMatchObject({ code: 'denied' })
  expect(await clone('https://me:secret@example.org/a/b')).toMatchObject({
    code: 'invalid',
    message: expect.not.stringContaining('secret') as string,
  })
  for (const bad of ['ssh://a@b/c', '/etc', '--upload-pack=x', 'https://example.org', 'ext::sh'])
    expect(await clone(bad)).toMatchObject({ code: 'invalid' })
  expect(await clone(address.replace('thing', 'nothing'))).toMatchObject({ code: 'not_found' })
  expect(await clone(address.replace(/:\d+/, ':9'))).toMatchObject({ code: 'unavailable' })
  expect(clonesIn(clones)).toEqual([])
  expect(await hub.call('repo_list')).toEqual({ items: [] })
})

test('a clone ends at its limits, and leaves nothing', async () => {
  const clones = makeFolder('clones')
  const data = makeFolder()
  writeFileSync(join(data, 'switchyard.json'), JSON.stringify({ clones }))
  const hub = await startHub({ data })
  const stuck = await serve({ isStuck: true })
  const asked = { address: stuck.address, timeout_ms: 1000 }
  expect(await failure(hub.call('repo_clone', asked))).toMatchObject({
    code: 'exhausted',
    message: expect.stringContaining('within 1 s') as string,
  })
  const large = await serve()
  writeFileSync(join(large.source, 'large.bin'), randomBytes(4 * 1024 * 1024))
  await commitAll(large.source, 'large')
  const bounded = { address: large.address, max_mb: 1 }
  expect(await failure(hub.call('repo_clone', bounded))).toMatchObject({
    code: 'exhausted',
    message: expect.stringContaining('more than 1 MB') as string,
  })
  expect(clonesIn(clones)).toEqual([])
  expect(await hub.call('repo_list')).toEqual({ items: [] })
})
