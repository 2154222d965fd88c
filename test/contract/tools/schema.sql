CREATE INDEX agents_live ON agents (org, last_seen_at) WHERE retired_at IS NULL;

CREATE INDEX approval_grants_by_approval ON approval_grants (approval);

CREATE INDEX approval_grants_by_task ON approval_grants (task) WHERE task IS NOT NULL AND ended_at IS NULL;

CREATE INDEX approval_grants_live ON approval_grants (tool, id) WHERE ended_at IS NULL;

CREATE INDEX approval_grants_over ON approval_grants (given_at, id)
  WHERE ended_at IS NOT NULL OR expires_at IS NOT NULL;

CREATE INDEX approval_links_by_approval ON approval_links (approval);

CREATE INDEX approval_links_by_expiry ON approval_links (expires_at);

CREATE INDEX approvals_answered ON approvals (asked_at, id) WHERE state <> 'pending';

CREATE INDEX approvals_by_subject ON approvals (subject, id) WHERE subject IS NOT NULL;

CREATE INDEX approvals_by_task ON approvals (task, id) WHERE task IS NOT NULL;

CREATE INDEX approvals_expiring ON approvals (expires_at) WHERE state = 'pending' AND expires_at IS NOT NULL;

CREATE INDEX approvals_pending ON approvals (org, id) WHERE state = 'pending';

CREATE INDEX artifacts_by_age ON artifacts (created_at, id);

CREATE INDEX artifacts_by_sha256 ON artifacts (sha256);

CREATE INDEX attempts_by_agent ON attempts (agent) WHERE ended_at IS NULL;

CREATE INDEX attempts_ended ON attempts (ended_at) WHERE ended_at IS NOT NULL;

CREATE INDEX attempts_ending ON attempts (ends_at) WHERE ended_at IS NULL AND ends_at IS NOT NULL;

CREATE INDEX attempts_expiring ON attempts (lease_expires_at) WHERE ended_at IS NULL;

CREATE UNIQUE INDEX attempts_live ON attempts (task) WHERE ended_at IS NULL;

CREATE INDEX audit_by_subject ON audit (subject, seq) WHERE subject IS NOT NULL;

CREATE INDEX changes_by_org ON changes (org, id DESC);

CREATE UNIQUE INDEX changes_imported ON changes (repo, handle)
  WHERE imported_by IS NOT NULL AND state = 'open';

CREATE INDEX changes_open ON changes (created_at) WHERE state = 'open';

CREATE INDEX changes_open_by_repo ON changes (repo, id) WHERE state = 'open';

CREATE INDEX chat_files_bytes ON chat_files (sha256);

CREATE INDEX chat_files_of ON chat_files (conversation);

CREATE INDEX chat_files_unsent ON chat_files (owner, id) WHERE conversation IS NULL;

CREATE UNIQUE INDEX chat_messages_key ON chat_messages (owner, request_key) WHERE request_key IS NOT NULL;

CREATE INDEX chat_messages_of ON chat_messages (conversation, id);

CREATE INDEX chat_messages_waiting ON chat_messages (conversation, id) WHERE state IN ('queued', 'steering');

CREATE INDEX comments_asking ON comments (change, number) WHERE resolve IS NOT NULL;

CREATE INDEX comments_by_change ON comments (change, id);

CREATE INDEX conversations_newest ON conversations (owner, updated_at DESC, id DESC);

CREATE INDEX conversations_running ON conversations (id) WHERE running IS NOT NULL;

CREATE INDEX deferred_events_due ON deferred_events (follower, due_at);

CREATE INDEX events_by_org ON events (org, seq);

CREATE INDEX events_by_task ON events (task, seq) WHERE task IS NOT NULL;

CREATE INDEX exposure_keys_by_exposure ON exposure_keys (exposure);

CREATE UNIQUE INDEX exposures_live ON exposures (pod, port) WHERE ended_at IS NULL;

CREATE INDEX held_calls_done ON held_calls (done_at) WHERE state = 'done';

CREATE UNIQUE INDEX held_calls_open ON held_calls (digest) WHERE state <> 'delivered';

CREATE INDEX held_calls_unfinished ON held_calls (state) WHERE state IN ('waiting', 'running');

CREATE INDEX logs_kept ON logs (task) WHERE bytes > 0;

CREATE INDEX messages_by_task ON messages (task, seq);

CREATE INDEX model_usage_by_org ON model_usage (org, at);

CREATE INDEX model_usage_by_plan ON model_usage (plan) WHERE plan IS NOT NULL;

CREATE INDEX model_usage_by_task ON model_usage (task) WHERE task IS NOT NULL;

CREATE INDEX plan_edges_by_target ON plan_edges (plan, target, source, early);

CREATE INDEX plan_steps_by_approval ON plan_steps (approval) WHERE approval IS NOT NULL;

CREATE INDEX plan_steps_by_kind ON plan_steps (plan, state, is_gate, number);

