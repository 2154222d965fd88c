import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { startEmbedServer } from '../../helpers/embed-server.ts'
import { makeFolder } from '../../helpers/folder.ts'
import { startHub, until } from '../../helpers/hub.ts'
import { ProcessHub } from '../../helpers/process-hub.ts'

type Searched = { items: { path: string }[]; engines: string[]; degraded: string[] }

const documents = [
  { path: 'car.md', text: 'The automobile is in the garage.' },
  { path: 'doctor.md', text: 'A physician sees you at nine.' },
  { path: 'money.md', text: 'We take currency of any kind.' },
  ...Array.from({ length: 60 }, (_unused, index) => ({
    path: `house-${index}.md`,
    text: `Dwelling number ${index} stands empty.`,
  })),
]

const configured = (model: string) => {
  const data = makeFolder('hub')
  writeFileSync(join(data, 'switchyard.json'), JSON.stringify({ models: { embed: model } }))
  return data
}

test.each([
  ['ollama/tiny', (url: string) => ({ OLLAMA_HOST: url })],
  ['openai/tiny', (url: string) => ({ OPENAI_BASE_URL: `${url}/v1`, OPENAI_API_KEY: 'k' })],
])(
  'with %s a question finds what means the same in other words, and without it says so',
  async (model, environment) => {
    const server = await startEmbedServer()
    onTestFinished(() => void server.close())
    const hub = await startHub({ data: configured(model) }, environment(server.url))
    await hub.call('context_ingest', { kind: 'text', uri: 'notes', documents })
    const search = (query: string) => hub.call<Searched>('context_search', { query, limit: 3 })
    await until(async () => (await search('vehicle')).engines.includes('vectors'))
    expect((await search('vehicle')).items[0]?.path).toBe('car.md')
    expect((await search('medic')).items[0]?.path).toBe('doctor.md')
    expect(server.requests.some(({ size }) => size === 32)).toBe(true)
    server.fail(true)
    const reply = await search('vehicle')
    expect(reply).toMatchObject({
      items: [],
      engines: ['fts5'],
      degraded: [expect.stringMatching(/503/) as string],
    })
    expect((await search('automobile')).items[0]?.path).toBe('car.md')
  },
)

test(
  'a change of models is whole or not at all, killed in between or not',
  { timeout: 60_000 },
  async () => {
    const server = await startEmbedServer()
    onTestFinished(() => void server.close())
    const data = configured('ollama/small')
    process.env.OLLAMA_HOST = server.url
    onTestFinished(() => void delete process.env.OLLAMA_HOST)
    const hub = new ProcessHub(data, ['--dispatch', 'off'])
    onTestFinished(() => hub.stop().then(() => undefined))
    await hub.start()
    const many = Array.from({ length: 200 }, (_unused, index) => ({
      path: `more-${index}.md`,
      text: `Cash desk ${index} is closed.`,
    }))
    const search = () =>
      hub.client().call<Searched>('context_search', { query: 'vehicle', limit: 3 })
    await hub.client().call('context_ingest', {
      kind: 'text',
      uri: 'notes',
      documents: [...documents, ...many.slice(0, 130)],
    })
    await until(async () => (await search()).engines.includes('vectors'))
    writeFileSync(
      join(data, 'switchyard.json'),
      JSON.stringify({ models: { embed: 'ollama/large' } }),
    )
    for (let kill = 0; kill < 3; kill++) {
      const added = many.slice(130 + kill * 20, 150 + kill * 20)
      server.allow(kill + 1)
      // Vectors are made after an ingest; the first may come before the hub knows of the other model.
      await until(async () => {
        await hub.client().call('context_ingest', { kind: 'text', uri: 'notes', documents: added })
        return server.held() > 0
      })
      await hub.kill()
      await hub.start()
      // Never an answer of mixed spaces: the dimensions differ, and a mixture would be an error.
      const reply = await search()
      expect(reply.items[0]?.path).toBe('car.md')
      expect(reply.engines).toEqual(['fts5', 'vectors'])
    }
    server.allow(Infinity)
    await hub.client().call('context_ingest', { kind: 'text', uri: 'notes', documents: many })
    const asked = () => server.requests.filter(({ size }) => size === 1).at(-1)?.model
    await until(
      async () => (await search()).items[0]?.path === 'car.md' && asked() === 'large',
      30_000,
    )
    const built = server.requests
      .filter(({ model, size }) => model === 'large' && size > 1)
      .reduce((sum, { size }) => sum + size, 0)
    expect(built).toBeLessThan(2 * (documents.length + many.length))
  },
)
