import type { Price } from '../../../schemas/budget.ts'

/** Billionths of a US dollar in one. */
export const nanoUsd = 1_000_000_000

export type Usage = { inputTokens: number; outputTokens: number; cachedTokens: number }

const free: Price = { inputUsd: 0, outputUsd: 0 }

/** What a model costs, if that is known: the own ones nothing, others what the configuration says. */
export function priceOf(prices: Record<string, Price>, model: string): Price | undefined {
  if (Object.hasOwn(prices, model)) return prices[model]
  const provider = model.split('/')[0]
  return provider === 'scripted' || provider === 'ollama' ? free : undefined
}

/** The cost of a call in billionths of a US dollar; a price below a millionth of a cent is lost. */
export function costOf(price: Price, { inputTokens, outputTokens, cachedTokens }: Usage): number {
  const cached = Math.min(cachedTokens, inputTokens)
  return (
    (inputTokens - cached) * nanoOf(price.inputUsd) +
    cached * nanoOf(price.cachedInputUsd ?? price.inputUsd) +
    outputTokens * nanoOf(price.outputUsd)
  )
}

/** The price of one token, from that of a million. */
export const nanoOf = (usdPerMillion: number): number =>
  Math.round((usdPerMillion * nanoUsd) / 1_000_000)
