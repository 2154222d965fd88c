// Runs in a pod that has a network of its own, before and beside its program. What the program sends
// to its proxy, or to the hub's port, it passes on to the one socket that leads out. It decides
// nothing: whoever replaced it would have that same socket.
//
// Arguments: the port for the proxy, the socket, the file with the hub's address, `--`, the program.
import { spawn } from 'node:child_process'
import { readFileSync, watchFile } from 'node:fs'
import type { Socket } from 'node:net'
import { connect, createServer } from 'node:net'
import { constants } from 'node:os'

const [port = '', socket = '', endpoint = '', , program = '', ...args] = process.argv.slice(2)

const redialMs = 500

const join = (from: Socket, to: Socket) => {
  from.on('error', () => to.destroy())
  to.on('error', () => from.destroy())
  from.pipe(to).pipe(from)
}

const serve = (at: number, take: (client: Socket) => void) =>
  new Promise<void>((resolve) => {
    const server = createServer(take)
    // A port that the program has taken for itself is its own matter.
    server.once('error', ({ message }) => {
      process.stderr.write(`[egress] ${message}\n`)
      resolve()
    })
    server.listen(at, '127.0.0.1', resolve)
  })

/** The hub may listen elsewhere after a restart; what listened before goes on. */
const served = new Set<number>()
async function serveHub(): Promise<void> {
  const at = portOf(endpoint)
  if (at === undefined || served.has(at)) return
  served.add(at)
  await serve(at, (client) => {
    const out = connect(socket)
    client.on('error', () => out.destroy())
    out.on('error', () => client.destroy())
    out.write('CONNECT hub.switchyard.internal:80 HTTP/1.1\r\n\r\n')
    // The answer of a proxy to CONNECT has no body, and nothing follows before something was sent.
    out.once('data', (answer) => {
      if (String(answer).startsWith('HTTP/1.1 200')) join(client, out)
      else client.destroy()
    })
  })
}

function portOf(file: string): number | undefined {
  try {
    const url = new URL(readFileSync(file, 'utf8').trim())
    return Number(url.port || 80)
  } catch {
    return undefined // It is being replaced; the next look finds it.
  }
}

/** The hub asks for ports of this network, since it can connect to none by itself. */
function takeDials(): void {
  const control = connect(socket)
  let rest = ''
  control.write('CONNECT control.switchyard.internal:80 HTTP/1.1\r\n\r\n')
  control.setEncoding('utf8').on('data', (text: string) => {
    const lines = (rest + text).split('\n')
    rest = lines.pop() ?? ''
    for (const line of lines) {
      const [, asked, id] = /^(\d+) (\d+)$/.exec(line) ?? []
      if (asked !== undefined) dial(Number(asked), ['127.0.0.1', '::1'], `${id}`, control)
    }
  })
  control.on('error', () => control.destroy())
  // A hub that was restarted is back at the same socket.
  control.once('close', () => setTimeout(takeDials, redialMs))
}

function dial(at: number, [host, ...others]: string[], id: string, control: Socket): void {
  if (host === undefined) return void control.write(`! ${id}\n`)
  const inside = connect({ host, port: at })
  const next = () => dial(at, others, id, control)
  inside.once('error', next)
  inside.once('connect', () => {
    inside.off('error', next)
    const out = connect(socket)
    out.write(`CONNECT dial-${id}.switchyard.internal:80 HTTP/1.1\r\n\r\n`)
    join(inside, out)
  })
}

await serve(Number(port), (client) => join(client, connect(socket)))
await serveHub()
takeDials()
watchFile(endpoint, { interval: 500 }, () => void serveHub())

const child = spawn(program, args, { stdio: 'inherit' })
for (const signal of ['SIGTERM', 'SIGINT', 'SIGHUP'] as const)
  process.on(signal, () => child.kill(signal))
child.once('error', ({ message }) => {
  process.stderr.write(`${message}\n`)
  process.exit(127)
})
child.once('exit', (code, signal) =>
  process.exit(code ?? 128 + constants.signals[signal ?? 'SIGKILL']),
)
