-- Templates of repositories as an owner trusted them, a row for each file. What runs is this text, not
-- what the repository holds by then.
CREATE TABLE trusted_templates (
  org TEXT NOT NULL,
  repo TEXT NOT NULL,
  name TEXT NOT NULL,
  path TEXT NOT NULL,
  commit_hash TEXT NOT NULL,
  digest TEXT NOT NULL,
  body TEXT NOT NULL,
  trusted_by TEXT NOT NULL,
  trusted_at INTEGER NOT NULL,
  PRIMARY KEY (org, repo, name)
) STRICT;
