import { execFileSync, spawnSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { featureNames } from '../../servers/kit/features.ts'
import { choosePrefix, cleanName, fitName, slugOf } from '../../servers/spec-kit/naming.ts'
import { documentsOf } from '../../servers/spec-kit/project.ts'
import { readTasks } from '../../servers/spec-kit/task-lines.ts'
import { resolveTemplate } from '../../servers/spec-kit/templates.ts'
import { writeFiles } from '../helpers/repo.ts'

// Against Spec-Kit's own scripts, installed from the Python registry for the test.
const made = mkdtempSync(join(tmpdir(), 'switchyard-speckit-'))
const root = join(made, 'project')
let python = ''

beforeAll(() => {
  const venv = join(made, 'venv')
  execFileSync('python3', ['-m', 'venv', venv])
  execFileSync(join(venv, 'bin', 'pip'), ['install', '-q', 'specify-cli==1.2.3'])
  python = join(venv, 'bin', 'python')
  execFileSync('git', ['init', '-q', root])
  const args = [
    'init',
    '--here',
    '--force',
    '--non-interactive',
    '--ignore-agent-tools',
    '--integration',
    'claude',
    '--script',
    'sh',
  ]
  execFileSync(join(venv, 'bin', 'specify'), args, { cwd: root })
}, 300_000)

afterAll(() => rmSync(made, { recursive: true, force: true }))

const script = (name: string, args: string[], feature?: string) => {
  const env = {
    ...process.env,
    ...(feature === undefined ? {} : { SPECIFY_FEATURE_DIRECTORY: `specs/${feature}` }),
    SPECKIT_PYTHON: python,
    LC_ALL: 'C.UTF-8',
    SPECIFY_FEATURE_NO_PERSIST: '1',
  }
  return spawnSync('bash', [join(root, '.specify/scripts/bash', name), ...args], {
    cwd: root,
    env,
    encoding: 'utf8',
  })
}

const descriptions = [
  'Add user authentication with OAuth2',
  'I want to fix the UI of my app',
  'go',
  'Set up CI for the API and the UI in Go',
  'Benutzeranmeldung für Gäste prüfen',
  '添加 用户 登录 功能 和 测试',
  'a b c d e',
  "Don't break -- existing users' sessions!",
  'one two three four',
  'one two three four five',
  'Ünïcödé façade',
  'v2.0 release: 100% done?',
  'snake_case and kebab-case',
  '  padded   words  ',
  `${'long '.repeat(80)}words${'x'.repeat(260)}`,
  'emoji 🎉 party time',
]

const dataDir = import.meta.dirname // Any folder that the project is not in.

test('names of features are those that the scripts make', async () => {
  for (const folder of ['001-a', '007-b', '0012-c', '20260101-120000-d', 'notes'])
    mkdirSync(join(root, 'specs', folder), { recursive: true })
  const folders = await featureNames({ root })
  const differences = descriptions.flatMap((description) =>
    [undefined, 7, 8].flatMap((number) =>
      [undefined, 'My Short-Name', 'größe'].flatMap((short) => {
        const args = [
          '--json',
          '--dry-run',
          ...(number === undefined ? [] : ['--number', String(number)]),
          ...(short === undefined ? [] : ['--short-name', short]),
          description,
        ]
        const ran = script('create-new-feature.sh', args)
        const theirs = (JSON.parse(ran.stdout) as { BRANCH_NAME: string }).BRANCH_NAME
        const ours = fitName(
          choosePrefix(folders, number).prefix,
          short === undefined ? slugOf(description) : cleanName(short),
        )
        return theirs === ours ? [] : [{ description, number, short, theirs, ours }]
      }),
    ),
  )
  expect(differences).toEqual([])
})

test('templates are composed from the same layers', async () => {
  const preset = (strategy: string) =>
    `provides:\n  templates:\n    - { type: template, name: spec-template, file: own.md, strategy: ${strategy} }\n`
  const layouts: Record<string, string>[] = [
    {},
    ...['prepend', 'append', 'wrap', 'replace'].map((strategy) => ({
      '.specify/presets/.registry': JSON.stringify({
        presets: { one: { priority: 3 }, two: { priority: 1, enabled: strategy !== 'replace' } },
      }),
      '.specify/presets/one/preset.yml': preset(strategy),
      '.specify/presets/one/own.md': 'ONE {CORE_TEMPLATE} END\n\n',
      '.specify/presets/two/preset.yml': preset('append'),
      '.specify/presets/two/own.md': 'TWO\n',
    })),
    {
      '.specify/extensions/zeta/templates/spec-template.md': 'ZETA\n',
      '.specify/extensions/.registry': JSON.stringify({ extensions: { zeta: { priority: 20 } } }),
    },
    { '.specify/extensions/alpha/spec-template.md': 'ALPHA\n' },
    { '.specify/templates/overrides/spec-template.md': 'OVERRIDE' },
  ]
  for (const [index, files] of layouts.entries()) {
    writeFiles(root, files)
    const created = script('create-new-feature.sh', [
      '--json',
      '--short-name',
      `layout ${index}`,
      'layout',
    ])
    expect(created.status, created.stderr).toBe(0)
    const { SPEC_FILE } = JSON.parse(created.stdout) as { SPEC_FILE: string }
    expect(
      (await resolveTemplate({ root, dataDir }, 'spec-template'))?.text,
      `layout ${index}`,
    ).toBe(readFileSync(SPEC_FILE, 'utf8'))
  }
})

test('the tasks template is read as its authors mean it', () => {
  const { tasks, duplicates, unparsed } = readTasks(
    readFileSync(join(root, '.specify/templates/tasks-template.md'), 'utf8'),
  )
  expect(tasks.length).toBeGreaterThan(25)
  expect(tasks.find(({ id }) => id === 'T014')).toMatchObject({
    stories: ['US1'],
    dependsOn: ['T012', 'T013'],
    parallel: false,
  })
  expect([duplicates.size, unparsed]).toEqual([0, []])
})

test('paths and documents of a feature are those that the scripts tell', async () => {
  const optional = [
    'research.md',
    'data-model.md',
    'contracts/api.yaml',
    'quickstart.md',
    'tasks.md',
  ]
  const project = { repo: '', org: '', path: root, root, dataDir }
  // Every second set of what a feature may have besides its plan, and one with an empty folder.
  for (let set = 0; set < 32; set += 2) {
    const feature = `1${String(set).padStart(2, '0')}-set`
    const folder = join(root, 'specs', feature)
    mkdirSync(join(folder, 'contracts'), { recursive: true })
    const present = optional.filter((_, bit) => (set >> bit) & 1)
    writeFiles(folder, Object.fromEntries(['plan.md', ...present].map((name) => [name, 'Text.\n'])))
    const told = script('check-prerequisites.sh', ['--json', '--include-tasks'], feature)
    const theirs = JSON.parse(told.stdout) as { FEATURE_DIR: string; AVAILABLE_DOCS: string[] }
    const ours = (await documentsOf(project, feature))
      .map((name) => name.replace(/^contracts\/.*/, 'contracts/'))
      .filter((name) => name !== 'plan.md')
    expect({ feature, documents: ours.toSorted() }).toEqual({
      feature,
      documents: theirs.AVAILABLE_DOCS.toSorted(),
    })
    const paths = script('check-prerequisites.sh', ['--json', '--paths-only'], feature)
    expect(theirs.FEATURE_DIR).toBe(folder)
    expect(JSON.parse(paths.stdout)).toMatchObject({
      REPO_ROOT: root,
      FEATURE_DIR: folder,
      FEATURE_SPEC: join(folder, 'spec.md'),
      IMPL_PLAN: join(folder, 'plan.md'),
      TASKS: join(folder, 'tasks.md'),
    })
  }
})
