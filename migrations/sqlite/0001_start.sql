-- Facts are appended and never edited; triggers at the end say so. Amounts are minor units beside a
-- currency, instants are milliseconds since 1970 in UTC, flags are 0 or 1.

CREATE TABLE bank_account (
    id INTEGER PRIMARY KEY,
    iban TEXT NOT NULL UNIQUE,
    currency TEXT NOT NULL,
    recorded_at INTEGER NOT NULL
) STRICT;

-- Raw bytes, gzipped, so that a backup is one thing and a file can be read again.
CREATE TABLE file (
    sha256 TEXT NOT NULL PRIMARY KEY,
    name TEXT NOT NULL,
    size_bytes INTEGER NOT NULL,
    content BLOB NOT NULL,
    recorded_at INTEGER NOT NULL
) STRICT;

CREATE TABLE statement (
    id INTEGER PRIMARY KEY,
    file_sha256 TEXT NOT NULL REFERENCES file (sha256),
    place_in_file INTEGER NOT NULL,
    bank_account_id INTEGER NOT NULL REFERENCES bank_account (id),
    format TEXT NOT NULL,
    profile TEXT NOT NULL,
    encoding TEXT NOT NULL,
    line INTEGER NOT NULL,
    sequence TEXT,
    reference TEXT,
    number INTEGER,
    first_day TEXT CHECK (first_day IS date(first_day)),
    last_day TEXT CHECK (last_day IS date(last_day)),
    opening_date TEXT CHECK (opening_date IS date(opening_date)),
    opening_minor INTEGER,
    closing_minor INTEGER,
    by_value_date INTEGER NOT NULL CHECK (by_value_date IN (0, 1)),
    entry_count INTEGER NOT NULL,
    status TEXT NOT NULL CHECK (status IN
        ('published', 'known', 'waiting', 'quarantined', 'superseded', 'withdrawn', 'rejected')),
    reason TEXT NOT NULL,
    other_id INTEGER REFERENCES statement (id),
    recorded_at INTEGER NOT NULL,
    UNIQUE (file_sha256, place_in_file)
) STRICT;
CREATE INDEX statement_by_account ON statement (bank_account_id, status);

CREATE TABLE statement_day (
    statement_id INTEGER NOT NULL REFERENCES statement (id),
    day TEXT NOT NULL CHECK (day IS date(day)),
    start_minor INTEGER NOT NULL,
    end_minor INTEGER NOT NULL,
    entry_count INTEGER NOT NULL,
    digest TEXT NOT NULL,
    PRIMARY KEY (statement_id, day)
) STRICT;

-- One line of a statement, or one transaction of a batch. The id is statement_id * 2^24 + place.
-- same_as: another sighting of a line that an earlier statement brought. public_id: what people call
-- the line, made from its content.
CREATE TABLE entry (
    id INTEGER NOT NULL PRIMARY KEY,
    statement_id INTEGER NOT NULL REFERENCES statement (id),
    same_as INTEGER REFERENCES entry (id),
    line INTEGER NOT NULL,
    day TEXT NOT NULL CHECK (day IS date(day)),
    booking_date TEXT CHECK (booking_date IS date(booking_date)),
    value_date TEXT CHECK (value_date IS date(value_date)),
    order_date TEXT CHECK (order_date IS date(order_date)),
    crediting_date TEXT NOT NULL CHECK (crediting_date IS date(crediting_date)),
    crediting_source TEXT NOT NULL,
    amount_minor INTEGER NOT NULL,
    reversal INTEGER NOT NULL CHECK (reversal IN (0, 1)),
    charge INTEGER NOT NULL CHECK (charge IN (0, 1)),
    bank_reference TEXT,
    reliable INTEGER NOT NULL CHECK (reliable IN (0, 1)),
    customer_reference TEXT,
    end_to_end_id TEXT,
    transaction_code TEXT,
    virtual_account TEXT,
    counterparty_account TEXT,
    public_id TEXT NOT NULL,
    posted_on TEXT NOT NULL CHECK (posted_on IS date(posted_on)),
    recorded_at INTEGER NOT NULL
) STRICT;
CREATE INDEX entry_by_public_id ON entry (public_id);
CREATE INDEX entry_by_same_as ON entry (same_as) WHERE same_as IS NOT NULL;
CREATE INDEX entry_by_virtual_account ON entry (virtual_account) WHERE virtual_account IS NOT NULL;
CREATE INDEX entry_reversals ON entry (statement_id) WHERE reversal = 1;
CREATE INDEX entry_by_reference ON entry (bank_reference) WHERE reliable = 1;
CREATE INDEX entry_by_counterparty ON entry (counterparty_account) WHERE counterparty_account IS NOT NULL;

