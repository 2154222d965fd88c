-- What the provider of the repository calls a change and a revision; local Git has no such names.
ALTER TABLE changes ADD COLUMN handle TEXT;
ALTER TABLE revisions ADD COLUMN handle TEXT;

-- The number of the last revision, so that a list of changes need not look into another table.
ALTER TABLE changes ADD COLUMN revisions INTEGER NOT NULL DEFAULT 0;
UPDATE changes
SET revisions = (SELECT count(*) FROM revisions WHERE revisions.change = changes.id);
