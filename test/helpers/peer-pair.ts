import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Peer } from '../../schemas/peer.ts'
import { makeFolder } from './folder.ts'
import type { TestHub } from './hub.ts'
import { startHub, until } from './hub.ts'

export const quiet = { logLevel: 'silent', dispatch: 'local', isolation: 'auto' } as const

/** Two hubs; ada may give work to bob, whose pods are isolated as well as this machine can. */
export async function startPair(
  role = 'developer',
  dispatch: 'local' | 'off' = 'local',
  config: object = {},
): Promise<{ ada: TestHub; bob: TestHub }> {
  const data = makeFolder('ada')
  writeFileSync(join(data, 'switchyard.json'), JSON.stringify(config))
  const ada = await startHub({ ...quiet, data })
  const bob = await startHub({ ...quiet, dispatch })
  const { invitation } = await bob.call<{ invitation: string }>('peer_invite', { role })
  await ada.call('peer_add', { invitation, name: 'bob', as: 'ada' })
  await until(async () =>
    (await ada.call<{ items: Peer[] }>('peer_list')).items.some(({ state }) => state === 'ready'),
  )
  return { ada, bob }
}
