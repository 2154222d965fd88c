import { html, nothing } from 'lit'
import type { Attempt, Task } from '../../schemas/task.ts'
import { duration } from '../format.ts'
import { href } from '../route.ts'
import { copyable } from './copy.ts'
import { fieldsView } from './fields.ts'
import { badge } from './state.ts'

type Child = Pick<Task, 'id' | 'state' | 'title'>

/** What a task was asked for with, where it came from, and what came of it elsewhere. */
export function factsView(task: Task, attempts: Attempt[], children: Child[]) {
  const { plan, parent, retryOf, provenance, inputs, params, requirements, budget } = task
  return html`<dl class="fields">
      ${fact('Id', copyable(task.id))} ${fact('Template', task.template)}
      ${fact('Repository', task.repo && html`<code>${task.repo}</code>`)}
      ${fact('Model', task.model)} ${fact('Org', task.org)}
      ${fact('Plan', plan && html`<a href=${href('plans', plan)}>${task.step ?? plan}</a>`)}
      ${fact('Asked for by', parent && link(parent))} ${fact('Once more', retryOf && link(retryOf))}
      ${fact('Conversation', provenance.via === 'chat' && provenance.id ? html`<a href=${href('chat', provenance.id)}>${provenance.id}</a>` : undefined)}
      ${fact('Source', provenance.id && provenance.via !== 'chat' && provenance.via !== 'plan' && provenance.via !== 'task' ? `${provenance.via} ${provenance.id}` : undefined)}
      ${fact('Room', `${task.resources.cpus} CPU, ${task.resources.memoryMb} MiB`)}
      ${fact('Time limit', duration(task.timeoutMs))} ${fact('Isolation', task.isolation)}
    </dl>
    ${section('What it was given', fieldsView(params))}
    ${Object.keys(requirements).length > 0 ? section('What it needs', fieldsView(requirements)) : nothing}
    ${Object.keys(budget).length > 0 ? section('What it may spend', fieldsView(budget)) : nothing}
    ${section('Attempts', attempts.length > 0 ? attemptList(attempts) : nothing)}
    ${section(
      'From earlier tasks',
      inputs.length === 0
        ? nothing
        : html`<ul class="plain">
            ${inputs.map(({ task: id, title, summary }) => html`<li><a href=${href('tasks', id)}>${title}</a> <span class="line">${summary}</span></li>`)}
          </ul>`,
    )}
    ${section(
      'Tasks its agent asked for',
      children.length === 0
        ? nothing
        : html`<ul class="plain">
            ${children.map(({ id, state, title }) => html`<li>${badge(state)} <a href=${href('tasks', id)}>${title}</a></li>`)}
          </ul>`,
    )}`
}

const attemptList = (attempts: Attempt[]) =>
  html`<ul class="plain">
    ${attempts.map(
      ({ number, state, agent, startedAt, endedAt, failure }) =>
        html`<li>
          ${number}. ${badge(state)} ${copyable(agent)}
          ${endedAt === undefined ? nothing : duration(endedAt - startedAt)}
          ${failure ? html`<span class="failed">${failure.message.split('\n')[0]}</span>` : nothing}
        </li>`,
    )}
  </ul>`

const fact = (name: string, value: unknown) =>
  value === undefined || value === ''
    ? nothing
    : html`<dt>${name}</dt>
        <dd>${value}</dd>`

const section = (title: string, content: unknown) =>
  content === nothing
    ? nothing
    : html`<h2>${title}</h2>
        ${content}`

const link = (task: string) => html`<a href=${href('tasks', task)}>${task}</a>`
