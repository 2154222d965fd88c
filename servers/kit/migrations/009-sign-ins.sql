-- What the hub holds to be let in by an upstream: its registration, tokens, a sign-in under way.
-- Sealed with the key of the data directory, which is not in this file.
CREATE TABLE sign_ins (
  upstream   TEXT    NOT NULL PRIMARY KEY,
  sealed     BLOB    NOT NULL,
  changed_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
