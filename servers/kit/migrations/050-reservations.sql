-- Nodes whose room is kept for a queued task that fitted nowhere for a while: small tasks, which fit sooner,
-- would else take all that becomes free for ever. A row counts while its task is queued.
CREATE TABLE reservations (
  cluster     TEXT    NOT NULL,
  node        TEXT    NOT NULL,
  task        TEXT    NOT NULL UNIQUE,
  org         TEXT    NOT NULL,
  -- What the task will be promised there.
  resources   TEXT    NOT NULL,
  reserved_at INTEGER NOT NULL,
  -- Two tasks that wait for one node would each keep the other from it.
  PRIMARY KEY (cluster, node)
) STRICT;
