import { execFileSync } from 'node:child_process'
import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import type { TestContext } from 'vitest'
import { onTestFinished } from 'vitest'
import { makeFolder } from './folder.ts'

/** A folder on a file system of a few MiB, or a skipped test where none may be mounted. */
export function makeSmallDisk(
  context: TestContext,
  mib: number,
): { folder: string; grow(mib: number): void } {
  const folder = join(makeFolder(), 'small')
  mkdirSync(folder)
  try {
    execFileSync('mount', ['-t', 'tmpfs', '-o', `size=${mib}m`, 'tmpfs', folder], {
      stdio: 'ignore',
    })
  } catch {
    context.skip('this machine lets no test mount a small file system')
  }
  onTestFinished(() => void execFileSync('umount', ['-l', folder]))
  return {
    folder,
    grow: (size) => void execFileSync('mount', ['-o', `remount,size=${size}m`, folder]),
  }
}
