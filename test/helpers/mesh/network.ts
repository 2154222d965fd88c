import type { ChildProcess } from 'node:child_process'
import { execFile, execFileSync, spawn } from 'node:child_process'
import { readlinkSync } from 'node:fs'
import { promisify } from 'node:util'
import { ownEnvironment } from '../command-line.ts'
import { until } from '../hub.ts'
import { end } from '../kubernetes/processes.ts'

const bridge = 'switchyard1'
/** Where the bridge is, which stands for the internet: a range that is for documentation alone. */
export const outside = '192.0.2.1'

/** A machine with a network of its own, joined to the others by a bridge. */
export type Machine = {
  name: string
  address: string
  /** What runs a program there. */
  inside: string[]
  run(program: string, ...args: string[]): Promise<string>
  stop(): Promise<void>
}

const ip = (...args: string[]) => execFileSync('ip', args, { stdio: ['ignore', 'pipe', 'pipe'] })

/** Lays the bridge; it goes with the network namespace of this process, or by what is returned. */
export function layBridge(): () => void {
  ip('link', 'add', bridge, 'type', 'bridge')
  ip('address', 'add', `${outside}/24`, 'dev', bridge)
  ip('link', 'set', bridge, 'up')
  return () => void ip('link', 'delete', bridge)
}

/** Adds a machine to the bridge; `number` is the end of its address. */
export async function addMachine(name: string, number: number): Promise<Machine> {
  // It holds the network open.
  const holder: ChildProcess = spawn('unshare', ['--net', 'sleep', 'infinity'], { stdio: 'ignore' })
  const namespace = `/proc/${holder.pid}/ns/net`
  const own = readlinkSync('/proc/self/ns/net')
  await until(() => readlinkSync(namespace) !== own)
  const inside = ['nsenter', `--net=${namespace}`]
  const run = async (program: string, ...args: string[]) => {
    const [enter = '', ...rest] = [...inside, program, ...args]
    const options = { env: ownEnvironment(), timeout: 90_000 }
    const { stdout } = await promisify(execFile)(enter, rest, options)
    return stdout
  }
  const address = outside.replace(/\d+$/, String(number))
  const link = `to-${name}`
  ip(...['link', 'add', link, 'type', 'veth', 'peer', 'name', 'eth0', 'netns', `${holder.pid}`])
  ip('link', 'set', link, 'master', bridge, 'up')
  await run('ip', 'link', 'set', 'lo', 'up')
  await run('ip', 'address', 'add', `${address}/24`, 'dev', 'eth0')
  await run('ip', 'link', 'set', 'eth0', 'up')
  return { name, address, inside, run, stop: () => end(holder) }
}
