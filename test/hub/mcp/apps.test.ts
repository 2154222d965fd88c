import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { expect, test } from 'vitest'
import { everythingStdio } from '../../helpers/everything.ts'
import type { TestHub } from '../../helpers/hub.ts'
import { startHub, until } from '../../helpers/hub.ts'
import { ask } from '../../helpers/raw-mcp.ts'
import { startWith, state } from '../../helpers/upstreams.ts'

const showsApps = {
  capabilities: {
    extensions: { 'io.modelcontextprotocol/ui': { mimeTypes: ['text/html;profile=mcp-app'] } },
  },
}
type Content = { uri: string; mimeType: string; text: string }
type Listed = { name: string; _meta?: { ui?: { resourceUri: string } } }

const frameOf = async (hub: TestHub) => {
  const page = await fetch(hub.url)
  const policy = page.headers.get('content-security-policy') ?? ''
  const origin = /frame-src (\S+)/.exec(policy)?.[1] ?? ''
  expect(await page.text()).toContain(`name="apps" content="${origin}"`)
  return (query: Record<string, string>) =>
    fetch(`${origin}/frame?${new URLSearchParams({ host: hub.url, ...query })}`)
}

test('own tools name an app, whose page is one file, and the app is sent the structure', async () => {
  const hub = await startHub()
  await hub.call('task_submit', { template: 'command', command: 'true', title: 'Shown' })
  const { result } = await ask(hub, 'tools/list', {})
  const listed = result.tools as Listed[]
  const apps = listed.flatMap(({ _meta }) => _meta?.ui?.resourceUri ?? [])
  expect(apps.toSorted()).toEqual([
    'ui://switchyard/board',
    'ui://switchyard/capacity',
    'ui://switchyard/change',
    'ui://switchyard/task',
  ])
  for (const uri of apps) {
    const read = await ask(hub, 'resources/read', { uri })
    const [page] = read.result.contents as Content[]
    expect(page).toMatchObject({ uri, mimeType: 'text/html;profile=mcp-app' })
    expect(page!.text).not.toMatch(/<(script|link|img)[^>]+(src|href)=/)
  }
  const call = { name: 'task_list', arguments: {} }
  const plain = await ask(hub, 'tools/call', call)
  expect(plain.result.structuredContent).toBeUndefined()
  const shown = await ask(hub, 'tools/call', call, showsApps)
  expect(shown.result.structuredContent).toMatchObject({ items: [{ title: 'Shown' }] })
  expect(shown.result.content).toEqual(plain.result.content)
  const missing = await ask(hub, 'resources/read', { uri: 'ui://switchyard/none' })
  expect(missing.error?.code).toBe(-32602)
})

test('by the address of one server its app reaches that server, and nothing of the hub', async () => {
  const hub = await startWith({ up: everythingStdio('both') })
  await until(async () => (await state(hub, 'up'))?.state === 'ready')
  const { id } = await hub.call<{ id: string }>('task_submit', {
    template: 'command',
    command: 'true',
  })
  const there = { path: '/mcp/up' }
  const page = await ask(hub, 'resources/read', { uri: 'ui://everything/app.html' }, there)
  expect(page.result.contents).toHaveLength(1)
  for (const uri of [`task://${id}`, 'ui://switchyard/task'])
    expect((await ask(hub, 'resources/read', { uri }, there)).error?.code).toBe(-32602)
  const own = { name: 'task_list', arguments: {} }
  expect((await ask(hub, 'tools/call', own, there)).error?.code).toBe(-32602)
})

test('the sandbox is another origin, keeps to the policy of an app, and shows in the hub alone', async () => {
  const hub = await startHub()
  const frame = await frameOf(hub)
  const plain = await frame({})
  expect(new URL(plain.url).origin).not.toBe(hub.url)
  const policy = (response: Response) => response.headers.get('content-security-policy') ?? ''
  expect(policy(plain)).toContain("default-src 'none'")
  expect(policy(plain)).toContain("connect-src 'none'")
  expect(policy(plain)).toContain(`frame-ancestors ${hub.url}`)
  const csp = {
    connectDomains: ['https://api.example.com'],
    resourceDomains: ['https://*.example.com'],
  }
  const wider = await frame({ csp: JSON.stringify(csp) })
  expect(policy(wider)).toContain('connect-src https://api.example.com')
  expect(policy(wider)).toContain("script-src 'unsafe-inline' https://*.example.com")
  const forged = [
    { csp: JSON.stringify({ connectDomains: ['*'] }) },
    { csp: JSON.stringify({ connectDomains: ["'self'"] }) },
    { csp: JSON.stringify({ resourceDomains: ['https://a; frame-ancestors *'] }) },
    { csp: 'no json' },
    { host: 'https://evil.example' },
    { host: `${hub.url}/x"><script>` },
  ]
  for (const query of forged) expect((await frame(query)).status).toBe(400)
  expect((await fetch(new URL('/', plain.url))).status).toBe(404)
  await plain.text()
})

test('a sandbox behind a proxy has the address that its settings say', async () => {
  const hub = await startHub({ appsUrl: 'https://apps.example.com/' })
  const page = await fetch(hub.url)
  expect(page.headers.get('content-security-policy')).toContain(
    'frame-src https://apps.example.com',
  )
  expect(await page.text()).toContain('name="apps" content="https://apps.example.com"')
})

test('where the port of the sandbox is taken the page is there without it, and gets it when it is free', async () => {
  const holder = createServer()
  await new Promise<void>((resolve) => holder.listen(0, '127.0.0.1', resolve))
  const { port } = holder.address() as AddressInfo // A TCP server that listens has one.
  const hub = await startHub({ appsPort: port, logLevel: 'silent' })
  const before = await fetch(hub.url)
  expect(before.status).toBe(200)
  expect(before.headers.get('content-security-policy')).not.toContain(`:${port}`)
  expect(await before.text()).toContain('name="apps" content=""')
  await new Promise((resolve) => holder.close(resolve))
  const after = await fetch(hub.url)
  expect(after.headers.get('content-security-policy')).toContain(
    `frame-src http://127.0.0.1:${port}`,
  )
  await after.text()
})
