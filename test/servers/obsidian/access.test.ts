import { existsSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { makeFolder } from '../../helpers/folder.ts'
import { failure, startHub, until } from '../../helpers/hub.ts'
import { writeFiles } from '../../helpers/repo.ts'
import { dataWith, startVault } from '../../helpers/vault.ts'

const files = {
  'Projects/Plan.md': '# Plan\n\n[[Ideas]]\n',
  'Ideas.md': '# Ideas\n',
}

type Read = { etag: string }

test('a vault is read-only until folders are opened: tools are hidden and refuse', async () => {
  const vault = await startVault(files, {})
  const names = (await vault.client.listTools<{ name: string }>()).map(({ name }) => name)
  expect(names).toContain('note_read')
  expect(names).not.toContain('note_patch')
  expect(await failure(vault.call('note_create', { path: 'A', content: '' }))).toMatchObject({
    code: 'denied',
  })
  const file = join(vault.hub.dataDir, 'switchyard.json')
  writeFileSync(
    file,
    JSON.stringify({ vaults: { notes: { path: vault.root, write: ['Projects'] } } }),
  )
  await until(async () =>
    (await vault.client.listTools<{ name: string }>()).some(({ name }) => name === 'note_patch'),
  )
  await vault.call('note_create', { path: 'Projects/A', content: 'x' })
  expect(
    await failure(vault.call('note_create', { path: 'Projects2/A', content: 'x' })),
  ).toMatchObject({ code: 'denied', hint: expect.stringMatching(/Projects/) as string })
  writeFileSync(
    file,
    JSON.stringify({ vaults: { notes: { path: vault.root, write: ['./Projects/', '.'] } } }),
  )
  await until(() =>
    vault.call('note_create', { path: 'Anywhere', content: 'x' }).then(
      () => true,
      () => false, // Until the file is read again.
    ),
  )
  const viewer = await vault.as('eve', 'viewer')
  expect(
    await failure(viewer.call('note_patch', { path: 'Plan', op: 'append', content: 'x' })),
  ).toMatchObject({ code: 'denied' })
})

test('a move that a closed note links to is planned, and refused with the ways out', async () => {
  const linked = { ...files, 'Notes/Old.md': '[[Plan]]', 'Ideas.md': '# Ideas\n[[Old]]\n' }
  const vault = await startVault(linked, { write: ['/Notes'] })
  const move = { from: 'Notes/Old', to: 'Notes/New' }
  expect(await vault.call('note_move', { ...move, dry_run: true })).toMatchObject({
    moves: [{ from: 'Notes/Old.md', to: 'Notes/New.md' }],
    rewrites: [{ path: 'Ideas.md', diff: expect.stringContaining('+[[New]]') as string }],
    closed: ['Ideas.md'],
    moved: false,
  })
  expect(await failure(vault.call('note_move', move))).toMatchObject({
    code: 'denied',
    message: 'Ideas.md links to "Notes/Old" and may not be changed in vault notes',
    hint: expect.stringMatching(/update_links: false.*`write`.*switchyard\.json/) as string,
  })
  expect(vault.read('Notes/Old.md')).toBe('[[Plan]]')
  await vault.call('note_move', { ...move, update_links: false })
  expect(vault.read('Ideas.md')).toBe('# Ideas\n[[Old]]\n')
  expect(await failure(vault.call('note_move', { from: 'Plan', to: 'Notes/' }))).toMatchObject({
    code: 'denied',
    message: 'Projects/Plan.md may not be changed in vault notes',
  })
})

test('vaults of another org do not exist, and one of several has to be named', async () => {
  const [a, b] = [makeFolder(), makeFolder()]
  writeFiles(a, { 'A.md': 'a' })
  const hub = await startHub({
    data: dataWith({ one: { path: a }, two: { path: b, org: 'other' } }),
  })
  const ada = await hub.as('ada', 'developer', ['default'])
  expect(await ada.call('note_read', { path: 'A' })).toMatchObject({ vault: 'one' })
  expect(await failure(ada.call('vault_read', { vault: 'two' }))).toMatchObject({
    code: 'not_found',
  })
  expect(await failure(hub.call('note_read', { path: 'A' }))).toMatchObject({ code: 'ambiguous' })
})

test('what is odd is named, in bounded time, and nothing is changed', async () => {
  const outside = makeFolder()
  writeFiles(outside, { 'secret.md': 'secret' })
  const vault = await startVault({
    'Bad.md': '---\na: [1\nb: "x\n---\ntext\n',
    'Bin.md': 'a\0b',
    'Bomb.md': `---\na: &a [x]\n${Array.from({ length: 9 }, (_u, i) => `b${i}: &b${i} [${'*a,'.repeat(9)}${i > 0 ? `*b${i - 1},`.repeat(9) : ''}1]`).join('\n')}\n---\n`,
  })
  writeFileSync(join(vault.root, 'Big.md'), Buffer.alloc(50 * 1024 * 1024, 'a'))
  symlinkSync(join(outside, 'secret.md'), join(vault.root, 'Link.md'))
  symlinkSync(outside, join(vault.root, 'Folder'))
  expect(await vault.call('note_read', { path: 'Bad' })).toMatchObject({
    text: expect.stringContaining('text') as string,
  })
  expect(await failure(vault.call('note_property', { path: 'Bad', set: { a: 1 } }))).toMatchObject({
    code: 'unsupported',
    message: expect.stringMatching(/YAML/) as string,
  })
  expect(await failure(vault.call('note_property', { path: 'Bomb', set: { z: 1 } }))).toMatchObject(
    { code: 'unsupported' },
  )
  expect(await failure(vault.call('note_read', { path: 'Bin' }))).toMatchObject({
    code: 'unsupported',
  })
  expect(await failure(vault.call('note_read', { path: 'Big' }))).toMatchObject({
    code: 'unsupported',
    message: expect.stringMatching(/52428800/) as string,
  })
  for (const path of ['Link.md', 'Folder/secret.md', '../secret', '.obsidian/app.json']) {
    expect(await failure(vault.call('note_read', { path }))).toMatchObject({ code: 'not_found' })
  }
  for (const path of [
    'Folder/new.md',
    '../new.md',
    '.git/config',
    'a/../../b.md',
    'a\\..\\b.md',
    'C:/x.md',
  ]) {
    expect(await failure(vault.call('note_create', { path, content: 'x' }))).toMatchObject({
      code: 'denied',
    })
  }
  expect(existsSync(join(outside, 'new.md'))).toBe(false)
  const { vault: stats } = await vault.call<{ vault: { problems: { path: string }[] } }>(
    'vault_read',
  )
  expect(stats.problems.map(({ path }) => path).toSorted()).toEqual([
    'Bad.md',
    'Big.md',
    'Bin.md',
    'Bomb.md',
  ])
})

test('what an editor writes is seen at once, and wins', async () => {
  const vault = await startVault(files)
  const { etag } = await vault.call<Read>('note_read', { path: 'Ideas' })
  writeFileSync(join(vault.root, 'Ideas.md'), 'Mine now. [[Fresh]]')
  writeFileSync(join(vault.root, 'Fresh.md'), 'new')
  expect(
    await failure(
      vault.call('note_patch', { path: 'Ideas', op: 'append', content: 'x', if_match: etag }),
    ),
  ).toMatchObject({ code: 'conflict' })
  await until(async () => {
    const { items } = await vault.call<{ items: { path: string }[] }>('note_links', {
      path: 'Ideas',
      direction: 'out',
    })
    return items.some(({ path }) => path === 'Fresh.md')
  })
  expect(vault.read('Ideas.md')).toBe('Mine now. [[Fresh]]')
})
