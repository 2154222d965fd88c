import { existsSync } from 'node:fs'
import { z } from 'zod'
import { HubError } from '../../schemas/errors.ts'
import { describeEdits } from '../kit/files/edits.ts'
import { assertMatch, readTextFile } from '../kit/files/text-file.ts'
import { defineTool } from '../kit/tool.ts'
import { announce } from './change.ts'
import { carryOut } from './move-journal.ts'
import { journalFolder, withVaultLock } from './vault-lock.ts'
import type { Vault } from './vaults.ts'
import {
  absolute,
  anyWritable,
  assertWritable,
  findNote,
  isWritable,
  newPath,
  openVault,
  pathInput,
  vaultInput,
} from './vaults.ts'

const shownFiles = 100

export const noteMove = defineTool({
  name: 'note_move',
  title: 'Move or rename',
  description:
    'Moves or renames a note, an attachment or a folder, and updates every reference to it: links, embeds, properties, canvases, bases. All of it is planned first and done or undone as a whole; `dry_run` shows the plan.',
  effect: 'destroy',
  scope: 'note:write',
  available: anyWritable,
  input: {
    ...vaultInput,
    from: pathInput.describe('Path of the note, file or folder'),
    to: z.string().min(1).max(1000).describe('New path; one that ends with / keeps the name'),
    update_links: z.boolean().default(true).describe('Keep references right'),
    if_match: z.string().max(64).optional().describe('etag of the note as you read it'),
    dry_run: z.boolean().default(false).describe('Only show the plan'),
  },
  output: z.object({
    moves: z.array(z.object({ from: z.string(), to: z.string() })),
    rewrites: z.array(z.object({ path: z.string(), links: z.int(), diff: z.string().optional() })),
    links: z.int(),
    closed: z
      .array(z.string())
      .describe(
        'Files with such references that may not be changed, for which the move is refused',
      ),
    moved: z.boolean(),
  }),
  run: async (input, ctx) => {
    const vault = await openVault(ctx, input.vault)
    const outcome = await withVaultLock(ctx, vault, async () => {
      await vault.index.refresh(true)
      const moves = await movesOf(vault, input.from, input.to, ctx.now())
      for (const [from, to] of moves) for (const path of [from, to]) assertWritable(vault, path)
      const [[first = ''] = []] = moves
      if (input.if_match !== undefined && moves.size === 1)
        assertMatch(await readTextFile(await absolute(vault, first), first), input.if_match, first)
      const { planMove } = await import('./move-plan.ts')
      const plan = input.update_links ? await planMove(vault, moves) : { moves, rewrites: [] }
      const closed = plan.rewrites.flatMap(({ path }) => (isWritable(vault, path) ? [] : [path]))
      if (input.dry_run) return { ...plan, closed }
      if (closed.length > 0) throw linkedFrom(vault, closed, input.from)
      await carryOut(vault, plan, journalFolder(ctx))
      return { ...plan, closed }
    })
    const links = outcome.rewrites.reduce((sum, rewrite) => sum + rewrite.links, 0)
    if (!input.dry_run) {
      for (const path of [...outcome.moves].flat()) vault.index.tree.touch(path)
      for (const { path } of outcome.rewrites) vault.index.tree.touch(path)
      const [[from = '', to = ''] = []] = outcome.moves
      await announce(ctx, vault, to, 'note.moved', { from, files: outcome.moves.size, links })
    }
    return {
      moves: [...outcome.moves].slice(0, shownFiles).map(([from, to]) => ({ from, to })),
      rewrites: outcome.rewrites
        .slice(0, shownFiles)
        .map(({ path, links: count, file, edits }) => ({
          path,
          links: count,
          ...(input.dry_run ? { diff: describeEdits(file.text, edits).slice(0, 2000) } : {}),
        })),
      links,
      closed: outcome.closed.slice(0, shownFiles),
      moved: !input.dry_run,
    }
  },
})

function linkedFrom({ name }: Vault, closed: string[], from: string): HubError {
  const [first = ''] = closed
  const others = closed.length - 1
  const more = others === 0 ? '' : `, and ${others} more ${others === 1 ? 'file' : 'files'} like it`
  return new HubError(
    'denied',
    `${first} links to ${JSON.stringify(from)} and may not be changed in vault ${name}${more}`,
    {
      hint: 'Pass update_links: false to move it and leave such links as they are, or have an owner list the folder under `write` of the vault in switchyard.json; dry_run shows all of them.',
    },
  )
}

/** Each file and where it goes: one, or all of a folder. */
async function movesOf(
  vault: Vault,
  from: string,
  to: string,
  now: number,
): Promise<Map<string, string>> {
  const folder = from.replace(/^\/|\/$/g, '')
  const inside = [...vault.index.tree.files.keys()].filter((path) => path.startsWith(`${folder}/`))
  const moves = new Map<string, string>()
  if (inside.length > 0 && vault.index.names.at(folder) === undefined) {
    const name = folder.split('/').at(-1) ?? ''
    const target = to.endsWith('/') ? `${to}${name}`.replace(/^\//, '') : to.replace(/^\//, '')
    if (`${target}/`.startsWith(`${folder}/`))
      throw new HubError('invalid', `${folder} cannot be moved into itself`)
    for (const path of inside.toSorted()) moves.set(path, target + path.slice(folder.length))
  } else {
    const path = await findNote(vault, from, now)
    const name = path.split('/').at(-1) ?? ''
    const ending = /\.[a-zA-Z0-9]{1,8}$/.exec(path)?.[0] ?? ''
    const target = to.endsWith('/')
      ? to + name
      : to.toLowerCase().endsWith(ending.toLowerCase())
        ? to
        : `${to}${ending}`
    moves.set(path, ending === '' ? target.replace(/^\//, '') : await newPath(vault, target, now))
  }
  for (const [path, target] of moves) {
    if (path === target) throw new HubError('invalid', `${path} is where it is already`)
    const taken = vault.index.names.at(target)
    if (taken !== undefined && !moves.has(taken))
      throw new HubError('conflict', `${taken} exists already`, {
        hint: 'Choose another name; nothing is replaced.',
      })
    if (existsSync(await absolute(vault, target)) && taken === undefined)
      throw new HubError('conflict', `${target} exists already`)
  }
  return moves
}
