import { expect, test } from 'vitest'
import { failure } from '../../helpers/hub.ts'
import { textShown } from '../../helpers/raw-mcp.ts'
import { startVault } from '../../helpers/vault.ts'

const plan = `---
title: "Plan: A"   # keep me
tags:
  - work/hub
due: 2026-12-01
related: "[[Ideas]]"
---
# Plan

Some words, [[Ideas|an idea]] and ![[Ideas#Later]]. #todo/now \`#not-a-tag\`

- [ ] write it ^first
- [/] half done
- [x] done

> [!warning]+ Careful
> It bites.

owner:: Ada and [cost:: 12]

## Next

Line one.

## Last
`

const files = {
  'Projects/Plan.md': plan,
  'Ideas.md': '# Ideas\r\n\r\n## Later\r\n\r\nBack to [the plan](Projects/Plan.md#Next).',
  'Projects/Ideas 2.md': '[[Plan]] [[Nowhere]]\n',
}

type Read = { etag: string; text: string; path: string }

test('a note is read whole, by section and block, as a map and as meta', async () => {
  const vault = await startVault(files)
  const read = (args: object) => vault.call<Read>('note_read', { path: 'Plan', ...args })
  expect(await read({})).toMatchObject({ path: 'Projects/Plan.md', text: plan, truncated: false })
  expect((await read({ heading: ['Plan', 'next'] })).text).toBe('## Next\n\nLine one.\n\n')
  const cut = { path: 'Plan', max_chars: 200 }
  expect(await textShown(vault, 'note_read', cut)).toContain(
    `cut from ${plan.length} characters: start 200 reads on]`,
  )
  expect(await read({ ...cut, start: 200 })).toMatchObject({ text: plan.slice(200, 400) })
  expect((await read({ block: '^first' })).text).toBe('- [ ] write it ^first')
  expect(await read({ format: 'map' })).toMatchObject({
    map: {
      tasks: ['12: [ ] write it ^first', '13: [/] half done', '14: [x] done'],
      callouts: ['16: warning Careful'],
      fields: ['19: cost:: 12', '19: owner:: Ada and [cost:: 12]'],
    },
  })
  expect(await read({ format: 'meta' })).toMatchObject({
    meta: {
      tags: ['work/hub', 'todo/now'],
      backlinks: ['Ideas.md', 'Projects/Ideas 2.md'],
      properties: { due: '2026-12-01' },
      links: [
        { path: 'Ideas.md', line: 6 },
        { path: 'Ideas.md' },
        { path: 'Ideas.md', subpath: '#Later', embed: true },
      ],
    },
  })
  expect(await failure(vault.call('note_read', { path: 'Plam' }))).toMatchObject({
    code: 'not_found',
    hint: expect.stringMatching(/Plan\.md/) as string,
  })
  expect(await vault.call('note_links', { path: 'Ideas', depth: 2 })).toMatchObject({
    items: [
      { path: 'Projects/Plan.md', distance: 1 },
      { path: 'Projects/Ideas 2.md', distance: 2, via: 'Projects/Plan.md' },
    ],
  })
  expect(await vault.call('vault_read')).toMatchObject({
    vault: {
      notes: 3,
      links: { total: 6, unresolved: 1, ambiguous: 0 },
      unresolved: [{ target: 'Nowhere' }],
    },
  })
})

