-- What submits a task by itself: on a schedule, when a change, a branch or a plan moved, or by hand.
CREATE TABLE triggers (
  id              TEXT    PRIMARY KEY,
  org             TEXT    NOT NULL,
  title           TEXT    NOT NULL,
  -- schedule, change, push, plan or manual; `condition` and `task` are JSON of schemas/trigger.ts.
  kind            TEXT    NOT NULL,
  condition       TEXT    NOT NULL,
  task            TEXT    NOT NULL,
  overlap         TEXT    NOT NULL,
  max_concurrent  INTEGER NOT NULL,
  max_failures    INTEGER NOT NULL,
  -- On whose authority it submits, with the roles of the moment when it was made.
  principal       TEXT    NOT NULL,
  created_by      TEXT    NOT NULL,
  is_enabled      INTEGER NOT NULL,
  disabled_reason TEXT,
  failures        INTEGER NOT NULL DEFAULT 0,
  next_at         INTEGER,
  -- Of a branch: the commit that was seen last.
  seen            TEXT,
  created_at      INTEGER NOT NULL,
  updated_at      INTEGER NOT NULL
) STRICT;
CREATE INDEX triggers_by_org ON triggers (org, id DESC);
CREATE INDEX triggers_by_kind ON triggers (kind, org, id) WHERE is_enabled = 1;
CREATE INDEX triggers_due ON triggers (next_at) WHERE is_enabled = 1 AND next_at IS NOT NULL;

-- One row for each occasion: it is there before the task, so that a crash neither doubles nor loses one.
CREATE TABLE trigger_runs (
  trigger_id TEXT    NOT NULL,
  occasion   TEXT    NOT NULL,
  -- waiting, pending (to be submitted), submitted, then succeeded, failed, canceled or skipped.
  state      TEXT    NOT NULL,
  -- Arguments of task_submit, as JSON.
  request    TEXT    NOT NULL,
  -- The change whose occasion it is, which hears of the result.
  change     TEXT,
  task       TEXT,
  reason     TEXT,
  at         INTEGER NOT NULL,
  ended_at   INTEGER,
  PRIMARY KEY (trigger_id, occasion)
) STRICT;
CREATE INDEX trigger_runs_newest ON trigger_runs (trigger_id, at DESC, occasion);
CREATE INDEX trigger_runs_open ON trigger_runs (state, at) WHERE ended_at IS NULL;
CREATE INDEX trigger_runs_by_task ON trigger_runs (task) WHERE task IS NOT NULL;
