import type { Template } from '../../schemas/template.ts'

/** Fields of task_submit that only some templates take. */
const ofSome = ['goal', 'command', 'model']

/**
 * Shows in a form for task_submit what the chosen template takes, and asks for what it requires. What a field
 * holds that is away is not sent, and is there again when its template is.
 */
export function fitToTemplate(form: HTMLFormElement, templates: Template[]): void {
  const chosen = new FormData(form).get('template')
  const template = templates.find(({ name }) => name === chosen)
  for (const name of ofSome) {
    const control = form.elements.namedItem(name)
    if (!(control instanceof HTMLInputElement || control instanceof HTMLTextAreaElement)) continue
    const isTaken = template === undefined || takes(template, name)
    control.disabled = !isTaken
    control.required = template !== undefined && requires(template, name)
    control.closest('.field')?.toggleAttribute('hidden', !isTaken)
  }
}

const takes = ({ params, needsModel }: Template, name: string): boolean =>
  name === 'model'
    ? needsModel
    : Object.hasOwn((params.properties as object | undefined) ?? {}, name)

const requires = ({ params }: Template, name: string): boolean =>
  Array.isArray(params.required) && params.required.includes(name)
