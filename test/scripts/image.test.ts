import { execFileSync, spawn } from 'node:child_process'
import { hash } from 'node:crypto'
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { describe, expect, onTestFinished, test } from 'vitest'
import { bundleAgent } from '../../scripts/agent-bundle.ts'
import { agentLayers } from '../../scripts/image/agent.ts'
import { writeLayer } from '../../scripts/image/layer.ts'
import { agentImage, hubImage } from '../../scripts/image.ts'
import type { Pod } from '../../schemas/cluster.ts'
import type { Task } from '../../schemas/task.ts'
import { makeFolder } from '../helpers/folder.ts'
import { startHub, until } from '../helpers/hub.ts'
import { startDouble } from '../helpers/kubernetes/double/server.ts'
import { run } from '../../servers/kit/run.ts'

const name = 'docker.io/switchyard/agent:test'
type Descriptor = { digest: string; size: number; annotations?: Record<string, string> }

/** An archive taken apart as a container runtime does: its parts, and the file system they make. */
function unpack(archive: string) {
  const folder = makeFolder('image')
  const root = join(folder, 'root')
  mkdirSync(root)
  execFileSync('tar', ['xf', archive, '-C', folder])
  const fileOf = (digest: string) => join(folder, 'blobs', digest.replace(':', '/'))
  const jsonOf = <T>(path: string) => JSON.parse(readFileSync(path, 'utf8')) as T // Written just now.
  const index = jsonOf<{ manifests: [Descriptor] }>(join(folder, 'index.json'))
  const manifest = jsonOf<{ config: Descriptor; layers: Descriptor[] }>(
    fileOf(index.manifests[0].digest),
  )
  const image = jsonOf<{
    config: { User: string; Entrypoint: string[]; Cmd: string[]; WorkingDir: string }
    rootfs: { diff_ids: string[] }
  }>(fileOf(manifest.config.digest))
  for (const { digest } of manifest.layers)
    execFileSync('tar', ['xzf', fileOf(digest), '-C', root, '--no-same-owner'])
  return { index, manifest, image, root, fileOf }
}

const digestOf = (file: string) => `sha256:${hash('sha256', readFileSync(file))}`

