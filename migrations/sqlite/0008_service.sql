-- What runs by itself: when each job runs next, who runs it now and until when that is believed,
-- and how the last run ended. `fence` grows with every run: whoever comes back with an older one has
-- lost the job meanwhile.

CREATE TABLE job (
    name TEXT NOT NULL PRIMARY KEY,
    schedule TEXT NOT NULL,
    is_paused INTEGER NOT NULL DEFAULT 0 CHECK (is_paused IN (0, 1)),
    next_at INTEGER,
    fence INTEGER NOT NULL DEFAULT 0,
    holder TEXT,
    held_until INTEGER NOT NULL DEFAULT 0,
    started_at INTEGER,
    ended_at INTEGER,
    outcome TEXT NOT NULL DEFAULT '' CHECK (outcome IN ('', 'done', 'attention', 'refused', 'failed')),
    said TEXT NOT NULL DEFAULT '',
    counts TEXT NOT NULL DEFAULT '{}',
    failures INTEGER NOT NULL DEFAULT 0,
    failing_since INTEGER
) STRICT;

-- What does not happen as it should, from when to when, and whether the administrator knows.
CREATE TABLE alert (
    id INTEGER PRIMARY KEY,
    kind TEXT NOT NULL,
    subject TEXT NOT NULL,
    said TEXT NOT NULL,
    raised_at INTEGER NOT NULL,
    raised_told_at INTEGER,
    over_at INTEGER,
    over_told_at INTEGER
) STRICT;
-- Of one kind and subject one is open at most.
CREATE UNIQUE INDEX alert_open ON alert (kind, subject) WHERE over_at IS NULL;
