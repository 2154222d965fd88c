import { execFileSync, spawn } from 'node:child_process'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { expect, onTestFinished, test } from 'vitest'
import { makeFolder } from '../helpers/folder.ts'
import { startHub, until } from '../helpers/hub.ts'

type Searched = { items: { path: string }[]; engines: string[]; degraded: string[] }

const documents = [
  { path: 'login.md', text: 'Users sign in with a password and a second factor.' },
  { path: 'invoice.md', text: 'Bills are sent to customers at the end of the month.' },
  { path: 'backup.md', text: 'Every night the database is copied to another city.' },
  { path: 'bread.md', text: 'Bake the bread in a hot oven with flour, butter and salt.' },
]

test('with a real model a question finds what shares no word with it', async () => {
  const venv = makeFolder()
  execFileSync('python3', ['-m', 'venv', venv])
  execFileSync(join(venv, 'bin', 'pip'), ['install', '-q', 'wordllama==0.4.0.post1'])
  const program = join(import.meta.dirname, 'embeddings', 'serve.py')
  const server = spawn(join(venv, 'bin', 'python'), [program], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  onTestFinished(() => void server.kill())
  const [port] = await new Promise<string[]>((resolve) =>
    createInterface({ input: server.stdout }).once('line', (line) => resolve([line])),
  )
  const data = makeFolder('hub')
  writeFileSync(
    join(data, 'switchyard.json'),
    JSON.stringify({ models: { embed: 'openai/wordllama' } }),
  )
  const hub = await startHub(
    { data },
    { OPENAI_BASE_URL: `http://127.0.0.1:${port}/v1`, OPENAI_API_KEY: 'none' },
  )
  await hub.call('context_ingest', { kind: 'text', uri: 'notes', documents })
  const search = (query: string) => hub.call<Searched>('context_search', { query, limit: 2 })
  await until(async () => (await search('cooking')).engines.includes('vectors'))
  for (const [query, path] of [
    ['authentication', 'login.md'],
    ['payment statements', 'invoice.md'],
    ['sql storage', 'backup.md'],
    ['cooking recipes', 'bread.md'],
  ] as const) {
    const { items, degraded } = await search(query)
    expect({ query, found: items[0]?.path, degraded }).toEqual({ query, found: path, degraded: [] })
  }
})
