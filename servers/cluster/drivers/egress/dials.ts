import type { Socket } from 'node:net'

const answerMs = 5000
const maxLine = 100

/** What the programs beside a pod call where they wait to be told a port, and where they bring it. */
export const controlName = 'control.switchyard.internal'
export const dialOf = (host: string): number | undefined => {
  const id = /^dial-(\d+)\.switchyard\.internal$/.exec(host)?.[1]
  return id === undefined ? undefined : Number(id)
}

/**
 * Connections into a pod that has a network of its own. Nobody outside can open one, so who stands
 * beside the pod's programs is asked to, and brings it to the socket of the pod. A pod that answered
 * itself would bring what is its own.
 */
export class Dials {
  readonly #controls = new Set<Socket>()
  readonly #waiting = new Map<number, (socket: Socket | undefined) => void>()
  #last = 0

  /** Somebody waits to be told ports. */
  attach(control: Socket): void {
    this.#controls.add(control)
    control.once('close', () => this.#controls.delete(control))
    let rest = ''
    control.on('data', (data: Buffer) => {
      const lines = (rest + data.toString('latin1')).split('\n')
      rest = (lines.pop() ?? '').slice(0, maxLine)
      for (const line of lines) {
        const id = /^! (\d+)$/.exec(line)?.[1]
        if (id !== undefined) this.#waiting.get(Number(id))?.(undefined)
      }
    })
    control.write('HTTP/1.1 200 Connection established\r\n\r\n')
  }

  /** Somebody brings what was asked for. */
  bring(id: number, socket: Socket): void {
    const wanted = this.#waiting.get(id)
    if (wanted) wanted(socket)
    else socket.destroy()
  }

  /** A connection to a port on the loopback of any network of the pod; undefined where nothing listens. */
  async open(port: number): Promise<Socket | undefined> {
    const asked = [...this.#controls].map((control) => this.#ask(control, port))
    const found = (await Promise.all(asked)).filter((socket) => socket !== undefined)
    for (const other of found.slice(1)) other.destroy()
    return found[0]
  }

  #ask(control: Socket, port: number): Promise<Socket | undefined> {
    const id = ++this.#last
    return new Promise((resolve) => {
      const settle = (socket: Socket | undefined) => {
        clearTimeout(timer)
        this.#waiting.delete(id)
        resolve(socket)
      }
      const timer = setTimeout(() => settle(undefined), answerMs)
      this.#waiting.set(id, settle)
      control.write(`${port} ${id}\n`)
    })
  }
}
