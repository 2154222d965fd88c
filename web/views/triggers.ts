import { html, nothing } from 'lit'
import type { Trigger } from '../../schemas/trigger.ts'
import { PageElement } from '../element.ts'
import type { JsonSchema } from '../mcp.ts'
import { problem } from '../parts/problem.ts'
import { rows } from '../parts/rows.ts'
import { badge } from '../parts/state.ts'
import { toolForm } from '../parts/tool-form.ts'
import { occasionOf } from '../parts/trigger-on.ts'
import { since } from '../parts/time.ts'
import { Query } from '../query.ts'
import { go, href } from '../route.ts'
import './trigger.ts'
import './triggers.css'

/** What submits tasks by itself: the list, the one that is open, or the form of a new one. */
class Triggers extends PageElement {
  static override properties = { thing: {}, params: {} }
  declare thing: string | undefined
  declare params: URLSearchParams
  readonly #templates = new Query<{ items: { name: string }[] }>(this, () =>
    this.thing === 'new' ? { tool: 'template_list' } : undefined,
  )

  override render() {
    return html`<div class="page-bar">
        <h1>Triggers</h1>
        <a class="end button" href=${href('triggers', 'new')}>New trigger</a>
      </div>
      <div class="pair" ?data-open=${this.thing !== undefined}>
        ${rows<Trigger>({
          label: 'Triggers',
          asked: { tool: 'trigger_list' },
          key: ({ id }) => id,
          row: (trigger) => row(trigger),
          empty,
          height: 64,
          current: this.thing,
        })}
        ${this.#open()}
      </div>`
  }

  #open() {
    if (this.thing === undefined) return html`<div></div>`
    if (this.thing !== 'new') return html`<sy-trigger .trigger=${this.thing}></sy-trigger>`
    const names = this.#templates.value?.items.map(({ name }) => name)
    return html`<section class="new" aria-label="New trigger">
      <p class="back"><a href=${href('triggers')}>All triggers</a></p>
      <h2>New trigger</h2>
      ${problem(this.#templates.error)}
      ${toolForm({
        tool: 'trigger_create',
        button: 'Create',
        fields: (known) => fieldsFor(known, names),
        shown: () => nothing,
        done: (made) => go('triggers', (made as Trigger).id), // The tool's output.
      })}
    </section>`
  }
}

/** What a model is told of a field is not what a person needs; templates are chosen by name. */
function fieldsFor(
  { on, submit }: Record<string, JsonSchema>,
  names: string[] | undefined,
): Record<string, JsonSchema> {
  const template = { ...submit?.properties?.template, ...(names ? { enum: names } : {}) }
  return {
    on: { ...on, description: 'What has it submit' },
    submit: {
      ...submit,
      description: 'The task that it submits',
      properties: { ...submit?.properties, template },
    },
  }
}

const row = ({ id, title, on, enabled, disabledReason, nextAt }: Trigger) =>
  html`<a class="row" href=${href('triggers', id)}>
    <span class="first">${badge(enabled ? 'on' : 'off')} <strong>${title}</strong></span>
    <span class="second soft"
      >${enabled ? occasionOf(on) : (disabledReason ?? 'off')}${enabled && nextAt ? html` · next ${since(nextAt)}` : nothing}</span
    >
  </a>`

const empty = html`<p class="empty">
  Nothing submits tasks by itself yet. A trigger does, on a schedule, when a change is opened or
  merged, when a branch moves, or when a plan ends.
  <a href=${href('triggers', 'new')}>Create one</a>
</p>`

customElements.define('sy-page-triggers', Triggers)
