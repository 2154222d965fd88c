import { readFileSync, readdirSync } from 'node:fs'
import { run } from '../../kit/run.ts'

export type Process = {
  pid: number
  name: string
  parent: number
  group: number
  rssBytes: number
  /** Opaque start time: equal pid and start time mean the same process. */
  started: string
}

const pageBytes = 4096

/** All processes of the machine: from /proc where there is one, else from `ps`. */
export async function snapshot(): Promise<Map<number, Process>> {
  const processes = fromProc() ?? (await fromPs())
  return new Map(processes.map((process) => [process.pid, process]))
}

/** A process and everything below it, as far as parents still tell. */
export function familyOf(root: number, all: Map<number, Process>): Process[] {
  const family = new Set([root])
  for (let grew = true; grew;) {
    grew = false
    for (const { pid, parent, group } of all.values()) {
      if (family.has(pid) || !(family.has(parent) || group === root)) continue
      family.add(pid)
      grew = true
    }
  }
  return [...family].flatMap((pid) => all.get(pid) ?? [])
}

/**
 * Ids of live processes that carry `NAME=value` in their environment. It finds what left its
 * process group and lost its parents, which no walk down the tree can. Linux only; else empty.
 */
export function carrying(name: string): { pid: number; value: string }[] {
  const mark = `\0${name}=`
  const found: { pid: number; value: string }[] = []
  for (const pid of procIds() ?? []) {
    const environment = `\0${readProc(pid, 'environ') ?? ''}`
    const from = environment.indexOf(mark)
    if (from === -1) continue
    const to = environment.indexOf('\0', from + mark.length)
    found.push({ pid, value: environment.slice(from + mark.length, to === -1 ? undefined : to) })
  }
  return found
}

/** Sends a signal; false when the process is gone, or its id belongs to another user by now. */
export function signalProcess(pid: number, signal: NodeJS.Signals | 0): boolean {
  try {
    return process.kill(pid, signal)
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException // What process.kill throws.
    if (code === 'ESRCH' || code === 'EPERM') return false
    throw error
  }
}

/**
 * The memory of a process, with its part of what it shares with others: several processes of one program
 * have its code in memory once (`Pss` of proc_pid_smaps_rollup(5)). All that is resident where the system
 * does not tell, and nothing for one that has ended.
 */
export function proportionalBytes({ pid, rssBytes }: Process): number {
  const [, kib] = /^Pss: +(\d+) kB$/m.exec(readProc(pid, 'smaps_rollup') ?? '') ?? []
  if (kib !== undefined) return Number(kib) * 1024
  return process.platform === 'linux' && readProc(pid, 'stat') === undefined ? 0 : rssBytes
}

function procIds(): number[] | undefined {
  if (process.platform !== 'linux') return undefined
  return readdirSync('/proc').flatMap((name) => (/^\d+$/.test(name) ? [Number(name)] : []))
}

function fromProc(): Process[] | undefined {
  return procIds()?.flatMap((pid) => {
    const stat = readProc(pid, 'stat')
    if (stat === undefined) return []
    // The command name is in parentheses and may hold anything, so fields count from the last one.
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
    const [state, parent, group] = fields
    if (state === 'Z' || state === 'X') return []
    const name = stat.slice(stat.indexOf('(') + 1, stat.lastIndexOf(')'))
    const rssBytes = Number(fields[21]) * pageBytes
    return [
      {
        pid,
        name,
        parent: Number(parent),
        group: Number(group),
        rssBytes,
        started: fields[19] ?? '',
      },
    ]
  })
}

async function fromPs(): Promise<Process[]> {
  const env = { PATH: process.env.PATH ?? '/usr/bin:/bin', LC_ALL: 'C' }
  const { stdout } = await run('ps', ['-A', '-o', 'pid=,ppid=,pgid=,rss=,ucomm=,lstart='], { env })
  return stdout
    .toString('utf8')
    .split('\n')
    .flatMap((line) => {
      const [pid, parent, group, rss, name = '', ...started] = line.trim().split(/\s+/)
      if (!pid) return []
      return [
        {
          pid: Number(pid),
          name,
          parent: Number(parent),
          group: Number(group),
          rssBytes: Number(rss) * 1024,
          started: started.join(' '),
        },
      ]
    })
}

function readProc(pid: number, file: 'stat' | 'environ' | 'smaps_rollup'): string | undefined {
  try {
    return readFileSync(`/proc/${pid}/${file}`, 'latin1')
  } catch {
    return undefined // The process ended meanwhile, or belongs to another user: not ours either way.
  }
}
