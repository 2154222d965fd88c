-- A task's place in its org's queue as a constant: the instant of submit, earlier by a minute for each
-- point of priority. Ordered by it, tasks age without a row being touched.
ALTER TABLE tasks ADD COLUMN rank INTEGER NOT NULL DEFAULT 0;
UPDATE tasks SET rank = submitted_at - priority * 60000 WHERE finished_at IS NULL;
-- What the task needs of whoever does it, as canonical JSON; empty for no needs. Tasks of one lane can be
-- done by the same, so a claim looks at one head per lane and not at each task.
ALTER TABLE tasks ADD COLUMN lane TEXT NOT NULL DEFAULT '';
DROP INDEX tasks_queue;
CREATE INDEX tasks_queue ON tasks (org, lane, rank, id, not_before_at) WHERE state = 'queued';
CREATE INDEX tasks_unexplained ON tasks (org, lane, rank, id)
  WHERE state = 'queued' AND pending_reason IS NULL;

-- What a long-lived agent offers; JSON lists.
ALTER TABLE agents ADD COLUMN tags TEXT NOT NULL DEFAULT '[]';
ALTER TABLE agents ADD COLUMN runners TEXT NOT NULL DEFAULT '["loop"]';
ALTER TABLE agents ADD COLUMN isolation TEXT NOT NULL DEFAULT 'none';
