import { mkdirSync } from 'node:fs'
import { dirname } from 'node:path'
import Database from 'better-sqlite3'
import { HubError } from '../../../schemas/errors.ts'

/** How FTS5 cuts and stems words, in the index and wherever they are compared with it. */
export const tokenizer = 'porter unicode61 remove_diacritics 2'

/** Changes whenever documents would be cut or analysed differently: everything is then read anew. */
const indexVersion = 1

// One file for each org: a search touches its own rows only, and forgetting an org is deleting a file.
// It holds nothing that cannot be made again from the sources, but for documents that were handed in.
// The column `crumb` is the heading path of a chunk: FTS5 cannot rename a column.
const schema = `
CREATE TABLE document (
  id INTEGER PRIMARY KEY,
  source TEXT NOT NULL,
  path TEXT NOT NULL,
  revision TEXT NOT NULL,
  sha TEXT NOT NULL,
  modified_at INTEGER NOT NULL,
  inline_text TEXT,
  UNIQUE (source, path)
) STRICT;
CREATE TABLE chunk (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  document INTEGER NOT NULL REFERENCES document (id) ON DELETE CASCADE,
  crumb TEXT NOT NULL,
  line0 INTEGER NOT NULL,
  line1 INTEGER NOT NULL,
  tokens INTEGER NOT NULL,
  sha BLOB NOT NULL,
  text TEXT NOT NULL
) STRICT;
CREATE INDEX chunk_by_document ON chunk (document);
CREATE INDEX chunk_by_sha ON chunk (sha);
CREATE VIRTUAL TABLE chunk_fts USING fts5 (
  scope, path, crumb, body, content='', contentless_delete=1, tokenize='${tokenizer}'
);
CREATE TABLE link (document INTEGER NOT NULL REFERENCES document (id) ON DELETE CASCADE, target TEXT NOT NULL) STRICT;
CREATE INDEX link_by_target ON link (target);
CREATE INDEX link_by_document ON link (document);
CREATE TABLE space (
  id INTEGER PRIMARY KEY,
  model TEXT NOT NULL UNIQUE,
  dimensions INTEGER NOT NULL,
  state TEXT NOT NULL CHECK (state IN ('building', 'active'))
) STRICT;
CREATE TABLE vector (
  space INTEGER NOT NULL REFERENCES space (id) ON DELETE CASCADE,
  sha BLOB NOT NULL,
  value BLOB NOT NULL,
  PRIMARY KEY (space, sha)
) STRICT, WITHOUT ROWID;
CREATE TABLE source (id TEXT PRIMARY KEY, revision TEXT NOT NULL, key INTEGER NOT NULL) STRICT, WITHOUT ROWID;
CREATE TABLE meta (name TEXT PRIMARY KEY, value INTEGER NOT NULL) STRICT, WITHOUT ROWID;
INSERT INTO meta VALUES ('version', ${indexVersion}), ('generation', 0);
PRAGMA user_version = 1;
`

/** Opens an org's index, making it when it is missing. Writers and readers each have a connection. */
export function openIndex(file: string): Database.Database {
  mkdirSync(dirname(file), { recursive: true })
  const db = new Database(file)
  db.pragma('journal_mode = WAL')
  db.pragma('busy_timeout = 10000')
  db.pragma('foreign_keys = ON')
  // Everything here can be made again: a power failure may take the last moment back.
  db.pragma('synchronous = NORMAL')
  db.pragma('temp_store = MEMORY')
  db.pragma('cache_size = -32000')
  db.transaction(() => {
    const version = db.pragma('user_version', { simple: true })
    if (version === 0) db.exec(schema)
    else if (version !== 1)
      throw new HubError('unsupported', `${file} was written by a newer Switchyard`)
  }).immediate()
  // A newer way of making chunks or analysing them: what is there serves until it was read anew.
  db.prepare(
    `UPDATE document SET sha = '' WHERE EXISTS (SELECT 1 FROM meta WHERE name = 'version' AND value <> ?)`,
  ).run(indexVersion)
  db.prepare(`UPDATE meta SET value = ? WHERE name = 'version'`).run(indexVersion)
  return db
}

/** Counts the changes of an index: equal generations give equal answers. */
export const generationOf = (db: Database.Database): number =>
  (db.prepare(`SELECT value FROM meta WHERE name = 'generation'`).pluck().get() as
    | number
    | undefined) ?? 0 // An integer by the schema.

export const bumpGeneration = (db: Database.Database): void =>
  void db.prepare(`UPDATE meta SET value = value + 1 WHERE name = 'generation'`).run()
