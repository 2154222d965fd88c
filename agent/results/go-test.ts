import { z } from 'zod'
import type { TestReport } from '../../schemas/report.ts'
import { addTests, noTests } from './junit.ts'

// What `go test -json` writes: an event a line (`go doc test2json`).
const Event = z.object({
  Action: z.string(),
  Package: z.string().optional(),
  ImportPath: z.string().optional(),
  FailedBuild: z.string().optional(),
  Test: z.string().optional(),
  Output: z.string().optional(),
  Elapsed: z.number().optional(),
})

const maxLine = 256 * 1024
const maxOpen = 50_000
const noise = /^\s*(=== (RUN|PAUSE|CONT|NAME)|--- (PASS|SKIP): )/

/** Reads the events of `go test -json` as they come, and gives back what people want in a log. */
export class GoTestOutput {
  #rest = ''
  #report = noTests()
  readonly #output = new Map<string, string>()
  readonly #failedIn = new Set<string>()

  /** The readable part of these bytes; lines that are no events are passed on as they are. */
  add(bytes: Buffer): string {
    const lines = (this.#rest + bytes.toString('utf8')).split('\n')
    this.#rest = (lines.pop() ?? '').slice(0, maxLine)
    return lines.map((line) => this.#line(line)).join('')
  }

  /** What is left when the output has ended. */
  end(): string {
    return this.#rest === '' ? '' : this.#line(this.#rest)
  }

  report(): TestReport {
    return this.#report
  }

  #line(line: string): string {
    const event = parseEvent(line)
    if (!event) return `${line}\n`
    const { Action: action, Test: test, Output: output, Elapsed: elapsed } = event
    const name = event.Package ?? event.ImportPath ?? ''
    const key = `${name} ${test ?? ''}`
    if (output !== undefined) {
      const known = this.#output.get(key)
      if (known !== undefined || this.#output.size < maxOpen)
        this.#output.set(key, `${known ?? ''}${output}`.slice(0, 2000))
      return noise.test(output) ? '' : output
    }
    if (test === undefined) {
      // A package that fails without a failing test did not build, or ended by itself.
      if (action === 'fail' && !this.#failedIn.has(name))
        this.#count(
          'fail',
          name,
          event.FailedBuild === undefined ? key : `${event.FailedBuild} `,
          0,
        )
    } else if (['pass', 'fail', 'skip'].includes(action)) {
      if (action === 'fail') this.#failedIn.add(name)
      this.#count(action, `${name} ${test}`, key, elapsed ?? 0)
    }
    return ''
  }

  #count(action: string, name: string, key: string, seconds: number): void {
    const text = this.#output.get(key) ?? ''
    this.#output.delete(key)
    const [, file, line, said] = /^\s*(\S+\.go):(\d+)(?::\d+)?: ?(.*)$/m.exec(text) ?? []
    const failure = {
      name: name.slice(0, 300),
      ...(file ? { file: file.slice(0, 300), line: Number(line) } : {}),
      message: (said || text.trim() || 'it failed').slice(0, 500),
    }
    this.#report = addTests(this.#report, {
      total: 1,
      passed: Number(action === 'pass'),
      failed: Number(action === 'fail'),
      skipped: Number(action === 'skip'),
      durationMs: Math.round(seconds * 1000),
      failures: action === 'fail' ? [failure] : [],
    })
  }
}

function parseEvent(line: string): z.infer<typeof Event> | undefined {
  if (!line.startsWith('{')) return undefined
  try {
    return Event.safeParse(JSON.parse(line)).data
  } catch {
    return undefined // A test may print anything, also what looks like an event.
  }
}
