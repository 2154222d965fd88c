import type { UpstreamConfig } from '../../../schemas/upstream.ts'
import type { Reader, Row, Writer } from '../../../servers/kit/sql.ts'
import type { Lists } from '../lists.ts'

type CachedRow = Row & { config: string; lists: string }

/** The lists an upstream gave last under this configuration: served until it is heard again. */
export async function readListCache(
  reader: Reader,
  name: string,
  config: UpstreamConfig,
): Promise<Lists | undefined> {
  const row = await readRow(reader, name)
  return row?.config === keyOf(config) ? (JSON.parse(row.lists) as Lists) : undefined // Written below.
}

/** Keeps the lists an upstream gave. Lost to a power failure they are only asked for again. */
export async function saveListCache(
  store: Writer & { reader: Reader },
  name: string,
  config: UpstreamConfig,
  lists: Lists,
): Promise<void> {
  const text = JSON.stringify(lists)
  const cached = await readRow(store.reader, name)
  if (cached?.lists === text && cached.config === keyOf(config)) return
  await store.transaction((tx) =>
    tx.run(
      `INSERT INTO upstream_lists (upstream, config, lists, read_at) VALUES (:name, :config, :text, :now)
       ON CONFLICT (upstream) DO UPDATE SET config = :config, lists = :text, read_at = :now`,
      { name, config: keyOf(config), text, now: tx.now },
    ),
  )
}

const readRow = (reader: Reader, name: string): Promise<CachedRow | undefined> =>
  reader.get<CachedRow>('SELECT config, lists FROM upstream_lists WHERE upstream = :name', { name })

/** What makes it another server; environment and headers may hold secrets and are left out. */
const keyOf = ({ command, args, cwd, url, type }: UpstreamConfig): string =>
  JSON.stringify([command, args, cwd, url, type])
