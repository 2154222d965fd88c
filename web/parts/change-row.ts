import { html } from 'lit'
import type { Change } from '../../schemas/change.ts'
import { href } from '../route.ts'
import './repo.ts'
import { badge } from './state.ts'
import { since } from './time.ts'

/** A draft is open, and what has to be known of it is that it is a draft. */
export const stateOf = ({ state, draft }: Change): string => (draft ? 'draft' : state)

/** A change as a line of a list: its state, what it does, and where it goes. */
export const changeRow = (change: Change, params: Record<string, string> = {}) =>
  html`<a class="thing-row" href=${href('changes', change.id, params)}>
    <span class="first">${badge(stateOf(change))} <strong>${change.title}</strong></span>
    <span class="second"
      ><span
        >${change.waiting ? 'waits for a person' : change.conflict ? 'conflict' : change.target}</span
      >
      <sy-repo .repo=${change.repo}></sy-repo>
      ${change.importedBy ? html`<span>by ${change.author}</span>` : ''}
      ${change.revisions > 1 ? html`<span>revision ${change.revisions}</span>` : ''}
      ${since(change.updatedAt)}</span
    >
  </a>`
