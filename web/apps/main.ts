import type { TemplateResult } from 'lit'
import { html, render } from 'lit'
import './apps.css'
import { board } from './board.ts'
import { capacityChart } from './capacity.ts'
import { changeCard } from './change.ts'
import { taskCard } from './task.ts'
import { View } from './view.ts'

/** What each of the hub's apps shows, from the output of its tool. */
const apps: Record<string, (output: never) => TemplateResult> = {
  board,
  capacity: capacityChart,
  change: changeCard,
  task: taskCard,
}

const name = document.documentElement.dataset.app ?? ''
const main = document.querySelector('main')!
const show = apps[name] as ((output: unknown) => TemplateResult) | undefined // The tool's output schema states it.

if (show) {
  render(html`<p class="soft">Waiting for the answer…</p>`, main)
  await new View((output) => {
    const isThere = typeof output === 'object' && output !== null
    render(isThere ? show(output) : html`<p>The call brought no data to show.</p>`, main)
  }).connect(name)
}
