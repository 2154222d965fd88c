import { html, nothing } from 'lit'
import { repeat } from 'lit/directives/repeat.js'
import { PageElement } from '../element.ts'
import type { JsonSchema } from '../mcp.ts'
import { control, listMark } from './form-control.ts'
import type { Field } from './form-fields.ts'
import { fieldView, groupFields, isRecord } from './form-fields.ts'
import { joinPath } from './form-path.ts'
import { branchLabel, branchOf, label, shapeOf } from './form-shape.ts'

// Groups whose parts a person adds, removes or chooses. What is typed stays in the controls.

type Row = { key: number; value: unknown; name?: string }
let nextKey = 0

/** What lists and named values share: rows that come and go. */
class RowsField extends PageElement {
  static override properties = { field: {}, rows: { state: true } }
  declare field: Field
  declare rows: Row[] | undefined

  protected addRow(): void {
    this.rows = [...(this.rows ?? []), { key: nextKey++, value: undefined }]
    void this.updateComplete.then(() =>
      this.querySelector<HTMLElement>(
        '.entry:last-of-type :is(input:not([type=hidden]), select, textarea)',
      )?.focus(),
    )
  }

  protected dropRow(key: number): void {
    this.rows = this.rows?.filter((row) => row.key !== key)
    void this.updateComplete.then(() => this.querySelector<HTMLElement>('.add')?.focus())
  }

  /** Where the form is reset, the rows are as at first. */
  override connectedCallback(): void {
    super.connectedCallback()
    this.closest('form')?.addEventListener('reset', this.#reset)
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback()
    this.closest('form')?.removeEventListener('reset', this.#reset)
  }

  readonly #reset = (): void => {
    this.rows = undefined
  }
}

class ListField extends RowsField {
  static override properties = { ...RowsField.properties, items: {} }
  declare items: JsonSchema

  override render() {
    const { path, schema, value, errors, scope } = this.field
    const preset: unknown = schema.default
    const first = Array.isArray(value) ? value : Array.isArray(preset) ? preset : []
    this.rows ??= first.map((one: unknown) => ({ key: nextKey++, value: one }))
    return html`${listMark(path, Array.isArray(preset) && preset.length > 0)}
      ${repeat(
        this.rows,
        ({ key }) => key,
        (row, at) => {
          const own = { path: joinPath(path, at), schema: this.items, errors, scope }
          return html`<div class="entry">
            ${entryView({ ...own, required: true, value: row.value }, String(at + 1))}
            <button
              type="button"
              aria-label=${`Remove ${at + 1}`}
              @click=${() => this.dropRow(row.key)}
            >
              ✕
            </button>
          </div>`
        },
      )} <button type="button" class="add" @click=${() => this.addRow()}>Add</button>`
  }
}

class RecordField extends RowsField {
  static override properties = { ...RowsField.properties, values: {} }
  declare values: JsonSchema

  override render() {
    const { path, value, errors, scope } = this.field
    this.rows ??= isRecord(value)
      ? Object.entries(value).map(([name, one]) => ({ key: nextKey++, value: one, name }))
      : []
    return html`<input type="hidden" name=${path} data-as="record" />
      ${repeat(
        this.rows,
        ({ key }) => key,
        (row, at) => {
          const entry = joinPath(path, at)
          const own = { path: joinPath(entry, 'value'), schema: this.values, errors, scope }
          return html`<div class="entry">
            <input
              name=${joinPath(entry, 'name')}
              value=${row.name ?? nothing}
              aria-label="Name"
              placeholder="Name"
              required
              autocomplete="off"
            />
            ${entryView({ ...own, required: true, value: row.value }, 'Value')}
            <button
              type="button"
              aria-label=${`Remove ${at + 1}`}
              @click=${() => this.dropRow(row.key)}
            >
              ✕
            </button>
          </div>`
        },
      )}
      <button type="button" class="add" @click=${() => this.addRow()}>Add</button>`
  }
}

/** A choice between forms of a value, and the form that was chosen. */
class ChoiceField extends PageElement {
  static override properties = { field: {}, branches: {}, chosen: { state: true } }
  declare field: Field
  declare branches: JsonSchema[]
  declare chosen: number | undefined

  override render() {
    const { path, schema, required, value, scope } = this.field
    const given = value === undefined && required ? schema.default : value
    const first = given === undefined ? (required ? 0 : -1) : branchOf(this.branches, given)
    const chosen = this.chosen ?? first
    const branch = this.branches[chosen]
    const id = `${scope}-${path}-form`
    return html`<select id=${id} aria-label="Form" @change=${this.#choose}>
        ${required ? nothing : html`<option value="-1" ?selected=${chosen === -1}></option>`}
        ${this.branches.map(
          (one, at) =>
            html`<option value=${at} ?selected=${at === chosen}>${branchLabel(one)}</option>`,
        )}
      </select>
      ${
        branch
          ? repeat(
              [chosen],
              (key) => key,
              () => this.#branch(branch),
            )
          : nothing
      }`
  }

  #branch(branch: JsonSchema) {
    const field = { ...this.field, schema: branch, required: true }
    const shape = shapeOf(branch)
    if (shape.kind === 'object')
      return html`<input type="hidden" name=${field.path} data-as="object" />${groupFields(field)}`
    if (shape.kind === 'const') return control(field, shape)
    return html`<div class="entry">${entryView(field, 'Value')}</div>`
  }

  readonly #choose = (event: Event): void => {
    this.chosen = Number((event.target as HTMLSelectElement).value) // The listener sits on it.
  }
}

/** A part of a group: its controls alone, with a name for who cannot see where they stand. */
function entryView(field: Field, name: string): unknown {
  const shape = shapeOf(field.schema)
  if (shape.kind === 'object')
    return html`<fieldset>
      <legend>${label(name)}</legend>
      <input type="hidden" name=${field.path} data-as="object" />
      ${groupFields(field)}
    </fieldset>`
  return fieldView({ ...field, name })
}

customElements.define('sy-list-field', ListField)
customElements.define('sy-record-field', RecordField)
customElements.define('sy-choice-field', ChoiceField)
