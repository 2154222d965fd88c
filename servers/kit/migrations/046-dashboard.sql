-- Events that are one person's alone, such as those of a conversation; of all others it is null.
ALTER TABLE events ADD COLUMN owner TEXT;

-- Pictures that go along with messages. The bytes are kept like those of artifacts, under their digest;
-- unlike artifacts they belong to one person and go with the conversation.
CREATE TABLE chat_files (
  id           TEXT    PRIMARY KEY,
  owner        TEXT    NOT NULL,
  -- Which conversation it went along in; null until it is sent.
  conversation TEXT    REFERENCES conversations (id) ON DELETE CASCADE,
  name         TEXT    NOT NULL,
  media_type   TEXT    NOT NULL,
  size_bytes   INTEGER NOT NULL,
  sha256       TEXT    NOT NULL,
  created_at   INTEGER NOT NULL
) STRICT;
CREATE INDEX chat_files_of ON chat_files (conversation);
CREATE INDEX chat_files_unsent ON chat_files (owner, id) WHERE conversation IS NULL;
CREATE INDEX chat_files_bytes ON chat_files (sha256);

-- Tool definitions of other servers that were looked at and refused: they wait for nobody any more.
CREATE TABLE rejected_tools (
  upstream    TEXT    NOT NULL,
  tool        TEXT    NOT NULL,
  digest      TEXT    NOT NULL,
  rejected_by TEXT    NOT NULL,
  rejected_at INTEGER NOT NULL,
  PRIMARY KEY (upstream, tool, digest)
) STRICT, WITHOUT ROWID;
