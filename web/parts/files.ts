import { html, nothing } from 'lit'
import type { Artifact } from '../../schemas/artifact.ts'
import { PageElement } from '../element.ts'
import { bytes } from '../format.ts'
import { Query } from '../query.ts'
import { href } from '../route.ts'
import { empty } from './empty.ts'
import { problem } from './problem.ts'
import { skeleton } from './skeleton.ts'

type Read = { artifact: Artifact; encoding: 'utf8' | 'base64'; data: string; truncated: boolean }

const previewBytes = 262_144
/** A picture is only whole or not at all. */
const pictureBytes = 2_000_000
const pictures = /^image\/(png|jpeg|gif|webp|avif)$/

/** What a task kept, and a look into one of its files. */
class Files extends PageElement {
  static override properties = { task: {}, open: { state: true } }
  declare task: string
  declare open: string | undefined
  readonly #files = new Query<{ items: Artifact[] }>(this, () => ({
    tool: 'artifact_list',
    args: { task: this.task, limit: 500 },
    staleBy: ({ kind, task }) => kind === 'artifact.created' && task === this.task,
  }))
  readonly #read = new Query<Read>(this, () => {
    const artifact = this.#opened()
    if (!artifact) return undefined
    const most = pictures.test(artifact.mediaType) ? pictureBytes : previewBytes
    const args = { artifact: artifact.id, max_bytes: most }
    return { tool: 'artifact_read', args, staleBy: () => false }
  })

  override render() {
    const items = this.#files.value?.items
    if (!items) return this.#files.error ? problem(this.#files.error) : skeleton(2)
    if (items.length === 0) return empty('This task kept no files.')
    const opened = this.#opened()
    return html`<ul class="plain files">
        ${items.map(
          (artifact) =>
            html`<li>
              <button
                type="button"
                aria-pressed=${artifact.id === opened?.id ? 'true' : 'false'}
                @click=${() => (this.open = artifact.id)}
              >
                ${artifact.name}
              </button>
              <span class="line"
                >${bytes(artifact.sizeBytes)}, attempt ${artifact.attempt}
                <a href="/artifacts/${artifact.id}" download aria-label="Download ${artifact.name}"
                  >Download</a
                >
                ${artifact.name === 'context.json' ? html`<a href=${href('context', 'pack', { task: this.task })}>What the agent was told</a>` : nothing}</span
              >
            </li>`,
        )}
      </ul>
      ${problem(this.#read.error)}${opened ? this.#preview(opened) : nothing}`
  }

  #opened(): Artifact | undefined {
    const items = this.#files.value?.items ?? []
    return items.find(({ id }) => id === this.open) ?? items[0]
  }

  #preview({ id, name, mediaType }: Artifact) {
    const read = this.#read.value
    if (read?.artifact.id !== id) return this.#read.error ? nothing : skeleton(4)
    if (pictures.test(mediaType) && !read.truncated && read.encoding === 'base64')
      return html`<img class="picture" src="data:${mediaType};base64,${read.data}" alt=${name} />`
    if (read.encoding === 'base64')
      return html`<p class="empty">This file is no text and no picture; download it to see it.</p>`
    return html`<pre class="log preview" tabindex="0" aria-label=${name}>${pretty(read)}</pre>
      ${read.truncated ? html`<p class="line">Only its beginning is shown; download it for the rest.</p>` : nothing}`
  }
}

/** JSON as people read it; anything else as it is. */
function pretty({ artifact, data, truncated }: Read): string {
  if (truncated || !/json/.test(artifact.mediaType)) return data
  try {
    return JSON.stringify(JSON.parse(data), null, 2)
  } catch {
    return data // It calls itself JSON and is not.
  }
}

customElements.define('sy-files', Files)
