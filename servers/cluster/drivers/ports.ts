import { readFileSync, readdirSync, readlinkSync } from 'node:fs'
import type { Socket } from 'node:net'
import { connect } from 'node:net'
import { HubError } from '../../../schemas/errors.ts'
import type { PodPort } from '../../kit/cluster-driver.ts'
import { marker } from './clean-up.ts'
import { carrying, familyOf, snapshot } from './processes.ts'

const connectMs = 10_000

/** A socket that waits for connections: where, and the number by which its owner holds it. */
type Listening = { address: string; inode: string }

/**
 * A port of a local pod. All pods of the machine share its loopback addresses with the hub and with
 * everything else, so each connection goes only where a process of this very pod listens.
 */
export async function localPort(
  pod: { id: string; pid: number },
  port: number,
  inside?: (port: number) => Promise<Socket | undefined>,
): Promise<PodPort> {
  if (inside) return insidePort(pod.id, port, inside)
  await owned(pod, port)
  return {
    prefix: '',
    headers: {},
    async connect() {
      const socket = await connected(await owned(pod, port), port)
      try {
        // Again, with the connection in hand and before a byte is sent: the port may have gone to another.
        await owned(pod, port)
      } catch (error) {
        socket.destroy()
        throw error
      }
      return socket
    },
  }
}

/** A port of a pod that has a network of its own, where nobody else's ports are. */
async function insidePort(
  id: string,
  port: number,
  inside: (port: number) => Promise<Socket | undefined>,
): Promise<PodPort> {
  const connect = async () => {
    const socket = await inside(port)
    if (socket) return socket
    throw new HubError('conflict', `nothing in pod ${id} listens on port ${port}`)
  }
  const tried = await connect()
  tried.destroy()
  return { prefix: '', headers: {}, connect }
}

/** The loopback address at which this pod, and nobody else, listens on the port. */
async function owned({ id, pid }: { id: string; pid: number }, port: number): Promise<string> {
  const found = listeners(port)
  const held = found.length > 0 ? await socketsOf(id, pid) : new Set<string>()
  for (const [address, reaching] of routes) {
    const here = found.filter((one) => reaching.includes(one.address))
    // Two may share a port, and the system chooses between them.
    if (here.length > 0 && here.every(({ inode }) => held.has(inode))) return address
  }
  const isOthers = found.length > 0
  throw new HubError(
    'conflict',
    isOthers
      ? `port ${port} belongs to something else than pod ${id}`
      : `nothing in pod ${id} listens on port ${port}`,
    { hint: 'Start the program there first; a port of the loopback address is enough.' },
  )
}

// As /proc/net writes addresses: bytes of each 32-bit word in the order of the machine, little-endian.
const any4 = '00000000'
const loopback4 = '0100007F'
const any6 = '0'.repeat(32)
const loopback6 = `${'0'.repeat(24)}01000000`
const mappedLoopback = `${'0'.repeat(16)}FFFF0000${loopback4}`

/** Which listening addresses answer a connection to which of the loopback addresses. */
const routes: [string, string[]][] = [
  ['127.0.0.1', [any4, loopback4, any6, mappedLoopback]],
  ['::1', [any6, loopback6]],
]

const listenState = '0A'

function listeners(port: number): Listening[] {
  const tail = `:${port.toString(16).toUpperCase().padStart(4, '0')}`
  return ['tcp', 'tcp6'].flatMap((table) =>
    readTable(table)
      .split('\n')
      .slice(1)
      .flatMap((line) => {
        const [, local = '', , state, , , , , , inode = ''] = line.trim().split(/\s+/)
        if (state !== listenState || !local.endsWith(tail)) return []
        return [{ address: local.slice(0, -tail.length), inode }]
      }),
  )
}

function readTable(name: string): string {
  try {
    return readFileSync(`/proc/net/${name}`, 'latin1')
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error
    if (name === 'tcp6') return '' // A system without IPv6.
    throw new HubError('unsupported', 'this system does not tell which program owns a port', {
      hint: 'Ports of local pods are exposed on Linux alone.',
    })
  }
}

/** The sockets that processes of a pod hold, by their numbers. */
async function socketsOf(id: string, pid: number): Promise<Set<string>> {
  const family = familyOf(pid, await snapshot()).map((process) => process.pid)
  const marked = carrying(marker).flatMap((entry) => (entry.value === id ? [entry.pid] : []))
  return new Set([...new Set([...family, ...marked])].flatMap(socketsHeldBy))
}

function socketsHeldBy(pid: number): string[] {
  const folder = `/proc/${pid}/fd`
  try {
    return readdirSync(folder).flatMap(
      (name) => /^socket:\[(\d+)\]$/.exec(linkOf(`${folder}/${name}`))?.[1] ?? [],
    )
  } catch {
    return [] // It has ended meanwhile.
  }
}

function linkOf(path: string): string {
  try {
    return readlinkSync(path)
  } catch {
    return '' // It was closed meanwhile.
  }
}

const connected = (host: string, port: number): Promise<Socket> =>
  new Promise((resolve, reject) => {
    const socket = connect({ host, port, timeout: connectMs })
    const fail = (cause?: Error) => {
      socket.destroy()
      reject(
        new HubError('unavailable', `port ${port} of the pod takes no connection`, {
          ...(cause ? { cause } : {}),
        }),
      )
    }
    socket.once('error', fail)
    socket.once('timeout', () => fail())
    socket.once('connect', () => {
      socket.off('error', fail)
      socket.setTimeout(0)
      resolve(socket)
    })
  })