test('patches change one place and keep every other byte, line endings too', async () => {
  const vault = await startVault(files)
  await vault.call('note_patch', {
    path: 'Plan',
    op: 'append',
    heading: ['Next'],
    content: 'Line two.',
  })
  expect(vault.read('Projects/Plan.md')).toBe(plan.replace('Line one.\n', 'Line one.\nLine two.\n'))
  await vault.call('note_patch', {
    path: 'Ideas',
    op: 'prepend',
    heading: ['Later'],
    content: 'a\nb',
  })
  expect(vault.read('Ideas.md')).toBe(
    files['Ideas.md'].replace('## Later\r\n', '## Later\r\na\r\nb\r\n'),
  )
  await vault.call('note_patch', { path: 'Ideas', op: 'append', content: 'end' })
  expect(vault.read('Ideas.md')).toMatch(/#Next\)\.\r\nend\r\n$/)
  await vault.call('note_patch', {
    path: 'Plan',
    op: 'append',
    block: 'first',
    content: '  - more',
  })
  expect(vault.read('Projects/Plan.md')).toContain('- [ ] write it ^first\n  - more\n- [/]')
  const { etag } = await vault.call<Read>('note_read', { path: 'Plan' })
  const replace = { path: 'Plan', op: 'replace', heading: ['Last'], content: 'Over.' }
  expect(await failure(vault.call('note_patch', replace))).toMatchObject({ code: 'invalid' })
  const shown = await vault.call<{ diff: string }>('note_patch', {
    ...replace,
    if_match: etag,
    dry_run: true,
  })
  expect(shown.diff).toContain('+Over.')
  await vault.call('note_patch', { ...replace, if_match: etag })
  expect(vault.read('Projects/Plan.md')).toMatch(/## Last\nOver\.$/)
  expect(await failure(vault.call('note_patch', { ...replace, if_match: etag }))).toMatchObject({
    code: 'conflict',
  })
  expect(
    await failure(
      vault.call('note_patch', { path: 'Plan', op: 'append', heading: ['Lost'], content: 'x' }),
    ),
  ).toMatchObject({ code: 'not_found', hint: 'Did you mean "Last"?' })
})

test('properties and boxes are set in place', async () => {
  const vault = await startVault(files)
  await vault.call('note_property', {
    path: 'Plan',
    set: { title: 'B', tags: ['x', 'y'], done: true },
    unset: ['due'],
  })
  expect(vault.read('Projects/Plan.md').split('---')[1]).toBe(
    '\ntitle: B   # keep me\ntags:\n  - x\n  - y\nrelated: "[[Ideas]]"\ndone: true\n',
  )
  await vault.call('note_property', { path: 'Ideas', set: { status: 'new' } })
  expect(vault.read('Ideas.md')).toBe(`---\r\nstatus: new\r\n---\r\n${files['Ideas.md']}`)
  const before = vault.read('Projects/Plan.md')
  await vault.call('note_checkbox', { path: 'Plan', text: 'half', mark: 'x' })
  expect(vault.read('Projects/Plan.md')).toBe(before.replace('[/]', '[x]'))
  expect(
    await failure(vault.call('note_checkbox', { path: 'Plan', text: 'absent', mark: 'x' })),
  ).toMatchObject({ code: 'not_found' })
})

test('notes are made from text, templates and days; one that exists is left alone', async () => {
  const vault = await startVault({
    ...files,
    'T/day.md': '# {{title}}\n{{date:dddd}} {{date}}\n',
    '.obsidian/daily-notes.json': '{"folder":"Log","format":"YYYY/MM-DD","template":"T/day"}',
  })
  await vault.call('note_create', {
    path: 'New/Thing',
    content: 'Hi\n',
    properties: { tags: ['a'] },
  })
  expect(vault.read('New/Thing.md')).toBe('---\ntags:\n  - a\n---\nHi\n')
  expect(await failure(vault.call('note_read', { path: 'daily:2026-11-20' }))).toMatchObject({
    code: 'not_found',
    message: 'vault notes has no daily note Log/2026/11-20.md yet',
    hint: 'note_create with path "daily:2026-11-20" makes it.',
  })
  await vault.call('note_create', { path: 'daily:2026-11-20' })
  expect(vault.read('Log/2026/11-20.md')).toBe('# 11-20\nFriday 2026-11-20\n')
  await vault.call('note_patch', { path: 'daily:2026-11-21', op: 'append', content: 'first' })
  expect(vault.read('Log/2026/11-21.md')).toBe('# 11-21\nSaturday 2026-11-21\nfirst\n')
  await vault.call('note_patch', { path: 'daily:2026-11-20', op: 'append', content: 'more' })
  expect(vault.read('Log/2026/11-20.md')).toMatch(/more\n$/)
  expect(
    await failure(vault.call('note_create', { path: 'New/Thing', content: 'Other' })),
  ).toMatchObject({ code: 'conflict' })
  expect(await failure(vault.call('note_create', { path: 'daily:2026-02-30' }))).toMatchObject({
    code: 'invalid',
  })
})
