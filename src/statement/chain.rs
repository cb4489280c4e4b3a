//! Where a statement stands among those of the same account.
//!
//! In: the [`Place`] of every statement that stands (published, or known to add nothing) and of
//! those newly read or waiting; all of one account and one currency. Out: a [`Verdict`] on each
//! candidate, and how far the account is [covered](coverage()). Never: entries, a file, a database,
//! or the moment at which a statement arrived. A place holds balances and digests per day, so the
//! lines themselves need not be at hand.
//!
//! The questions are asked in this order:
//!
//! 1. **Same**: the same place and the same content, whatever the bytes.
//! 2. **Overlapping**: on each shared day both sides, their tiles joined, start and end at the same
//!    balance with the same lines. Those lines are known, all others are new. If they differ, the
//!    candidate waits and names the other.
//! 3. **Next**: statements *tile* when the closing balance of one is the opening balance of the
//!    other and their numbers or periods are consecutive. Tiles share no lines, so a line that
//!    looks like another is another. One-day statements of one day with different numbers are
//!    tiles, or tiles with others missing between them.
//! 4. **Gap**: a period that touches no known day is new, and the gap shows in the coverage.
//!
//! A waiting statement is judged again with every other one, so statements that agree end the same
//! in whatever order they come. Of two that contradict each other the first stands until a person
//! decides. When a person withdraws or supersedes a statement, the others keep standing and those
//! that wait are judged again; a line lives as long as one standing statement holds it.

mod content;
mod coverage;
mod judge;
mod place;
mod runs;
#[cfg(test)]
mod tests;
mod verdict;

use chrono::{Datelike, NaiveDate};

pub use content::Content;
pub use coverage::{AcceptedGap, Anchor, Coverage, Gap, coverage};
pub use judge::judge;
pub use place::{DaySlice, Gathered, Number, Place, Unplaceable};
pub use verdict::{Side, Verdict, WaitReason};

/// When the bank of an account sends statements.
#[derive(Clone, Copy)]
pub struct Rhythm<'a> {
    /// Does the bank book on this day?
    pub bank_day: &'a (dyn Fn(NaiveDate) -> bool + Sync),
    /// Does the bank send nothing for a day without movements? Then days may be missing between
    /// two statements wherever the balance stays the same.
    pub silent_days: bool,
}

impl Rhythm<'_> {
    /// Is there a day strictly between `before` and `after` on which a statement was to be expected?
    fn expects_one_between(&self, before: NaiveDate, after: NaiveDate) -> bool {
        let mut between = before.iter_days().skip(1).take_while(|&day| day < after);
        !self.silent_days && between.any(self.bank_day)
    }
}

/// Are the numbers consecutive, also over a restart at 1 in January?
fn numbers_consecutive(earlier: &Place, later: &Place) -> bool {
    let (Some(number), Some(next)) = (earlier.number, later.number) else {
        return false;
    };
    let restarted = next.value == 1 && later.last_day.year() == earlier.last_day.year() + 1;
    restarted || number.precedes(next)
}

/// Does `earlier` reach a day only by the date of its closing balance, as where a bank dates that
/// balance on the day with which the next statement begins? Then the day is the next one's.
fn only_dated(earlier: &Place, later: &Place, day: NaiveDate) -> bool {
    let no_lines = |place: &Place| {
        let slice = place.on(day);
        slice.is_some_and(|slice| slice.content.is_empty())
    };
    earlier.last_day == day
        && later.first_day == day
        && (earlier.first_day < day || day < later.last_day)
        && no_lines(earlier)
        && earlier.closing_minor == later.opening_minor
        && numbers_consecutive(earlier, later)
}

/// Do the two statements tile, `earlier` before `later`?
///
/// Where days rest on value dates, the first day says nothing about order, and the last must do.
fn tile(earlier: &Place, later: &Place, rhythm: &Rhythm) -> bool {
    let apart = earlier.last_day < later.first_day;
    let one_day_both = earlier.is_one_day() && later.is_one_day();
    let in_order = apart
        || (one_day_both && earlier.last_day == later.first_day)
        || ((earlier.by_value_date || later.by_value_date) && earlier.last_day < later.last_day);
    earlier.closing_minor == later.opening_minor
        && ((in_order && numbers_consecutive(earlier, later))
            || (apart && !rhythm.expects_one_between(earlier.last_day, later.opened_on())))
}
