-- What is to be said to students. A message is written with the decision to send it and handed over
-- later; its state is what became of it, and every change of that is an event.

CREATE TABLE dunning_run (
    id INTEGER PRIMARY KEY,
    as_of TEXT NOT NULL CHECK (as_of IS date(as_of)),
    students INTEGER NOT NULL,
    messages INTEGER NOT NULL,
    held_back INTEGER NOT NULL,
    recorded_at INTEGER NOT NULL
) STRICT;

CREATE TABLE message (
    id INTEGER NOT NULL PRIMARY KEY,
    run_id INTEGER NOT NULL REFERENCES dunning_run (id),
    person_id INTEGER NOT NULL REFERENCES person (id),
    template TEXT NOT NULL,
    language TEXT NOT NULL CHECK (language IN ('pl', 'en')),
    as_of TEXT NOT NULL CHECK (as_of IS date(as_of)),
    asks_for_the_number INTEGER NOT NULL CHECK (asks_for_the_number IN (0, 1)),
    state TEXT NOT NULL CHECK (state IN
        ('due', 'sending', 'sent', 'failed', 'refused', 'uncertain', 'withdrawn')),
    changed_at INTEGER NOT NULL,
    recorded_at INTEGER NOT NULL
) STRICT;
CREATE INDEX message_by_person ON message (person_id);
CREATE INDEX message_to_be_sent ON message (state) WHERE state IN ('due', 'sending', 'failed');

-- One item of a message. A step of an item is sent once; a withdrawal opens the next round.
CREATE TABLE message_item (
    message_id INTEGER NOT NULL REFERENCES message (id),
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

CREATE TABLE message_event (
    id INTEGER PRIMARY KEY,
    message_id INTEGER NOT NULL REFERENCES message (id),
    state TEXT NOT NULL,
    detail TEXT NOT NULL,
    by_whom TEXT NOT NULL,
    recorded_at INTEGER NOT NULL
) STRICT;
CREATE INDEX message_event_by_message ON message_event (message_id);

-- A message that an interlock held back, and why; kept with the run.
CREATE TABLE held_back (
    run_id INTEGER NOT NULL REFERENCES dunning_run (id),
    person_id INTEGER NOT NULL REFERENCES person (id),
    item TEXT NOT NULL,
    step TEXT NOT NULL,
    reason TEXT NOT NULL,
    until_day TEXT CHECK (until_day IS date(until_day)),
    PRIMARY KEY (run_id, item, reason)
) STRICT;

CREATE TRIGGER dunning_run_no_update BEFORE UPDATE ON dunning_run
    BEGIN SELECT RAISE (ABORT, 'dunning_run is append-only'); END;
CREATE TRIGGER dunning_run_no_delete BEFORE DELETE ON dunning_run
    BEGIN SELECT RAISE (ABORT, 'dunning_run is append-only'); END;
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
CREATE TRIGGER held_back_no_update BEFORE UPDATE ON held_back
    BEGIN SELECT RAISE (ABORT, 'held_back is append-only'); END;
CREATE TRIGGER held_back_no_delete BEFORE DELETE ON held_back
    BEGIN SELECT RAISE (ABORT, 'held_back is append-only'); END;
