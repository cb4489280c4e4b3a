//! How far an account is covered: the last day through which the tiles are complete.
//!
//! In: every statement that stands, an anchor, the gaps a person has accepted. Out: the days
//! covered and the gaps. Never: which of two agreeing statements was published first.

use std::collections::BTreeSet;
use std::ops::RangeInclusive;

use chrono::{Datelike, NaiveDate};

use super::judge::Bench;
use super::place::{Number, Place};
use super::{Rhythm, numbers_consecutive};

/// The first opening balance of an account, given by a person.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Anchor {
    /// The first day that counts.
    pub day: NaiveDate,
    /// The balance before its first line.
    pub opening_minor: i64,
}

/// A gap that a person has accepted with a reason.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct AcceptedGap {
    /// See [`Gap::after_day`].
    pub after_day: NaiveDate,
    /// See [`Gap::before_day`].
    pub before_day: NaiveDate,
    /// See [`Gap::difference_minor`]; if the books show another one by now, the gap is open again.
    pub difference_minor: i128,
}

/// Where statements are missing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Gap {
    /// The last day before it; for a gap before the first statement the day before the anchor.
    pub after_day: NaiveDate,
    /// Balance before it.
    pub closing_minor: i64,
    /// The first day after it: the same one, if statements are missing within a day.
    pub before_day: NaiveDate,
    /// Balance after it.
    pub opening_minor: i64,
    /// The numbers that are missing, where both sides are numbered.
    pub missing_numbers: Option<RangeInclusive<i64>>,
    /// Has a person accepted it?
    pub accepted: bool,
}

impl Gap {
    /// What the missing statements must sum to.
    pub fn difference_minor(&self) -> i128 {
        i128::from(self.opening_minor) - i128::from(self.closing_minor)
    }
}

/// How far an account is covered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Coverage {
    /// The anchor's day, else the earliest day known; `None` for an account without either.
    pub from: Option<NaiveDate>,
    /// The last day through which nothing is missing; `None` while the first day is incomplete.
    pub through: Option<NaiveDate>,
    /// The balance at the end of that day.
    pub closing_minor: Option<i64>,
    /// All gaps in order, accepted ones included.
    pub gaps: Vec<Gap>,
}

/// How far the statements that stand cover the account.
///
/// A day is covered when all its tiles join. Two days join where the balance goes on and either
/// one statement holds both, no bank day lies between, or the numbers are consecutive.
pub fn coverage(
    standing: &[Place],
    anchor: Option<&Anchor>,
    accepted: &[AcceptedGap],
    rhythm: &Rhythm,
) -> Coverage {
    let bench = Bench::of_standing(standing, rhythm);
    let days: BTreeSet<NaiveDate> = standing.iter().flat_map(days_of).collect();
    let counted = days
        .into_iter()
        .filter(|&day| anchor.is_none_or(|anchor| anchor.day <= day));

    let mut reached = anchor.map(Reached::before);
    let mut coverage = Coverage {
        from: anchor.map(|anchor| anchor.day),
        through: None,
        closing_minor: None,
        gaps: Vec::new(),
    };
    let mut complete = true;
    for day in counted {
        for piece in pieces(&bench, day, reached.as_ref(), rhythm) {
            if let Some(before) = reached
                .as_ref()
                .filter(|before| !piece.follows(before, &bench, rhythm))
            {
                let mut gap = piece.gap_after(before);
                gap.accepted = accepted.iter().any(|accepted| accepted.is(&gap));
                complete &= gap.accepted;
                coverage.gaps.push(gap);
            }
            coverage.from.get_or_insert(piece.from);
            reached = Some(piece.reached());
        }
        if let Some(Reached { balance_minor, .. }) = reached.filter(|_| complete) {
            coverage.through = Some(day);
            coverage.closing_minor = Some(balance_minor);
        }
    }
    coverage
}

/// The days at which the account's balance may change, and the last one.
fn days_of(place: &Place) -> impl Iterator<Item = NaiveDate> {
    let days = place
        .days
        .iter()
        .filter(|_| !place.by_value_date)
        .map(|slice| slice.day);
    days.chain([place.last_day])
}

impl AcceptedGap {
    fn is(&self, gap: &Gap) -> bool {
        (self.after_day, self.before_day, self.difference_minor)
            == (gap.after_day, gap.before_day, gap.difference_minor())
    }
}

/// A number at an end of a day, and whether it belongs to the series of days or of longer periods.
type EndNumber = Option<(Number, bool)>;

/// The point up to which the days were walked.
#[derive(Debug, Clone, Copy)]
struct Reached {
    day: NaiveDate,
    balance_minor: i64,
    number: EndNumber,
}

