CREATE TABLE pods (
  id          TEXT    PRIMARY KEY,
  org         TEXT    NOT NULL,
  cluster     TEXT    NOT NULL,
  node        TEXT    NOT NULL,
  task        TEXT,
  command     TEXT    NOT NULL,
  state       TEXT    NOT NULL,
  isolation   TEXT    NOT NULL,
  limits      TEXT    NOT NULL,
  resources   TEXT    NOT NULL,
  timeout_ms  INTEGER NOT NULL,
  pid         INTEGER,
  -- Start time of the process in clock ticks since boot: tells a reused process id from ours.
  pid_started TEXT,
  exit_code   INTEGER,
  reason      TEXT,
  created_at  INTEGER NOT NULL,
  ended_at    INTEGER
) STRICT;
-- One live pod per task, so that a dispatcher that crashed between two steps starts nothing twice.
CREATE UNIQUE INDEX pods_live_by_task ON pods (task) WHERE ended_at IS NULL AND task IS NOT NULL;
CREATE INDEX pods_live ON pods (cluster, org) WHERE ended_at IS NULL;
CREATE INDEX pods_by_org ON pods (org, id DESC);
