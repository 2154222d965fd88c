import { existsSync, mkdirSync, symlinkSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { makeFolder } from '../../helpers/folder.ts'
import { failure, startHub } from '../../helpers/hub.ts'
import { writeFiles } from '../../helpers/repo.ts'

test('the data directory, a folder in it, and a link to it are no vaults', async () => {
  const link = join(makeFolder(), 'link')
  const data = makeFolder('hub')
  mkdirSync(join(data, 'inner'))
  symlinkSync(data, link)
  writeFiles(data, {
    'switchyard.json': JSON.stringify({
      vaults: {
        own: { path: data },
        inner: { path: join(data, 'inner'), write: ['/'] },
        link: { path: link },
      },
    }),
    'inner/A.md': 'secret',
  })
  const hub = await startHub({ data })
  for (const vault of ['own', 'inner', 'link']) {
    expect(await failure(hub.call('note_search', { vault, query: 'secret' }))).toMatchObject({
      code: 'denied',
      message: expect.stringMatching(/data directory/) as string,
    })
    const made = hub.call('note_create', { vault, path: 'New', content: 'x' })
    expect(await failure(made)).toMatchObject({ code: 'denied' })
  }
})

test('a vault around the data directory neither shows nor changes what is in it', async () => {
  const root = makeFolder('vault')
  const data = join(root, 'hub')
  writeFiles(root, {
    'hub/switchyard.json': JSON.stringify({ vaults: { notes: { path: root, write: ['/'] } } }),
    'hub/Secret.md': 'secret',
    'A.md': 'no secret',
  })
  symlinkSync(data, join(root, 'Link'))
  const hub = await startHub({ data })
  expect(await hub.call('note_search', { query: 'secret' })).toMatchObject({
    items: [{ path: 'A.md' }],
    total: 1,
  })
  expect(await failure(hub.call('note_read', { path: 'hub/Secret.md' }))).toMatchObject({
    code: 'not_found',
  })
  for (const path of ['hub/New.md', 'Link/New.md', 'hub/deeper/New.md']) {
    expect(await failure(hub.call('note_create', { path, content: 'x' }))).toMatchObject({
      code: 'denied',
      message: expect.stringMatching(/data directory/) as string,
    })
  }
  expect(existsSync(join(data, 'New.md'))).toBe(false)
})
