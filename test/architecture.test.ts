import { readFileSync, readdirSync } from 'node:fs'
import { dirname, join, relative } from 'node:path'
import { expect, test } from 'vitest'

// Who may import what: a folder of ours may use these others (and itself), everything else is wrong.
const allowed: Record<string, string[]> = {
  schemas: [],
  'servers/kit': ['schemas', 'servers/kit/markdown'],
  'servers/kit/markdown': ['schemas', 'servers/kit'],
  servers: ['servers/kit', 'servers/kit/markdown', 'schemas'],
  // The agent reads Markdown as the hub does; that folder is pure.
  agent: ['schemas', 'servers/kit/markdown'],
  hub: ['schemas', 'servers', 'servers/kit', 'servers/kit/markdown', 'agent'],
  web: ['schemas'],
}

const root = join(import.meta.dirname, '..')
const files = Object.keys(allowed)
  .filter((folder) => !folder.startsWith('servers/'))
  .flatMap((folder) =>
    readdirSync(join(root, folder), { recursive: true, encoding: 'utf8' }).map((name) =>
      join(folder, name),
    ),
  )
  // The demo's files hold sources of another project, as text.
  .filter((name) => !name.endsWith('demo-stage.ts'))
  .filter((name) => name.endsWith('.ts') && !name.includes('dist/') && !name.endsWith('.config.ts'))

const imports = files.flatMap((file) =>
  [
    ...readFileSync(join(root, file), 'utf8').matchAll(
      /^(?:import|export) (type )?(?:[^'"]*? from )?'(\.[^']+)'|import\('(\.[^']+)'\)/gm,
    ),
  ].map(([, isType, from, dynamic]) => ({
    file,
    isType: isType !== undefined,
    target: relative(root, join(root, dirname(file), from ?? dynamic ?? '')),
  })),
)

/** `servers/radicle/x.ts` → its server; `servers/kit/x.ts` → kit; else the top folder. */
const placeOf = (file: string): string => {
  const [top = '', second = '', third = ''] = file.split('/')
  if (top !== 'servers' || second !== 'kit') return top
  return third === 'markdown' ? 'servers/kit/markdown' : 'servers/kit'
}

test('there is something to check', () => {
  expect(files.length).toBeGreaterThan(80)
  expect(imports.length).toBeGreaterThan(200)
})

test('imports flow one way: schemas ← servers ← hub', () => {
  const wrong = imports.filter(({ file, target }) => {
    const [from, to] = [placeOf(file), placeOf(target)]
    return from !== to && !allowed[from]?.includes(to)
  })
  expect(wrong.map(({ file, target }) => `${file} imports ${target}`)).toEqual([])
})

test('a server imports its own folder and kit, never another server', () => {
  const wrong = imports.filter(({ file, target }) => {
    const [top, own] = file.split('/')
    const [targetTop, other] = target.split('/')
    if (top !== 'servers' || targetTop !== 'servers' || own === 'index.ts') return false
    return other !== own && other !== 'kit'
  })
  expect(wrong.map(({ file, target }) => `${file} imports ${target}`)).toEqual([])
})

test('the dashboard takes types from schemas, never values', () => {
  const wrong = imports.filter(
    ({ file, target, isType }) =>
      placeOf(file) === 'web' && placeOf(target) === 'schemas' && !isType,
  )
  expect(wrong.map(({ file, target }) => `${file} imports ${target}`)).toEqual([])
})

/**
 * The floors of the hub, from the lowest up: a folder imports lower ones only, types included. A file
 * right in `hub/` stands on its own below all of them, but for `hub.ts`, which wires the parts.
 */
const floors = [
  'rpc', // a JSON-RPC message in both eras
  'auth', // credentials → principal, sealed secrets, rate limits
  'upstreams', // channels, connections, lists, pins, sign-in
  'peers', // hubs as upstreams of each other
  'calls', // the one road: resolve, decide, approvals, run, record
  'discovery', // what may be seen, and searching it
  'tools', // the hub's own tools
  'controllers', // carry work across servers
  'mcp', // methods for clients
  'chat', // the assistant, a client inside of the hub
  'http', // the doors of the port
  'hub.ts', // wires the floors
  'cli', // starts hubs, and calls running ones
  'main.ts',
]

const floorOf = (file: string): number => {
  const [top, place = ''] = file.split('/')
  return top === 'hub' ? floors.indexOf(place) : NaN
}

test('every floor of the hub is known, and imports only lower ones', () => {
  const inside = imports.filter(
    ({ file, target }) => file.startsWith('hub/') && target.startsWith('hub/'),
  )
  const folders = new Set(
    inside.map(({ file }) => file.split('/')).flatMap(([, place, rest]) => (rest ? [place] : [])),
  )
  expect([...folders].filter((place) => !floors.includes(place ?? ''))).toEqual([])
  const up = inside.filter(({ file, target }) => floorOf(target) > floorOf(file))
  expect(up.map(({ file, target }) => `${file} imports ${target}`)).toEqual([])
})

/**
 * Where statements may stand: files of tables, what kit's store itself is made of, and the index of the
 * context server, which is a store of its own in a worker.
 */
const isRoom = (file: string): boolean =>
  /(^|\/)store\//.test(file) ||
  file.startsWith('servers/context/engine/') ||
  /^servers\/kit\/(statements|sql|listing|store|migrate|early-stores|store-copies|open-store)\.ts$/.test(
    file,
  )

// What saves rows of a damaged file knows how SQLite keeps them.
const isRepair = (file: string): boolean => /\/(salvage|damaged-table)\.ts$/.test(file)

const statement = /['"`]\s*(SELECT\s|INSERT\s+INTO\s|UPDATE\s+\w+\s+SET\s|DELETE\s+FROM\s)/

test('SQL stands in the files that own a table, and nowhere else', () => {
  const source = (file: string) => readFileSync(join(root, file), 'utf8')
  const outside = files.filter((file) => !isRoom(file) && statement.test(source(file)))
  expect(outside).toEqual([])
  expect(
    files.filter((file) => isRoom(file) && statement.test(source(file))).length,
  ).toBeGreaterThan(20)
})

test('statements keep to what SQLite and PostgreSQL both say', () => {
  const rooms = files.filter(
    (file) =>
      /(^|\/)store\/[\w-]+\.ts$/.test(file) && !file.includes('/engine/') && !isRepair(file),
  )
  const dialect =
    /INSERT\s+OR\s|json_each|json_extract|\bGLOB\b|\bIFNULL\b|\browid\b|\bREPLACE\s+INTO\b|\bIS\s+:/
  const wrong = rooms.filter((file) => dialect.test(readFileSync(join(root, file), 'utf8')))
  expect(rooms.length).toBeGreaterThan(20)
  expect(wrong).toEqual([])
})

test('imports name the file, with its ending', () => {
  const wrong = imports.filter(({ target }) => !/\.(ts|css|svg)$/.test(target))
  expect(wrong.map(({ file, target }) => `${file} imports ${target}`)).toEqual([])
})
