import { existsSync, readFileSync, readdirSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import { scanLinks } from '../../../servers/obsidian/link-scan.ts'
import { Names } from '../../../servers/obsidian/resolve.ts'
import { scanMarkdown } from '../../../servers/kit/markdown/scan.ts'
import { failure, startHub } from '../../helpers/hub.ts'
import { startVault } from '../../helpers/vault.ts'

test.each([
  ['Note', 'A/x.md', 'found', 'Note.md'],
  ['note', 'A/x.md', 'found', 'Note.md'],
  ['Same', 'A/x.md', 'ambiguous', 'A/Same.md'],
  ['Same', 'C/x.md', 'ambiguous', 'A/Same.md'],
  ['B/Same', 'A/x.md', 'found', 'B/Same.md'],
  ['./Same', 'B/x.md', 'found', 'B/Same.md'],
  ['../A/Same', 'B/x.md', 'found', 'A/Same.md'],
  ['Deep/Only', 'x.md', 'found', 'A/Deep/Only.md'],
  ['pic.png', 'x.md', 'found', 'A/pic.png'],
  ['v1.2', 'x.md', 'found', 'v1.2.md'],
  ['/Note', 'A/x.md', 'found', 'Note.md'],
  ['cafe\u0301', 'x.md', 'found', 'caf\u00e9.md'],
  ['Missing', 'x.md', 'missing', undefined],
  ['', 'A/x.md', 'found', 'A/x.md'],
])('the link %j in %s is %s: %s', (target, source, state, path) => {
  const names = new Names([
    'Note.md',
    'A/Same.md',
    'B/Same.md',
    'A/Deep/Only.md',
    'A/pic.png',
    'v1.2.md',
    'caf\u00e9.md',
  ])
  expect(names.resolve(target, source)).toMatchObject({
    state,
    ...(path === undefined ? {} : { path }),
  })
})

const files = {
  'A/Old.md': '# Old\n[self](Old.md#Old) [[Other]] ![[pic.png|100]]\n',
  'A/Other.md': '[[Old]]',
  'B/In.md':
    '---\nup: "[[Old#Old|o]]"\nlist:\n  - "[[A/Old]]"\n---\n![[Old#^x]] [t](../A/Old.md) [s](<../A/Old.md>) `[[Old]]`\n\n| a |\n|---|\n| [[Old\\|x]] |\n\n```\n[[Old]]\n```\n',
  'A/pic.png': 'png',
  'Map.canvas':
    '{"nodes":[{"id":"1","type":"file","file":"A/Old.md","keep":1},{"id":"2","type":"text","text":"see [[Old]] \\"q\\""}],\n  "edges":[]}',
  'Q.base': 'filters: file.hasLink("A/Old.md") || file.inFolder("A")\nviews: []\n',
}

test('a rename updates every reference in its own form, and nothing else', async () => {
  const vault = await startVault(files)
  const planned = await vault.call<{ links: number; rewrites: { path: string; diff: string }[] }>(
    'note_move',
    { from: 'Old', to: 'C/New name', dry_run: true },
  )
  expect(planned).toMatchObject({
    moved: false,
    rewrites: [
      { path: 'A/Old.md' },
      { path: 'A/Other.md' },
      { path: 'B/In.md', diff: expect.stringContaining('+up: "[[New name#Old|o]]"') as string },
      { path: 'Map.canvas' },
      { path: 'Q.base' },
    ],
  })
  const diff = planned.rewrites[2]?.diff.split('\n') ?? []
  expect(diff.filter((line) => line.startsWith('+!'))).toEqual([
    '+![[New name#^x]] [t](../C/New%20name.md) [s](<../C/New%20name.md>) `[[Old]]`',
  ])
  expect(vault.read('A/Old.md')).toBe(files['A/Old.md'])
  await vault.call('note_move', { from: 'Old', to: 'C/New name' })
  expect(existsSync(join(vault.root, 'A/Old.md'))).toBe(false)
  expect(vault.read('C/New name.md')).toBe(
    '# Old\n[self](New%20name.md#Old) [[Other]] ![[pic.png|100]]\n',
  )
  expect(vault.read('A/Other.md')).toBe('[[New name]]')
  expect(vault.read('B/In.md')).toBe(
    '---\nup: "[[New name#Old|o]]"\nlist:\n  - "[[C/New name]]"\n---\n![[New name#^x]] [t](../C/New%20name.md) [s](<../C/New%20name.md>) `[[Old]]`\n\n| a |\n|---|\n| [[New name\\|x]] |\n\n```\n[[Old]]\n```\n',
  )
  expect(vault.read('Map.canvas')).toBe(
    '{"nodes":[{"id":"1","type":"file","file":"C/New name.md","keep":1},{"id":"2","type":"text","text":"see [[New name]] \\"q\\""}],\n  "edges":[]}',
  )
  expect(vault.read('Q.base')).toBe(
    'filters: file.hasLink("C/New name.md") || file.inFolder("A")\nviews: []\n',
  )
  expect(await vault.call('vault_read')).toMatchObject({ vault: { links: { unresolved: 0 } } })
})

test('a folder moves as a whole; a name that is taken moves nothing', async () => {
  const vault = await startVault(files)
  expect(await failure(vault.call('note_move', { from: 'A/Old', to: 'A/Other' }))).toMatchObject({
    code: 'conflict',
  })
  expect(await failure(vault.call('note_move', { from: 'A', to: 'A/B' }))).toMatchObject({
    code: 'invalid',
  })
  expect(await vault.call('note_move', { from: 'A', to: 'Z/' })).toMatchObject({
    moved: true,
    moves: [{ to: 'Z/A/Old.md' }, { to: 'Z/A/Other.md' }, { to: 'Z/A/pic.png' }],
  })
  expect(vault.read('B/In.md')).toContain('[t](../Z/A/Old.md)')
  expect(vault.read('Q.base')).toContain('file.hasLink("Z/A/Old.md") || file.inFolder("Z/A")')
  expect(await vault.call('vault_read')).toMatchObject({ vault: { links: { unresolved: 0 } } })
})

test('a move that cannot be finished is undone, and one that a kill cut off is undone at the next write', async () => {
  const vault = await startVault(files)
  // The new folder's name is taken by a link that leads out: known only when the file is moved.
  symlinkSync('/nonexistent', join(vault.root, 'C'))
  expect(await failure(vault.call('note_move', { from: 'Old', to: 'C/New' }))).toMatchObject({
    code: 'denied',
  })
  for (const [path, text] of Object.entries(files)) expect(vault.read(path)).toBe(text)
  const journal = {
    root: vault.root,
    moves: [['A/Old.md', 'D/New.md']],
    rewrites: [
      { path: 'A/Other.md', before: '[[Old]]', after: '[[New]]' },
      { path: 'B/In.md', before: files['B/In.md'], after: 'x' },
    ],
  }
  const data = vault.hub.dataDir
  const { mkdirSync } = await import('node:fs')
  mkdirSync(join(data, 'vault-journal'), { recursive: true })
  writeFileSync(join(data, 'vault-journal/1.json'), JSON.stringify(journal))
  writeFileSync(join(vault.root, 'A/Other.md'), '[[New]]')
  mkdirSync(join(vault.root, 'D'))
  writeFileSync(join(vault.root, 'D/New.md'), readFileSync(join(vault.root, 'A/Old.md')))
  writeFileSync(join(vault.root, 'B/In.md'), 'edited by hand meanwhile')
  const { rmSync } = await import('node:fs')
  rmSync(join(vault.root, 'A/Old.md'))
  // The same words in a file of somebody else, under the name that a move had not reached.
  const untouched = { root: vault.root, moves: [['Q.base', 'Copy.base']], rewrites: [] }
  writeFileSync(join(data, 'vault-journal/2.json'), JSON.stringify(untouched))
  writeFileSync(join(vault.root, 'Copy.base'), files['Q.base'])
  await vault.hub.stop()
  const again = await startHub({ data })
  await again.call('note_create', { path: 'Fresh', content: 'x' })
  expect(vault.read('A/Old.md')).toBe(files['A/Old.md'])
  expect(vault.read('Copy.base')).toBe(files['Q.base'])
  expect(vault.read('A/Other.md')).toBe('[[Old]]')
  expect(vault.read('B/In.md')).toBe('edited by hand meanwhile')
  expect([
    existsSync(join(vault.root, 'D/New.md')),
    readdirSync(join(data, 'vault-journal')),
  ]).toEqual([false, []])
})

test("deleting goes to the vault's trash and says what still links there", async () => {
  const vault = await startVault({ ...files, '.obsidian/app.json': '{"trashOption":"local"}' })
  const { etag } = await vault.call<{ etag: string }>('note_read', { path: 'Old' })
  expect(
    await failure(vault.call('note_delete', { path: 'Old', if_match: 'x'.repeat(64) })),
  ).toMatchObject({ code: 'conflict' })
  expect(await vault.call('note_delete', { path: 'Old', if_match: etag })).toEqual({
    path: 'A/Old.md',
    trash: '.trash/A/Old.md',
    backlinks: ['A/Other.md', 'B/In.md'],
  })
  expect(vault.read('.trash/A/Old.md')).toBe(files['A/Old.md'])
  writeFileSync(join(vault.root, '.obsidian/app.json'), '{"trashOption":"none"}')
  const other = await vault.call<{ etag: string }>('note_read', { path: 'Other' })
  expect(
    await failure(vault.call('note_delete', { path: 'Other', if_match: other.etag })),
  ).toMatchObject({ code: 'denied' })
})

const folder = fc.constantFrom('', 'a/', 'b/', 'a/c/')
const base = fc.constantFrom('One', 'Two', 'Three', 'Four (4)', 'Fünf 5')
const path = fc.tuple(folder, base).map(([where, name]) => `${where}${name}.md`)
const link = fc.tuple(
  path,
  fc.constantFrom('name', 'path', 'markdown', 'embed', 'front', 'relative'),
  fc.constantFrom('', '#H', '#^b'),
)

test('after any move every link leads where it led before', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.uniqueArray(path, { minLength: 3, maxLength: 9 }),
      fc.array(fc.tuple(fc.nat(), link), { maxLength: 25 }),
      fc.nat(),
      path,
      async (paths, links, which, to) => {
        const from = paths[which % paths.length] ?? ''
        fc.pre(
          !paths.includes(to) && !paths.some((other) => other.toLowerCase() === to.toLowerCase()),
        )
        const texts = new Map(
          paths.map((name) => [name, { front: [] as string[], body: [] as string[] }]),
        )
        for (const [at, [target, form, sub]] of links) {
          const source = paths[at % paths.length] ?? ''
          texts
            .get(source)
            ?.[form === 'front' ? 'front' : 'body'].push(written(target, form, sub, source))
        }
        const content = Object.fromEntries(
          [...texts].map(([name, { front, body }]) => [
            name,
            `---\nx: [${front.map((text) => `"${text}"`).join(', ')}]\n---\n${body.join(' and ')}\n`,
          ]),
        )
        const vault = await startVault(content)
        const meant = (names: Names, name: string, text: string) =>
          scanLinks(scanMarkdown(text)).map(({ target, subpath, display }) => ({
            to: names.resolve(target, name),
            subpath,
            display,
          }))
        const before = new Names(paths)
        await vault.call('note_move', { from, to })
        const moved = (name: string) => (name === from ? to : name)
        const after = new Names(paths.map(moved))
        for (const name of paths) {
          const was = meant(before, name, content[name] ?? '')
          const is = meant(after, moved(name), vault.read(moved(name)))
          expect(is.map(({ subpath, display }) => [subpath, display])).toEqual(
            was.map(({ subpath, display }) => [subpath, display]),
          )
          was.forEach(({ to: target }, index) => {
            if (target.state === 'missing') return
            const found = is[index]?.to
            expect(found?.state === 'missing' ? 'missing' : found?.path).toBe(moved(target.path))
          })
        }
        await vault.hub.stop()
      },
    ),
    { numRuns: 60 },
  )
})

function written(target: string, form: string, sub: string, source: string): string {
  const bare = target.replace(/\.md$/, '')
  if (form === 'name') return `[[${bare.split('/').at(-1)}${sub}]]`
  if (form === 'path') return `[[${bare}${sub}|shown]]`
  if (form === 'embed') return `![[${bare.split('/').at(-1)}${sub}]]`
  if (form === 'front') return `[[${bare}${sub}]]`
  const up = '../'.repeat(source.split('/').length - 1)
  const way = `${form === 'relative' && up === '' ? './' : up}${target}`
  return `[text](${way.replace(/[ ()]/g, (character) => `%${character.charCodeAt(0).toString(16).toUpperCase()}`)}${sub})`
}
