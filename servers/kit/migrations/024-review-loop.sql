-- Comments and reviews of a change are counted together, in the order in which they were recorded.
-- `taken` is the last of them that an attempt has read: what asks for work above it is still to do.
ALTER TABLE changes ADD COLUMN remarks INTEGER NOT NULL DEFAULT 0;
ALTER TABLE changes ADD COLUMN taken INTEGER NOT NULL DEFAULT 0;
-- Why the change waits for a person, and the conflict with its target: JSON of a schema in schemas/change.ts.
ALTER TABLE changes ADD COLUMN waiting TEXT;
ALTER TABLE changes ADD COLUMN conflict TEXT;

ALTER TABLE comments ADD COLUMN number INTEGER NOT NULL DEFAULT 0;
-- Kind of the principal that wrote it.
ALTER TABLE comments ADD COLUMN kind TEXT NOT NULL DEFAULT 'user';
ALTER TABLE comments ADD COLUMN side TEXT;
-- Whether it asks for work: required, optional, or not.
ALTER TABLE comments ADD COLUMN resolve TEXT;
ALTER TABLE comments ADD COLUMN state TEXT NOT NULL DEFAULT 'open';
ALTER TABLE comments ADD COLUMN reply_to TEXT;
ALTER TABLE comments ADD COLUMN review TEXT;
ALTER TABLE comments ADD COLUMN addressed_commit TEXT;
ALTER TABLE comments ADD COLUMN addressed_revision INTEGER;

ALTER TABLE reviews ADD COLUMN number INTEGER NOT NULL DEFAULT 0;
ALTER TABLE reviews ADD COLUMN kind TEXT NOT NULL DEFAULT 'user';
-- The task whose agent gave the verdict: it gives one for a revision, however often it is started.
ALTER TABLE reviews ADD COLUMN task TEXT;
-- Whether the reviewer is who asked for the work.
ALTER TABLE reviews ADD COLUMN is_author INTEGER NOT NULL DEFAULT 0;

UPDATE comments SET number =
  (SELECT count(*) FROM comments AS c WHERE c.change = comments.change AND c.id <= comments.id) +
  (SELECT count(*) FROM reviews AS r WHERE r.change = comments.change AND r.created_at < comments.created_at);
UPDATE reviews SET number =
  (SELECT count(*) FROM reviews AS r WHERE r.change = reviews.change AND r.id <= reviews.id) +
  (SELECT count(*) FROM comments AS c WHERE c.change = reviews.change AND c.created_at <= reviews.created_at);
UPDATE changes SET remarks =
  (SELECT count(*) FROM comments WHERE comments.change = changes.id) +
  (SELECT count(*) FROM reviews WHERE reviews.change = changes.id);
UPDATE changes SET taken = remarks;

CREATE INDEX comments_asking ON comments (change, number) WHERE resolve IS NOT NULL;
CREATE UNIQUE INDEX reviews_of_agents ON reviews (change, revision, task) WHERE task IS NOT NULL;
