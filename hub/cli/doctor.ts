import { existsSync } from 'node:fs'
import { resolve } from 'node:path'
import type { Settings } from '../../schemas/config.ts'
import { ConfigFile } from '../../schemas/config.ts'
import { HubError } from '../../schemas/errors.ts'
import { ConfigSource } from '../config.ts'
import { readEndpoint } from '../data-dir.ts'
import { makeLogger } from '../log.ts'
import type { Finding } from './finding.ts'
import { fine, wrong } from './finding.ts'
import { checkDisk, checkFolders } from './folder-checks.ts'
import { printJson } from './output.ts'
import { salvage } from './salvage.ts'
import { parseSettings } from './settings.ts'
import { checkStore, openForChecks } from './store-checks.ts'

const marks = { ok: '✓', warning: '!', error: '✗' }

/**
 * `switchyard doctor [--json] [--salvage NEWDIR]`: looks at a data directory, also while its hub runs,
 * and changes nothing in it. Exit code 5 when something is wrong.
 */
export async function doctor(args: string[]): Promise<number> {
  const { settings, values } = parseSettings('doctor', args)
  const dataDir = resolve(settings.data)
  if (!existsSync(dataDir))
    throw new HubError('not_found', `there is no data directory ${dataDir}`, {
      hint: 'Name it with --data or SWITCHYARD_DATA.',
    })
  if (typeof values.salvage === 'string')
    return reportSalvage(dataDir, values.salvage, values.json === true)
  const findings = await look(dataDir, settings)
  const isWell = findings.every(({ level }) => level !== 'error')
  if (values.json) printJson({ data: dataDir, isWell, findings })
  else process.stdout.write(findings.map(line).join(''))
  return isWell ? 0 : 5
}

async function look(dataDir: string, settings: Settings): Promise<Finding[]> {
  const url = await runningAt(dataDir)
  const opened = openForChecks(dataDir)
  const db = 'check' in opened ? undefined : opened
  const { config, finding } = readConfig(dataDir, settings)
  try {
    return [
      fine('hub', url === undefined ? 'no hub runs here' : `a hub runs at ${url}`),
      finding,
      await checkDisk(dataDir, config),
      ...('check' in opened ? [opened] : await checkStore(opened, dataDir)),
      ...(await checkFolders(db, dataDir, url !== undefined)),
    ]
  } finally {
    db?.close()
  }
}

function readConfig(dataDir: string, settings: Settings) {
  try {
    const config = new ConfigSource(dataDir, settings, makeLogger('silent')).current()
    return { config, finding: fine('settings', 'switchyard.json can be read') }
  } catch (error) {
    if (!(error instanceof HubError)) throw error
    const config = { ...settings, file: ConfigFile.parse({}) }
    return { config, finding: wrong('settings', error.message, 'Mend it; a start refuses it.') }
  }
}

async function runningAt(dataDir: string): Promise<string | undefined> {
  const url = readEndpoint(dataDir)
  if (url === undefined) return undefined
  const isAlive = await fetch(`${url}/health`, { signal: AbortSignal.timeout(2000) }).then(
    (response) => response.ok,
    () => false, // Nobody listens: the hub that wrote the address is gone.
  )
  return isAlive ? url : undefined
}

async function reportSalvage(dataDir: string, to: string, asJson: boolean): Promise<number> {
  const tables = await salvage(dataDir, to)
  if (asJson) printJson({ data: resolve(to), tables })
  else {
    for (const { table, rows, isWhole } of tables)
      process.stdout.write(
        `${isWhole ? marks.ok : marks.error} ${table}: ${rows} rows${isWhole ? '' : ', not all'}\n`,
      )
    process.stdout.write(`saved into ${resolve(to)}; start it with --data ${to}\n`)
  }
  return 0
}

const line = ({ check, level, message, hint }: Finding): string =>
  `${marks[level]} ${check.padEnd(13)} ${message}\n${hint === undefined ? '' : `  ${' '.repeat(13)} ${hint}\n`}`
