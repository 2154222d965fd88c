import { mkdirSync, rmdirSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import type { ContextHit } from '../../../schemas/context.ts'
import { git } from '../../../servers/kit/git.ts'
import { makeFolder } from '../../helpers/folder.ts'
import { failure, startHub } from '../../helpers/hub.ts'

test('the data directory is never read: not by name, by link, as a repository, or inside of a folder', async () => {
  const outside = makeFolder('outside')
  const data = join(outside, 'state')
  mkdirSync(data)
  const hub = await startHub({ data })
  symlinkSync(data, join(outside, 'link'))
  const inside = join(data, 'inside')
  await git(['init', '--quiet', inside])
  await git(['init', '--quiet', '--separate-git-dir', join(data, 'git'), join(outside, 'repo')])
  const places = [
    ['folder', data],
    ['folder', join(outside, 'link')],
    ['folder', inside],
    ['repo', inside],
    ['repo', join(outside, 'link', 'inside')],
    ['spec', inside],
    ['repo', join(outside, 'repo')],
  ]
  for (const [kind, uri] of places)
    expect(
      await failure(hub.call('context_ingest', { kind, uri })),
      `${kind} ${uri}`,
    ).toMatchObject({
      code: 'denied',
      message: expect.stringContaining('is in the data directory of this hub') as string,
    })
  writeFileSync(join(outside, 'note.md'), 'A lighthouse.')
  writeFileSync(join(data, 'left.md'), 'A lighthouse.')
  expect(await hub.call('context_ingest', { kind: 'folder', uri: outside })).toMatchObject({
    source: { documents: 1 },
  })
  const { items } = await hub.call<{ items: ContextHit[] }>('context_search', {
    query: 'lighthouse',
  })
  expect(items.map(({ path }) => path)).toEqual(['note.md'])
  const moved = join(makeFolder('moved'), 'notes')
  mkdirSync(moved)
  await hub.call('context_ingest', { kind: 'folder', uri: moved })
  rmdirSync(moved)
  symlinkSync(data, moved)
  expect(await failure(hub.call('context_ingest', { source: moved }))).toMatchObject({
    code: 'denied',
  })
})
