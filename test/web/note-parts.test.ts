import { expect, test } from 'vitest'
import { editable, noteParts, splitFront } from '../../web/parts/note-parts.ts'

test.for([
  ['plain\ntext', [{ kind: 'text', text: 'plain\ntext' }]],
  [
    'a\n![[Other#Part|200]]\nb',
    [
      { kind: 'text', text: 'a' },
      { kind: 'embed', target: 'Other#Part' },
      { kind: 'text', text: 'b' },
    ],
  ],
  ['in ![[a]] line', [{ kind: 'text', text: 'in ![[a]] line' }]],
  [
    '> [!Warning]- Mind this\n> first\n>\n> second\nafter',
    [
      { kind: 'callout', type: 'warning', title: 'Mind this', text: 'first\n\nsecond' },
      { kind: 'text', text: 'after' },
    ],
  ],
  [
    '````md\n![[a]]\n```\n> [!note]\n````\n',
    [{ kind: 'text', text: '````md\n![[a]]\n```\n> [!note]\n````\n' }],
  ],
  ['seen %%not seen%%\n%%\nnor this\n%%\nend ^id', [{ kind: 'text', text: 'seen \nend' }]],
  ['`%%code%%` ^x', [{ kind: 'text', text: '`%%code%%` ^x' }]],
  [
    '[a](Some%20note.md#Part) [b](https://x.org/y.md) ![i](c.md) [c](%E0.md)',
    [
      {
        kind: 'text',
        text: '[[Some note.md#Part|a]] [b](https://x.org/y.md) ![i](c.md) [c](%E0.md)',
      },
    ],
  ],
  ['\n \n', []],
] as const)('%j is cut into its parts', ([body, parts]) => {
  expect(noteParts(body)).toEqual(parts)
})

test.for([
  ['---\na: 1\n---\nbody', '---\na: 1\n---\n', 'body'],
  ['\uFEFF---\r\na: 1\r\n...\r\nbody\r\n', '\uFEFF---\r\na: 1\r\n...\r\n', 'body\n'],
  ['---\n---\nbody', '---\n---\n', 'body'],
  ['---\nnever closed', '', '---\nnever closed'],
  ['--- not\n---\n', '', '--- not\n---\n'],
  ['body\n---\na: 1\n---\n', '', 'body\n---\na: 1\n---\n'],
] as const)('the front matter of %j is no part of its body', ([text, front, body]) => {
  expect(splitFront(text)).toEqual({ front, body })
})

test('an editor shows a body without the blank lines that the hub keeps', () => {
  expect(editable('\n# One\n\ntext\n\n\n')).toBe('# One\n\ntext\n')
})
