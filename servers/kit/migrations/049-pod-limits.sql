-- Which of its own limits ended a pod, `memory` or `time`: its task would end alike with as much again.
ALTER TABLE pods ADD COLUMN exit_limit TEXT;
