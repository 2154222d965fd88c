import { html, nothing } from 'lit'
import type { JsonSchema } from '../mcp.ts'
import { words } from '../format.ts'

/** How many fields stand in front; the rest waits behind "More". */
const shownFirst = 6

/** A form generated from a tool's input schema: one field per property, named and described by it. */
export function formFields(schema: JsonSchema, prefix = '') {
  const shown = Object.entries(schema.properties ?? {}).filter(
    ([, { description }]) => !description?.startsWith('For controllers:'),
  )
  const fields = shown.map(([name, property]) =>
    field(
      `${prefix}${name}`,
      name,
      property,
      schema.required?.includes(name) === true && property.default === undefined,
    ),
  )
  if (prefix !== '' || fields.length <= shownFirst) return fields
  return html`${fields.slice(0, shownFirst)}
    <details class="more">
      <summary>More options</summary>
      ${fields.slice(shownFirst)}
    </details>`
}

function field(path: string, name: string, property: JsonSchema, required: boolean): unknown {
  if (property.type === 'object' && property.properties) {
    return html`<fieldset>
      <legend>${label(name)}</legend>
      ${formFields(required ? property : { ...property, required: [] }, `${path}.`)}
    </fieldset>`
  }
  const id = `field-${path}`
  const { description } = property
  return html`<div class="field">
    <label for=${id}
      >${label(name)}${required ? html`<b aria-hidden="true"> *</b>` : nothing}</label
    >
    ${control(path, id, property, required)}
    ${description ? html`<small id="${id}-help">${description}</small>` : nothing}
  </div>`
}

function control(
  path: string,
  id: string,
  { type, enum: options, default: preset, maxLength, minimum, maximum }: JsonSchema,
  required: boolean,
) {
  if (options) {
    return html`<select
      id=${id}
      aria-describedby=${`${id}-help`}
      name=${path}
      ?required=${required}
    >
      ${required ? nothing : html`<option value=""></option>`}
      ${options.map((option) => html`<option ?selected=${option === preset}>${option}</option>`)}
    </select>`
  }
  if (type === 'boolean')
    return html`<input
      type="checkbox"
      id=${id}
      aria-describedby=${`${id}-help`}
      name=${path}
      ?checked=${preset === true}
    />`
  if (type === 'integer' || type === 'number') {
    return html`<input
      type="number"
      id=${id}
      aria-describedby=${`${id}-help`}
      name=${path}
      step=${type === 'integer' ? 1 : 'any'}
      placeholder=${text(preset)}
      min=${minimum ?? nothing}
      max=${maximum ?? nothing}
      ?required=${required}
    />`
  }
  if (type === 'object' || type === 'array')
    return html`<textarea
      id=${id}
      aria-describedby=${`${id}-help`}
      name=${path}
      rows="2"
      placeholder=${text(preset)}
      data-json
    ></textarea>`
  if ((maxLength ?? 0) > 6000)
    return html`<textarea
      id=${id}
      aria-describedby=${`${id}-help`}
      name=${path}
      rows="3"
      ?required=${required}
    ></textarea>`
  return html`<input
    id=${id}
    aria-describedby=${`${id}-help`}
    name=${path}
    placeholder=${text(preset)}
    maxlength=${maxLength ?? nothing}
    ?required=${required}
    autocomplete="off"
  />`
}

/** What was filled in, typed as the schema says. Fields left empty are left out. */
export function formValues(form: HTMLFormElement, schema: JsonSchema): Record<string, unknown> {
  const values: Record<string, unknown> = {}
  for (const [name, value] of new FormData(form)) {
    if (typeof value !== 'string' || value === '') continue
    const parts = name.split('.')
    const leaf = parts.pop() ?? name
    const owner = parts.reduce<Record<string, unknown>>(
      (node, part) => (node[part] ??= {}) as Record<string, unknown>,
      values,
    ) // Made on the way.
    const property = [...parts, leaf].reduce<JsonSchema | undefined>(
      (node, part) => node?.properties?.[part],
      schema,
    )
    owner[leaf] = convert(value, property?.type)
  }
  return values
}

function convert(value: string, type: string | undefined): unknown {
  if (type === 'integer' || type === 'number') return Number(value)
  if (type === 'boolean') return value === 'on'
  if (type === 'object' || type === 'array') return JSON.parse(value) as unknown
  return value
}

const label = (name: string) => {
  const spaced = words(name)
  return spaced.charAt(0).toUpperCase() + spaced.slice(1)
}
const text = (preset: unknown) =>
  preset === undefined ? nothing : typeof preset === 'string' ? preset : JSON.stringify(preset)
