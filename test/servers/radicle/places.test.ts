import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import { gitRaw } from '../../../servers/kit/git.ts'
import type { Hunk } from '../../../servers/radicle/places.ts'
import { movedLine, placeAfter, readMoves } from '../../../servers/radicle/places.ts'
import { makeFolder } from '../../helpers/folder.ts'

/** What happens at one place of a text: some new lines, then a line of the old one kept or not. */
const step = fc.record({ added: fc.nat(3), kept: fc.boolean() })

/** The hunks of an edit as a diff without context has them, and the new number of each kept line. */
function carryOut(steps: { added: number; kept: boolean }[], end: number) {
  const hunks: Hunk[] = []
  const kept = new Map<number, number>()
  let [oldAt, newAt] = [0, 0] // Lines so far.
  let open: Hunk | undefined
  const change = (removed: number, added: number) => {
    if (removed + added === 0) return
    if (!open) hunks.push((open = { oldStart: oldAt, oldCount: 0, newStart: newAt, newCount: 0 }))
    if (removed > 0 && open.oldCount === 0) open.oldStart = oldAt + 1
    if (added > 0 && open.newCount === 0) open.newStart = newAt + 1
    open.oldCount += removed
    open.newCount += added
    ;[oldAt, newAt] = [oldAt + removed, newAt + added]
  }
  for (const { added, kept: isKept } of steps) {
    change(0, added)
    if (!isKept) {
      change(1, 0)
      continue
    }
    ;[oldAt, newAt, open] = [oldAt + 1, newAt + 1, undefined]
    kept.set(oldAt, newAt)
  }
  change(0, end)
  return { hunks, kept }
}

test('a line is found where following it by hand leads, or is gone', () => {
  fc.assert(
    fc.property(fc.array(step, { maxLength: 40 }), fc.nat(3), (steps, end) => {
      const { hunks, kept } = carryOut(steps, end)
      for (const [index] of steps.entries())
        expect(movedLine(index + 1, hunks)).toBe(kept.get(index + 1))
    }),
    { numRuns: 2000 },
  )
})

const edit = fc.record({
  kind: fc.constantFrom('insert' as const, 'delete' as const, 'move' as const),
  at: fc.nat(),
  to: fc.nat(),
})

test("git's own diff of inserted, deleted and moved lines never leads to another line", async () => {
  const folder = makeFolder()
  const [before, after] = [join(folder, 'before'), join(folder, 'after')]
  let [asked, found] = [0, 0]
  await fc.assert(
    fc.asyncProperty(
      fc.integer({ min: 1, max: 30 }),
      fc.array(edit, { maxLength: 6 }),
      async (size, edits) => {
        const old = Array.from({ length: size }, (_, index) => `line ${index}`)
        const now = [...old]
        for (const [number, { kind, at, to }] of edits.entries()) {
          const index = now.length === 0 ? 0 : at % now.length
          if (kind === 'insert') now.splice(index, 0, `+++ new ${number}`)
          if (kind === 'delete') now.splice(index, 1)
          if (kind === 'move' && now.length > 0)
            now.splice(to % now.length, 0, ...now.splice(index, 1))
        }
        writeFileSync(before, `${old.join('\n')}\n`)
        writeFileSync(after, `${now.join('\n')}\n`)
        const diff = [
          'diff',
          '--no-index',
          '--no-ext-diff',
          '--unified=0',
          '--no-color',
          before,
          after,
        ]
        const moves = readMoves((await gitRaw(diff)).stdout.toString('utf8'))
        const hunks = [...moves.values()][0]?.hunks ?? []
        const hasMoves = edits.some(({ kind }) => kind === 'move')
        for (const [index, text] of old.entries()) {
          const line = movedLine(index + 1, hunks)
          asked++
          if (line !== undefined) found++
          if (line !== undefined) expect(now[line - 1]).toBe(text)
          // What only others were put before or taken from before is always found.
          if (!hasMoves) expect(line !== undefined).toBe(now.includes(text))
        }
      },
    ),
    { numRuns: 60 },
  )
  expect(found).toBeGreaterThan(asked / 2)
})

const diff = `diff --git a/old name.ts b/new.ts
similarity index 80%
rename from old name.ts
rename to new.ts
--- a/old name.ts\t
+++ b/new.ts
@@ -2,0 +3,2 @@
+a
+b
@@ -5 +7 @@
--- a/not-a-header
++++ b/not-a-header
diff --git a/gone.ts b/gone.ts
deleted file mode 100644
--- a/gone.ts
+++ /dev/null
@@ -1 +0,0 @@
-x
diff --git "a/t\\303\\244b\\t.ts" "b/t\\303\\244b\\t.ts"
--- "a/t\\303\\244b\\t.ts"
+++ "b/t\\303\\244b\\t.ts"
@@ -1,0 +2 @@
+y
diff --git a/moved.bin b/there.bin
similarity index 100%
rename from moved.bin
rename to there.bin
`

test.each([
  [
    { path: 'old name.ts', line: 2 },
    { path: 'new.ts', line: 2 },
  ],
  [
    { path: 'old name.ts', line: 3 },
    { path: 'new.ts', line: 5 },
  ],
  [{ path: 'old name.ts', line: 5 }, 'gone'],
  [
    { path: 'old name.ts', line: 6 },
    { path: 'new.ts', line: 8 },
  ],
  [{ path: 'old name.ts' }, { path: 'new.ts' }],
  [{ path: 'gone.ts' }, 'gone'],
  [{ path: 'gone.ts', line: 1 }, 'gone'],
  [
    { path: 'täb\t.ts', line: 2 },
    { path: 'täb\t.ts', line: 3 },
  ],
  [{ path: 'moved.bin' }, { path: 'there.bin' }],
  [
    { path: 'else.ts', line: 9 },
    { path: 'else.ts', line: 9 },
  ],
  [{}, undefined],
])('%j is now at %j', (comment, place) => {
  expect(placeAfter(comment, readMoves(diff))).toEqual(place)
})
