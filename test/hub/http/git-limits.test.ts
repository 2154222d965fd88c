import { randomBytes } from 'node:crypto'
import { existsSync, readFileSync, readdirSync, writeFileSync } from 'node:fs'
import type { ClientRequest } from 'node:http'
import { request } from 'node:http'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import { expect, onTestFinished, test, vi } from 'vitest'
import { git } from '../../../servers/kit/git.ts'
import { makeFolder } from '../../helpers/folder.ts'
import type { Leased } from '../../helpers/git-client.ts'
import { commitAs, gitAs, leaseTask, must, textOf } from '../../helpers/git-client.ts'
import { startHub, until } from '../../helpers/hub.ts'
import { ProcessHub } from '../../helpers/process-hub.ts'
import { commitAll, makeRepo, writeFiles } from '../../helpers/repo.ts'

const megabyte = 1024 * 1024
/** Git answers another type by a refusal, and is gone. */
const fetching = { 'content-type': 'application/x-git-upload-pack-request' }

async function cloneOf(url: string, { task, token }: Leased): Promise<string> {
  const tree = join(makeFolder('clone'), 'tree')
  await must(gitAs(token, ['clone', '--quiet', `${url}/git/${task}`, tree]))
  return tree
}

/** The head of a task's branch as a fetch would find it. */
const headOf = async (url: string, { task, token, space }: Leased): Promise<string> =>
  (await must(gitAs(token, ['ls-remote', `${url}/git/${task}`, space.branch]))).split('\t')[0] ?? ''

test('a push that is too large is refused with the limit, and the next one goes through', async () => {
  const data = makeFolder('hub')
  const settings = { allowUnisolated: true, git: { maxPushMb: 1 } }
  writeFileSync(join(data, 'switchyard.json'), JSON.stringify(settings))
  const hub = await startHub({ data, leaseMs: 600_000 })
  const leased = await leaseTask(hub.client, await makeRepo())
  const tree = await cloneOf(hub.url, leased)
  const push = () => gitAs(leased.token, ['-C', tree, 'push', 'origin', 'HEAD'])
  for (const size of [1.5, 12]) {
    writeFileSync(join(tree, 'large.bin'), randomBytes(size * megabyte))
    await commitAs('tester', tree, 'large')
    const refused = await push()
    expect(refused.exitCode).not.toBe(0)
    expect(textOf(refused)).toContain('pack exceeds maximum allowed size (1024.00 KiB)')
    expect(await headOf(hub.url, leased)).toBe(leased.space.base)
    await must(gitAs('', ['-C', tree, 'reset', '--quiet', '--hard', leased.space.base]))
  }
  writeFileSync(join(tree, 'small.bin'), randomBytes(megabyte / 2))
  const head = await commitAs('tester', tree, 'small')
  await must(push())
  expect(await headOf(hub.url, leased)).toBe(head)
  const rows = await hub.call<{ items: { outcome: string }[] }>('audit_list', { tool: 'git_push' })
  expect(rows.items.map(({ outcome }) => outcome)).toEqual(['ok', 'failed', 'failed'])
})

