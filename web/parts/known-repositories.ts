import type { Repository } from '../../schemas/repo.ts'
import { ToolError, callTool } from '../mcp.ts'

const listId = 'known-repositories'

/** Offers the repositories that are known where a form asks for one; any other can be typed. */
export async function offerRepositories(form: HTMLFormElement): Promise<string[]> {
  const field = form.elements.namedItem('repo')
  if (!(field instanceof HTMLInputElement)) return []
  const known = await listRepositories()
  const list = form.querySelector(`#${listId}`) ?? document.createElement('datalist')
  list.id = listId
  list.replaceChildren(...known.map(({ path }) => new Option(path.split('/').at(-1), path)))
  field.after(list)
  // Without any, it is a field like others.
  if (known.length > 0) field.setAttribute('list', listId)
  return known.map(({ path }) => path)
}

/** Who may not list them may still name one. */
async function listRepositories(): Promise<Repository[]> {
  try {
    return (await callTool<{ items: Repository[] }>('repo_list', { limit: 500 })).items
  } catch (error) {
    if (error instanceof ToolError && error.body.code === 'denied') return []
    throw error
  }
}
