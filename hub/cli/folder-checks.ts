import { existsSync, readdirSync, statSync } from 'node:fs'
import { join } from 'node:path'
import type Database from 'better-sqlite3'
import type { Config } from '../../schemas/config.ts'
import { carrying } from '../../servers/cluster/drivers/processes.ts'
import { diskRoom } from '../../servers/kit/disk.ts'
import { assertSound } from '../../servers/kit/store/database-file.ts'
import {
  artifactDigests,
  livePodIds,
  openTaskIds,
  repositoryIds,
} from '../../servers/kit/store/inventory.ts'
import type { Finding } from './finding.ts'
import { counted, fine, some, warning, wrong } from './finding.ts'
import { asked } from './store-checks.ts'

/** What is on disk, compared with what the store says of it. */
export async function checkFolders(
  db: Database.Database | undefined,
  dataDir: string,
  isRunning: boolean,
): Promise<Finding[]> {
  const compared: [string, (db: Database.Database) => Finding][] = [
    ['artifacts', (store) => checkArtifacts(store, dataDir)],
    ['repositories', (store) => checkRepositories(store, dataDir)],
    ['folders', (store) => checkWorkFolders(store, dataDir)],
    ['pods', (store) => checkPods(store, dataDir, isRunning)],
  ]
  const findings: Finding[] = [checkSecrets(dataDir), checkContext(dataDir)]
  if (db) for (const [name, check] of compared) findings.push(await asked(name, () => check(db)))
  return findings
}

export async function checkDisk(dataDir: string, config: Config): Promise<Finding> {
  const { freeMb, keptFreeMb, isLow } = await diskRoom({ dataDir, config })
  const text = `${freeMb} MB are free, ${keptFreeMb} MB of it kept for what runs`
  if (!isLow) return fine('disk', text)
  return wrong('disk', `${text}: no new work is taken`, 'Free some space on the disk.')
}

/** Who can read these can act as the owner, here and at the servers the hub is signed in at. */
function checkSecrets(dataDir: string): Finding {
  if (process.platform === 'win32') return fine('permissions', 'not looked at on this system')
  const readable = ['', 'token', 'seal.key']
    .map((name) => join(dataDir, name))
    .filter((file) => existsSync(file) && (statSync(file).mode & 0o077) !== 0)
  if (readable.length === 0) return fine('permissions', 'only the owner can read the secrets')
  return wrong('permissions', `others can read ${some(readable)}`, `chmod -R go= ${dataDir}`)
}

function checkArtifacts(db: Database.Database, dataDir: string): Finding {
  const wanted = artifactDigests(db)
  const names = namesIn(join(dataDir, 'artifacts')).flatMap((folder) =>
    namesIn(join(dataDir, 'artifacts', folder)),
  )
  const found = new Set(names.filter((name) => /^[0-9a-f]{64}$/.test(name)))
  const missing = [...wanted].filter((name) => !found.has(name))
  const unused = [...found].filter((name) => !wanted.has(name))
  if (missing.length > 0)
    return wrong(
      'artifacts',
      `the bytes of ${missing.length} of ${counted(wanted.size, 'artifact')} are missing: ${some(missing)}`,
      'Copy them from `artifacts` of a backup; the name of a file is the digest of its bytes.',
    )
  if (unused.length === 0) return fine('artifacts', allThere(wanted.size))
  return warning(
    'artifacts',
    `${counted(unused.length, 'file belongs', 'files belong')} to no artifact: ${some(unused)}`,
    'The running hub removes them within days.',
  )
}

function allThere(count: number): string {
  if (count === 0) return 'there are none'
  return count === 1 ? 'the bytes of the only one are there' : `the bytes of all ${count} are there`
}

function checkRepositories(db: Database.Database, dataDir: string): Finding {
  const wanted = repositoryIds(db)
  const beside = namesIn(join(dataDir, 'repos')) // Those of orgs, and what the start could not move.
  const orgs = beside.filter((name) => !name.endsWith('.git'))
  const names = orgs.flatMap((org) => namesIn(join(dataDir, 'repos', org)))
  const found = new Set(names.map((name) => name.replace(/\.git$/, '')))
  const unused = [
    ...[...found].filter((name) => name.startsWith('repo-') && !wanted.has(name)),
    ...beside.filter((name) => name.startsWith('repo-') && name.endsWith('.git')),
  ]
  if (unused.length === 0) return fine('repositories', known(wanted.size, found.size))
  return warning(
    'repositories',
    `${counted(unused.length, 'copy belongs', 'copies belong')} to no repository: ${some(unused)}`,
    `Look for commits worth keeping, then delete them from ${join(dataDir, 'repos')}.`,
  )
}

function known(count: number, copies: number): string {
  if (count === 0 && copies === 0) return 'none is known'
  return `${counted(count, 'is', 'are')} known, ${counted(copies, 'of them has', 'of them have')} a copy here`
}

function checkWorkFolders(db: Database.Database, dataDir: string): Finding {
  const open = openTaskIds(db)
  const live = livePodIds(db)
  const left = namesIn(join(dataDir, 'work')).filter((name) => !open.has(name) && !live.has(name))
  if (left.length === 0) return fine('folders', 'only work that is not final has a folder')
  return warning(
    'folders',
    `${counted(left.length, 'folder belongs', 'folders belong')} to work that ended: ${some(left)}`,
    'The running hub removes those of tasks after a day; others may be deleted.',
  )
}

function checkPods(db: Database.Database, dataDir: string, isRunning: boolean): Finding {
  const live = livePodIds(db)
  if (isRunning) return fine('pods', `${counted(live.size, 'is', 'are')} recorded as running`)
  const folders = new Set(namesIn(join(dataDir, 'pods')))
  const left = carrying('SWITCHYARD_POD').filter(({ value }) => folders.has(value))
  if (left.length === 0) return fine('pods', 'no process of a pod is left')
  return warning(
    'pods',
    `${counted(left.length, 'process of a pod runs', 'processes of pods run')} without a hub: ${some(left.map(({ pid }) => String(pid)))}`,
    'The next start takes them back or ends them.',
  )
}

function checkContext(dataDir: string): Finding {
  const files = namesIn(join(dataDir, 'context')).filter((name) => name.endsWith('.db'))
  const damaged = files.filter((name) => !isSound(join(dataDir, 'context', name)))
  if (files.length === 0) return fine('context', 'there is no index yet')
  if (damaged.length === 0)
    return fine('context', `${counted(files.length, 'index is', 'indexes are')} sound`)
  return wrong(
    'context',
    `the index of ${some(damaged)} is damaged`,
    'Stop the hub and delete it with its -wal and -shm: it is read anew from its sources, but for documents that were handed in.',
  )
}

function isSound(file: string): boolean {
  try {
    assertSound(file)
    return true
  } catch {
    return false // Why is of no use to anybody: it is made anew.
  }
}

const namesIn = (folder: string): string[] => (existsSync(folder) ? readdirSync(folder) : [])
