-- Sending: how often a message was tried and when the next time is; messages to the office itself,
-- which are about no student and come from no run; letters, and the day on which each was delivered.

ALTER TABLE message ALTER COLUMN run_id DROP NOT NULL;
ALTER TABLE message ALTER COLUMN person_id DROP NOT NULL;
ALTER TABLE message ADD COLUMN queue TEXT CHECK (queue IN ('cos', 'bursar'));
ALTER TABLE message ADD COLUMN attempts BIGINT NOT NULL DEFAULT 0;
ALTER TABLE message ADD COLUMN failed_since BIGINT;
ALTER TABLE message ADD COLUMN next_attempt_at BIGINT NOT NULL DEFAULT 0;
ALTER TABLE message ADD COLUMN sent_on DATE;
ALTER TABLE message ADD COLUMN delivered_on DATE;
ALTER TABLE message ADD CONSTRAINT message_to_somebody CHECK ((person_id IS NULL) <> (queue IS NULL));
