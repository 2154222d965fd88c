import { HubError } from '../../schemas/errors.ts'
import { nearest } from '../../schemas/nearest.ts'
import type { Principal } from '../../schemas/principal.ts'
import type { Server, Tool } from '../../servers/kit/tool.ts'
import { mayList } from './decide.ts'

/** Every tool by its global name. One look-up leads from a call to the function that serves it. */
export class Registry {
  readonly servers: Server[]
  readonly #byName = new Map<string, Tool>()

  readonly #isOffered: (tool: Tool) => boolean

  /** `isOffered` leaves out of listings what is switched off; such a tool still says why when called. */
  constructor(servers: Server[], isOffered: (tool: Tool) => boolean = () => true) {
    this.servers = servers
    this.#isOffered = isOffered
    for (const { tools } of servers) {
      for (const tool of tools) {
        if (this.#byName.has(tool.name)) throw new Error(`two tools are called ${tool.name}`)
        this.#byName.set(tool.name, tool)
      }
    }
  }

  get(name: string): Tool | undefined {
    return this.#byName.get(name)
  }

  require(name: string): Tool {
    const tool = this.#byName.get(name)
    if (tool) return tool
    const names = [...this.#byName.keys()]
    const close = nearest(name, names)
    const [noun] = name.split('_')
    const kin = names.filter((other) => other.startsWith(`${noun}_`)).slice(0, 12)
    throw new HubError('not_found', `there is no tool ${JSON.stringify(name.slice(0, 80))}`, {
      hint: close
        ? `Did you mean ${close}?`
        : kin.length > 0
          ? `There are ${kin.join(', ')}.`
          : 'tools/list shows the tools you may use.',
    })
  }

  /** The tools a principal may use, of all servers or one, in a fixed order. */
  visible(principal: Principal, server?: string): Tool[] {
    const shown =
      server === undefined ? this.servers : this.servers.filter(({ name }) => name === server)
    return shown
      .flatMap(({ tools }) => tools)
      .filter((tool) => mayList(principal, tool) && this.#isOffered(tool))
  }
}
