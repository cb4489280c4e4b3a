//! Fees by term and kind: what was asked for, what came, what was given up, what is overdue.
//!
//! A fee belongs to the term in which it falls due: from September to January the winter's, from
//! February to August the summer's.

use super::{EngineError, Office};
use crate::store::terms::{FeeSumRow, OnTimeRow};
use crate::store::{StoreError, Tx};
use chrono::{Months, NaiveDate};
use std::collections::BTreeMap;

/// Half of an academic year; later ones are greater.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Term {
    /// The calendar year in which its academic year began.
    pub year: i32,
    /// Whether it is the second half.
    pub is_summer: bool,
}

impl Term {
    /// The term of a month, `2026-10`.
    pub fn of_month(month: &str) -> Option<Term> {
        let (year, month) = month.split_once('-')?;
        let (year, month): (i32, u32) = (year.parse().ok()?, month.parse().ok()?);
        Some(Term {
            year: if month < 9 { year - 1 } else { year },
            is_summer: (2..9).contains(&month),
        })
    }

    /// The term of a day.
    pub fn of_day(day: NaiveDate) -> Option<Term> {
        Term::of_month(&day.format("%Y-%m").to_string())
    }

    /// The one before.
    #[must_use]
    pub fn before(self) -> Term {
        Term {
            year: if self.is_summer {
                self.year
            } else {
                self.year - 1
            },
            is_summer: !self.is_summer,
        }
    }

    /// `2026/27`.
    pub fn academic_year(self) -> String {
        format!("{}/{:02}", self.year, (self.year + 1).rem_euclid(100))
    }
}

/// Sums of fees, minor units.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Sums {
    /// Fees.
    pub count: i64,
    /// Asked for.
    pub issued_minor: i64,
    /// Settled by credits.
    pub collected_minor: i64,
    /// Given up.
    pub waived_minor: i64,
    /// Open.
    pub open_minor: i64,
    /// Open and past the due date.
    pub overdue_minor: i64,
}

impl Sums {
    /// Adds others.
    pub fn add(&mut self, other: &Sums) {
        self.count += other.count;
        self.issued_minor += other.issued_minor;
        self.collected_minor += other.collected_minor;
        self.waived_minor += other.waived_minor;
        self.open_minor += other.open_minor;
        self.overdue_minor += other.overdue_minor;
    }

    /// What came of what was asked for and not given up, in percent; none of nothing.
    pub fn collected_percent(&self) -> Option<i64> {
        let due = i128::from(self.issued_minor) - i128::from(self.waived_minor);
        let percent = (i128::from(self.collected_minor) * 100).checked_div(due)?;
        i64::try_from(percent).ok()
    }
}

/// How many fees of a term that fell due were settled by their due date.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct OnTime {
    /// The term.
    pub term: Term,
    /// Fees that fell due before today.
    pub count: i64,
    /// Of them settled by their due date.
    pub on_time: i64,
}

/// This term and the one before.
pub(super) async fn on_time(tx: &mut Tx, today: NaiveDate) -> Result<Vec<OnTime>, StoreError> {
    let Some(term) = Term::of_day(today) else {
        return Ok(Vec::new());
    };
    let year_ago = today.checked_sub_months(Months::new(12)).unwrap_or(today);
    let rows = tx.on_time(year_ago, today).await?;
    let of_term = |term: Term| {
        let of_term = |row: &&OnTimeRow| Term::of_month(&row.month) == Some(term);
        let rows = rows.iter().filter(of_term);
        let sums = rows.fold((0, 0), |sums, row| {
            (sums.0 + row.count, sums.1 + row.on_time)
        });
        OnTime {
            term,
            count: sums.0,
            on_time: sums.1,
        }
    };
    Ok(vec![of_term(term), of_term(term.before())])
}

/// Fees of one currency by kind.
pub type Kinds = BTreeMap<String, Sums>;

/// Fees by term and currency, by kind.
pub type Terms = BTreeMap<(Term, String), Kinds>;

/// All fees.
pub async fn sums(office: &Office) -> Result<Terms, EngineError> {
    let mut tx = office.db.read().await?;
    let rows = tx.fee_sums(office.now.today).await?;
    tx.rollback().await?;
    let mut terms = Terms::new();
    for row in rows {
        let Some(term) = Term::of_month(&row.month) else {
            continue;
        };
        let kinds = terms.entry((term, row.currency.clone())).or_default();
        kinds
            .entry(row.kind.clone())
            .or_default()
            .add(&of_row(&row));
    }
    Ok(terms)
}

fn of_row(row: &FeeSumRow) -> Sums {
    Sums {
        count: row.count,
        issued_minor: row.issued_minor,
        collected_minor: row.collected_minor,
        waived_minor: row.waived_minor,
        open_minor: row.open_minor,
        overdue_minor: row.overdue_minor,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_month_belongs_to_the_term_of_its_academic_year() {
        let term = |month| {
            let term = Term::of_month(month).unwrap();
            (term.academic_year(), term.is_summer)
        };
        assert_eq!(term("2026-09"), ("2026/27".to_owned(), false));
        assert_eq!(term("2027-01"), ("2026/27".to_owned(), false));
        assert_eq!(term("2027-02"), ("2026/27".to_owned(), true));
        assert_eq!(term("2027-08"), ("2026/27".to_owned(), true));
        assert_eq!(term("2099-12"), ("2099/00".to_owned(), false));
        assert_eq!(Term::of_month("soon"), None);
        let winter = Term::of_month("2026-10").unwrap();
        assert_eq!(winter.before(), Term::of_month("2026-05").unwrap());
        assert_eq!(winter.before().before(), Term::of_month("2025-10").unwrap());
    }

    #[test]
    fn nothing_to_collect_has_no_share() {
        assert_eq!(Sums::default().collected_percent(), None);
        let all_waived = Sums {
            issued_minor: 100,
            waived_minor: 100,
            ..Sums::default()
        };
        assert_eq!(all_waived.collected_percent(), None);
        let half = Sums {
            issued_minor: 300,
            collected_minor: 100,
            waived_minor: 100,
            ..Sums::default()
        };
        assert_eq!(half.collected_percent(), Some(50));
    }
}
