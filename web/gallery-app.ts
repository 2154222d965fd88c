import { html } from 'lit'
import './parts/app.ts'

/**
 * What an app does is told by its server's name, which whoever serves the gallery answers for: one never
 * comes, one cannot be read, one works, one asks, one was refused, one ended.
 */
const appStates = ['opening', 'failing', 'working', 'asking', 'refused', 'ending']

/** The frame of an app in each of its states. */
export const appParts: [string, unknown][] = appStates.map((server) => {
  const tool = {
    name: `${server}_show_plot`,
    title: 'Show a plot',
    inputSchema: { type: 'object' },
    _meta: { ui: { resourceUri: `ui://${server}/plot.html` } },
  }
  const call = { tool, server, args: { plot: 'north' }, result: {} }
  return [`App: ${server}`, html`<sy-app-frame .call=${call}></sy-app-frame>`]
})
