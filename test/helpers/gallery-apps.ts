import type { Page } from 'playwright-core'
import { sandboxPage } from '../../hub/http/app-sandbox-page.ts'

const host = 'http://gallery.test'

/** What each app of the gallery does once it is there, with `say(method, params)` and `tell(method)`. */
const acts: Record<string, string> = {
  working: '',
  asking: "say('tools/call', { name: 'dig_bed', arguments: { bed: 3 } })",
  refused: "say('ui/open-link', { url: 'https://garden.example/beds' })",
  ending: "tell('ui/notifications/request-teardown')",
}

/** An app that shows what it was called with, in the colours of the page around it. */
const appPage = (act: string) => `<!doctype html><html lang="en"><title>Plot</title>
<body style="margin: 0; font: 14px system-ui"><h2>The plot</h2><p id="plot"></p><script>
const post = (message) => parent.postMessage({ jsonrpc: '2.0', ...message }, '*')
const say = (method, params) => post({ id: method, method, params })
const tell = (method) => post({ method, params: {} })
addEventListener('message', ({ data: { id, method, params, result } }) => {
  if (id === 'ui/initialize') {
    const { styles } = result.hostContext
    document.body.style.color = styles.variables['--color-text-primary']
    tell('ui/notifications/initialized')
    ${act}
  }
  if (method === 'ui/notifications/tool-input')
    document.getElementById('plot').textContent = params.arguments.plot + ': 7 beds, 2 of them dug'
  if (method === 'ui/resource-teardown') post({ id, result: {} })
})
say('ui/initialize', { protocolVersion: '2026-01-26', appInfo: { name: 'plot', version: '1' }, appCapabilities: {} })
</script></body></html>`

/** Answers for the servers of the gallery's apps and for the sandbox that they run in. */
export async function serveApps(page: Page): Promise<void> {
  await page.route('http://apps.test/frame**', (route) =>
    route.fulfill({ body: sandboxPage(host), contentType: 'text/html' }),
  )
  await page.route(`${host}/mcp/**`, async (route) => {
    const server = new URL(route.request().url()).pathname.split('/').at(-1) ?? ''
    const { id, method } = route.request().postDataJSON() as { id: number; method: string } // The page's own.
    const answer = (more: object) => route.fulfill({ json: { jsonrpc: '2.0', id, ...more } })
    const act = acts[server]
    if (method === 'tools/list')
      return answer({ result: { tools: [{ name: 'dig_bed', inputSchema: { type: 'object' } }] } })
    if (server === 'failing')
      return answer({ error: { code: -32603, message: 'the server failing has ended' } })
    if (act === undefined) return // Never, as a server that hangs.
    const mimeType = 'text/html;profile=mcp-app'
    const contents = [{ uri: `ui://${server}/plot.html`, mimeType, text: appPage(act) }]
    return answer({ result: { contents } })
  })
}

/** Has each app come to the state that it stands for. */
export async function playApps(page: Page): Promise<void> {
  const part = (name: string) => page.getByRole('region', { name: `Part: App: ${name}` })
  await part('refused').getByRole('button', { name: 'Refuse' }).click()
  await part('refused').getByText('You refused').waitFor()
  await part('opening').getByText('Opening the app').waitFor()
  await part('failing').getByText('the server failing has ended').waitFor()
  await part('asking').getByRole('alertdialog', { name: 'The app asks' }).waitFor()
  await part('ending').getByText('has ended').waitFor()
  const shown = part('working').frameLocator('iframe').frameLocator('iframe')
  await shown.getByText('north: 7 beds, 2 of them dug').waitFor()
}
