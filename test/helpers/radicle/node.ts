import { spawn } from 'node:child_process'
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { onTestFinished } from 'vitest'
import { until } from '../hub.ts'
import type { Person } from './person.ts'

/** Starts the node of a person on loopback, connected with another one's; it ends with the test. */
export async function startNode(
  person: Person,
  port: number,
  other?: { person: Person; port: number },
): Promise<void> {
  const { home } = person
  const file = join(home, 'config.json')
  const config = JSON.parse(readFileSync(file, 'utf8')) as { node: object } // As `rad auth` wrote it.
  const connect = other ? [`${other.person.nid}@127.0.0.1:${other.port}`] : []
  const node = { ...config.node, listen: [`127.0.0.1:${port}`], connect, peers: { type: 'static' } }
  writeFileSync(file, JSON.stringify({ ...config, preferredSeeds: [], node }))
  const child = spawn('radicle-node', ['--listen', `127.0.0.1:${port}`], {
    env: { PATH: process.env.PATH ?? '', HOME: home, RAD_HOME: home },
    stdio: 'ignore',
  })
  onTestFinished(() => void child.kill('SIGKILL'))
  await until(() => existsSync(join(home, 'node', 'control.sock')))
}
