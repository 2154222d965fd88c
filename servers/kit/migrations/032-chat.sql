-- Conversations with the hub's assistant. Each belongs to who began it, and nobody else sees it.
CREATE TABLE conversations (
  id         TEXT    PRIMARY KEY,
  org        TEXT    NOT NULL,
  owner      TEXT    NOT NULL,
  title      TEXT    NOT NULL,
  -- The model that was asked for last.
  model      TEXT,
  -- The last message of the branch that is shown.
  head       TEXT,
  -- The answer that is under way; one at a time.
  running    TEXT,
  created_at INTEGER NOT NULL,
  updated_at INTEGER NOT NULL
) STRICT;
CREATE INDEX conversations_newest ON conversations (owner, updated_at DESC, id DESC);
CREATE INDEX conversations_running ON conversations (id) WHERE running IS NOT NULL;

-- What was said: a tree, in which an answer follows a request and a request an answer.
CREATE TABLE chat_messages (
  id           TEXT    PRIMARY KEY,
  conversation TEXT    NOT NULL REFERENCES conversations (id) ON DELETE CASCADE,
  parent       TEXT,
  role         TEXT    NOT NULL,
  -- As schemas/chat.ts has them.
  state        TEXT    NOT NULL,
  -- JSON of schemas/chat-part.ts.
  parts        TEXT    NOT NULL,
  -- How many pieces of its stream the parts hold.
  seq          INTEGER NOT NULL DEFAULT 0,
  -- The words of it, for searching.
  words        TEXT    NOT NULL DEFAULT '',
  -- How it is answered, as JSON, until it is: on whose authority, by which model, beside which page.
  asked        TEXT,
  -- What the caller made up, so that a request sent again is known.
  owner        TEXT    NOT NULL,
  request_key  TEXT,
  model        TEXT,
  usage        TEXT,
  error        TEXT,
  created_at   INTEGER NOT NULL,
  ended_at     INTEGER
) STRICT;
CREATE INDEX chat_messages_of ON chat_messages (conversation, id);
CREATE INDEX chat_messages_waiting ON chat_messages (conversation, id) WHERE state IN ('queued', 'steering');
CREATE UNIQUE INDEX chat_messages_key ON chat_messages (owner, request_key) WHERE request_key IS NOT NULL;
