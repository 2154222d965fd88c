-- Why a pod is moved away, or was: its task goes on elsewhere, and has failed of nothing.
ALTER TABLE pods ADD COLUMN evicted TEXT;
-- Of the task that it is for: quotas count by template, and a clone is kept where one was worked on.
ALTER TABLE pods ADD COLUMN template TEXT;
ALTER TABLE pods ADD COLUMN repo TEXT;
CREATE INDEX pods_by_task ON pods (task, id DESC) WHERE task IS NOT NULL;

-- Nodes that take no new pods until somebody says so, of clusters that cannot keep that themselves.
CREATE TABLE cordons (
  cluster TEXT    NOT NULL,
  node    TEXT    NOT NULL,
  reason  TEXT    NOT NULL,
  set_by  TEXT    NOT NULL,
  set_at  INTEGER NOT NULL,
  PRIMARY KEY (cluster, node)
) STRICT, WITHOUT ROWID;

-- What quota_set said, before what is configured. `limits` is JSON.
CREATE TABLE quotas (
  org    TEXT    PRIMARY KEY,
  limits TEXT    NOT NULL,
  set_by TEXT    NOT NULL,
  set_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
