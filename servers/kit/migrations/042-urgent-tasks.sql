-- Queued tasks that may have others make room, the most urgent first. Most tasks have no priority, so it is small.
CREATE INDEX tasks_urgent ON tasks (org, priority DESC, rank, id)
  WHERE state = 'queued' AND priority > 0;
