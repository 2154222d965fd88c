import type { FindingLevel } from '../../schemas/report.ts'

/** A format that secrets have. Where a pattern captures, what it captures is the secret. */
export type SecretRule = {
  id: string
  title: string
  pattern: RegExp
  level: FindingLevel
  /** Bits a character that the text must hold at least: words and repetitions hold less. */
  entropy: number
}

const rule = (id: string, title: string, pattern: RegExp, entropy = 3): SecretRule => ({
  id,
  title,
  pattern,
  level: 'error',
  entropy,
})

export const secretRules: SecretRule[] = [
  rule('aws-access-key', 'AWS access key', /\b((?:AKIA|ASIA|ABIA|ACCA)[A-Z2-7]{16})\b/g),
  rule('github-token', 'GitHub token', /\b(gh[pousr]_[A-Za-z0-9]{36,255}|github_pat_\w{82})\b/g),
  rule('gitlab-token', 'GitLab token', /\b(glpat-[\w-]{20,64})\b/g),
  rule('slack-token', 'Slack token', /\b(xox[abeoprs]-[A-Za-z0-9-]{10,250})/g),
  rule(
    'slack-webhook',
    'Slack webhook',
    /(https:\/\/hooks\.slack\.com\/services\/T\w{8,12}\/B\w{8,12}\/\w{20,30})/g,
  ),
  rule('stripe-key', 'Stripe key', /\b((?:sk|rk)_live_[A-Za-z0-9]{20,250})\b/g),
  rule('google-api-key', 'Google API key', /\b(AIza[\w-]{35})(?![\w-])/g),
  rule('anthropic-key', 'Anthropic key', /\b(sk-ant-[\w-]{32,250})/g),
  rule('openai-key', 'OpenAI key', /\b(sk-(?!ant-)(?:proj-|svcacct-)?[\w-]{32,250})/g, 3.5),
  rule('npm-token', 'npm token', /\b(npm_[A-Za-z0-9]{36})\b/g),
  rule('pypi-token', 'PyPI token', /\b(pypi-AgEIcHlwaS5vcmc[\w-]{50,250})/g),
  rule('hugging-face-token', 'Hugging Face token', /\b(hf_[A-Za-z]{34})\b/g),
  rule('sendgrid-key', 'SendGrid key', /\b(SG\.[\w-]{22}\.[\w-]{43})(?![\w-])/g),
  rule('digitalocean-token', 'DigitalOcean token', /\b(do[por]_v1_[a-f0-9]{64})\b/g),
  rule('azure-storage-key', 'Azure storage key', /AccountKey=([A-Za-z0-9+/]{86}==)/g),
  rule(
    'private-key',
    'private key',
    /-----BEGIN (?:(?:RSA|EC|DSA|OPENSSH|ENCRYPTED|PGP) )?PRIVATE KEY(?: BLOCK)?-----/g,
    0,
  ),
  rule('json-web-token', 'JSON Web Token', /\b(eyJ[\w-]{10,}\.eyJ[\w-]{10,}\.[\w-]{10,})/g),
  {
    id: 'password-in-url',
    title: 'password in an address',
    pattern: /\b[a-z][a-z0-9+.-]{1,20}:\/\/[^\s:@/'"<>]{1,100}:([^\s:@/'"<>]{6,100})@[\w.-]+/gi,
    level: 'warning',
    entropy: 2.5,
  },
  {
    id: 'assigned-secret',
    title: 'secret in an assignment',
    pattern:
      /(?:passw(?:or)?d|secret|token|api_?key|private_?key|credentials?)["']?\s{0,5}(?:=>|[:=]{1,2})\s{0,5}["']([^\s"']{12,200})["']/gi,
    level: 'warning',
    entropy: 3.5,
  },
]

/** Texts that stand for a secret in examples. */
const placeholder =
  /example|placeholder|changeme|change-me|dummy|redacted|your[-_]|xxxx|\*\*\*|^<|^\$|[{}]|\.\.\.|^(process\.env|os\.environ)/i

export const isPlaceholder = (text: string): boolean => placeholder.test(text)

/** Shannon entropy, in bits a character. */
export function entropyOf(text: string): number {
  const counts = new Map<string, number>()
  for (const character of text) counts.set(character, (counts.get(character) ?? 0) + 1)
  let bits = 0
  for (const count of counts.values())
    bits -= (count / text.length) * Math.log2(count / text.length)
  return bits
}
