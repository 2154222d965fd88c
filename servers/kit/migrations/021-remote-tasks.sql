-- Tasks that a peer carries out for this hub. The controller that follows one holds its lease under the
-- row's id, like any agent, and takes it up again after a restart.
CREATE TABLE remote_tasks (
  id          TEXT    NOT NULL PRIMARY KEY,
  task        TEXT    NOT NULL,
  peer        TEXT    NOT NULL,
  -- `assigned`: to be claimed and followed; `in_review`: proposed, and followed without a lease;
  -- `canceling`: nothing here waits for it any more, and the peer has to be told.
  state       TEXT    NOT NULL,
  -- The attempt here, 0 before it is claimed; the task there, none before the peer has answered.
  attempt     INTEGER NOT NULL,
  remote_task TEXT,
  -- Where the log there stood when the attempt began, and the chunks of our own in the log here.
  log_from    INTEGER NOT NULL,
  own_chunks  INTEGER NOT NULL,
  -- A chunk of our own that is about to be added, and the position that it has here.
  note        TEXT,
  note_at     INTEGER,
  -- The last message to the task that was passed on.
  message     INTEGER NOT NULL,
  assigned_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE UNIQUE INDEX remote_tasks_live ON remote_tasks (task) WHERE state <> 'canceling';
CREATE INDEX remote_tasks_by_state ON remote_tasks (state, assigned_at);
