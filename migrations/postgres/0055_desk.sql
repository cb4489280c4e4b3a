-- A case sleeps until a day and comes back by itself.

ALTER TABLE desk_case ADD COLUMN waits_until DATE;
-- What the office handed to whoever talks with students.
CREATE INDEX decision_hand_over ON decision (entry_id) WHERE kind = 'hand_over';
