import { readFile, readdir } from 'node:fs/promises'
import { join } from 'node:path'
import type { Plan, Project, Step } from './steps.ts'
import { check, nothing, setup } from './steps.ts'
import { pytestReporting } from './reporting.ts'

const venv = '"$HOME/venv"'
const python3 = `${venv}/bin/python`
const makeVenv = `python3 -m venv --system-site-packages ${venv}`

export async function python({ root, files }: Project): Promise<Plan> {
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
  const settings = await settingsOf({ root, files })
  const usesPytest =
    files.has('pytest.ini') ||
    files.has('conftest.py') ||
    settings.includes('pytest') ||
    (await importsPytest(root, tests))
  const extra = usesPytest ? ['pytest'] : []
  const install = await installStep({ root, files }, settings, extra)
  const unittest = `-m unittest discover${tests[0] ? ` -s ${tests[0]} -t .` : ''}`
  return {
    setup: [install ?? setup('venv', makeVenv)],
    checks: [
      {
        ...check('test', `${python3} ${usesPytest ? '-m pytest -q' : unittest}`),
        ...(usesPytest && !settings.includes('junitxml') ? { reporting: pytestReporting } : {}),
      },
    ],
  }
}

/** What installs the requirements of a project, tests or not; undefined where it lists none. */
export async function pythonInstall({ root, files }: Project): Promise<Step | undefined> {
  const isPython = [...files].some((name) =>
    /^(pyproject\.toml|setup\.py|.*requirements.*\.txt)$/.test(name),
  )
  return isPython ? installStep({ root, files }, await settingsOf({ root, files }), []) : undefined
}

async function installStep(
  project: Project,
  settings: string,
  extra: string[],
): Promise<Step | undefined> {
  const packages = [...extra, ...(await pythonRequirements(project, settings))]
  if (packages.length === 0) return undefined
  return setup('install', `${makeVenv} && ${python3} -m pip install --quiet ${packages.join(' ')}`)
}

const settingsOf = async ({ root, files }: Project): Promise<string> =>
  files.has('pyproject.toml') ? readFile(join(root, 'pyproject.toml'), 'utf8') : ''

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
