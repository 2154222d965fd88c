import { html, nothing } from 'lit'
import { PageElement } from '../element.ts'
import { duration } from '../format.ts'
import type { JsonSchema, ListedTool, ToolAnswer } from '../mcp.ts'
import { ToolError, answerOf, toolError } from '../mcp.ts'
import { knownTool } from '../tool-list.ts'
import { answerView } from './result.ts'
import { formFields, formValues } from './form.ts'
import { fieldErrors } from './form-path.ts'
import { problem } from './problem.ts'
import { toolApp } from './tool-app.ts'

/** A tool to be called with what a person fills in. */
export type ToolCall = {
  /** Its name, or its definition where that is at hand. */
  tool: string | ListedTool
  /** What the button says; default: "Run". */
  button?: string
  /** What the fields hold at first. */
  values?: Record<string, unknown> | undefined
  /** Arguments that are given and not asked for. */
  fixed?: Record<string, unknown>
  /** Fields that are not asked for. */
  without?: string[]
  /** Schemas of fields of which the page knows more than the tool says, such as the names there are. */
  fields?: ((known: Record<string, JsonSchema>) => Record<string, JsonSchema>) | undefined
  /** What is shown of the answer; default: all of it, by its fields. */
  shown?(answer: ToolAnswer): unknown
  /** The answer is shown once and stands in place of the form, until the person puts it away. */
  isOnce?: boolean
  /** Called with what came back. */
  done?(value: unknown): void
  /** Also offers the arguments as JSON. */
  offersJson?: boolean
}

/** The form of a tool, and below it what the last call gave. */
class ToolForm extends PageElement {
  static override properties = {
    call: {},
    tool: { state: true },
    error: { state: true },
    answer: { state: true },
    isBusy: { state: true },
    isSure: { state: true },
    asJson: { state: true },
    typed: { state: true },
  }
  declare call: ToolCall
  declare tool: ListedTool | undefined
  declare error: ToolError | undefined
  declare answer: (ToolAnswer & { tookMs: number }) | undefined
  /** What the call was given that `answer` is of. */
  declare given: Record<string, unknown>
  declare isBusy: boolean
  /** That a person said yes to what cannot be undone. */
  declare isSure: boolean
  declare asJson: Record<string, unknown> | undefined
  /** What was written as JSON, for the form to go on with. */
  declare typed: Record<string, unknown> | undefined

  protected override willUpdate(changed: Map<string, unknown>): void {
    const before = changed.get('call') as ToolCall | undefined // The property's own type.
    if (changed.has('call') && nameOf(before?.tool) !== nameOf(this.call.tool)) {
      this.answer = this.error = this.asJson = this.typed = undefined
      void this.#find()
    }
  }

