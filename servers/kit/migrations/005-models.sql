-- One row per model call: who, for which task, on which model, how much.
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
) STRICT;
CREATE INDEX model_usage_by_task ON model_usage (task) WHERE task IS NOT NULL;
CREATE INDEX model_usage_by_org ON model_usage (org, at);
