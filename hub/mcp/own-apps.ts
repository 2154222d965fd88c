import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { appAddress, appMimeType, appScheme } from '../../servers/kit/app-address.ts'
import { codeRoot } from '../../servers/kit/code-root.ts'
import { RpcError, isObject, rpcCode } from '../rpc/protocol.ts'

/** The own apps, by name: what each shows. They load nothing, so they state no policy. */
const titles: Record<string, string> = {
  board: 'Tasks',
  task: 'Task',
  change: 'Change',
  capacity: 'Capacity',
}

export const isOwnApp = (uri: string): boolean => uri.startsWith(appScheme)

const extension = 'io.modelcontextprotocol/ui'

/** Whether a client says that it shows MCP Apps. */
export function showsApps({ extensions }: Record<string, unknown>): boolean {
  const ui = isObject(extensions) ? extensions[extension] : undefined
  return isObject(ui) && Array.isArray(ui.mimeTypes) && ui.mimeTypes.includes(appMimeType)
}

/** The document of an own app: one file, since a host shows it where nothing can be loaded. */
export async function readOwnApp(uri: string): Promise<object[]> {
  const name = Object.keys(titles).find((known) => appAddress(known) === uri)
  if (name === undefined) throw new RpcError(rpcCode.params, `there is no resource ${uri}`, { uri })
  const folder = join(codeRoot, 'web', 'dist', 'apps')
  const [code, style] = await Promise.all(
    ['apps.js', 'apps.css'].map((file) => readFile(join(folder, file), 'utf8')),
  ).catch((cause: unknown) => {
    throw new RpcError(rpcCode.internal, `the app cannot be read: ${String(cause)}`, { uri }, true)
  })
  const script = code!.replaceAll('</script', String.raw`<\/script`)
  const text = `<!doctype html><html lang="en" data-app="${name}"><meta charset="utf-8"><meta name="viewport" content="width=device-width"><title>${titles[name]}</title><style>${style}</style><body><main></main><script type="module">${script}</script></body></html>`
  return [{ uri, mimeType: appMimeType, text, _meta: { ui: { prefersBorder: true } } }]
}
