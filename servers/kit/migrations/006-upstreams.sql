-- The tool definitions of upstreams as they were accepted. What differs from them is quarantined.
CREATE TABLE pins (
  upstream    TEXT    NOT NULL,
  tool        TEXT    NOT NULL,
  digest      TEXT    NOT NULL,
  definition  TEXT    NOT NULL,
  accepted_by TEXT    NOT NULL,
  accepted_at INTEGER NOT NULL,
  PRIMARY KEY (upstream, tool)
) STRICT, WITHOUT ROWID;

-- What each upstream listed last, so that a hub that starts has it before the upstream answers.
CREATE TABLE upstream_lists (
  upstream TEXT    NOT NULL PRIMARY KEY,
  config   TEXT    NOT NULL,
  lists    TEXT    NOT NULL,
  read_at  INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
