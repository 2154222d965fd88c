import { randomUUID } from 'node:crypto'
import { authorityOf } from '../../hub/calls/decide.ts'
import { CallContext } from '../../hub/calls/call-context.ts'
import { makeLogger } from '../../hub/log.ts'
import { ConfigFile, readSettings } from '../../schemas/config.ts'
import { HubError } from '../../schemas/errors.ts'
import type { Principal } from '../../schemas/principal.ts'
import { systemClock } from '../../servers/kit/clock.ts'
import type { Context } from '../../servers/kit/context.ts'
import { newId } from '../../servers/kit/ids.ts'
import { Store } from '../../servers/kit/store.ts'
import { orchestration } from '../../servers/orchestration/index.ts'

const owner: Principal = { kind: 'user', id: 'owner', roles: ['owner'], orgs: ['*'] }
const controller: Principal = { ...owner, kind: 'service', id: 'controller', roles: ['controller'] }
const tools = new Map(orchestration.tools.map((tool) => [tool.name, tool]))

/** The tools of orchestration on a store, without doors: for what needs thousands of calls. */
export class StoreCalls {
  readonly store: Store
  readonly #shared: ConstructorParameters<typeof CallContext>[0]

  constructor(dataDir: string, file: string) {
    this.store = new Store(file, Date.now)
    const settings = readSettings({}, { data: dataDir, dispatch: 'off', port: 0 })
    const config = { ...settings, file: ConfigFile.parse({}) }
    const unused = new Proxy({}, { get: () => () => undefined })
    this.#shared = {
      dataDir,
      store: this.store,
      // Nothing that is called here has to do with pods, models or the index.
      clusters: unused as Context['clusters'],
      models: unused as Context['models'],
      context: unused as Context['context'],
      carriers: unused as Context['carriers'],
      seal: unused as Context['seal'],
      podGateway: unused as Context['podGateway'],
      log: makeLogger('silent'),
      clock: systemClock,
      now: Date.now,
      id: (prefix) => newId(prefix, Date.now()),
      config: () => config,
    }
  }

  /** Calls a tool as the owner, or as a controller where only that may. */
  async call<T>(name: string, args: Record<string, unknown>): Promise<T> {
    const tool = tools.get(name)
    if (!tool) throw new HubError('not_found', `there is no tool ${name}`)
    const principal = tool.scope === 'system' ? controller : owner
    authorityOf(principal).ensure('tool.call', {
      name,
      scope: tool.scope,
      lease: 'none',
      approvals: [],
    })
    const call = { principal, requestId: randomUUID(), signal: () => new AbortController().signal }
    const entry = {
      org: '*',
      principal: principal.id,
      tool: name,
      outcome: 'ok' as const,
      args: '{}',
      requestId: call.requestId,
      subject: undefined,
    }
    return (await tool.call(args, new CallContext(this.#shared, call, () => entry))) as T // By its schema.
  }
}
