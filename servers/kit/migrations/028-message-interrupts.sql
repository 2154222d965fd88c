-- Whether a message ends the turn that an external agent is in, so that it is read at once.
ALTER TABLE messages ADD COLUMN interrupt INTEGER NOT NULL DEFAULT 0;
