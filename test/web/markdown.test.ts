import { expect, test } from 'vitest'
import { safeLink } from '../../web/parts/links.ts'
import { closeOpenMarks } from '../../web/parts/markdown-open.ts'

const here = 'http://127.0.0.1:4000/'

test.each([
  ['https://example.org/a?b#c', { href: 'https://example.org/a?b#c', isExternal: true }],
  ['mailto:a@example.org', { href: 'mailto:a@example.org', isExternal: true }],
  ['#/tasks/task-1', { href: '/#/tasks/task-1', isExternal: false }],
  ['/artifacts/art-1', { href: '/artifacts/art-1', isExternal: false }],
  ['http://127.0.0.1:4000/#/notes', { href: '/#/notes', isExternal: false }],
  ['//evil.example/x', { href: 'http://evil.example/x', isExternal: true }],
  ['/\\evil.example/x', { href: 'http://evil.example/x', isExternal: true }],
])('%s may be opened', (address, safe) => {
  expect(safeLink(address, here)).toEqual(safe)
})

test.each([
  'javascript:alert(1)',
  ' JaVaScRiPt:alert(1)',
  'java\tscript:alert(1)',
  'java\nscript:alert(1)',
  '\u0001javascript:alert(1)',
  'data:text/html,<script>alert(1)</script>',
  'vbscript:msgbox(1)',
  'blob:http://127.0.0.1:4000/x',
  'file:///etc/passwd',
  'view-source:http://127.0.0.1/',
  'intent://x#Intent;end',
  'relative/name.md',
  'http://[broken',
])('%s is no link', (address) => {
  expect(safeLink(address, here)).toBeUndefined()
})

test.each([
  ['a **bold', 'a **bold**'],
  ['a **bold*', 'a **bold**'],
  ['a **', 'a **'],
  ['see `code', 'see `code`'],
  ['see `co**de', 'see `co**de`'],
  ['see [the task](#/tas', 'see the task'],
  ['see [the', 'see the'],
  ['see ![a picture](http://x/', 'see a picture'],
  ['```js\nconst a = `x', '```js\nconst a = `x'],
  ['```\nx\n```\nthen **b', '```\nx\n```\nthen **b**'],
  ['**done** and `done`', '**done** and `done`'],
  ['first **open\n\nsecond', 'first **open\n\nsecond'],
])('%j that still grows is read as %j', (text, closed) => {
  expect(closeOpenMarks(text)).toBe(closed)
})
