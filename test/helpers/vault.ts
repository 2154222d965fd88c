import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { VaultConfig } from '../../schemas/vault.ts'
import { makeFolder } from './folder.ts'
import type { TestHub } from './hub.ts'
import { startHub } from './hub.ts'
import { writeFiles } from './repo.ts'

/** A vault with these files, and a hub that has it as `notes`. */
export async function startVault(
  files: Record<string, string>,
  config: Partial<VaultConfig> = { write: ['/'] },
): Promise<TestHub & { root: string; read(path: string): string }> {
  const root = makeFolder('vault')
  writeFiles(root, files)
  const hub = await startHub({ data: dataWith({ notes: { path: root, ...config } }) })
  return { ...hub, root, read: (path) => readFileSync(join(root, path), 'utf8') }
}

/** A data directory whose configuration names these vaults. */
export function dataWith(vaults: Record<string, { path: string } & Partial<VaultConfig>>): string {
  const data = makeFolder('hub')
  writeFileSync(join(data, 'switchyard.json'), JSON.stringify({ vaults }))
  return data
}
