import { describe, expect, onTestFinished, test } from 'vitest'
import { startWith, state } from '../helpers/upstreams.ts'
import { until } from '../helpers/hub.ts'
import { columns, nameOf, startUpstream } from '../probe/columns.ts'
import { rows } from '../probe/rows.ts'
import { openProbeClient } from '../probe/session.ts'

describe.each(columns.map((column) => ({ name: nameOf(column), column })))(
  '$name',
  ({ column }) => {
    test('the client gets all that the server has, as if nothing stood between', async () => {
      const upstream = await startUpstream(column, () => hub.call('up_probe_exit'))
      onTestFinished(() => upstream.stop())
      const hub = await startWith({ up: upstream.config })
      await until(async () => (await state(hub, 'up'))?.state === 'ready')
      for (const row of rows) {
        const probe = await openProbeClient(hub, column.client)
        const outcome = await row
          .holds({ ...probe, restart: upstream.restart })
          .catch((error: unknown) => String(error))
        await probe.client.close()
        expect(outcome, row.name).toBe(true)
      }
    })
  },
)
