import { codeChunks, languageOf } from './code.ts'
import { markdownChunks } from './markdown.ts'
import type { Chunk } from './piece.ts'
import { textChunks } from './text.ts'

/** Cuts a document by what its path says it is. */
export async function chunksOf(path: string, text: string): Promise<Chunk[]> {
  if (/\.(md|markdown|mdx)$/i.test(path)) return markdownChunks(text)
  const language = languageOf(path)
  const cut = language === undefined ? undefined : await codeChunks(language, text)
  return cut ?? textChunks(text, '', 1)
}
