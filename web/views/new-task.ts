import { html } from 'lit'
import type { Task } from '../../schemas/task.ts'
import type { Template } from '../../schemas/template.ts'
import { PageElement } from '../element.ts'
import type { ListedTool } from '../mcp.ts'
import { ToolError, callTool, listTools } from '../mcp.ts'
import { formFields, formValues } from '../parts/form.ts'
import { problem } from '../parts/problem.ts'
import { go } from '../route.ts'

/** A button and the form behind it, made from the schema of `task_submit`. */
class NewTask extends PageElement {
  static override properties = {
    tool: { state: true },
    error: { state: true },
    busy: { state: true },
  }
  declare tool: ListedTool | undefined
  declare error: ToolError | undefined
  declare busy: boolean

  override render() {
    return html`
      <button class="primary" @click=${this.#open}>New task</button>
      <dialog aria-labelledby="new-task-title">
        <form method="dialog" @submit=${this.#submit}>
          <h2 id="new-task-title">New task</h2>
          ${this.tool ? formFields(this.tool.inputSchema) : ''} ${problem(this.error)}
          <div class="actions">
            <button type="button" @click=${this.#close}>Close</button>
            <button class="primary" ?disabled=${this.busy}>
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

  readonly #open = async (): Promise<void> => {
    this.#dialog.showModal()
    try {
      this.tool ??= await submitTool()
      if (!this.tool)
        this.error = new ToolError({ code: 'denied', message: 'your role may not submit tasks' })
    } catch (error) {
      if (!(error instanceof ToolError)) throw error
      this.error = error
    }
  }

  readonly #close = (): void => this.#dialog.close()

  readonly #submit = async (event: SubmitEvent): Promise<void> => {
    event.preventDefault()
    const form = event.target as HTMLFormElement // The listener sits on the form.
    this.busy = true
    this.error = undefined
    try {
      const task = await callTool<Task>(
        'task_submit',
        formValues(form, this.tool?.inputSchema ?? {}),
      )
      form.reset()
      this.#close()
      go('tasks', task.id)
    } catch (error) {
      this.error =
        error instanceof ToolError
          ? error
          : new ToolError({ code: 'invalid', message: String(error) })
    } finally {
      this.busy = false
    }
  }
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
