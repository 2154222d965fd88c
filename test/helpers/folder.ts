import { existsSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { onTestFinished } from 'vitest'
import { sweepPods } from '../../servers/cluster/drivers/clean-up.ts'

/** A folder of its own for a test, gone when the test is over. */
export function makeFolder(name = 'test'): string {
  const folder = mkdtempSync(join(tmpdir(), `switchyard-${name}-`))
  onTestFinished(async () => {
    const pods = join(folder, 'pods')
    // Pods outlive a hub that is killed. Node loops for ever where its compile cache is removed under it.
    if (existsSync(pods)) await sweepPods(pods, new Set())
    rmSync(folder, { recursive: true, force: true, maxRetries: 5 })
  })
  return folder
}
