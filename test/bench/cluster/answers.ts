import Database from 'better-sqlite3'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { groupPods } from '../../../servers/cluster/store/pod-groups.ts'
import { listPods } from '../../../servers/cluster/store/pod-list.ts'
import { podsText } from '../../../servers/cluster/texts.ts'
import { tokensOf } from '../../../servers/context/engine/tokens.ts'
import { systemClock } from '../../../servers/kit/clock.ts'
import { Store } from '../../../servers/kit/store.ts'
import { median } from '../load.ts'

const pods = 10_000
const clusters = 4

/** What a model reads of 10,000 pods of a hub, and how long the store takes for it. */
export async function benchAnswers(): Promise<string[]> {
  const folder = mkdtempSync(join(tmpdir(), 'switchyard-answers-'))
  const file = join(folder, 'switchyard.db')
  const store = new Store(file, systemClock.now, systemClock)
  try {
    fill(file)
    const all = { orgs: undefined, ended: false }
    const rows = (limit: number) => () =>
      listPods(store.reader, { ...all, limit, cursor: undefined })
    const whole = JSON.stringify((await rows(pods)()).items)
    return [
      `answers about 10,000 pods on ${clusters} clusters: as JSON they are ${Math.round(tokensOf(whole) / 1000).toLocaleString('en')}k tokens`,
      await line('pod_list by cluster', () => groups(store, 'cluster'), clusters),
      await line('pod_list by org', () => groups(store, 'org')),
      await line('pod_list by node', () => groups(store, 'node')),
      await line('pod_list, a page of 25', rows(25)),
    ]
  } finally {
    await store.close()
    rmSync(folder, { recursive: true, force: true })
  }
}

const groups = async (store: Store, by: 'cluster' | 'org' | 'node') => ({
  items: [],
  groups: await groupPods(store.reader, { by, orgs: undefined, ended: false }),
})

async function line(
  name: string,
  read: () => Promise<Parameters<typeof podsText>[0]>,
  parts = 1,
): Promise<string> {
  const times: number[] = []
  let tokens = 0
  for (let n = 0; n < 9; n++) {
    const startedAt = performance.now()
    const text = podsText(await read())
    times.push(performance.now() - startedAt)
    tokens = tokensOf(text)
  }
  const each = parts === 1 ? '' : ` (${Math.round(tokens / parts)} a cluster; budget 50)`
  return `  ${name.padEnd(24)} ${median(times).toFixed(1).padStart(6)} ms  ${String(tokens).padStart(5)} tokens${each}`
}

function fill(file: string): void {
  const db = new Database(file)
  const pod = db.prepare(
    `INSERT INTO pods (id, org, cluster, node, command, state, isolation, limits, resources, timeout_ms, created_at)
     VALUES (?, ?, ?, ?, '["switchyard-agent"]', ?, 'container', '["time","cpu","memory"]', '{"cpus":1,"memoryMb":1024}', 1, 1)`,
  )
  db.transaction(() => {
    for (let n = 0; n < pods; n++) {
      const cluster = `kube-${n % clusters}`
      const state = n % 9 === 0 ? 'starting' : 'running'
      pod.run(
        `pod-${String(n).padStart(20, '0')}`,
        `org-${n % 20}`,
        cluster,
        `node-${n % 500}`,
        state,
      )
    }
  })()
  db.close()
}
