import { readFileSync, readdirSync, realpathSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { HubError } from '../schemas/errors.ts'
import { readBase, runBase, viewNames } from '../servers/obsidian/query/base.ts'
import { VaultIndex } from '../servers/obsidian/vault-index.ts'
import { readTasks } from '../servers/spec-kit/task-lines.ts'
import { compareNote } from '../test/corpus/compare.ts'
import { moveMostLinked } from '../test/corpus/moves.ts'

// `npm run corpus -- tasks FOLDER…` reads every tasks.md below the folders and toggles every task;
// `npm run corpus -- vault FOLDER… [--moves 40]` reads vaults with the scanner and with a parser of another
// family, runs their bases, and moves their most linked notes in a copy. Nothing of the folders is
// changed. Ends with the number of checks that passed and failed.
const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { moves: { type: 'string', default: '0' } },
})
const moves = Number(values.moves)
const [kind, ...folders] = positionals
let passed = 0
let failed = 0

if (kind === 'tasks' && folders.length > 0) folders.forEach(checkTasks)
else if (kind === 'vault' && folders.length > 0)
  for (const folder of folders) await checkVault(folder)
else {
  console.error('usage: npm run corpus -- tasks|vault FOLDER… [--moves NUMBER]')
  process.exit(2)
}
console.log(`${passed} passed, ${failed} failed`)
process.exit(failed > 0 ? 1 : 0)

function checkTasks(folder: string): void {
  const totals = { files: 0, tasks: 0, unparsed: 0, duplicated: 0 }
  for (const name of readdirSync(folder, { recursive: true, encoding: 'utf8' })) {
    const file = join(folder, name)
    if (!/(?:^|\/)tasks\.md$/.test(name) || !statSync(file).isFile()) continue
    const bytes = readFileSync(file)
    const text = bytes.toString('utf8')
    const { scan, tasks, unparsed, duplicates } = readTasks(text)
    const isWhole =
      scan.lines.map(({ start, next }) => text.slice(start, next)).join('') === text &&
      Buffer.from(text).equals(bytes)
    const isExact = tasks.every(({ markAt, mark }) => {
      const toggled = Buffer.from(
        text.slice(0, markAt) + (mark === 'x' ? 'X' : 'x') + text.slice(markAt + mark.length),
      )
      return mark.length > 1 || differences(bytes, toggled) === 1
    })
    if (isWhole && isExact) passed++
    else {
      failed++
      console.log(
        `${file}: ${isWhole ? 'a toggle changed more than its byte' : 'the lines do not make up the file'}`,
      )
    }
    totals.files++
    totals.tasks += tasks.length
    totals.unparsed += unparsed.length
    totals.duplicated += duplicates.size
  }
  console.log(
    `${folder}: ${totals.files} files, ${totals.tasks} tasks toggled, ${totals.unparsed} lines unparsed, ${totals.duplicated} ids doubled`,
  )
}

function differences(a: Buffer, b: Buffer): number {
  if (a.length !== b.length) return Infinity
  return a.reduce((count, byte, index) => count + (byte === b[index] ? 0 : 1), 0)
}

async function checkVault(folder: string): Promise<void> {
  const index = new VaultIndex(realpathSync(folder), [])
  try {
    await index.refresh()
    reportLinks(folder, index)
    compareNotes(index)
    await runBases(index, index.tree.root)
  } finally {
    index.close()
  }
  if (moves > 0) await checkMoves(folder)
}

function reportLinks(folder: string, index: VaultIndex): void {
  const count = { found: 0, ambiguous: 0, missing: 0 }
  let problems = 0
  for (const note of index.notes.values()) {
    if (note.problem !== undefined) problems++
    for (const { target } of note.links) count[index.resolve(target, note.path).state]++
  }
  const total = count.found + count.ambiguous + count.missing
  const share = (part: number) => `${((part / Math.max(1, total)) * 100).toFixed(2)} %`
  console.log(
    `${folder}: ${index.notes.size} notes, ${total} links: ${share(count.found + count.ambiguous)} resolved, ${share(count.ambiguous)} ambiguous; ${problems} notes with problems`,
  )
}

/** Every link, embed, heading and task, as the scanner and as the reference parser see them. */
function compareNotes(index: VaultIndex): void {
  const total = { links: 0, embeds: 0, headings: 0, tasks: 0 }
  let differing = 0
  for (const path of [...index.notes.keys()].toSorted()) {
    const { differences, ...counts } = compareNote(
      readFileSync(join(index.tree.root, path), 'utf8'),
    )
    for (const key of ['links', 'embeds', 'headings', 'tasks'] as const) total[key] += counts[key]
    for (const { line, text } of differences) console.log(`  ${path}:${line}: ${text}`)
    differing += differences.length
    if (differences.length === 0) passed++
    else failed++
  }
  const { links, embeds, headings, tasks } = total
  console.log(
    `  compared ${links} links, ${embeds} embeds, ${headings} headings, ${tasks} tasks: ${differing} differences`,
  )
}

async function checkMoves(folder: string): Promise<void> {
  const report = await moveMostLinked(folder, moves)
  for (const line of report.broken) console.log(`  ${line}`)
  console.log(
    `  ${report.moves} notes moved, ${report.rewritten} links rewritten, ${report.broken.length} of ${report.references} references broken`,
  )
  if (report.broken.length === 0) passed++
  else failed++
}

async function runBases(index: VaultIndex, root: string): Promise<void> {
  const refused = new Map<string, number>()
  let views = 0
  for (const path of [...index.tree.files.keys()].filter((name) => name.endsWith('.base'))) {
    for (const view of viewNames(readBase(readFileSync(join(root, path), 'utf8'), path))) {
      views++
      try {
        await runBase(readBase(readFileSync(join(root, path), 'utf8'), path), index, {
          view,
          thisPath: path,
          now: Date.now(),
          fields: undefined,
        })
      } catch (error) {
        if (!(error instanceof HubError)) throw error
        refused.set(
          error.message.slice(0, 120),
          (refused.get(error.message.slice(0, 120)) ?? 0) + 1,
        )
      }
    }
  }
  if (views > 0)
    console.log(
      `  ${views} views of bases, ${[...refused.values()].reduce((sum, count) => sum + count, 0)} refused`,
    )
  for (const [message, count] of refused) console.log(`    ${count}× ${message}`)
}
