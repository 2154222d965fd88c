-- What the checks said of a change merged with its target, both as they were then.
CREATE TABLE merge_checks (
  change     TEXT    NOT NULL REFERENCES changes (id),
  head       TEXT    NOT NULL,
  target     TEXT    NOT NULL,
  -- The commit that was checked.
  merged     TEXT    NOT NULL,
  state      TEXT    NOT NULL,
  task       TEXT,
  created_at INTEGER NOT NULL,
  PRIMARY KEY (change, head, target)
) STRICT, WITHOUT ROWID;
