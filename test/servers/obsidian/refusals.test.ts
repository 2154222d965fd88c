import { expect, test } from 'vitest'
import { obsidian } from '../../../servers/obsidian/index.ts'
import { guestOf } from '../../helpers/guest.ts'
import { failure } from '../../helpers/hub.ts'
import { startVault } from '../../helpers/vault.ts'

const missing = { path: 'Missing' }

/** For each tool: arguments that it refuses, and the code it refuses them with. */
const refusals: Record<string, [Record<string, unknown>, string]> = {
  vault_read: [{ vault: 'other' }, 'not_found'],
  note_search: [{ query: '(a' }, 'invalid'],
  note_read: [missing, 'not_found'],
  note_links: [missing, 'not_found'],
  note_picture: [{ path: 'A.md' }, 'unsupported'],
  note_create: [{ path: 'A', content: 'x' }, 'conflict'],
  note_patch: [{ ...missing, op: 'append', content: 'x' }, 'not_found'],
  note_property: [{ ...missing, set: { a: 1 } }, 'not_found'],
  note_checkbox: [{ path: 'A', text: 'absent', mark: 'x' }, 'not_found'],
  note_move: [{ from: 'Missing', to: 'B' }, 'not_found'],
  note_delete: [{ ...missing, if_match: 'x' }, 'not_found'],
  queryset_list: [{ vault: 'other' }, 'not_found'],
  queryset_run: [{ name: 'absent' }, 'not_found'],
}

test('each tool refuses callers without its scope, and says what is wrong with a call', async () => {
  const vault = await startVault({ 'A.md': 'a' })
  const guest = await guestOf(vault)
  const viewer = await vault.as('eve', 'viewer')
  expect(Object.keys(refusals).toSorted()).toEqual(
    obsidian.tools.map(({ name }) => name).toSorted(),
  )
  for (const { name, scope } of obsidian.tools) {
    const [args, code] = refusals[name] ?? [{}, '']
    expect(await failure(guest.call(name, args)), name).toMatchObject({ code: 'denied' })
    const expected = scope === 'note:write' ? 'denied' : code
    expect(await failure(viewer.call(name, args)), name).toMatchObject({ code: expected })
    expect(await failure(vault.call(name, args)), name).toMatchObject({ code })
  }
  expect(vault.read('A.md')).toBe('a')
})
