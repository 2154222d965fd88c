import { html, nothing } from 'lit'
import type { Pod } from '../../schemas/cluster.ts'
import { gib } from '../format.ts'
import { href } from '../route.ts'
import { badge } from './state.ts'
import { since } from './time.ts'

/** A pod in one line: what it does, for which task, with what, and where its output is. */
export function podRow(pod: Pod) {
  const { id, state, task, command, node, resources, createdAt, endedAt, exitCode, reason } = pod
  const failed = state === 'exited' && exitCode !== 0 && exitCode !== undefined
  return html`<div class="pod">
    ${badge(failed ? 'failed' : state)}
    <span class="what"
      >${task === undefined ? html`<code>${command.join(' ')}</code>` : html`<a href=${href('tasks', task)}>Task ${short(task)}</a>`}</span
    >
    <span class="soft"
      >${resources.cpus} CPU, ${gib(resources.memoryMb)} · ${node} ·
      ${since(endedAt ?? createdAt)}</span
    >
    <span>
      ${state === 'running' ? html`<a href=${href('clusters', undefined, { pod: id })}>Open</a> ` : nothing}
      <a href=${href('servers', 'cluster/pod_log', { args: JSON.stringify({ pod: id }) })}
        >Output</a
      >
    </span>
    ${state === 'exited' && reason ? html`<small class=${failed ? 'failed' : 'soft'}>${exitCode === null || exitCode === undefined ? '' : `exit ${exitCode}: `}${reason}</small>` : nothing}
  </div>`
}

/** The part of an id that tells it from others; the whole is in the link. */
export const short = (id: string): string => id.split('-').at(-1) ?? id
