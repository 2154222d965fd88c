-- The token of the hub's own account in a cluster that it was given one in. Sealed with the key of the
-- data directory, which is not in this file; replaced each time it is renewed. `mark` is that of the
-- registration: two that are made at once may want the same name.
CREATE TABLE cluster_credentials (
  mark       TEXT    NOT NULL PRIMARY KEY,
  sealed     BLOB    NOT NULL,
  changed_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
