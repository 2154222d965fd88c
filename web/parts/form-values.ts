import type { JsonSchema } from '../mcp.ts'
import { invalidField } from './form-path.ts'

type Node = {
  value?: unknown
  as: 'object' | 'list' | 'record'
  parts: Map<string, Node>
  isGiven: boolean
}

/**
 * What was filled in, typed as its fields say. Fields left empty are left out, and so are groups of
 * nothing else; what is required stays, so that the hub says what is missing in it.
 */
export function formValues(form: HTMLFormElement, schema: JsonSchema): Record<string, unknown> {
  const root = makeNode()
  for (const element of form.elements) {
    if (!isControl(element) || element.name === '' || element.disabled) continue
    const path = element.name.split('/').map(unescaped)
    const as = element.dataset.as
    const node = nodeAt(root, path)
    if (as === 'list' || as === 'record' || as === 'object') {
      node.as = as
      // A branch of a choice is meant also when all of it is empty; a list without entries seldom is.
      if (as === 'object' || element.dataset.given !== undefined) node.isGiven = true
    } else if (as === 'member') {
      if (element instanceof HTMLInputElement) takeMember(node, element)
    } else {
      const value = read(element, path)
      if (value !== undefined) Object.assign(node, { value, isGiven: true })
    }
  }
  const values = valueOf(root)
  const given = (values ?? {}) as Record<string, unknown> // The root is an object.
  for (const name of schema.required ?? [])
    if (schema.properties?.[name]?.type === 'object') given[name] ??= {}
  return given
}

type Control = HTMLInputElement | HTMLSelectElement | HTMLTextAreaElement

const isControl = (element: Element): element is Control =>
  element instanceof HTMLInputElement ||
  element instanceof HTMLSelectElement ||
  element instanceof HTMLTextAreaElement

function read(element: Control, path: string[]): unknown {
  const { value } = element
  const { as, default: preset } = element.dataset
  if (as === 'boolean' && element instanceof HTMLInputElement)
    return String(element.checked) === preset ? undefined : element.checked
  if (value === '') return undefined
  if (as === 'number') return Number(value)
  if (as !== 'json' && as !== 'any') return value
  try {
    return JSON.parse(value) as unknown
  } catch (error) {
    if (as === 'any') return value
    throw invalidField(path, `this is not JSON: ${String(error)}`)
  }
}

/** A ticked box adds its value to the list; with none ticked the list is left to its default. */
function takeMember(node: Node, element: HTMLInputElement): void {
  if (!element.checked) return
  const known = Array.isArray(node.value) ? (node.value as unknown[]) : []
  Object.assign(node, { value: [...known, element.value], isGiven: true })
}

function nodeAt(root: Node, path: string[]): Node {
  let node = root
  for (const part of path) {
    const next = node.parts.get(part) ?? makeNode()
    node.parts.set(part, next)
    node = next
  }
  return node
}

const makeNode = (): Node => ({ as: 'object', parts: new Map(), isGiven: false })

function valueOf(node: Node): unknown {
  if (node.value !== undefined) return node.value
  const parts = [...node.parts].map(([name, part]) => [name, part, valueOf(part)] as const)
  if (node.as === 'list') {
    const items = parts.map(([, , value]) => value ?? '')
    return items.length === 0 && !node.isGiven ? undefined : items
  }
  if (node.as === 'record') {
    const entries = parts.map(([, part, value]) => {
      const name = part.parts.get('name')?.value
      const own = (value as { value?: unknown } | undefined)?.value // Named by RecordField.
      return [typeof name === 'string' ? name : '', own ?? ''] as const
    })
    return entries.length === 0 ? undefined : Object.fromEntries(entries)
  }
  const given = parts.filter(([, , value]) => value !== undefined)
  if (given.length === 0 && !node.isGiven) return undefined
  return Object.fromEntries(given.map(([name, , value]) => [name, value]))
}

const unescaped = (part: string): string => part.replaceAll('~1', '/').replaceAll('~0', '~')
