import { mkdirSync, writeFileSync } from 'node:fs'
import { dirname } from 'node:path'
import type { Reporter, TestCase } from 'vitest/node'

/**
 * Names the tests that passed only when they were run again, with what failed at first, on the terminal
 * and in a file. Each is a race in the product or in the test, to be found and mended.
 */
export class FlakyReporter implements Reporter {
  readonly #file: string
  readonly #flaky: TestCase[] = []

  constructor(file: string) {
    this.#file = file
  }

  onTestCaseResult(test: TestCase): void {
    if (test.diagnostic()?.flaky) this.#flaky.push(test)
  }

  onTestRunEnd(): void {
    const text = this.#flaky.map(told).join('')
    mkdirSync(dirname(this.#file), { recursive: true })
    writeFileSync(this.#file, text)
    process.stdout.write(text)
  }
}

function told(test: TestCase): string {
  const errors = (test.result().errors ?? []).map(({ stack, message }) => stack ?? message)
  const where = errors.flatMap((error) =>
    error.split('\n').filter((line) => !/node_modules/.test(line)),
  )
  return `flaky: ${test.module.relativeModuleId} > ${test.fullName}\n${where.join('\n')}\n`
}
