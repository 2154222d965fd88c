import { randomUUID } from 'node:crypto'
import { mkdirSync } from 'node:fs'
import type { IncomingMessage, ServerResponse } from 'node:http'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { expect, onTestFinished } from 'vitest'
import { makeFolder } from '../folder.ts'
import { differenceFrom } from './exchanges.ts'
import type { Forge } from './forge.ts'
import { serveGit } from './git-backend.ts'
import type { Answer } from './pulls.ts'
import { Pulls } from './pulls.ts'

/**
 * A forge that answers what a real one was recorded to answer. A request of another form, or an answer
 * of another shape than the recorded one, fails the test that it is in.
 */
export async function startForge(): Promise<Forge & Watched> {
  const root = makeFolder('forge')
  const repositories = new Map<string, Pulls>()
  const logins = new Map<string, string>([
    [randomUUID(), 'owner'],
    [randomUUID(), 'hub'],
  ])
  const [owner = '', hub = ''] = [...logins.keys()]
  const strange: string[] = []
  const watched: Watched = {}

  const answer = async (request: IncomingMessage, response: ServerResponse) => {
    const { method = '', url = '' } = request
    const [path = '', query = ''] = url.split('?')
    if (!path.startsWith('/api/v1/'))
      return serveGit(root, (token) => logins.has(token), request, response)
    const login = logins.get((request.headers.authorization ?? '').replace('token ', ''))
    const body = await jsonOf(request)
    const asked = { method, path: path.replace('/api/v1', ''), query, body, login: login ?? '' }
    const given = login === undefined ? { status: 401 } : await route(asked)
    const difference = differenceFrom(asked, given)
    if (difference !== undefined) strange.push(difference)
    if (method === 'POST') await watched.posted?.(JSON.stringify(body))
    response.writeHead(given.status, { 'content-type': 'application/json' })
    response.end(given.body === undefined ? undefined : JSON.stringify(given.body))
  }

  const route = async (asked: Asked): Promise<Answer> => {
    const { method, path, body, login } = asked
    if (path === '/user') return { status: 200, body: { login } }
    if (method === 'POST' && path === '/user/repos') {
      const name = String(body.name)
      const dir = join(root, 'owner', `${name}.git`)
      mkdirSync(dir, { recursive: true })
      const pulls = await Pulls.make(dir, `owner/${name}`)
      repositories.set(name, pulls)
      return { status: 201, body: { default_branch: 'main', html_url: `${login}/${name}` } }
    }
    const [, name = '', rest = ''] = /^\/repos\/owner\/([\w-]+)(\/.*)?$/.exec(path) ?? []
    const pulls = repositories.get(name)
    if (!pulls) return { status: 404, body: { message: 'not found' } }
    if (rest === '') return { status: 200, body: { default_branch: 'main', html_url: path } }
    if (method === 'PUT' && rest.startsWith('/collaborators/')) return { status: 204 }
    return pulls.answer(asked, rest)
  }

  const server = createServer((request, response) => {
    answer(request, response).catch((error: unknown) => {
      strange.push(String(error))
      response.writeHead(500).end()
    })
  }).listen(0, '127.0.0.1')
  await new Promise((resolve) => server.once('listening', resolve))
  onTestFinished(() => {
    server.close()
    server.closeAllConnections()
    expect(strange).toEqual([])
  })
  const { port } = server.address() as AddressInfo // Of a TCP server.
  const forge = { url: `http://127.0.0.1:${port}`, tokens: { owner, hub }, hub: 'hub' }
  return Object.assign(watched, forge)
}

/** Who looks at what was posted, when it is there and whoever sent it has no answer yet. */
type Watched = { posted?: (body: string) => Promise<void> }

export type Asked = {
  method: string
  path: string
  query: string
  body: Record<string, unknown>
  login: string
}

async function jsonOf(request: IncomingMessage): Promise<Record<string, unknown>> {
  const chunks: Buffer[] = []
  for await (const chunk of request) chunks.push(chunk as Buffer) // What a request is made of.
  const text = Buffer.concat(chunks).toString('utf8')
  return text === '' ? {} : (JSON.parse(text) as Record<string, unknown>) // A client's object.
}
