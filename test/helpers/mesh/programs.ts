import { existsSync } from 'node:fs'
import { delimiter, join } from 'node:path'

const names = ['headscale', 'tailscaled', 'tailscale'] as const
export type Programs = Record<(typeof names)[number], string>

/** The programs of a mesh on this machine, if all three are there. */
export function meshPrograms({ SWITCHYARD_TEST_MESH } = process.env): Programs | undefined {
  const named = SWITCHYARD_TEST_MESH === undefined ? [] : [SWITCHYARD_TEST_MESH]
  const found = names.map((name) => [name, find(name, named)] as const)
  return found.some(([, path]) => path === undefined)
    ? undefined
    : (Object.fromEntries(found) as Programs) // None is missing.
}

/** What is needed here for a mesh, and is missing; undefined where one can be made. */
export function whyNoMesh(): string | undefined {
  if (process.getuid?.() !== 0) return 'root, for networks of its own'
  if (!existsSync('/dev/net/tun')) return '/dev/net/tun'
  const missing = ['ip', 'nsenter', 'openssl', 'unshare'].filter((name) => !find(name))
  if (missing.length > 0) return missing.join(', ')
  if (meshPrograms() !== undefined) return undefined
  return 'headscale, tailscaled and tailscale in a folder of the PATH or in SWITCHYARD_TEST_MESH: go install github.com/juanfont/headscale/cmd/headscale@v0.29.2 && go install tailscale.com/cmd/tailscale@v1.102.3 tailscale.com/cmd/tailscaled@v1.102.3'
}

const find = (program: string, first: string[] = []): string | undefined =>
  [...first, ...(process.env.PATH ?? '').split(delimiter)]
    .map((folder) => join(folder, program))
    .find((path) => existsSync(path))
