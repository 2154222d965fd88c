import { html, nothing } from 'lit'
import { repeat } from 'lit/directives/repeat.js'
import { PageElement } from '../element.ts'
import type { ToolError } from '../mcp.ts'
import { callTool, toolError } from '../mcp.ts'
import { valueText } from './note.ts'
import { problem } from './problem.ts'
import { changesOf, kindOf, newKind } from './property-values.ts'

/** Shown as links and names elsewhere beside the note. */
const shownElsewhere = ['tags', 'aliases', 'cssclasses']

/** The properties of a note, and changing them one by one in the note's own lines. */
class NoteProperties extends PageElement {
  static override properties = {
    vault: {},
    path: {},
    etag: {},
    values: { attribute: false },
    isWritable: { type: Boolean },
    isEdited: { state: true },
    gone: { state: true },
    error: { state: true },
    isBusy: { state: true },
  }
  declare vault: string
  declare path: string
  declare etag: string
  declare values: Record<string, unknown>
  declare isWritable: boolean
  declare isEdited: boolean
  /** Names that are to be removed. */
  declare gone: string[]
  declare error: ToolError | undefined
  declare isBusy: boolean
  /** The note as it was when the form was opened: another's change meanwhile is not overwritten. */
  #start: { etag: string; values: Record<string, unknown> } | undefined

  protected override willUpdate(changed: Map<string, unknown>): void {
    if (changed.has('path') || changed.has('vault')) this.#close()
  }

  override render() {
    const shown = Object.entries(this.values).filter(([name]) => !shownElsewhere.includes(name))
    if (this.isEdited) return this.#form()
    if (shown.length === 0 && !this.isWritable) return nothing
    return html`<div class="line-head">
        <h3>Properties</h3>
        ${this.isWritable ? html`<button type="button" class="quiet" aria-label="Change properties" @click=${this.#open}>Change</button>` : nothing}
      </div>
      ${shown.length === 0 ? html`<p class="line">None.</p>` : nothing}
      <dl class="fields">
        ${shown.map(
          ([name, value]) =>
            html`<dt>${name}</dt>
              <dd>${valueText(value)}</dd>`,
        )}
      </dl>`
  }

  #form() {
    const values = this.#start?.values ?? {}
    const kept = Object.entries(values).filter(([name]) => !this.gone.includes(name))
    return html`<h3>Properties</h3>
      <form class="properties" aria-label="Properties" @submit=${this.#save} @keydown=${this.#key}>
        ${repeat(
          kept,
          ([name]) => name, // What was typed stays with its name when another is removed.
          ([name, value]) =>
            html`<label
                >${name}
                <small>${kindOf(value) === 'list' ? 'one a line' : nothing}</small>
                ${field(name, value)}</label
              >
              <button
                type="button"
                aria-label="Remove ${name}"
                @click=${() => (this.gone = [...this.gone, name])}
              >
                ×
              </button>`,
        )}
        <label
          >New property <input name=${newKind.name} maxlength="200" autocomplete="off"
        /></label>
        <label
          >Its value <input name=${newKind.value} maxlength="20000" autocomplete="off"
        /></label>
        ${problem(this.error)}
        <div class="actions">
          <button type="button" @click=${this.#close}>Cancel</button>
          <button class="primary" ?disabled=${this.isBusy}>Save</button>
        </div>
      </form>`
  }

  readonly #open = async (): Promise<void> => {
    this.#start = { etag: this.etag, values: this.values }
    this.gone = []
    this.isEdited = true
    await this.updateComplete
    this.querySelector<HTMLElement>('form :is(input, textarea)')?.focus()
  }

  readonly #close = (): void => {
    this.isEdited = false
    this.error = undefined
    this.isBusy = false
  }

  readonly #key = (event: KeyboardEvent): void => {
    if (event.key !== 'Escape') return
    event.stopPropagation()
    this.#close()
  }

  readonly #save = async (event: SubmitEvent): Promise<void> => {
    event.preventDefault()
    const { etag, values } = this.#start! // Set as the form was opened.
    const given = new FormData(event.target as HTMLFormElement) // The listener sits on the form.
    const { set, unset } = changesOf(values, given, this.gone)
    if (unset.length === 0 && Object.keys(set).length === 0) return this.#close()
    this.isBusy = true
    this.error = undefined
    try {
      const { vault, path } = this
      await callTool('note_property', { vault, path, set, unset, if_match: etag })
      this.#close()
    } catch (error) {
      this.error = toolError(error)
      this.isBusy = false
    }
  }
}

function field(name: string, value: unknown) {
  switch (kindOf(value)) {
    case 'yes or no':
      return html`<input type="checkbox" name=${name} .checked=${value === true} />`
    case 'number':
      return html`<input type="number" step="any" name=${name} .value=${String(value)} />`
    case 'list':
      return html`<textarea
        name=${name}
        rows="3"
        .value=${(value as unknown[]).join('\n')}
      ></textarea>`
    case 'other':
      return html`<output><code>${JSON.stringify(value)}</code></output>`
    case 'text':
      return html`<input
        name=${name}
        maxlength="20000"
        .value=${typeof value === 'string' ? value : ''}
      />`
  }
}

customElements.define('sy-note-properties', NoteProperties)
