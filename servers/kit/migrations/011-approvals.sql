-- A question need not come from a task: a call by anybody may wait for a person. SQLite cannot drop
-- NOT NULL from a column, so the table is made anew and its rows are kept.
CREATE TABLE approvals_next (
  id         TEXT    PRIMARY KEY,
  org        TEXT    NOT NULL,
  kind       TEXT    NOT NULL DEFAULT 'question' CHECK (kind IN ('question', 'call')),
  task       TEXT    REFERENCES tasks (id),
  attempt    TEXT,
  question   TEXT    NOT NULL,
  details    TEXT    NOT NULL,
  state      TEXT    NOT NULL,
  asked_by   TEXT    NOT NULL,
  asked_at   INTEGER NOT NULL,
  -- After this nobody waits for the answer any more, and none is taken.
  expires_at INTEGER,
  decided_by TEXT,
  reason     TEXT,
  decided_at INTEGER
) STRICT;
INSERT INTO approvals_next
    (id, org, task, attempt, question, details, state, asked_by, asked_at, decided_by, reason, decided_at)
  SELECT id, org, task, attempt, question, details, state, asked_by, asked_at, decided_by, reason, decided_at
  FROM approvals;
DROP TABLE approvals;
ALTER TABLE approvals_next RENAME TO approvals;
CREATE INDEX approvals_by_task ON approvals (task, id) WHERE task IS NOT NULL;
CREATE INDEX approvals_pending ON approvals (org, id) WHERE state = 'pending';
