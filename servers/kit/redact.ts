/** Names of fields whose values nobody is shown: the audit trail and questions to people leave them out. */
export const secretName =
  /token|secret|passw|passphrase|api_?key|access_?key|private_?key|credential|authorization|cookie|invitation/i

// Credentials that say by their form what they are: ours, GitHub's, GitLab's, OpenAI's and the like, Slack's,
// AWS's, a JSON Web Token, the password in an address, a private key.
const secretForms =
  /\b(?:sy_[\w-]{20,}|gh[pousr]_\w{20,}|github_pat_\w{20,}|glpat-[\w-]{16,}|sk-[\w-]{20,}|xox[abeprs]-[\w-]{10,}|AKIA[0-9A-Z]{16}|eyJ[\w-]{10,}\.eyJ[\w-]{10,}\.[\w-]+)|(?<=:\/\/[^\s/:@]{0,100}:)[^\s/@]{1,200}(?=@)|-----BEGIN [A-Z ]*PRIVATE KEY-----[\s\S]*?(?:-----END [A-Z ]*PRIVATE KEY-----|$)/g

export const hidden = '[hidden]'

/** A text without what has the form of a credential. */
export const textWithoutSecrets = (text: string): string => text.replace(secretForms, hidden)

/** The same value without what is called, or has the form of, a secret. */
const withoutSecrets = (value: unknown): unknown => copy(value, false, Infinity)

/**
 * A value as people are shown it: without secrets, and at most `maxChars` as JSON. `isCut` says that it is
 * not shown whole, which whoever decides on it has to know.
 */
export function shownValue(value: unknown, maxChars: number): { shown: unknown; isCut: boolean } {
  const whole = withoutSecrets(value)
  if (lengthOf(whole) <= maxChars) return { shown: whole, isCut: false }
  for (const mostInText of [maxChars / 4, 1000, 100]) {
    const shown = copy(value, false, Math.round(mostInText))
    if (lengthOf(shown) <= maxChars) return { shown, isCut: true }
  }
  // Not a few long texts but very many fields: their beginning is all that can be shown.
  return { shown: JSON.stringify(whole).slice(0, maxChars), isCut: true }
}

const lengthOf = (value: unknown): number => JSON.stringify(value)?.length ?? 0

const maxDepth = 40

function copy(value: unknown, isSecret: boolean, mostInText: number, depth = 0): unknown {
  if (typeof value === 'string') {
    if (isSecret) return hidden
    const text = textWithoutSecrets(value)
    return text.length > mostInText
      ? `${text.slice(0, mostInText)}… (${text.length} characters)`
      : text
  }
  if (typeof value !== 'object' || value === null) return value
  if (depth > maxDepth) return '…'
  if (Array.isArray(value))
    return value.map((item: unknown) => copy(item, isSecret, mostInText, depth + 1))
  return Object.fromEntries(
    Object.entries(value).map(([key, field]: [string, unknown]) => [
      key,
      copy(field, isSecret || secretName.test(key), mostInText, depth + 1),
    ]),
  )
}
