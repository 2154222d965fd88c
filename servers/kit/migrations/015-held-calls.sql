-- Calls that wait for a person, with all it takes to make them after a restart. One of them goes on
-- exactly once: whoever moves the row from waiting to running makes it.
CREATE TABLE held_calls (
  approval  TEXT    PRIMARY KEY REFERENCES approvals (id),
  -- Of who calls, what, and with which arguments: the same call finds its row again.
  digest    TEXT    NOT NULL,
  principal TEXT    NOT NULL,
  name      TEXT    NOT NULL,
  -- The server that serves it, where that is no tool of this hub.
  upstream  TEXT,
  request   TEXT    NOT NULL,
  state     TEXT    NOT NULL CHECK (state IN ('waiting', 'running', 'done', 'delivered')),
  answer    TEXT,
  held_at   INTEGER NOT NULL
) STRICT;
CREATE UNIQUE INDEX held_calls_open ON held_calls (digest) WHERE state <> 'delivered';
CREATE INDEX held_calls_unfinished ON held_calls (state) WHERE state IN ('waiting', 'running');
