import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import { HubError } from '../../schemas/errors.ts'
import { startHub } from '../helpers/hub.ts'
import { makeRepo } from '../helpers/repo.ts'

type Listed = { name: string; inputSchema: { properties?: Record<string, Property> } }
type Property = { type?: string; enum?: string[]; minimum?: number; maximum?: number }

const runs = 3000

test('whatever the arguments, a tool answers with a result or a typed error, never with a bug', async () => {
  const hub = await startHub({ logLevel: 'silent' })
  const repo = await makeRepo()
  const { id: task } = await hub.call<{ id: string }>('task_submit', { template: 'ci', repo })
  // What would only make the test slow or end it: waiting, and running programs.
  const tools = (await hub.client.listTools<Listed>()).filter(
    ({ name }) => !['pod_run', 'token_revoke'].includes(name),
  )
  const strings = fc.oneof(
    fc.string(),
    fc.constantFrom(
      task,
      repo,
      'main',
      '',
      '../..',
      '\0',
      '--help',
      'HEAD',
      '0'.repeat(40),
      '💥',
      'a'.repeat(5000),
    ),
  )
  const anything = fc.oneof(
    strings,
    fc.integer(),
    fc.double(),
    fc.boolean(),
    fc.constant(null),
    fc.array(strings, { maxLength: 3 }),
    fc.dictionary(strings, strings, { maxKeys: 3 }),
  )
  const fitting = ({
    type,
    enum: options,
    minimum = -5,
    maximum = 1000,
  }: Property): fc.Arbitrary<unknown> => {
    if (options) return fc.constantFrom(...options)
    if (type === 'integer')
      return fc.integer({ min: minimum, max: Math.max(minimum, Math.min(maximum, minimum + 1000)) })
    if (type === 'boolean') return fc.boolean()
    return type === 'string' ? strings : anything
  }
  const call = fc.constantFrom(...tools).chain(({ name, inputSchema }) => {
    const entries = Object.entries(inputSchema.properties ?? {}).filter(
      ([field]) => !/wait_ms|timeout_ms/.test(field),
    )
    const fields = Object.fromEntries(
      entries.map(([field, property]) => [
        field,
        fc.oneof({ weight: 5, arbitrary: fitting(property) }, anything),
      ]),
    )
    return fc.record({ name: fc.constant(name), args: fc.record(fields, { requiredKeys: [] }) })
  })
  await fc.assert(
    fc.asyncProperty(call, async ({ name, args }) => {
      const waits = name === 'task_wait' ? { wait_ms: 0 } : {}
      try {
        await hub.call(name, { ...args, ...waits })
      } catch (error) {
        if (!(error instanceof HubError)) throw error
        if (error.code === 'internal')
          throw new Error(`${name}: ${error.message}`, { cause: error })
      }
    }),
    { numRuns: runs, interruptAfterTimeLimit: 45_000 },
  )
  expect(await hub.call('audit_verify')).toMatchObject({ intact: true })
})
