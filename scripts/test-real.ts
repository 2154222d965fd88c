import { spawnSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import { delimiter, join } from 'node:path'
import { controlPlaneBinary, go, kubernetesFolder } from '../test/helpers/kubernetes/binary.ts'
import { whyNoPolicies } from '../test/helpers/kubernetes/cluster-network.ts'
import { goProgram } from '../test/helpers/kubernetes/go-programs.ts'
import { whyNoNode } from '../test/helpers/kubernetes/real-node.ts'
import { whyNoMesh } from '../test/helpers/mesh/programs.ts'
import { realRad } from '../test/helpers/radicle/real.ts'

// `npm run test:real`: the suites that need a real peer, for the peers this machine has. What has
// no suite yet or no peer here is named, so that nobody takes silence for success.
const { OLLAMA_HOST, OPENAI_API_KEY, OPENAI_BASE_URL, PATH = '' } = process.env
const hasModel = Boolean(OLLAMA_HOST || OPENAI_API_KEY || OPENAI_BASE_URL)
const onPath = (program: string) =>
  PATH.split(delimiter).some((folder) => existsSync(join(folder, program)))

const canBuildKubernetes = onPath('openssl') && hasModules(kubernetesFolder)
const noNode = whyNoNode()
const noMesh = whyNoMesh()
// Bridges, mounts and processes are in namespaces of their own, and go with them.
const ownNamespaces = [
  ...['unshare', '--net', '--mount', '--pid', '--fork', '--kill-child', '--mount-proc'],
  ...['sh', '-c', 'ip link set lo up && exec "$@"', 'sh'],
]

type Suite = {
  name: string
  file: string
  ready: boolean
  wants: string
  /** A program that runs the suite, such as one that gives it namespaces of its own. */
  inside?: string[]
  /** Builds what has to be brought by a network that is not there inside. */
  prepare?(): Promise<void>
}

const suites: Suite[] = [
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
    name: 'code-server in a pod',
    file: 'test/real/code-server.test.ts',
    ready: process.env.SWITCHYARD_TEST_CODE_SERVER !== undefined,
    wants:
      'SWITCHYARD_TEST_CODE_SERVER, a folder where `npm install code-server@4.139.1` ran: 600 MB, and a compiler with the headers of Kerberos (libkrb5-dev) where no prebuilt modules can be had',
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
    ready: canBuildKubernetes,
    wants: 'go and its module proxy, and openssl; the first run builds Kubernetes for some minutes',
  },
  {
    name: 'a kubelet with containerd',
    file: 'test/real/kubelet',
    ready: canBuildKubernetes && noNode === undefined,
    wants: noNode ?? 'what Kubernetes needs',
    inside: ownNamespaces,
    async prepare() {
      await controlPlaneBinary()
      if (whyNoPolicies() === undefined) await goProgram('kube-router')
    },
  },
  {
    name: 'Headscale and Tailscale',
    file: 'test/real/mesh.test.ts',
    ready: noMesh === undefined,
    wants: noMesh ?? 'nothing more',
    inside: ownNamespaces,
  },
  {
    name: 'Talos',
    file: 'test/real/talos.test.ts',
    ready: hasModules(join(import.meta.dirname, '../test/real/talos')),
    wants: 'go and its module proxy',
  },
  {
    name: 'forges',
    file: 'test/real/forgejo.test.ts',
    ready: process.env.SWITCHYARD_TEST_FORGE !== undefined,
    wants:
      'SWITCHYARD_TEST_FORGE="URL OWNER_TOKEN HUB_TOKEN HUB_LOGIN" of a Forgejo or Gitea, the first token of an account called owner',
  },
]
const unbuilt = ['postgresql']

const failed: string[] = []
for (const { name, file, ready, wants, inside = [], prepare } of suites) {
  if (!ready) {
    console.log(`skipped ${name}: needs ${wants}`)
    continue
  }
  const trouble = await prepare?.().then(() => undefined, String)
  if (trouble !== undefined) console.log(`${name}: ${trouble}`) // Its tests say what they miss.
  const vitest = join(import.meta.dirname, '..', 'node_modules', '.bin', 'vitest')
  const command = [...inside, vitest, 'run', '--config', 'vitest.real.config.ts', file]
  const run = spawnSync(command[0] ?? vitest, command.slice(1), { stdio: 'inherit' })
  if (run.status !== 0) failed.push(name)
}
for (const name of unbuilt)
  console.log(`skipped ${name}: this version has no part that speaks to it`)
for (const name of failed) console.log(`failed ${name}: its tests are named above`)
process.exit(failed.length > 0 ? 1 : 0)

/** Whether what a program is built of is here or can be brought: a machine may have Go and no module proxy. */
function hasModules(cwd: string): boolean {
  const program = go()
  if (program === undefined) return false
  const listed = spawnSync(program, ['list', '-deps', '-f', '{{.ImportPath}}', '.'], {
    cwd,
    env: { ...process.env, GOFLAGS: '-mod=readonly' },
    stdio: ['ignore', 'ignore', 'pipe'],
    timeout: 600_000,
  })
  if (listed.status === 0) return true
  console.log(`go: ${listed.stderr.toString('utf8').trim().split('\n').at(-1) ?? 'no answer'}`)
  return false
}
