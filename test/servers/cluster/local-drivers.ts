import { mkdirSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { makeLogger } from '../../../hub/log.ts'
import type { Config } from '../../../schemas/config.ts'
import { ConfigFile, readSettings } from '../../../schemas/config.ts'
import type { LocalIsolation } from '../../../servers/cluster/drivers/isolation/isolation.ts'
import { chooseIsolation, isolate } from '../../../servers/cluster/drivers/isolation/isolation.ts'
import { LocalDriver } from '../../../servers/cluster/drivers/local.ts'
import { codeRoot } from '../../../servers/kit/code-root.ts'
import { makeFolder } from '../../helpers/folder.ts'

/** A data directory as a hub makes it. */
export function makeDataDir(): string {
  const dataDir = makeFolder('cluster')
  for (const name of ['pods', 'work', 'repos', 'run']) mkdirSync(join(dataDir, name))
  return dataDir
}

/** Drivers over one data directory. */
export function localDrivers(isolation: LocalIsolation, id = 'local'): () => LocalDriver {
  const dataDir = makeDataDir()
  const config: Config = { ...readSettings({}, { isolation }), file: ConfigFile.parse({}) }
  const log = makeLogger('silent')
  return () => new LocalDriver({ id, config: () => config, dataDir, codeRoot, log })
}

/** The levels of isolation that this machine offers; asked once, before any test runs. */
export const offered: LocalIsolation[] = []
const dataDir = mkdtempSync(join(tmpdir(), 'switchyard-levels-'))
// Its keys, from the weakest.
for (const level of Object.keys(isolate).reverse() as LocalIsolation[])
  await chooseIsolation(level, { dataDir, codeRoot, signal: new AbortController().signal }).then(
    () => offered.push(level),
    () => undefined, // It does not work here.
  )
rmSync(dataDir, { recursive: true })
