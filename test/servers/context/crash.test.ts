import { expect, onTestFinished, test } from 'vitest'
import type { ContextSource } from '../../../schemas/context.ts'
import { until } from '../../helpers/hub.ts'
import { makeFolder } from '../../helpers/folder.ts'
import { ProcessHub } from '../../helpers/process-hub.ts'
import { makeRepo } from '../../helpers/repo.ts'

test(
  'an ingest that is killed leaves whole documents, and the next one goes on',
  { timeout: 60_000 },
  async () => {
    const words = Array.from({ length: 900 }, (_unused, index) => [
      `doc${index}.md`,
      `# Document ${index}\n\nUnique${index}word stands here. ${'More words follow. '.repeat(120)}\n\n## End\n\nUnique${index}end closes it.\n`,
    ])
    const repo = await makeRepo(Object.fromEntries(words) as Record<string, string>)
    const hub = new ProcessHub(makeFolder('hub'), ['--dispatch', 'off'])
    onTestFinished(() => hub.stop().then(() => undefined))
    await hub.start()
    const ingest = () =>
      hub.client().call<{ source: ContextSource; added: number }>('context_ingest', {
        kind: 'repo',
        uri: repo,
        wait_ms: 50_000,
      })
    const found = async (query: string) =>
      (
        await hub.client().call<{ items: { path: string }[] }>('context_search', { query })
      ).items.map(({ path }) => path)
    for (let kill = 0; kill < 3; kill++) {
      ingest().catch(() => undefined) // Cut off by the kill.
      await until(async () => (await found(`Unique${kill * 100}word`)).length > 0)
      await hub.kill()
      await hub.start()
    }
    const { source, added } = await ingest()
    expect(source).toMatchObject({ documents: 900, state: 'ready' })
    expect(added).toBeLessThan(900)
    expect(source.chunks).toBeGreaterThanOrEqual(1800)
    for (const index of [0, 450, 899]) {
      expect((await found(`Unique${index}end`))[0]).toBe(`doc${index}.md`)
    }
  },
)
