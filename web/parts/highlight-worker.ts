import { tokenize } from '@speed-highlight/core'

/** A run of text with its type: how long it is, and what it is; '' is plain. */
export type Token = [length: number, type: string]
export type Asked = { id: number; language: string; text: string }
export type Coloured = { id: number; lines: Token[][] }

/** Tells the tokens of a text apart, line by line, away from the page: see `highlight.ts`. */
addEventListener('message', ({ data }: MessageEvent<Asked>) => void colour(data))

async function colour({ id, language, text }: Asked): Promise<void> {
  const lines: Token[][] = [[]]
  await tokenize(text, language, (part, type = '' as never) => {
    const [first = '', ...rest] = part.split('\n')
    if (first !== '') lines.at(-1)?.push([first.length, type])
    for (const line of rest) lines.push(line === '' ? [] : [[line.length, type]])
  })
  postMessage({ id, lines } satisfies Coloured)
}
