import { html } from 'lit'
import { callTool } from '../mcp.ts'
import { newTask } from '../new-task.ts'
import { go } from '../route.ts'
import { copyable } from './copy.ts'
import { toast } from './toast.ts'

/** What somebody does first on a hub that has had no task. */
export const firstSteps = () =>
  html`<section class="first" aria-label="First steps">
    <h1>This hub is new</h1>
    <ol>
      <li>
        <strong>See it work.</strong>
        <p>A command in a pod of its own, with its log; it needs no model.</p>
        <button type="button" @click=${() => void tryOne()}>Run a first task</button>
      </li>
      <li>
        <strong>Have something done in a repository.</strong>
        <p>An agent works on a branch and proposes a change, which you review here.</p>
        <button type="button" @click=${() => newTask('')}>New task</button>
      </li>
      <li>
        <strong>Let your own agents in.</strong>
        <p>Any MCP client can do what this page does, at ${copyable(`${location.origin}/mcp`)}.</p>
      </li>
    </ol>
  </section>`

async function tryOne(): Promise<void> {
  try {
    const request = { template: 'command', title: 'A first task', command: 'uname -a && ls -la' }
    go('tasks', (await callTool<{ id: string }>('task_submit', request)).id)
  } catch (error) {
    toast(String(error instanceof Error ? error.message : error))
  }
}
