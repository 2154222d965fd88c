-- The digest of an audit row as bytes, and without its predecessor's, which the row before has.
-- SQLite cannot change the type of a column, so the table is made anew and its rows are kept.
CREATE TABLE audit_next (
  seq        INTEGER PRIMARY KEY,
  at         INTEGER NOT NULL,
  org        TEXT    NOT NULL,
  principal  TEXT    NOT NULL,
  tool       TEXT    NOT NULL,
  outcome    TEXT    NOT NULL,
  subject    TEXT,
  args       TEXT    NOT NULL,
  request_id TEXT    NOT NULL,
  hash       BLOB    NOT NULL
) STRICT;
-- A digest that somebody changed into no digest stays wrong, so that the check still finds it.
INSERT INTO audit_next (seq, at, org, principal, tool, outcome, subject, args, request_id, hash)
  SELECT seq, at, org, principal, tool, outcome, subject, args, request_id, coalesce(unhex(hash), x'')
  FROM audit ORDER BY seq;
DROP TABLE audit;
ALTER TABLE audit_next RENAME TO audit;
CREATE INDEX audit_by_subject ON audit (subject, seq) WHERE subject IS NOT NULL;

-- Up to where rows were dropped, with the digest the chain goes on from. One row at most; the audit
-- row `recorded_seq` says the same, so that the chain vouches for it.
CREATE TABLE audit_checkpoints (
  seq          INTEGER PRIMARY KEY,
  hash         BLOB    NOT NULL,
  dropped      INTEGER NOT NULL,
  recorded_seq INTEGER NOT NULL
) STRICT;

CREATE TRIGGER audit_is_append_only_update BEFORE UPDATE ON audit
BEGIN SELECT RAISE(ABORT, 'the audit trail is append-only'); END;
CREATE TRIGGER audit_is_append_only_delete BEFORE DELETE ON audit
WHEN OLD.seq > coalesce((SELECT max(seq) FROM audit_checkpoints), 0)
BEGIN SELECT RAISE(ABORT, 'the audit trail is append-only'); END;

-- What is not final holds back what is older than it, however many finished tasks are stored.
CREATE INDEX tasks_open ON tasks (submitted_at) WHERE finished_at IS NULL;
CREATE INDEX changes_open ON changes (created_at) WHERE state = 'open';
CREATE INDEX artifacts_by_age ON artifacts (created_at, id);
CREATE INDEX artifacts_by_sha256 ON artifacts (sha256);
-- A log that was dropped has no bytes left and is not looked at again.
CREATE INDEX logs_kept ON logs (task) WHERE bytes > 0;
