import { execFile } from 'node:child_process'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { describe, expect, test } from 'vitest'
import { deployFolder, documentsOf } from '../helpers/deploy-files.ts'
import { go } from '../helpers/kubernetes/binary.ts'

type Made = { version: string; kind: string; warnings: string[]; refused?: string; config: string }

/** Those for which deploy/talos/README.md says that the patch is good, as far as the library goes. */
const versions = ['v1.10', 'v1.11', 'v1.12', 'v1.13']

describe.skipIf(go() === undefined)('the patch of deploy/talos, in the library of talosctl', () => {
  test('makes configurations that Talos takes without a warning', async () => {
    const patch = join(deployFolder, 'talos', 'machine.patch.yaml')
    const { stdout } = await promisify(execFile)(go()!, ['run', '.', patch, ...versions], {
      cwd: join(import.meta.dirname, 'talos'),
      env: { ...process.env, GOFLAGS: '-mod=readonly', GOWORK: 'off', CGO_ENABLED: '0' },
      timeout: 580_000,
      maxBuffer: 16 * 1024 * 1024,
    })
    const all = stdout.trim().split('\n')
    const made = all.map((line) => JSON.parse(line) as Made) // Of our own program.
    expect(made.map(({ version, kind }) => `${version} ${kind}`)).toEqual(
      versions.flatMap((version) => [`${version} controlplane`, `${version} worker`]),
    )
    for (const { warnings, refused, config, kind } of made) {
      expect({ warnings, refused }).toEqual({ warnings: [], refused: undefined })
      const [whole] = documentsOf(config)
      expect(whole).toMatchObject({
        machine: {
          nodeLabels: { 'switchyard.dev/agents': 'true' },
          kubelet: { extraConfig: { podPidsLimit: 2048 } },
        },
        cluster: { network: { cni: { name: 'none' } } },
      })
      if (kind === 'controlplane')
        expect(whole).toMatchObject({ cluster: { proxy: { disabled: true } } })
    }
  })
})
