// Secrets do not enter the index: what is not stored cannot be handed to a model. Each pattern takes
// time in proportion to the text.
const patterns: [string, RegExp][] = [
  [
    'private key',
    /-----BEGIN [A-Z ]*PRIVATE KEY-----[\s\S]*?(?:-----END [A-Z ]*PRIVATE KEY-----|$)/g,
  ],
  ['AWS key', /\b(?:AKIA|ASIA)[A-Z0-9]{16}\b/g],
  ['GitHub token', /\b(?:gh[pousr]_[A-Za-z0-9]{36,251}|github_pat_[A-Za-z0-9_]{22,251})\b/g],
  ['GitLab token', /\bglpat-[\w-]{20,60}/g],
  ['Slack token', /\bxox[abprs]-[A-Za-z0-9-]{10,200}/g],
  ['API key', /\bsk-(?:ant-|proj-)?[A-Za-z0-9_-]{20,200}/g],
  ['Google key', /\bAIza[\w-]{35}\b/g],
  ['npm token', /\bnpm_[A-Za-z0-9]{36}\b/g],
  ['Stripe key', /\b[rs]k_live_[A-Za-z0-9]{20,100}/g],
  ['JSON web token', /\beyJ[\w-]{10,2000}\.eyJ[\w-]{10,4000}\.[\w-]{10,2000}/g],
  ['password in a URL', /(?<=\b[a-z][a-z0-9+.-]{1,20}:\/\/[^\s:/@]{1,100}:)[^\s:/@]{3,200}(?=@)/g],
]
const assigned =
  /((?:pass(?:word|wd)?|secret|token|api[_-]?key|access[_-]?key|client[_-]?secret|auth[_-]?key)["']?[ \t]{0,4}(?::|=|:=)[ \t]{0,4})(["'`]?)([^\s"'`,;<>(){}$]{8,200})\2/gi

/** The text with secrets replaced by what kind of secret stood there, and how many there were. */
export function redact(text: string): { text: string; count: number } {
  let count = 0
  let clean = text
  for (const [kind, pattern] of patterns) {
    clean = clean.replace(pattern, (found) => {
      count++
      return `[redacted ${kind}]${'\n'.repeat(found.split('\n').length - 1)}` // Line numbers stay.
    })
  }
  clean = clean.replace(assigned, (whole, lead: string, quote: string, value: string) => {
    if (!looksRandom(value)) return whole
    count++
    return `${lead}${quote}[redacted value]${quote}`
  })
  return { text: clean, count }
}

/** Names of variables and words are no secrets: those mix kinds of characters. */
function looksRandom(value: string): boolean {
  if (value.startsWith('[redacted')) return false
  const kinds = [/[a-z]/, /[A-Z]/, /\d/, /[^A-Za-z\d]/].filter((kind) => kind.test(value)).length
  return (
    kinds >= 3 ||
    (/\d/.test(value) && value.length >= 16 && kinds >= 2 && !/[._-][a-z]/.test(value))
  )
}

const secretFiles =
  /(?:^|\/)(?:\.env(?:\.[\w-]+)?|id_(?:rsa|dsa|ecdsa|ed25519)|\.netrc|\.npmrc|\.pypirc|credentials|\.git-credentials|[^/]*\.(?:pem|key|p12|pfx|jks|keystore|kdbx))$/i

/** Files that exist to hold secrets are not read at all. */
export const isSecretFile = (path: string): boolean =>
  secretFiles.test(path) && !/\.(?:example|sample|template)$/i.test(path)
