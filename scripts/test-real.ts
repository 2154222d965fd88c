import { spawnSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import { delimiter, join } from 'node:path'
import { go, kubernetesFolder } from '../test/helpers/kubernetes/binary.ts'
import { realRad } from '../test/helpers/radicle/real.ts'

// `npm run test:real`: the suites that need a real peer, for the peers this machine has. What has
// no suite yet or no peer here is named, so that nobody takes silence for success.
const { OLLAMA_HOST, OPENAI_API_KEY, OPENAI_BASE_URL, PATH = '' } = process.env
const hasModel = Boolean(OLLAMA_HOST || OPENAI_API_KEY || OPENAI_BASE_URL)
const onPath = (program: string) =>
  PATH.split(delimiter).some((folder) => existsSync(join(folder, program)))

const suites = [
  {
    name: 'model',
    file: 'test/real/model.test.ts',
    ready: hasModel,
    wants: 'OLLAMA_HOST, or OPENAI_API_KEY / OPENAI_BASE_URL',
  },
  {
    name: 'clients',
    file: 'test/real/clients.test.ts',
    ready: onPath('npm'),
    wants: 'npm and its package registry',
  },
  {
    name: 'opencode as a runner',
    file: 'test/real/opencode.test.ts',
    ready: onPath('npm'),
    wants: 'npm and its package registry',
  },
  {
    name: 'embeddings',
    file: 'test/real/embeddings.test.ts',
    ready: onPath('python3'),
    wants: 'python3 with pip and its package registry',
  },
  {
    name: 'toolchains',
    file: 'test/real/toolchains.test.ts',
    ready: ['go', 'cargo', 'python3', 'make'].some(onPath),
    wants: 'go, cargo, python3 or make on the PATH',
  },
  {
    name: 'SDKs of other languages',
    file: 'test/real/sdks.test.ts',
    ready: ['go', 'python3'].some(onPath),
    wants: 'python3 with pip, or go, and their package registries',
  },
  {
    name: 'Spec-Kit',
    file: 'test/real/spec-kit.test.ts',
    ready: ['python3', 'bash'].every(onPath),
    wants: 'python3 with pip and its package registry, and bash',
  },
  {
    name: 'Radicle',
    file: 'test/real/radicle.test.ts',
    ready: realRad() !== undefined,
    wants:
      'rad, radicle-node and git-remote-rad in a folder of the PATH or in SWITCHYARD_TEST_RAD: cargo install --locked radicle-cli radicle-node radicle-remote-helper',
  },
  {
    name: 'Kubernetes',
    file: 'test/real/kubernetes',
    ready: onPath('openssl') && hasKubernetesModules(),
    wants: 'go and its module proxy, and openssl; the first run builds Kubernetes for some minutes',
  },
  {
    name: 'forges',
    file: 'test/real/forgejo.test.ts',
    ready: process.env.SWITCHYARD_TEST_FORGE !== undefined,
    wants:
      'SWITCHYARD_TEST_FORGE="URL OWNER_TOKEN HUB_TOKEN HUB_LOGIN" of a Forgejo or Gitea, the first token of an account called owner',
  },
]
const unbuilt = [
  'headscale and tailscale',
  'a kubelet with containerd',
  'postgresql',
  'code-server',
]

let failed = 0
for (const { name, file, ready, wants } of suites) {
  if (!ready) {
    console.log(`skipped ${name}: needs ${wants}`)
    continue
  }
  const vitest = join(import.meta.dirname, '..', 'node_modules', '.bin', 'vitest')
  const run = spawnSync(vitest, ['run', '--config', 'vitest.real.config.ts', file], {
    stdio: 'inherit',
  })
  if (run.status !== 0) failed++
}
for (const name of unbuilt)
  console.log(`skipped ${name}: this version has no part that speaks to it`)
process.exit(failed > 0 ? 1 : 0)

/** Whether what the control plane is built of is here or can be brought: a machine may have Go and no module proxy. */
function hasKubernetesModules(): boolean {
  const program = go()
  if (program === undefined) return false
  const listed = spawnSync(program, ['list', '-deps', '-f', '{{.ImportPath}}', '.'], {
    cwd: kubernetesFolder,
    env: { ...process.env, GOFLAGS: '-mod=readonly' },
    stdio: ['ignore', 'ignore', 'pipe'],
    timeout: 600_000,
  })
  if (listed.status === 0) return true
  console.log(`go: ${listed.stderr.toString('utf8').trim().split('\n').at(-1) ?? 'no answer'}`)
  return false
}
