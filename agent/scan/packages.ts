import { parse } from 'yaml'
import { z } from 'zod'
import { readText } from '../files.ts'

export type Ecosystem = 'npm' | 'cargo' | 'golang' | 'pypi'
/** A dependency at the version that a lock file fixes. */
export type Package = {
  ecosystem: Ecosystem
  name: string
  version: string
  licence?: string
  /** Digest of what is installed, in hex. */
  hash?: { algorithm: 'SHA-512' | 'SHA-256' | 'SHA-1'; value: string }
  /** The lock file. */
  from: string
}

const maxBytes = 50 * 1024 * 1024
const maxPackages = 50_000

/** What the lock files of a repository fix, and which of them could not be read. */
export async function readPackages(
  root: string,
  files: string[],
): Promise<{ packages: Package[]; problems: string[]; locks: string[] }> {
  const byKey = new Map<string, Package>()
  const problems: string[] = []
  const locks: string[] = []
  for (const path of files) {
    const reader = readers.find(({ name }) => name.test(path))
    if (!reader || /(^|\/)(node_modules|vendor|testdata|fixtures)\//.test(path)) continue
    const text = await readText(root, path, maxBytes)
    if (text === undefined) continue
    locks.push(path)
    try {
      for (const found of reader.read(text)) {
        if (byKey.size >= maxPackages) break
        byKey.set(`${found.ecosystem}:${found.name}@${found.version}`, { ...found, from: path })
      }
    } catch (error) {
      problems.push(
        `${path}: ${error instanceof Error ? error.message.slice(0, 200) : 'unreadable'}`,
      )
    }
  }
  const packages = [...byKey.values()].sort((a, b) => keyOf(a).localeCompare(keyOf(b), 'en'))
  return { packages, problems, locks }
}

const keyOf = ({ ecosystem, name, version }: Package) => `${ecosystem} ${name} ${version}`

type Found = Omit<Package, 'from'>

const NpmEntry = z.looseObject({
  name: z.string().optional(),
  version: z.string().optional(),
  license: z.unknown().optional(),
  integrity: z.string().optional(),
  link: z.boolean().optional(),
  inBundle: z.boolean().optional(),
})
const NpmLock = z.looseObject({
  lockfileVersion: z.int().optional(),
  packages: z.record(z.string(), NpmEntry).optional(),
  dependencies: z.record(z.string(), z.unknown()).optional(),
})

function npmLock(text: string): Found[] {
  const { packages, dependencies = {} } = NpmLock.parse(JSON.parse(text))
  if (!packages) return oldNpmLock(dependencies, 0)
  return Object.entries(packages).flatMap(([path, entry]): Found[] => {
    const at = path.lastIndexOf('node_modules/')
    if (at < 0 || entry.link || entry.version === undefined) return []
    const name = entry.name ?? path.slice(at + 'node_modules/'.length)
    const { version, license, integrity } = entry
    const hash = integrity === undefined ? undefined : hashOf(integrity)
    return [
      {
        ecosystem: 'npm',
        name,
        version,
        ...(typeof license === 'string' ? { licence: license } : {}),
        ...(hash ? { hash } : {}),
      },
    ]
  })
}

/** The first version of the format nests what it installs. */
function oldNpmLock(dependencies: Record<string, unknown>, depth: number): Found[] {
  return Object.entries(dependencies).flatMap(([name, value]): Found[] => {
    const entry = NpmEntry.safeParse(value).data
    if (entry?.version === undefined || depth > 50) return []
    const hash = entry.integrity === undefined ? undefined : hashOf(entry.integrity)
    const inner = NpmLock.safeParse(value).data?.dependencies ?? {}
    return [
      { ecosystem: 'npm', name, version: entry.version, ...(hash ? { hash } : {}) },
      ...oldNpmLock(inner, depth + 1),
    ]
  })
}

function hashOf(integrity: string): Package['hash'] {
  const [, name, digest] = /^(sha512|sha256|sha1)-([A-Za-z0-9+/=]+)/.exec(integrity) ?? []
  if (!name || !digest) return undefined
  const algorithm = ({ sha512: 'SHA-512', sha256: 'SHA-256', sha1: 'SHA-1' } as const)[name]
  return algorithm && { algorithm, value: Buffer.from(digest, 'base64').toString('hex') }
}

/** Cargo.lock, uv.lock and poetry.lock are TOML of `[[package]]` tables with plain strings. */
const tables =
  (ecosystem: Ecosystem) =>
  (text: string): Found[] =>
    text
      .split(/^\[\[package\]\]\s*$/m)
      .slice(1)
      .flatMap((table): Found[] => {
        const own = table.split(/^\[/m, 1)[0] ?? ''
        const field = (name: string) => new RegExp(`^${name} = "([^"\n]*)"`, 'm').exec(own)?.[1]
        const [name, version, checksum] = [field('name'), field('version'), field('checksum')]
        // What has no source is the project itself.
        const isOwn =
          ecosystem === 'cargo'
            ? field('source') === undefined
            : /^source = \{ (editable|virtual)/m.test(own)
        if (!name || !version || isOwn) return []
        const hash = checksum ? { hash: { algorithm: 'SHA-256' as const, value: checksum } } : {}
        return [{ ecosystem, name, version, ...hash }]
      })

/** Since Go 1.17 go.mod names every module of the build. */
const goMod = (text: string): Found[] =>
  [...text.matchAll(/^(?:require\s+|\t)([^\s()/]+\.[^\s()]*)\s+(v[^\s()]+)/gm)].flatMap(
    ([, name, version]): Found[] =>
      name && version ? [{ ecosystem: 'golang', name, version }] : [],
  )

const requirements = (text: string): Found[] =>
  [...text.matchAll(/^([A-Za-z0-9][\w.-]*)(?:\[[^\]]*\])?\s*==\s*([\w.+!-]+)/gm)].flatMap(
    ([, name, version]): Found[] =>
      name && version
        ? [{ ecosystem: 'pypi', name: name.toLowerCase().replace(/[-_.]+/g, '-'), version }]
        : [],
  )

const PnpmLock = z.looseObject({ packages: z.record(z.string(), z.unknown()).default({}) })

const pnpmLock = (text: string): Found[] =>
  Object.keys(PnpmLock.parse(parse(text, { maxAliasCount: 0 })).packages).flatMap(
    (key): Found[] => {
      const [, name, version] = /^\/?(@?[^@]+)@([^(]+)/.exec(key) ?? []
      return name && version ? [{ ecosystem: 'npm', name, version }] : []
    },
  )

const yarnLock = (text: string): Found[] =>
  [...text.matchAll(/^"?(@?[^@\s"]+)@[^\n]*:\n {2}version:? "?([^"\n]+)"?/gm)].flatMap(
    ([, name, version]): Found[] =>
      name && version && version !== '0.0.0-use.local' ? [{ ecosystem: 'npm', name, version }] : [],
  )

const readers: { name: RegExp; read(text: string): Found[] }[] = [
  { name: /(^|\/)(package-lock|npm-shrinkwrap)\.json$/, read: npmLock },
  { name: /(^|\/)pnpm-lock\.yaml$/, read: pnpmLock },
  { name: /(^|\/)yarn\.lock$/, read: yarnLock },
  { name: /(^|\/)Cargo\.lock$/, read: tables('cargo') },
  { name: /(^|\/)(uv|poetry)\.lock$/, read: tables('pypi') },
  { name: /(^|\/)go\.mod$/, read: goMod },
  { name: /(^|\/)[\w.-]*requirements[\w.-]*\.txt$/, read: requirements },
]
