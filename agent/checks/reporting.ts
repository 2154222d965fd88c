import { spawnSync } from 'node:child_process'
import { join } from 'node:path'
import type { Manifest } from './manifest.ts'
import type { Reporting, Step } from './steps.ts'

// How test runners are had to write JUnit beside what they print, without any test running otherwise.
// Nothing is added where a script is more than one command, or names a reporter itself.

const plain = /^[^&|;<>`$]+$/

/** For a script of package.json that runs vitest, jest or Node's own runner. */
export function npmReporting(
  name: string,
  runner: string,
  { scripts, dependencies, devDependencies }: Manifest,
): Pick<Step, 'reporting'> {
  const script = scripts[name] ?? ''
  if (!plain.test(script) || /--(test-)?reporters?\b/.test(script)) return {}
  // npm takes what follows `--` for the script; the others hand on whatever they do not know.
  const withArguments = (args: string) =>
    `${runner} run ${name}${runner === 'npm' ? ' --' : ''} ${args}`
  const uses = (program: string) => new RegExp(`(^|\\s|/)${program}(\\s|$)`).test(script)
  const has = (dependency: string) => dependency in { ...dependencies, ...devDependencies }
  if (uses('vitest'))
    return {
      reporting: (folder) => ({
        command: withArguments(
          `--reporter=default --reporter=junit --outputFile.junit=${quoted(join(folder, `${name}.xml`))}`,
        ),
      }),
    }
  if (uses('jest') && has('jest-junit'))
    return {
      reporting: (folder) => ({
        command: withArguments('--reporters=default --reporters=jest-junit'),
        env: { JEST_JUNIT_OUTPUT_FILE: join(folder, `${name}.xml`) },
      }),
    }
  if (/\bnode\b.*\s--test(\s|$)/.test(script))
    return { reporting: (folder) => nodeReporting(join(folder, `${name}.xml`)) }
  return {}
}

/**
 * Node's runner takes options from the environment, where they also reach one behind a wrapper. Before
 * version 20 a Node that finds these there does not start.
 */
function nodeReporting(file: string): Reporting {
  const version = spawnSync('node', ['--version'], { timeout: 10_000 }).stdout?.toString('utf8')
  if (!version || Number(/^v(\d+)\./.exec(version)?.[1] ?? 0) < 20) return {}
  const options = [
    process.env.NODE_OPTIONS ?? '',
    '--test-reporter=spec --test-reporter-destination=stdout',
    `--test-reporter=junit --test-reporter-destination="${file}"`,
  ]
  return { env: { NODE_OPTIONS: options.join(' ').trim() } }
}

/** The older family is the one that names the file and line of a test. */
export const pytestReporting = (folder: string): Reporting => ({
  env: {
    PYTEST_ADDOPTS: [
      process.env.PYTEST_ADDOPTS ?? '',
      `--junitxml=${quoted(join(folder, 'pytest.xml'))} -o junit_family=xunit1`,
    ]
      .join(' ')
      .trim(),
  },
})

/** One word for a shell. */
export const quoted = (text: string): string => `'${text.replaceAll("'", String.raw`'\''`)}'`
