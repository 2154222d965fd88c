import {
  cpSync,
  mkdtempSync,
  readFileSync,
  readdirSync,
  realpathSync,
  rmSync,
  statSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { HubError } from '../schemas/errors.ts'
import { VaultConfig } from '../schemas/vault.ts'
import { scanMarkdown } from '../servers/kit/markdown/scan.ts'
import { carryOut } from '../servers/obsidian/move-journal.ts'
import { planMove } from '../servers/obsidian/move-plan.ts'
import { readBase, runBase, viewNames } from '../servers/obsidian/query/base.ts'
import { VaultIndex } from '../servers/obsidian/vault-index.ts'
import type { Vault } from '../servers/obsidian/vaults.ts'
import { readTasks } from '../servers/spec-kit/task-lines.ts'

// `npm run corpus -- tasks FOLDER…` reads every tasks.md below the folders and toggles every task;
// `npm run corpus -- vault FOLDER…` resolves the links of vaults, runs their bases, and moves notes at random
// in a copy. Nothing of the folders is changed. Ends with the number of files that passed and failed.
const moveCount = 40
const [kind, ...folders] = process.argv.slice(2)
let passed = 0
let failed = 0

if (kind === 'tasks' && folders.length > 0) folders.forEach(checkTasks)
else if (kind === 'vault' && folders.length > 0)
  for (const folder of folders) await checkVault(folder)
else {
  console.error('usage: npm run corpus -- tasks|vault FOLDER…')
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
  const copy = realpathSync(mkdtempSync(join(tmpdir(), 'switchyard-corpus-')))
  try {
    cpSync(folder, copy, { recursive: true })
    const index = new VaultIndex(copy, [])
    await index.refresh()
    const vault: Vault = {
      name: 'corpus',
      root: copy,
      config: VaultConfig.parse({ path: copy, write: ['/'] }),
      index,
    }
    reportLinks(folder, index)
    await runBases(index, copy)
    await moveAround(vault)
    index.close()
  } finally {
    rmSync(copy, { recursive: true, force: true })
  }
}

function reportLinks(folder: string, index: VaultIndex): void {
  const count = { found: 0, ambiguous: 0, missing: 0 }
  let problems = 0
  for (const note of index.notes.values()) {
    if (note.problem !== undefined) problems++
    for (const { target } of note.links) count[index.resolve(target, note.path).state]++
    const text = readFileSync(join(index.tree.root, note.path), 'utf8')
    const isWhole =
      scanMarkdown(text)
        .lines.map(({ start, next }) => text.slice(start, next))
        .join('') === text
    if (isWhole) passed++
    else failed++
  }
  const total = count.found + count.ambiguous + count.missing
  const share = (part: number) => `${((part / Math.max(1, total)) * 100).toFixed(2)} %`
  console.log(
    `${folder}: ${index.notes.size} notes, ${total} links: ${share(count.found + count.ambiguous)} resolved, ${share(count.ambiguous)} ambiguous; ${problems} notes with problems`,
  )
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

/** Moves notes to random folders and names; after each move every link has to lead where it led. */
async function moveAround(vault: Vault): Promise<void> {
  const { index, root } = vault
  let random = 7
  const next = (below: number) =>
    (random = (random * 1_103_515_245 + 12_345) % 2_147_483_648) % Math.max(1, below)
  const targets = () =>
    new Map(
      [...index.notes.values()].map(({ path, links }) => [
        path,
        links
          .map(({ target }) => index.resolve(target, path))
          .map((found) => (found.state === 'missing' ? '' : found.path)),
      ]),
    )
  let rewritten = 0
  for (let round = 0; round < moveCount; round++) {
    const notes = [...index.notes.keys()].toSorted()
    const from = notes[next(notes.length)]
    if (from === undefined) return
    const to = `moved ${round % 5}/${round % 3 === 0 ? `New ${round}` : (from.split('/').at(-1) ?? '').replace(/\.md$/, '')}.md`
    if (index.names.at(to) !== undefined || from === to) continue
    const before = targets()
    const moves = new Map([[from, to]])
    const plan = await planMove(vault, moves)
    await carryOut(vault, plan, join(root, '..', 'switchyard-corpus-journal'))
    await index.refresh(true)
    const after = targets()
    const wrong = [...before].filter(([path, was]) => {
      const is = after.get(moves.get(path) ?? path) ?? []
      return was.some((target, at) => target !== '' && is[at] !== (moves.get(target) ?? target))
    })
    rewritten += plan.rewrites.reduce((sum, { links }) => sum + links, 0)
    if (wrong.length === 0) passed++
    else {
      failed++
      console.log(
        `  ${from} → ${to}: links of ${wrong.length} notes lead elsewhere: ${wrong
          .slice(0, 3)
          .map(([path]) => path)
          .join(', ')}`,
      )
    }
  }
  console.log(`  ${moveCount} random moves, ${rewritten} links rewritten`)
}
