import { readFile, readdir } from 'node:fs/promises'
import { join } from 'node:path'
import { z } from 'zod'

export type Step = { name: string; command: string; kind: 'setup' | 'check' }
export type Plan = { setup: Step[]; checks: Step[] }

type Project = { root: string; files: Set<string> }

/** What a project's developers run before they commit, read from the files at its top. */
export async function detectChecks(root: string): Promise<Plan> {
  const project = { root, files: new Set(await readdir(root)) }
  const detectors = [npm, python, go, rust]
  const plans = await Promise.all(detectors.map((detect) => detect(project)))
  const found = merge(plans)
  return found.checks.length > 0 ? found : make(project)
}

const merge = (plans: Plan[]): Plan => ({
  setup: plans.flatMap((plan) => plan.setup),
  checks: plans.flatMap((plan) => plan.checks),
})

const nothing: Plan = { setup: [], checks: [] }
const setup = (name: string, command: string): Step => ({ name, command, kind: 'setup' })
const check = (name: string, command: string): Step => ({ name, command, kind: 'check' })

const Manifest = z.looseObject({
  scripts: z.record(z.string(), z.string()).default({}),
  dependencies: z.record(z.string(), z.string()).default({}),
  devDependencies: z.record(z.string(), z.string()).default({}),
})

async function npm({ root, files }: Project): Promise<Plan> {
  if (!files.has('package.json')) return nothing
  const manifest = Manifest.parse(JSON.parse(await readFile(join(root, 'package.json'), 'utf8')))
  const runner = files.has('pnpm-lock.yaml') ? 'pnpm' : files.has('yarn.lock') ? 'yarn' : 'npm'
  const scripts = ['lint', 'typecheck', 'type-check', 'types', 'test'].filter((name) => {
    const script = manifest.scripts[name]
    return script !== undefined && !script.includes('no test specified')
  })
  const wants =
    Object.keys(manifest.dependencies).length + Object.keys(manifest.devDependencies).length > 0
  const install = files.has('package-lock.json')
    ? 'npm ci --no-audit --no-fund'
    : runner === 'pnpm'
      ? 'pnpm install --frozen-lockfile'
      : runner === 'yarn'
        ? 'yarn install --frozen-lockfile'
        : 'npm install --no-audit --no-fund --no-package-lock'
  return {
    setup: wants && scripts.length > 0 ? [setup('install', install)] : [],
    checks: scripts.map((name) => check(name, `${runner} run ${name}`)),
  }
}

async function python({ root, files }: Project): Promise<Plan> {
  const marks = [
    'pyproject.toml',
    'setup.py',
    'setup.cfg',
    'requirements.txt',
    'pytest.ini',
    'tox.ini',
  ]
  const tests = ['tests', 'test'].filter((name) => files.has(name))
  const loose = [...files].some((name) => /^test_.*\.py$|_test\.py$/.test(name))
  if (!loose && !(tests.length > 0 && marks.some((name) => files.has(name)))) return nothing
  const settings = files.has('pyproject.toml')
    ? await readFile(join(root, 'pyproject.toml'), 'utf8')
    : ''
  const usesPytest =
    files.has('pytest.ini') ||
    files.has('conftest.py') ||
    settings.includes('pytest') ||
    (await importsPytest(root, tests))
  const packages = [
    ...(usesPytest ? ['pytest'] : []),
    ...(await pythonRequirements({ root, files }, settings)),
  ]
  const venv = '"$HOME/venv"'
  const python3 = `${venv}/bin/python`
  const unittest = `-m unittest discover${tests[0] ? ` -s ${tests[0]} -t .` : ''}`
  return {
    setup: [
      setup('venv', `python3 -m venv --system-site-packages ${venv}`),
      ...(packages.length > 0
        ? [setup('install', `${python3} -m pip install --quiet ${packages.join(' ')}`)]
        : []),
    ],
    checks: [check('test', `${python3} ${usesPytest ? '-m pytest -q' : unittest}`)],
  }
}

/** What pip has to install: requirement files for tests, then the project with its test extra. */
async function pythonRequirements({ root, files }: Project, settings: string): Promise<string[]> {
  const folder = files.has('requirements') ? await readdir(join(root, 'requirements')) : []
  const lists = [
    ...[...files].filter((name) =>
      /^((dev|tests?)-)?requirements([-_](dev|tests?))?\.txt$/.test(name),
    ),
    ...folder.filter((name) => /^tests?\.txt$/.test(name)).map((name) => `requirements/${name}`),
  ]
  const extras =
    /^\[project\.optional-dependencies\]\n([\s\S]*?)(?=^\[|(?![\s\S]))/m.exec(settings)?.[1] ?? ''
  const extra = /^["']?(tests?|testing)["']?\s*=/m.exec(extras)?.[1]
  const isPackage = files.has('setup.py') || /^\[(project|build-system)\]/m.test(settings)
  return [
    ...lists.sort().map((name) => `-r ${name}`),
    ...(isPackage ? [`-e '.${extra ? `[${extra}]` : ''}'`] : []),
  ]
}

async function importsPytest(root: string, folders: string[]): Promise<boolean> {
  for (const folder of ['.', ...folders]) {
    for (const name of await readdir(join(root, folder))) {
      if (!/^test_.*\.py$|_test\.py$|^conftest\.py$/.test(name)) continue
      const text = await readFile(join(root, folder, name), 'utf8')
      if (/^\s*(import pytest|from pytest)|^def test_/m.test(text)) return true
    }
  }
  return false
}

async function go({ files }: Project): Promise<Plan> {
  if (!files.has('go.mod')) return nothing
  return { setup: [], checks: [check('vet', 'go vet ./...'), check('test', 'go test ./...')] }
}

async function rust({ files }: Project): Promise<Plan> {
  if (!files.has('Cargo.toml')) return nothing
  return { setup: [], checks: [check('test', 'cargo test --quiet')] }
}

async function make({ root, files }: Project): Promise<Plan> {
  const name = ['GNUmakefile', 'makefile', 'Makefile'].find((file) => files.has(file))
  if (!name) return nothing
  const text = await readFile(join(root, name), 'utf8')
  const targets = ['lint', 'test', 'check'].filter((target) =>
    new RegExp(`^${target}\\s*:(?!=)`, 'm').test(text),
  )
  // `check` is the classic name for `test`; where both exist it usually repeats it.
  const wanted = targets.includes('test') ? targets.filter((target) => target !== 'check') : targets
  return { setup: [], checks: wanted.map((target) => check(target, `make ${target}`)) }
}
