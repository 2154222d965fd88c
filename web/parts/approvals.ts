import { html, nothing } from 'lit'
import { repeat } from 'lit/directives/repeat.js'
import type { Approval } from '../../schemas/approval.ts'
import { PageElement } from '../element.ts'
import type { ToolError } from '../mcp.ts'
import { callTool, toolError } from '../mcp.ts'
import { Query } from '../query.ts'
import type { Answer } from './approval.ts'
import { approvalCard } from './approval.ts'
import { empty } from './empty.ts'
import { problem } from './problem.ts'
import { skeleton } from './skeleton.ts'
import { toast } from './toast.ts'

/** As many as the hub gives at once; the oldest are answered first and make room. */
const most = 100

/** What is asked of people: of one task, one question, or all, each with its answers. */
class Approvals extends PageElement {
  static override properties = {
    task: {},
    approval: {},
    isOnPlan: {},
    error: { state: true },
    busy: { state: true },
  }
  declare task: string | undefined
  declare approval: string | undefined
  /** Whether the plan that it may be about is drawn beside it. */
  declare isOnPlan: boolean | undefined
  declare error: ToolError | undefined
  declare busy: string | undefined
  readonly #asked = new Query<{ items: Approval[]; next?: string; pending?: number }>(this, () => ({
    tool: 'approval_list',
    args: this.approval
      ? { approval: this.approval }
      : this.task
        ? { task: this.task }
        : { limit: most },
    staleBy: ({ kind }) => kind.startsWith('approval.'),
  }))

  override render() {
    const { value, error, isLoading } = this.#asked
    const isAll = this.task === undefined && this.approval === undefined
    const items = (value?.items ?? []).filter(({ state }) => state === 'pending')
    return html`<section aria-label="Questions">
      ${problem(this.error ?? error)} ${isLoading && isAll ? skeleton(6) : nothing}
      ${value && isAll && items.length === 0 ? empty('Nothing is asked.', 'What agents and calls need a yes for comes here.') : nothing}
      ${repeat(
        items,
        ({ id }) => id,
        (asked) =>
          approvalCard({
            asked,
            showsTask: this.task === undefined,
            showsGraph: this.isOnPlan !== true,
            isBusy: this.busy === asked.id,
            answer: (answer) => void this.#answer(asked, answer),
          }),
      )}
      ${value?.next === undefined ? nothing : html`<p class="line">More are asked; they come when these are answered.</p>`}
    </section>`
  }

  async #answer({ id }: Approval, { decision, reason, scope }: Answer): Promise<void> {
    this.error = undefined
    this.busy = id
    try {
      await callTool('approval_decide', {
        approval: id,
        decision,
        ...(reason === '' ? {} : { reason }),
        ...(scope === undefined ? {} : { scope }),
      })
      toast(decision === 'approve' ? 'Approved' : 'Denied')
    } catch (error) {
      this.error = toolError(error)
    }
    this.busy = undefined
    this.#asked.refresh()
  }
}

customElements.define('sy-approvals', Approvals)
