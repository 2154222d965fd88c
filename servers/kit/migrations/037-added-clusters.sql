-- Clusters that an owner has added, beside this machine. What signs in to one stays where `settings`
-- says it is read from.
CREATE TABLE clusters (
  id       TEXT    PRIMARY KEY,
  driver   TEXT    NOT NULL,
  -- Tells what this registration makes in the cluster from what others make there.
  mark     TEXT    NOT NULL UNIQUE,
  settings TEXT    NOT NULL,
  -- What was found to guard pods there; absent until everything stands.
  guards   TEXT,
  added_by TEXT    NOT NULL,
  added_at INTEGER NOT NULL
) STRICT;
