import type { Context } from '../kit/context.ts'
import { hasTag } from './note-scan.ts'
import { readBase, runBase } from './query/base.ts'
import type { Definition } from './querysets.ts'
import { Slices } from './slices.ts'
import type { Vault } from './vaults.ts'
import { findNote } from './vaults.ts'

type Asked = {
  this?: string | undefined
  fields?: string[] | undefined
  limit: number
  excerpt_chars: number
}

/** The rows of a query set. */
export async function runSet(ctx: Context, vault: Vault, set: Definition, asked: Asked) {
  const shown = { limit: asked.limit, excerptChars: asked.excerpt_chars }
  switch (set.kind) {
    case 'base': {
      const thisPath =
        asked.this === undefined ? set.host : await findNote(vault, asked.this, ctx.now())
      const base = readBase(set.text, set.name)
      const { rows, total, columns, summaries } = await runBase(base, vault.index, {
        view: set.view,
        thisPath,
        now: ctx.now(),
        fields: asked.fields,
      })
      return { rows: rows.slice(0, asked.limit), total, columns, summaries }
    }
    case 'search': {
      const { items, total } = await vault.index.search({ ...shown, query: set.query }, ctx.signal)
      return { rows: items, total }
    }
    case 'inline': {
      const { folder, tag, property, search } = set.given
      const inside = folder?.replace(/^\/|\/$/g, '')
      const fitting: string[] = []
      const slices = new Slices()
      for (const { path, tags, properties } of vault.index.notes.values()) {
        if (slices.isOver) await slices.next()
        if (inside && !path.startsWith(`${inside}/`)) continue
        if (tag !== undefined && !hasTag(tags, tag)) continue
        if (Object.entries(property ?? {}).every(([key, value]) => holds(properties[key], value)))
          fitting.push(path)
      }
      fitting.sort()
      const paths = search === undefined ? fitting.slice(0, asked.limit) : fitting
      const request = { ...shown, query: search, paths }
      const { items, total } = await vault.index.search(request, ctx.signal)
      return { rows: items, total: search === undefined ? fitting.length : total }
    }
  }
}

const holds = (held: unknown, wanted: unknown): boolean =>
  Array.isArray(held) ? held.includes(wanted) : held === wanted
