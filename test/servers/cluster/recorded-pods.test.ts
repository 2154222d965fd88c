import { spawn } from 'node:child_process'
import { readFileSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import Database from 'better-sqlite3'
import { expect, onTestFinished, test } from 'vitest'
import type { Pod } from '../../../schemas/cluster.ts'
import { snapshot } from '../../../servers/cluster/drivers/processes.ts'
import { codeRoot } from '../../../servers/kit/code-root.ts'
import { makeFolder } from '../../helpers/folder.ts'
import { failure, startHub, until } from '../../helpers/hub.ts'

const migrations = join(codeRoot, 'servers', 'kit', 'migrations')
const row = {
  org: 'default',
  node: 'here',
  command: '["sleep","60"]',
  state: 'running',
  isolation: 'none',
  limits: '[]',
  resources: '{}',
  timeout_ms: 60_000,
  created_at: 1,
}

/** A data directory as it was before pods had handles, with these pods in it. */
function oldData(
  pods: { id: string; cluster: string; pid: number; pid_started: string }[],
): string {
  const data = makeFolder('old')
  const db = new Database(join(data, 'switchyard.db'))
  const files = readdirSync(migrations)
    .filter((name) => name < '012')
    .sort()
  for (const name of files) db.exec(readFileSync(join(migrations, name), 'utf8'))
  db.pragma(`user_version = ${files.length}`)
  for (const pod of pods) {
    const full = { ...row, ...pod }
    const columns = Object.keys(full)
    db.prepare(
      `INSERT INTO pods (${columns.join(', ')}) VALUES (${columns.map((name) => `:${name}`).join(', ')})`,
    ).run(full)
  }
  db.close()
  return data
}

test('after an upgrade the pods of before are found: those that live, that ended, and of clusters unknown', async () => {
  const child = spawn('sleep', ['60'], { detached: true, stdio: 'ignore' })
  onTestFinished(() => void child.kill('SIGKILL'))
  const pid = child.pid ?? 0
  const pid_started = (await snapshot()).get(pid)?.started ?? ''
  const data = oldData([
    { id: 'pod-lives', cluster: 'local', pid, pid_started },
    { id: 'pod-reused', cluster: 'local', pid: process.pid, pid_started: 'another time' },
    { id: 'pod-far', cluster: 'far', pid: 1, pid_started: '' },
  ])
  const hub = await startHub({ data })
  const read = (pod: string) => hub.call<Pod>('pod_read', { pod })
  await until(async () => (await read('pod-reused')).state === 'exited')
  expect(await read('pod-reused')).toMatchObject({ reason: 'ended while the hub was down' })
  expect(await read('pod-lives')).toMatchObject({
    state: 'running',
    handle: JSON.stringify({ pid, started: pid_started, isolation: 'none' }),
  })
  await hub.call('pod_delete', { pod: 'pod-lives', grace_ms: 0 })
  await until(async () => (await read('pod-lives')).state === 'exited')
  expect(child.signalCode).toBe('SIGKILL')
  // Nobody can say how a pod of a cluster is that is not registered now.
  expect(await read('pod-far')).toMatchObject({ state: 'running' })
  for (const [tool, args] of [
    ['pod_log', {}],
    ['pod_exec', { command: ['true'] }],
    ['pod_delete', {}],
  ] as const)
    expect(await failure(hub.call(tool, { pod: 'pod-far', ...args }))).toMatchObject({
      code: 'not_found',
      message: 'no cluster "far" is registered',
    })
})
