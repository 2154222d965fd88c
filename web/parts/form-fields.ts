import { html, nothing } from 'lit'
import type { JsonSchema } from '../mcp.ts'
import { control } from './form-control.ts'
import './duration-hint.ts'
import { isDuration } from './milliseconds.ts'
import type { FieldErrors } from './form-path.ts'
import { errorAt, joinPath } from './form-path.ts'
import { label, shapeOf } from './form-shape.ts'

/** How many fields stand in front; the rest waits behind "More". */
const shownFirst = 6

/** A field as the parts of a form hand it down. */
export type Field = {
  path: string
  schema: JsonSchema
  required: boolean
  value: unknown
  errors: FieldErrors
  scope: string
}

/** The fields of an object: what is required or comes first, then the others on request. */
export function groupFields({ path, schema, required, value, errors, scope }: Field): unknown {
  const given = isRecord(value) ? value : {}
  const fields = Object.entries(schema.properties ?? {})
    .filter(([, { description }]) => !description?.startsWith('For controllers:'))
    .map(([name, property]) => {
      const isNeeded = schema.required?.includes(name) === true && property.default === undefined
      const own = { path: joinPath(path, name), schema: property, errors, scope }
      return { ...own, name, isNeeded, required: required && isNeeded, value: given[name] }
    })
  if (fields.length <= shownFirst + 1) return fields.map(fieldView)
  const needed = fields.filter(({ isNeeded }) => isNeeded).length
  let room = Math.max(0, shownFirst - needed)
  const first = fields.filter(({ isNeeded }) => isNeeded || room-- > 0)
  const more = fields.filter((field) => !first.includes(field))
  // What is filled in or wrong must be in sight.
  const isOpen = more.some((one) => one.value !== undefined || errorAt(errors, one.path, true))
  return html`${first.map(fieldView)}
    <details class="more" ?open=${isOpen}>
      <summary>More options</summary>
      ${more.map(fieldView)}
    </details>`
}

/** One field with its name, help and error. */
export function fieldView(field: Field & { name: string }): unknown {
  const { path, schema, required, errors, scope, name } = field
  const shape = shapeOf(schema)
  const id = `${scope}-${path}`
  const isSpan = isDuration(name) && shape.kind === 'number'
  const text = html`${label(name, isSpan)}${required ? html`<b aria-hidden="true"> *</b>` : nothing}`
  const error = errorAt(errors, path, shape.kind !== 'object')
  const help = html`${schema.description ? html`<small id="${id}-help">${schema.description}</small>` : nothing}
  ${error ? html`<small class="wrong" id="${id}-error">${error}</small>` : nothing}`
  switch (shape.kind) {
    case 'const':
      return control(field, shape)
    case 'object':
      if (shape.properties.length === 0) return nothing
      // What may be left out as a whole stays folded until somebody wants it.
      if (!required && field.value === undefined && !errorAt(errors, path, true))
        return html`<fieldset>
          <legend class="visually-hidden">${text}</legend>
          <details class="more">
            <summary>${text}</summary>
            ${help}${groupFields(field)}
          </details>
        </fieldset>`
      return html`<fieldset>
        <legend>${text}</legend>
        ${help}${groupFields(field)}
      </fieldset>`
    case 'list':
    case 'record':
    case 'several':
    case 'choice':
      return html`<fieldset>
        <legend>${text}</legend>
        ${help}${control(field, shape)}
      </fieldset>`
    default:
      return html`<div class="field">
        <label for=${id}>${text}</label>
        ${control(field, shape)}${isSpan ? html`<small><sy-duration-hint id="${id}-unit"></sy-duration-hint></small>` : nothing}${help}
      </div>`
  }
}

export const isRecord = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value)