test('a push whose lease ends half-way moves nothing and leaves nothing', async () => {
  const hub = await startHub({ leaseMs: 600_000 })
  const leased = await leaseTask(hub.client, await makeRepo())
  const { task, token, fence, agent, space } = leased
  const tree = await cloneOf(hub.url, leased)
  writeFileSync(join(tree, 'part.bin'), randomBytes(megabyte))
  const head = await commitAs('tester', tree, 'part')
  const asked = ['-C', tree, 'pack-objects', '--revs', '--stdout', '--quiet']
  const { stdout: pack } = await gitAs('', asked, { input: `${head}\n^${space.base}\n` })
  const line = `${space.base} ${head} refs/heads/${space.branch}\0 report-status`
  const command = `${(line.length + 4).toString(16).padStart(4, '0')}${line}0000`
  const url = new URL(`${hub.url}/git/${task}/git-receive-pack`)
  const sending = request(url, {
    method: 'POST',
    headers: {
      authorization: `Bearer ${token}`,
      'content-type': 'application/x-git-receive-pack-request',
    },
  })
  const status = new Promise<number | string>((resolve) => {
    sending.on('response', (response) => resolve(response.resume().statusCode ?? 0))
    sending.on('error', (error: NodeJS.ErrnoException) => resolve(error.code ?? ''))
  })
  sending.write(command)
  sending.write(pack.subarray(0, pack.length / 2))
  const objects = join(hub.hub.dataDir, 'exchange', space.repo, `${task}.git`, 'objects')
  const isReceiving = () =>
    existsSync(objects) && readdirSync(objects).some((name) => name.includes('incoming'))
  await until(isReceiving)
  const failure = { code: 'x', message: 'x' }
  await agent.call('task_report', { task, fence, outcome: 'failed', retryable: false, failure })
  expect([403, 'ECONNRESET', 'EPIPE']).toContain(await status)
  sending.destroy()
  await until(() => !isReceiving())
  expect(await headOf(hub.url, { ...leased, token: hub.token })).toBe(space.base)
  const rows = await hub.call<{ items: { outcome: string }[] }>('audit_list', { tool: 'git_push' })
  expect(rows.items.map(({ outcome }) => outcome)).toEqual(['denied'])
})

test('a caller that goes away ends what served it', async () => {
  const hub = await startHub({ leaseMs: 600_000 })
  const leased = await leaseTask(hub.client, await makeRepo())
  const { task, token } = leased
  await headOf(hub.url, leased)
  await until(() => served().length === 0) // Those of the listing are over.
  const sending = beginFetch(hub.url, task, token)
  await until(() => served().length === 1)
  // What waits for the rest of a request goes on waiting.
  await new Promise((resolve) => setTimeout(resolve, 500))
  expect(served()).toHaveLength(1)
  sending.destroy()
  await until(() => served().length === 0)
})

test('what a hub that stops ends is no fault of its own', async () => {
  const hub = await startHub({ leaseMs: 600_000, drainMs: 200 })
  const leased = await leaseTask(hub.client, await makeRepo())
  await until(() => served().length === 0)
  const complaints = vi.spyOn(hub.hub.log, 'error')
  const counted = vi.spyOn(hub.hub.telemetry, 'call')
  beginFetch(hub.url, leased.task, leased.token)
  await until(() => served().length === 1)
  await hub.hub.stop()
  await until(() => counted.mock.calls.some(([tool]) => tool === 'git_fetch'))
  expect(complaints).not.toHaveBeenCalled()
})

/** Asks Git for its refs, and never says that this was all. */
function beginFetch(url: string, task: string, token: string): ClientRequest {
  const sending = request(`${url}/git/${task}/git-upload-pack`, {
    method: 'POST',
    headers: { ...fetching, authorization: `Bearer ${token}`, 'git-protocol': 'version=2' },
  })
  sending.on('error', () => undefined)
  sending.write('0014command=ls-refs\n')
  return sending
}

/** The servers of Git that run for a hub of this process. */
const served = () =>
  readFileSync(`/proc/${process.pid}/task/${process.pid}/children`, 'utf8')
    .split(' ')
    .filter((child) => child !== '' && commandOf(child).includes('http-backend'))

const commandOf = (pid: string): string => {
  const file = `/proc/${pid}/cmdline`
  return existsSync(file) ? readFileSync(file, 'utf8') : ''
}

