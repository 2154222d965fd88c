import { expect, test } from 'vitest'
import { branchOf, label, shapeOf } from '../../web/parts/form-shape.ts'
import { span } from '../../web/parts/milliseconds.ts'
import { readShape } from '../../web/parts/shape.ts'

test.each<[string, number, number, string[]]>([
  ['2 CPU, 4 GiB, 1 GPU', 2, 4096, ['gpu']],
  ['0.5 cores 512 MiB', 0.5, 512, []],
  ['4GB; arch:arm64', 1, 4096, ['arch:arm64']],
  ['0 GPU', 1, 1024, []],
  [' , ', 1, 1024, []],
])('%s is read as what a pod should have', (text, cpus, memoryMb, tags) => {
  expect(readShape(text)).toEqual({ resources: { cpus, memoryMb }, tags })
})

test.each(['4 elephants', '-1 CPU', '<img>', '2'])('%s is said to be no amount', (text) => {
  expect(readShape(text)).toContain('is no amount')
})

test('a schema is drawn by what it says, and what cannot be drawn is typed as JSON', () => {
  const kinds = [
    { type: 'string' },
    { type: 'array', items: { enum: ['a', 'b'], type: 'string' } },
    { type: 'object', additionalProperties: {} },
    { type: 'object', properties: { a: {} }, additionalProperties: {} },
    { anyOf: [{ type: 'string' }, { type: 'string', const: '*' }] },
    { anyOf: [{ type: 'string' }, { type: 'null' }] },
    { type: ['string', 'null'] },
    { $ref: '#/$defs/other' },
    {},
  ].map((schema) => shapeOf(schema).kind)
  expect(kinds).toEqual([
    'text',
    'several',
    'record',
    'json',
    'text',
    'choice',
    'json',
    'json',
    'any',
  ])
})

test('a value is of the branch that it fits, told apart by its constant', () => {
  const on = (kind: string) => ({
    type: 'object',
    properties: { kind: { const: kind }, branch: { type: 'string' } },
  })
  const branches = [on('manual'), on('push'), { type: 'null' }]
  const places = [{ kind: 'push', branch: 'main' }, null, { kind: 'other' }]
  expect(places.map((value) => branchOf(branches, value))).toEqual([1, 2, 0])
})

test('names of fields are read as words, with their units', () => {
  const names = ['timeout_ms', 'memoryMb', 'costUsd', 'url', 'constructor', 'gpus']
  expect(names.map((name) => label(name))).toEqual([
    'Timeout in milliseconds',
    'Memory MiB',
    'Cost USD',
    'URL',
    'Constructor',
    'GPUs',
  ])
  expect(label('ttl_ms', true)).toBe('Time to live')
})

test.each([
  [0, 'no time'],
  [250, '250 milliseconds'],
  [60_000, '1 minute'],
  [129_600_000, '1 day 12 hours'],
  [61_500, '1 minute 1 second'],
  [86_400_500, '1 day'],
])('%i milliseconds are said as %s', (ms, said) => {
  expect(span(ms)).toBe(said)
})
