import { z } from 'zod'
import { NoteLinkOut } from '../../schemas/note.ts'
import { readTextFile } from '../kit/files/text-file.ts'
import { blockSpan, findHeading } from '../kit/markdown/patch.ts'
import { scanMarkdown } from '../kit/markdown/scan.ts'
import { defineTool } from '../kit/tool.ts'
import type { Note } from './note-scan.ts'
import type { Links } from './links.ts'
import { reader } from './reader/client.ts'
import type { VaultIndex } from './vault-index.ts'
import { absolute, findNote, openVault, pathInput, vaultInput } from './vaults.ts'
import { noteText, linksText } from './texts.ts'

const shownItems = 200

export const noteRead = defineTool({
  name: 'note_read',
  title: 'Read a note',
  description:
    'Reads a note, or one section or block of it, with the etag for changes. `map` shows its headings, blocks and tasks, `meta` its properties, tags and links; both are small.',
  effect: 'read',
  scope: 'note:read',
  input: {
    ...vaultInput,
    path: pathInput,
    heading: z
      .array(z.string().max(300))
      .max(6)
      .optional()
      .describe('Only this section, by its headings from the outside in'),
    block: z.string().max(100).optional().describe('Only the block with this id'),
    format: z.enum(['content', 'map', 'meta']).default('content').describe('What to show'),
    start: z.int().min(0).default(0).describe('First character to show, to read on after a cut'),
    max_chars: z.int().min(100).max(100_000).default(12_000).describe('Most characters of text'),
  },
  output: z.object({
    vault: z.string(),
    path: z.string(),
    etag: z.string(),
    modifiedAt: z.int(),
    text: z.string().optional(),
    truncated: z.boolean().optional(),
    totalChars: z.int().optional(),
    next: z.int().optional().describe('`start` that reads on, where the text was cut'),
    map: z.unknown().optional(),
    meta: z.unknown().optional(),
  }),
  text: noteText,
  run: async (input, ctx) => {
    const vault = await openVault(ctx, input.vault)
    const path = await findNote(vault, input.path, ctx.now())
    const file = await readTextFile(await absolute(vault, path), path)
    const found = { vault: vault.name, path, etag: file.etag, modifiedAt: file.modifiedAt }
    if (input.format !== 'content') {
      const note = await reader.ask('scan', { text: file.text }, ctx.signal)
      if (input.format === 'map') return { ...found, map: mapOf(note) }
      return { ...found, meta: metaOf(note, vault.index, await vault.index.links(), path) }
    }
    const span = spanOf(file.text, input)
    const whole = file.text.slice(span.start, span.end)
    const text = whole.slice(input.start, input.start + input.max_chars)
    const end = input.start + text.length
    const truncated = end < whole.length
    return {
      ...found,
      text,
      truncated,
      totalChars: whole.length,
      ...(truncated ? { next: end } : {}),
    }
  },
})

function spanOf(
  text: string,
  { heading, block }: { heading?: string[] | undefined; block?: string | undefined },
) {
  if (block !== undefined) return blockSpan(scanMarkdown(text), block.replace(/^\^/, ''))
  const section = heading && findHeading(scanMarkdown(text), heading)
  return section ?? { start: 0, end: text.length }
}

const mapOf = ({ scan, blocks, callouts, tasks, fields }: Note) => ({
  lines: scan.lines.length,
  headings: scan.headings
    .slice(0, shownItems)
    .map(({ level, text, line }) => `${line}: ${'#'.repeat(level)} ${text}`),
  blocks: blocks.slice(0, shownItems).map(({ id, line }) => `${line}: ^${id}`),
  callouts: callouts
    .slice(0, shownItems)
    .map(({ line, type, title }) => `${line}: ${type}${title ? ` ${title}` : ''}`),
  tasks: tasks
    .slice(0, shownItems)
    .map(({ line, mark, text }) => `${line}: [${mark}] ${text.slice(0, 120)}`),
  fields: fields
    .slice(0, shownItems)
    .map(({ line, key, value }) => `${line}: ${key}:: ${value.slice(0, 120)}`),
})

