import type { JsonSchema } from '../mcp.ts'
import './form.css'
import { groupFields } from './form-fields.ts'
import './form-groups.ts'
import type { FieldErrors } from './form-path.ts'
export { formValues } from './form-values.ts'
export { offerRepositories } from './known-repositories.ts'
export { fitToTemplate } from './template-fields.ts'

export type FormOptions = {
  /** What the fields hold at first. */
  values?: Record<string, unknown> | undefined
  errors?: FieldErrors | undefined
  /** Keeps ids apart where two forms stand on one page. */
  scope?: string | undefined
}

const noErrors: FieldErrors = new Map()

/** A form generated from a tool's input schema: one field per property, named and described by it. */
export function formFields(schema: JsonSchema, options: FormOptions = {}) {
  const { values, errors = noErrors, scope = 'field' } = options
  return groupFields({ path: '', schema, required: true, value: values, errors, scope })
}