test('a packed request is unpacked within bounds, and a password is taken for a token', async () => {
  const hub = await startHub({ leaseMs: 600_000 })
  const leased = await leaseTask(hub.client, await makeRepo())
  const { task, token } = leased
  await headOf(hub.url, leased)
  const post = (body: Buffer, headers: Record<string, string> = {}) =>
    fetch(`${hub.url}/git/${task}/git-upload-pack`, {
      method: 'POST',
      body: new Uint8Array(body),
      headers: {
        authorization: `Basic ${Buffer.from(`anybody:${token}`).toString('base64')}`,
        ...fetching,
        'git-protocol': 'version=2',
        ...headers,
      },
    })
  const listing = Buffer.from('0014command=ls-refs\n00010000')
  expect(await (await post(listing)).text()).toContain(leased.space.base)
  const packed = { 'content-encoding': 'gzip' }
  expect(await (await post(gzipSync(listing), packed)).text()).toContain(leased.space.base)
  const large = gzipSync(Buffer.alloc(64 * megabyte, '0014command=ls-refs\n'))
  expect(large.length).toBeLessThan(megabyte)
  // Git has begun its answer by then, which can only be cut short.
  await expect(post(large, packed).then((answer) => answer.text())).rejects.toThrow()
  const declared = await post(Buffer.alloc(9 * megabyte))
  expect(declared.status).toBe(413)
  expect(await declared.text()).toContain('larger than 8 MiB')
  expect((await post(listing, { 'content-encoding': 'br' })).status).toBe(422)
  const challenge = await fetch(`${hub.url}/git/${task}/info/refs?service=git-upload-pack`)
  expect(challenge.status).toBe(401)
  expect(challenge.headers.get('www-authenticate')).toContain('Basic')
  const none = await gitAs(hub.token, ['ls-remote', `${hub.url}/git/task-none`])
  expect(textOf(none)).toContain('task task-none has no workspace')
})

test('a repository of 50 MB streams to a fast and to a stalled reader in bounded memory', async () => {
  const hub = new ProcessHub(makeFolder(), ['--dispatch', 'off', '--lease-ms', '600000'])
  onTestFinished(async () => {
    await hub.stop()
  })
  await hub.start()
  const repo = await makeRepo()
  const files = Array.from({ length: 5 }, (_, index) => `part-${index}.bin`)
  for (const name of files) writeFileSync(join(repo, name), randomBytes(10 * megabyte))
  await commitAll(repo, 'large')
  const leased = await leaseTask(hub.client(), repo)
  await headOf(hub.url, leased)
  const residentMb = () => {
    const status = readFileSync(`/proc/${hub.pid}/status`, 'utf8')
    return Number(/VmRSS:\s+(\d+)/.exec(status)?.[1]) / 1024
  }
  const before = residentMb()
  let most = before
  const timer = setInterval(() => (most = Math.max(most, residentMb())), 10)
  onTestFinished(() => clearInterval(timer))
  const wants = `0032want ${leased.space.base}\n00000009done\n`
  const stalled = request(`${hub.url}/git/${leased.task}/git-upload-pack`, {
    method: 'POST',
    headers: { ...fetching, authorization: `Bearer ${leased.token}` },
  })
  onTestFinished(() => void stalled.destroy())
  stalled.on('error', () => undefined)
  const answered = new Promise((resolve) => stalled.on('response', resolve)) // And never read.
  stalled.end(wants)
  const tree = await cloneOf(hub.url, leased)
  await answered
  await new Promise((resolve) => setTimeout(resolve, 2000))
  expect(
    readFileSync(join(tree, files[4] ?? '')).equals(readFileSync(join(repo, files[4] ?? ''))),
  ).toBe(true)
  writeFiles(tree, { 'note.txt': 'pushed\n' })
  writeFileSync(join(tree, 'more.bin'), randomBytes(20 * megabyte))
  await commitAs('tester', tree, 'more')
  await must(gitAs(leased.token, ['-C', tree, 'push', '--quiet', 'origin', 'HEAD']))
  console.log(`the hub had ${before.toFixed(0)} MB, and ${most.toFixed(0)} MB at most`)
  expect(most - before).toBeLessThan(48)
  const pushed = await git([
    '--git-dir',
    join(hub.data, 'exchange', leased.space.repo, `${leased.task}.git`),
    'log',
    '-1',
    '--format=%s',
    leased.space.branch,
  ])
  expect(pushed).toBe('more\n')
})
