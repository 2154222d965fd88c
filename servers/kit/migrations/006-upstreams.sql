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
