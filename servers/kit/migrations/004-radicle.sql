CREATE TABLE repositories (
  id             TEXT    PRIMARY KEY,
  org            TEXT    NOT NULL,
  path           TEXT    NOT NULL,
  default_branch TEXT    NOT NULL,
  provider       TEXT    NOT NULL,
  created_at     INTEGER NOT NULL,
  UNIQUE (org, path)
) STRICT;

CREATE TABLE workspaces (
  task       TEXT    PRIMARY KEY,
  repo       TEXT    NOT NULL REFERENCES repositories (id),
  branch     TEXT    NOT NULL,
  base       TEXT    NOT NULL,
  target     TEXT    NOT NULL,
  created_at INTEGER NOT NULL
) STRICT;

CREATE TABLE changes (
  id         TEXT    PRIMARY KEY,
  org        TEXT    NOT NULL,
  repo       TEXT    NOT NULL REFERENCES repositories (id),
  task       TEXT    UNIQUE,
  title      TEXT    NOT NULL,
  body       TEXT    NOT NULL,
  branch     TEXT    NOT NULL,
  target     TEXT    NOT NULL,
  state      TEXT    NOT NULL,
  head       TEXT    NOT NULL,
  author     TEXT    NOT NULL,
  merged_as  TEXT,
  merged_by  TEXT,
  created_at INTEGER NOT NULL,
  updated_at INTEGER NOT NULL
) STRICT;
CREATE INDEX changes_by_org ON changes (org, id DESC);

CREATE TABLE revisions (
  change        TEXT    NOT NULL REFERENCES changes (id),
  number        INTEGER NOT NULL,
  head          TEXT    NOT NULL,
  base          TEXT    NOT NULL,
  summary       TEXT    NOT NULL,
  checks        TEXT    NOT NULL,
  files_changed INTEGER NOT NULL,
  additions     INTEGER NOT NULL,
  deletions     INTEGER NOT NULL,
  created_at    INTEGER NOT NULL,
  PRIMARY KEY (change, number)
) STRICT, WITHOUT ROWID;

CREATE TABLE comments (
  id         TEXT    PRIMARY KEY,
  change     TEXT    NOT NULL REFERENCES changes (id),
  revision   INTEGER NOT NULL,
  author     TEXT    NOT NULL,
  body       TEXT    NOT NULL,
  path       TEXT,
  line       INTEGER,
  created_at INTEGER NOT NULL
) STRICT;
CREATE INDEX comments_by_change ON comments (change, id);

CREATE TABLE reviews (
  id         TEXT    PRIMARY KEY,
  change     TEXT    NOT NULL REFERENCES changes (id),
  revision   INTEGER NOT NULL,
  reviewer   TEXT    NOT NULL,
  verdict    TEXT    NOT NULL,
  body       TEXT    NOT NULL,
  created_at INTEGER NOT NULL
) STRICT;
CREATE INDEX reviews_by_change ON reviews (change, id);
