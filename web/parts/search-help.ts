import { html } from 'lit'

const operators: [string, string][] = [
  ['two words', 'both stand in the note'],
  ['"a phrase"', 'exactly these words'],
  ['this OR that', 'one of them; brackets group'],
  ['-draft', 'not this'],
  ['tag:#project', 'a tag, or one below it'],
  ['[status:open]', 'a property with this value'],
  ['path:Archive', 'in the path; file: in the name'],
  ['line:(a b)', 'both on one line; also section: and block:'],
  ['task-todo:call', 'an open task; task-done: and task:'],
  ['/v\\d+/', 'a regular expression'],
]

/** The language of the search, where it is needed. */
export const searchHelp = (isOpen: boolean) =>
  html`<details class="help" ?open=${isOpen}>
    <summary>How to search</summary>
    <dl class="fields">
      ${operators.map(
        ([example, meaning]) =>
          html`<dt><code>${example}</code></dt>
            <dd>${meaning}</dd>`,
      )}
    </dl>
  </details>`
