import {
  copyFileSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  realpathSync,
  rmSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { basename, dirname, join } from 'node:path'
import { HubClient } from '../../agent/hub-client.ts'
import { Hub } from '../../hub/hub.ts'
import { makeLogger } from '../../hub/log.ts'
import { readSettings } from '../../schemas/config.ts'
import type { Reference } from './references.ts'
import { VaultReferences, filesBelow } from './references.ts'

export type MoveReport = { moves: number; references: number; rewritten: number; broken: string[] }

/**
 * Moves and renames the most linked notes of a vault in a copy, through `note_move` of a running hub, and
 * tells after each which references lead elsewhere than before. Who refers to what is told by the
 * reference parser and the reference resolver, which share nothing with the product.
 */
export async function moveMostLinked(folder: string, count: number): Promise<MoveReport> {
  const place = realpathSync(mkdtempSync(join(tmpdir(), 'switchyard-moves-')))
  const [vault, data] = [join(place, 'vault'), join(place, 'data')]
  const settings = { port: 0, logLevel: 'error', dispatch: 'off', isolation: 'none', data }
  copyVault(folder, vault)
  mkdirSync(data)
  writeFileSync(
    join(data, 'switchyard.json'),
    JSON.stringify({ vaults: { corpus: { path: vault, write: ['/'] } } }),
  )
  const hub = new Hub(readSettings({}, settings), makeLogger('error', true), {})
  try {
    const url = await hub.start()
    const token = readFileSync(join(data, 'token'), 'utf8').trim()
    return await moveEach(new HubClient({ url, token }), vault, count)
  } finally {
    await hub.stop()
    rmSync(place, { recursive: true, force: true })
  }
}

/** Notes, canvases and bases as they are; of all other files the name is enough. */
function copyVault(folder: string, target: string): void {
  for (const path of filesBelow(folder)) {
    const copy = join(target, path)
    mkdirSync(dirname(copy), { recursive: true })
    if (/\.(md|canvas|base)$/i.test(path)) copyFileSync(join(folder, path), copy)
    else writeFileSync(copy, '')
  }
}

async function moveEach(client: HubClient, vault: string, count: number): Promise<MoveReport> {
  const references = new VaultReferences(vault)
  let before = references.read()
  const all = [...before.values()].flat()
  const report: MoveReport = {
    moves: 0,
    references: all.filter(({ leadsTo }) => leadsTo !== undefined).length,
    rewritten: 0,
    broken: [],
  }
  for (const [index, from] of mostLinked(all, count).entries()) {
    const to = `Moved/${index % 5}/${basename(from, '.md')} (moved ${index}).md`
    const { links } = await client.call<{ links: number }>('note_move', { from, to })
    const after = references.read()
    report.moves++
    report.rewritten += links
    report.broken.push(...misled(before, after, from, to))
    before = after
  }
  return report
}

function mostLinked(references: Reference[], count: number): string[] {
  const links = new Map<string, number>()
  for (const { leadsTo } of references)
    if (leadsTo?.endsWith('.md')) links.set(leadsTo, (links.get(leadsTo) ?? 0) + 1)
  return [...links]
    .toSorted(([a, m], [b, n]) => n - m || (a < b ? -1 : 1))
    .slice(0, count)
    .map(([path]) => path)
}

/** References that led to a file before and do not lead to the same one after. */
function misled(
  before: Map<string, Reference[]>,
  after: Map<string, Reference[]>,
  from: string,
  to: string,
): string[] {
  const moved = (path: string) => (path === from ? to : path)
  return [...before].flatMap(([path, references]) => {
    const now = after.get(moved(path)) ?? []
    return references.flatMap(({ leadsTo, target, line }, index) => {
      if (leadsTo === undefined || now[index]?.leadsTo === moved(leadsTo)) return []
      return [
        `${path}:${line}: ${JSON.stringify(target)} led to ${leadsTo}, and leads to ${now[index]?.leadsTo ?? 'nothing'} after ${from} → ${to}`,
      ]
    })
  })
}
