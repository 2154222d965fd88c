import { html, nothing } from 'lit'
import type { Along } from './along.ts'
import type { Attached } from './attachments.ts'
import { pictureAddress } from './attachments.ts'

/** What goes along with a message, each with the way to leave it out. */
export function alongChips(along: Along) {
  const { page, mentions, files, isReading } = along
  const without = (gone: Parameters<Along['without']>[0]) => along.without(gone)
  if (!page && !isReading && files.length + mentions.length === 0) return nothing
  return html`<ul class="along" aria-label="Goes along">
    ${page ? chip('This page', page.title ?? page.url, () => without(page)) : nothing}
    ${mentions.map((one) => chip(one.kind, one.label ?? one.id, () => without(one)))}
    ${files.map((one) => chip(kinds[one.kind], one.name, () => without(one), thumbnail(one)))}
    ${isReading ? html`<li role="status"><small>Reading…</small></li>` : nothing}
  </ul>`
}

const kinds: Record<Attached['kind'], string> = {
  text: 'File',
  picture: 'Picture',
  artifact: 'Artifact',
}

const thumbnail = (file: Attached) =>
  file.kind === 'picture' ? html`<img src=${pictureAddress(file.file)} alt="" />` : nothing

const chip = (kind: string, name: string, remove: () => void, picture: unknown = nothing) =>
  html`<li>
    ${picture} <small>${kind}</small> <span>${name}</span>
    <button type="button" aria-label="Leave out ${name}" @click=${remove}>×</button>
  </li>`