CREATE UNIQUE INDEX plan_steps_by_name ON plan_steps (plan, name);

CREATE INDEX plan_steps_by_state ON plan_steps (plan, state, number);

CREATE INDEX plans_by_approval ON plans (approval) WHERE approval IS NOT NULL;

CREATE UNIQUE INDEX plans_by_key ON plans (org, idempotency_key) WHERE idempotency_key IS NOT NULL;

CREATE INDEX plans_by_org ON plans (org, id DESC);

CREATE INDEX plans_drafting ON plans (id) WHERE state = 'drafting';

CREATE INDEX pods_by_org ON pods (org, id DESC);

CREATE INDEX pods_by_task ON pods (task, id DESC) WHERE task IS NOT NULL;

CREATE INDEX pods_live ON pods (cluster, org) WHERE ended_at IS NULL;

CREATE INDEX pods_live_by_org ON pods (org) WHERE ended_at IS NULL;

CREATE UNIQUE INDEX pods_live_by_task ON pods (task) WHERE ended_at IS NULL AND task IS NOT NULL;

CREATE INDEX remote_tasks_by_state ON remote_tasks (state, assigned_at);

CREATE UNIQUE INDEX remote_tasks_live ON remote_tasks (task) WHERE state <> 'canceling';

CREATE INDEX reviews_by_change ON reviews (change, id);

CREATE UNIQUE INDEX reviews_of_agents ON reviews (change, revision, task) WHERE task IS NOT NULL;

CREATE UNIQUE INDEX tasks_by_key ON tasks (org, idempotency_key) WHERE idempotency_key IS NOT NULL;

CREATE INDEX tasks_by_org ON tasks (org, id DESC);

CREATE INDEX tasks_by_parent ON tasks (parent, id) WHERE parent IS NOT NULL;

CREATE INDEX tasks_by_plan ON tasks (plan, id) WHERE plan IS NOT NULL;

CREATE INDEX tasks_by_repo ON tasks (org, repo) WHERE repo IS NOT NULL;

CREATE INDEX tasks_by_state ON tasks (org, state, id DESC);

CREATE INDEX tasks_due ON tasks (not_before_at) WHERE state = 'queued' AND not_before_at > 0;

CREATE INDEX tasks_live ON tasks (state) WHERE finished_at IS NULL;

CREATE INDEX tasks_open ON tasks (submitted_at) WHERE finished_at IS NULL;

CREATE INDEX tasks_queue ON tasks (org, lane, rank, id, not_before_at) WHERE state = 'queued';

CREATE INDEX tasks_spent ON tasks (org, id) WHERE waiting_for = 'budget';

CREATE INDEX tasks_unexplained ON tasks (org, lane, rank, id)
  WHERE state = 'queued' AND pending_reason IS NULL;

CREATE INDEX tasks_urgent ON tasks (org, priority DESC, rank, id)
  WHERE state = 'queued' AND priority > 0;

CREATE INDEX tokens_by_attempt ON tokens (attempt) WHERE attempt IS NOT NULL;

CREATE INDEX tokens_by_pod ON tokens (pod) WHERE pod IS NOT NULL;

CREATE INDEX tokens_of_people ON tokens (attempt) WHERE attempt IS NULL AND pod IS NULL;

CREATE INDEX trigger_runs_by_task ON trigger_runs (task) WHERE task IS NOT NULL;

CREATE INDEX trigger_runs_newest ON trigger_runs (trigger_id, at DESC, occasion);

CREATE INDEX trigger_runs_open ON trigger_runs (state, at) WHERE ended_at IS NULL;

CREATE INDEX triggers_by_kind ON triggers (kind, org, id) WHERE is_enabled = 1;

CREATE INDEX triggers_by_org ON triggers (org, id DESC);

CREATE INDEX triggers_due ON triggers (next_at) WHERE is_enabled = 1 AND next_at IS NOT NULL;

CREATE TABLE agents (
  id            TEXT    PRIMARY KEY,
  org           TEXT    NOT NULL,
  kind          TEXT    NOT NULL,
  -- The credential that registered the name; nobody else may claim under it.
  principal     TEXT    NOT NULL,
  state         TEXT    NOT NULL,
  host          TEXT,
  pod           TEXT,
  task          TEXT,
  registered_at INTEGER NOT NULL,
  last_seen_at  INTEGER NOT NULL,
  retired_at    INTEGER
, tags TEXT NOT NULL DEFAULT '[]', runners TEXT NOT NULL DEFAULT '["loop"]', isolation TEXT NOT NULL DEFAULT 'none') STRICT;

