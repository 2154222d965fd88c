-- Other hubs: where they are reached and with what, and what they may do here. A peer without an
-- address only calls; one without a token of ours is only called.
CREATE TABLE peers (
  name      TEXT    NOT NULL PRIMARY KEY,
  url       TEXT,
  sealed    BLOB,
  token_id  TEXT,
  role      TEXT,
  orgs      TEXT    NOT NULL,
  joined_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

-- What an invitation gives to the hub that joins with it; its secret is a token of that id.
CREATE TABLE peer_invitations (
  token_id   TEXT    NOT NULL PRIMARY KEY,
  role       TEXT    NOT NULL,
  orgs       TEXT    NOT NULL,
  mutual     INTEGER NOT NULL,
  expires_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
