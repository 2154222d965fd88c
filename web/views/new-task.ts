import { html } from 'lit'
import type { Task } from '../../schemas/task.ts'
import type { Template } from '../../schemas/template.ts'
import { PageElement } from '../element.ts'
import type { ListedTool } from '../mcp.ts'
import { ConnectionState } from '../live.ts'
import { importPart } from '../load-part.ts'
import { ToolError, callTool, hubAway, listTools, toolError } from '../mcp.ts'
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
  #templates: Template[] = []
  declare error: ToolError | undefined
  declare busy: boolean
  readonly #connection = new ConnectionState(this)
  /** Filled in as soon as there is a form for it. */
  #goal = ''
  #isLoading = false
  #wasAway = false

  constructor() {
    super()
    onNewTask((goal) => void this.#open(goal))
  }

  override render() {
    return html`
      <button class="primary" @click=${() => this.#open('')}>New task</button>
      <dialog aria-labelledby="new-task-title">
        <form method="dialog" @submit=${this.#submit} @change=${this.#fit} @keydown=${submitByKey}>
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
    this.#goal = goal
    await this.#load()
  }

  /** A dialog that was opened while the hub was away gets its form when the hub is back. */
  protected override updated(): void {
    const isLive = this.#connection.value === 'live'
    const isBack = isLive && this.#wasAway
    this.#wasAway = !isLive
    const isReady = this.tool !== undefined && this.#forms !== undefined
    if (isBack && this.#dialog.open && !isReady) void this.#load()
  }

  async #load(): Promise<void> {
    if (this.#isLoading) return
    this.#isLoading = true
    this.error = undefined
    try {
      if (this.#connection.value === 'offline') throw hubAway()
      this.#forms ??= await importPart(() => import('../parts/form.ts')).catch(notLoaded)
      if (this.#templates.length === 0) this.#templates = await listTemplates()
      this.tool ??= await submitTool(this.#templates)
      if (!this.tool)
        this.error = new ToolError({ code: 'denied', message: 'your role may not submit tasks' })
      await this.updateComplete
      // Its fields come after the dialog, which could not focus the first of them.
      this.querySelector<HTMLElement>('form :is(select, input, textarea)')?.focus()
      this.#fit()
      if (this.#goal !== '') this.#fill(this.#goal)
      const form = this.querySelector('form')
      const [path, ...others] = form ? await this.#forms.offerRepositories(form) : []
      // The only one there is, unless another was named meanwhile.
      if (this.#goal !== '' && path !== undefined && others.length === 0 && !this.#repo?.value)
        this.#set('repo', path)
    } catch (error) {
      this.error = toolError(error)
    } finally {
      this.#isLoading = false
    }
  }

  /** Fills in what follows from a goal: an agent's work, in a repository that is still to be named. */
  #fill(goal: string): void {
    this.#set('template', 'code')
    this.#fit()
    this.#set('goal', goal)
    this.#repo?.focus()
  }

  get #repo(): HTMLInputElement | null {
    return this.querySelector<HTMLInputElement>('form [name=repo]')
  }

  #set(name: string, value: string): void {
    const field = this.querySelector<HTMLInputElement | HTMLSelectElement>(`form [name=${name}]`)
    if (field) field.value = value
  }

  readonly #fit = (): void => {
    const form = this.querySelector('form')
    if (form) this.#forms?.fitToTemplate(form, this.#templates)
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

function notLoaded(): never {
  throw new ToolError({
    code: 'unavailable',
    message: 'a part of this page could not be loaded',
    hint: 'Close this and open it again: what you typed elsewhere stays.',
  })
}

/** ⌘ or Ctrl with Enter sends the form from any of its fields, also from those of many lines. */
function submitByKey(event: KeyboardEvent): void {
  if (event.key !== 'Enter' || !(event.metaKey || event.ctrlKey)) return
  event.preventDefault()
  if (event.currentTarget instanceof HTMLFormElement) event.currentTarget.requestSubmit()
}

const listTemplates = async (): Promise<Template[]> =>
  (await callTool<{ items: Template[] }>('template_list')).items

/** `task_submit` with the names of the templates there are, so that its form offers them. */
async function submitTool(templates: Template[]): Promise<ListedTool | undefined> {
  const tool = (await listTools()).find(({ name }) => name === 'task_submit')
  const template = tool?.inputSchema.properties?.template
  if (!tool || !template) return tool
  const known = { ...template, enum: [...new Set(templates.map(({ name }) => name))] }
  const properties = { ...tool.inputSchema.properties, template: known }
  return { ...tool, inputSchema: { ...tool.inputSchema, properties } }
}

customElements.define('sy-new-task', NewTask)
