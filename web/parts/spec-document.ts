import { html, nothing } from 'lit'
import { PageElement } from '../element.ts'
import { callTool } from '../mcp.ts'
import { Query } from '../query.ts'
import './editor.ts'
import type { EditedText, Version } from './editor.ts'
import './markdown.ts'
import { editable, splitFront } from './note-parts.ts'
import { problem } from './problem.ts'
import { skeleton } from './skeleton.ts'

type Read = { parts: { etag: string; text: string; truncated: boolean; totalChars: number }[] }
type Of = { repo: string; project: string; feature: string }

const mostChars = 100_000

/** A document of a feature as it reads, and changing it in place. Tells `edit` and `close`. */
class SpecDocument extends PageElement {
  static override properties = {
    of: { attribute: false },
    document: {},
    isEdited: { attribute: false },
    mayWrite: { attribute: false },
  }
  declare of: Of
  declare document: string
  declare isEdited: boolean
  declare mayWrite: boolean
  readonly #read = new Query<Read>(this, () => ({
    ...this.#asked,
    staleBy: ({ kind }) => kind.startsWith('spec.') || kind === 'change.merged',
  }))
  #target: EditedText | undefined

  override render() {
    const { value, error } = this.#read
    const part = value?.parts[0]
    if (!part) return error ? problem(error) : skeleton(10)
    if (this.isEdited && this.mayWrite && !part.truncated)
      return html`<sy-editor
        .edited=${this.#edited()}
        .start=${toVersion(part)}
        .latest=${part.etag}
        @close=${() => this.dispatchEvent(new CustomEvent('close'))}
      ></sy-editor>`
    return html`${problem(error)}
      ${
        this.mayWrite && !part.truncated
          ? html`<button class="edit" @click=${() => this.dispatchEvent(new CustomEvent('edit'))}>
              Edit
            </button>`
          : nothing
      }
      <div class="body-text">
        <sy-markdown .text=${splitFront(part.text).body}></sy-markdown>
        ${part.truncated ? html`<p class="empty">The first ${mostChars} of ${part.totalChars} characters; <code>spec_read</code> has the rest.</p>` : nothing}
      </div>`
  }

  get #asked() {
    return {
      tool: 'spec_read',
      args: { ...this.of, parts: [this.document], max_chars: mostChars },
    }
  }

  /** The same object for the same document, so that the editor goes on with what was typed. */
  #edited(): EditedText {
    const { repo, project, feature } = this.of
    const key = `spec ${repo} ${project} ${feature} ${this.document}`
    if (this.#target?.key === key) return this.#target
    const { args } = this.#asked
    const { of, document } = this
    const patch = (text: string, etag: string, isDry: boolean) =>
      callTool<{ diff?: string }>('spec_patch', {
        ...of,
        document,
        op: 'replace',
        content: text,
        if_match: etag,
        dry_run: isDry,
      })
    this.#target = {
      key,
      label: `Text of ${document}`,
      read: async () => {
        const [part] = (await callTool<Read>('spec_read', args)).parts
        return part ? toVersion(part) : { text: '', etag: '' }
      },
      write: async (text, etag) => patch(text, etag, false),
      compare: async (text, etag) => (await patch(text, etag, true)).diff ?? '',
    }
    return this.#target
  }
}

const toVersion = ({ text, etag }: { text: string; etag: string }): Version => ({
  text: editable(splitFront(text).body),
  etag,
})

customElements.define('sy-spec-document', SpecDocument)
