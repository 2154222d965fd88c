import { symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { failure } from '../../helpers/hub.ts'
import { makeFolder } from '../../helpers/folder.ts'
import { guestOf } from '../../helpers/guest.ts'
import { redDot } from '../../helpers/pictures.ts'
import { startVault } from '../../helpers/vault.ts'

test('a picture of a vault is read by what a note calls it, and nothing outside is reached', async () => {
  const hub = await startVault({ 'Plans/a.md': 'x', '.obsidian/app.json': '{}' })
  const outside = makeFolder('outside')
  writeFileSync(join(outside, 'secret.png'), redDot)
  writeFileSync(join(hub.root, 'dot.png'), redDot)
  writeFileSync(join(hub.root, 'text.png'), 'no picture')
  writeFileSync(join(hub.root, 'huge.png'), Buffer.alloc(6_000_000))
  writeFileSync(join(hub.root, '.obsidian', 'hidden.png'), redDot)
  symlinkSync(join(outside, 'secret.png'), join(hub.root, 'link.png'))
  symlinkSync(outside, join(hub.root, 'folder'))
  const read = (path: string, note = 'Plans/a.md') => hub.call('note_picture', { path, note })
  const data = redDot.toString('base64')
  expect(await read('dot.png')).toEqual({
    ...{ vault: 'notes', path: 'dot.png', mediaType: 'image/png', sizeBytes: redDot.length, data },
  })
  expect(await read('../dot.png')).toMatchObject({ path: 'dot.png' })
  expect(await failure(read('text.png'))).toMatchObject({ code: 'unsupported' })
  expect(await failure(read('huge.png'))).toMatchObject({ code: 'exhausted' })
  for (const path of [
    '../../etc/passwd',
    '/etc/passwd',
    join(outside, 'secret.png'),
    `../../${outside}/secret.png`,
    'link.png',
    'folder/secret.png',
    '.obsidian/hidden.png',
    'dot.png\0.md',
    'gone.png',
  ])
    expect((await failure(read(path))).code, path).toMatch(/^(not_found|denied)$/)
  const guest = await guestOf(hub)
  expect(await failure(guest.call('note_picture', { path: 'dot.png' }))).toMatchObject({
    code: 'denied',
  })
})

test('a browser gets a picture by its own content and cannot be made to run it', async () => {
  const hub = await startVault({ 'a.md': 'x' })
  writeFileSync(join(hub.root, 'dot.gif'), redDot)
  const headers = { authorization: `Bearer ${hub.token}` }
  const get = (path: string, init: RequestInit = { headers }) =>
    fetch(`${hub.url}/pictures/note?${new URLSearchParams({ vault: 'notes', path })}`, init)
  const shown = await get('dot.gif')
  expect([shown.status, shown.headers.get('content-type')]).toEqual([200, 'image/png'])
  expect(Object.fromEntries(shown.headers)).toMatchObject({
    'content-disposition': 'inline',
    'content-security-policy': "default-src 'none'; sandbox",
    'x-content-type-options': 'nosniff',
  })
  expect(Buffer.from(await shown.arrayBuffer())).toEqual(redDot)
  expect((await get('dot.gif', {})).status).toBe(401)
  expect((await get('../../etc/passwd')).status).toBe(404)
  expect((await fetch(`${hub.url}/pictures/note?unknown=1`, { headers })).status).toBe(400)
})
