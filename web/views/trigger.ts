import { html, nothing } from 'lit'
import type { Trigger, TriggerRun } from '../../schemas/trigger.ts'
import { PageElement } from '../element.ts'
import type { ToolError } from '../mcp.ts'
import { callTool, toolError } from '../mcp.ts'
import { short } from '../parts/pod.ts'
import { fieldsView } from '../parts/fields.ts'
import { problem } from '../parts/problem.ts'
import { badge } from '../parts/state.ts'
import { toolForm } from '../parts/tool-form.ts'
import { occasionOf } from '../parts/trigger-on.ts'
import { since } from '../parts/time.ts'
import { Query } from '../query.ts'
import { go, href } from '../route.ts'
import { skeleton } from '../parts/skeleton.ts'

/** One trigger: when it fires and what it submits, what became of it, and what can be done with it. */
class TriggerView extends PageElement {
  static override properties = {
    trigger: {},
    error: { state: true },
    isChanging: { state: true },
    isSure: { state: true },
    started: { state: true },
    isStarting: { state: true },
  }
  declare trigger: string
  declare error: ToolError | undefined
  declare isChanging: boolean
  declare isSure: boolean
  declare isStarting: boolean
  /** Task that was submitted by hand just now. */
  declare started: TriggerRun | undefined
  readonly #trigger = new Query<{ trigger: Trigger; runs: TriggerRun[] }>(this, () => ({
    tool: 'trigger_read',
    args: { trigger: this.trigger },
    staleBy: ({ kind }) => /^(trigger\.|task\.(succeeded|failed|canceled)$)/.test(kind),
  }))

  protected override willUpdate(changed: Map<string, unknown>): void {
    if (!changed.has('trigger')) return
    this.error = this.started = undefined
    this.isChanging = this.isSure = false
  }

  override render() {
    const { value, error } = this.#trigger
    const back = html`<p class="back"><a href=${href('triggers')}>All triggers</a></p>`
    if (!value) return html`<section>${back}${error ? problem(error) : skeleton(2)}</section>`
    const { trigger, runs } = value
    const { id, title, on, submit, enabled, disabledReason, nextAt, failures, maxFailures } =
      trigger
    return html`<section class="trigger" aria-label="Trigger">
      ${back}
      <h2>${title}</h2>
      <p class="line">
        ${badge(enabled ? 'on' : 'off')} <span>${occasionOf(on)}</span>
        ${enabled && nextAt ? html`<span>next ${since(nextAt)}</span>` : nothing}
        <span>by ${trigger.createdBy}</span>
        <code title="Trigger id">${id}</code>
      </p>
      ${enabled ? nothing : html`<p class="notice-text">Off: ${disabledReason ?? 'by somebody'}</p>`}
      ${failures > 0 ? html`<p class="notice-text">${failures} of its runs failed in a row; after ${maxFailures} it is switched off.</p>` : nothing}
      ${problem(error ?? this.error)}
      <div class="actions">
        <button @click=${() => this.#do('trigger_update', { trigger: id, enabled: !enabled })}>
          ${enabled ? 'Disable' : 'Enable'}
        </button>
        <button ?disabled=${this.isStarting} @click=${this.#run}>
          ${this.isStarting ? 'Starting…' : 'Run now'}
        </button>
        <button
          aria-expanded=${this.isChanging ? 'true' : 'false'}
          @click=${() => (this.isChanging = !this.isChanging)}
        >
          Change
        </button>
        <button class="quiet" @click=${this.#delete}>
          ${this.isSure ? 'Yes, delete it' : 'Delete'}
        </button>
      </div>
      ${this.started ? html`<p role="status">${this.started.task ? html`Submitted <a href=${href('tasks', this.started.task)}>task ${short(this.started.task)}</a>.` : html`${badge(this.started.state)} ${this.started.reason ?? 'The task follows.'}`}</p>` : nothing}
      ${
        this.isChanging
          ? toolForm({
              tool: 'trigger_update',
              button: 'Save',
              fixed: { trigger: id },
              without: ['enabled'],
              values: {
                ...{ title, on, submit, overlap: trigger.overlap },
                max_concurrent: trigger.maxConcurrent,
                max_failures: maxFailures,
              },
              shown: () => html`<p role="status">Saved.</p>`,
              done: () => this.#trigger.refresh(),
            })
          : html`<h3>Submits</h3>
              ${fieldsView({ ...submit })}`
      }
      <h3>Last runs</h3>
      ${runs.length === 0 ? html`<p class="empty">It has not fired yet.</p>` : nothing}
      <ul class="runs">
        ${runs.map(
          ({ state, at, task, change, reason }) =>
            html`<li>
              ${badge(state)} ${since(at)}
              ${task ? html`<a href=${href('tasks', task)}>Task ${short(task)}</a>` : nothing}
              ${change ? html`<a href=${href('changes', change)}>Change ${short(change)}</a>` : nothing}
              ${reason ? html`<span class="soft">${reason}</span>` : nothing}
            </li>`,
        )}
      </ul>
    </section>`
  }

  readonly #run = async (): Promise<void> => {
    if (this.isStarting) return
    this.isStarting = true
    this.error = this.started = undefined
    try {
      this.started = await callTool<TriggerRun>('trigger_run', { trigger: this.trigger })
      this.#trigger.refresh()
    } catch (error) {
      this.error = toolError(error)
    } finally {
      this.isStarting = false
    }
  }

  readonly #delete = async (): Promise<void> => {
    if (!this.isSure) {
      this.isSure = true
      return
    }
    if (await this.#do('trigger_delete', { trigger: this.trigger })) go('triggers')
  }

  async #do(tool: string, args: Record<string, unknown>): Promise<boolean> {
    this.error = undefined
    try {
      await callTool(tool, args)
      this.#trigger.refresh()
      return true
    } catch (error) {
      this.error = toolError(error)
      return false
    }
  }
}

customElements.define('sy-trigger', TriggerView)