impl Reached {
    fn before(anchor: &Anchor) -> Reached {
        let day = anchor.day.pred_opt().unwrap_or(anchor.day);
        Reached {
            day,
            balance_minor: anchor.opening_minor,
            number: None,
        }
    }
}

/// A day, or the part of one whose tiles join.
#[derive(Debug, Clone, Copy)]
struct Piece {
    /// The first day it speaks of; earlier than `day` only where days rest on value dates.
    from: NaiveDate,
    day: NaiveDate,
    start_minor: i64,
    end_minor: i64,
    first_number: EndNumber,
    last_number: EndNumber,
}

impl Piece {
    fn reached(&self) -> Reached {
        Reached {
            day: self.day,
            balance_minor: self.end_minor,
            number: self.last_number,
        }
    }

    fn follows(&self, before: &Reached, bench: &Bench, rhythm: &Rhythm) -> bool {
        let held = |place: &&Place| {
            let (earlier, later) = (place.on(before.day), place.on(self.day));
            earlier.zip(later).is_some_and(|(earlier, later)| {
                earlier.end_minor == before.balance_minor && later.start_minor == self.start_minor
            })
        };
        before.day < self.day
            && before.balance_minor == self.start_minor
            && (!rhythm.expects_one_between(before.day, self.opened_on(bench))
                || bench.standing().iter().any(held)
                || self.numbered_after(before, bench))
    }

    /// The statements that start where this piece does.
    fn starting<'a>(&self, bench: &Bench<'a>) -> impl Iterator<Item = &'a Place> {
        let starts = |place: &&Place| {
            place.first_day == self.from && place.opening_minor == self.start_minor
        };
        bench.standing().iter().copied().filter(starts)
    }

    /// The first day for which the opening balance vouches.
    fn opened_on(&self, bench: &Bench) -> NaiveDate {
        self.starting(bench)
            .map(Place::opened_on)
            .min()
            .unwrap_or(self.from)
    }

    /// Does a statement end at `before` and the one with the next number start here?
    fn numbered_after(&self, before: &Reached, bench: &Bench) -> bool {
        let ends = |place: &&&Place| {
            place.last_day == before.day && place.closing_minor == before.balance_minor
        };
        let mut earlier = bench.standing().iter().filter(ends);
        earlier.any(|earlier| {
            self.starting(bench)
                .any(|later| numbers_consecutive(earlier, later))
        })
    }

    fn gap_after(&self, before: &Reached) -> Gap {
        let missing_numbers =
            before
                .number
                .zip(self.first_number)
                .and_then(|((last, days), (first, same))| {
                    let missing = last.value.checked_add(1)?..=first.value.checked_sub(1)?;
                    (days == same && before.day.year() == self.day.year() && !missing.is_empty())
                        .then_some(missing)
                });
        Gap {
            after_day: before.day,
            closing_minor: before.balance_minor,
            before_day: self.day,
            opening_minor: self.start_minor,
            missing_numbers,
            accepted: false,
        }
    }
}

/// The pieces of a day: one, unless tiles of the day are missing.
fn pieces(bench: &Bench, day: NaiveDate, reached: Option<&Reached>, rhythm: &Rhythm) -> Vec<Piece> {
    let number = |place: &Place| place.number.map(|number| (number, place.is_one_day()));
    let tiles = bench.joined_tiles(day);
    if !tiles.is_empty() {
        let joined = tiles.iter().map(|run| Piece {
            from: day,
            day,
            start_minor: run.start_minor,
            end_minor: run.end_minor,
            first_number: run.members.first().and_then(|tile| number(tile)),
            last_number: run.members.last().and_then(|tile| number(tile)),
        });
        return joined.collect();
    }
    let of_days = bench.views(day).into_iter().map(|(place, slice)| Piece {
        from: day,
        day,
        start_minor: slice.start_minor,
        end_minor: slice.end_minor,
        first_number: number(place).filter(|_| place.first_day == day),
        last_number: number(place).filter(|_| place.last_day == day),
    });
    let whole = bench
        .standing()
        .iter()
        .filter(|place| place.by_value_date && place.last_day == day);
    let wholes = whole.map(|place| Piece {
        from: place.first_day,
        day,
        start_minor: place.opening_minor,
        end_minor: place.closing_minor,
        first_number: number(place),
        last_number: number(place),
    });
    // Statements that stand agree on a day, unless a person accepted one that does not; then the
    // one that goes on from the day before is taken.
    let alternatives: Vec<Piece> = of_days.chain(wholes).collect();
    let follows =
        |piece: &&Piece| reached.is_some_and(|reached| piece.follows(reached, bench, rhythm));
    alternatives
        .iter()
        .find(follows)
        .or(alternatives.first())
        .copied()
        .into_iter()
        .collect()
}
