import { execFileSync } from 'node:child_process'
import { readFileSync, writeFileSync } from 'node:fs'
import type { ServerHttp2Stream } from 'node:http2'
import { createSecureServer } from 'node:http2'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import type { TLSSocket } from 'node:tls'
import { onTestFinished } from 'vitest'
import { makeFolder } from './folder.ts'
import { makeAuthority } from './kubernetes/certificates.ts'

/**
 * The API of a Talos control plane node as far as the hub asks it: gRPC with certificates on both
 * sides, Ed25519 as Talos makes them. It hands out the kubeconfig of another cluster.
 */
export async function startTalos(kubeconfig: string) {
  const folder = makeFolder('talos')
  const authority = makeAuthority(folder, 'ed25519')
  const serving = authority.issue('serving', '/CN=node')
  writeFileSync(join(folder, 'kubeconfig'), readFileSync(kubeconfig))
  const archive = execFileSync('tar', ['czf', '-', '-C', folder, 'kubeconfig'])
  const state = { calls: [] as string[], silent: false, worker: false }
  const server = createSecureServer({
    ca: readFileSync(authority.ca),
    cert: readFileSync(serving.cert),
    key: readFileSync(serving.key),
    requestCert: true,
    rejectUnauthorized: true,
    ALPNProtocols: ['h2'],
  })
  server.on('sessionError', () => undefined) // Whoever asked went away.
  server.on('stream', (stream, headers) => {
    state.calls.push(String(headers[':path']))
    if (state.silent) return
    // `O` of the certificate is the role.
    const { subject } = (stream.session!.socket as TLSSocket).getPeerCertificate() // It is TLS, and open.
    if (headers.te !== 'trailers' || headers['content-type'] !== 'application/grpc')
      return refuse(stream, 2, 'no gRPC')
    if (state.worker) return refuse(stream, 12, 'unknown%20method Kubeconfig')
    if (subject.O !== 'os:admin') return refuse(stream, 7, 'not authorized')
    stream.respond(
      { ':status': 200, 'content-type': 'application/grpc' },
      { waitForTrailers: true },
    )
    stream.on('wantTrailers', () => stream.sendTrailers({ 'grpc-status': '0' }))
    const half = archive.length >> 1
    for (const part of [archive.subarray(0, half), archive.subarray(half)])
      stream.write(framed(part))
    stream.end()
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  onTestFinished(() => void server.close())
  const { port } = server.address() as AddressInfo // Of a TCP server.
  const endpoint = `127.0.0.1:${port}`
  const contextFor = (role: string, endpoints = [endpoint]) => {
    const { cert, key } = authority.issue(role.replace(':', '-'), `/O=${role}`)
    const pem = readFileSync(key, 'utf8').replaceAll('PRIVATE KEY', 'ED25519 PRIVATE KEY')
    return {
      endpoints,
      ca: authority.caData,
      crt: readFileSync(cert).toString('base64'),
      key: Buffer.from(pem).toString('base64'),
    }
  }
  const talosconfig = join(folder, 'talosconfig')
  const contexts = {
    admin: contextFor('os:admin'),
    reader: contextFor('os:reader'),
    // The first of its nodes is away.
    spare: contextFor('os:admin', ['127.0.0.1:1', endpoint]),
    omni: { endpoints: [endpoint], auth: { siderov1: { identity: 'a@example.org' } } },
  }
  writeFileSync(talosconfig, JSON.stringify({ context: 'reader', contexts }))
  return { talosconfig, endpoint, state, adminKey: contexts.admin.key }
}

function refuse(stream: ServerHttp2Stream, code: number, message: string): void {
  const said = { 'grpc-status': String(code), 'grpc-message': message }
  stream.respond(
    { ':status': 200, 'content-type': 'application/grpc', ...said },
    { endStream: true },
  )
}

/** A message with its length before it: `common.Data` whose field 2 are the bytes. */
function framed(bytes: Buffer): Buffer {
  const size: number[] = []
  for (let rest = bytes.length; ; rest >>= 7) {
    size.push(rest > 127 ? (rest & 127) | 128 : rest)
    if (rest <= 127) break
  }
  const message = Buffer.concat([Buffer.from([2 * 8 + 2, ...size]), bytes])
  const head = Buffer.alloc(5)
  head.writeUInt32BE(message.length, 1)
  return Buffer.concat([head, message])
}
