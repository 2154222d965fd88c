import { readFile, stat } from 'node:fs/promises'
import { HubError } from '../../../../schemas/errors.ts'

const maxFileBytes = 1024 * 1024

export async function readText(path: string): Promise<string> {
  try {
    const { size } = await stat(path)
    if (size > maxFileBytes) throw new HubError('invalid', `${path} is larger than 1 MiB`)
    return await readFile(path, 'utf8')
  } catch (cause) {
    if (cause instanceof HubError) throw cause
    const why = cause instanceof Error ? cause.message : String(cause)
    throw new HubError('not_found', `${path} cannot be read: ${why}`, { cause })
  }
}
