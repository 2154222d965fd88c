import { expect, test } from 'vitest'
import { scanNote } from '../../../servers/obsidian/note-scan.ts'
import { startVault } from '../../helpers/vault.ts'

/** What a note holds, in short: the targets of its links, its headings, its tasks. */
function read(text: string) {
  const note = scanNote(text)
  return {
    links: note.links.map(({ target, subpath, embed }) => (embed ? '!' : '') + target + subpath),
    headings: note.scan.headings.map((heading) => heading.text),
    tasks: note.tasks.map((task) => task.text),
    tags: note.tags,
  }
}

const nothing = { links: [], headings: [], tasks: [], tags: [] }

test.each([
  [
    'mathematics is no code, whatever its lines begin with',
    '$$\n\\begin{cases}\n\t~~~0 &x \\\\\n# no\n- [ ] no [[no]]\n\n\\end{cases}\n$$\n# H\n- [ ] t #tag [[A]]\n',
    { links: ['A'], headings: ['H'], tasks: ['t #tag [[A]]'], tags: ['tag'] },
  ],
  [
    'mathematics may begin behind words, and words may follow it',
    'thus $$\n- a [[no]]\n```\n$$ as in [[A]]\n\n# H\n',
    { links: ['A'], headings: ['H'] },
  ],
  [
    'a mark of mathematics that is not closed hides nothing',
    '$$\n[[A]]\n\n# H\n',
    { links: ['A'], headings: ['H'] },
  ],
  [
    'mathematics ends with its quote or its item at the latest',
    '> $$\n> x\n\n[[A]]\n\n- $$\n  y\n\n# H\n\n[[B]] $$\n',
    { links: ['A', 'B'], headings: ['H'] },
  ],
  [
    'mathematics in a line holds no links, and prices are none',
    '$x_{[[no]]}$ and $$[[no]]$$, from $5 [[A]] to $6 [[B]]\n',
    { links: ['A', 'B'] },
  ],
  [
    'four columns are code, and no fence begins there',
    'a\n\n    ```\n    [[no]]\n\n\t~~~\n\n[[A]]\n',
    { links: ['A'] },
  ],
  ['four columns in a paragraph are its next line', 'a\n    [[A]]\n', { links: ['A'] }],
  [
    'what is indented in a list item belongs to it',
    '1.  a\n\n    [[A]]\n\n        [[no]]\n\n    - [ ] t\n',
    { links: ['A'], tasks: ['t'] },
  ],
  [
    'a fence in an item or a quote ends with it',
    '- ```\n  [[no]]\n\n# H\n\n> ~~~\n> [[no]]\n\n[[A]]\n',
    { links: ['A'], headings: ['H'] },
  ],
  [
    'a shorter or another fence ends none',
    '````\n```\n[[no]]\n~~~\n````\n[[A]]\n',
    { links: ['A'] },
  ],
  [
    'a code span goes on over lines, and not into the next paragraph',
    'a `b\n[[no]]` c\n\nd ` e\n\n[[A]] `\n',
    { links: ['A'] },
  ],
  ['of two marks the first decides', '[[A`]] b `[[no]]`\n', { links: ['A`'] }],
  [
    'cells of a table end what begins in them',
    '| a | b |\n|---|---|\n| ` | [[A\\|x]] ` |\n| [[B|y]] | $z |\n',
    { links: ['A', 'B'] },
  ],
  [
    'an escaped bracket or sharp begins nothing',
    '\\[[no]] [\\[no]] \\#no [a\\]b](A.md)\n',
    { links: ['A.md'] },
  ],
  [
    'blocks of HTML hold no Markdown, and a blank line ends them',
    '<div>\n[[no]] #no\n# no\n\n[[A]]\n</div>\n\n<!--\n[[no]]\n\n# no\n-->\n[[B]]\n',
    { links: ['A', 'B'] },
  ],
  [
    'tags of HTML in a line are no text',
    '<b style="color:#no">[[A]]</b> <!-- [[no]] -->\n',
    { links: ['A'] },
  ],
  [
    'a link may hold an image, and go on over lines',
    '[![x](pic.png)](A.md) [b\nc](<D e.md> "t") [f](G.md (t))\n',
    { links: ['A.md', '!pic.png', 'D e.md', 'G.md'] },
  ],
  [
    'a definition names a file; a footnote is none',
    '[a][r] [^1]\n\n[r]: A%20b.md#C "t"\n[s]: <D e.md>\n[u]: https://x.y\n\n[^1]: see [[F]]\n\n    and [[G]]\n',
    { links: ['A b.md#C', 'D e.md', 'F', 'G'] },
  ],
  [
    'headings of quotes and lists are not in the outline',
    '# A\n> # no\n\n- # no\n\n  ## no\n\nB\n===\n',
    { headings: ['A', 'B'] },
  ],
  [
    'a whole paragraph may be a heading, and a definition is none',
    'a\nb\n---\n\n[r]: A.md\n---\n',
    { headings: ['a b'], links: ['A.md'] },
  ],
  [
    'a line of a paragraph is no item, so no task',
    'a\n2. [ ] no\n\n1. [ ] t\n2. [x] u\n',
    { tasks: ['t', 'u'] },
  ],
  [
    'the words of a task keep their code',
    '> - [ ] run `npm test`\n',
    { tasks: ['run `npm test`'] },
  ],
  [
    'comments hide headings and tasks, and links in them are kept right',
    '%%\n# no\n\n- [ ] no [[A]]\n%%\n%% [[B]] %%\n%% open\n\n# H\n',
    { links: ['A', 'B'], headings: ['H'] },
  ],
])('%s', (_, text, expected) => {
  expect(read(text)).toEqual({ ...nothing, ...expected })
  expect(read(text.replaceAll('\n', '\r\n'))).toEqual({ ...nothing, ...expected })
})

test('a move keeps right what stands below mathematics, in definitions, comments, images, bases and canvases', async () => {
  const vault = await startVault({
    'Old.md': '# Old\n',
    'pic.png': '',
    'Below.md': '$$\n\t~~~0 &x\n$$\n[[Old]]\n',
    'Forms.md': '%%\n[[Old]]\n%%\n\n[![x](pic.png)](Old.md)\n\n[r]: <Old.md> "t"\n',
    'List.base': 'filters: x\n\n    - list("[[Old]]")\n',
    'Map.canvas':
      '{"nodes":[{"type":"group","background":"pic.png"},{"type":"file","file":"Old.md"}]}',
  })
  await vault.call('note_move', { from: 'Old', to: 'New name' })
  await vault.call('note_move', { from: 'pic.png', to: 'in/image.png' })
  expect(vault.read('Below.md')).toBe('$$\n\t~~~0 &x\n$$\n[[New name]]\n')
  expect(vault.read('Forms.md')).toBe(
    '%%\n[[New name]]\n%%\n\n[![x](image.png)](New%20name.md)\n\n[r]: <New%20name.md> "t"\n',
  )
  expect(vault.read('List.base')).toBe('filters: x\n\n    - list("[[New name]]")\n')
  expect(vault.read('Map.canvas')).toContain('"background":"in/image.png"')
  expect(vault.read('Map.canvas')).toContain('"file":"New name.md"')
})

test('a block with an id below it is read whole, blank lines of code too', async () => {
  const vault = await startVault({ 'A.md': 'a\n\n```\nb\n\n# c\n```\n^code\n' })
  expect(await vault.call('note_read', { path: 'A', block: '^code' })).toMatchObject({
    text: '```\nb\n\n# c\n```\n^code',
  })
})
