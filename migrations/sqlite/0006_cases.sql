-- What needs a person. A case is changed in place; all that happens to it is an event.

CREATE TABLE desk_case (
    id INTEGER PRIMARY KEY,
    kind TEXT NOT NULL,
    queue TEXT NOT NULL CHECK (queue IN ('cos', 'bursar')),
    subject TEXT NOT NULL,
    student TEXT,
    causes TEXT NOT NULL,
    state TEXT NOT NULL CHECK (state IN ('new', 'open', 'waiting', 'resolved', 'closed')),
    owner TEXT NOT NULL,
    outcome TEXT NOT NULL,
    opened_on TEXT NOT NULL CHECK (opened_on IS date(opened_on)),
    deadline TEXT NOT NULL CHECK (deadline IS date(deadline)),
    closed_on TEXT CHECK (closed_on IS date(closed_on)),
    recorded_at INTEGER NOT NULL
) STRICT;
-- Of one kind and subject one case is open at most.
CREATE UNIQUE INDEX desk_case_open ON desk_case (kind, subject) WHERE state IN ('new', 'open', 'waiting');
CREATE INDEX desk_case_by_subject ON desk_case (kind, subject);

CREATE TABLE case_event (
    id INTEGER PRIMARY KEY,
    case_id INTEGER NOT NULL REFERENCES desk_case (id),
    what TEXT NOT NULL,
    detail TEXT NOT NULL,
    by_whom TEXT NOT NULL,
    recorded_at INTEGER NOT NULL
) STRICT;
CREATE INDEX case_event_by_case ON case_event (case_id);

CREATE TRIGGER desk_case_no_delete BEFORE DELETE ON desk_case
    BEGIN SELECT RAISE (ABORT, 'desk_case is never deleted'); END;
CREATE TRIGGER case_event_no_update BEFORE UPDATE ON case_event
    BEGIN SELECT RAISE (ABORT, 'case_event is append-only'); END;
CREATE TRIGGER case_event_no_delete BEFORE DELETE ON case_event
    BEGIN SELECT RAISE (ABORT, 'case_event is append-only'); END;
