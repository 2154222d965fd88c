// One account speaks for everybody at this hub, and may be a person's own. What the hub writes names
// who said it, and carries its id where nobody sees it, so that it is told from what others wrote.

const pattern = /<!-- switchyard:[\w.-]+ -->/

export const marked = (body: string, by: string, id: string): string =>
  `${body}\n\n— ${by}\n${markOf(id)}`.trim()

/** Whether the hub wrote that under this id, or somebody quotes it. */
export const carries = (body: string, id: string): boolean => body.includes(markOf(id))

const markOf = (id: string) => `<!-- switchyard:${id} -->`

export const isMarked = (body: string): boolean => pattern.test(body)
