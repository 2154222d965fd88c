-- What model calls cost and may cost. Money is in billionths of a US dollar, so that sums are exact.
ALTER TABLE model_usage ADD COLUMN plan TEXT;
ALTER TABLE model_usage ADD COLUMN cached_tokens INTEGER NOT NULL DEFAULT 0;
-- NULL where the price of the model is not known.
ALTER TABLE model_usage ADD COLUMN cost_nano_usd INTEGER;
UPDATE model_usage SET cost_nano_usd = 0
  WHERE provider = 'scripted' OR provider LIKE 'ollama%' OR outcome <> 'ok';
CREATE INDEX model_usage_by_plan ON model_usage (plan) WHERE plan IS NOT NULL;

-- Sums of model_usage, kept with each row of it: a check of a budget reads one row for each window.
-- `scope` is task, plan, org_hour (of UTC), org_day or org_month (of the org's time zone).
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

INSERT INTO spending (scope, id, period, steps, tokens, cost, unpriced)
  SELECT 'task', task, '', count(*), sum(input_tokens + output_tokens), 0,
         count(*) FILTER (WHERE cost_nano_usd IS NULL)
  FROM model_usage WHERE outcome = 'ok' AND task IS NOT NULL GROUP BY task;
INSERT INTO spending (scope, id, period, steps, tokens, cost, unpriced)
  SELECT 'org_day', org, strftime('%Y-%m-%d', at / 1000, 'unixepoch') AS day, count(*),
         sum(input_tokens + output_tokens), 0, count(*) FILTER (WHERE cost_nano_usd IS NULL)
  FROM model_usage WHERE outcome = 'ok' GROUP BY org, day;
INSERT INTO spending (scope, id, period, steps, tokens, cost, unpriced)
  SELECT 'org_month', id, substr(period, 1, 7) AS month, sum(steps), sum(tokens), 0, sum(unpriced)
  FROM spending WHERE scope = 'org_day' GROUP BY id, month;

-- Model calls under way, so that parallel ones do not overshoot a budget together. What a killed hub
-- left is settled at the next start.
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

-- What budget_set said, before what was submitted or configured. `limits` is JSON.
CREATE TABLE budgets (
  scope  TEXT    NOT NULL,
  id     TEXT    NOT NULL,
  org    TEXT    NOT NULL,
  limits TEXT    NOT NULL,
  set_by TEXT    NOT NULL,
  set_at INTEGER NOT NULL,
  PRIMARY KEY (scope, id)
) STRICT, WITHOUT ROWID;

-- Tasks that a spent budget holds.
CREATE INDEX tasks_spent ON tasks (org, id) WHERE waiting_for = 'budget';
-- When the time of an attempt is over: an agent that ignores it is stopped.
ALTER TABLE attempts ADD COLUMN ends_at INTEGER;
CREATE INDEX attempts_ending ON attempts (ends_at) WHERE ended_at IS NULL AND ends_at IS NOT NULL;
-- Service times of the attempts that ended last, for forecasts.
CREATE INDEX attempts_ended ON attempts (ended_at) WHERE ended_at IS NOT NULL;
