-- Who took in a change that somebody else proposed at its provider; NULL where it is this hub's own.
ALTER TABLE changes ADD COLUMN imported_by TEXT;
CREATE UNIQUE INDEX changes_imported ON changes (repo, handle)
  WHERE imported_by IS NOT NULL AND state = 'open';
