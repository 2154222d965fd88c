import type { Say } from './requests.ts'

/** A file as it goes with a message. */
export type Attached = NonNullable<NonNullable<Say['message']>['attachments']>[number]

export const mostAttachments = 8
const mostBytes = 262_144

/** Reads files as text. What is no text, or too long, is refused with what to do instead. */
export async function readFiles(
  files: Iterable<File>,
): Promise<{ read: Attached[]; refused: string[] }> {
  const read: Attached[] = []
  const refused: string[] = []
  for (const file of files) {
    const name = file.name.slice(0, 200) || 'pasted.txt'
    if (file.size > mostBytes) {
      refused.push(`${name} is longer than 256 KiB. Attach the part that matters.`)
      continue
    }
    const text = decode(await file.arrayBuffer())
    if (text === undefined) refused.push(`${name} is not text. Only text can be attached.`)
    else read.push({ name, mediaType: file.type.slice(0, 100) || 'text/plain', text })
  }
  return { read, refused }
}

function decode(bytes: ArrayBuffer): string | undefined {
  try {
    const text = new TextDecoder('utf-8', { fatal: true }).decode(bytes)
    return text.includes('\0') ? undefined : text
  } catch {
    return undefined // Not UTF-8, which the caller says.
  }
}
