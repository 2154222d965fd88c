-- What the hub itself keeps: events, the audit trail, credentials and controller cursors.

CREATE TABLE events (
  seq     INTEGER PRIMARY KEY AUTOINCREMENT,
  at      INTEGER NOT NULL,
  org     TEXT    NOT NULL,
  kind    TEXT    NOT NULL,
  subject TEXT    NOT NULL,
  task    TEXT,
  data    TEXT    NOT NULL
) STRICT;
CREATE INDEX events_by_task ON events (task, seq) WHERE task IS NOT NULL;
CREATE INDEX events_by_org ON events (org, seq);

CREATE TABLE audit (
  seq        INTEGER PRIMARY KEY,
  at         INTEGER NOT NULL,
  org        TEXT    NOT NULL,
  principal  TEXT    NOT NULL,
  tool       TEXT    NOT NULL,
  outcome    TEXT    NOT NULL,
  subject    TEXT,
  args       TEXT    NOT NULL,
  request_id TEXT    NOT NULL,
  prev       TEXT    NOT NULL,
  hash       TEXT    NOT NULL
) STRICT;
CREATE INDEX audit_by_subject ON audit (subject, seq) WHERE subject IS NOT NULL;
CREATE TRIGGER audit_is_append_only_update BEFORE UPDATE ON audit
BEGIN SELECT RAISE(ABORT, 'the audit trail is append-only'); END;
CREATE TRIGGER audit_is_append_only_delete BEFORE DELETE ON audit
BEGIN SELECT RAISE(ABORT, 'the audit trail is append-only'); END;

-- Credentials at rest are SHA-256 digests of 256-bit random values.
CREATE TABLE tokens (
  id         TEXT    PRIMARY KEY,
  digest     TEXT    NOT NULL UNIQUE,
  purpose    TEXT    NOT NULL CHECK (purpose IN ('access', 'session', 'login')),
  principal  TEXT    NOT NULL,
  label      TEXT    NOT NULL,
  attempt    TEXT,
  pod        TEXT,
  created_at INTEGER NOT NULL,
  expires_at INTEGER
) STRICT;
CREATE INDEX tokens_by_attempt ON tokens (attempt) WHERE attempt IS NOT NULL;
CREATE INDEX tokens_by_pod ON tokens (pod) WHERE pod IS NOT NULL;

CREATE TABLE cursors (
  name TEXT    PRIMARY KEY,
  seq  INTEGER NOT NULL
) STRICT;

-- Written to have the disk take what was recorded before it.
CREATE TABLE synced (at INTEGER NOT NULL) STRICT;
INSERT INTO synced VALUES (0);
