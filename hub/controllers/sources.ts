import type { ContextSource, SourceKind } from '../../schemas/context.ts'
import { pause } from '../../servers/kit/clock.ts'
import type { ControllerContext } from './context.ts'
import { guarded } from './context.ts'

const firstLookMs = 1000
const everyMs = 60_000
const retentionMs = 3_600_000
const quietMs = 2000

/**
 * Keeps places up to date that change without an event of ours: configured vaults are ingested and
 * watched, with every folder that was; documents past their retention are forgotten.
 */
export async function sources(context: ControllerContext): Promise<void> {
  const { clock, signal, call } = context
  let nextRetentionAt = 0
  await pause(clock, firstLookMs, signal) // The first callers come first.
  while (!signal.aborted) {
    await guarded(context, 'sources', () => followVaults(context))
    await guarded(context, 'sources', () => watchFolders(context))
    if (clock.now() >= nextRetentionAt) {
      nextRetentionAt = clock.now() + retentionMs
      await guarded(context, 'sources', () => call('context_expire', {}))
    }
    await pauseOrConfig(context)
  }
}

/** Brings the sources of kind vault in line with the vaults that are configured. */
async function followVaults(context: ControllerContext): Promise<void> {
  const { config, call, signal } = context
  const { vaults, context: settings } = config().file
  const sources = await list(context, 'vault')
  const isOf = (vault: { path: string; org: string }) => (source: ContextSource) =>
    source.uri === vault.path && source.org === vault.org
  // A vault that is configured no more, or for another org, is not to be found any more.
  for (const source of sources) {
    const isConfigured = Object.values(vaults).some((vault) => isOf(vault)(source))
    if (!isConfigured) await call('context_forget', { source: source.id })
  }
  if (!settings.auto) return
  for (const [name, vault] of Object.entries(vaults)) {
    if (signal.aborted) return
    if (sources.some(isOf(vault))) continue
    await call('context_ingest', { kind: 'vault', uri: name, org: vault.org, wait_ms: 0 })
  }
}

async function watchFolders(context: ControllerContext): Promise<void> {
  const { clock, call, signal } = context
  for (const kind of ['vault', 'folder', 'spec'] as const) {
    for (const source of await list(context, kind)) {
      if (signal.aborted) return
      let cancel = () => {}
      // What was found is in the index already; this brings the numbers of the source up to date.
      await context.context.follow(toIndexed(context, source), () => {
        cancel()
        cancel = clock.after(quietMs, () => {
          if (signal.aborted) return
          void guarded(context, 'sources', () =>
            call('context_ingest', { source: source.id, wait_ms: 0 }),
          )
        })
      })
    }
  }
}

async function list({ call }: ControllerContext, kind: SourceKind): Promise<ContextSource[]> {
  const sources: ContextSource[] = []
  for (let cursor: string | undefined; ;) {
    const { items, next } = await call<{ items: ContextSource[]; next?: string }>(
      'context_source_list',
      { kind, limit: 200, ...(cursor === undefined ? {} : { cursor }) },
    )
    sources.push(...items)
    if (next === undefined) return sources
    cursor = next
  }
}

/** As the index knows a folder. What a vault leaves out is left out of its context too. */
function toIndexed({ config }: ControllerContext, source: ContextSource) {
  const { id, org, kind, name, uri, ref, trust, retentionDays } = source
  const vault = Object.values(config().file.vaults).find(({ path }) => path === uri)
  const ignore = kind === 'vault' ? (vault?.ignore ?? []) : []
  return { id, org, kind, name, path: uri, ref, trust, retentionDays, ignore }
}

/** Resolves after a while, or when the configuration is read again. */
async function pauseOrConfig({ clock, signal, onConfig }: ControllerContext): Promise<void> {
  const ended = new AbortController()
  const unsubscribe = onConfig(() => ended.abort())
  await pause(clock, everyMs, AbortSignal.any([signal, ended.signal]))
  unsubscribe()
}
