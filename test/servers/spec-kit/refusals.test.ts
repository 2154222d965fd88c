import { expect, test } from 'vitest'
import { specKit } from '../../../servers/spec-kit/index.ts'
import { guestOf } from '../../helpers/guest.ts'
import { failure, startHub } from '../../helpers/hub.ts'
import { makeSpecProject } from '../../helpers/spec-project.ts'

const absent = { feature: '009-absent' }

/** For each tool: arguments that it refuses, and the code it refuses them with. */
const refusals: Record<string, [Record<string, unknown>, string]> = {
  spec_list: [{ project: '../other' }, 'denied'],
  spec_read: [absent, 'not_found'],
  spec_create: [{ description: '!!!' }, 'invalid'],
  spec_patch: [{ feature: '001', document: 'plan.md', op: 'append', content: 'x' }, 'not_found'],
  spec_check: [absent, 'not_found'],
  spec_trace: [{ feature: '001', ref: 'FR-999' }, 'not_found'],
  spec_task_list: [absent, 'not_found'],
  spec_task_next: [absent, 'not_found'],
  spec_task_update: [{ feature: '001', tasks: ['T999'], state: 'open' }, 'not_found'],
  spec_task_append: [{ feature: '001', tasks: [{ text: 'More' }], phase: 'None' }, 'not_found'],
}

test('each tool refuses callers without its scope, and says what is wrong with a call', async () => {
  const hub = await startHub()
  const { repo } = await makeSpecProject(hub)
  const guest = await guestOf(hub)
  const viewer = await hub.as('eve', 'viewer')
  expect(Object.keys(refusals).toSorted()).toEqual(specKit.tools.map(({ name }) => name).toSorted())
  for (const { name, scope } of specKit.tools) {
    const [more, code] = refusals[name] ?? [{}, '']
    const args = { repo, ...more }
    expect(await failure(guest.call(name, args)), name).toMatchObject({ code: 'denied' })
    const expected = scope === 'spec:write' ? 'denied' : code
    expect(await failure(viewer.call(name, args)), name).toMatchObject({ code: expected })
    expect(await failure(hub.call(name, args)), name).toMatchObject({ code })
  }
})

test('a checklist is changed by people alone', async () => {
  const hub = await startHub()
  const at = await makeSpecProject(hub, {
    'specs/001-login/checklists/ux.md': '# UX\n\n- [ ] CHK001 one\n',
  })
  const dora = await hub.as('dora', 'developer')
  const args = { ...at, document: 'checklists/ux.md', op: 'append', content: '- [ ] CHK002 two' }
  expect(await dora.call('spec_patch', args)).toMatchObject({ changed: true })
})