  override render() {
    const { tool, error } = this
    if (!tool) return problem(error)
    if (this.answer && this.call.isOnce) return this.#once(this.answer)
    const { button = 'Run', values, fixed, offersJson, shown } = this.call
    const errors = fieldErrors(error)
    const isDestructive = tool.annotations?.destructiveHint === true
    const schema = this.#schema(tool)
    return html`<form @submit=${this.#submit} @change=${() => (this.isSure = false)}>
        ${
          this.asJson
            ? html`<div class="field">
                <label for="arguments">Arguments as JSON</label>
                <textarea
                  id="arguments"
                  class="code"
                  rows="10"
                  spellcheck="false"
                  .defaultValue=${JSON.stringify(this.asJson, null, 2)}
                ></textarea>
              </div>`
            : formFields(schema, {
                values: { ...(this.typed ?? values), ...fixed },
                errors,
                scope: tool.name,
              })
        }
        ${errors.size === 0 ? problem(error) : html`<p class="problem" role="alert">Look at what is marked: ${[...errors].map(([path, message]) => `${path}: ${message}`).join('; ')}</p>`}
        <div class="actions">
          ${offersJson ? html`<button type="button" @click=${this.#turn}>${this.asJson ? 'Fill in a form' : 'Write JSON'}</button>` : nothing}
          <button
            class=${isDestructive ? 'destructive primary' : 'primary'}
            ?disabled=${this.isBusy}
          >
            ${this.isBusy ? 'Working…' : isDestructive && this.isSure ? 'Yes, I am sure' : button}
          </button>
        </div>
      </form>
      <div aria-live="polite">
        ${
          this.answer
            ? (shown?.(this.answer) ??
              html`<h3>
                  ${this.answer.isError ? 'It failed' : 'Answer'}
                  <small class="soft">${duration(this.answer.tookMs)}</small>
                </h3>
                ${this.answer.isError ? nothing : toolApp(tool.name, this.given, this.answer)}
                ${answerView(this.answer, tool.outputSchema)}`)
            : nothing
        }
      </div>`
  }

  #once(answer: ToolAnswer) {
    return html`<div class="once" role="group" aria-label="Shown once" tabindex="-1">
      ${this.call.shown?.(answer)}
      <div class="actions">
        <button type="button" @click=${() => (this.answer = undefined)}>Put it away</button>
      </div>
    </div>`
  }

  /** It takes the place of what had the focus, and may be taller than what is in sight. */
  protected override updated(changed: Map<string, unknown>): void {
    if (!changed.has('answer') || !this.answer) return
    const once = this.querySelector<HTMLElement>('.once')
    once?.focus({ preventScroll: true })
    once?.scrollIntoView({ block: 'nearest' })
  }

  async #find(): Promise<void> {
    const { tool } = this.call
    try {
      this.tool = typeof tool === 'string' ? await knownTool(tool) : tool
      if (!this.tool)
        this.error = new ToolError({ code: 'denied', message: `you may not call ${nameOf(tool)}` })
    } catch (error) {
      this.error = toolError(error)
    }
  }

  /** What is asked for: without what is fixed, and with what the page knows better. */
  #schema({ inputSchema }: ListedTool): JsonSchema {
    const { fixed = {}, without = [], fields } = this.call
    const known = inputSchema.properties ?? {}
    const properties = Object.entries({ ...known, ...fields?.(known) }).filter(
      ([name]) => !(name in fixed) && !without.includes(name),
    )
    return { ...inputSchema, properties: Object.fromEntries(properties) }
  }

  #values(): Record<string, unknown> {
    const form = this.querySelector('form')
    const tool = this.tool
    if (!form || !tool) return {}
    if (!this.asJson) return { ...formValues(form, this.#schema(tool)), ...this.call.fixed }
    const text = form.querySelector('textarea')?.value ?? ''
    try {
      return JSON.parse(text === '' ? '{}' : text) as Record<string, unknown> // The hub checks it.
    } catch (error) {
      throw new ToolError({ code: 'invalid', message: `this is not JSON: ${String(error)}` })
    }
  }

  readonly #turn = (): void => {
    try {
      const values = this.#values()
      this.error = undefined
      if (this.asJson) this.typed = values
      this.asJson = this.asJson ? undefined : values
    } catch (error) {
      this.error = toolError(error)
    }
  }

  readonly #submit = async (event: SubmitEvent): Promise<void> => {
    event.preventDefault()
    const { tool } = this
    if (!tool || this.isBusy) return
    if (tool.annotations?.destructiveHint === true && !this.isSure) {
      this.isSure = true
      return
    }
    this.isBusy = true
    this.isSure = false
    this.error = undefined
    const startedAt = performance.now()
    try {
      this.given = this.#values()
      const answer = await answerOf(tool.name, this.given)
      this.answer = { ...answer, tookMs: performance.now() - startedAt }
      this.call.done?.(answer.structuredContent)
    } catch (error) {
      this.answer = undefined
      this.error = toolError(error)
      await this.updateComplete
      this.querySelector<HTMLElement>('[aria-invalid=true]')?.focus()
    } finally {
      this.isBusy = false
    }
  }
}

const nameOf = (tool: ToolCall['tool'] | undefined): string | undefined =>
  typeof tool === 'object' ? tool.name : tool

/** Draws the form of a tool. */
export const toolForm = (call: ToolCall) => html`<sy-tool-form .call=${call}></sy-tool-form>`

customElements.define('sy-tool-form', ToolForm)
