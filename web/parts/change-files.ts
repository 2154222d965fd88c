import { html, nothing } from 'lit'
import type { DiffFile } from './diff-lines.ts'

const signs: Record<DiffFile['state'], string> = {
  added: 'added',
  deleted: 'deleted',
  renamed: 'renamed',
  modified: '',
}

/** The files of a difference, each a way to it, with how much changed and how much is said there. */
export const fileList = (
  files: DiffFile[],
  said: Map<string, unknown[]>,
  show: (path: string) => void,
) => {
  if (files.length < 2) return nothing
  return html`<nav class="files" aria-label="Files">
    <ul role="list">
      ${files.map((file) => {
        const { path, state, additions, deletions } = file
        const cut = path.lastIndexOf('/') + 1
        const comments = commentsOf(said, path)
        return html`<li>
          <button type="button" class="link" title=${path} @click=${() => show(path)}>
            <span class="path"
              ><span class="folder">${path.slice(0, cut)}</span
              ><span class="name">${path.slice(cut)}</span></span
            >
            <span class="size">
              ${comments > 0 ? html`<span title="Comments">${comments} ✎</span>` : nothing}
              ${signs[state] === '' ? nothing : html`<span>${signs[state]}</span>`}
              <span class="added">+${additions}</span> <span class="removed">−${deletions}</span>
            </span>
          </button>
        </li>`
      })}
    </ul>
  </nav>`
}

function commentsOf(said: Map<string, unknown[]>, path: string): number {
  let count = 0
  for (const [key, views] of said)
    if (key.replace(/^(old|new) \d+ /, '') === path) count += views.length
  return count
}
