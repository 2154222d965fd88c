import { html, nothing } from 'lit'
import type { QuerySet } from '../../schemas/note.ts'
import { counted } from '../format.ts'
import { choices } from '../parts/chips.ts'
import { nameOf, noteHref } from '../parts/note.ts'
import { href } from '../route.ts'

export type Vault = {
  name: string
  notes: number
  writable: string[]
  watching: boolean
  folders: { path: string; notes: number }[]
  tags: { tag: string; notes: number }[]
  links: { total: number; unresolved: number; ambiguous: number }
  unresolved: { source: string; target: string; line: number }[]
  problems: { path: string; message: string }[]
  tasks: { open: number; done: number; other: number }
}

type Start = {
  vault: string
  /** Missing while it is on its way. */
  about: Vault | undefined
  sets: QuerySet[]
  address(changes: Record<string, string | undefined>): string
}

/** What there is to begin with: the note of the day, saved lists, folders and tags. */
export function startView({ vault, about, sets, address }: Start) {
  return html`<nav aria-label="Where to begin" class="begin">
    <a data-row href=${noteHref(vault, 'daily:today')}>Today</a>
    ${about && about.writable.length > 0 ? html`<a data-row href=${href('notes', undefined, { vault, new: '1' })}>New note</a>` : nothing}
    ${sets.length === 0 ? nothing : html`<h2>Query sets</h2>`}
    ${sets.map((set) => setLink(set, href('notes', undefined, { vault, set: set.name })))}
    ${about ? html`<h2>Folders</h2>` : nothing}
    ${about?.folders.map(
      ({ path, notes }) =>
        html`<a data-row href=${address({ folder: path })}
          >${path === '/' ? 'Top folder' : path} <span class="count">${notes}</span></a
        >`,
    )}
    ${
      about && about.tags.length > 0
        ? html`<h2>Tags</h2>
            ${choices(
              'Tags',
              about.tags.map(({ tag, notes }) => ({
                text: `#${tag.replace(/^#/, '')} ${notes}`,
                href: address({ tag: `#${tag.replace(/^#/, '')}` }),
                isOn: false,
              })),
            )}`
        : nothing
    }
  </nav>`
}

const setLink = ({ name, problem, description }: QuerySet, to: string) =>
  html`<a data-row href=${to} title=${problem ?? description}
    >${nameOf(name)}${problem ? html` <small class="warn">cannot run</small>` : nothing}</a
  >`

/** What a vault is in numbers, and what in it waits to be mended. */
export function overview({ name, notes, tasks, links, unresolved, problems, writable }: Vault) {
  return html`<header><h2 class="title">${name}</h2></header>
    <p class="line">
      <span>${counted(notes, 'note')}</span> <span>${counted(tasks.open, 'open task')}</span>
      <span>${counted(links.total, 'link')}</span>
      <span
        >${writable.length === 0 ? 'read only' : writable.includes('/') ? 'can be edited' : `can be edited: ${writable.join(', ')}`}</span
      >
    </p>
    ${
      unresolved.length === 0
        ? nothing
        : html`<h2>Links that lead nowhere <span class="count">${links.unresolved}</span></h2>
            <ul class="plain">
              ${unresolved.slice(0, 10).map(
                ({ source, target, line }) =>
                  html`<li>
                    ${target} <small>in</small>
                    <a href=${noteHref(name, source, { line: String(line) })}>${nameOf(source)}</a>
                  </li>`,
              )}
            </ul>`
    }
    ${
      problems.length === 0
        ? nothing
        : html`<h2>Notes whose properties cannot be read</h2>
            <ul class="plain">
              ${problems.map(({ path, message }) => html`<li><a href=${noteHref(name, path)}>${nameOf(path)}</a> <small>${message}</small></li>`)}
            </ul>`
    }`
}

/** What to do where there are no notes to show. */
export const noVault = html`<section class="empty">
  <h1>No vault yet</h1>
  <p>
    Name a folder of Markdown under <code>vaults</code> in <code>switchyard.json</code> of the data
    directory; it shows here within seconds.
  </p>
  <pre>{ "vaults": { "notes": { "path": "/home/me/notes", "write": ["Agents"] } } }</pre>
</section>`
