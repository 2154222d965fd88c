-- A graph of steps. How many steps are in each state stands in the plan's own row, so that no question
-- about a plan costs more the larger it is.
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
CREATE INDEX plans_by_org ON plans (org, id DESC);
CREATE UNIQUE INDEX plans_by_key ON plans (org, idempotency_key) WHERE idempotency_key IS NOT NULL;
CREATE INDEX plans_drafting ON plans (id) WHERE state = 'drafting';
CREATE INDEX plans_by_approval ON plans (approval) WHERE approval IS NOT NULL;

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
CREATE UNIQUE INDEX plan_steps_by_name ON plan_steps (plan, name);
CREATE INDEX plan_steps_by_state ON plan_steps (plan, state, number);
-- What may begin: gates are opened before tasks are made, however many of either are ready.
CREATE INDEX plan_steps_by_kind ON plan_steps (plan, state, is_gate, number);
CREATE INDEX plan_steps_by_approval ON plan_steps (approval) WHERE approval IS NOT NULL;

CREATE TABLE plan_edges (
  plan   TEXT    NOT NULL,
  source INTEGER NOT NULL,
  target INTEGER NOT NULL,
  -- A gate that looks at the result as soon as it is proposed, not only when it is final.
  early  INTEGER NOT NULL,
  PRIMARY KEY (plan, source, target)
) STRICT, WITHOUT ROWID;
CREATE INDEX plan_edges_by_target ON plan_edges (plan, target, source, early);
