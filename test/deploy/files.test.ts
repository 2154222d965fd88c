import { spawnSync } from 'node:child_process'
import { existsSync, readFileSync, readdirSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { agentConfig } from '../../scripts/image/agent.ts'
import { jsonc } from '../../servers/kit/lazy.ts'
import { deployFolder, readYaml } from '../helpers/deploy-files.ts'

const files = readdirSync(deployFolder, { recursive: true, encoding: 'utf8' })

test('every YAML file is YAML, and every script is one and may be run', () => {
  for (const name of files.filter((name) => name.endsWith('.yaml')))
    expect(readYaml(name).length).toBeGreaterThan(0)
  for (const name of files.filter((name) => name.endsWith('.sh'))) {
    expect(spawnSync('sh', ['-n', join(deployFolder, name)], { encoding: 'utf8' }).stderr).toBe('')
    expect(statSync(join(deployFolder, name)).mode & 0o111).toBe(0o111)
  }
})

test('images of composed services are pinned, and the files that they mount are there', () => {
  for (const name of ['compose.yaml', 'headscale/compose.yaml']) {
    const [{ services, volumes = {} }] = readYaml(name) as [
      {
        services: Record<string, { image?: string; build?: object; volumes?: string[] }>
        volumes?: object
      },
    ] // One document.
    for (const { image, build, volumes: mounts = [] } of Object.values(services)) {
      if (image === undefined) expect(build).toBeDefined()
      else expect(image).toMatch(/:\d[\w.-]*$/)
      for (const mount of mounts) {
        const [from = ''] = mount.split(':')
        if (from.startsWith('./'))
          expect(existsSync(join(deployFolder, name, '..', from))).toBe(true)
        else if (!from.startsWith('$')) expect(Object.keys(volumes)).toContain(from)
      }
    }
  }
})

test('the image of the agent is started the same way, whichever way it was made', () => {
  const file = readFileSync(join(deployFolder, 'images', 'agent.Containerfile'), 'utf8')
  const stage = file.slice(file.indexOf(' AS agent\n'), file.indexOf(' AS code-server\n'))
  const valueOf = (instruction: string) =>
    new RegExp(`^${instruction} (.+)$`, 'm').exec(stage)?.[1] ?? ''
  const { User, WorkingDir, Entrypoint, Env } = agentConfig('0')
  expect(valueOf('USER')).toBe(User)
  expect(valueOf('WORKDIR')).toBe(WorkingDir)
  expect(JSON.parse(valueOf('ENTRYPOINT'))).toEqual(Entrypoint)
  const given = valueOf('ENV').split(' ')
  // The base brings a path.
  expect(Env.filter((variable) => !variable.startsWith('PATH='))).toEqual(given)
})

test('the mesh lets nothing through but the port of hubs, and by no relay of others', () => {
  const policy = jsonc().parse(
    readFileSync(join(deployFolder, 'headscale', 'policy.hujson'), 'utf8'),
  ) as { acls: { action: string; dst: string[] }[]; tagOwners: object } // As the file has it.
  expect(policy.acls.length).toBeGreaterThan(0)
  for (const { action, dst } of policy.acls) {
    expect(action).toBe('accept')
    expect(dst).toEqual(['tag:hub:7070'])
  }
  expect(Object.keys(policy.tagOwners)).toEqual(['tag:hub'])
  const [config] = readYaml('headscale', 'config.yaml')
  expect(config).toMatchObject({
    derp: { server: { enabled: true }, urls: [] },
    policy: { path: '/etc/headscale/policy.hujson' },
  })
})

test('the README names every file, and no file that is not there', () => {
  const text = readFileSync(join(deployFolder, 'README.md'), 'utf8')
  const named = [
    ...text.matchAll(/`((?:[\w-]+\/)*[\w.-]+\.(?:yaml|sh|json|hujson|service|Dockerfile|md))`/g),
  ]
  const paths = named.map(([, path = '']) => path)
  const places = [
    deployFolder,
    join(deployFolder, '..'),
    join(deployFolder, 'kubernetes/overlays/production'),
  ]
  const isThere = (path: string) => places.some((folder) => existsSync(join(folder, path)))
  expect(paths.filter((path) => !isThere(path))).toEqual([])
  for (const name of files.filter((name) => name.endsWith('.sh'))) expect(paths).toContain(name)
})
