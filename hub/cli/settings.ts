import { existsSync, readFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { parseArgs } from 'node:util'
import { HubClient } from '../../agent/hub-client.ts'
import type { Settings as AllSettings } from '../../schemas/config.ts'
import { Settings, readSettings } from '../../schemas/config.ts'
import { HubError } from '../../schemas/errors.ts'

const kebab = (name: string) => name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)

/** Settings from options and environment, with what else the command takes. */
export function parseSettings<
  const Extra extends Record<string, { type: 'string' | 'boolean'; short?: string }>,
>(
  args: string[],
  extra: Extra,
): {
  settings: AllSettings
  values: { [Name in keyof Extra]?: string | boolean | undefined }
  positionals: string[]
} {
  const names = Object.keys(Settings.shape)
  const own = Object.fromEntries(names.map((name) => [kebab(name), { type: 'string' as const }]))
  const { values, positionals } = parseArgs({
    args,
    options: { ...own, ...extra },
    allowPositionals: true,
  })
  const given = values as Record<string, string | boolean | undefined> // No option here is repeatable.
  const options = Object.fromEntries(
    names.flatMap((name) => (given[kebab(name)] === undefined ? [] : [[name, given[kebab(name)]]])),
  )
  return { settings: readSettings(process.env, options), values: given, positionals } // Extra's names are among them.
}

/** A client of the hub that runs on a data directory, as its owner or as SWITCHYARD_TOKEN says. */
export function clientFor(settings: AllSettings, patienceMs = 0): HubClient {
  const dataDir = resolve(settings.data)
  const tokenFile = join(dataDir, 'token')
  const token =
    process.env.SWITCHYARD_TOKEN ??
    (existsSync(tokenFile) ? readFileSync(tokenFile, 'utf8').trim() : undefined)
  if (token === undefined) {
    throw new HubError('unavailable', `there is no hub on ${dataDir}`, {
      hint: 'Start one with `npm start`, or name its data directory with --data or SWITCHYARD_DATA.',
    })
  }
  return new HubClient(
    { url: process.env.SWITCHYARD_URL, endpointFile: join(dataDir, 'run', 'endpoint'), token },
    patienceMs,
  )
}