-- Texts have a retention of their own; facts hold ids.
CREATE TABLE entry_text (
    entry_id INTEGER NOT NULL PRIMARY KEY REFERENCES entry (id),
    counterparty_name TEXT,
    remittance TEXT NOT NULL
) STRICT;

-- What in a text may be an album, a fee's number or an account number.
CREATE TABLE entry_token (
    token TEXT NOT NULL,
    entry_id INTEGER NOT NULL REFERENCES entry (id),
    PRIMARY KEY (token, entry_id)
) STRICT, WITHOUT ROWID;

-- What people said about statements.
CREATE TABLE statement_decision (
    id INTEGER PRIMARY KEY,
    statement_id INTEGER NOT NULL REFERENCES statement (id),
    kind TEXT NOT NULL CHECK (kind IN ('accept', 'supersede', 'reread', 'reject', 'withdraw', 'restore')),
    other_id INTEGER REFERENCES statement (id),
    by_whom TEXT NOT NULL,
    why TEXT NOT NULL,
    recorded_at INTEGER NOT NULL
) STRICT;

CREATE TABLE coverage_decision (
    id INTEGER PRIMARY KEY,
    bank_account_id INTEGER NOT NULL REFERENCES bank_account (id),
    kind TEXT NOT NULL CHECK (kind IN ('anchor', 'accept_gap')),
    day TEXT NOT NULL CHECK (day IS date(day)),
    until_day TEXT CHECK (until_day IS date(until_day)),
    amount_minor INTEGER NOT NULL,
    by_whom TEXT NOT NULL,
    why TEXT NOT NULL,
    recorded_at INTEGER NOT NULL
) STRICT;

CREATE TABLE person (
    id INTEGER PRIMARY KEY,
    external_id TEXT NOT NULL UNIQUE,
    recorded_at INTEGER NOT NULL
) STRICT;

CREATE TABLE student_version (
    person_id INTEGER NOT NULL REFERENCES person (id),
    valid_from TEXT NOT NULL CHECK (valid_from IS date(valid_from)),
    as_of_day TEXT NOT NULL CHECK (as_of_day IS date(as_of_day)),
    as_of_millis INTEGER NOT NULL,
    album TEXT NOT NULL,
    population TEXT NOT NULL,
    language TEXT NOT NULL,
    status TEXT NOT NULL,
    recorded_at INTEGER NOT NULL,
    PRIMARY KEY (person_id, valid_from, as_of_day, as_of_millis)
) STRICT;
CREATE INDEX student_version_by_album ON student_version (album);

CREATE TABLE student_name (
    person_id INTEGER NOT NULL REFERENCES person (id),
    valid_from TEXT NOT NULL CHECK (valid_from IS date(valid_from)),
    as_of_day TEXT NOT NULL CHECK (as_of_day IS date(as_of_day)),
    as_of_millis INTEGER NOT NULL,
    given_name TEXT NOT NULL,
    family_name TEXT NOT NULL,
    email TEXT NOT NULL,
    name_key TEXT NOT NULL,
    PRIMARY KEY (person_id, valid_from, as_of_day, as_of_millis)
) STRICT;
CREATE INDEX student_name_by_key ON student_name (name_key);

-- Numbers of the bank's list that wait to be assigned.
CREATE TABLE listed_number (
    nrb TEXT NOT NULL PRIMARY KEY,
    bank_account_id INTEGER NOT NULL REFERENCES bank_account (id),
    category TEXT NOT NULL,
    recorded_at INTEGER NOT NULL
) STRICT;

-- Assigned once, never to anybody else.
CREATE TABLE virtual_account (
    nrb TEXT NOT NULL PRIMARY KEY,
    tail TEXT NOT NULL,
    bank_account_id INTEGER NOT NULL REFERENCES bank_account (id),
    person_id INTEGER NOT NULL REFERENCES person (id),
    category TEXT NOT NULL,
    payer_number INTEGER,
    assigned_on TEXT NOT NULL CHECK (assigned_on IS date(assigned_on)),
    recorded_at INTEGER NOT NULL
) STRICT;
CREATE INDEX virtual_account_by_tail ON virtual_account (tail);
CREATE INDEX virtual_account_by_person ON virtual_account (person_id);

