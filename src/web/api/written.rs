//! What other systems write, and what came of it: rows as in files, in our own names.

use crate::engine::import::Summary;
use crate::engine::roster::Counts;
use chrono::NaiveDate;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// A student as the student system has them; what is left out is as in a file of students.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewStudent {
    /// The student system's id, which never changes.
    #[schema(min_length = 1)]
    pub external_id: String,
    /// The album number.
    #[schema(min_length = 1)]
    pub album: String,
    /// Given name.
    pub given_name: String,
    /// Family name.
    #[schema(min_length = 1)]
    pub family_name: String,
    /// `student` or `doctoral`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub population: Option<String>,
    /// The university's address.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub email: Option<String>,
    /// `pl` or `en`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub language: Option<String>,
    /// `active`, `on_leave` … as in a file of students.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub status: Option<String>,
    /// Since when it is so.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub valid_from: Option<NaiveDate>,
}

/// Students to be written.
#[derive(Debug, Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Roster {
    /// When the student system had them so: a day or an instant; now where it is left out.
    #[serde(default)]
    #[schema(example = "2026-10-01 08:30")]
    pub as_of: Option<String>,
    /// Them.
    #[schema(min_items = 1)]
    pub students: Vec<NewStudent>,
}

/// A fee as the student system has it; what is left out is as in a file of fees.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewFee {
    /// The student system's id of the fee, which never changes.
    #[schema(min_length = 1)]
    pub external_id: String,
    /// The student system's id of the student.
    #[schema(min_length = 1)]
    pub student_external_id: String,
    /// The kind of fee.
    #[schema(example = "tuition")]
    pub kind: String,
    /// The category of the account number; the kind where it is left out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub category: Option<String>,
    /// What for, in Polish.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub title_pl: Option<String>,
    /// What for, in English.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub title_en: Option<String>,
    /// How much, as text with a decimal point.
    #[schema(example = "1950.00")]
    pub amount: String,
    /// ISO 4217 code.
    #[schema(example = "PLN")]
    pub currency: String,
    /// From this day it can be seen and paid.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub published_on: Option<NaiveDate>,
    /// The date as written; it moves by the rules.
    pub nominal_due_on: NaiveDate,
}

/// Fees to be written.
#[derive(Debug, Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Fees {
    /// When the student system had them so: a day or an instant; now where it is left out.
    #[serde(default)]
    #[schema(example = "2026-10-01 08:30")]
    pub as_of: Option<String>,
    /// Them.
    #[schema(min_items = 1)]
    pub fees: Vec<NewFee>,
}

/// What came of rows.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct Loaded {
    /// Rows read.
    pub rows: usize,
    /// About what was not known.
    pub new: usize,
    /// Saying something else than before.
    pub changed: usize,
    /// Saying the same.
    pub unchanged: usize,
    /// Older than what is known.
    pub older: usize,
    /// What a person should know or mend.
    pub notes: Vec<String>,
}

impl Loaded {
    pub(super) fn of(counts: &Counts, notes: Vec<String>) -> Loaded {
        Loaded {
            rows: counts.rows,
            new: counts.new,
            changed: counts.changed,
            unchanged: counts.unchanged,
            older: counts.older,
            notes,
        }
    }
}

/// What came of a file of statements.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct Imported {
    /// Statements in it.
    pub statements: usize,
    /// Those that stand and brought something.
    pub published: usize,
    /// Those that were known.
    pub known: usize,
    /// Those that wait for a person.
    pub held_back: usize,
    /// Those that are not ours to post.
    pub not_posted: usize,
    /// Files that could not be read.
    pub unreadable: usize,
    /// New entries.
    pub entries: usize,
    /// New credits.
    pub credits: usize,
    /// Of them a student's.
    pub identified: usize,
    /// Of them in review.
    pub review: usize,
    /// What needs a word.
    pub notes: Vec<String>,
}

impl Imported {
    pub(super) fn of(summary: Summary) -> Imported {
        let counts = summary.counts;
        Imported {
            statements: counts.statements,
            published: counts.published,
            known: counts.known,
            held_back: counts.held_back,
            not_posted: counts.not_posted,
            unreadable: counts.unreadable,
            entries: counts.entries,
            credits: counts.credits,
            identified: counts.identified,
            review: counts.review,
            notes: summary.notes,
        }
    }
}

/// That a student paid.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Claim {
    /// The student system's id.
    pub student: String,
    /// The fee.
    pub fee: String,
    /// The day on which the transfer was ordered.
    pub paid_on: NaiveDate,
    /// How much, as text with a decimal point; all of it where it is left out.
    #[serde(default)]
    #[schema(example = "1950.00")]
    pub amount: Option<String>,
    /// What the student says about it.
    #[serde(default)]
    #[schema(max_length = 1000)]
    pub words: Option<String>,
}

/// A claim that is noted.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct Claimed {
    /// Its number.
    pub number: i64,
}
