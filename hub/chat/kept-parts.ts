import type { ChatRequest } from '../../schemas/chat.ts'
import type { ChatPart, OpenPage } from '../../schemas/chat-part.ts'
import { HubError } from '../../schemas/errors.ts'
import { keepFiles, readFiles } from '../../servers/chat/store/files.ts'
import type { FileRow } from '../../servers/chat/store/files.ts'
import type { Transaction } from '../../servers/kit/sql.ts'

const maxAttachedChars = 1_000_000

type Message = NonNullable<ChatRequest['message']>
type Attachment = Message['attachments'][number]

/** What was sent, as it is kept. Pictures among it belong to the conversation from now on. */
export async function keptParts(
  tx: Transaction,
  conversation: { id: string; owner: string },
  { text, attachments, mentions }: Message,
  page: OpenPage | undefined,
): Promise<ChatPart[]> {
  const ids = attachments.flatMap((one) => ('file' in one ? [one.file] : []))
  const files = ids.length === 0 ? [] : await readFiles(tx, ids)
  const owned = new Map(
    files
      .filter(({ owner, conversation: of }) => owner === conversation.owner && isFree(of))
      .map((row) => [row.id, row]),
  )
  function isFree(of: string | null) {
    return of === null || of === conversation.id
  }
  const parts: ChatPart[] = [
    { type: 'text', id: 'request', text, state: 'done' },
    ...attachments.map((data): ChatPart => ({ type: 'data-attachment', data: kept(data, owned) })),
    ...mentions.map((data): ChatPart => ({ type: 'data-mention', data })),
    ...(page ? [{ type: 'data-page' as const, data: page }] : []),
  ]
  refuseLong(attachments)
  if (ids.length > 0) await keepFiles(tx, ids, conversation.id)
  return parts
}

function kept(attachment: Attachment, files: Map<string, FileRow>) {
  if ('artifact' in attachment) {
    const { artifact, name = artifact } = attachment
    return { name, mediaType: 'application/octet-stream', sizeBytes: 0, artifact }
  }
  if ('text' in attachment) return { ...attachment, sizeBytes: Buffer.byteLength(attachment.text) }
  const row = files.get(attachment.file)
  if (!row)
    throw new HubError('not_found', `there is no picture ${attachment.file} to send`, {
      hint: 'chat_attach keeps one and returns its id; it is forgotten after a day.',
    })
  const { id: file, name, media_type: mediaType, size_bytes: sizeBytes, sha256 } = row
  return { name, mediaType, sizeBytes, file, sha256 }
}

function refuseLong(attachments: Attachment[]): void {
  const chars = attachments.reduce((sum, one) => sum + ('text' in one ? one.text.length : 0), 0)
  if (chars > maxAttachedChars)
    throw new HubError(
      'exhausted',
      `the attachments have ${chars} characters; the limit is ${maxAttachedChars}`,
    )
}
