export type Reading = { counts?: { passed: number; failed: number }; failures: string[] }

type Format = { passed: RegExp; failed: RegExp; failure: RegExp }

// How test runners print their totals and the names of what failed. Every number found is added
// up, because some runners print one total per package.
const formats: Format[] = [
  // node:test, spec reporter and TAP
  {
    passed: /^(?:ℹ|#) pass (\d+)$/gm,
    failed: /^(?:ℹ|#) fail (\d+)$/gm,
    failure: /^(?:✖ (?!failing tests)(.+?)(?: \([\d.]+ms\))?|not ok \d+ - (.+))$/gm,
  },
  // vitest
  {
    passed: /^\s*Tests\s.*?(\d+) passed/gm,
    failed: /^\s*Tests\s+(\d+) failed/gm,
    failure: /^\s*FAIL\s+(.+ > .+)$/gm,
  },
  // jest
  {
    passed: /^Tests:.*?(\d+) passed/gm,
    failed: /^Tests:\s+(\d+) failed/gm,
    failure: /^\s*● (.+)$/gm,
  },
  // mocha
  { passed: /^\s+(\d+) passing/gm, failed: /^\s+(\d+) failing/gm, failure: /^\s+\d+\) (.+)$/gm },
  // cargo test; before pytest, whose totals look alike
  {
    passed: /^test result: \w+\. (\d+) passed/gm,
    failed: /^test result: \w+\. \d+ passed; (\d+) failed/gm,
    failure: /^(?:test (.+) \.\.\. FAILED|---- (.+) stdout ----)$/gm,
  },
  // pytest
  {
    passed: /^(?:=+ )?(?:.*\D)?(\d+) passed.* in [\d.]+s/gm,
    failed: /^(?:=+ )?(\d+) failed.* in [\d.]+s/gm,
    failure: /^(?:FAILED|ERROR) (\S+::.+)$/gm,
  },
  // go test
  { passed: /^\s*--- PASS: /gm, failed: /^(?:--- FAIL: )/gm, failure: /^\s*--- FAIL: (\S+)/gm },
  // Python's unittest
  {
    passed: /^Ran (\d+) tests? in/gm,
    failed: /^FAILED \(.*?(\d+)/gm,
    failure: /^(?:FAIL|ERROR): (.+)$/gm,
  },
  // tap, tape and others that only print TAP lines
  { passed: /^ok \d+/gm, failed: /^not ok \d+/gm, failure: /^not ok \d+ (.+)$/gm },
]

const maxFailures = 10

/** What a check's output says about itself: how many tests passed and failed, and which failed first. */
export function readOutput(output: string, passed: boolean): Reading {
  // oxlint-disable-next-line no-control-regex -- colours are control sequences
  const text = output.replace(/\x1b\[[\d;]*m/g, '')
  for (const format of formats) {
    const counts = { passed: total(text, format.passed), failed: total(text, format.failed) }
    if (counts.passed + counts.failed === 0) continue
    return { counts, failures: passed ? [] : names(text, format.failure).slice(0, maxFailures) }
  }
  return { failures: passed ? [] : lastWords(text) }
}

/** The sum of the captured numbers, or the number of matches of a pattern that captures none. */
const total = (text: string, pattern: RegExp) =>
  [...text.matchAll(pattern)].reduce(
    (sum, match) => sum + (match[1] === undefined ? 1 : Number(match[1])),
    0,
  )

const names = (text: string, pattern: RegExp) => [
  ...new Set(
    [...text.matchAll(pattern)]
      .map((match) => (match[1] ?? match[2] ?? '').trim().slice(0, 300))
      .filter(Boolean),
  ),
]

/** Without a known format: the lines that look like errors, or else the last ones. */
function lastWords(text: string): string[] {
  const lines = text
    .split('\n')
    .map((line) => line.trim())
    .filter(Boolean)
  const errors = lines.filter((line) => /\b(error|failed|failure|exception|panic)\b/i.test(line))
  return (errors.length > 0 ? errors.slice(0, maxFailures) : lines.slice(-5)).map((line) =>
    line.slice(0, 300),
  )
}
