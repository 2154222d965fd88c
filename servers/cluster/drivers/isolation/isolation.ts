import { randomUUID } from 'node:crypto'
import {
  mkdirSync,
  readdirSync,
  readlinkSync,
  realpathSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs'
import { platform } from 'node:os'
import { join } from 'node:path'
import type { Logger } from 'pino'
import type { Config } from '../../../../schemas/config.ts'
import { HubError } from '../../../../schemas/errors.ts'
import type { Isolation } from '../../../../schemas/task.ts'
import { run } from '../../../kit/run.ts'
import { bwrapCommand } from './bwrap.ts'
import type { Sandbox } from './sandbox.ts'
import { sandboxOf } from './sandbox.ts'
import { seatbeltCommand } from './seatbelt.ts'
import { usernsCommand } from './userns.ts'

/** What a machine can do by itself; containers are for what manages them. */
export type LocalIsolation = Exclude<Isolation, 'container'>

/** How pods are isolated here, and why not better. */
export type Chosen = { level: LocalIsolation; reason: string }

/** The command line of a program under a level of isolation. */
export const isolate: Record<LocalIsolation, (sandbox: Sandbox, command: string[]) => string[]> = {
  bwrap: bwrapCommand,
  userns: usernsCommand,
  seatbelt: seatbeltCommand,
  none: (_sandbox, command) => command,
}

/** Processes between the one that is started and the program itself: the tool outside, a first process inside. */
export const wrappersOf: Record<LocalIsolation, number> = {
  bwrap: 2,
  userns: 2,
  seatbelt: 0,
  none: 0,
}

/**
 * The best isolation that works on this machine, found by running each until one holds what it
 * promises. One that the configuration names and that does not work is an error, never a weaker one.
 */
export async function chooseIsolation(
  wanted: Config['isolation'],
  options: { dataDir: string; codeRoot: string; signal: AbortSignal },
): Promise<Chosen> {
  if (wanted === 'none') return { level: 'none', reason: 'the setting `isolation` is none' }
  const candidates = wanted === 'auto' ? offered() : [wanted]
  const troubles: string[] = []
  removeLeftProbes(options.dataDir)
  for (const level of candidates) {
    const trouble = await tryOut(level, options)
    if (trouble === undefined)
      return { level, reason: [...troubles, `${level} was tried at start and holds`].join('; ') }
    troubles.push(`${level}: ${trouble}`)
  }
  if (wanted === 'auto')
    return { level: 'none', reason: troubles.join('; ') || `nothing is known for ${platform()}` }
  throw new HubError('unsupported', `isolation is set to ${wanted}, which does not work here`, {
    hint: `${troubles.join('; ')}. Mend that, or set isolation to auto.`,
  })
}

/** The same, and a warning where pods are left to do as they like. */
export async function isolationWithWarning(
  wanted: Config['isolation'],
  options: Parameters<typeof chooseIsolation>[1] & { cluster: string; log: Logger },
): Promise<Chosen> {
  const chosen = await chooseIsolation(wanted, options)
  const { cluster, log } = options
  if (chosen.level === 'none')
    log.warn(
      { cluster, reason: chosen.reason },
      "pods are not isolated: what runs there could read the owner's token",
    )
  return chosen
}

const offered = (): LocalIsolation[] => {
  if (platform() === 'darwin') return ['seatbelt']
  return platform() === 'linux' ? ['bwrap', 'userns'] : []
}

const probePrefix = 'probe-'
const probeMs = 10_000

/** Removes what a hub that was killed in the middle of trying left; another's probe is younger. */
function removeLeftProbes(dataDir: string): void {
  const left = readdirSync(dataDir)
    .filter((name) => name.startsWith(probePrefix))
    .map((name) => join(dataDir, name))
    .filter(
      (path) =>
        Date.now() - (statSync(path, { throwIfNoEntry: false })?.mtimeMs ?? Infinity) > 2 * probeMs,
    )
  for (const path of left) rmSync(path, { recursive: true, force: true })
}

/** What is wrong with a level on this machine, or undefined when it keeps its promise. */
async function tryOut(
  level: LocalIsolation,
  { dataDir, codeRoot, signal }: { dataDir: string; codeRoot: string; signal: AbortSignal },
): Promise<string | undefined> {
  const name = `${probePrefix}${randomUUID()}`
  const home = join(dataDir, name)
  const tmp = join(home, 'tmp')
  const secret = `${home}.secret`
  mkdirSync(tmp, { recursive: true })
  writeFileSync(secret, 'secret', { mode: 0o600 })
  try {
    const path = process.env.PATH ?? '/usr/bin:/bin'
    const stage = stageOf(dataDir)
    const sandbox = sandboxOf({
      home,
      tmp,
      stage,
      readable: [],
      writable: [],
      dataDir,
      codeRoot,
      path,
    })
    const probe = ['/bin/sh', '-c', promises, name, secret, String(process.pid), pidNamespace()]
    const [program = '', ...args] = isolate[level](sandbox, probe)
    const env = { PATH: path }
    const { exitCode, stdout, stderr } = await run(program, args, {
      env,
      signal,
      timeoutMs: probeMs,
    })
    if (exitCode === 0) return undefined
    const said = `${stdout.toString('utf8')}${stderr.toString('utf8')}`.trim().split('\n')[0]
    return said || `it ended with code ${exitCode ?? 'none'}`
  } catch (error) {
    if (signal.aborted) throw error
    return error instanceof Error ? error.message : String(error)
  } finally {
    rmSync(home, { recursive: true, force: true })
    rmSync(secret, { force: true })
  }
}

/** An empty folder of the data directory, which no pod is shown. */
export function stageOf(dataDir: string): string {
  const stage = join(realpathSync(dataDir), 'stage')
  mkdirSync(stage, { recursive: true })
  return stage
}

// Says what is not kept and fails, or says nothing. A process id means nothing in another namespace,
// so there the namespace is compared instead of trying to reach the hub.
const promises = String.raw`
secret=$1 hub=$2 namespace=$3 outside=/var/tmp/$0
fail() { echo "$1"; exit 1; }
echo >probe || fail 'its own folder cannot be written'
cat "$secret" >/dev/null 2>&1 && fail 'the data directory can be read'
(echo >"$outside") 2>/dev/null && rm -f "$outside" && fail 'the system can be written'
if [ -n "$namespace" ]; then
  [ "$(readlink /proc/self/ns/pid)" != "$namespace" ] || fail 'processes outside can be seen'
else
  kill -0 "$hub" 2>/dev/null && fail 'processes outside can be reached'
fi
exit 0
`

const pidNamespace = (): string => (platform() === 'linux' ? readlinkSync('/proc/self/ns/pid') : '')
