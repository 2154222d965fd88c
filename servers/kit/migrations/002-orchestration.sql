CREATE TABLE tasks (
  id              TEXT    PRIMARY KEY,
  org             TEXT    NOT NULL,
  title           TEXT    NOT NULL,
  template        TEXT    NOT NULL,
  params          TEXT    NOT NULL,
  repo            TEXT,
  state           TEXT    NOT NULL,
  waiting_for     TEXT,
  priority        INTEGER NOT NULL,
  attempts        INTEGER NOT NULL DEFAULT 0,
  failures        INTEGER NOT NULL DEFAULT 0,
  max_attempts    INTEGER NOT NULL,
  fence           INTEGER NOT NULL DEFAULT 0,
  resources       TEXT    NOT NULL,
  isolation       TEXT,
  timeout_ms      INTEGER NOT NULL,
  model           TEXT,
  parent          TEXT,
  retry_of        TEXT,
  idempotency_key TEXT,
  request_digest  TEXT    NOT NULL,
  submitted_by    TEXT    NOT NULL,
  agent           TEXT,
  result          TEXT,
  failure         TEXT,
  submitted_at    INTEGER NOT NULL,
  updated_at      INTEGER NOT NULL,
  finished_at     INTEGER,
  not_before_at   INTEGER NOT NULL DEFAULT 0
) STRICT;
-- A claim and the dispatcher read this index alone, however many finished tasks are stored.
CREATE INDEX tasks_queue ON tasks (org, priority DESC, submitted_at, id, not_before_at)
  WHERE state = 'queued';
CREATE INDEX tasks_due ON tasks (not_before_at) WHERE state = 'queued' AND not_before_at > 0;
CREATE INDEX tasks_by_org ON tasks (org, id DESC);
CREATE INDEX tasks_by_state ON tasks (org, state, id DESC);
CREATE INDEX tasks_by_repo ON tasks (org, repo) WHERE repo IS NOT NULL;
CREATE INDEX tasks_live ON tasks (state) WHERE finished_at IS NULL;
CREATE UNIQUE INDEX tasks_by_key ON tasks (org, idempotency_key) WHERE idempotency_key IS NOT NULL;

CREATE TABLE attempts (
  id               TEXT    PRIMARY KEY,
  task             TEXT    NOT NULL REFERENCES tasks (id),
  number           INTEGER NOT NULL,
  fence            INTEGER NOT NULL,
  agent            TEXT    NOT NULL,
  state            TEXT    NOT NULL,
  lease_expires_at INTEGER NOT NULL,
  log_position     INTEGER NOT NULL DEFAULT 0,
  started_at       INTEGER NOT NULL,
  ended_at         INTEGER,
  report_digest    TEXT,
  failure          TEXT,
  UNIQUE (task, number)
) STRICT;
-- Promise 2: at most one live lease per task, held by the database itself.
CREATE UNIQUE INDEX attempts_live ON attempts (task) WHERE ended_at IS NULL;
CREATE INDEX attempts_expiring ON attempts (lease_expires_at) WHERE ended_at IS NULL;
CREATE INDEX attempts_by_agent ON attempts (agent) WHERE ended_at IS NULL;

CREATE TABLE logs (
  task     TEXT    PRIMARY KEY REFERENCES tasks (id),
  next_seq INTEGER NOT NULL,
  bytes    INTEGER NOT NULL
) STRICT;
CREATE TABLE log_chunks (
  task    TEXT    NOT NULL,
  seq     INTEGER NOT NULL,
  attempt INTEGER NOT NULL,
  stream  TEXT    NOT NULL,
  at      INTEGER NOT NULL,
  data    BLOB    NOT NULL,
  PRIMARY KEY (task, seq)
) STRICT, WITHOUT ROWID;

CREATE TABLE messages (
  seq       INTEGER PRIMARY KEY AUTOINCREMENT,
  task      TEXT    NOT NULL REFERENCES tasks (id),
  author    TEXT    NOT NULL,
  body      TEXT    NOT NULL,
  at        INTEGER NOT NULL
) STRICT;
CREATE INDEX messages_by_task ON messages (task, seq);

CREATE TABLE artifacts (
  id         TEXT    PRIMARY KEY,
  task       TEXT    NOT NULL REFERENCES tasks (id),
  attempt    INTEGER NOT NULL,
  name       TEXT    NOT NULL,
  media_type TEXT    NOT NULL,
  size_bytes INTEGER NOT NULL,
  sha256     TEXT    NOT NULL,
  created_at INTEGER NOT NULL,
  UNIQUE (task, attempt, name)
) STRICT;

CREATE TABLE agents (
  id            TEXT    PRIMARY KEY,
  org           TEXT    NOT NULL,
  kind          TEXT    NOT NULL,
  -- The credential that registered the name; nobody else may claim under it.
  principal     TEXT    NOT NULL,
  state         TEXT    NOT NULL,
  host          TEXT,
  pod           TEXT,
  task          TEXT,
  registered_at INTEGER NOT NULL,
  last_seen_at  INTEGER NOT NULL,
  retired_at    INTEGER
) STRICT;
CREATE INDEX agents_live ON agents (org, last_seen_at) WHERE retired_at IS NULL;

CREATE TABLE approvals (
  id         TEXT    PRIMARY KEY,
  org        TEXT    NOT NULL,
  task       TEXT    NOT NULL REFERENCES tasks (id),
  attempt    TEXT    NOT NULL,
  question   TEXT    NOT NULL,
  details    TEXT    NOT NULL,
  state      TEXT    NOT NULL,
  asked_by   TEXT    NOT NULL,
  asked_at   INTEGER NOT NULL,
  decided_by TEXT,
  reason     TEXT,
  decided_at INTEGER
) STRICT;
CREATE INDEX approvals_by_task ON approvals (task, id);
CREATE INDEX approvals_pending ON approvals (org, id) WHERE state = 'pending';
