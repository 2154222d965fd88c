import { expect, test } from 'vitest'
import { failure } from '../../helpers/hub.ts'
import { startPair } from '../../helpers/peer-pair.ts'
import { makeRepo } from '../../helpers/repo.ts'

const work = { template: 'command', command: 'true' }

test('a task for a peer or a cluster that is none is refused, with what was meant', async () => {
  const { ada } = await startPair('developer', 'off')
  const refused = (requirements: object, more: object = {}) =>
    failure(ada.call('task_submit', { ...work, requirements, ...more }))
  expect(await refused({ hub: 'bbo' })).toMatchObject({
    code: 'not_found',
    message: 'there is no peer "bbo"',
    hint: 'Did you mean bob?',
  })
  expect(await refused({ cluster: 'moon' })).toMatchObject({
    code: 'not_found',
    hint: 'cluster_list shows those that are.',
  })
  expect(await refused({ hub: 'bob' }, { repo: await makeRepo() })).toMatchObject({
    code: 'invalid',
    hint: expect.stringContaining('requirements.hubRepo') as string,
  })
  // The clusters of a peer are its own.
  await ada.call('task_submit', { ...work, requirements: { hub: 'bob', cluster: 'moon' } })
})
