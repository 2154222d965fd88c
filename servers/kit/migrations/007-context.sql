-- Where context comes from. What was read of it is in a file of its own for each org.
CREATE TABLE context_sources (
  id TEXT PRIMARY KEY,
  org TEXT NOT NULL,
  name TEXT NOT NULL,
  kind TEXT NOT NULL CHECK (kind IN ('repo', 'vault', 'spec', 'folder', 'log', 'change', 'decision', 'text')),
  uri TEXT NOT NULL,
  ref TEXT,
  trust TEXT NOT NULL CHECK (trust IN ('own', 'team', 'external')),
  retention_days INTEGER,
  state TEXT NOT NULL CHECK (state IN ('pending', 'ready', 'failed')),
  problem TEXT,
  revision TEXT,
  documents INTEGER NOT NULL,
  chunks INTEGER NOT NULL,
  created_at INTEGER NOT NULL,
  indexed_at INTEGER,
  UNIQUE (org, kind, uri)
) STRICT;
