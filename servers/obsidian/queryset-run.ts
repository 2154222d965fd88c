import type { Context } from '../kit/context.ts'
import { hasTag } from './note-scan.ts'
import { readBase, runBase } from './query/base.ts'
import type { Definition } from './querysets.ts'
import { matcherOf, plainHit, searchNotes } from './search-run.ts'
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
  const limits = { limit: asked.limit, excerptChars: asked.excerpt_chars }
  const notes = [...vault.index.notes.keys()].toSorted()
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
      const { items, total } = await searchNotes(ctx, vault, notes, matcherOf(set.query), limits)
      return { rows: items, total }
    }
    case 'inline': {
      const { folder, tag, property, search } = set.given
      const inside = folder?.replace(/^\/|\/$/g, '')
      const fitting = notes.filter((path) => {
        const note = vault.index.notes.get(path)
        if (!note || (inside && !path.startsWith(`${inside}/`))) return false
        if (tag !== undefined && !hasTag(note.tags, tag)) return false
        return Object.entries(property ?? {}).every(([key, value]) =>
          holds(note.properties[key], value),
        )
      })
      if (search !== undefined) {
        const { items, total } = await searchNotes(ctx, vault, fitting, matcherOf(search), limits)
        return { rows: items, total }
      }
      const rows = await Promise.all(
        fitting.slice(0, asked.limit).map((path) => plainHit(vault, path, asked.excerpt_chars)),
      )
      return { rows: rows.flat(), total: fitting.length }
    }
  }
}

const holds = (held: unknown, wanted: unknown): boolean =>
  Array.isArray(held) ? held.includes(wanted) : held === wanted
