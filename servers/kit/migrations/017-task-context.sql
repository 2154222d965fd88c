-- Where a task comes from, what it needs of whoever does it, what it may spend, and what it is handed.
-- Each is JSON of a schema in schemas/task.ts, or the id of a row.
ALTER TABLE tasks ADD COLUMN plan TEXT;
-- The step's name in its plan.
ALTER TABLE tasks ADD COLUMN step TEXT;
-- How many tasks lie between this one and the one that no task asked for.
ALTER TABLE tasks ADD COLUMN depth INTEGER NOT NULL DEFAULT 0;
ALTER TABLE tasks ADD COLUMN provenance TEXT NOT NULL DEFAULT '{"via":"call"}';
ALTER TABLE tasks ADD COLUMN requirements TEXT NOT NULL DEFAULT '{}';
ALTER TABLE tasks ADD COLUMN budget TEXT NOT NULL DEFAULT '{}';
ALTER TABLE tasks ADD COLUMN inputs TEXT NOT NULL DEFAULT '[]';
CREATE INDEX tasks_by_parent ON tasks (parent, id) WHERE parent IS NOT NULL;
CREATE INDEX tasks_by_plan ON tasks (plan, id) WHERE plan IS NOT NULL;
