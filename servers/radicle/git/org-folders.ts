import { existsSync } from 'node:fs'
import { mkdir, readdir, readFile, rename, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { Reader } from '../../kit/sql.ts'
import { readRepository } from '../../kit/store/repositories.ts'

/**
 * Moves copies that lie beside each other, as they did in data directories of before, each into the
 * folder of its org. The worktrees learn the new place first, so a crash on the way is made good by
 * the next start.
 */
export async function moveToOrgFolders(dataDir: string, reader: Reader): Promise<void> {
  const root = join(dataDir, 'repos')
  for (const name of await readdir(root)) {
    if (!name.endsWith('.git')) continue
    const repository = await readRepository(reader, name.slice(0, -'.git'.length))
    if (!repository) continue // The doctor names it, and one whose place is taken.
    const [from, to] = [join(root, name), join(root, repository.org, name)]
    if (existsSync(to)) continue
    await relinkWorktrees(from, to)
    await mkdir(join(root, repository.org), { recursive: true })
    await rename(from, to)
  }
}

/** Git keeps both ends of the link between a copy and a worktree; this writes the worktree's. */
async function relinkWorktrees(from: string, to: string): Promise<void> {
  for (const name of await readdir(join(from, 'worktrees')).catch(() => [])) {
    const link = (await readFile(join(from, 'worktrees', name, 'gitdir'), 'utf8')).trim()
    if (!existsSync(link)) continue // That worktree was removed.
    await writeFile(link, `gitdir: ${join(to, 'worktrees', name)}\n`)
  }
}
