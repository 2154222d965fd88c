import { removeOld } from '../../hub/controllers/retention.ts'
import type { Retention } from '../../schemas/retention.ts'
import { ConfigFile } from '../../schemas/config.ts'
import { systemClock } from '../../servers/kit/clock.ts'
import type { TestHub } from './hub.ts'

const dayMs = 24 * 60 * 60_000

/** One round of retention, some days from now. */
export const round = ({ hub }: TestHub, days: number, limits: Partial<Retention> = {}) =>
  removeOld({
    store: hub.store,
    dataDir: hub.dataDir,
    config: () => ({ ...hub.config(), file: ConfigFile.parse({ retention: limits }) }),
    clock: { ...systemClock, now: () => hub.now() + days * dayMs },
    log: hub.log,
    signal: new AbortController().signal,
    call: (tool, args) => Promise.resolve({ tool, args }),
  })
