import { html, nothing } from 'lit'
import { href } from '../route.ts'
import { choices } from './chips.ts'
import { nameOf, noteHref } from './note.ts'
import './note-properties.ts'
import type { NoteLink } from './note-text.ts'

export type Meta = {
  properties: Record<string, unknown>
  problem?: string
  tags: string[]
  aliases: string[]
  links: NoteLink[]
  backlinks: string[]
}
type Beside = {
  vault: string
  path: string
  etag: string
  meta: Meta
  /** `line: ## Heading`, as the map of a note has it. */
  headings: string[]
  canCreate: boolean
  reveal(heading: string): void
}

/** What stands beside a note: its outline, properties, tags, and what links to it. */
export function noteAside({ vault, path, etag, meta, headings, canCreate, reveal }: Beside) {
  const missing = [
    ...new Set(
      meta.links
        .filter((link) => link.path === undefined && link.target !== '')
        .map(({ target }) => target),
    ),
  ]
  // The title that only repeats the name is not shown either.
  const shown = headings.filter((entry) => entry.replace(/^\d+: # /, '') !== nameOf(path))
  return html`<aside class="beside" aria-label="About this note">
    ${meta.problem ? html`<p class="line warn">${meta.problem}</p>` : nothing}
    <sy-note-properties
      .vault=${vault}
      .path=${path}
      .etag=${etag}
      .values=${meta.properties}
      .isWritable=${canCreate && meta.problem === undefined}
    ></sy-note-properties>
    ${
      meta.tags.length === 0
        ? nothing
        : choices(
            'Tags of this note',
            meta.tags.map((tag) => ({
              text: `#${tag.replace(/^#/, '')}`,
              href: href('notes', path, { vault, tag: `#${tag.replace(/^#/, '')}` }),
              isOn: false,
            })),
          )
    }
    ${
      shown.length < 2
        ? nothing
        : html`<h3>Outline</h3>
            ${outline(shown, reveal)}`
    }
    <h3>Linked from <span class="count">${meta.backlinks.length}</span></h3>
    ${meta.backlinks.length === 0 ? html`<p class="line">No note links here.</p>` : nothing}
    <ul class="plain">
      ${meta.backlinks.map((from) => html`<li><a href=${noteHref(vault, from)}>${nameOf(from)}</a></li>`)}
    </ul>
    ${
      missing.length === 0
        ? nothing
        : html`<h3>Leads nowhere</h3>
            <ul class="plain">
              ${missing.map(
                (target) =>
                  html`<li>
                    ${target}
                    ${canCreate ? html`<a href=${href('notes', undefined, { vault, new: target })} aria-label=${`Create ${target}`}>create</a>` : nothing}
                  </li>`,
              )}
            </ul>`
    }
  </aside>`
}

function outline(headings: string[], reveal: (heading: string) => void) {
  const entries = headings.flatMap((entry) => {
    const [, marks = '#', text = ''] = /^\d+: (#+) (.*)$/s.exec(entry) ?? []
    return text === '' ? [] : { level: marks.length, text }
  })
  const top = Math.min(...entries.map(({ level }) => level))
  return html`<ol class="outline">
    ${entries.map(
      ({ level, text }) =>
        html`<li data-level=${Math.min(level - top, 3)}>
          <button type="button" class="quiet" @click=${() => reveal(text)}>${text}</button>
        </li>`,
    )}
  </ol>`
}
