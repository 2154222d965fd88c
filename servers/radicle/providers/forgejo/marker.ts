// One account speaks for everybody at this hub, and may be a person's own. What the hub writes names
// who said it, and carries its id where nobody sees it, so that it is told from what others wrote.

const pattern = /<!-- switchyard:[\w.-]+ -->/

export const marked = (body: string, by: string, id: string): string =>
  `${body}\n\n— ${by}\n<!-- switchyard:${id} -->`.trim()

export const isMarked = (body: string): boolean => pattern.test(body)
