import { readBlob } from '../../servers/kit/blobs.ts'
import type { ChatPart } from '../../schemas/chat-part.ts'
import { HubError } from '../../schemas/errors.ts'

/** A picture as it goes to a model. */
export type Picture = { mediaType: string; data: string }

/** More than these no model looks at well, and each request carries them all. */
const mostPictures = 8
const mostBytes = 12 * 1024 * 1024

/** The newest pictures of a conversation, by digest; older ones are only named in the prompt. */
export async function picturesOf(
  dataDir: string,
  said: readonly { parts: readonly ChatPart[] }[],
): Promise<ReadonlyMap<string, Picture>> {
  const pictures = new Map<string, Picture>()
  let left = mostBytes
  for (const { mediaType, sha256 } of said
    .flatMap(({ parts }) => parts.flatMap(refs))
    .toReversed()) {
    if (pictures.has(sha256)) continue
    if (pictures.size >= mostPictures) break
    const bytes = await readKept(dataDir, sha256)
    if (!bytes) continue
    left -= bytes.length
    if (left < 0) break
    pictures.set(sha256, { mediaType, data: bytes.toString('base64') })
  }
  return pictures
}

type Ref = { mediaType: string; sha256: string }

function refs(part: ChatPart): Ref[] {
  if (part.type === 'data-context')
    return part.data.flatMap(({ picture }) => (picture ? [picture] : []))
  if (part.type !== 'data-attachment' || part.data.sha256 === undefined) return []
  return [{ mediaType: part.data.mediaType, sha256: part.data.sha256 }]
}

/** Bytes that retention removed, or that are damaged, are not shown; the message stays readable. */
async function readKept(dataDir: string, sha256: string): Promise<Buffer | undefined> {
  try {
    return await readBlob(dataDir, sha256)
  } catch (error) {
    if (error instanceof HubError || (error as NodeJS.ErrnoException).code === 'ENOENT')
      return undefined
    throw error
  }
}
