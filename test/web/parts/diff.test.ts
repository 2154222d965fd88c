import { expect, test } from 'vitest'
import { parseDiff } from '../../../web/parts/diff-lines.ts'
import { splitRows, unifiedRows } from '../../../web/parts/diff-rows.ts'

const edit = `diff --git a/src/sum.js b/src/sum.js
index 1..2 100644
--- a/src/sum.js
+++ b/src/sum.js
@@ -1,3 +1,4 @@ export
 export function sum(a, b) {
-  return a - b
+  // both
+  return a + b
 }
\\ No newline at end of file
`

test('the lines of an edit carry their numbers in both versions', () => {
  expect(parseDiff(edit)).toEqual([
    {
      path: 'src/sum.js',
      state: 'modified',
      additions: 2,
      deletions: 1,
      lines: [
        { kind: 'hunk', text: '@@ -1,3 +1,4 @@ export' },
        { kind: 'context', old: 1, new: 1, text: 'export function sum(a, b) {' },
        { kind: 'removed', old: 2, text: '  return a - b' },
        { kind: 'added', new: 2, text: '  // both' },
        { kind: 'added', new: 3, text: '  return a + b' },
        { kind: 'context', old: 3, new: 4, text: '}' },
        { kind: 'note', text: 'No newline at end of file' },
      ],
    },
  ])
})

test.each([
  [
    'a new file',
    'diff --git a/n b/n\nnew file mode 100644\n--- /dev/null\n+++ b/n\n@@ -0,0 +1 @@\n+x\n',
    { path: 'n', state: 'added' },
  ],
  [
    'an empty new file',
    'diff --git a/a b/c b/a b/c\nnew file mode 100644\n',
    { path: 'a b/c', state: 'added' },
  ],
  [
    'a deleted file',
    'diff --git a/n b/n\ndeleted file mode 100644\n--- a/n\n+++ /dev/null\n@@ -1 +0,0 @@\n-x\n',
    { path: 'n', state: 'deleted' },
  ],
  [
    'a renamed file',
    'diff --git a/x b/y\nsimilarity index 100%\nrename from x\nrename to y\n',
    { path: 'y', from: 'x', state: 'renamed' },
  ],
  [
    'a name in bytes',
    'diff --git "a/\\303\\244\\"" "b/\\303\\244\\""\n--- "a/\\303\\244\\""\n+++ "b/\\303\\244\\""\n@@ -1 +1 @@\n-x\n+y\n',
    { path: 'ä"', state: 'modified' },
  ],
  [
    'a binary file',
    'diff --git a/i.png b/i.png\nBinary files a/i.png and b/i.png differ\n',
    { path: 'i.png', lines: [{ kind: 'note', text: 'Binary files a/i.png and b/i.png differ' }] },
  ],
])('%s is told by what Git writes of it', (_, diff, expected) => {
  expect(parseDiff(diff)).toMatchObject([expected])
})

test('a line that reads like the head of a hunk or a file is a line', () => {
  const [file, ...others] = parseDiff(
    'diff --git a/x b/x\n--- a/x\n+++ b/x\n@@ -1,3 +1,2 @@\n--- a/y\n-@@ -1 +1 @@\n diff --git a/z b/z\n+++ b/y\n',
  )
  expect(others).toEqual([])
  expect(file?.lines.slice(1).map(({ kind, text }) => `${kind} ${text}`)).toEqual([
    'removed -- a/y',
    'removed @@ -1 +1 @@',
    'context diff --git a/z b/z',
    'added ++ b/y',
  ])
})

test('versions of a line stand beside each other, with what differs marked', () => {
  const lines = parseDiff(edit.replace('+  // both\n', ''))[0]?.lines ?? []
  expect(splitRows(lines)[2]).toMatchObject({
    old: { old: 2 },
    new: { new: 2 },
    oldSpan: { start: 11, end: 12 },
    newSpan: { start: 11, end: 12 },
  })
  expect(unifiedRows(lines)).toHaveLength(lines.length)
  expect(splitRows(lines)).toHaveLength(lines.length - 1)
})

test('lines that share little are not marked', () => {
  const [file] = parseDiff(
    'diff --git a/x b/x\n--- a/x\n+++ b/x\n@@ -1 +1 @@\n-alpha beta\n+gamma {\n',
  )
  expect(unifiedRows(file?.lines ?? []).slice(1)).toEqual([
    { kind: 'line', line: { kind: 'removed', old: 1, text: 'alpha beta' } },
    { kind: 'line', line: { kind: 'added', new: 1, text: 'gamma {' } },
  ])
})

test('what the hub would write into a note is read too', () => {
  const edits =
    'diff --git a/Plan.md b/Plan.md\n@@ line 7 @@\n-began\n+began\n+- tested\n@@ line 9 @@\n+x\n[3 more lines]\n'
  expect(parseDiff(edits)).toMatchObject([
    {
      path: 'Plan.md',
      additions: 3,
      lines: [
        { kind: 'hunk' },
        { kind: 'removed', old: 7 },
        { kind: 'added', new: 7 },
        { kind: 'added', new: 8, text: '- tested' },
        { kind: 'hunk' },
        { kind: 'added', new: 9 },
        { kind: 'note', text: '[3 more lines]' },
      ],
    },
  ])
  const whole = 'diff --git a/New.md b/New.md\n---\ntags: [x]\n---\n# New\n'
  expect(parseDiff(whole)[0]?.lines.map(({ text }) => text)).toEqual([
    '---',
    'tags: [x]',
    '---',
    '# New',
  ])
})
