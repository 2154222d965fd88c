import { existsSync, realpathSync } from 'node:fs'
import { homedir } from 'node:os'
import { basename, delimiter, dirname, join } from 'node:path'

/** What becomes of a path inside: an empty folder in its place, readable, or writable. Later ones win. */
export type View = { as: 'hide' | 'read' | 'write'; path: string }

/** What a pod may see and change of the machine; each way of isolation makes it true by its own means. */
export type Sandbox = {
  /** Where the program starts: the pod's own home, which is writable. */
  home: string
  /** What it finds as /tmp: on the disk, because memory would not be counted. */
  tmp: string
  /** An empty folder where a file system may be put together. */
  stage: string
  ids: { user: number; group: number }
  /** Whether it has the network of the machine, or one of its own with nothing but itself. */
  network: 'shared' | 'own'
  shown: View[]
}

/** What the id of root could write in /proc whatever capabilities it lacks, and so set the kernel. */
export const kernelFiles = [
  'sys',
  'sysrq-trigger',
  'irq',
  'bus',
  'fs',
  'acpi',
  'scsi',
  'dynamic_debug',
].map((name) => `/proc/${name}`)

/**
 * The system readable, the pod's own folders writable, and neither anybody's home nor the hub's data
 * directory. Of the homes only the tools on the PATH are shown.
 */
export function sandboxOf(options: {
  home: string
  tmp: string
  stage: string
  readable: string[]
  writable: string[]
  dataDir: string
  codeRoot: string
  path: string
  network?: Sandbox['network']
}): Sandbox {
  const { home, tmp, stage, readable, writable, dataDir, codeRoot, path } = options
  const homes = existing([homedir(), '/home', '/root', '/Users']).filter((home) => home !== '/')
  const hide = homes.map((home) => ({ as: 'hide', path: home }) as const)
  const tools = existing([...homeTools(path, homes), codeRoot, process.execPath, ...resolver()])
  return {
    home,
    tmp,
    stage,
    network: options.network ?? 'shared',
    // Windows has no such ids, and no pods either.
    ids: { user: process.getuid?.() ?? 0, group: process.getgid?.() ?? 0 },
    shown: [
      ...hide,
      ...tools.map((entry) => ({ as: 'read', path: entry }) as const),
      { as: 'hide', path: dataDir },
      ...readable.map((entry) => ({ as: 'read', path: entry }) as const),
      ...[home, tmp, ...writable].map((entry) => ({ as: 'write', path: entry }) as const),
    ],
  }
}

/** Real paths, each once: what is shown under a link would be found under another name. */
const existing = (paths: string[]): string[] => [
  ...new Set(paths.filter((path) => existsSync(path)).map((path) => realpathSync(path))),
]

/** Folders of version managers: what is on the PATH is a shim, and the tool itself lies beside it. */
const versionManagers = new Set(
  ['pyenv', 'rbenv', 'nodenv', 'goenv', 'jenv', 'asdf', 'volta', 'sdkman'].map(
    (name) => `.${name}`,
  ),
)

/**
 * Folders in somebody's home that hold tools on the PATH. A `bin` needs what lies beside it, except
 * where that is more than the tool: a home, and `~/.local` and `~/.cargo`, which hold credentials too.
 */
function homeTools(path: string, homes: string[]): string[] {
  const isHome = (folder: string) => homes.includes(folder) || homes.includes(dirname(folder))
  const entries = existing(path.split(delimiter).filter((entry) => entry.startsWith('/')))
  const tools = entries
    .filter((entry) => homes.some((home) => entry.startsWith(`${home}/`)))
    .map((entry) => {
      const above = dirname(entry)
      if (versionManagers.has(basename(above))) return above
      return isHome(above) || ['.local', '.cargo'].includes(basename(above)) ? entry : above
    })
  return [...tools.filter((tool) => !homes.includes(tool)), join(homedir(), '.rustup')]
}

/** The file that says how names are looked up is often a link into /run, which is hidden. */
const resolver = (): string[] =>
  existing(['/etc/resolv.conf'])
    .filter((file) => file.startsWith('/run/'))
    .map((file) => dirname(file))
