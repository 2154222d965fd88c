import type {
  ClientConnection,
  ClientContext,
  McpServer,
  NewSessionResponse,
} from '@agentclientprotocol/sdk'
import { PROTOCOL_VERSION, RequestError, methods } from '@agentclientprotocol/sdk'
import { z } from 'zod'
import { HubError } from '../../schemas/errors.ts'
import type { RunnerConfig } from '../../schemas/runner.ts'
import type { Lease } from '../lease.ts'
import { connect } from './client.ts'
import { messageStream } from './messages.ts'
import type { Offered } from './options.ts'
import { choose } from './options.ts'
import type { Permissions } from './permissions.ts'
import type { Program } from './program.ts'
import type { Terminals } from './terminals.ts'
import type { Updates } from './updates.ts'

const openMs = 120_000
const heedMs = 5000
const partingMs = 1000

const { agent: calls } = methods

export type TurnEnd = {
  stop: 'end_turn' | 'max_tokens' | 'max_turn_requests' | 'refusal' | 'cancelled'
  /** What the turn used, where the agent says so. */
  usage: { inputTokens: number; outputTokens: number } | undefined
  /** Whether the program had to be ended, so that a new one is needed to go on. */
  isGone: boolean
}

type Parts = {
  program: Program
  lease: Lease
  signal: AbortSignal
  root: string
  config: RunnerConfig
  updates: Updates
  permissions: Permissions
  terminals: Terminals
  /** The hub's tools, for agents that take MCP servers over HTTP. */
  tools: McpServer | undefined
}

// The field is not part of the stable protocol, and agents fill it in all the same.
const Used = z.object({ usage: z.object({ inputTokens: z.int(), outputTokens: z.int() }) })

/** A conversation with an external agent, over the pipes of its program. */
export class Session {
  readonly id: string
  /** Whether the agent remembers the session of an earlier attempt. */
  readonly isContinued: boolean
  readonly #connection: ClientConnection
  readonly #parts: Parts

  private constructor(parts: Parts, connection: ClientConnection, { id, isContinued }: Begun) {
    this.#parts = parts
    this.#connection = connection
    this.id = id
    this.isContinued = isContinued
  }

  /** Introduces the two to each other, and takes up the session `earlier` where the agent can. */
  static async open(parts: Parts, earlier: string | undefined): Promise<Session> {
    const { program, lease, updates } = parts
    const stream = messageStream(program, {
      onUpdate: (params) => updates.take(params),
      onNoise: (line) => lease.log.write('out', Buffer.from(`${line.slice(0, 2000)}\n`)),
    })
    const connection = connect(stream, parts)
    const tooLong = new AbortController()
    const limit = setTimeout(() => tooLong.abort(), openMs)
    try {
      const begun = await Promise.race([
        begin(connection.agent, parts, earlier),
        failure(parts, tooLong.signal),
      ])
      return new Session(parts, connection, begun)
    } catch (error) {
      if (!connection.signal.aborted || error instanceof HubError)
        throw asHubError(error, 'opening a session')
      throw new HubError('failed', `the agent ${await endOf(program)} before it took a session`)
    } finally {
      clearTimeout(limit)
    }
  }

