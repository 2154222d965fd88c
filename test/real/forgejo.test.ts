import { writeFileSync } from 'node:fs'
import { afterAll } from 'vitest'
import type { Exchange } from '../helpers/forgejo/exchanges.ts'
import { makeForgeRepository } from '../helpers/forgejo/forge.ts'
import { realForge } from '../helpers/forgejo/real.ts'
import { record } from '../helpers/forgejo/recorder.ts'
import { forgejoScenarios } from '../servers/radicle/forgejo-scenarios.ts'
import { providerContract } from '../servers/radicle/provider-contract.ts'

const exchanges = new Map<string, Exchange>()
const start = () => record(realForge(), exchanges)

providerContract('forgejo', async () => makeForgeRepository(await start()))
forgejoScenarios(start)

/** With `SWITCHYARD_TEST_RECORD=FILE`, what the double is held against is written anew. */
afterAll(() => {
  const { SWITCHYARD_TEST_RECORD: file } = process.env
  if (file === undefined) return
  const sorted = [...exchanges.values()].toSorted((a, b) =>
    `${a.request} ${a.status}`.localeCompare(`${b.request} ${b.status}`),
  )
  writeFileSync(file, `${JSON.stringify({ of: 'Gitea 1.26.0', exchanges: sorted }, null, 2)}\n`)
})
