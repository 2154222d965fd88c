-- Yeses that stand: calls of a tool by such callers are not asked about until the grant ends.
CREATE TABLE approval_grants (
  id         TEXT    PRIMARY KEY,
  org        TEXT    NOT NULL,
  tool       TEXT    NOT NULL,
  -- Kind of the callers, and the only one of them where it is for one alone.
  kind       TEXT    NOT NULL,
  principal  TEXT,
  -- The only task whose calls it is for; it ends with the task.
  task       TEXT    REFERENCES tasks (id),
  approval   TEXT    NOT NULL REFERENCES approvals (id),
  given_by   TEXT    NOT NULL,
  given_at   INTEGER NOT NULL,
  expires_at INTEGER,
  -- When and by whom it was revoked; a task's own are ended by its end.
  ended_at   INTEGER,
  ended_by   TEXT
) STRICT;
CREATE INDEX approval_grants_live ON approval_grants (tool, id) WHERE ended_at IS NULL;
CREATE INDEX approval_grants_by_task ON approval_grants (task) WHERE task IS NOT NULL AND ended_at IS NULL;
-- Links that answer one approval under the authority of who made them. The token is nowhere.
CREATE TABLE approval_links (
  digest     TEXT    PRIMARY KEY,
  approval   TEXT    NOT NULL REFERENCES approvals (id),
  principal  TEXT    NOT NULL,
  created_at INTEGER NOT NULL,
  expires_at INTEGER NOT NULL
) STRICT;
CREATE INDEX approval_links_by_expiry ON approval_links (expires_at);
