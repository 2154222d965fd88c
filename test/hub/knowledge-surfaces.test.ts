import { renameSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { makeFolder } from '../helpers/folder.ts'
import { startHub, until } from '../helpers/hub.ts'
import { writeFiles } from '../helpers/repo.ts'
import { connect } from '../helpers/upstreams.ts'
import { dataWith, startVault } from '../helpers/vault.ts'
import { makeSpecProject } from '../helpers/spec-project.ts'

test('notes, specs and context are reached by REST and as resources too', async () => {
  const hub = await startVault({ 'A/Note.md': '# Hi\n\nThere is an okapi here.\n' })
  const { repo, feature } = await makeSpecProject(hub)
  const get = async (path: string) => {
    const response = await fetch(hub.url + path, {
      headers: { authorization: `Bearer ${hub.token}` },
    })
    return { status: response.status, body: (await response.json()) as Record<string, unknown> }
  }
  expect(await get('/v1/notes?path=Note')).toMatchObject({
    status: 200,
    body: { path: 'A/Note.md' },
  })
  expect(await get('/v1/notes/search?query=okapi')).toMatchObject({
    body: { items: [{ path: 'A/Note.md', line: 3 }] },
  })
  expect(await get(`/v1/specs?repo=${encodeURIComponent(repo)}`)).toMatchObject({
    body: { items: [{ name: feature }] },
  })
  expect(
    await get(`/v1/specs/${feature}/tasks?repo=${encodeURIComponent(repo)}&state=open&limit=1`),
  ).toMatchObject({ body: { items: [{ id: 'T002' }], total: 4 } })
  expect(await get(`/v1/specs/nine?repo=${encodeURIComponent(repo)}`)).toMatchObject({
    status: 404,
  })
  const made = await fetch(`${hub.url}/v1/ingest`, {
    method: 'POST',
    headers: { authorization: `Bearer ${hub.token}` },
    body: JSON.stringify({ kind: 'text', uri: 'wiki', documents: [{ path: 'a', text: 'zebras' }] }),
  })
  expect(made.status).toBe(202)
  expect(await get('/v1/context/search?query=zebras&kinds=text')).toMatchObject({
    body: { items: [{ path: 'a' }] },
  })
  expect(await get('/v1/context/pack?query=zebras&max_tokens=300')).toMatchObject({
    body: { text: expect.stringContaining('zebras') as string },
  })

  const rpc = async (method: string, params: object) => {
    const response = await fetch(`${hub.url}/mcp`, {
      method: 'POST',
      headers: {
        authorization: `Bearer ${hub.token}`,
        'content-type': 'application/json',
        accept: 'application/json, text/event-stream',
        'mcp-protocol-version': '2026-07-28',
        'mcp-method': method,
        ...('uri' in params ? { 'mcp-name': String(params.uri) } : {}),
      },
      body: JSON.stringify({
        jsonrpc: '2.0',
        id: 1,
        method,
        params: {
          ...params,
          _meta: {
            'io.modelcontextprotocol/protocolVersion': '2026-07-28',
            'io.modelcontextprotocol/clientCapabilities': {},
            'io.modelcontextprotocol/clientInfo': { name: 't', version: '1' },
          },
        },
      }),
    })
    return (await response.json()) as {
      result?: { contents?: { text: string }[]; resourceTemplates?: { uriTemplate: string }[] }
    }
  }
  const templates = (await rpc('resources/templates/list', {})).result?.resourceTemplates?.map(
    ({ uriTemplate }) => uriTemplate,
  )
  expect(templates).toEqual(
    expect.arrayContaining(['note://{vault}/{+path}', 'spec://{repo}/{+feature}']),
  )
  expect(
    (await rpc('resources/read', { uri: 'note://notes/A/Note.md' })).result?.contents?.[0]?.text,
  ).toContain('okapi')
  const { body } = await get('/repos')
  const [known] = (body as { items: { id: string }[] }).items
  expect(
    (await rpc('resources/read', { uri: `spec://${known?.id}/${feature}` })).result?.contents?.[0]
      ?.text,
  ).toContain('FR-001')
})

test('who follows a note hears of it when an editor saves it', async () => {
  const vault = makeFolder('vault')
  writeFiles(vault, { 'A/Note.md': 'An okapi.\n' })
  const hub = await startHub({ data: dataWith({ notes: { path: vault } }) })
  const client = await connect(hub, 'auto')
  const told: string[] = []
  client.setNotificationHandler('notifications/resources/updated', ({ params }) => {
    told.push(params.uri)
  })
  const uri = 'note://notes/A/Note.md'
  const listening = await client.listen({ resourceSubscriptions: [uri] })
  writeFileSync(join(vault, 'A', 'other.md'), 'Not this one.\n')
  writeFileSync(join(vault, 'A', 'Note.md.new'), 'Two okapis.\n')
  renameSync(join(vault, 'A', 'Note.md.new'), join(vault, 'A', 'Note.md'))
  await until(async () => told.length > 0, 3000)
  expect(new Set(told)).toEqual(new Set([uri]))
  await listening.close()
})
