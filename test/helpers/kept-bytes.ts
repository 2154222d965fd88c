import { readFileSync, readdirSync } from 'node:fs'
import { join } from 'node:path'

/** All that lies in the data directory of a hub, as bytes. */
export const keptBytes = (dataDir: string): Buffer =>
  Buffer.concat(
    readdirSync(dataDir, { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile())
      .map(({ parentPath, name }) => readFileSync(join(parentPath, name))),
  )