CREATE TABLE approval_grants (
  id         TEXT    PRIMARY KEY,
  org        TEXT    NOT NULL,
  tool       TEXT    NOT NULL,
  -- Kind of the callers, and the only one of them where it is for one alone.
  kind       TEXT    NOT NULL,
  principal  TEXT,
  -- The only task whose calls it is for; it ends with the task.
  task       TEXT    REFERENCES tasks (id),
  approval   TEXT    NOT NULL REFERENCES approvals (id),
  given_by   TEXT    NOT NULL,
  given_at   INTEGER NOT NULL,
  expires_at INTEGER,
  -- When and by whom it was revoked; a task's own are ended by its end.
  ended_at   INTEGER,
  ended_by   TEXT
) STRICT;

CREATE TABLE approval_links (
  digest     TEXT    PRIMARY KEY,
  approval   TEXT    NOT NULL REFERENCES approvals (id),
  principal  TEXT    NOT NULL,
  created_at INTEGER NOT NULL,
  expires_at INTEGER NOT NULL
) STRICT;

CREATE TABLE "approvals" (
  id         TEXT    PRIMARY KEY,
  org        TEXT    NOT NULL,
  kind       TEXT    NOT NULL DEFAULT 'question' CHECK (kind IN ('question', 'call')),
  task       TEXT    REFERENCES tasks (id),
  attempt    TEXT,
  question   TEXT    NOT NULL,
  details    TEXT    NOT NULL,
  state      TEXT    NOT NULL,
  asked_by   TEXT    NOT NULL,
  asked_at   INTEGER NOT NULL,
  -- After this nobody waits for the answer any more, and none is taken.
  expires_at INTEGER,
  decided_by TEXT,
  reason     TEXT,
  decided_at INTEGER
, subject TEXT, tool TEXT, caller TEXT, scope TEXT, outcome TEXT, failure TEXT) STRICT;

CREATE TABLE artifacts (
  id         TEXT    PRIMARY KEY,
  task       TEXT    NOT NULL REFERENCES tasks (id),
  attempt    INTEGER NOT NULL,
  name       TEXT    NOT NULL,
  media_type TEXT    NOT NULL,
  size_bytes INTEGER NOT NULL,
  sha256     TEXT    NOT NULL,
  created_at INTEGER NOT NULL,
  UNIQUE (task, attempt, name)
) STRICT;

CREATE TABLE attempts (
  id               TEXT    PRIMARY KEY,
  task             TEXT    NOT NULL REFERENCES tasks (id),
  number           INTEGER NOT NULL,
  fence            INTEGER NOT NULL,
  agent            TEXT    NOT NULL,
  state            TEXT    NOT NULL,
  lease_expires_at INTEGER NOT NULL,
  log_position     INTEGER NOT NULL DEFAULT 0,
  started_at       INTEGER NOT NULL,
  ended_at         INTEGER,
  report_digest    TEXT,
  failure          TEXT, ends_at INTEGER,
  UNIQUE (task, number)
) STRICT;

CREATE TABLE "audit" (
  seq        INTEGER PRIMARY KEY,
  at         INTEGER NOT NULL,
  org        TEXT    NOT NULL,
  principal  TEXT    NOT NULL,
  tool       TEXT    NOT NULL,
  outcome    TEXT    NOT NULL,
  subject    TEXT,
  args       TEXT    NOT NULL,
  request_id TEXT    NOT NULL,
  hash       BLOB    NOT NULL
) STRICT;

CREATE TABLE audit_checkpoints (
  seq          INTEGER PRIMARY KEY,
  hash         BLOB    NOT NULL,
  dropped      INTEGER NOT NULL,
  recorded_seq INTEGER NOT NULL
) STRICT;

CREATE TABLE budgets (
  scope  TEXT    NOT NULL,
  id     TEXT    NOT NULL,
  org    TEXT    NOT NULL,
  limits TEXT    NOT NULL,
  set_by TEXT    NOT NULL,
  set_at INTEGER NOT NULL,
  PRIMARY KEY (scope, id)
) STRICT, WITHOUT ROWID;

CREATE TABLE capacity_samples (
  -- Empty for what belongs to no cluster: the queue of the hub.
  cluster          TEXT    NOT NULL,
  -- 0 is the cluster as a whole; from 1 on stand its busiest nodes, as they were when the span began.
  place            INTEGER NOT NULL,
  step_ms          INTEGER NOT NULL,
  slot             INTEGER NOT NULL,
  -- Begin of the span, and how many samples its means are of.
  at               INTEGER NOT NULL,
  samples          INTEGER NOT NULL,
  node             TEXT    NOT NULL,
  nodes            INTEGER NOT NULL,
  -- What is used is absent where nothing reports it.
  cpus_used        REAL,
  cpus_requested   REAL    NOT NULL,
  cpus_total       REAL    NOT NULL,
  memory_used      REAL,
  memory_requested REAL    NOT NULL,
  memory_total     REAL    NOT NULL,
  disk_used        REAL,
  disk_total       REAL    NOT NULL,
  gpus_requested   REAL,
  gpus_total       REAL    NOT NULL,
  pods_live        REAL    NOT NULL,
  pods_limit       REAL    NOT NULL,
  queued           REAL    NOT NULL,
  PRIMARY KEY (cluster, place, step_ms, slot)
) STRICT;

