import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { basename, join, resolve } from 'node:path'
import { HubClient } from '../../agent/hub-client.ts'
import { Hub } from '../../hub/hub.ts'
import { makeLogger } from '../../hub/log.ts'
import { readSettings } from '../../schemas/config.ts'

// `npm run bench:vault -- [FOLDER…]` measures the tools of a vault through a hub in this process: how
// long a call takes, what it costs in CPU on all threads, and for how long the event loop stood still meanwhile.
// Without a folder a vault is made.
const rounds = 25
const madeNotes = 6500
/** In its first seconds a hub loads what its first calls may need; that is not what is measured. */
const startMs = 4000

const cases: [string, string, Record<string, unknown>][] = [
  ['a rare word', 'note_search', { query: 'zettelkasten' }],
  ['a common word', 'note_search', { query: 'the' }],
  ['words and not', 'note_search', { query: 'plugin note -theme' }],
  ['a phrase', 'note_search', { query: '"the plugin"' }],
  ['match-case:', 'note_search', { query: 'match-case:Obsidian' }],
  ['line:', 'note_search', { query: 'line:(the plugin)' }],
  ['block:', 'note_search', { query: 'block:(note the)' }],
  ['section:', 'note_search', { query: 'section:(note plugin)' }],
  ['task-todo:', 'note_search', { query: 'task-todo:""' }],
  ['tag: and path:', 'note_search', { query: 'tag:#plugin path:e' }],
  ['[property:value]', 'note_search', { query: '[aliases:a]' }],
  ['/regex/', 'note_search', { query: '/plugins? (for|of)/' }],
  ['/a|b/', 'note_search', { query: '/plugin|theme/' }],
  ['/regex without words/', 'note_search', { query: '/\\d{4}-\\d{2}-\\d{2}/' }],
  ['mode name', 'note_search', { query: 'plug', mode: 'name' }],
  ['vault_read', 'vault_read', {}],
  ['note_links', 'note_links', { path: '', depth: 2 }],
  ['note_read, map', 'note_read', { path: '', format: 'map' }],
]

const given = process.argv.slice(2).map((folder) => resolve(folder))
const made = given.length > 0 ? undefined : makeVault()
try {
  for (const folder of made === undefined ? given : [made]) await measure(folder)
} finally {
  if (made !== undefined) rmSync(made, { recursive: true, force: true })
}
process.exit(0)

async function measure(root: string): Promise<void> {
  const data = mkdtempSync(join(tmpdir(), 'switchyard-vault-bench-'))
  writeFileSync(
    join(data, 'switchyard.json'),
    JSON.stringify({ vaults: { notes: { path: root } }, context: { auto: false } }),
  )
  const settings = readSettings({}, { port: 0, data, logLevel: 'silent', dispatch: 'off' })
  const hub = new Hub(settings, makeLogger('silent', true), {})
  const url = await hub.start()
  const client = new HubClient({ url, token: readFileSync(join(data, 'token'), 'utf8').trim() })
  const turns = watchTurns()
  const before = process.memoryUsage().rss
  await client.call('whoami', {})
  await new Promise((resolve) => setTimeout(resolve, startMs))
  turns.reset()
  let startedAt = performance.now()
  let cpu = process.cpuUsage()
  const { vault } = await client.call<{ vault: { notes: number; links: { total: number } } }>(
    'vault_read',
    {},
  )
  const { notes, links } = vault
  console.log(`${basename(root)}: ${notes} notes, ${links.total} links`)
  row('first vault_read', [performance.now() - startedAt], cpu, turns)
  const { items } = await client.call<{ items: { path: string }[] }>('note_search', {
    query: 'the',
    limit: 1,
  })
  for (const [name, tool, args] of cases) {
    const asked = args.path === '' ? { ...args, path: items[0]?.path } : args
    const times: number[] = []
    turns.reset()
    cpu = process.cpuUsage()
    for (let round = 0; round < rounds; round++) {
      startedAt = performance.now()
      await client.call(tool, asked)
      times.push(performance.now() - startedAt)
    }
    row(name, times, cpu, turns)
  }
  const grown = (process.memoryUsage().rss - before) / 1024 / 1024
  console.log(`resident memory grew by ${grown.toFixed(0)} MiB\n`)
  await hub.stop()
  rmSync(data, { recursive: true, force: true })
}

function row(name: string, times: number[], from: NodeJS.CpuUsage, { longest }: Turns): void {
  const { user, system } = process.cpuUsage(from)
  const cpu = `CPU ${((user + system) / 1000 / times.length).toFixed(1).padStart(7)} ms`
  const sorted = times.toSorted((a, b) => a - b)
  const at = (share: number) =>
    (sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? 0).toFixed(1)
  const held = `held up ${longest.ms.toFixed(1).padStart(6)} ms, of it CPU ${longest.cpuMs.toFixed(1)}`
  console.log(
    `${name.padEnd(24)} p50 ${at(0.5).padStart(8)} ms  p95 ${at(0.95).padStart(8)} ms  ${cpu}  ${held}`,
  )
}

type Turns = { longest: { ms: number; cpuMs: number }; reset(): void }

/** The longest turns of this thread: by the clock, which other programs lengthen, and by its own CPU. */
function watchTurns(): Turns {
  const turns: Turns = {
    longest: { ms: 0, cpuMs: 0 },
    reset: () => (turns.longest = { ms: 0, cpuMs: 0 }),
  }
  let at = performance.now()
  let cpu = process.threadCpuUsage()
  setInterval(() => {
    const now = performance.now()
    const { user, system } = process.threadCpuUsage(cpu)
    const { longest } = turns
    longest.ms = Math.max(longest.ms, now - at - 1)
    longest.cpuMs = Math.max(longest.cpuMs, (user + system) / 1000)
    at = now
    cpu = process.threadCpuUsage()
  }, 1).unref()
  return turns
}

/** A vault of its own making: the same words, links, tasks and properties in every run. */
function makeVault(): string {
  const root = mkdtempSync(join(tmpdir(), 'switchyard-vault-'))
  const words =
    'the note plugin theme obsidian of for with zettel graph link daily vault canvas tag idea'.split(
      ' ',
    )
  let seed = 7
  const next = (below: number) => {
    seed = (seed * 1_103_515_245 + 12_345) % 2_147_483_648
    return seed % below
  }
  const line = () => Array.from({ length: 12 }, () => words[next(words.length)]).join(' ')
  for (let number = 0; number < madeNotes; number++) {
    const folder = join(root, `Folder ${number % 60}`)
    if (!existsSync(folder)) mkdirSync(folder)
    const body = Array.from({ length: 4 }, (_unused, part) =>
      [`## Part ${part}`, line(), `[[Note ${next(madeNotes)}]] ${line()}`, `- [ ] ${line()}`].join(
        '\n\n',
      ),
    ).join('\n\n')
    const front = `---\naliases: [A${number}]\nrating: ${next(10)}\n---\n`
    writeFileSync(
      join(folder, `Note ${number}.md`),
      `${front}# Note ${number}\n\n2026-01-${10 + next(18)} #plugin\n\n${body}\n`,
    )
  }
  return root
}
