import type { Params } from './protocol.ts'

/** A result, and its own text where the message that brought it allowed to cut it out. */
export type Reply = { result: Params; raw: string | undefined }

const none: Record<string, unknown> = {}

/** An answer of one era in the form of the other, as text. What neither era names passes unchanged. */
export function resultText(
  { result, raw }: Reply,
  modern: boolean,
  whenMissing: Record<string, unknown> = none,
): string {
  if (modern) {
    if (whenMissing === none && 'resultType' in result) return raw ?? JSON.stringify(result)
    const lead = Object.entries({ resultType: 'complete', ...whenMissing })
      .filter(([key]) => !(key in result))
      .map(([key, value]) => `${JSON.stringify(key)}:${JSON.stringify(value)}`)
      .join()
    const body = raw ?? JSON.stringify(result)
    if (lead === '') return body
    return Object.keys(result).length === 0 ? `{${lead}}` : `{${lead},${body.slice(1)}`
  }
  if (!('resultType' in result)) return raw ?? JSON.stringify(result)
  const usual = '{"resultType":"complete",'
  if (raw?.startsWith(usual)) return `{${raw.slice(usual.length)}`
  const { resultType: _era, ...rest } = result
  return JSON.stringify(rest)
}
