-- Every minute it is asked when the last message left, so that mail which stands still is noticed.
CREATE INDEX message_sent ON message (changed_at) WHERE state = 'sent';
