/** What the address says: `#/tasks/task-1?state=failed` is page `tasks`, thing `task-1`, and its state. */
export type Route = { page: string; thing: string | undefined; params: URLSearchParams }

/** Reads a hash; what names no page is the first one. */
export function readRoute(hash: string): Route {
  const [path = '', query = ''] = hash.replace(/^#\/?/, '').split('?', 2)
  const [page = '', ...rest] = path.split('/').map(decode)
  return {
    page: page === '' || page === 'main' ? 'now' : page,
    thing: rest.length === 0 || rest[0] === '' ? undefined : rest.join('/'),
    params: new URLSearchParams(query),
  }
}

/** The address of a page, of a thing on it, and of the state it is shown in. */
export function href(page: string, thing?: string, params: Record<string, string> = {}): string {
  const query = new URLSearchParams(params).toString()
  const path =
    thing === undefined ? page : `${page}/${thing.split('/').map(encodeURIComponent).join('/')}`
  return `#/${path}${query === '' ? '' : `?${query}`}`
}

/** Opens a page or a thing on it. */
export function go(page: string, thing?: string, params: Record<string, string> = {}): void {
  location.hash = href(page, thing, params)
}

/** Changes the state of the page that is open, in place: going back does not undo each letter. */
export function setParam(name: string, value: string): void {
  const { page, thing, params } = readRoute(location.hash)
  if (value === '') params.delete(name)
  else params.set(name, value)
  location.replace(href(page, thing, Object.fromEntries(params)))
}

function decode(part: string): string {
  try {
    return decodeURIComponent(part)
  } catch {
    return part // Typed by hand; it is looked for as it is.
  }
}
