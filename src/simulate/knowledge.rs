//! What is known of a student's money on a day, and whether a fee is paid by it.
//!
//! In: fees and transfers of one currency, and by which days money is known and counts. Out: the
//! days on which a fee was fully credited, by the truth and as an engine would see it. Only money
//! to a number of the student's takes part, since that alone a rule may identify.

use super::conduct::{To, Transfer};
use super::model::{self, Credit, Reading, Reversal};
use super::university::Fee;
use chrono::NaiveDate;
use std::collections::{BTreeMap, BTreeSet};

/// For each banking day of an account, the day on whose morning its lines are at the office.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Arrived(pub(super) BTreeMap<NaiveDate, NaiveDate>);

impl Arrived {
    /// When the lines of a booking day are there; never, where no statement brings them.
    fn of(&self, booked_on: NaiveDate) -> NaiveDate {
        self.0.get(&booked_on).copied().unwrap_or(NaiveDate::MAX)
    }
}

/// By which day money is known, and from which it counts.
#[derive(Debug, Clone, Copy)]
pub(super) enum By<'a> {
    /// The truth: known when it is credited, and counts from then.
    Crediting,
    /// Known when its statement is imported, and counts from then.
    Import(&'a Arrived),
    /// Known when its statement is imported, and counts from the day on which it was ordered.
    Order(&'a Arrived),
}

impl By<'_> {
    fn known_on(self, booked_on: NaiveDate) -> NaiveDate {
        match self {
            By::Crediting => booked_on,
            By::Import(arrived) | By::Order(arrived) => arrived.of(booked_on),
        }
    }

    fn counts_from(self, transfer: &Transfer) -> NaiveDate {
        match self {
            By::Order(_) => transfer.ordered_on,
            By::Crediting | By::Import(_) => self.known_on(transfer.booked_on),
        }
    }
}

/// Days on which a fee is fully credited.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Span {
    /// The first day.
    pub(super) from: NaiveDate,
    /// The first day on which it is open again.
    pub(super) until: Option<NaiveDate>,
}

impl Span {
    /// Is a day among them?
    pub(super) fn contains(self, day: NaiveDate) -> bool {
        self.from <= day && self.until.is_none_or(|until| day < until)
    }
}

/// Everything that the bank ever tells, in the order of the transfers. A credit that was cancelled
/// and booked again keeps its first crediting date, so it is a credit of that day.
pub(super) fn all(transfers: &[Transfer]) -> (Vec<Credit>, Vec<Reversal>) {
    known(transfers, By::Crediting, NaiveDate::MAX)
}

/// What is known at the end of a day.
fn known(transfers: &[Transfer], by: By, day: NaiveDate) -> (Vec<Credit>, Vec<Reversal>) {
    let (mut credits, mut reversals) = (Vec::new(), Vec::new());
    let is_known = |booked_on: NaiveDate| by.known_on(booked_on) <= day;
    for transfer in transfers {
        let To::Issued(category, _) = transfer.to else {
            continue;
        };
        let undone = transfer
            .undone
            .as_ref()
            .filter(|undone| is_known(undone.on));
        let again_on = undone.and_then(|undone| undone.again_on);
        let is_here = match again_on {
            // Cancelled: the money is gone until it is booked again.
            Some(again_on) => is_known(again_on),
            None => is_known(transfer.booked_on),
        };
        if !is_here {
            continue;
        }
        if let Some(undone) = undone.filter(|undone| undone.again_on.is_none()) {
            reversals.push(Reversal {
                day: by.known_on(undone.on),
                credit: credits.len(),
                amount_minor: undone.amount_minor,
            });
        }
        credits.push(Credit {
            day: by.counts_from(transfer),
            amount_minor: transfer.amount_minor,
            category,
            names: transfer.names,
        });
    }
    (credits, reversals)
}

/// The days on which anything happens to the money.
fn days(transfers: &[Transfer]) -> BTreeSet<NaiveDate> {
    let booked = transfers.iter().map(|transfer| transfer.booked_on);
    let undone = transfers.iter().filter_map(|it| it.undone.as_ref());
    let undone = undone.flat_map(|undone| [Some(undone.on), undone.again_on]);
    booked.chain(undone.flatten()).collect()
}

/// Do both readings of the rules say the same of every fee on every day?
pub(super) fn is_beyond_doubt(fees: &[Fee], transfers: &[Transfer]) -> bool {
    days(transfers).into_iter().all(|day| {
        let (credits, reversals) = known(transfers, By::Crediting, day);
        let [narrow, wide] = [Reading::Narrow, Reading::Wide]
            .map(|reading| model::settle(fees, &credits, &reversals, reading).ends());
        narrow == wide
    })
}

