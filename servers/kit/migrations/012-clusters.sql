-- How a pod is found again is its driver's to say: the columns of the local one become its handle.
ALTER TABLE pods ADD COLUMN handle TEXT;
UPDATE pods
SET handle = '{"pid":' || pid || ',"started":"' || COALESCE(pid_started, '')
          || '","isolation":"' || isolation || '"}'
WHERE pid IS NOT NULL;
ALTER TABLE pods DROP COLUMN pid;
ALTER TABLE pods DROP COLUMN pid_started;

-- On whose authority a task runs. Of what was submitted before, only the owner's own is known.
CREATE TABLE task_submitters (
  task      TEXT PRIMARY KEY,
  principal TEXT NOT NULL
) STRICT;
INSERT INTO task_submitters (task, principal)
  SELECT id, '{"kind":"user","id":"owner","roles":["owner"],"orgs":["*"]}'
  FROM tasks WHERE submitted_by = 'owner';

-- Why a queued task was not started, where there is a reason that does not pass by itself.
ALTER TABLE tasks ADD COLUMN pending_reason TEXT;
