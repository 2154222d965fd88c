import { open } from 'node:fs/promises'
import { z } from 'zod'
import { HubError } from '../../schemas/errors.ts'
import { pictureType, pictureTypes } from '../kit/picture-type.ts'
import { defineTool } from '../kit/tool.ts'
import { absolute, openVault, vaultInput } from './vaults.ts'

const mostBytes = 5 * 1024 * 1024

export const notePicture = defineTool({
  name: 'note_picture',
  title: 'Read a picture of a vault',
  description:
    'Returns the bytes of a PNG, JPEG, WebP or GIF of up to 5 MiB that lies in a vault, as a note embeds it.',
  effect: 'read',
  scope: 'note:read',
  input: {
    ...vaultInput,
    path: z.string().min(1).max(1000).describe('Path of the picture, or what a note calls it'),
    note: z.string().max(1000).default('').describe('Path of the note that embeds it'),
  },
  output: z.object({
    vault: z.string(),
    path: z.string(),
    mediaType: z.enum(pictureTypes).describe('As its content says'),
    sizeBytes: z.int(),
    data: z.string().describe('The bytes in base64'),
  }),
  text: ({ path, mediaType, sizeBytes }) => `[${path}, ${mediaType}, ${sizeBytes} bytes]`,
  run: async ({ vault: asked, path: target, note }, ctx) => {
    const vault = await openVault(ctx, asked)
    const found = vault.index.names.resolve(target, note)
    if (found.state === 'missing')
      throw new HubError('not_found', `vault ${vault.name} has no file ${JSON.stringify(target)}`, {
        hint: 'Pass its path from the root of the vault.',
      })
    const bytes = await readWhole(await absolute(vault, found.path), found.path)
    const mediaType = pictureType(bytes)
    if (mediaType === undefined)
      throw new HubError('unsupported', `${found.path} is no PNG, JPEG, WebP or GIF by its content`)
    return {
      ...{ vault: vault.name, path: found.path, mediaType, sizeBytes: bytes.length },
      data: bytes.toString('base64'),
    }
  },
})

/** The size is looked at on what is read, not on a name that may lead elsewhere a moment later. */
async function readWhole(file: string, shown: string): Promise<Buffer> {
  const handle = await open(file, 'r')
  try {
    const { size } = await handle.stat()
    if (size > mostBytes)
      throw new HubError('exhausted', `${shown} has ${size} bytes; the limit is ${mostBytes}`)
    return await handle.readFile()
  } finally {
    await handle.close()
  }
}
