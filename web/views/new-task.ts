import { html } from 'lit'
import type { Repository } from '../../schemas/repo.ts'
import type { Task } from '../../schemas/task.ts'
import type { Template } from '../../schemas/template.ts'
import { PageElement } from '../element.ts'
import type { ListedTool } from '../mcp.ts'
import { ToolError, callTool, listTools, toolError } from '../mcp.ts'
import { onNewTask } from '../new-task.ts'
import { problem } from '../parts/problem.ts'
import { skeleton } from '../parts/skeleton.ts'
import { go } from '../route.ts'

/** What makes forms is loaded with the first one. */
type Forms = typeof import('../parts/form.ts')

/** A button and the form behind it, made from the schema of `task_submit`. */
class NewTask extends PageElement {
  static override properties = {
    tool: { state: true },
    error: { state: true },
    busy: { state: true },
  }
  declare tool: ListedTool | undefined
  #forms: Forms | undefined
  declare error: ToolError | undefined
  declare busy: boolean

  constructor() {
    super()
    onNewTask((goal) => void this.#open(goal))
  }

  override render() {
    return html`
      <button class="primary" @click=${() => this.#open('')}>New task</button>
      <dialog aria-labelledby="new-task-title">
        <form method="dialog" @submit=${this.#submit} @keydown=${submitByKey}>
          <h2 id="new-task-title">New task</h2>
          ${this.tool && this.#forms ? this.#forms.formFields(this.tool.inputSchema) : this.error ? '' : skeleton(6)}
          ${problem(this.error)}
          <div class="actions">
            <button type="button" @click=${this.#close}>Close</button>
            <button class="primary" ?disabled=${this.busy || !this.tool}>
              ${this.busy ? 'Submitting…' : 'Submit'}
            </button>
          </div>
        </form>
      </dialog>
    `
  }

  get #dialog(): HTMLDialogElement {
    return this.querySelector('dialog')! // Rendered above.
  }

  async #open(goal: string): Promise<void> {
    if (this.#dialog.open) return
    this.#dialog.showModal()
    this.error = undefined
    try {
      this.#forms ??= await import('../parts/form.ts')
      this.tool ??= await submitTool()
      if (!this.tool)
        this.error = new ToolError({ code: 'denied', message: 'your role may not submit tasks' })
      await this.updateComplete
      // Its fields come after the dialog, which could not focus the first of them.
      this.querySelector<HTMLElement>('form :is(select, input, textarea)')?.focus()
      if (goal !== '') await this.#fill(goal)
    } catch (error) {
      this.error = toolError(error)
    }
  }

  /** Fills in what follows from a goal: an agent's work, in the repository that there is. */
  async #fill(goal: string): Promise<void> {
    this.#set('template', 'code')
    this.#set('goal', goal)
    const { items } = await callTool<{ items: Repository[] }>('repo_list')
    if (items.length === 1 && items[0]) this.#set('repo', items[0].path)
    this.querySelector<HTMLElement>('form [name=repo]')?.focus()
  }

  #set(name: string, value: string): void {
    const field = this.querySelector<HTMLInputElement | HTMLSelectElement>(`form [name=${name}]`)
    if (field) field.value = value
  }

  readonly #close = (): void => this.#dialog.close()

  readonly #submit = async (event: SubmitEvent): Promise<void> => {
    event.preventDefault()
    const form = event.target as HTMLFormElement // The listener sits on the form.
    if (!this.#forms || !this.tool) return
    this.busy = true
    this.error = undefined
    try {
      const given = this.#forms.formValues(form, this.tool.inputSchema)
      const task = await callTool<Task>('task_submit', given)
      form.reset()
      this.#close()
      go('tasks', task.id)
    } catch (error) {
      this.error =
        error instanceof SyntaxError
          ? new ToolError({ code: 'invalid', message: String(error) })
          : toolError(error)
    } finally {
      this.busy = false
    }
  }
}

/** ⌘ or Ctrl with Enter sends the form from any of its fields, also from those of many lines. */
function submitByKey(event: KeyboardEvent): void {
  if (event.key !== 'Enter' || !(event.metaKey || event.ctrlKey)) return
  event.preventDefault()
  if (event.currentTarget instanceof HTMLFormElement) event.currentTarget.requestSubmit()
}

/** `task_submit` with the names of the templates there are, so that its form offers them. */
async function submitTool(): Promise<ListedTool | undefined> {
  const tool = (await listTools()).find(({ name }) => name === 'task_submit')
  const template = tool?.inputSchema.properties?.template
  if (!tool || !template) return tool
  const { items } = await callTool<{ items: Template[] }>('template_list')
  const known = { ...template, enum: [...new Set(items.map(({ name }) => name))] }
  const properties = { ...tool.inputSchema.properties, template: known }
  return { ...tool, inputSchema: { ...tool.inputSchema, properties } }
}

customElements.define('sy-new-task', NewTask)
