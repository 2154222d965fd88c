-- GPUs that live pods on record are promised; the next start counts them.
ALTER TABLE node_loads ADD COLUMN gpus INTEGER NOT NULL DEFAULT 0;
