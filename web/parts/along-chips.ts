import { html, nothing } from 'lit'
import type { Along } from '../chat/along.ts'

/** What goes along with a message, each with the way to leave it out. */
export function alongChips(along: Along) {
  const { page, mentions, files } = along
  const without = (gone: Parameters<Along['without']>[0]) => along.without(gone)
  if (!page && files.length + mentions.length === 0) return nothing
  return html`<ul class="along" aria-label="Goes along">
    ${page ? chip('This page', page.title ?? page.url, () => without(page)) : nothing}
    ${mentions.map((one) => chip(one.kind, one.label ?? one.id, () => without(one)))}
    ${files.map((one) => chip('File', 'artifact' in one ? one.artifact : one.name, () => without(one)))}
  </ul>`
}

const chip = (kind: string, name: string, remove: () => void) =>
  html`<li>
    <small>${kind}</small> <span>${name}</span>
    <button type="button" aria-label="Leave out ${name}" @click=${remove}>×</button>
  </li>`
