-- Ports of pods that browsers reach through the hub, each by a host name of its own.
CREATE TABLE exposures (
  id         TEXT    PRIMARY KEY,
  org        TEXT    NOT NULL,
  pod        TEXT    NOT NULL,
  cluster    TEXT    NOT NULL,
  port       INTEGER NOT NULL,
  kind       TEXT    NOT NULL CHECK (kind IN ('http', 'code-server')),
  -- The first label of its host name: random, so that nobody guesses it.
  host       TEXT    NOT NULL UNIQUE,
  created_by TEXT    NOT NULL,
  created_at INTEGER NOT NULL,
  expires_at INTEGER NOT NULL,
  ended_at   INTEGER,
  reason     TEXT
) STRICT;
CREATE UNIQUE INDEX exposures_live ON exposures (pod, port) WHERE ended_at IS NULL;

-- What lets a browser in: a ticket, used once, and the session that it gave. Neither is kept readable.
CREATE TABLE exposure_keys (
  digest     TEXT    PRIMARY KEY,
  exposure   TEXT    NOT NULL,
  purpose    TEXT    NOT NULL CHECK (purpose IN ('ticket', 'session')),
  principal  TEXT    NOT NULL,
  expires_at INTEGER NOT NULL
) STRICT;
CREATE INDEX exposure_keys_by_exposure ON exposure_keys (exposure);