CREATE TABLE virtual_account_retirement (
    nrb TEXT NOT NULL PRIMARY KEY REFERENCES virtual_account (nrb),
    retired_on TEXT NOT NULL CHECK (retired_on IS date(retired_on)),
    recorded_at INTEGER NOT NULL
) STRICT;

CREATE TABLE receivable (
    id INTEGER PRIMARY KEY,
    external_id TEXT NOT NULL UNIQUE,
    person_id INTEGER NOT NULL REFERENCES person (id),
    kind TEXT NOT NULL,
    category TEXT NOT NULL,
    currency TEXT NOT NULL,
    recorded_at INTEGER NOT NULL
) STRICT;
CREATE INDEX receivable_by_person ON receivable (person_id);
CREATE INDEX receivable_by_capitals ON receivable (upper(external_id));

CREATE TABLE receivable_version (
    receivable_id INTEGER NOT NULL REFERENCES receivable (id),
    as_of_day TEXT NOT NULL CHECK (as_of_day IS date(as_of_day)),
    as_of_millis INTEGER NOT NULL,
    opening INTEGER NOT NULL CHECK (opening IN (0, 1)),
    amount_minor INTEGER NOT NULL CHECK (amount_minor >= 0),
    published_on TEXT NOT NULL CHECK (published_on IS date(published_on)),
    nominal_due_on TEXT NOT NULL CHECK (nominal_due_on IS date(nominal_due_on)),
    posted_on TEXT NOT NULL CHECK (posted_on IS date(posted_on)),
    recorded_at INTEGER NOT NULL,
    PRIMARY KEY (receivable_id, as_of_day, as_of_millis)
) STRICT;

CREATE TABLE receivable_text (
    receivable_id INTEGER NOT NULL REFERENCES receivable (id),
    as_of_day TEXT NOT NULL CHECK (as_of_day IS date(as_of_day)),
    as_of_millis INTEGER NOT NULL,
    title_pl TEXT NOT NULL,
    title_en TEXT NOT NULL,
    PRIMARY KEY (receivable_id, as_of_day, as_of_millis)
) STRICT;

-- Money on account at go-live. In the journal its id stands negative, beside those of entries.
CREATE TABLE opening_credit (
    id INTEGER PRIMARY KEY,
    external_id TEXT NOT NULL UNIQUE,
    person_id INTEGER NOT NULL REFERENCES person (id),
    currency TEXT NOT NULL,
    category TEXT NOT NULL,
    amount_minor INTEGER NOT NULL CHECK (amount_minor > 0),
    credited_on TEXT NOT NULL CHECK (credited_on IS date(credited_on)),
    posted_on TEXT NOT NULL CHECK (posted_on IS date(posted_on)),
    recorded_at INTEGER NOT NULL
) STRICT;
CREATE INDEX opening_credit_by_person ON opening_credit (person_id);

-- What people decided. entry_id as in the journal: negative for money loaded at go-live.
CREATE TABLE decision (
    id INTEGER PRIMARY KEY,
    kind TEXT NOT NULL,
    person_id INTEGER REFERENCES person (id),
    other_person_id INTEGER REFERENCES person (id),
    receivable_id INTEGER REFERENCES receivable (id),
    entry_id INTEGER,
    other_entry_id INTEGER,
    amount_minor INTEGER,
    acts_on TEXT NOT NULL CHECK (acts_on IS date(acts_on)),
    day TEXT CHECK (day IS date(day)),
    detail TEXT NOT NULL,
    needs_second INTEGER NOT NULL CHECK (needs_second IN (0, 1)),
    by_whom TEXT NOT NULL,
    why TEXT NOT NULL,
    recorded_at INTEGER NOT NULL
) STRICT;
CREATE INDEX decision_by_person ON decision (person_id);
CREATE INDEX decision_by_receivable ON decision (receivable_id);
CREATE INDEX decision_by_entry ON decision (entry_id);

