-- What a question is about besides a task, such as a plan.
ALTER TABLE approvals ADD COLUMN subject TEXT;
-- The tool whose call is held and the kind of principal that makes it: a yes that stands is for such calls.
ALTER TABLE approvals ADD COLUMN tool TEXT;
ALTER TABLE approvals ADD COLUMN caller TEXT;
-- How far the yes reaches: once, task or rule.
ALTER TABLE approvals ADD COLUMN scope TEXT;
CREATE INDEX approvals_expiring ON approvals (expires_at) WHERE state = 'pending' AND expires_at IS NOT NULL;
CREATE INDEX approvals_by_subject ON approvals (subject, id) WHERE subject IS NOT NULL;
-- A held call holds its arguments, secrets included, for as long as it takes to make it, and its outcome
-- until somebody has had it; then its row is removed.
DELETE FROM held_calls WHERE state = 'delivered';
ALTER TABLE held_calls ADD COLUMN done_at INTEGER;
UPDATE held_calls SET request = 'null', done_at = held_at WHERE state = 'done';
CREATE INDEX held_calls_done ON held_calls (done_at) WHERE state = 'done';
