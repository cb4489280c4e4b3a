-- Merges bear on every lookup and settlement, and are few among the decisions.
CREATE INDEX decision_merges ON decision (acts_on, id) WHERE kind = 'merge';