  /**
   * Has the agent work on a request until it stops. A message that interrupts ends the turn early,
   * unless a question to people is open: no message answers that.
   */
  async turn(text: string): Promise<TurnEnd> {
    const { lease, signal, permissions, program, updates } = this.#parts
    const { agent } = this.#connection
    updates.begin()
    const heed = new AbortController()
    let timer: NodeJS.Timeout | undefined
    const look = () => {
      if (timer || !lease.isInterrupted || permissions.isWaiting) return
      timer = setTimeout(() => heed.abort(), heedMs)
      void lease.log.say('a message interrupts the turn').catch(() => undefined) // The next write says it.
      this.#cancel()
    }
    lease.onMessages(look)
    permissions.onAnswer(look)
    const asked = agent.request(calls.session.prompt, {
      sessionId: this.id,
      prompt: [{ type: 'text', text }],
    })
    try {
      look()
      const response = await Promise.race([asked, failure(this.#parts, heed.signal)])
      const used = Used.safeParse(response)
      const stop = response.stopReason
      return { stop, usage: used.success ? used.data.usage : undefined, isGone: false }
    } catch (error) {
      if (signal.aborted) {
        this.#cancel()
        await Promise.race([asked, pause(partingMs)]).catch(() => undefined) // It is ended either way.
        throw error
      }
      if (heed.signal.aborted) {
        await lease.log.say('the agent did not heed the interruption, so it is started anew')
        await this.close()
        return { stop: 'cancelled', usage: undefined, isGone: true }
      }
      if (!this.#connection.signal.aborted || error instanceof HubError)
        throw asHubError(error, 'working')
      throw new HubError('failed', `the agent ${await endOf(program)} in the middle of its turn`)
    } finally {
      clearTimeout(timer)
      lease.onMessages(() => undefined)
      await updates.endLine().catch(() => undefined) // A log that fails fails the report too.
    }
  }

  async close(): Promise<void> {
    this.#parts.terminals.close()
    await this.#parts.program.stop()
    this.#connection.close()
  }

  #cancel(): void {
    const told = this.#connection.agent.notify(calls.session.cancel, { sessionId: this.id })
    told.catch(() => undefined) // It has ended already.
  }
}

type Begun = { id: string; isContinued: boolean }

async function begin(
  agent: ClientContext,
  { root, lease, updates, tools, config }: Parts,
  earlier: string | undefined,
): Promise<Begun> {
  const { protocolVersion, agentCapabilities: can } = await agent.request(calls.initialize, {
    protocolVersion: PROTOCOL_VERSION,
    clientCapabilities: { fs: { readTextFile: true, writeTextFile: true }, terminal: true },
    clientInfo: { name: 'switchyard', version: '1' },
  })
  if (protocolVersion !== PROTOCOL_VERSION)
    throw new HubError(
      'unsupported',
      `the agent speaks version ${protocolVersion} of the protocol, not ${PROTOCOL_VERSION}`,
    )
  const takesTools = can?.mcpCapabilities?.http === true
  if (tools && !takesTools)
    await lease.log.say("the agent takes no MCP server over HTTP; it works without the hub's tools")
  const request = { cwd: root, mcpServers: tools && takesTools ? [tools] : [] }
  const resume = can?.sessionCapabilities?.resume ? calls.session.resume : undefined
  const by = resume ?? (can?.loadSession === true ? calls.session.load : undefined)
  const settings = { config, model: lease.task.model }
  if (earlier !== undefined && by !== undefined) {
    updates.muted = true
    try {
      const offered: Offered = await agent.request(by, { ...request, sessionId: earlier })
      await choose(agent, earlier, offered, settings)
      return { id: earlier, isContinued: true }
    } catch (error) {
      if (!(error instanceof RequestError)) throw error
      await lease.log.say(`the agent's earlier session cannot be continued: ${error.message}`)
    } finally {
      updates.muted = false
    }
  }
  const made: NewSessionResponse = await agent.request(calls.session.new, request)
  await choose(agent, made.sessionId, made, settings)
  return { id: made.sessionId, isContinued: false }
}

/** Rejects when the attempt ends or the time is over, and never resolves. */
function failure({ signal }: Parts, limit: AbortSignal): Promise<never> {
  return new Promise((_, reject) => {
    const fail = () =>
      reject(
        signal.aborted
          ? (signal.reason as Error) // What ends an attempt is an error.
          : new HubError('unavailable', `the agent did not answer within ${openMs / 1000} s`),
      )
    for (const each of [signal, limit]) {
      if (each.aborted) fail()
      else each.addEventListener('abort', fail, { once: true })
    }
  })
}

/** How a program ended that closed its pipes; one that goes on without them is of no use. */
async function endOf(program: Program): Promise<string> {
  await Promise.race([program.ended, pause(partingMs)])
  await program.stop()
  return program.ended
}

const pause = (ms: number) => new Promise<void>((resolve) => setTimeout(resolve, ms).unref())

/** What the agent answered as a failure of the attempt. */
function asHubError(error: unknown, doing: string): unknown {
  if (!(error instanceof RequestError)) return error
  const { code, message } = error
  if (code !== -32000) return new HubError('failed', `the agent failed while ${doing}: ${message}`)
  return new HubError('denied', `the agent wants its user to sign in: ${message}`, {
    hint: 'Give it a key by `env` of its runner, or have it use the models of the hub.',
  })
}