CREATE TABLE decision_part (
    decision_id INTEGER NOT NULL REFERENCES decision (id),
    place INTEGER NOT NULL,
    receivable_id INTEGER REFERENCES receivable (id),
    person_id INTEGER REFERENCES person (id),
    entry_id INTEGER,
    amount_minor INTEGER,
    due_on TEXT CHECK (due_on IS date(due_on)),
    PRIMARY KEY (decision_id, place)
) STRICT;
CREATE INDEX decision_part_by_entry ON decision_part (entry_id) WHERE entry_id IS NOT NULL;

CREATE TABLE decision_approval (
    decision_id INTEGER NOT NULL PRIMARY KEY REFERENCES decision (id),
    by_whom TEXT NOT NULL,
    recorded_at INTEGER NOT NULL
) STRICT;

CREATE TABLE decision_revocation (
    decision_id INTEGER NOT NULL PRIMARY KEY REFERENCES decision (id),
    by_whom TEXT NOT NULL,
    why TEXT NOT NULL,
    recorded_at INTEGER NOT NULL
) STRICT;

-- Whose an entry is, or what it is. A conclusion: the row with the highest seq holds; a transfer
-- that was split between students has a row for each part.
CREATE TABLE identification (
    entry_id INTEGER NOT NULL REFERENCES entry (id),
    seq INTEGER NOT NULL,
    part INTEGER NOT NULL,
    outcome TEXT NOT NULL CHECK (outcome IN
        ('student', 'review', 'not_student', 'reversal', 'refund', 'refund_returned', 'sweep', 'charge', 'other')),
    person_id INTEGER REFERENCES person (id),
    amount_minor INTEGER NOT NULL,
    rule TEXT NOT NULL,
    reason TEXT NOT NULL,
    nrb TEXT,
    other_entry_id INTEGER,
    decision_id INTEGER REFERENCES decision (id),
    posted_on TEXT NOT NULL CHECK (posted_on IS date(posted_on)),
    recorded_at INTEGER NOT NULL,
    PRIMARY KEY (entry_id, seq, part)
) STRICT;
CREATE INDEX identification_by_person ON identification (person_id) WHERE person_id IS NOT NULL;
CREATE INDEX identification_by_other ON identification (other_entry_id) WHERE other_entry_id IS NOT NULL;
CREATE INDEX identification_in_review ON identification (entry_id) WHERE outcome = 'review';

-- The journal of allocations. A release is a row of negative amount.
CREATE TABLE allocation (
    seq INTEGER PRIMARY KEY,
    credit_id INTEGER NOT NULL,
    part INTEGER NOT NULL,
    person_id INTEGER NOT NULL REFERENCES person (id),
    receivable_id INTEGER NOT NULL REFERENCES receivable (id),
    item TEXT NOT NULL,
    currency TEXT NOT NULL,
    amount_minor INTEGER NOT NULL CHECK (amount_minor <> 0),
    effective_on TEXT NOT NULL CHECK (effective_on IS date(effective_on)),
    counts_from TEXT NOT NULL CHECK (counts_from IS date(counts_from)),
    posted_on TEXT NOT NULL CHECK (posted_on IS date(posted_on)),
    cause TEXT NOT NULL,
    rule TEXT NOT NULL,
    policy_version TEXT NOT NULL,
    recorded_at INTEGER NOT NULL
) STRICT;
CREATE INDEX allocation_by_person ON allocation (person_id);
CREATE INDEX allocation_by_credit ON allocation (credit_id);

-- The state of a receivable through all that the known facts imply; written by settle, compared
-- with the journal by verify.
CREATE TABLE receivable_position (
    item TEXT NOT NULL PRIMARY KEY,
    receivable_id INTEGER NOT NULL REFERENCES receivable (id),
    person_id INTEGER NOT NULL REFERENCES person (id),
    currency TEXT NOT NULL,
    amount_minor INTEGER NOT NULL,
    allocated_minor INTEGER NOT NULL CHECK (allocated_minor >= 0 AND allocated_minor <= amount_minor),
    open_minor INTEGER NOT NULL CHECK (open_minor >= 0),
    visible_from TEXT NOT NULL CHECK (visible_from IS date(visible_from)),
    due_on TEXT NOT NULL CHECK (due_on IS date(due_on)),
    settled_on TEXT CHECK (settled_on IS date(settled_on)),
    closed_by TEXT
) STRICT;
CREATE INDEX receivable_position_by_person ON receivable_position (person_id);
CREATE INDEX receivable_position_open ON receivable_position (due_on) WHERE open_minor > 0;