CREATE TABLE change_marks (
  change  TEXT    PRIMARY KEY REFERENCES changes (id),
  mark    TEXT    NOT NULL,
  seen_at INTEGER NOT NULL
) STRICT;

CREATE TABLE changes (
  id         TEXT    PRIMARY KEY,
  org        TEXT    NOT NULL,
  repo       TEXT    NOT NULL REFERENCES repositories (id),
  task       TEXT    UNIQUE,
  title      TEXT    NOT NULL,
  body       TEXT    NOT NULL,
  branch     TEXT    NOT NULL,
  target     TEXT    NOT NULL,
  state      TEXT    NOT NULL,
  head       TEXT    NOT NULL,
  author     TEXT    NOT NULL,
  merged_as  TEXT,
  merged_by  TEXT,
  created_at INTEGER NOT NULL,
  updated_at INTEGER NOT NULL
, handle TEXT, revisions INTEGER NOT NULL DEFAULT 0, remarks INTEGER NOT NULL DEFAULT 0, taken INTEGER NOT NULL DEFAULT 0, waiting TEXT, conflict TEXT, draft INTEGER NOT NULL DEFAULT 0, imported_by TEXT) STRICT;

CREATE TABLE chat_files (
  id           TEXT    PRIMARY KEY,
  owner        TEXT    NOT NULL,
  -- Which conversation it went along in; null until it is sent.
  conversation TEXT    REFERENCES conversations (id) ON DELETE CASCADE,
  name         TEXT    NOT NULL,
  media_type   TEXT    NOT NULL,
  size_bytes   INTEGER NOT NULL,
  sha256       TEXT    NOT NULL,
  created_at   INTEGER NOT NULL
) STRICT;

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

