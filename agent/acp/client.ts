import { mkdir } from 'node:fs/promises'
import { dirname } from 'node:path'
import type { ClientConnection, Stream } from '@agentclientprotocol/sdk'
import { RequestError, client, methods } from '@agentclientprotocol/sdk'
import { HubError } from '../../schemas/errors.ts'
import { insideRoot } from '../jail.ts'
import { readText, replace } from '../tools/files.ts'
import type { Permissions } from './permissions.ts'
import type { Terminals } from './terminals.ts'

const { fs, session, terminal } = methods.client

/** What an agent may ask of us: permission, files of its worktree, and commands there. */
export function connect(
  stream: Stream,
  at: { root: string; permissions: Permissions; terminals: Terminals },
): ClientConnection {
  const { root, permissions, terminals } = at
  return client({ name: 'switchyard' })
    .onRequest(session.requestPermission, ({ params, signal }) =>
      explained(() => permissions.answer(params, signal)),
    )
    .onRequest(fs.readTextFile, ({ params }) =>
      explained(async () => {
        const text = await readText(await insideRoot(root, params.path), params.path)
        return { content: linesOf(text, params) }
      }),
    )
    .onRequest(fs.writeTextFile, ({ params }) =>
      explained(async () => {
        const file = await insideRoot(root, params.path)
        await mkdir(dirname(file), { recursive: true })
        await replace(file, params.content)
        return {}
      }),
    )
    .onRequest(terminal.create, ({ params }) => explained(() => terminals.create(params)))
    .onRequest(terminal.output, ({ params: { terminalId } }) =>
      explained(() => terminals.output(terminalId)),
    )
    .onRequest(terminal.waitForExit, ({ params: { terminalId } }) =>
      explained(() => terminals.wait(terminalId)),
    )
    .onRequest(terminal.kill, ({ params: { terminalId } }) =>
      explained(() => (terminals.kill(terminalId), {})),
    )
    .onRequest(terminal.release, ({ params: { terminalId } }) =>
      explained(() => (terminals.release(terminalId), {})),
    )
    .connect(stream)
}

/** The lines that were asked for, the whole text by default; lines count from 1. */
function linesOf(
  text: string,
  { line, limit }: { line?: number | null; limit?: number | null },
): string {
  if (line == null && limit == null) return text
  const start = Math.max(0, (line ?? 1) - 1)
  return text
    .split('\n')
    .slice(start, limit == null ? undefined : start + limit)
    .join('\n')
}

/** What went wrong in words that the agent reads. */
async function explained<T>(answer: () => T | Promise<T>): Promise<T> {
  try {
    return await answer()
  } catch (error) {
    if (error instanceof HubError)
      throw new RequestError(error.code === 'not_found' ? -32002 : -32602, error.message)
    const { code, message } = error as NodeJS.ErrnoException // Read with care: both may be missing.
    if (code === 'ENOENT') throw new RequestError(-32002, message)
    if (code === 'EISDIR' || code === 'ENOTDIR' || code === 'EACCES')
      throw new RequestError(-32602, message)
    throw error
  }
}