-- Students whose facts changed since they were settled. Always a new row, so that a mark set while
-- its student is being settled is not lost.
CREATE TABLE settle_mark (
    seq INTEGER PRIMARY KEY,
    person_id INTEGER NOT NULL REFERENCES person (id)
) STRICT;

CREATE TABLE policy_version (
    id INTEGER PRIMARY KEY,
    version TEXT NOT NULL,
    valid_from TEXT CHECK (valid_from IS date(valid_from)),
    content TEXT NOT NULL,
    by_whom TEXT NOT NULL,
    why TEXT NOT NULL,
    recorded_at INTEGER NOT NULL
) STRICT;

CREATE TABLE period_close (
    month TEXT NOT NULL PRIMARY KEY,
    last_day TEXT NOT NULL CHECK (last_day IS date(last_day)),
    by_whom TEXT NOT NULL,
    recorded_at INTEGER NOT NULL
) STRICT;

CREATE TRIGGER file_no_update BEFORE UPDATE ON file
    BEGIN SELECT RAISE (ABORT, 'file is append-only'); END;
CREATE TRIGGER file_no_delete BEFORE DELETE ON file
    BEGIN SELECT RAISE (ABORT, 'file is append-only'); END;
CREATE TRIGGER statement_day_no_update BEFORE UPDATE ON statement_day
    BEGIN SELECT RAISE (ABORT, 'statement_day is append-only'); END;
-- A statement that is held back may be read again, and then its days are others.
CREATE TRIGGER statement_day_no_delete BEFORE DELETE ON statement_day
    WHEN (SELECT status FROM statement WHERE id = OLD.statement_id) NOT IN ('waiting', 'quarantined')
    BEGIN SELECT RAISE (ABORT, 'statement_day is append-only'); END;
CREATE TRIGGER entry_no_update BEFORE UPDATE ON entry
    BEGIN SELECT RAISE (ABORT, 'entry is append-only'); END;
CREATE TRIGGER entry_no_delete BEFORE DELETE ON entry
    BEGIN SELECT RAISE (ABORT, 'entry is append-only'); END;
CREATE TRIGGER entry_token_no_update BEFORE UPDATE ON entry_token
    BEGIN SELECT RAISE (ABORT, 'entry_token is append-only'); END;
CREATE TRIGGER entry_token_no_delete BEFORE DELETE ON entry_token
    BEGIN SELECT RAISE (ABORT, 'entry_token is append-only'); END;
CREATE TRIGGER statement_decision_no_update BEFORE UPDATE ON statement_decision
    BEGIN SELECT RAISE (ABORT, 'statement_decision is append-only'); END;
CREATE TRIGGER statement_decision_no_delete BEFORE DELETE ON statement_decision
    BEGIN SELECT RAISE (ABORT, 'statement_decision is append-only'); END;
CREATE TRIGGER coverage_decision_no_update BEFORE UPDATE ON coverage_decision
    BEGIN SELECT RAISE (ABORT, 'coverage_decision is append-only'); END;
CREATE TRIGGER coverage_decision_no_delete BEFORE DELETE ON coverage_decision
    BEGIN SELECT RAISE (ABORT, 'coverage_decision is append-only'); END;
CREATE TRIGGER person_no_update BEFORE UPDATE ON person
    BEGIN SELECT RAISE (ABORT, 'person is append-only'); END;
CREATE TRIGGER person_no_delete BEFORE DELETE ON person
    BEGIN SELECT RAISE (ABORT, 'person is append-only'); END;
CREATE TRIGGER student_version_no_update BEFORE UPDATE ON student_version
    BEGIN SELECT RAISE (ABORT, 'student_version is append-only'); END;
CREATE TRIGGER student_version_no_delete BEFORE DELETE ON student_version
    BEGIN SELECT RAISE (ABORT, 'student_version is append-only'); END;
CREATE TRIGGER listed_number_no_update BEFORE UPDATE ON listed_number
    BEGIN SELECT RAISE (ABORT, 'listed_number is append-only'); END;
CREATE TRIGGER listed_number_no_delete BEFORE DELETE ON listed_number
    BEGIN SELECT RAISE (ABORT, 'listed_number is append-only'); END;
CREATE TRIGGER virtual_account_no_update BEFORE UPDATE ON virtual_account
    BEGIN SELECT RAISE (ABORT, 'virtual_account is append-only'); END;
