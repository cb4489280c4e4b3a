-- Sending: how often a message was tried and when the next time is; messages to the office itself,
-- which are about no student and come from no run; letters, and the day on which each was delivered.

-- SQLite takes no NOT NULL away: the table is made anew, and with it those that refer to it.
CREATE TABLE message_5 (
    id INTEGER NOT NULL PRIMARY KEY,
    run_id INTEGER REFERENCES dunning_run (id),
    person_id INTEGER REFERENCES person (id),
    template TEXT NOT NULL,
    language TEXT NOT NULL CHECK (language IN ('pl', 'en')),
    as_of TEXT NOT NULL CHECK (as_of IS date(as_of)),
    asks_for_the_number INTEGER NOT NULL CHECK (asks_for_the_number IN (0, 1)),
    state TEXT NOT NULL CHECK (state IN
        ('due', 'sending', 'sent', 'failed', 'refused', 'uncertain', 'withdrawn')),
    changed_at INTEGER NOT NULL,
    recorded_at INTEGER NOT NULL,
    queue TEXT CHECK (queue IN ('cos', 'bursar')),
    attempts INTEGER NOT NULL DEFAULT 0,
    failed_since INTEGER,
    next_attempt_at INTEGER NOT NULL DEFAULT 0,
    sent_on TEXT CHECK (sent_on IS date(sent_on)),
    delivered_on TEXT CHECK (delivered_on IS date(delivered_on)),
    CHECK ((person_id IS NULL) <> (queue IS NULL))
) STRICT;
CREATE TABLE message_item_5 (
    message_id INTEGER NOT NULL REFERENCES message_5 (id),
    place INTEGER NOT NULL,
    item TEXT NOT NULL,
    step TEXT NOT NULL,
    round INTEGER NOT NULL,
    currency TEXT NOT NULL,
    open_minor INTEGER NOT NULL CHECK (open_minor > 0),
    due_on TEXT NOT NULL CHECK (due_on IS date(due_on)),
    PRIMARY KEY (message_id, place),
    UNIQUE (item, step, round)
) STRICT;
CREATE TABLE message_event_5 (
    id INTEGER PRIMARY KEY,
    message_id INTEGER NOT NULL REFERENCES message_5 (id),
    state TEXT NOT NULL,
    detail TEXT NOT NULL,
    by_whom TEXT NOT NULL,
    recorded_at INTEGER NOT NULL
) STRICT;
INSERT INTO message_5 (id, run_id, person_id, template, language, as_of, asks_for_the_number, state,
    changed_at, recorded_at) SELECT * FROM message;
INSERT INTO message_item_5 SELECT * FROM message_item;
INSERT INTO message_event_5 SELECT * FROM message_event;
DROP TABLE message_item;
DROP TABLE message_event;
DROP TABLE message;
ALTER TABLE message_5 RENAME TO message;
ALTER TABLE message_item_5 RENAME TO message_item;
ALTER TABLE message_event_5 RENAME TO message_event;
CREATE INDEX message_by_person ON message (person_id);
CREATE INDEX message_to_be_sent ON message (state) WHERE state IN ('due', 'sending', 'failed');
CREATE INDEX message_event_by_message ON message_event (message_id);
CREATE TRIGGER message_no_delete BEFORE DELETE ON message
    BEGIN SELECT RAISE (ABORT, 'message is never deleted'); END;
CREATE TRIGGER message_item_no_update BEFORE UPDATE ON message_item
    BEGIN SELECT RAISE (ABORT, 'message_item is append-only'); END;
CREATE TRIGGER message_item_no_delete BEFORE DELETE ON message_item
    BEGIN SELECT RAISE (ABORT, 'message_item is append-only'); END;
CREATE TRIGGER message_event_no_update BEFORE UPDATE ON message_event
    BEGIN SELECT RAISE (ABORT, 'message_event is append-only'); END;
CREATE TRIGGER message_event_no_delete BEFORE DELETE ON message_event
    BEGIN SELECT RAISE (ABORT, 'message_event is append-only'); END;
