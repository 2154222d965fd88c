import { spawn } from 'node:child_process'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { writeFileSync } from 'node:fs'
import { expect, onTestFinished, test } from 'vitest'
import type { Pod } from '../../schemas/cluster.ts'
import type { Task } from '../../schemas/task.ts'
import { makeFolder } from '../helpers/folder.ts'
import { startHub, until } from '../helpers/hub.ts'
import { startDouble } from '../helpers/kubernetes/double/server.ts'
import { startModelServer } from '../helpers/model-servers.ts'
import { makeRepo } from '../helpers/repo.ts'
import { argsOf, host } from '../servers/cluster/kubernetes/agent-cluster.ts'

const program = join(import.meta.dirname, '../../agent/main.ts')

/** A port that was free a moment ago. */
async function freePort(): Promise<number> {
  const server = createServer().listen(0)
  await new Promise((resolve) => server.once('listening', resolve))
  const { port } = server.address() as AddressInfo // It listens on TCP.
  await new Promise((resolve) => server.close(resolve))
  return port
}

/** The value of a metric, with its labels; undefined where it is not there. */
const valueOf = (text: string, metric: string): number | undefined => {
  const line = text.split('\n').find((one) => one.startsWith(metric))
  return line === undefined ? undefined : Number(line.split(' ').at(-1))
}

test(
  'an agent in a pod tells what it did at /metrics, in numbers alone',
  { timeout: 120_000 },
  async () => {
    const double = await startDouble()
    const models = await startModelServer()
    const hub = await startHub({ allowedHosts: host }, { OPENAI_BASE_URL: `${models.url}/v1` })
    await hub.call('cluster_add', argsOf(double, { agent_image: 'docker.io/local/missing:1' }))
    const repo = await makeRepo({
      'package.json':
        '{ "name": "sum", "type": "module", "scripts": { "test": "sleep 2 && node --test" } }\n',
      'src/sum.js': 'export const sum = (a, b) => a - b\n',
      'test/sum.test.js':
        "import assert from 'node:assert'\nimport { test } from 'node:test'\nimport { sum } from '../src/sum.js'\ntest('adds', () => assert.equal(sum(2, 3), 5))\n",
    })
    const goal = 'Make the failing test pass'
    const asked = { template: 'code', repo, goal, model: 'openai/tiny' }
    const task = await hub.call<Task>('task_submit', asked)
    // The double never gets its image, so the pod waits, and what would run in it runs here.
    const pod = await hub.call<Pod>('pod_run', { task: task.id, cluster: 'kube' })
    const kept = double.objects.list('pods', undefined)[0]!
    const [container] = kept.spec!.containers as { env: { name: string; value: string }[] }[] // Sent just now.
    expect(kept.metadata.annotations).toMatchObject({
      'prometheus.io/scrape': 'true',
      'prometheus.io/port': '19464',
      'prometheus.io/path': '/metrics',
    })
    expect(container!.env).toContainEqual({ name: 'SWITCHYARD_METRICS_PORT', value: '19464' })

    const folder = makeFolder('agent')
    const mark = kept.metadata.namespace?.split('-').at(-1)
    const token = join(folder, 'token')
    writeFileSync(token, double.tokens.issue(kept, `switchyard-${mark}`))
    const port = await freePort()
    const child = spawn(process.execPath, [program], {
      cwd: folder,
      stdio: ['ignore', 'ignore', 'pipe'],
      env: {
        ...{
          PATH: process.env.PATH,
          HOME: folder,
          SWITCHYARD_URL: hub.url,
          SWITCHYARD_GIT: 'http',
        },
        ...{ SWITCHYARD_TASK: task.id, SWITCHYARD_POD: pod.id, SWITCHYARD_TOKEN_FILE: token },
        ...{ SWITCHYARD_WORK: join(folder, 'work'), SWITCHYARD_METRICS_PORT: `${port}` },
      },
    })
    let said = ''
    child.stderr.on('data', (chunk: Buffer) => (said += chunk.toString()))
    onTestFinished(() => void child.kill('SIGKILL'))
    const at = (path: string) => fetch(`http://127.0.0.1:${port}${path}`)
    let text = ''
    await until(async () => {
      if (child.exitCode !== null) throw new Error(`the agent ended too early: ${said}`)
      const response = await at('/metrics').catch(() => undefined) // It does not listen yet.
      text = (await response?.text()) ?? ''
      return (valueOf(text, 'switchyard_agent_tool_calls_total{kind="ok"') ?? 0) >= 2
    }, 90_000)
    const steps = valueOf(text, 'switchyard_agent_steps_total')
    expect(steps).toBeGreaterThanOrEqual(2)
    expect(valueOf(text, 'switchyard_agent_model_calls_total{kind="ok"')).toBeGreaterThanOrEqual(2)
    expect(valueOf(text, 'switchyard_agent_model_calls_total{kind="failed"')).toBe(0)
    expect(valueOf(text, 'switchyard_agent_tokens_total{kind="input"')).toBeGreaterThan(0)
    expect(valueOf(text, 'switchyard_agent_attempt')).toBe(1)
    expect(valueOf(text, 'switchyard_agent_heartbeat_age_seconds')).toBeLessThan(60)
    for (const secret of [task.id, goal, 'sy_', repo]) expect(text).not.toContain(secret)
    expect((await at('/')).status).toBe(404)
  },
)
