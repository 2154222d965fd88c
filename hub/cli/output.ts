import { HubError } from '../../schemas/errors.ts'

/** Exit codes that scripts rely on: 2 usage, 3 denied, 4 unreachable, 5 the tool failed. */
export function exitCodeOf(error: unknown): number {
  if (!(error instanceof HubError)) return 1
  switch (error.code) {
    case 'invalid':
      return 2
    case 'unauthenticated':
    case 'denied':
    case 'approval_required':
      return 3
    case 'unavailable':
      return 4
    default:
      return 5
  }
}

export function printError(error: unknown): void {
  if (error instanceof HubError) {
    process.stderr.write(
      `switchyard: ${error.code}: ${error.message}\n${error.hint ? `  ${error.hint}\n` : ''}`,
    )
  } else {
    process.stderr.write(`${error instanceof Error ? error.stack : String(error)}\n`)
  }
}

export const printJson = (value: unknown): void =>
  void process.stdout.write(`${JSON.stringify(value, null, 2)}\n`)

/**
 * A tool's result. Scripts get plain JSON. A person at a terminal gets texts of several lines, such
 * as a diff, below it as they are, instead of as one long escaped string.
 */
export function printResult(value: unknown, isTerminal = process.stdout.isTTY): void {
  if (!isTerminal) return printJson(value)
  const texts: string[] = []
  const shown = JSON.stringify(
    value,
    (key, field: unknown) => {
      if (typeof field !== 'string' || !field.trimEnd().includes('\n')) return field
      texts.push(`── ${key}\n${field.trimEnd()}\n`)
      return '(below)'
    },
    2,
  )
  process.stdout.write([shown, ...texts].join('\n') + '\n')
}
