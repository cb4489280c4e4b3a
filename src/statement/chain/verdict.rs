//! What is said of a candidate, and how it is told to a bursar.

use chrono::NaiveDate;

use super::place::{DaySlice, Number};

/// What becomes of a candidate.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Verdict {
    /// The same statement as another that stands: nothing new.
    Same {
        /// The one that stands.
        other: i64,
    },
    /// Others hold every line and reach as far: nothing new.
    Known {
        /// Those that share its days.
        others: Vec<i64>,
    },
    /// Every line is new but those of the known days.
    New {
        /// Days whose lines others already hold.
        known_days: Vec<NaiveDate>,
        /// Those that hold them.
        others: Vec<i64>,
    },
    /// It cannot stand yet; it is judged again when others of the account come or go.
    Waits {
        /// The statement that is in its way.
        other: i64,
        /// Why.
        reason: WaitReason,
    },
}

/// What one side says about a day.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Side {
    /// Balance before its first line.
    pub start_minor: i64,
    /// Balance after its last line.
    pub end_minor: i64,
    /// How many lines.
    pub lines: u32,
}

/// Which of two sides may hold a part of a day only.
#[derive(Debug, Clone, Copy)]
pub(super) struct Parts {
    pub(super) this: bool,
    pub(super) other: bool,
}

/// Why a statement waits.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum WaitReason {
    /// Both hold a day, and they differ on it.
    Contradiction {
        /// The day.
        day: NaiveDate,
        /// What the candidate says.
        this: Side,
        /// What stands.
        other: Side,
    },
    /// One side has only a part of the day; the rest of the day's statements may prove them equal.
    DayIncomplete {
        /// The day.
        day: NaiveDate,
        /// What the candidate says.
        this: Side,
        /// What stands.
        other: Side,
    },
    /// Another statement of that day has the same number and differs.
    SameNumber {
        /// The number.
        number: Number,
        /// The day.
        day: NaiveDate,
    },
    /// The same lines between the same balances under another number, and nothing shows that one
    /// came after the other.
    ProbableDuplicate {
        /// The day.
        day: NaiveDate,
    },
    /// Periods overlap, and without booking dates the days cannot be compared.
    ValueDatesOnly,
}

impl Verdict {
    /// Nobody else holds any of its days.
    pub(super) fn all_new() -> Verdict {
        Verdict::New {
            known_days: Vec::new(),
            others: Vec::new(),
        }
    }
}

impl WaitReason {
    /// Both hold a day, and they differ. Which of them may be a part of the day only?
    ///
    /// It is one if it has fewer lines than the other; both are if one starts where the other ends.
    pub(super) fn on_day(
        day: NaiveDate,
        this: Side,
        other: Side,
        may_be_part: Parts,
    ) -> WaitReason {
        let next_to_it = this.start_minor == other.end_minor || this.end_minor == other.start_minor;
        let over_it = this.start_minor == other.start_minor || this.end_minor == other.end_minor;
        let this_is_part = may_be_part.this && this.lines < other.lines;
        let other_is_part = may_be_part.other && other.lines < this.lines;
        let both_are = may_be_part.this && may_be_part.other && next_to_it && !over_it;
        if this_is_part || other_is_part || both_are {
            WaitReason::DayIncomplete { day, this, other }
        } else {
            WaitReason::Contradiction { day, this, other }
        }
    }

    /// The reason and what to do, for a bursar. `money` writes an amount of the account's currency.
    pub fn explain(&self, money: &dyn Fn(i64) -> String) -> String {
        let side = |side: &Side| {
            let lines = if side.lines == 1 {
                "1 line".to_owned()
            } else {
                format!("{} lines", side.lines)
            };
            format!(
                "{lines} from {} to {}",
                money(side.start_minor),
                money(side.end_minor)
            )
        };
        match self {
            WaitReason::Contradiction { day, this, other } if this == other => format!(
                "on {day} both have {}, but a line differs in amount or reversal; \
                 ask the bank which is right, then supersede the wrong one or reject this one",
                side(this)
            ),
            WaitReason::Contradiction { day, this, other } => format!(
                "on {day} this statement has {}, the other {}; \
                 ask the bank which is right, then supersede the wrong one or reject this one",
                side(this),
                side(other)
            ),
            WaitReason::DayIncomplete { day, this, other } => format!(
                "on {day} this statement has {}, the other {}; \
                 import the day's other statements, it is then judged again by itself, or reject it",
                side(this),
                side(other)
            ),
            WaitReason::SameNumber { number, day } => format!(
                "another statement of {day} has the same number {number} and other lines or balances; \
                 ask the bank which is right, then supersede the wrong one or reject this one"
            ),
            WaitReason::ProbableDuplicate { day } => format!(
                "probable duplicate: the same lines of {day} between the same balances are known under another \
                 number; import the statements in between, it is then judged again by itself, or reject it"
            ),
            WaitReason::ValueDatesOnly => "its period overlaps, and without booking dates the lines cannot be \
                 compared day by day; import the statements in between, it is then judged again by itself, \
                 or accept or reject it"
                .to_owned(),
        }
    }
}

impl From<DaySlice> for Side {
    fn from(slice: DaySlice) -> Side {
        Side {
            start_minor: slice.start_minor,
            end_minor: slice.end_minor,
            lines: slice.content.count,
        }
    }
}