function metaOf(
  { properties, tags, aliases, links }: Note,
  index: VaultIndex,
  { backlinks: all }: Links,
  path: string,
) {
  const backlinks = all.get(path) ?? []
  return {
    properties: properties.values,
    ...(properties.problem === undefined ? {} : { problem: properties.problem }),
    tags,
    aliases,
    links: links
      .slice(0, shownItems)
      .map(({ target, subpath, embed, line }) =>
        resolved(index, path, { target, subpath, embed, line }),
      ),
    backlinks: [...new Set(backlinks.map(({ source }) => source))].toSorted().slice(0, shownItems),
  }
}

type Reference = { target: string; subpath: string; embed: boolean; line: number }

function resolved(index: VaultIndex, source: string, link: Reference): z.input<typeof NoteLinkOut> {
  const { target, subpath, embed, line } = link
  const found = index.resolve(target, source)
  const written = { target, subpath, embed, line }
  if (found.state === 'missing') return written
  return {
    ...written,
    path: found.path,
    ...(found.state === 'ambiguous' ? { ambiguous: true } : {}),
  }
}

const Linked = z.object({
  path: z.string(),
  distance: z.int(),
  via: z.string(),
  direction: z.enum(['out', 'in']),
})

export const noteLinks = defineTool({
  name: 'note_links',
  title: 'Follow links',
  description:
    'Shows what a note links to and what links to it, up to three steps away, with links that lead nowhere. Use note_read with format meta for one note alone.',
  effect: 'read',
  scope: 'note:read',
  input: {
    ...vaultInput,
    path: pathInput,
    direction: z
      .enum(['out', 'in', 'both'])
      .default('both')
      .describe('Links from the note, to it, or both'),
    depth: z.int().min(1).max(3).default(1).describe('Steps to go'),
    limit: z.int().min(1).max(500).default(100).describe('Most notes to return'),
  },
  output: z.object({
    vault: z.string(),
    path: z.string(),
    items: z.array(Linked),
    unresolved: z.array(NoteLinkOut),
    truncated: z.boolean(),
  }),
  text: linksText,
  run: async (input, ctx) => {
    const vault = await openVault(ctx, input.vault)
    const { index } = vault
    const path = await findNote(vault, input.path, ctx.now())
    await index.links()
    const seen = new Map<string, z.infer<typeof Linked>>()
    let edge = [path]
    for (let distance = 1; distance <= input.depth && seen.size <= input.limit; distance++) {
      const next: string[] = []
      for (const via of edge) {
        for (const { to, direction } of neighbours(index, via, input.direction)) {
          if (to === path || seen.has(to)) continue
          seen.set(to, { path: to, distance, via, direction })
          next.push(to)
        }
      }
      edge = next
    }
    const unresolved = (index.notes.get(path)?.links ?? [])
      .filter(({ target }) => index.resolve(target, path).state === 'missing')
      .slice(0, shownItems)
    return {
      vault: vault.name,
      path,
      items: [...seen.values()].slice(0, input.limit),
      unresolved: unresolved.map(({ target, subpath, embed, line }) => ({
        target,
        subpath,
        embed,
        line,
      })),
      truncated: seen.size > input.limit,
    }
  },
})

function neighbours(index: VaultIndex, path: string, direction: 'out' | 'in' | 'both') {
  const out =
    direction === 'in'
      ? []
      : (index.notes.get(path)?.links ?? []).flatMap(({ target }) => {
          const found = target === '' ? undefined : index.resolve(target, path)
          return found && found.state !== 'missing'
            ? [{ to: found.path, direction: 'out' as const }]
            : []
        })
  const back =
    direction === 'out'
      ? []
      : index.backlinksOf(path).map(({ source }) => ({
          to: source,
          direction: 'in' as const,
        }))
  return [...out, ...back]
}
