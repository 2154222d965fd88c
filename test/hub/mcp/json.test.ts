import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import { parseMessage } from '../../../hub/rpc/json.ts'

test.each([
  ['two keys of one name', '{"a":1,"a":2}', /"a" is there twice/],
  ['two keys in a nested object', '{"params":{"arguments":{"x":[{"b":1,"c":2,"b":3}]}}}', /"b"/],
  ['the same key spelled with an escape', '{"admin":1,"\\u0061dmin":2}', /"admin"/],
  ['a key with a quote in it, twice', '{"a\\"b":1,"a\\"b":2}', /twice/],
  ['nesting that only serves to exhaust', `${'['.repeat(65)}${']'.repeat(65)}`, /64 levels/],
  ['what is no JSON', '{"a":1,}', /not JSON/],
])('%s is refused', (_what, text, why) => {
  expect(() => parseMessage(text)).toThrow(why)
})

test.each([
  ['equal keys of different objects', '{"a":{"x":1},"b":{"x":1},"c":[{"x":1},{"x":2}]}'],
  ['keys that stand in strings', '{"a":"\\"a\\":1,\\"a\\":2","b":"{\\"b\\":1"}'],
  ['a backslash at the end of a string', '{"a":"x\\\\","b":"y"}'],
  ['nesting up to the limit', `${'['.repeat(64)}${']'.repeat(64)}`],
  [
    'many keys',
    JSON.stringify(Object.fromEntries(Array.from({ length: 500 }, (_, n) => [`k${n}`, n]))),
  ],
])('%s pass', (_what, text) => {
  expect(parseMessage(text).value).toEqual(JSON.parse(text))
})

test('the arguments keep their own text: big numbers and spelling survive', () => {
  const args = '{ "n": 12345678901234567890, "f": 1.0, "s": "\\u00e9" }'
  const text = `{"id":1,"params":{"name":"x","arguments":${args},"_meta":{"arguments":{}}}}`
  expect(parseMessage(text).rawArguments).toBe(args)
})

test.each([
  ['{"arguments":{"a":1}}'],
  ['{"params":{"arguments":5,"x":{"y":{}}}}'],
  ['{"params":{"a":{"arguments":{"b":1}}}}'],
  ['{"params":[{"arguments":{"b":1}}]}'],
  ['{"other":{"arguments":{"b":1}}}'],
])('%s has no arguments of a request', (text) => {
  expect(parseMessage(text).rawArguments).toBeUndefined()
})

test('any JSON passes as it is, compact or spread out, and its arguments are found', () => {
  const json = fc.jsonValue({ maxDepth: 6 })
  const object = fc.dictionary(fc.string(), json, { maxKeys: 30 })
  fc.assert(
    fc.property(object, object, fc.constantFrom(0, 2), (args, rest, indent) => {
      const message = { ...rest, params: { ...rest, arguments: args, after: 1 } }
      const { value, rawArguments } = parseMessage(JSON.stringify(message, null, indent))
      expect(value).toEqual(JSON.parse(JSON.stringify(message)))
      expect(JSON.parse(rawArguments ?? '')).toEqual(JSON.parse(JSON.stringify(args)))
    }),
    { numRuns: 500 },
  )
})