describe.skipIf(process.platform !== 'linux')('the image', () => {
  test('of the agent is the same image each time, and runs the agent of a pod with its own token', async (ctx) => {
    const folder = makeFolder('archives')
    const archive = join(folder, 'agent.tar')
    const digest = await agentImage(archive, { base: undefined, name })
    const { index, manifest, image, root, fileOf } = unpack(archive)
    expect(index.manifests[0]).toMatchObject({
      digest,
      annotations: { 'io.containerd.image.name': name, 'org.opencontainers.image.ref.name': name },
    })
    for (const { digest: named } of [index.manifests[0], manifest.config, ...manifest.layers])
      expect(digestOf(fileOf(named))).toBe(named)
    // Node is one file, and what takes the time: the layers around it are made again.
    await bundleAgent(join(folder, 'again'))
    const [system, , agent] = agentLayers(join(folder, 'again'), undefined)
    const again = [
      await writeLayer(system!, join(folder, 'system')),
      await writeLayer(agent!, join(folder, 'agent')),
    ].map((layer) => layer.digest)
    expect(again).toEqual([manifest.layers[0]?.digest, manifest.layers[2]?.digest])
    expect(image.rootfs.diff_ids).toHaveLength(manifest.layers.length)
    expect(image.config).toMatchObject({ User: '65532:65532' })

    const bwrap = ['/usr/bin/bwrap', '/usr/local/bin/bwrap'].find((path) => existsSync(path))
    if (bwrap === undefined)
      return ctx.skip('what is in it is run with bubblewrap, which is not here')
    const double = await startDouble()
    const hub = await startHub({ allowedHosts: 'hub.switchyard.svc' })
    await hub.call('cluster_add', {
      cluster: 'kube',
      kubeconfig: double.kubeconfig,
      context: 'test',
      image: 'docker.io/local/box:1',
      agent_image: 'docker.io/local/missing:1',
      hub_url: 'http://hub.switchyard.svc',
    })
    const task = await hub.call<Task>('task_submit', {
      title: 'inside',
      template: 'command',
      params: {
        command:
          'set -e; git init -q .; git status; id -u; ! touch /opt/x; cat /etc/hostname || true',
      },
    })
    // The double never gets this image: the pod waits, and what runs here is what it would run.
    const pod = await hub.call<Pod>('pod_run', { task: task.id, cluster: 'kube' })
    const kept = double.objects.list('pods', undefined)[0]!
    const mark = kept.metadata.namespace?.split('-').at(-1)
    const inside = makeFolder('inside')
    writeFileSync(join(inside, 'token'), double.tokens.issue(kept, `switchyard-${mark}`))
    const env = {
      PATH: '/usr/local/bin:/usr/bin:/bin',
      HOME: '/home/agent',
      SWITCHYARD_URL: hub.url,
      SWITCHYARD_TASK: task.id,
      SWITCHYARD_POD: pod.id,
      SWITCHYARD_WORK: '/work',
      SWITCHYARD_TOKEN_FILE: '/run/token',
      SWITCHYARD_ALIVE: '/tmp/alive',
    }
    const mounts = [
      '--ro-bind',
      root,
      '/',
      '--ro-bind',
      inside,
      '/run',
      '--proc',
      '/proc',
      '--dev',
      '/dev',
    ]
    const own = ['/tmp', '/work', '/home/agent'].flatMap((path) => ['--tmpfs', path])
    const ids = ['--unshare-user', '--unshare-pid', '--uid', '65532', '--gid', '65532']
    const args = [...ids, ...mounts, ...own, ...image.config.Entrypoint]
    const ended = await run(bwrap, args, { env, timeoutMs: 120_000 })
    expect({ code: ended.exitCode, said: ended.stderr.toString('utf8') }).toEqual({
      code: 0,
      said: '',
    })
    const read = async () => (await hub.call<{ task: Task }>('task_read', { task: task.id })).task
    await until(async () => (await read()).state === 'succeeded')
  })

  test('of the hub starts by itself, from its bundle, with the packages that it has', async () => {
    const folder = makeFolder('archives')
    await hubImage(join(folder, 'hub.tar'), 'docker.io/switchyard/hub:test')
    const { image, root } = unpack(join(folder, 'hub.tar'))
    expect(image.config).toMatchObject({ User: '1000:1000', WorkingDir: '/opt/switchyard' })
    const at = join(root, image.config.WorkingDir)
    const [program = '', ...args] = image.config.Cmd
    const node = join(root, 'usr/local/bin', program)
    const isFresh = `import('${at}/hub/bundle.ts').then((b) => console.log(b.isBundleFresh()))`
    const env = { PATH: process.env.PATH ?? '' }
    const asked = await run(node, ['-e', isFresh], { env })
    expect(asked.stdout.toString('utf8')).toBe('true\n')
    const more = ['--data', join(folder, 'data'), '--port', '0', '--dispatch', 'off']
    const child = spawn(node, [...args, ...more], {
      cwd: at,
      env,
      stdio: ['ignore', 'pipe', 'inherit'],
    })
    onTestFinished(() => void child.kill('SIGKILL'))
    let url: string | undefined
    for await (const line of createInterface({ input: child.stdout })) {
      url = /^switchyard listening on (\S+)$/.exec(line)?.[1]
      if (url !== undefined) break
    }
    expect((await fetch(`${url}/ready`)).status).toBe(200)
    expect(await (await fetch(`${url}/`)).text()).toContain('<title>')
  })

  test('a base that lacks what an agent needs is refused', () => {
    const base = makeFolder('base')
    expect(() => agentLayers(base, base)).toThrow(/has no sh/)
    mkdirSync(join(base, 'bin'))
    for (const program of ['sh', 'git', 'date', 'stat'])
      writeFileSync(join(base, 'bin', program), '', { mode: 0o755 })
    const [system] = agentLayers(base, base)
    expect(system?.has('bin/git')).toBe(true)
    expect(system?.has('home/agent')).toBe(true)
  })
})
