-- When students last came from the student system, also where the file said nothing new: whoever is signed
-- in and unknown is told so.
CREATE TABLE student_transfer (
    id INTEGER PRIMARY KEY CHECK (id = 1),
    at INTEGER NOT NULL
) STRICT;
INSERT INTO student_transfer (id, at)
SELECT 1, MAX(recorded_at) FROM student_version HAVING COUNT(*) > 0;
