import { hash } from 'node:crypto'
import { createReadStream, createWriteStream } from 'node:fs'
import { pipeline } from 'node:stream/promises'
import { pack } from 'tar-stream'
import type { Layer } from './layer.ts'
import { noTime } from './layer.ts'

export type ImageConfig = {
  User: string
  Env: string[]
  Entrypoint: string[]
  Cmd?: string[]
  WorkingDir: string
  Labels: Record<string, string>
}

const types = {
  index: 'application/vnd.oci.image.index.v1+json',
  manifest: 'application/vnd.oci.image.manifest.v1+json',
  config: 'application/vnd.oci.image.config.v1+json',
  layer: 'application/vnd.oci.image.layer.v1.tar+gzip',
}
const architectures: Record<string, string> = { x64: 'amd64', arm64: 'arm64' }

/**
 * Writes an image as an OCI layout in a tar archive, which `ctr images import`, `podman load`,
 * `docker load` and `skopeo copy oci-archive:` take. Returns the digest of its manifest, by which it
 * is pinned.
 */
export async function writeArchive(
  file: string,
  { name, config, layers }: { name: string; config: ImageConfig; layers: Layer[] },
): Promise<string> {
  const platform = { architecture: architectures[process.arch] ?? process.arch, os: 'linux' }
  const image = blobOf({
    created: noTime.toISOString(),
    ...platform,
    config,
    rootfs: { type: 'layers', diff_ids: layers.map(({ diffId }) => diffId) },
  })
  const manifest = blobOf({
    schemaVersion: 2,
    mediaType: types.manifest,
    config: { mediaType: types.config, digest: image.digest, size: image.data.length },
    layers: layers.map(({ digest, size }) => ({ mediaType: types.layer, digest, size })),
  })
  const index = {
    schemaVersion: 2,
    mediaType: types.index,
    manifests: [
      {
        mediaType: types.manifest,
        digest: manifest.digest,
        size: manifest.data.length,
        platform,
        annotations: {
          'io.containerd.image.name': name,
          'org.opencontainers.image.ref.name': name,
        },
      },
    ],
  }
  const tar = pack()
  const small = (path: string, data: Buffer) =>
    new Promise<void>((resolve, reject) => {
      const header = { name: path, mode: 0o644, mtime: noTime }
      tar.entry(header, data, (error) => (error ? reject(error) : resolve()))
    })
  const fill = async () => {
    await small('oci-layout', Buffer.from('{"imageLayoutVersion":"1.0.0"}'))
    await small('index.json', Buffer.from(JSON.stringify(index)))
    for (const { digest, data } of [manifest, image]) await small(pathOf(digest), data)
    for (const { digest, size, file: source } of layers) {
      const header = { name: pathOf(digest), mode: 0o644, mtime: noTime, size }
      await pipeline(createReadStream(source), tar.entry(header))
    }
    tar.finalize()
  }
  await Promise.all([fill(), pipeline(tar, createWriteStream(file))])
  return manifest.digest
}

function blobOf(value: object): { data: Buffer; digest: string } {
  const data = Buffer.from(JSON.stringify(value))
  return { data, digest: `sha256:${hash('sha256', data)}` }
}

const pathOf = (digest: string) => `blobs/${digest.replace(':', '/')}`
