-- Calls with an effect that are under way for longer than a moment. A row that a new process finds is of
-- a call that the last one took to its end: what came of it is unknown, and that is put on record.
CREATE TABLE open_calls (
  request_id TEXT    PRIMARY KEY,
  org        TEXT    NOT NULL,
  principal  TEXT    NOT NULL,
  tool       TEXT    NOT NULL,
  subject    TEXT,
  args       TEXT    NOT NULL,
  began_at   INTEGER NOT NULL
) STRICT;
