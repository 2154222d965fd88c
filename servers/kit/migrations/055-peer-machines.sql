-- The machine of the mesh that the credential of a peer counts from; none where it joined by another way.
ALTER TABLE peers ADD COLUMN machine TEXT;
