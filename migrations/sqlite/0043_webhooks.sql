-- Other systems that are told of each change of a settlement. The secret signs what they are told, so it
-- is kept as it is.
CREATE TABLE webhook (
    id INTEGER PRIMARY KEY,
    name TEXT NOT NULL,
    address TEXT NOT NULL,
    secret TEXT NOT NULL,
    inside INTEGER NOT NULL CHECK (inside IN (0, 1)),
    told_through INTEGER NOT NULL,
    failures INTEGER NOT NULL,
    next_at INTEGER NOT NULL,
    why TEXT NOT NULL,
    by_whom TEXT NOT NULL,
    recorded_at INTEGER NOT NULL,
    ended_at INTEGER
) STRICT;
CREATE UNIQUE INDEX webhook_by_name ON webhook (name) WHERE ended_at IS NULL;
