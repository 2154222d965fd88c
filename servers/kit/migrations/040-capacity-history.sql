-- What the live pods on record are promised on each node, kept as they come and go: a placement that
-- counted the pods themselves would take longer with every one of them.
CREATE TABLE node_loads (
  cluster    TEXT    NOT NULL,
  node       TEXT    NOT NULL,
  pods       INTEGER NOT NULL,
  -- Whole numbers, so that adding and taking away leaves nothing over.
  milli_cpus INTEGER NOT NULL,
  memory_mb  INTEGER NOT NULL,
  PRIMARY KEY (cluster, node)
) STRICT;
INSERT INTO node_loads (cluster, node, pods, milli_cpus, memory_mb)
SELECT cluster, node, count(*),
  sum(CAST(round(coalesce(json_extract(resources, '$.cpus'), 1) * 1000) AS INTEGER)),
  sum(CAST(coalesce(json_extract(resources, '$.memoryMb'), 1024) AS INTEGER))
FROM pods WHERE ended_at IS NULL GROUP BY cluster, node;
CREATE INDEX pods_live_by_org ON pods (org) WHERE ended_at IS NULL;

-- What clusters had, promised and used over time. A row is a span of time, and is written over by the
-- span that comes a whole turn of its step later, so there are never more rows than slots.
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