/// For each fee, whether it is paid by what is known at the end of a day.
pub(super) fn paid_on(fees: &[Fee], transfers: &[Transfer], by: By, day: NaiveDate) -> Vec<bool> {
    let (credits, reversals) = known(transfers, by, day);
    let account = model::settle(fees, &credits, &reversals, Reading::Narrow);
    (0..fees.len()).map(|fee| account.open(fee) == 0).collect()
}

/// For each fee, the days on which it was fully credited in truth.
pub(super) fn credited(fees: &[Fee], transfers: &[Transfer]) -> Vec<Vec<Span>> {
    let mut spans: Vec<Vec<Span>> = fees.iter().map(|_| Vec::new()).collect();
    for day in days(transfers) {
        let paid = paid_on(fees, transfers, By::Crediting, day);
        for (spans, paid) in spans.iter_mut().zip(paid) {
            let last = spans.last_mut().filter(|span| span.until.is_none());
            match (last, paid) {
                (Some(span), false) => span.until = Some(day),
                (None, true) => spans.push(Span {
                    from: day,
                    until: None,
                }),
                (Some(_), true) | (None, false) => {}
            }
        }
    }
    spans
}

#[cfg(test)]
pub(super) mod tests {
    use super::super::conduct::{Reference, Undone};
    use super::super::days::day;
    use super::super::{Category, Currency};
    use super::*;

    /// A day of October 2026.
    pub(in super::super) fn october(of: u32) -> NaiveDate {
        day(2026, 10, of)
    }

    /// 500.00 of tuition, due on a day of October.
    pub(in super::super) fn fee(id: &str, due: u32) -> Fee {
        Fee {
            external_id: id.to_owned(),
            kind: "tuition",
            category: Category::Tuition,
            title_pl: String::new(),
            title_en: String::new(),
            amount_minor: 50_000,
            currency: Currency::Pln,
            published_on: day(2026, 9, 15),
            nominal_due_on: october(due),
            as_of: day(2026, 9, 20),
        }
    }

    /// 500.00 to the student's number.
    pub(in super::super) fn transfer(ordered: u32, booked: u32) -> Transfer {
        Transfer {
            ordered_on: october(ordered),
            booked_on: october(booked),
            value_on: october(booked),
            amount_minor: 50_000,
            to: To::Issued(Category::Tuition, String::new()),
            payer_name: String::new(),
            payer_account: String::new(),
            title: String::new(),
            names: None,
            reference: Reference::Full,
            undone: None,
            meant_for: "F-1".to_owned(),
        }
    }

    fn undone(on: u32, again_on: Option<u32>) -> Undone {
        Undone {
            on: october(on),
            amount_minor: 50_000,
            same_reference: true,
            again_on: again_on.map(october),
        }
    }

    fn span(from: u32, until: Option<u32>) -> Span {
        Span {
            from: october(from),
            until: until.map(october),
        }
    }

    #[test]
    fn a_fee_is_credited_from_its_money_until_the_bank_takes_it_back() {
        let fees = [fee("F-1", 12)];
        let spans = |transfers: &[Transfer]| credited(&fees, transfers).remove(0);
        assert_eq!(spans(&[]), []);
        assert_eq!(spans(&[transfer(8, 9)]), [span(9, None)]);
        let mut returned = transfer(8, 9);
        returned.undone = Some(undone(13, None));
        assert_eq!(spans(&[returned.clone()]), [span(9, Some(13))]);
        let later = transfer(22, 22);
        assert_eq!(
            spans(&[returned, later]),
            [span(9, Some(13)), span(22, None)]
        );
        // Cancelled and booked again: for two days there is no money.
        let mut again = transfer(8, 9);
        again.undone = Some(undone(12, Some(14)));
        assert_eq!(spans(&[again]), [span(9, Some(12)), span(14, None)]);
        assert!(
            span(9, Some(13)).contains(october(12)) && !span(9, Some(13)).contains(october(13))
        );
    }

    #[test]
    fn money_that_went_elsewhere_credits_nothing() {
        let mut lost = transfer(8, 9);
        lost.to = To::Main;
        assert_eq!(credited(&[fee("F-1", 12)], &[lost]), [[]]);
    }

    #[test]
    fn what_no_statement_has_brought_is_known_only_in_truth() {
        let arrived = Arrived([(october(9), october(14))].into());
        let (fees, transfers) = ([fee("F-1", 12)], [transfer(8, 9)]);
        let paid = |by, on| paid_on(&fees, &transfers, by, october(on))[0];
        assert!(paid(By::Crediting, 9));
        assert!(!paid(By::Import(&arrived), 13) && paid(By::Import(&arrived), 14));
        assert!(!paid(By::Order(&arrived), 13) && paid(By::Order(&arrived), 14));
        assert!(!paid(By::Import(&Arrived::default()), 31));
    }
}
