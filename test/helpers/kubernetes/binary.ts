import { execFile } from 'node:child_process'
import { hash } from 'node:crypto'
import { existsSync, mkdirSync, readFileSync, renameSync } from 'node:fs'
import { homedir } from 'node:os'
import { delimiter, join } from 'node:path'
import { promisify } from 'node:util'

const kubernetesVersion = 'v1.36.2'
export const kubernetesFolder = join(import.meta.dirname, '../../real/kubernetes')
const goFolder = '/usr/local/go/bin'

/** Where Go is on this machine, if it is. */
export const go = (): string | undefined =>
  [...(process.env.PATH ?? '').split(delimiter), goFolder]
    .map((place) => join(place, 'go'))
    .find((path) => existsSync(path))

/** Where programs lie that took minutes to build. */
export function programCache(): string {
  const cache = join(process.env.XDG_CACHE_HOME ?? join(homedir(), '.cache'), 'switchyard')
  mkdirSync(cache, { recursive: true })
  return cache
}

/** Kubernetes as one program, built from its Go module once for each version of our few lines. */
export async function controlPlaneBinary(): Promise<string> {
  const program = go()
  if (program === undefined) throw new Error('Go is not on this machine')
  const sources = ['main.go', 'go.mod', 'go.sum'].map((name) =>
    readFileSync(join(kubernetesFolder, name)),
  )
  const digest = hash('sha256', Buffer.concat(sources)).slice(0, 12)
  const binary = join(programCache(), `kubernetes-${kubernetesVersion}-${digest}`)
  if (existsSync(binary)) return binary
  const flags = `-s -w -X k8s.io/component-base/version.gitVersion=${kubernetesVersion}`
  const made = `${binary}.${process.pid}`
  await promisify(execFile)(program, ['build', '-ldflags', flags, '-o', made, '.'], {
    cwd: kubernetesFolder,
    env: { ...process.env, CGO_ENABLED: '0', GOFLAGS: '-mod=readonly' },
    timeout: 1_200_000,
    maxBuffer: 64 * 1024 * 1024,
  })
  renameSync(made, binary)
  return binary
}
