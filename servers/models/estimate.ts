/** At least so many bytes of text make a token in the tokenizers in use; code and CJK come close to it. */
const bytesPerToken = 3
const tokensPerFile = 2000
const longData = 10_000

/**
 * Tokens that a prompt may come to, on the high side: what is held back for a call before the provider
 * has counted them. A file in it counts as a picture does.
 */
export function estimateTokens(value: unknown): number {
  let files = 0
  const text = JSON.stringify(value, (_key, part: unknown) => {
    if (typeof part !== 'string' || part.length < longData || /\s/.test(part.slice(0, 2000)))
      return part
    files++
    return ''
  })
  return Math.ceil(Buffer.byteLength(text ?? '') / bytesPerToken) + files * tokensPerFile
}
