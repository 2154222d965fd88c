import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { listRepository } from '../../servers/context/engine/listing.ts'
import { git } from '../../servers/kit/git.ts'

export type Document = { path: string; text: string }
/** A question over some documents, with how relevant which of them are. */
export type Question = { documents: Document[]; query: string; relevant: Map<string, number> }

/** Subjects of commits, over the files of their parents; what a commit changed is relevant. */
export async function* localisation(repo: string, most: number): AsyncIterable<Question> {
  const log = await git([
    '-C',
    repo,
    'log',
    '--no-merges',
    '--format=%H%x09%P%x09%s',
    `--max-count=${most * 3}`,
  ])
  let taken = 0
  for (const line of log.split('\n')) {
    const [commit = '', parent = '', subject = ''] = line.split('\t')
    if (taken >= most || parent === '') continue
    const names = (
      await git([
        '-C',
        repo,
        'diff-tree',
        '-r',
        '--no-commit-id',
        '--name-only',
        '--diff-filter=MD',
        commit,
      ])
    )
      .split('\n')
      .filter(Boolean)
    const listing = await listRepository(repo, parent)
    const known = new Set(listing.documents.map(({ path }) => path))
    const relevant = new Map(names.filter((name) => known.has(name)).map((name) => [name, 1]))
    if (relevant.size === 0 || relevant.size > 10) continue
    const documents: Document[] = []
    for await (const { document, text } of listing.read(listing.documents))
      documents.push({ path: document.path, text })
    taken++
    yield { documents, query: subject.replace(/^[\w/-]+:\s*/, ''), relevant }
  }
}

/** A judged collection in the BEIR form. */
export async function* collection(folder: string): AsyncIterable<Question> {
  const lines = (file: string) =>
    readFileSync(join(folder, file), 'utf8').split('\n').filter(Boolean)
  const documents = lines('corpus.jsonl').map((line): Document => {
    const { _id, title, text } = JSON.parse(line) as { _id: string; title?: string; text: string } // The form says so.
    return { path: `${_id}.txt`, text: `${title ?? ''}\n\n${text}` }
  })
  const judged = new Map<string, Map<string, number>>()
  for (const line of lines('qrels/test.tsv').slice(1)) {
    const [query = '', document = '', score = '0'] = line.split('\t')
    if (Number(score) > 0)
      judged.set(query, (judged.get(query) ?? new Map()).set(`${document}.txt`, Number(score)))
  }
  for (const line of lines('queries.jsonl')) {
    const { _id, text } = JSON.parse(line) as { _id: string; text: string } // The form says so.
    const relevant = judged.get(_id)
    if (relevant) yield { documents, query: text, relevant }
  }
}
