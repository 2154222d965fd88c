import type { ContextSource } from '../../schemas/context.ts'
import { sourcesOfKinds } from '../../servers/context/store/sources.ts'
import { toIndexed } from '../../servers/context/visible-sources.ts'
import type { ControllerContext } from './context.ts'
import { guarded } from './context.ts'
import { pause } from './follow.ts'

const firstLookMs = 1000
const everyMs = 60_000
const retentionMs = 3_600_000

/**
 * Keeps places up to date that change without an event of ours: configured vaults are taken in and
 * watched, with every folder that was; documents past their retention are forgotten.
 */
export async function sources(context: ControllerContext): Promise<void> {
  const { hub, signal } = context
  let nextRetentionAt = 0
  await pause(firstLookMs, signal) // The first callers come first.
  while (!signal.aborted) {
    await guarded(hub, 'sources', () => forgetVaults(context))
    await guarded(hub, 'sources', () => takeInVaults(context))
    await guarded(hub, 'sources', () => watchFolders(context))
    if (hub.now() >= nextRetentionAt) {
      nextRetentionAt = hub.now() + retentionMs
      await guarded(hub, 'sources', () => context.call('context_expire', {}))
    }
    await Promise.race([pause(everyMs, signal), configChanged(context)])
  }
}

/** A vault that is configured no more, or for another org, is not to be found any more. */
async function forgetVaults({ hub, call }: ControllerContext): Promise<void> {
  const vaults = Object.values(hub.config().file.vaults)
  const rows = await sourcesOfKinds(hub.store.reader, ['vault'])
  for (const { id, uri, org } of rows) {
    const isKnown = vaults.some((vault) => vault.path === uri && vault.org === org)
    if (!isKnown) await call('context_forget', { source: id })
  }
}

async function takeInVaults({ hub, call, signal }: ControllerContext): Promise<void> {
  if (!hub.config().file.context.auto) return
  const rows = await sourcesOfKinds(hub.store.reader, ['vault'])
  for (const [name, { path, org }] of Object.entries(hub.config().file.vaults)) {
    if (signal.aborted) return
    const isKnown = rows.some((row) => row.uri === path && row.org === org)
    if (!isKnown) await call('context_ingest', { kind: 'vault', uri: name, org, wait_ms: 0 })
  }
}

async function watchFolders(context: ControllerContext): Promise<void> {
  const { hub, call, signal } = context
  const rows = await sourcesOfKinds(hub.store.reader, ['vault', 'folder', 'spec'])
  for (const row of rows) {
    if (signal.aborted) return
    let pending: NodeJS.Timeout | undefined
    // What was found is in the index already; this brings the numbers of the source up to date.
    const source = toIndexed({ config: hub.config() }, row)
    await hub.context.follow(source, () => {
      clearTimeout(pending)
      pending = setTimeout(() => {
        if (signal.aborted) return
        void guarded(hub, 'sources', () =>
          call<{ source: ContextSource }>('context_ingest', { source: row.id, wait_ms: 0 }),
        )
      }, 2000).unref()
    })
  }
}

/** Resolves when the configuration is read again. */
function configChanged({ hub, signal }: ControllerContext): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) return resolve()
    const before = hub.config()
    const unsubscribe = hub.notices.subscribe(() => {
      if (hub.config() !== before) end()
    })
    const end = () => {
      unsubscribe()
      signal.removeEventListener('abort', end)
      resolve()
    }
    signal.addEventListener('abort', end, { once: true })
  })
}