CREATE TABLE cluster_credentials (
  mark       TEXT    NOT NULL PRIMARY KEY,
  sealed     BLOB    NOT NULL,
  changed_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE clusters (
  id       TEXT    PRIMARY KEY,
  driver   TEXT    NOT NULL,
  -- Tells what this registration makes in the cluster from what others make there.
  mark     TEXT    NOT NULL UNIQUE,
  settings TEXT    NOT NULL,
  -- What was found to guard pods there; absent until everything stands.
  guards   TEXT,
  added_by TEXT    NOT NULL,
  added_at INTEGER NOT NULL
) STRICT;

CREATE TABLE comments (
  id         TEXT    PRIMARY KEY,
  change     TEXT    NOT NULL REFERENCES changes (id),
  revision   INTEGER NOT NULL,
  author     TEXT    NOT NULL,
  body       TEXT    NOT NULL,
  path       TEXT,
  line       INTEGER,
  created_at INTEGER NOT NULL
, number INTEGER NOT NULL DEFAULT 0, kind TEXT NOT NULL DEFAULT 'user', side TEXT, resolve TEXT, state TEXT NOT NULL DEFAULT 'open', reply_to TEXT, review TEXT, addressed_commit TEXT, addressed_revision INTEGER) STRICT;

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

CREATE TABLE cordons (
  cluster TEXT    NOT NULL,
  node    TEXT    NOT NULL,
  reason  TEXT    NOT NULL,
  set_by  TEXT    NOT NULL,
  set_at  INTEGER NOT NULL,
  PRIMARY KEY (cluster, node)
) STRICT, WITHOUT ROWID;

CREATE TABLE cursors (
  name TEXT    PRIMARY KEY,
  seq  INTEGER NOT NULL
) STRICT;

CREATE TABLE deferred_events (
  follower TEXT    NOT NULL,
  seq      INTEGER NOT NULL,
  since    INTEGER NOT NULL,
  tries    INTEGER NOT NULL,
  due_at   INTEGER NOT NULL,
  reason   TEXT    NOT NULL,
  PRIMARY KEY (follower, seq)
) STRICT;

CREATE TABLE events (
  seq     INTEGER PRIMARY KEY AUTOINCREMENT,
  at      INTEGER NOT NULL,
  org     TEXT    NOT NULL,
  kind    TEXT    NOT NULL,
  subject TEXT    NOT NULL,
  task    TEXT,
  data    TEXT    NOT NULL
, owner TEXT) STRICT;

CREATE TABLE exposure_keys (
  digest     TEXT    PRIMARY KEY,
  exposure   TEXT    NOT NULL,
  purpose    TEXT    NOT NULL CHECK (purpose IN ('ticket', 'session')),
  principal  TEXT    NOT NULL,
  expires_at INTEGER NOT NULL
) STRICT;

CREATE TABLE exposures (
  id         TEXT    PRIMARY KEY,
  org        TEXT    NOT NULL,
  pod        TEXT    NOT NULL,
  cluster    TEXT    NOT NULL,
  port       INTEGER NOT NULL,
  kind       TEXT    NOT NULL CHECK (kind IN ('http', 'code-server')),
  -- The first label of its host name: random, so that nobody guesses it.
  host       TEXT    NOT NULL UNIQUE,
  created_by TEXT    NOT NULL,
  created_at INTEGER NOT NULL,
  expires_at INTEGER NOT NULL,
  ended_at   INTEGER,
  reason     TEXT
) STRICT;

CREATE TABLE held_calls (
  approval  TEXT    PRIMARY KEY REFERENCES approvals (id),
  -- Of who calls, what, and with which arguments: the same call finds its row again.
  digest    TEXT    NOT NULL,
  principal TEXT    NOT NULL,
  name      TEXT    NOT NULL,
  -- The server that serves it, where that is no tool of this hub.
  upstream  TEXT,
  request   TEXT    NOT NULL,
  state     TEXT    NOT NULL CHECK (state IN ('waiting', 'running', 'done', 'delivered')),
  answer    TEXT,
  held_at   INTEGER NOT NULL
, done_at INTEGER) STRICT;

CREATE TABLE log_chunks (
  task    TEXT    NOT NULL,
  seq     INTEGER NOT NULL,
  attempt INTEGER NOT NULL,
  stream  TEXT    NOT NULL,
  at      INTEGER NOT NULL,
  data    BLOB    NOT NULL,
  PRIMARY KEY (task, seq)
) STRICT, WITHOUT ROWID;

CREATE TABLE logs (
  task     TEXT    PRIMARY KEY REFERENCES tasks (id),
  next_seq INTEGER NOT NULL,
  bytes    INTEGER NOT NULL
) STRICT;

CREATE TABLE merge_checks (
  change     TEXT    NOT NULL REFERENCES changes (id),
  head       TEXT    NOT NULL,
  target     TEXT    NOT NULL,
  -- The commit that was checked.
  merged     TEXT    NOT NULL,
  state      TEXT    NOT NULL,
  task       TEXT,
  created_at INTEGER NOT NULL,
  PRIMARY KEY (change, head, target)
) STRICT, WITHOUT ROWID;

CREATE TABLE messages (
  seq       INTEGER PRIMARY KEY AUTOINCREMENT,
  task      TEXT    NOT NULL REFERENCES tasks (id),
  author    TEXT    NOT NULL,
  body      TEXT    NOT NULL,
  at        INTEGER NOT NULL
, interrupt INTEGER NOT NULL DEFAULT 0) STRICT;

CREATE TABLE migrations (number INTEGER PRIMARY KEY, name TEXT NOT NULL, digest TEXT NOT NULL) STRICT;

CREATE TABLE model_reservations (
  id        TEXT    PRIMARY KEY,
  -- The run of the hub that makes the call.
  run       TEXT    NOT NULL,
  org       TEXT    NOT NULL,
  day       TEXT    NOT NULL,
  month     TEXT    NOT NULL,
  hour      TEXT    NOT NULL,
  plan      TEXT,
  task      TEXT,
  principal TEXT    NOT NULL,
  model     TEXT    NOT NULL,
  tokens    INTEGER NOT NULL,
  cost      INTEGER NOT NULL,
  at        INTEGER NOT NULL
) STRICT;

CREATE TABLE model_usage (
  id            TEXT    PRIMARY KEY,
  org           TEXT    NOT NULL,
  principal     TEXT    NOT NULL,
  task          TEXT,
  provider      TEXT    NOT NULL,
  model         TEXT    NOT NULL,
  input_tokens  INTEGER NOT NULL,
  output_tokens INTEGER NOT NULL,
  latency_ms    INTEGER NOT NULL,
  outcome       TEXT    NOT NULL,
  at            INTEGER NOT NULL
, plan TEXT, cached_tokens INTEGER NOT NULL DEFAULT 0, cost_nano_usd INTEGER) STRICT;

CREATE TABLE node_loads (
  cluster    TEXT    NOT NULL,
  node       TEXT    NOT NULL,
  pods       INTEGER NOT NULL,
  -- Whole numbers, so that adding and taking away leaves nothing over.
  milli_cpus INTEGER NOT NULL,
  memory_mb  INTEGER NOT NULL, gpus INTEGER NOT NULL DEFAULT 0,
  PRIMARY KEY (cluster, node)
) STRICT;

CREATE TABLE open_calls (
  request_id TEXT    PRIMARY KEY,
  org        TEXT    NOT NULL,
  principal  TEXT    NOT NULL,
  tool       TEXT    NOT NULL,
  subject    TEXT,
  args       TEXT    NOT NULL,
  began_at   INTEGER NOT NULL
) STRICT;

CREATE TABLE peer_invitations (
  token_id   TEXT    NOT NULL PRIMARY KEY,
  role       TEXT    NOT NULL,
  orgs       TEXT    NOT NULL,
  mutual     INTEGER NOT NULL,
  expires_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE peers (
  name      TEXT    NOT NULL PRIMARY KEY,
  url       TEXT,
  sealed    BLOB,
  token_id  TEXT,
  role      TEXT,
  orgs      TEXT    NOT NULL,
  joined_at INTEGER NOT NULL
, machine TEXT) STRICT, WITHOUT ROWID;

CREATE TABLE pins (
  upstream    TEXT    NOT NULL,
  tool        TEXT    NOT NULL,
  digest      TEXT    NOT NULL,
  definition  TEXT    NOT NULL,
  accepted_by TEXT    NOT NULL,
  accepted_at INTEGER NOT NULL,
  PRIMARY KEY (upstream, tool)
) STRICT, WITHOUT ROWID;

CREATE TABLE plan_edges (
  plan   TEXT    NOT NULL,
  source INTEGER NOT NULL,
  target INTEGER NOT NULL,
  -- A gate that looks at the result as soon as it is proposed, not only when it is final.
  early  INTEGER NOT NULL,
  PRIMARY KEY (plan, source, target)
) STRICT, WITHOUT ROWID;

CREATE TABLE plan_steps (
  plan         TEXT    NOT NULL REFERENCES plans (id),
  number       INTEGER NOT NULL,
  name         TEXT    NOT NULL,
  title        TEXT    NOT NULL,
  -- The longest way to it from a step that needs nothing.
  level        INTEGER NOT NULL,
  state        TEXT    NOT NULL,
  -- Steps it needs that have not let it go on yet. A step that ends touches only those right after it.
  waits_for    INTEGER NOT NULL,
  -- Whether the gates after it have been told of its result while that is in review.
  proposed     INTEGER NOT NULL DEFAULT 0,
  run          INTEGER NOT NULL DEFAULT 0,
  retries_left INTEGER NOT NULL,
  on_failure   TEXT    NOT NULL,
  task         TEXT,
  approval     TEXT,
  reason       TEXT,
  updated_at   INTEGER NOT NULL,
  is_gate      INTEGER NOT NULL,
  gate         TEXT,
  -- The task as a submitter would ask for it; null for a gate.
  request      TEXT,
  PRIMARY KEY (plan, number)
) STRICT;

CREATE TABLE plans (
  id              TEXT    PRIMARY KEY,
  org             TEXT    NOT NULL,
  title           TEXT    NOT NULL,
  state           TEXT    NOT NULL,
  -- What its steps come from: given, a Spec-Kit feature, or a goal.
  source          TEXT    NOT NULL,
  repo            TEXT,
  -- On whose authority its tasks run.
  principal       TEXT    NOT NULL,
  reason          TEXT,
  max_parallel    INTEGER NOT NULL,
  needs_approval  INTEGER NOT NULL,
  approval        TEXT,
  -- What a model answered last that was no plan.
  draft           TEXT,
  failure         TEXT,
  idempotency_key TEXT,
  request_digest  TEXT    NOT NULL,
  waiting         INTEGER NOT NULL DEFAULT 0,
  ready           INTEGER NOT NULL DEFAULT 0,
  running         INTEGER NOT NULL DEFAULT 0,
  held            INTEGER NOT NULL DEFAULT 0,
  succeeded       INTEGER NOT NULL DEFAULT 0,
  failed          INTEGER NOT NULL DEFAULT 0,
  canceled        INTEGER NOT NULL DEFAULT 0,
  skipped         INTEGER NOT NULL DEFAULT 0,
  created_at      INTEGER NOT NULL,
  updated_at      INTEGER NOT NULL,
  finished_at     INTEGER
) STRICT;

CREATE TABLE pods (
  id          TEXT    PRIMARY KEY,
  org         TEXT    NOT NULL,
  cluster     TEXT    NOT NULL,
  node        TEXT    NOT NULL,
  task        TEXT,
  command     TEXT    NOT NULL,
  state       TEXT    NOT NULL,
  isolation   TEXT    NOT NULL,
  limits      TEXT    NOT NULL,
  resources   TEXT    NOT NULL,
  timeout_ms  INTEGER NOT NULL,
  exit_code   INTEGER,
  reason      TEXT,
  created_at  INTEGER NOT NULL,
  ended_at    INTEGER
, handle TEXT, evicted TEXT, template TEXT, repo TEXT, exit_limit TEXT) STRICT;

CREATE TABLE quotas (
  org    TEXT    PRIMARY KEY,
  limits TEXT    NOT NULL,
  set_by TEXT    NOT NULL,
  set_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE rejected_tools (
  upstream    TEXT    NOT NULL,
  tool        TEXT    NOT NULL,
  digest      TEXT    NOT NULL,
  rejected_by TEXT    NOT NULL,
  rejected_at INTEGER NOT NULL,
  PRIMARY KEY (upstream, tool, digest)
) STRICT, WITHOUT ROWID;

CREATE TABLE remark_keys (
  change   TEXT    NOT NULL REFERENCES changes (id),
  author   TEXT    NOT NULL,
  key      TEXT    NOT NULL,
  digest   TEXT    NOT NULL,
  -- What it is about, also where there is a later one when the call is sent again.
  revision INTEGER NOT NULL,
  -- JSON: the id of the comment, or that of the review and then those of its comments.
  ids      TEXT    NOT NULL,
  PRIMARY KEY (change, author, key)
) STRICT, WITHOUT ROWID;

CREATE TABLE remarks (
  change  TEXT NOT NULL REFERENCES changes (id),
  handle  TEXT NOT NULL,
  became  TEXT NOT NULL,
  PRIMARY KEY (change, handle)
) STRICT, WITHOUT ROWID;

CREATE TABLE remote_tasks (
  id          TEXT    NOT NULL PRIMARY KEY,
  task        TEXT    NOT NULL,
  peer        TEXT    NOT NULL,
  -- `assigned`: to be claimed and followed; `in_review`: proposed, and followed without a lease;
  -- `canceling`: nothing here waits for it any more, and the peer has to be told.
  state       TEXT    NOT NULL,
  -- The attempt here, 0 before it is claimed; the task there, none before the peer has answered.
  attempt     INTEGER NOT NULL,
  remote_task TEXT,
  -- Where the log there stood when the attempt began, and the chunks of our own in the log here.
  log_from    INTEGER NOT NULL,
  own_chunks  INTEGER NOT NULL,
  -- A chunk of our own that is about to be added, and the position that it has here.
  note        TEXT,
  note_at     INTEGER,
  -- The last message to the task that was passed on.
  message     INTEGER NOT NULL,
  assigned_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE repositories (
  id             TEXT    PRIMARY KEY,
  org            TEXT    NOT NULL,
  path           TEXT    NOT NULL,
  default_branch TEXT    NOT NULL,
  provider       TEXT    NOT NULL,
  created_at     INTEGER NOT NULL,
  UNIQUE (org, path)
) STRICT;

CREATE TABLE reservations (
  cluster     TEXT    NOT NULL,
  node        TEXT    NOT NULL,
  task        TEXT    NOT NULL UNIQUE,
  org         TEXT    NOT NULL,
  -- What the task will be promised there.
  resources   TEXT    NOT NULL,
  reserved_at INTEGER NOT NULL,
  -- Two tasks that wait for one node would each keep the other from it.
  PRIMARY KEY (cluster, node)
) STRICT;

CREATE TABLE reviews (
  id         TEXT    PRIMARY KEY,
  change     TEXT    NOT NULL REFERENCES changes (id),
  revision   INTEGER NOT NULL,
  reviewer   TEXT    NOT NULL,
  verdict    TEXT    NOT NULL,
  body       TEXT    NOT NULL,
  created_at INTEGER NOT NULL
, number INTEGER NOT NULL DEFAULT 0, kind TEXT NOT NULL DEFAULT 'user', task TEXT, is_author INTEGER NOT NULL DEFAULT 0) STRICT;

CREATE TABLE revisions (
  change        TEXT    NOT NULL REFERENCES changes (id),
  number        INTEGER NOT NULL,
  head          TEXT    NOT NULL,
  base          TEXT    NOT NULL,
  summary       TEXT    NOT NULL,
  checks        TEXT    NOT NULL,
  files_changed INTEGER NOT NULL,
  additions     INTEGER NOT NULL,
  deletions     INTEGER NOT NULL,
  created_at    INTEGER NOT NULL, handle TEXT,
  PRIMARY KEY (change, number)
) STRICT, WITHOUT ROWID;

CREATE TABLE sign_ins (
  upstream   TEXT    NOT NULL PRIMARY KEY,
  sealed     BLOB    NOT NULL,
  changed_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE spending (
  scope           TEXT    NOT NULL,
  id              TEXT    NOT NULL,
  period          TEXT    NOT NULL,
  steps           INTEGER NOT NULL DEFAULT 0,
  tokens          INTEGER NOT NULL DEFAULT 0,
  cost            INTEGER NOT NULL DEFAULT 0,
  -- Calls whose cost is not known and therefore not in `cost`.
  unpriced        INTEGER NOT NULL DEFAULT 0,
  -- What calls under way may still come to.
  reserved_steps  INTEGER NOT NULL DEFAULT 0,
  reserved_tokens INTEGER NOT NULL DEFAULT 0,
  reserved_cost   INTEGER NOT NULL DEFAULT 0,
  PRIMARY KEY (scope, id, period)
) STRICT, WITHOUT ROWID;

CREATE TABLE task_submitters (
  task      TEXT PRIMARY KEY,
  principal TEXT NOT NULL
) STRICT;

CREATE TABLE tasks (
  id              TEXT    PRIMARY KEY,
  org             TEXT    NOT NULL,
  title           TEXT    NOT NULL,
  template        TEXT    NOT NULL,
  params          TEXT    NOT NULL,
  repo            TEXT,
  state           TEXT    NOT NULL,
  waiting_for     TEXT,
  priority        INTEGER NOT NULL,
  attempts        INTEGER NOT NULL DEFAULT 0,
  failures        INTEGER NOT NULL DEFAULT 0,
  max_attempts    INTEGER NOT NULL,
  fence           INTEGER NOT NULL DEFAULT 0,
  resources       TEXT    NOT NULL,
  isolation       TEXT,
  timeout_ms      INTEGER NOT NULL,
  model           TEXT,
  parent          TEXT,
  retry_of        TEXT,
  idempotency_key TEXT,
  request_digest  TEXT    NOT NULL,
  submitted_by    TEXT    NOT NULL,
  agent           TEXT,
  result          TEXT,
  failure         TEXT,
  submitted_at    INTEGER NOT NULL,
  updated_at      INTEGER NOT NULL,
  finished_at     INTEGER,
  not_before_at   INTEGER NOT NULL DEFAULT 0
, pending_reason TEXT, plan TEXT, step TEXT, depth INTEGER NOT NULL DEFAULT 0, provenance TEXT NOT NULL DEFAULT '{"via":"call"}', requirements TEXT NOT NULL DEFAULT '{}', budget TEXT NOT NULL DEFAULT '{}', inputs TEXT NOT NULL DEFAULT '[]', rank INTEGER NOT NULL DEFAULT 0, lane TEXT NOT NULL DEFAULT '') STRICT;

CREATE TABLE tokens (
  id         TEXT    PRIMARY KEY,
  digest     TEXT    NOT NULL UNIQUE,
  purpose    TEXT    NOT NULL CHECK (purpose IN ('access', 'session', 'login')),
  principal  TEXT    NOT NULL,
  label      TEXT    NOT NULL,
  attempt    TEXT,
  pod        TEXT,
  created_at INTEGER NOT NULL,
  expires_at INTEGER
) STRICT;

CREATE TABLE trigger_runs (
  trigger_id TEXT    NOT NULL,
  occasion   TEXT    NOT NULL,
  -- waiting, pending (to be submitted), submitted, then succeeded, failed, canceled or skipped.
  state      TEXT    NOT NULL,
  -- Arguments of task_submit, as JSON.
  request    TEXT    NOT NULL,
  -- The change whose occasion it is, which hears of the result.
  change     TEXT,
  task       TEXT,
  reason     TEXT,
  at         INTEGER NOT NULL,
  ended_at   INTEGER,
  PRIMARY KEY (trigger_id, occasion)
) STRICT;

CREATE TABLE triggers (
  id              TEXT    PRIMARY KEY,
  org             TEXT    NOT NULL,
  title           TEXT    NOT NULL,
  -- schedule, change, push, plan or manual; `condition` and `task` are JSON of schemas/trigger.ts.
  kind            TEXT    NOT NULL,
  condition       TEXT    NOT NULL,
  task            TEXT    NOT NULL,
  overlap         TEXT    NOT NULL,
  max_concurrent  INTEGER NOT NULL,
  max_failures    INTEGER NOT NULL,
  -- On whose authority it submits, with the roles of the moment when it was made.
  principal       TEXT    NOT NULL,
  created_by      TEXT    NOT NULL,
  is_enabled      INTEGER NOT NULL,
  disabled_reason TEXT,
  failures        INTEGER NOT NULL DEFAULT 0,
  next_at         INTEGER,
  -- Of a branch: the commit that was seen last.
  seen            TEXT,
  created_at      INTEGER NOT NULL,
  updated_at      INTEGER NOT NULL
) STRICT;

CREATE TABLE trusted_templates (
  org TEXT NOT NULL,
  repo TEXT NOT NULL,
  name TEXT NOT NULL,
  path TEXT NOT NULL,
  commit_hash TEXT NOT NULL,
  digest TEXT NOT NULL,
  body TEXT NOT NULL,
  trusted_by TEXT NOT NULL,
  trusted_at INTEGER NOT NULL,
  PRIMARY KEY (org, repo, name)
) STRICT;

CREATE TABLE upstream_lists (
  upstream TEXT    NOT NULL PRIMARY KEY,
  config   TEXT    NOT NULL,
  lists    TEXT    NOT NULL,
  read_at  INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE workspaces (
  task       TEXT    PRIMARY KEY,
  repo       TEXT    NOT NULL REFERENCES repositories (id),
  branch     TEXT    NOT NULL,
  base       TEXT    NOT NULL,
  target     TEXT    NOT NULL,
  created_at INTEGER NOT NULL
) STRICT;

CREATE TRIGGER audit_is_append_only_delete BEFORE DELETE ON audit
WHEN OLD.seq > coalesce((SELECT max(seq) FROM audit_checkpoints), 0)
BEGIN SELECT RAISE(ABORT, 'the audit trail is append-only'); END;

CREATE TRIGGER audit_is_append_only_update BEFORE UPDATE ON audit
BEGIN SELECT RAISE(ABORT, 'the audit trail is append-only'); END;
