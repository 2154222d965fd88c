-- Events that a follower could not handle yet, because something that it needs was away: it goes on with
-- the next ones and comes back to these, for a day at most.
CREATE TABLE deferred_events (
  follower TEXT    NOT NULL,
  seq      INTEGER NOT NULL,
  since    INTEGER NOT NULL,
  tries    INTEGER NOT NULL,
  due_at   INTEGER NOT NULL,
  reason   TEXT    NOT NULL,
  PRIMARY KEY (follower, seq)
) STRICT;
CREATE INDEX deferred_events_due ON deferred_events (follower, due_at);
-- What retention removes of approvals and grants, oldest first.
CREATE INDEX approvals_answered ON approvals (asked_at, id) WHERE state <> 'pending';
CREATE INDEX approval_grants_over ON approval_grants (given_at, id)
  WHERE ended_at IS NOT NULL OR expires_at IS NOT NULL;
CREATE INDEX approval_grants_by_approval ON approval_grants (approval);
CREATE INDEX approval_links_by_approval ON approval_links (approval);
