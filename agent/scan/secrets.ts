import { createHash } from 'node:crypto'
import type { Finding } from '../../schemas/report.ts'
import { readText, trackedFiles } from '../files.ts'
import { captureOutput } from '../processes.ts'
import { entropyOf, isPlaceholder, secretRules } from './secret-rules.ts'

const baselineFile = '.switchyard/secrets-baseline.txt'

const maxFileBytes = 1024 * 1024
const maxHistoryBytes = 64 * 1024 * 1024
const maxLine = 10_000
const maxFindings = 2000
/** A comment on the line that says it is meant to be there; the marks of other scanners count, too. */
const allowed = /switchyard:allow-secret|gitleaks:allow|pragma: allowlist secret/

type Found = { finding: Finding; mark: string }

/** Secrets in the tracked files, and in past commits where asked. None is ever part of a finding. */
export async function findSecrets(
  root: string,
  options: { history: boolean; signal: AbortSignal },
): Promise<{ findings: Finding[]; problems: string[] }> {
  const { history, signal } = options
  const problems: string[] = []
  const baseline = await readBaseline(root)
  const found: Found[] = []
  for (const path of await trackedFiles(root, signal)) {
    const text = path === baselineFile ? undefined : await readText(root, path, maxFileBytes)
    if (text === undefined) continue
    for (const [index, line] of text.split('\n').entries())
      found.push(...secretsIn(line, path, index + 1))
    if (found.length > maxFindings) {
      problems.push(`more than ${maxFindings} secrets; the rest is not listed`)
      break
    }
  }
  if (history) {
    const marks = new Set(found.map(({ mark }) => mark))
    const past = await pastSecrets(root, signal)
    if (past.truncated) problems.push('the history is longer than what was read of it')
    found.push(...past.found.filter(({ mark }) => !marks.has(mark)))
  }
  const findings = found.filter(({ mark }) => !baseline.has(mark)).map(({ finding }) => finding)
  return { findings, problems }
}

/**
 * Secrets on one line. The mark of a finding, by which a baseline accepts it, is made of the line
 * without the secret: a digest of the secret itself would let a weak one be guessed.
 */
export function secretsIn(line: string, path: string, number: number): Found[] {
  if (allowed.test(line)) return []
  const text = line.slice(0, maxLine)
  const taken: { start: number; end: number }[] = []
  return secretRules.flatMap(({ id, title, pattern, level, entropy }) =>
    [...text.matchAll(pattern)].flatMap((match): Found[] => {
      const secret = match[1] ?? match[0]
      const start = match.index + match[0].indexOf(secret)
      const end = start + secret.length
      // The rules that know more stand first; what they found is found once.
      if (taken.some((one) => start < one.end && end > one.start)) return []
      if (entropyOf(secret) < entropy || isPlaceholder(secret)) return []
      taken.push({ start, end })
      const rest = `${text.slice(0, start)}[${secret.length}]${text.slice(end)}`.trim()
      const mark = createHash('sha256')
        .update([id, path, rest].join('\0'))
        .digest('hex')
        .slice(0, 16)
      const shown = match[1] === undefined ? title : `${title} ${masked(secret)}`
      const message = `${shown}; to accept it, add ${mark} to ${baselineFile}`
      return [{ mark, finding: { rule: id, level, message, path, line: number } }]
    }),
  )
}

/** The first letters, which say what kind it is, and the length. */
const masked = (secret: string): string =>
  `${secret.slice(0, Math.min(4, Math.floor(secret.length / 4)))}… (${secret.length} characters)`

async function readBaseline(root: string): Promise<Set<string>> {
  const text = (await readText(root, baselineFile, maxFileBytes)) ?? ''
  return new Set(text.split('\n').flatMap((line) => /^[0-9a-f]{16}/.exec(line.trim())?.[0] ?? []))
}

async function pastSecrets(
  root: string,
  signal: AbortSignal,
): Promise<{ found: Found[]; truncated: boolean }> {
  const plain = ['--no-color', '--no-ext-diff', '--no-textconv', '--unified=0', '--no-renames']
  const { output, truncated } = await captureOutput(
    ['git', 'log', '--patch', '--format=%x00%H', ...plain, 'HEAD'],
    { cwd: root, signal, timeoutMs: 600_000, maxBytes: maxHistoryBytes },
  )
  const found = new Map<string, Found>()
  let commit = ''
  let path = ''
  for (const line of output.split('\n')) {
    if (line.startsWith('\0')) commit = line.slice(1, 11)
    else if (line.startsWith('+++ ')) path = line.slice(line.startsWith('+++ b/') ? 6 : 4)
    else if (line.startsWith('+') && found.size < maxFindings)
      for (const { finding, mark } of secretsIn(line.slice(1), path, 1)) {
        const { line: _none, ...rest } = finding
        found.set(mark, {
          mark,
          finding: { ...rest, message: `in commit ${commit}: ${finding.message}` },
        })
      }
  }
  return { found: [...found.values()], truncated }
}
