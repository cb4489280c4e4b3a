-- What is found on a machine, such as a full disk, is that machine's to end: several see different disks.
-- When it was last found, so that what a machine that is gone had found ends too.
ALTER TABLE alert ADD COLUMN machine TEXT NOT NULL DEFAULT '';
ALTER TABLE alert ADD COLUMN seen_at BIGINT;
DROP INDEX alert_open;
CREATE UNIQUE INDEX alert_open ON alert (kind, subject, machine) WHERE over_at IS NULL;
