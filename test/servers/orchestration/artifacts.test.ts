import { expect, test } from 'vitest'
import type { Artifact } from '../../../schemas/artifact.ts'
import { failure, startHub } from '../../helpers/hub.ts'
import { keepArtifact } from '../../helpers/run-task.ts'

type Page = { items: Artifact[]; next?: string }

test('the newest artifacts of all tasks are listed, by name and by pages, within the orgs of the caller', async () => {
  const hub = await startHub()
  const kept = []
  for (const name of ['one.txt', 'two.txt', 'Three_shot.png'])
    kept.push(await keepArtifact(hub, { name, data: name }))
  await keepArtifact(hub, { name: 'secret.txt', data: 'x' }, 'other')
  const ada = await hub.as('ada', 'developer')
  const list = (args: object = {}) => ada.call<Page>('artifact_list', { ...args })
  const names = ({ items }: Page) => items.map(({ name }) => name)
  expect(names(await list())).toEqual(['Three_shot.png', 'two.txt', 'one.txt'])
  expect(names(await hub.call('artifact_list'))).toContain('secret.txt')
  expect(names(await list({ name: 'T_SHOT' }))).toEqual([])
  expect(names(await list({ name: 'e_SHOT' }))).toEqual(['Three_shot.png'])
  const first = await list({ limit: 2 })
  expect(names(first)).toEqual(['Three_shot.png', 'two.txt'])
  expect(await list({ limit: 2, cursor: first.next })).toEqual({ items: [kept[0]] })
  expect(await list({ task: kept[1]?.task })).toEqual({ items: [kept[1]] })
  expect(await failure(list({ cursor: 'nonsense!' }))).toMatchObject({ code: 'invalid' })
})
