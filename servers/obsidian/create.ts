import type { z } from 'zod'
import type { NoteWritten } from '../../schemas/note.ts'
import type { Context } from '../kit/context.ts'
import { applyEdits } from '../kit/files/edits.ts'
import { createTextFile, etagOf } from '../kit/files/text-file.ts'
import { scanMarkdown } from '../kit/markdown/scan.ts'
import { announce } from './change.ts'
import { dayAsked } from './daily.ts'
import { propertyEdits } from './properties.ts'
import { templateText } from './template.ts'
import { withVaultLock } from './vault-lock.ts'
import { absolute, assertWritable, newPath, openVault } from './vaults.ts'

type New = {
  vault: string | undefined
  path: string
  content: string
  template: string | undefined
  properties: Record<string, unknown>
  dryRun: boolean
}

/** Writes a note that must not be there yet. */
export async function createNote(ctx: Context, input: New): Promise<z.infer<typeof NoteWritten>> {
  const vault = await openVault(ctx, input.vault)
  const path = await newPath(vault, input.path, ctx.now())
  assertWritable(vault, path)
  const start = await templateText(vault, path, {
    asked: input.template,
    day: dayAsked(input.path, ctx.now()),
    now: ctx.now(),
  })
  const joined =
    start === '' || input.content === ''
      ? start + input.content
      : `${start.trimEnd()}\n\n${input.content}`
  const text = applyEdits(joined, propertyEdits(scanMarkdown(joined), input.properties, []))
  const file = await absolute(vault, path)
  if (input.dryRun) return { path, etag: etagOf(text), changed: false, diff: text.slice(0, 4000) }
  const etag = await withVaultLock(ctx, vault, () => createTextFile(file, text, path))
  await announce(ctx, vault, path, 'note.created')
  return { path, etag, changed: true }
}

/** A day's note that is not there yet is made first, as the daily notes of the vault are. */
export async function ensureDaily(
  ctx: Context,
  { vault, path }: { vault?: string | undefined; path: string },
): Promise<void> {
  const open = await openVault(ctx, vault)
  if (open.index.names.at(await newPath(open, path, ctx.now())) !== undefined) return
  await createNote(ctx, {
    vault,
    path,
    content: '',
    template: undefined,
    properties: {},
    dryRun: false,
  })
  await open.index.refresh()
}
