-- Whether the change is a draft: shown, and neither reviewed nor merged until it is ready.
ALTER TABLE changes ADD COLUMN draft INTEGER NOT NULL DEFAULT 0;
