import type { ChatPart } from '../../schemas/chat-part.ts'
import type { ChatFile } from '../../schemas/chat.ts'
import { ToolError, callTool } from '../mcp.ts'
import type { Say } from './requests.ts'

type Sent = NonNullable<NonNullable<Say['message']>['attachments']>[number]

/** A file that goes along with a message: a text, a picture that the hub keeps, or an artifact of a task. */
export type Attached =
  | { kind: 'text'; name: string; mediaType: string; text: string }
  | { kind: 'picture'; name: string; file: string }
  | { kind: 'artifact'; name: string; artifact: string }

export const mostAttachments = 8
const mostTextBytes = 262_144
const mostPictureBytes = 3 * 1024 * 1024
const pictures = /^image\/(png|jpeg|webp|gif)$/

/** As it is sent. */
export function toSent(attached: Attached): Sent {
  const { kind, name } = attached
  if (kind === 'picture') return { file: attached.file }
  if (kind === 'artifact') return { artifact: attached.artifact, name: name.slice(0, 200) }
  return { name, mediaType: attached.mediaType, text: attached.text }
}

type Kept = Extract<ChatPart, { type: 'data-attachment' }>['data']

/** As the hub will keep it, until it has said so. */
export function keptAs(sent: Sent): Kept {
  if ('file' in sent)
    return { name: 'Picture', mediaType: 'image/png', sizeBytes: 0, file: sent.file }
  if ('artifact' in sent) {
    const { artifact, name = artifact } = sent
    return { name, mediaType: '', sizeBytes: 0, artifact }
  }
  const { name, mediaType = 'text/plain', text } = sent
  return { name, mediaType, sizeBytes: text.length, text }
}

/** What went along with a message, for saying it again in other words. */
export const sentAgain = (parts: ChatPart[]): Sent[] =>
  parts.flatMap((part): Sent[] => {
    if (part.type !== 'data-attachment') return []
    const { name, mediaType, text, file, artifact } = part.data
    if (file !== undefined) return [{ file }]
    if (artifact !== undefined) return [{ artifact, name }]
    return text === undefined ? [] : [{ name, mediaType, text }]
  })

/** Where a picture of a conversation is shown from. */
export const pictureAddress = (file: string): string => `/pictures/chat/${encodeURIComponent(file)}`

/** Reads a file as it can go along. What cannot is refused with what to do instead. */
export async function readFile(file: File): Promise<Attached | { refused: string }> {
  if (pictures.test(file.type)) return keepPicture(file)
  const name = file.name.slice(0, 200) || 'pasted.txt'
  if (file.size > mostTextBytes)
    return { refused: `${name} is longer than 256 KiB. Attach the part that matters.` }
  const text = decode(await file.arrayBuffer())
  if (text === undefined)
    return { refused: `${name} is not text and no PNG, JPEG, WebP or GIF. It cannot be attached.` }
  return { kind: 'text', name, mediaType: file.type.slice(0, 100) || 'text/plain', text }
}

async function keepPicture(file: File): Promise<Attached | { refused: string }> {
  const name = file.name.slice(0, 200) || 'picture'
  if (file.size > mostPictureBytes)
    return { refused: `${name} is larger than 3 MiB. Attach a smaller picture.` }
  try {
    const data = await base64(file)
    const kept = await callTool<ChatFile>('chat_attach', { name, data })
    return { kind: 'picture', name, file: kept.id }
  } catch (error) {
    if (!(error instanceof ToolError)) throw error
    const { message, hint = '' } = error.body
    return { refused: `${message}. ${hint}` }
  }
}

/** A data URL is made by the browser itself, off this page's own thread of work. */
function base64(file: File): Promise<string> {
  return new Promise((resolve, reject) => {
    const reader = new FileReader()
    reader.addEventListener('load', () => {
      resolve((reader.result as string).replace(/^[^,]*,/, '')) // A data URL, as asked for below.
    })
    reader.addEventListener('error', () => reject(reader.error ?? new Error('it cannot be read')))
    reader.readAsDataURL(file)
  })
}

function decode(bytes: ArrayBuffer): string | undefined {
  try {
    const text = new TextDecoder('utf-8', { fatal: true }).decode(bytes)
    return text.includes('\0') ? undefined : text
  } catch {
    return undefined // Not UTF-8, which the caller says.
  }
}
