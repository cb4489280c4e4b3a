-- What a message said when it was last handed over, and to whom; with the retention of words on messages.
CREATE TABLE message_text (
    message_id INTEGER NOT NULL PRIMARY KEY REFERENCES message (id),
    address TEXT NOT NULL,
    subject TEXT NOT NULL,
    text TEXT NOT NULL,
    recorded_at INTEGER NOT NULL
) STRICT;
