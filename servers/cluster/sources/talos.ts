import { isAbsolute } from 'node:path'
import { gunzipSync } from 'node:zlib'
import { z } from 'zod'
import { HubError } from '../../../schemas/errors.ts'
import { yaml } from '../../kit/lazy.ts'
import type { KubeconfigText } from '../drivers/kubernetes/kubeconfig.ts'
import { readText } from '../drivers/kubernetes/read-text.ts'
import { GrpcStatus, bytesFields, grpcMessages } from './grpc.ts'

export type TalosSource = { talosconfig: string; context: string; endpoint?: string | undefined }

const method = '/machine.MachineService/Kubeconfig'
const answerMs = 15_000
const maxBytes = 1024 * 1024
const defaultPort = 50_000

/** The contexts of a talosconfig, by name. */
export const talosContexts = async (path: string): Promise<string[]> =>
  Object.keys((await readConfig(path)).contexts)

/** The administrator's kubeconfig of a Talos cluster, fetched from a control plane node and kept nowhere. */
export async function talosKubeconfig({
  talosconfig,
  context: wanted,
  endpoint,
}: TalosSource): Promise<KubeconfigText> {
  const { contexts } = await readConfig(talosconfig)
  const context = contexts[wanted]
  if (!context)
    throw new HubError('not_found', `${talosconfig} has no context ${JSON.stringify(wanted)}`, {
      hint: `It has: ${Object.keys(contexts).join(', ') || 'none'}.`,
    })
  const places = endpoint === undefined ? context.endpoints : [endpoint]
  if (places.length === 0)
    throw new HubError('invalid', `the context ${wanted} of ${talosconfig} has no endpoints`, {
      hint: 'Name a control plane node by `endpoint`.',
    })
  const tls = tlsOf(context, `the context ${wanted} of ${talosconfig}`)
  // The first one that answers: nodes of a control plane come and go.
  let failure: unknown
  for (const place of places)
    try {
      const text = await fetchFrom(place, tls, context.nodes)
      return { text, name: `the kubeconfig of ${place}` }
    } catch (error) {
      failure = error
      if (!(error instanceof HubError) || error.code !== 'unavailable') break
    }
  throw failure
}

type Tls = { ca: string; cert: string; key: string }

async function fetchFrom(place: string, tls: Tls, nodes: string[]): Promise<string> {
  const server = addressOf(place)
  // Through one node to another: who is asked about several answers with several files.
  const [node] = nodes
  const metadata: Record<string, string> = node === undefined ? {} : { nodes: node }
  try {
    const messages = await grpcMessages({
      ...{ server, method, metadata, tls, maxBytes },
      timeoutMs: answerMs,
    })
    return kubeconfigIn(Buffer.concat(messages.map((message) => dataOf(message, place))), place)
  } catch (error) {
    throw error instanceof GrpcStatus ? refusalOf(error, place) : error
  }
}

/** `common.Data`: 1 says who answers and what went wrong there, 2 are the bytes. */
function dataOf(message: Buffer, place: string): Buffer {
  const fields = bytesFields(message)
  const wrong = bytesFields(fields.get(1) ?? Buffer.alloc(0)).get(2)
  if (wrong?.length)
    throw new HubError('unavailable', `${place} says: ${wrong.toString('utf8').slice(0, 500)}`)
  return fields.get(2) ?? Buffer.alloc(0)
}

function refusalOf({ code, message }: GrpcStatus, place: string): HubError {
  const said = `${place} says: ${message.slice(0, 500) || `gRPC status ${code}`}`
  switch (code) {
    case 7:
      return new HubError('denied', said, {
        hint: 'The talosconfig needs the role os:admin: `talosctl config new --roles os:admin`.',
      })
    case 16:
      return new HubError('denied', said, { hint: 'Renew the certificate of the talosconfig.' })
    case 12:
      return new HubError('unsupported', said, {
        hint: 'Name a control plane node by `endpoint`; others have no kubeconfig.',
      })
    default:
      return new HubError('unavailable', said)
  }
}

/** The file of a tar.gz with one file, as `talosctl kubeconfig` unpacks it. */
function kubeconfigIn(archive: Buffer, place: string): string {
  const wrong = new HubError('unavailable', `${place} did not send a kubeconfig`)
  let tar: Buffer
  try {
    tar = gunzipSync(archive, { maxOutputLength: maxBytes })
  } catch {
    throw wrong // The cause would say no more.
  }
  for (let at = 0; at + 512 <= tar.length;) {
    const header = tar.subarray(at, at + 512)
    const size = Number.parseInt(header.toString('latin1', 124, 136), 8)
    const type = String.fromCharCode(header[156] ?? 0)
    if (!Number.isFinite(size) || at + 512 + size > tar.length) break
    if (type === '0' || type === '\0') return tar.toString('utf8', at + 512, at + 512 + size)
    at += 512 + Math.ceil(size / 512) * 512
  }
  throw wrong
}

function tlsOf({ ca, crt, key }: z.output<typeof TalosContext>, name: string): Tls {
  if (!ca || !crt || !key)
    throw new HubError('unsupported', `${name} has no certificate`, {
      hint: 'Those of Omni sign in by a browser: add such a cluster by its kubeconfig.',
    })
  const text = (data: string) => Buffer.from(data, 'base64').toString('utf8')
  // Talos names the key by its kind, and what is inside is PKCS #8, which has a name of its own.
  const pem = text(key).replaceAll('ED25519 PRIVATE KEY', 'PRIVATE KEY')
  return { ca: text(ca), cert: text(crt), key: pem }
}

function addressOf(place: string): string {
  const bare = place.includes(':') && !place.startsWith('[') && place.split(':').length > 2
  const host = bare ? `[${place}]` : place
  if (!URL.canParse(`https://${host}`))
    throw new HubError('invalid', `${place} is no address of a Talos node`)
  const { hostname, port } = new URL(`https://${host}`)
  return `https://${hostname}:${port || defaultPort}`
}

async function readConfig(path: string): Promise<z.output<typeof TalosConfig>> {
  if (!isAbsolute(path))
    throw new HubError(
      'invalid',
      `${path} is no absolute path of a talosconfig on the hub's machine`,
    )
  const text = await readText(path)
  let read: unknown
  try {
    read = yaml().parse(text)
  } catch {
    // The parser's message quotes the line, which may be a key.
    throw new HubError('invalid', `${path} is no talosconfig: it is no YAML`)
  }
  const parsed = TalosConfig.safeParse(read)
  if (parsed.success) return parsed.data
  throw new HubError('invalid', `${path} is no talosconfig: ${z.prettifyError(parsed.error)}`)
}

const TalosContext = z.object({
  endpoints: z
    .array(z.string())
    .nullish()
    .transform((list) => list ?? []),
  nodes: z
    .array(z.string())
    .nullish()
    .transform((list) => list ?? []),
  ca: z.string().optional(),
  crt: z.string().optional(),
  key: z.string().optional(),
})
const TalosConfig = z.object({ contexts: z.record(z.string(), TalosContext) })
