//! All that is kept of one student, table by table, as it stands.
//!
//! Every table of the books is in one of two lists, and a test says so: whoever adds one decides
//! whether it speaks of students. Names of columns come from the catalogue of a schema that the
//! migrations of this program made, so that a new column is never forgotten.

use super::connect::on;
use super::{StoreError, Tx};
use sqlx::AssertSqlSafe;

/// Their entries: the lines that are theirs now, with all sightings.
macro_rules! their_entries {
    () => {
        "(SELECT e.id FROM entry e JOIN identification i ON i.entry_id = COALESCE(e.same_as, e.id)
           WHERE i.person_id = $1
             AND i.seq = (SELECT MAX(l.seq) FROM identification l WHERE l.entry_id = i.entry_id))"
    };
}

/// Their fees.
macro_rules! their_fees {
    () => {
        "(SELECT f.id FROM receivable f WHERE f.person_id = $1)"
    };
}

/// What people decided about them, their fees and their money.
macro_rules! their_decisions {
    () => {
        concat!(
            "(SELECT d.id FROM decision d WHERE d.person_id = $1 OR d.other_person_id = $1
                OR d.receivable_id IN ",
            their_fees!(),
            " OR d.entry_id IN ",
            their_entries!(),
            ")"
        )
    };
}

/// Their messages.
macro_rules! their_messages {
    () => {
        "(SELECT m.id FROM message m WHERE m.person_id = $1)"
    };
}

/// Their number in the student system.
macro_rules! their_id {
    () => {
        "(SELECT p.external_id FROM person p WHERE p.id = $1)"
    };
}

/// Tables that speak of students, and which rows are those of one: `$1` is the person's row.
pub const OF_STUDENTS: &[(&str, &str)] = &[
    ("person", "id = $1"),
    ("student_version", "person_id = $1"),
    ("student_name", "person_id = $1"),
    ("virtual_account", "person_id = $1"),
    (
        "virtual_account_retirement",
        "nrb IN (SELECT v.nrb FROM virtual_account v WHERE v.person_id = $1)",
    ),
    ("receivable", "person_id = $1"),
    (
        "receivable_version",
        concat!("receivable_id IN ", their_fees!()),
    ),
    (
        "receivable_text",
        concat!("receivable_id IN ", their_fees!()),
    ),
    ("receivable_position", "person_id = $1"),
    ("held_lot", "person_id = $1"),
    ("opening_credit", "person_id = $1"),
    ("entry", concat!("id IN ", their_entries!())),
    ("entry_text", concat!("entry_id IN ", their_entries!())),
    ("entry_token", concat!("entry_id IN ", their_entries!())),
    ("identification", "person_id = $1"),
    ("allocation", "person_id = $1"),
    ("settlement_change", "person_id = $1"),
    ("decision", concat!("id IN ", their_decisions!())),
    (
        "decision_part",
        concat!(
            "person_id = $1 OR receivable_id IN ",
            their_fees!(),
            " OR entry_id IN ",
            their_entries!()
        ),
    ),
    (
        "decision_approval",
        concat!("decision_id IN ", their_decisions!()),
    ),
    (
        "decision_revocation",
        concat!("decision_id IN ", their_decisions!()),
    ),
    ("attachment", concat!("decision_id IN ", their_decisions!())),
    (
        "payment_order",
        concat!("decision_id IN ", their_decisions!()),
    ),
    ("message", "person_id = $1"),
    ("message_item", concat!("message_id IN ", their_messages!())),
    (
        "message_event",
        concat!("message_id IN ", their_messages!()),
    ),
    ("message_text", concat!("message_id IN ", their_messages!())),
    ("held_back", "person_id = $1"),
    ("desk_case", concat!("student = ", their_id!())),
    (
        "case_event",
        concat!(
            "case_id IN (SELECT c.id FROM desk_case c WHERE c.student = ",
            their_id!(),
            ")"
        ),
    ),
    ("student_login", "person_id = $1"),
    ("sign_in_link", "person_id = $1"),
    ("web_session", "person_id = $1"),
    ("issued_paper", "person_id = $1"),
    ("calendar_address", "person_id = $1"),
    ("audit_event", concat!("about = ", their_id!())),
    ("legal_hold", "person_id = $1"),
    (
        "tombstone",
        "class = 'students' AND about = CAST($1 AS TEXT)",
    ),
];

/// Tables that speak of no student, of many at once, or under no name that leads to one.
pub const OF_NOBODY: &[&str] = &[
    "alert",
    "api_answer",
    "api_token",
    "audit_seal",
    "bank_account",
    "coverage_decision",
    "dunning_run",
    "file",
    "file_part",
    "job",
    "link_request",
    "listed_number",
    "lump_part",
    "mail_arming",
    "mass_mail",
    "payment_file",
    "payment_file_withdrawal",
    "period_close",
    "policy_version",
    "recording",
    "recording_mark",
    "recording_seen",
    "remote_file",
    "settle_mark",
    "settlement_file",
    "sign_in_attempt",
    "staff",
    "statement",
    "statement_day",
    "statement_decision",
    "stray_login",
    "student_transfer",
    "upload",
    "upload_file",
    "waiting_entry",
    "webhook",
];

const COLUMNS: &str = "
    SELECT m.name, p.name, p.type FROM sqlite_schema m JOIN pragma_table_info(m.name) p
     WHERE m.type = 'table' ORDER BY m.name, p.cid";

/// The rows of a table, each as the text of one JSON object.
pub type Kept = (&'static str, Vec<String>);

impl Tx {
    /// All rows that are kept of one student; bytes stand as `\x` and hexadecimal digits.
    pub async fn kept_of(&mut self, person: i64) -> Result<Vec<Kept>, StoreError> {
        let columns: Vec<(String, String, String)> = match self {
            Tx::Sqlite(..) => self.fetch(COLUMNS, &[]).await?,
            Tx::Pg(_) => Vec::new(),
        };
        let mut kept = Vec::with_capacity(OF_STUDENTS.len());
        for (table, theirs) in OF_STUDENTS {
            let row = match self {
                Tx::Sqlite(..) => object(&columns, table),
                Tx::Pg(_) => "CAST(to_jsonb(t) AS TEXT)".to_owned(),
            };
            // Names of the schema and constants of the program, with nothing in it that came from outside.
            let ask = format!("SELECT {row} FROM {table} t WHERE {theirs}");
            let mut rows: Vec<String> =
                on!(self, |connection| sqlx::query_scalar(AssertSqlSafe(ask))
                    .bind(person)
                    .fetch_all(connection)
                    .await?);
            rows.sort();
            kept.push((*table, rows));
        }
        Ok(kept)
    }
}

fn object(columns: &[(String, String, String)], table: &str) -> String {
    let values = columns.iter().filter(|(of, ..)| of == table);
    let values: Vec<String> = values
        .map(|(_, name, kind)| match kind.as_str() {
            "BLOB" => format!("'{name}', '\\x' || lower(hex(t.\"{name}\"))"),
            _ => format!("'{name}', t.\"{name}\""),
        })
        .collect();
    format!("json_object({})", values.join(", "))
}
