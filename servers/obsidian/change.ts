import type { z } from 'zod'
import type { NoteWritten } from '../../schemas/note.ts'
import type { Context } from '../kit/context.ts'
import type { Edit } from '../kit/files/edits.ts'
import { applyEdits, describeEdits } from '../kit/files/edits.ts'
import type { TextFile } from '../kit/files/text-file.ts'
import { assertMatch, readTextFile, replaceTextFile } from '../kit/files/text-file.ts'
import { withVaultLock } from './vault-lock.ts'
import type { Vault } from './vaults.ts'
import { absolute, assertWritable, findNote, openVault } from './vaults.ts'

type Asked = {
  vault?: string | undefined
  path: string
  if_match?: string | undefined
  dry_run: boolean
}

/** Reads, decides, writes and announces, while no other hub writes to the vault. */
export async function changeNote(
  ctx: Context,
  asked: Asked,
  decide: (file: TextFile) => Edit[],
): Promise<z.infer<typeof NoteWritten>> {
  const vault = await openVault(ctx, asked.vault)
  const path = await findNote(vault, asked.path, ctx.now())
  assertWritable(vault, path)
  const written = await withVaultLock(ctx, vault, async () => {
    const file = await readTextFile(await absolute(vault, path), path)
    assertMatch(file, asked.if_match, path)
    const edits = decide(file)
    const text = applyEdits(file.text, edits)
    if (text === file.text) return { path, etag: file.etag, changed: false }
    if (asked.dry_run)
      return { path, etag: file.etag, changed: false, diff: describeEdits(file.text, edits) }
    return { path, etag: replaceTextFile(file, text, path), changed: true }
  })
  if (written.changed) await announce(ctx, vault, path, 'note.changed')
  return written
}

/** Audits a change, tells who follows the note, and has the index look again. */
export async function announce(
  ctx: Context,
  vault: Vault,
  path: string,
  kind: string,
  data: Record<string, unknown> = {},
): Promise<void> {
  vault.index.tree.touch(path)
  await ctx.transaction(async (tx) => {
    const subject = `note:${vault.name}/${path}`
    await tx.event({
      kind,
      org: vault.config.org,
      subject,
      data: { vault: vault.name, path, ...data },
    })
    tx.about(subject)
  })
}
