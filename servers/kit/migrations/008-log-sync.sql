-- The log file itself is forced to the disk now; a row to write for it is not needed.
DROP TABLE synced;
