import type { UpstreamConfig } from '../../../schemas/upstream.ts'
import type { Store } from '../../../servers/kit/store.ts'
import type { Row, Tx } from '../../../servers/kit/tx.ts'
import type { Lists } from '../lists.ts'

type CachedRow = Row & { config: string; lists: string }

/** The lists an upstream gave last under this configuration: served until it is heard again. */
export function readListCache(
  store: Store,
  name: string,
  config: UpstreamConfig,
): Lists | undefined {
  const row = store.get<CachedRow>(
    'SELECT config, lists FROM upstream_lists WHERE upstream = :name',
    { name },
  )
  return row?.config === keyOf(config) ? (JSON.parse(row.lists) as Lists) : undefined // Written below.
}

export async function saveListCache(
  store: Store,
  name: string,
  config: UpstreamConfig,
  lists: Lists,
): Promise<void> {
  const text = JSON.stringify(lists)
  const known = store.get<CachedRow>(
    'SELECT config, lists FROM upstream_lists WHERE upstream = :name',
    { name },
  )
  if (known?.lists === text && known.config === keyOf(config)) return
  const keep = (tx: Tx) =>
    void tx.run(
      `INSERT INTO upstream_lists (upstream, config, lists, read_at) VALUES (:name, :config, :text, :now)
       ON CONFLICT (upstream) DO UPDATE SET config = :config, lists = :text, read_at = :now`,
      { name, config: keyOf(config), text, now: tx.now },
    )
  // Lost to a power failure it is only asked for again.
  await store.write(keep, undefined, true)
}

/** What makes it another server; environment and headers may hold secrets and are left out. */
const keyOf = ({ command, args, cwd, url, type }: UpstreamConfig): string =>
  JSON.stringify([command, args, cwd, url, type])
