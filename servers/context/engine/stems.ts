import Database from 'better-sqlite3'
import { tokenizer } from './database.ts'

let stemmer:
  | {
      db: Database.Database
      add: Database.Statement
      read: Database.Statement
      clear: Database.Statement
    }
  | undefined

/** Words as FTS5 keeps them: its own tokenizer says. */
export function stems(terms: string[]): string[] {
  if (!stemmer) {
    const db = new Database(':memory:')
    db.exec(`CREATE VIRTUAL TABLE words USING fts5 (body, tokenize='${tokenizer}');
             CREATE VIRTUAL TABLE vocabulary USING fts5vocab(words, row)`)
    stemmer = {
      db,
      add: db.prepare('INSERT INTO words VALUES (?)'),
      read: db.prepare('SELECT term FROM vocabulary').pluck(),
      clear: db.prepare('DELETE FROM words'),
    }
  }
  stemmer.add.run(terms.join(' '))
  const found = stemmer.read.all() as string[] // One text column.
  stemmer.clear.run()
  return found
}
