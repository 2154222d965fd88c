import { HubError } from '../../schemas/errors.ts'
import { pause } from '../../servers/kit/clock.ts'
import { textWithoutSecrets } from '../../servers/kit/redact.ts'
import type { Tool } from '../../servers/kit/tool.ts'
import type { Call } from './call.ts'
import type { Shared } from './call-context.ts'
import { CallContext } from './call-context.ts'
import { mayList } from './decide.ts'
import type { Registry } from './registry.ts'

/** What a call would do, as far as that can be known before: a diff, or what else the tool says of it. */
export type Preview = { diff?: string; preview?: string; cut?: boolean }

const shownChars = 16_000
const patienceMs = 5000

/** Tools that have no `dry_run`, and which other one shows what they are about to change. */
const shownBy: Record<string, (args: Record<string, unknown>) => [string, object]> = {
  change_merge: ({ change }) => ['change_read', { change, max_bytes: shownChars }],
}

/**
 * Shows what a tool would do, before a person is asked about it: an own tool's dry run, as its caller. Throws
 * where the call can only fail, so that nobody is asked about it.
 */
export async function previewOf(
  parts: Shared & { registry: Registry },
  call: Pick<Call, 'principal' | 'name' | 'args' | 'requestId' | 'signal' | 'upstream' | 'check'>,
): Promise<Preview> {
  const tool = call.upstream === undefined ? parts.registry.get(call.name) : undefined
  call.check?.()
  if (tool === undefined) return {}
  tool.check(call.args)
  const args = { ...(call.args as object | undefined) } as Record<string, unknown> // Just checked.
  const [name, shownArgs] = tool.hasDryRun
    ? [tool.name, { ...args, dry_run: true }]
    : (shownBy[tool.name]?.(args) ?? [undefined, {}])
  const shows = name === undefined ? undefined : parts.registry.get(name)
  if (shows === undefined || !mayList(call.principal, shows)) return {}
  const enough = new AbortController()
  const signal = AbortSignal.any([call.signal(), enough.signal])
  const ctx = new PreviewContext(parts, { ...call, signal: () => signal }, noAudit)
  try {
    const late = pause(parts.clock, patienceMs, enough.signal).then(() => undefined)
    const output = await Promise.race([shows.call(shownArgs, ctx), late])
    return output === undefined ? {} : textOf(shows, output)
  } catch (error) {
    if (!(error instanceof HubError)) throw error
    if (callersOwn.includes(error.code)) throw error
    return {} // What stands in the way now may be gone when a person has answered.
  } finally {
    enough.abort()
  }
}

/** Whether these arguments ask for a dry run. */
export const isDry = (args: unknown): boolean =>
  typeof args === 'object' && args !== null && 'dry_run' in args && args.dry_run === true

/** Failures that the same call will meet whenever it is made. */
const callersOwn = ['invalid', 'not_found', 'conflict', 'ambiguous', 'denied']

/** A preview that wrote something would do what it only shows. */
class PreviewContext extends CallContext {
  override transaction<T>(): Promise<T> {
    return Promise.reject(new HubError('unsupported', 'this tool cannot show what it would do'))
  }
}

const noAudit = () => {
  throw new Error('a preview has no effect to put on record')
}

function textOf(tool: Tool, output: unknown): Preview {
  const diff = diffsIn(output, '').join('\n')
  const text = textWithoutSecrets(
    diff === '' ? (tool.text?.(output) ?? JSON.stringify(output, null, 2)) : diff,
  )
  const isCut = text.length > shownChars
  const shown = isCut ? `${text.slice(0, shownChars)}\n… (${text.length} characters)` : text
  return {
    ...(diff === '' ? { preview: shown } : { diff: shown }),
    ...(isCut ? { cut: true } : {}),
  }
}

/** The diffs in an answer, each under the name of its file where it does not name that itself. */
function diffsIn(value: unknown, title: string): string[] {
  if (typeof value !== 'object' || value === null) return []
  if (Array.isArray(value)) return value.flatMap((item) => diffsIn(item, title))
  const { path, tool } = value as Record<string, unknown> // An object that is no list.
  const name = [path, tool].find((given) => typeof given === 'string') ?? title
  return Object.entries(value).flatMap(([key, field]: [string, unknown]) => {
    if (key !== 'diff' || typeof field !== 'string') return diffsIn(field, name)
    if (field.trim() === '') return []
    return field.startsWith('diff --git') || name === ''
      ? [field]
      : [`diff --git a/${name} b/${name}\n${field}`]
  })
}
