import { z } from 'zod'
import { ChatFile } from '../../schemas/chat.ts'
import { HubError } from '../../schemas/errors.ts'
import { readBlob, writeBlob } from '../kit/blobs.ts'
import { pictureType } from '../kit/picture-type.ts'
import { defineTool } from '../kit/tool.ts'
import type { FileRow } from './store/files.ts'
import { countUnsent, dropUnsent, insertFile, readFile } from './store/files.ts'

const mostBytes = 3 * 1024 * 1024
const mostUnsent = 40
const unsentMs = 24 * 60 * 60_000

export const chatAttach = defineTool({
  name: 'chat_attach',
  title: 'Attach a picture',
  description:
    'Keeps a PNG, JPEG, WebP or GIF of up to 3 MiB for a message of yours; its id goes into `attachments` of POST /chat. Texts go into the message itself.',
  effect: 'create',
  scope: 'chat:use',
  needsDiskRoom: true,
  input: {
    name: z.string().min(1).max(200).describe('File name to show'),
    data: z
      .base64()
      .max(Math.ceil(mostBytes / 3) * 4)
      .describe('The bytes in base64'),
  },
  output: ChatFile,
  run: async ({ name, data }, ctx) => {
    if (ctx.principal.kind !== 'user')
      throw new HubError('denied', `${ctx.principal.id} may not chat: conversations are for people`)
    const bytes = Buffer.from(data, 'base64')
    const mediaType = pictureType(bytes)
    if (mediaType === undefined)
      throw new HubError('unsupported', `${name} is no PNG, JPEG, WebP or GIF by its content`, {
        hint: 'Convert it, or attach it as text.',
      })
    const sha256 = await writeBlob(ctx.dataDir, bytes) // Before the row: a blob without a row is harmless.
    const row = {
      ...{ id: ctx.id('file'), owner: ctx.principal.id, name, media_type: mediaType },
      ...{ size_bytes: bytes.length, sha256 },
    }
    await ctx.transaction(async (tx) => {
      await dropUnsent(tx, row.owner, tx.now - unsentMs)
      if ((await countUnsent(tx, row.owner)) >= mostUnsent)
        throw new HubError('exhausted', `${mostUnsent} pictures of yours are not sent yet`, {
          hint: 'Send some; those that are not sent are forgotten after a day.',
        })
      tx.about(row.id)
      await insertFile(tx, row)
    })
    return toFile(row)
  },
})

export const chatAttachment = defineTool({
  name: 'chat_attachment',
  title: 'Read a picture of a conversation',
  description: 'Returns the bytes of a picture that went along with a message of yours.',
  effect: 'read',
  scope: 'chat:use',
  input: { file: z.string().max(60).describe('Its id, as chat_read has it') },
  output: ChatFile.extend({ data: z.string().describe('The bytes in base64') }),
  text: ({ name, mediaType, sizeBytes }) => `[${name}, ${mediaType}, ${sizeBytes} bytes]`,
  run: async ({ file: id }, ctx) => {
    const row = await readFile(ctx.reader, id)
    if (row?.owner !== ctx.principal.id)
      throw new HubError('not_found', `there is no picture ${JSON.stringify(id)} of yours`, {
        hint: 'chat_read has their ids.',
      })
    const bytes = await readBlob(ctx.dataDir, row.sha256)
    return { ...toFile(row), data: bytes.toString('base64') }
  },
})

const toFile = (row: Pick<FileRow, 'id' | 'name' | 'media_type' | 'size_bytes'>): ChatFile => ({
  id: row.id,
  name: row.name,
  mediaType: row.media_type,
  sizeBytes: row.size_bytes,
})
