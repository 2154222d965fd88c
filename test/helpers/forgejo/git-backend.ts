import { spawn } from 'node:child_process'
import type { IncomingMessage, ServerResponse } from 'node:http'

/** Git over HTTP by Git's own CGI program, git-http-backend(1). */
export function serveGit(
  root: string,
  isToken: (password: string) => boolean,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const [path = '', query = ''] = (request.url ?? '').split('?')
  const credentials = (request.headers.authorization ?? '').replace('Basic ', '')
  const [, password = ''] = Buffer.from(credentials, 'base64').toString('utf8').split(':')
  if (!isToken(password)) {
    response.writeHead(401, { 'www-authenticate': 'Basic realm="forge"' }).end()
    return Promise.resolve()
  }
  const child = spawn('git', ['http-backend'], {
    env: {
      PATH: process.env.PATH,
      GIT_PROJECT_ROOT: root,
      GIT_HTTP_EXPORT_ALL: '1',
      GIT_CONFIG_NOSYSTEM: '1',
      REMOTE_USER: 'somebody',
      REQUEST_METHOD: request.method,
      PATH_INFO: path,
      QUERY_STRING: query,
      CONTENT_TYPE: request.headers['content-type'] ?? '',
      HTTP_CONTENT_ENCODING: request.headers['content-encoding'] ?? '',
    },
    stdio: ['pipe', 'pipe', 'inherit'],
  })
  request.pipe(child.stdin)
  const chunks: Buffer[] = []
  child.stdout.on('data', (chunk: Buffer) => chunks.push(chunk))
  return new Promise((resolve) => {
    child.on('close', () => {
      const all = Buffer.concat(chunks)
      const border = all.indexOf('\r\n\r\n')
      const headers = new Map(
        all
          .subarray(0, border)
          .toString('latin1')
          .split('\r\n')
          .map(
            (line) => [line.split(': ')[0] ?? '', line.split(': ').slice(1).join(': ')] as const,
          ),
      )
      const status = Number((headers.get('Status') ?? '200').slice(0, 3))
      headers.delete('Status')
      response.writeHead(status, Object.fromEntries(headers)).end(all.subarray(border + 4))
      resolve()
    })
  })
}
