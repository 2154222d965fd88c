import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { Manifest } from './manifest.ts'
import { npmReporting } from './reporting.ts'
import type { Cached, Plan, Project, Step } from './steps.ts'
import { check, nothing, setup } from './steps.ts'

/** What npm runs by itself around an install, which may make files anywhere. */
const installScripts = ['preinstall', 'install', 'postinstall', 'prepare', 'prepublish']

type Npm = { manifest: Manifest; runner: 'npm' | 'pnpm' | 'yarn' }

/** A project's package.json, and who runs its scripts. */
export async function readNpm({ root, files }: Project): Promise<Npm | undefined> {
  if (!files.has('package.json')) return undefined
  const manifest = Manifest.parse(JSON.parse(await readFile(join(root, 'package.json'), 'utf8')))
  const runner = files.has('pnpm-lock.yaml') ? 'pnpm' : files.has('yarn.lock') ? 'yarn' : 'npm'
  return { manifest, runner }
}

export async function npm(project: Project): Promise<Plan> {
  const found = await readNpm(project)
  if (!found) return nothing
  const { manifest, runner } = found
  const scripts = ['lint', 'typecheck', 'type-check', 'types', 'test'].filter((name) => {
    const script = manifest.scripts[name]
    return script !== undefined && !script.includes('no test specified')
  })
  const install = scripts.length > 0 ? await npmInstall(project) : undefined
  return {
    setup: install ? [install] : [],
    checks: scripts.map((name) => ({
      ...check(name, `${runner} run ${name}`),
      ...npmReporting(name, runner, manifest),
    })),
  }
}

export async function npmInstall(project: Project): Promise<Step | undefined> {
  const found = await readNpm(project)
  if (!found) return undefined
  const { manifest, runner } = found
  const wants = Object.keys({ ...manifest.dependencies, ...manifest.devDependencies }).length > 0
  if (!wants) return undefined
  const install = project.files.has('package-lock.json')
    ? 'npm ci --no-audit --no-fund'
    : runner === 'pnpm'
      ? 'pnpm install --frozen-lockfile'
      : runner === 'yarn'
        ? 'yarn install --frozen-lockfile'
        : 'npm install --no-audit --no-fund --no-package-lock'
  const cache = await installCache(project, manifest)
  return { ...setup('install', install), ...(cache ? { cache } : {}) }
}

/** Only where the lock file alone decides what `npm ci` makes, and all of it is in node_modules. */
async function installCache(
  { root, files }: Project,
  manifest: Manifest,
): Promise<Cached | undefined> {
  if (!files.has('package-lock.json') || manifest.workspaces !== undefined) return undefined
  if (installScripts.some((name) => name in manifest.scripts)) return undefined
  const lock = await readFile(join(root, 'package-lock.json'), 'utf8')
  if (/"link": true|"resolved": "file:/.test(lock)) return undefined
  return {
    paths: ['node_modules'],
    files: ['package-lock.json', 'package.json', '.npmrc'],
    version: 'node --version; npm --version',
    replaces: true,
  }
}
