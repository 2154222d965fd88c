-- What other people say and do of a change at its provider, taken in once each.

-- How the change was when it was last looked at.
CREATE TABLE change_marks (
  change  TEXT    PRIMARY KEY REFERENCES changes (id),
  mark    TEXT    NOT NULL,
  seen_at INTEGER NOT NULL
) STRICT;

-- What a remark is called there, and what it became here.
CREATE TABLE remarks (
  change  TEXT NOT NULL REFERENCES changes (id),
  handle  TEXT NOT NULL,
  became  TEXT NOT NULL,
  PRIMARY KEY (change, handle)
) STRICT, WITHOUT ROWID;

CREATE INDEX changes_open_by_repo ON changes (repo, id) WHERE state = 'open';
