import { HubError } from '../../schemas/errors.ts'

/** Exit codes that scripts rely on: 2 usage, 3 denied, 4 unreachable, 5 the tool failed. */
export function exitCodeOf(error: unknown): number {
  if (!(error instanceof HubError)) return isUsage(error) ? 2 : 1
  switch (error.code) {
    case 'invalid':
      return 2
    case 'unauthenticated':
    case 'denied':
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
  } else if (isUsage(error)) {
    process.stderr.write(`switchyard: ${(error as Error).message}\n`)
  } else {
    process.stderr.write(`${error instanceof Error ? error.stack : String(error)}\n`)
  }
}

export const printJson = (value: unknown): void =>
  void process.stdout.write(`${JSON.stringify(value, null, 2)}\n`)

/** What node:util's parseArgs throws for options it does not know. */
const isUsage = (error: unknown) =>
  error instanceof Error &&
  String((error as NodeJS.ErrnoException).code).startsWith('ERR_PARSE_ARGS')
