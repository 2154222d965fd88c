import { html, nothing } from 'lit'
import type { ChatPart, Mention } from '../../schemas/chat-part.ts'
import { href } from '../route.ts'
import { pictureAddress } from './attachments.ts'

/** What went along with a message: pictures as such, all else by its name. */
export function wentAlong(parts: ChatPart[]) {
  const pictures = parts.flatMap((part) => (part.type === 'data-attachment' ? picture(part) : []))
  const named = parts.flatMap((part) => thing(part))
  return html`${
    pictures.length === 0
      ? nothing
      : html`<ul class="pictures" aria-label="Pictures">
          ${pictures}
        </ul>`
  }${
    named.length === 0
      ? nothing
      : html`<ul class="chips" aria-label="Went along">
          ${named.map(
            ({ kind, name, place }) =>
              html`<li>
                <small>${kind}</small>
                ${place === undefined ? html`<span>${name}</span>` : html`<a href=${place}>${name}</a>`}
              </li>`,
          )}
        </ul>`
  }`
}

function picture({ data: { file, name } }: Extract<ChatPart, { type: 'data-attachment' }>) {
  if (file === undefined) return []
  const address = pictureAddress(file)
  return [
    html`<li>
      <a href=${address} target="_blank" rel="noopener"><img src=${address} alt=${name} /></a>
    </li>`,
  ]
}

type Thing = { kind: string; name: string; place: string | undefined }

function thing(part: ChatPart): Thing[] {
  if (part.type === 'data-attachment') {
    const { name, artifact, file } = part.data
    if (file !== undefined) return []
    if (artifact === undefined) return [{ kind: 'File', name, place: undefined }]
    return [{ kind: 'Artifact', name, place: placeOfThing({ kind: 'artifact', id: artifact }) }]
  }
  if (part.type === 'data-page')
    return [
      { kind: 'Page', name: part.data.title ?? part.data.url, place: ownPlace(part.data.url) },
    ]
  if (part.type !== 'data-mention') return []
  const { kind, id, label = id } = part.data
  return [{ kind, name: label, place: placeOfThing(part.data) }]
}

const places: Record<Mention['kind'], string> = {
  task: 'tasks',
  change: 'changes',
  note: 'notes',
  spec: 'specs',
}

/** The page of a thing, or the file that it is. */
export function placeOfThing({ kind, id }: { kind: string; id: string }): string | undefined {
  if (kind === 'artifact') return `/artifacts/${encodeURIComponent(id)}`
  if (kind === 'page') return ownPlace(id)
  return kind in places ? href(places[kind as Mention['kind']], id) : undefined
}

/** Addresses within the dashboard begin with its hash; what is anything else is not opened. */
const ownPlace = (url: string) => (url.startsWith('#/') ? url : undefined)
