import { html, nothing } from 'lit'
import type { Artifact } from '../../schemas/artifact.ts'
import { PageElement } from '../element.ts'
import { bytes } from '../format.ts'
import { empty } from '../parts/empty.ts'
import { rows } from '../parts/rows.ts'
import { since } from '../parts/time.ts'
import './artifact-picker.css'

const typingMs = 200

/** A dialog with the newest artifacts of all tasks, of which some are attached. */
class ArtifactPicker extends PageElement {
  static override properties = { name: { state: true }, isOpen: { state: true } }
  declare name: string
  declare isOpen: boolean
  pick: (artifact: Artifact) => void = () => undefined
  #typing: ReturnType<typeof setTimeout> | undefined

  async open(): Promise<void> {
    this.name = ''
    this.isOpen = true
    await this.updateComplete
    this.#dialog?.showModal()
  }

  override render() {
    if (!this.isOpen) return nothing
    return html`<dialog class="artifacts" aria-labelledby="artifacts-title" @close=${this.#closed}>
      <header>
        <h2 id="artifacts-title">Attach an artifact</h2>
        <button type="button" @click=${() => this.#dialog?.close()}>Close</button>
      </header>
      <input
        type="search"
        aria-label="Name of the artifact"
        placeholder="Part of a name"
        autofocus
        @input=${this.#search}
      />
      <div class="found">
        ${rows<Artifact>({
          label: 'Artifacts',
          asked: { tool: 'artifact_list', args: this.name === '' ? {} : { name: this.name } },
          key: ({ id }) => id,
          row: (artifact) => this.#row(artifact),
          empty: empty(
            this.name === '' ? 'No task has kept a file yet.' : 'No artifact has this in its name.',
          ),
        })}
      </div>
    </dialog>`
  }

  #row(artifact: Artifact) {
    const { name, task, sizeBytes, createdAt } = artifact
    return html`<button type="button" class="row" @click=${() => this.#picked(artifact)}>
      <strong>${name}</strong>
      <small>${bytes(sizeBytes)} of ${task} ${since(createdAt)}</small>
    </button>`
  }

  get #dialog(): HTMLDialogElement | null {
    return this.querySelector('dialog')
  }

  #picked(artifact: Artifact): void {
    this.#dialog?.close()
    this.pick(artifact)
  }

  readonly #closed = (): void => {
    this.isOpen = false
  }

  readonly #search = (event: Event): void => {
    const { value } = event.target as HTMLInputElement // The listener sits on it.
    clearTimeout(this.#typing)
    this.#typing = setTimeout(() => (this.name = value.trim()), typingMs)
  }
}

export type { ArtifactPicker }
customElements.define('sy-artifact-picker', ArtifactPicker)
