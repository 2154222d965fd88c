import { existsSync } from 'node:fs'
import { delimiter, join } from 'node:path'
import { expect, test } from 'vitest'
import { assertRecent } from '../../../servers/radicle/providers/radicle/rad.ts'
import { failure, startHub } from '../../helpers/hub.ts'
import { makePerson, makeProvidedRepository, makeRadRepo } from '../../helpers/radicle/person.ts'
import { recorded, transcriptOf } from '../../helpers/radicle/transcript.ts'
import { providerContract } from './provider-contract.ts'
import { radicleKeys } from './radicle-keys.ts'
import { radicleScenarios } from './radicle-scenarios.ts'

const double = join(import.meta.dirname, '../../helpers/radicle/double')
const path = process.env.PATH ?? ''
process.env.PATH = [double, path].join(delimiter)

providerContract('radicle', makeProvidedRepository)
radicleScenarios()
radicleKeys()

test('the double says what the real Radicle said when it was recorded', async () => {
  expect(await transcriptOf()).toBe(recorded())
})

test.each([
  ['rad 1.7.1 (5e1d2b0)', true],
  ['rad 0.9.0', true],
  ['rad 1.8.0 (5e1d2b0)', false],
  ['rad 1.10.0-rc.1 (5e1d2b0)', false],
  ['rad unknown (unknown)', false],
])('%s: is it too old? %s', (said, isOld) => {
  const check = () => assertRecent(said)
  if (isOld) expect(check).toThrow(`${said} is too old: Radicle 1.8.0 is needed`)
  else expect(check).not.toThrow()
})

test('without rad the error says how to get it', async () => {
  const { path: repo } = await makeRadRepo(await makePerson('alice'))
  const hub = await startHub()
  const create = () => hub.call('branch_create', { repo, task: 'task-one' })
  try {
    process.env.PATH = path
      .split(delimiter)
      .filter((folder) => !existsSync(join(folder, 'rad')))
      .join(delimiter)
    expect(await failure(create())).toMatchObject({
      code: 'unsupported',
      message: 'the program rad is not on the PATH of the hub',
      hint: expect.stringContaining('cargo install --locked radicle-cli radicle-node') as string,
    })
  } finally {
    process.env.PATH = [double, path].join(delimiter)
  }
})
