import type { RE2JS as Compiled } from 're2js'
import { HubError } from '../../../schemas/errors.ts'
import { re2 } from '../../kit/lazy.ts'
import { coreOf } from './pattern-core.ts'
import type { Pattern } from './values.ts'

const maxChars = 1000

/**
 * A regular expression that takes time in proportion to the text, whatever it says: RE2's syntax,
 * without look-around and back-references. Patterns come from callers and from files.
 */
export function compilePattern(
  source: string,
  flags = '',
): Pattern & { find(text: string): { start: number; end: number } | undefined } {
  if (source.length > maxChars)
    throw new HubError(
      'unsupported',
      `a regular expression of ${source.length} characters; the most is ${maxChars}`,
    )
  const odd = /[^gimsuy]/.exec(flags)?.[0]
  if (odd !== undefined)
    throw new HubError('unsupported', `the flag ${odd} of a regular expression`)
  const { RE2JS } = re2()
  let bits = 0
  if (flags.includes('i')) bits |= RE2JS.CASE_INSENSITIVE
  if (flags.includes('m')) bits |= RE2JS.MULTILINE
  if (flags.includes('s')) bits |= RE2JS.DOTALL
  let compiled: Compiled
  try {
    compiled = RE2JS.compile(source, bits)
  } catch (error) {
    throw new HubError(
      'unsupported',
      `the regular expression /${source.slice(0, 100)}/: ${error instanceof Error ? error.message : String(error)}`,
      {
        hint: 'Look-around and back-references are left out, since they can take for ever.',
        cause: error,
      },
    )
  }
  const core = coreOf(source, flags)
  return {
    kind: 'regex',
    test: (text) => compiled.matcher(text).find(),
    replace: (text, by) =>
      flags.includes('g')
        ? compiled.matcher(text).replaceAll(by)
        : compiled.matcher(text).replaceFirst(by),
    split: (text) => compiled.split(text),
    find(text) {
      let from = 0
      if (core) {
        const { lead, runs, isWhole } = core
        const first = lead && placeOf(lead, text)
        if ((lead && !first) || runs.some((run) => run !== lead && !placeOf(run, text)))
          return undefined
        if (isWhole) return first
        from = first?.start ?? 0 // No match begins earlier.
      }
      const matcher = compiled.matcher(text)
      return matcher.find(from) ? { start: matcher.start(), end: matcher.end() } : undefined
    },
  }
}

function placeOf(run: RegExp, text: string): { start: number; end: number } | undefined {
  run.lastIndex = 0
  const found = run.exec(text)
  return found ? { start: found.index, end: found.index + found[0].length } : undefined
}
