import { existsSync, readFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { HubClient } from '../../agent/hub-client.ts'
import type { Settings as AllSettings } from '../../schemas/config.ts'
import { Settings, readSettings } from '../../schemas/config.ts'
import { HubError } from '../../schemas/errors.ts'
import type { CommandName, commands } from './commands.ts'
import { kebab, parseOptions, settingShapes } from './options.ts'
import { numberText, shapeText } from './shapes.ts'

/** Settings from options and environment, with what else the command takes. */
export function parseSettings<Name extends CommandName>(
  name: Name,
  args: string[],
): {
  settings: AllSettings
  values: { [Option in keyof (typeof commands)[Name]['options']]?: string | boolean }
  positionals: string[]
} {
  const { values, positionals } = parseOptions(name, args)
  const given = Object.keys(Settings.shape).flatMap((setting) => {
    const value = values[kebab(setting)]
    return value === undefined ? [] : [[setting, value] as const]
  })
  const fromEnvironment = Object.keys(Settings.shape).flatMap((setting) => {
    const variable = `SWITCHYARD_${kebab(setting).replaceAll('-', '_').toUpperCase()}`
    const value = process.env[variable]
    return value ? [[setting, value, variable] as const] : [] // An empty one counts as none.
  })
  const isGiven = new Set<string>(given.map(([setting]) => setting))
  for (const [setting, value] of given) assertSetting(setting, value, `--${kebab(setting)}`)
  for (const [setting, value, variable] of fromEnvironment)
    if (!isGiven.has(setting)) assertSetting(setting, value, variable)
  const settings = readSettings(process.env, Object.fromEntries(given))
  return { settings, values, positionals }
}

/** Says of a value that does not fit what it is called where it was given. */
function assertSetting(setting: string, value: string | boolean, label: string): void {
  const own = Object.hasOwn(Settings.shape, setting)
  const schema = own ? Settings.shape[setting as keyof AllSettings] : undefined
  const shape = settingShapes()[setting]
  const parsed = schema?.safeParse(value)
  const isNumber = shape?.type === 'integer' || shape?.type === 'number'
  // An empty text would count as the number 0.
  if (!shape || (parsed?.success && !(isNumber && String(value).trim() === ''))) return
  const wanted = isNumber ? numberText(shape) : shapeText(shape)
  const given = JSON.stringify(value)
  throw new HubError(
    'invalid',
    isNumber || shape.enum
      ? `${label} must be ${wanted}, not ${given}`
      : `${label} cannot be ${given}: ${parsed?.error?.issues[0]?.message ?? 'it does not fit'}`,
  )
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
