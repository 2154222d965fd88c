import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { onTestFinished } from 'vitest'
import { HubClient } from '../../agent/hub-client.ts'
import { makeLogger } from '../../hub/log.ts'
import { Hub } from '../../hub/hub.ts'
import type { Settings } from '../../schemas/config.ts'
import { readSettings } from '../../schemas/config.ts'
import type { ErrorBody } from '../../schemas/errors.ts'
import { HubError, errorBody } from '../../schemas/errors.ts'
import type { Clock } from '../../servers/kit/clock.ts'
import { makeFolder } from './folder.ts'

export type TestHub = {
  hub: Hub
  url: string
  token: string
  /** Calls as the owner. */
  client: HubClient
  /** A client with a credential of its own. */
  as(name: string, role: string, orgs?: string[]): Promise<HubClient>
  call<T>(tool: string, args?: Record<string, unknown>): Promise<T>
}

/**
 * A real hub on a free port with a data directory of its own; nothing of it is left afterwards. With a
 * clock of the test's own, its time passes as the test says.
 */
export async function startHub(
  { clock, ...settings }: Partial<Settings> & { clock?: Clock } = {},
  environment: Record<string, string> = {},
): Promise<TestHub> {
  const data = settings.data ?? makeFolder('hub')
  const all = readSettings(
    {},
    {
      port: 0,
      logLevel: 'error',
      dispatch: 'off',
      isolation: 'none',
      drainMs: 5000,
      ...settings,
      data,
    },
  )
  if (all.isolation === 'none') allowUnisolated(data)
  const hub = new Hub(all, makeLogger(all.logLevel, true), environment, clock)
  onTestFinished(() => hub.stop())
  const url = await hub.start()
  const token = readFileSync(join(data, 'token'), 'utf8').trim()
  const client = new HubClient({ url, token })
  return {
    hub,
    url,
    token,
    client,
    as: async (name, role, orgs = ['default']) => {
      const made = await client.call<{ token: string }>('token_create', { name, role, orgs })
      return client.withToken(made.token)
    },
    call: (tool, args) => client.call(tool, args),
  }
}

/** The consent that work without isolation needs, unless the test itself says yes or no. */
function allowUnisolated(data: string): void {
  const file = join(data, 'switchyard.json')
  const given = existsSync(file) ? (JSON.parse(readFileSync(file, 'utf8')) as object) : {}
  mkdirSync(data, { recursive: true })
  writeFileSync(file, JSON.stringify({ allowUnisolated: true, ...given }))
}

/** The error a call ends with, as callers see it; fails when it succeeds. */
export async function failure(promise: Promise<unknown>): Promise<ErrorBody> {
  try {
    await promise
  } catch (error) {
    if (error instanceof HubError) return errorBody(error)
    throw error
  }
  throw new Error('the call succeeded')
}

export async function until(
  holds: () => Promise<boolean> | boolean,
  timeoutMs = 90_000,
): Promise<void> {
  const deadline = performance.now() + timeoutMs
  while (!(await holds())) {
    if (performance.now() > deadline) throw new Error('it did not come true in time')
    await new Promise((resolve) => setTimeout(resolve, 20))
  }
}
