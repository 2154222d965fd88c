import { expect, test } from 'vitest'
import type { Peer } from '../../schemas/peer.ts'
import type { TestHub } from '../helpers/hub.ts'
import { failure, startHub, until } from '../helpers/hub.ts'

type Invitation = { invitation: string }

const peers = async (hub: TestHub) => (await hub.call<{ items: Peer[] }>('peer_list')).items

test('a hub does not join itself, and a joining that fails leaves half a peer on neither side', async () => {
  const [ada, bob] = [
    await startHub({ logLevel: 'silent' }),
    await startHub({ logLevel: 'silent' }),
  ]
  const credentials = async () =>
    (await ada.call<{ items: { label: string }[] }>('token_list')).items.filter(
      ({ label }) => label !== 'peer invitation',
    )
  for (const mutual of [false, true]) {
    const { invitation } = await ada.call<Invitation>('peer_invite', { mutual })
    expect(
      await failure(ada.call('peer_add', { invitation, name: 'self', as: 'self' })),
    ).toMatchObject({ code: 'invalid', message: 'this hub made the invitation itself' })
  }
  const asked = { mutual: true }
  const invitations = await Promise.all([
    bob.call<Invitation>('peer_invite', asked),
    bob.call<Invitation>('peer_invite', asked),
  ])
  const joined = await Promise.allSettled(
    invitations.map(({ invitation }, at) =>
      ada.call('peer_add', { invitation, name: 'bob', as: `ada${at}` }),
    ),
  )
  expect(joined.map(({ status }) => status).sort()).toEqual(['fulfilled', 'rejected'])
  expect(await peers(ada)).toHaveLength(1)
  expect(await peers(bob)).toHaveLength(1)
  expect(await credentials()).toHaveLength(1)
  const { invitation } = await bob.call<Invitation>('peer_invite', asked)
  const nobody = invitation.replace(/:\d+/, ':1')
  expect(
    await failure(ada.call('peer_add', { invitation: nobody, name: 'x', as: 'x' })),
  ).toMatchObject({
    code: 'unavailable',
    message: 'the hub at http://127.0.0.1:1/mcp does not answer',
    hint: expect.stringContaining('Nothing was kept here') as unknown,
  })
  const taken = (await peers(bob))[0]?.name
  expect(
    await failure(ada.call('peer_add', { invitation, name: 'bob2', as: taken })),
  ).toMatchObject({ code: 'conflict' })
  expect(await credentials()).toHaveLength(1)
})

test('a peer that removed this hub is said to grant it no access any more', async () => {
  const [ada, bob] = [
    await startHub({ logLevel: 'silent' }),
    await startHub({ logLevel: 'silent' }),
  ]
  const { invitation } = await bob.call<Invitation>('peer_invite')
  await ada.call('peer_add', { invitation, name: 'bob', as: 'ada' })
  await until(async () => (await peers(ada))[0]?.state === 'ready')
  await bob.call('peer_remove', { name: 'ada' })
  expect(await failure(ada.call('bob_whoami'))).toMatchObject({
    code: 'denied',
    message:
      'bob does not grant this hub access any more: it answered 401: the bearer token is unknown, expired or revoked',
    hint: expect.stringContaining('peer_remove') as unknown,
  })
  const [peer] = await peers(ada)
  expect(peer).toMatchObject({
    state: 'degraded',
    reason: expect.stringContaining('does not grant this hub access any more') as unknown,
  })
})
