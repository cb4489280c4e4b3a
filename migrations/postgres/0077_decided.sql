-- Entries by the decision that their conclusion rests on: the debits that paid a refund. Without it every
-- conclusion was read wherever a student had a decision or a reversal.
CREATE INDEX identification_by_decision ON identification (decision_id) WHERE decision_id IS NOT NULL;