CREATE TRIGGER virtual_account_no_delete BEFORE DELETE ON virtual_account
    BEGIN SELECT RAISE (ABORT, 'virtual_account is append-only'); END;
CREATE TRIGGER virtual_account_retirement_no_update BEFORE UPDATE ON virtual_account_retirement
    BEGIN SELECT RAISE (ABORT, 'virtual_account_retirement is append-only'); END;
CREATE TRIGGER virtual_account_retirement_no_delete BEFORE DELETE ON virtual_account_retirement
    BEGIN SELECT RAISE (ABORT, 'virtual_account_retirement is append-only'); END;
CREATE TRIGGER receivable_no_update BEFORE UPDATE ON receivable
    BEGIN SELECT RAISE (ABORT, 'receivable is append-only'); END;
CREATE TRIGGER receivable_no_delete BEFORE DELETE ON receivable
    BEGIN SELECT RAISE (ABORT, 'receivable is append-only'); END;
CREATE TRIGGER receivable_version_no_update BEFORE UPDATE ON receivable_version
    BEGIN SELECT RAISE (ABORT, 'receivable_version is append-only'); END;
CREATE TRIGGER receivable_version_no_delete BEFORE DELETE ON receivable_version
    BEGIN SELECT RAISE (ABORT, 'receivable_version is append-only'); END;
CREATE TRIGGER opening_credit_no_update BEFORE UPDATE ON opening_credit
    BEGIN SELECT RAISE (ABORT, 'opening_credit is append-only'); END;
CREATE TRIGGER opening_credit_no_delete BEFORE DELETE ON opening_credit
    BEGIN SELECT RAISE (ABORT, 'opening_credit is append-only'); END;
CREATE TRIGGER decision_no_update BEFORE UPDATE ON decision
    BEGIN SELECT RAISE (ABORT, 'decision is append-only'); END;
CREATE TRIGGER decision_no_delete BEFORE DELETE ON decision
    BEGIN SELECT RAISE (ABORT, 'decision is append-only'); END;
CREATE TRIGGER decision_part_no_update BEFORE UPDATE ON decision_part
    BEGIN SELECT RAISE (ABORT, 'decision_part is append-only'); END;
CREATE TRIGGER decision_part_no_delete BEFORE DELETE ON decision_part
    BEGIN SELECT RAISE (ABORT, 'decision_part is append-only'); END;
CREATE TRIGGER decision_approval_no_update BEFORE UPDATE ON decision_approval
    BEGIN SELECT RAISE (ABORT, 'decision_approval is append-only'); END;
CREATE TRIGGER decision_approval_no_delete BEFORE DELETE ON decision_approval
    BEGIN SELECT RAISE (ABORT, 'decision_approval is append-only'); END;
CREATE TRIGGER decision_revocation_no_update BEFORE UPDATE ON decision_revocation
    BEGIN SELECT RAISE (ABORT, 'decision_revocation is append-only'); END;
CREATE TRIGGER decision_revocation_no_delete BEFORE DELETE ON decision_revocation
    BEGIN SELECT RAISE (ABORT, 'decision_revocation is append-only'); END;
CREATE TRIGGER identification_no_update BEFORE UPDATE ON identification
    BEGIN SELECT RAISE (ABORT, 'identification is append-only'); END;
CREATE TRIGGER identification_no_delete BEFORE DELETE ON identification
    BEGIN SELECT RAISE (ABORT, 'identification is append-only'); END;
CREATE TRIGGER allocation_no_update BEFORE UPDATE ON allocation
    BEGIN SELECT RAISE (ABORT, 'allocation is append-only'); END;
CREATE TRIGGER allocation_no_delete BEFORE DELETE ON allocation
    BEGIN SELECT RAISE (ABORT, 'allocation is append-only'); END;
CREATE TRIGGER policy_version_no_update BEFORE UPDATE ON policy_version
    BEGIN SELECT RAISE (ABORT, 'policy_version is append-only'); END;
CREATE TRIGGER policy_version_no_delete BEFORE DELETE ON policy_version
    BEGIN SELECT RAISE (ABORT, 'policy_version is append-only'); END;
CREATE TRIGGER period_close_no_update BEFORE UPDATE ON period_close
    BEGIN SELECT RAISE (ABORT, 'period_close is append-only'); END;
CREATE TRIGGER period_close_no_delete BEFORE DELETE ON period_close
    BEGIN SELECT RAISE (ABORT, 'period_close is append-only'); END;
