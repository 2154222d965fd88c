import { z } from 'zod'
import type { ChatPart, ContextItem, Mention, OpenPage } from '../../schemas/chat-part.ts'
import { HubError } from '../../schemas/errors.ts'
import type { Principal } from '../../schemas/principal.ts'
import { pictureType } from '../../servers/kit/picture-type.ts'
import { bounded } from './data.ts'
import type { ChatParts } from './parts.ts'
import { makeCall } from './tool-call.ts'

const itemChars = 6000
const mostPictureBytes = 3 * 1024 * 1024

type Wanted = {
  kind: ContextItem['kind']
  id: string
  within?: string | undefined
  title: string | undefined
}

/**
 * Reads what a request names and the page that is open, by the tools that anybody reads them with, so
 * that the person sees no more than what is his to see. What cannot be read says why.
 */
export async function lookUp(
  hub: ChatParts,
  asked: {
    principal: Principal
    request: readonly ChatPart[]
    page: OpenPage | undefined
    signal: AbortSignal
  },
): Promise<ContextItem[]> {
  const { principal, request, page, signal } = asked
  const items = wantedBy(request, page).map(async (wanted) => {
    const { kind, id, title } = wanted
    const known = { kind, id, ...(title === undefined ? {} : { title }) }
    const reading = readingOf(wanted)
    if (!reading) return { ...known, text: `The person has this page open: ${title ?? id}` }
    try {
      const call = { principal, ...reading, requestId: hub.id('lookup'), patienceMs: 0, signal }
      const { text, output } = await makeCall(hub, call)
      const picture = kind === 'artifact' ? pictureIn(output) : undefined
      if (picture) return { ...known, text: 'The picture itself goes along.', picture }
      return { ...known, text: bounded(text ?? JSON.stringify(output), itemChars) }
    } catch (error) {
      if (!(error instanceof HubError) || signal.aborted) throw error
      return { ...known, error: `${error.code}: ${error.message}` }
    }
  })
  return Promise.all(items)
}

const Read = z.object({
  artifact: z.object({ sha256: z.string(), sizeBytes: z.int() }),
  encoding: z.literal('base64'),
  data: z.string(),
})

/** The picture that an artifact is, by its content. */
function pictureIn(output: unknown): ContextItem['picture'] {
  const read = Read.safeParse(output).data
  if (!read || read.artifact.sizeBytes > mostPictureBytes) return undefined
  const mediaType = pictureType(Buffer.from(read.data.slice(0, 64), 'base64'))
  return mediaType && { mediaType, sha256: read.artifact.sha256 }
}

function wantedBy(request: readonly ChatPart[], page: OpenPage | undefined): Wanted[] {
  const wanted: Wanted[] = []
  const add = (item: Wanted) => {
    if (!wanted.some(({ kind, id }) => kind === item.kind && id === item.id)) wanted.push(item)
  }
  const mention = ({ kind, id, within, label: title }: Mention) => add({ kind, id, within, title })
  for (const part of request) {
    if (part.type === 'data-mention') mention(part.data)
    if (part.type === 'data-attachment' && part.data.artifact !== undefined)
      add({ kind: 'artifact', id: part.data.artifact, title: part.data.name })
  }
  if (page?.subject) mention(page.subject)
  if (page) add({ kind: 'page', id: page.url, title: page.title })
  return wanted
}

/** The call that reads it; undefined for a page, of which no more is known than its name. */
function readingOf({ kind, id, within }: Wanted): { name: string; input: object } | undefined {
  switch (kind) {
    case 'task':
      return { name: 'task_read', input: { task: id } }
    case 'change':
      return { name: 'change_read', input: { change: id } }
    case 'note':
      return {
        name: 'note_read',
        input: { path: id, ...(within === undefined ? {} : { vault: within }) },
      }
    case 'spec':
      return {
        name: 'spec_read',
        input: { feature: id, ...(within === undefined ? {} : { repo: within }) },
      }
    case 'artifact':
      return { name: 'artifact_read', input: { artifact: id } }
    case 'page':
    case 'file':
      return undefined
  }
}
