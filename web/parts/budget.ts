import { html, nothing } from 'lit'
import type { BudgetLine } from '../../schemas/budget.ts'
import { PageElement } from '../element.ts'
import type { ToolError } from '../mcp.ts'
import { callTool, toolError } from '../mcp.ts'
import { Query } from '../query.ts'
import { problem } from './problem.ts'
import { skeleton } from './skeleton.ts'
import { toast } from './toast.ts'

const units = { steps: 'Model calls', tokens: 'Tokens', costUsd: 'US dollars' } as const
type Unit = keyof typeof units

/** What a task may spend and has spent, behind a button, and the form that changes it. */
class Budget extends PageElement {
  static override properties = {
    task: {},
    isOpen: { state: true },
    error: { state: true },
    busy: { state: true },
  }
  declare task: string
  declare isOpen: boolean
  declare error: ToolError | undefined
  declare busy: boolean
  readonly #read = new Query<{ lines: BudgetLine[] }>(this, () =>
    this.isOpen
      ? {
          tool: 'budget_read',
          args: { task: this.task },
          staleBy: ({ kind, task }) => kind === 'budget.set' && task === this.task,
        }
      : undefined,
  )

  override render() {
    return html`<button type="button" @click=${this.#open}>Budget…</button>
      <dialog aria-labelledby="budget-title" @close=${() => (this.isOpen = false)}>
        <form method="dialog" @submit=${this.#set}>
          <h2 id="budget-title">What the task may spend</h2>
          <p class="line">In total, with what is spent already. What is empty is not limited.</p>
          ${problem(this.#read.error)} ${this.#fields()} ${problem(this.error)}
          <div class="actions">
            <button type="button" @click=${this.#close}>Close</button>
            <button class="primary" ?disabled=${this.busy || this.#read.value === undefined}>
              Set
            </button>
          </div>
        </form>
      </dialog>`
  }

  #fields() {
    const lines = this.#read.value?.lines
    if (!lines) return this.#read.error ? nothing : skeleton(3)
    return Object.entries(units).map(([unit, title]) => {
      const line = this.#line(unit as Unit) // A key of the table.
      return html`<label
        ><span>${title}</span
        ><input
          type="number"
          name=${unit}
          min="0"
          step=${unit === 'costUsd' ? 'any' : '1'}
          .value=${String(line?.limit ?? '')}
        />${line ? html`<small>${line.spent} spent, ${line.left} left</small>` : nothing}</label
      >`
    })
  }

  /** The task's own limit; those of its plan and org are theirs to change. */
  #line(unit: BudgetLine['unit']): BudgetLine | undefined {
    const lines = this.#read.value?.lines ?? []
    return lines.find((line) => line.scope === 'task' && line.unit === unit)
  }

  readonly #open = (): void => {
    this.isOpen = true
    this.error = undefined
    this.querySelector('dialog')?.showModal()
  }

  readonly #close = (): void => this.querySelector('dialog')?.close()

  readonly #set = async (event: SubmitEvent): Promise<void> => {
    event.preventDefault()
    const timeMs = this.#line('timeMs')?.limit
    const given = [...new FormData(event.target as HTMLFormElement)] // The listener sits on the form.
      .filter(([, value]) => value !== '')
      .map(([name, value]) => [name, Number(value)] as const)
    const budget = { ...(timeMs === undefined ? {} : { timeMs }), ...Object.fromEntries(given) }
    this.busy = true
    try {
      await callTool('budget_set', { task: this.task, budget })
      this.#close()
      toast('The budget is set')
    } catch (error) {
      this.error = toolError(error)
    } finally {
      this.busy = false
    }
  }
}

customElements.define('sy-budget', Budget)
