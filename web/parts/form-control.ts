import { html, nothing } from 'lit'
import { words } from '../format.ts'
import type { Field } from './form-fields.ts'
import type { Shape } from './form-shape.ts'
import { isDuration } from './milliseconds.ts'
import { errorAt } from './form-path.ts'

/** The control of a field. `data-as` says how what is typed in it is read. */
export function control(field: Field, shape: Shape): unknown {
  const { path, schema, required, value, errors, scope } = field
  const id = `${scope}-${path}`
  const isWrong = errorAt(errors, path, true) !== undefined
  const described = `${schema.description ? `${id}-help` : ''} ${isWrong ? `${id}-error` : ''} ${isDuration(path) && shape.kind === 'number' ? `${id}-unit` : ''}`
  const about = described.trim() === '' ? nothing : described.trim()
  const wrong = isWrong ? 'true' : nothing
  const preset = schema.default
  const text = textOf(value)
  switch (shape.kind) {
    case 'const':
      return html`<input
        type="hidden"
        name=${path}
        data-as="json"
        .value=${JSON.stringify(shape.value)}
      />`
    case 'options':
      return html`<select
        id=${id}
        name=${path}
        aria-describedby=${about}
        aria-invalid=${wrong}
        ?required=${required}
      >
        ${
          required && preset === undefined
            ? html`<option value="">Choose…</option>`
            : html`<option value="">
                ${preset === undefined ? '' : `${words(textOf(preset) ?? '')} (default)`}
              </option>`
        }
        ${shape.options.map(
          (option) =>
            html`<option value=${option} ?selected=${option === value}>${words(option)}</option>`,
        )}
      </select>`
    case 'boolean':
      if (preset === undefined && !required)
        return html`<select id=${id} name=${path} data-as="json" aria-describedby=${about}>
          <option value=""></option>
          <option value="true" ?selected=${value === true}>yes</option>
          <option value="false" ?selected=${value === false}>no</option>
        </select>`
      return html`<input
        type="checkbox"
        id=${id}
        name=${path}
        data-as="boolean"
        data-default=${String(preset)}
        aria-describedby=${about}
        ?checked=${(value ?? preset) === true}
      />`
    case 'number':
      return html`<input
        type="number"
        id=${id}
        name=${path}
        data-as="number"
        aria-describedby=${about}
        aria-invalid=${wrong}
        step=${shape.isWhole ? 1 : 'any'}
        placeholder=${textOf(preset) ?? nothing}
        min=${schema.minimum ?? nothing}
        max=${schema.maximum ?? nothing}
        value=${text ?? nothing}
        ?required=${required}
      />`
    case 'text':
      if ((schema.maxLength ?? 0) > 6000 || text?.includes('\n'))
        return html`<textarea
          id=${id}
          name=${path}
          rows="3"
          aria-describedby=${about}
          aria-invalid=${wrong}
          ?required=${required}
          .defaultValue=${text ?? ''}
        ></textarea>`
      return html`<input
        id=${id}
        name=${path}
        aria-describedby=${about}
        aria-invalid=${wrong}
        placeholder=${textOf(preset) ?? nothing}
        maxlength=${schema.maxLength ?? nothing}
        value=${text ?? nothing}
        ?required=${required}
        autocomplete="off"
      />`
    case 'any':
    case 'json':
      return html`<textarea
        id=${id}
        name=${path}
        rows="2"
        class="code"
        spellcheck="false"
        data-as=${shape.kind}
        aria-describedby=${about}
        aria-invalid=${wrong}
        placeholder=${preset === undefined ? (shape.kind === 'any' ? 'Text or JSON' : 'JSON') : JSON.stringify(preset)}
        ?required=${required}
        .defaultValue=${value === undefined ? '' : shape.kind === 'any' && typeof value === 'string' ? value : JSON.stringify(value, null, 2)}
      ></textarea>`
    case 'several':
      return html`<div class="several">
        ${listMark(path, Array.isArray(preset) && preset.length > 0)}
        ${shape.options.map((option) => {
          const chosen = Array.isArray(value) ? value : preset
          return html`<label
            ><input
              type="checkbox"
              name=${path}
              data-as="member"
              value=${option}
              ?checked=${Array.isArray(chosen) && chosen.includes(option)}
            />${words(option)}</label
          >`
        })}
      </div>`
    case 'list':
      return html`<sy-list-field .field=${field} .items=${shape.items}></sy-list-field>`
    case 'record':
      return html`<sy-record-field .field=${field} .values=${shape.values}></sy-record-field>`
    case 'choice':
      return html`<sy-choice-field .field=${field} .branches=${shape.branches}></sy-choice-field>`
    case 'object':
      return nothing // A group has no control of its own.
  }
}

/**
 * Says that a field is a list, also where it has no entry. Without entries it is left out, unless what is
 * left out would be filled by a default.
 */
export const listMark = (path: string, hasDefault: boolean) =>
  html`<input type="hidden" name=${path} data-as="list" ?data-given=${hasDefault} />`

const textOf = (value: unknown): string | undefined =>
  value === undefined || value === null
    ? undefined
    : typeof value === 'string'
      ? value
      : JSON.stringify(value)
