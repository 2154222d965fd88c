-- What somebody says of a change under a key of their own. It is kept before a provider is told, so
-- that the same key again finds what was said, wherever the call was cut off.
CREATE TABLE remark_keys (
  change   TEXT    NOT NULL REFERENCES changes (id),
  author   TEXT    NOT NULL,
  key      TEXT    NOT NULL,
  digest   TEXT    NOT NULL,
  -- What it is about, also where there is a later one when the call is sent again.
  revision INTEGER NOT NULL,
  -- JSON: the id of the comment, or that of the review and then those of its comments.
  ids      TEXT    NOT NULL,
  PRIMARY KEY (change, author, key)
) STRICT, WITHOUT ROWID;
