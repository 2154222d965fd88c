/**
 * The outer document: carries messages between the page around and the app within, and lets neither
 * of them be mistaken for the other. The inner frame has no origin, so no storage and no cookies.
 */
const script = (host: string) => `
const host = ${JSON.stringify(host)}
const inner = document.createElement('iframe')
const ready = 'ui/notifications/sandbox-proxy-ready'
inner.title = 'App'
function show({ html }) {
  inner.setAttribute('sandbox', 'allow-scripts allow-forms')
  inner.srcdoc = String(html)
  document.body.append(inner)
}
addEventListener('message', ({ source, origin, data }) => {
  if (source === parent && origin === host) {
    if (data?.method !== 'ui/notifications/sandbox-resource-ready')
      inner.contentWindow?.postMessage(data, '*')
    else if (!inner.isConnected) show(data.params ?? {})
  } else if (inner.isConnected && source === inner.contentWindow) {
    if (!String(data?.method ?? '').startsWith('ui/notifications/sandbox-'))
      parent.postMessage(data, host)
  }
})
parent.postMessage({ jsonrpc: '2.0', method: ready, params: {} }, host)
`

const style = `
html, body { height: 100%; margin: 0; background: transparent }
iframe { display: block; width: 100%; height: 100%; border: 0; color-scheme: normal }
`

/** The document for a page at `host`, an origin that was checked. */
export const sandboxPage = (host: string): string =>
  `<!doctype html><html lang="en"><meta charset="utf-8"><title>App</title><style>${style}</style><body><script>${script(host).replaceAll('</', '<\\/')}</script></body></html>`
