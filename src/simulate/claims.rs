//! What students say: "I paid on that day".
//!
//! In: a case, and when the statements arrive. Out: claims, some true with the money under way or
//! gone to a wrong number, some false. Said a few days behind the due date, and only of a fee that
//! looks open at the office.

use super::arrivals::{Behind, Claim};
use super::case::Case;
use super::conduct::To;
use super::days;
use super::knowledge::{Arrived, By, paid_on};
use super::rng::Rng;
use super::university::{Fee, Manner};
use chrono::{Days, NaiveDate};

/// What a student says of the fees of a case.
pub(super) fn of(seed: u64, case: &Case, arrived: &Arrived) -> Vec<Claim> {
    // Whoever is silent says nothing either, and of an employer's transfer the student knows nothing.
    if case.student.manner != Manner::Household {
        return Vec::new();
    }
    let each = case.fees.iter().enumerate();
    each.filter_map(|(at, fee)| {
        let mut rng = luck(seed, fee);
        let behind_due = Days::new(4 + rng.below(5));
        let on = days::on_or_after(fee.due_on() + behind_due);
        let by = By::Import(arrived);
        let looks_open = paid_on(case.fees, &case.transfers, by, on).get(at) == Some(&false);
        let (truth, paid_on) = looks_open.then(|| behind(case, fee, on, &mut rng))??;
        let student = case.student.external_id.clone();
        let fee = fee.external_id.clone();
        Some(Claim {
            on,
            student,
            fee,
            paid_on,
            truth,
        })
    })
    .collect()
}

/// What is behind a claim that is made on a day, and the day it names; none where nobody claims.
fn behind(case: &Case, fee: &Fee, on: NaiveDate, rng: &mut Rng) -> Option<(Behind, NaiveDate)> {
    let mut meant = case
        .transfers
        .iter()
        .filter(|transfer| transfer.meant_for == fee.external_id && transfer.ordered_on < on);
    match meant.next_back() {
        Some(transfer) => {
            let truth = match transfer.to {
                To::Issued(..) => Behind::UnderWay,
                To::Unissued(_) | To::Main => Behind::WrongNumber,
            };
            rng.chance(60).then_some((truth, transfer.ordered_on))
        }
        None => rng
            .chance(10)
            .then(|| (Behind::Nothing, on - Days::new(1 + rng.below(5)))),
    }
}

/// A stream for each fee, whose id ends with the digits of its student and its place.
fn luck(seed: u64, fee: &Fee) -> Rng {
    let digits = fee.external_id.rsplit('-').next().unwrap_or_default();
    Rng::new(seed, (67 << 32) + digits.parse().unwrap_or(0))
}

#[cfg(test)]
mod tests {
    use super::super::knowledge::tests::{fee, october, transfer};
    use super::super::university;
    use super::*;

    /// What is said in fifty worlds that differ in their luck alone.
    fn said(manner: Manner, transfers: &[super::super::conduct::Transfer]) -> Vec<Claim> {
        let mut student = university::student(1, 0);
        student.manner = manner;
        let fees = [fee("F-1", 12)];
        let case = Case {
            student: &student,
            fees: &fees,
            transfers: transfers.to_vec(),
        };
        let arrived = Arrived([(october(9), october(10)), (october(16), october(30))].into());
        (0..50).flat_map(|seed| of(seed, &case, &arrived)).collect()
    }

    #[test]
    fn money_under_way_and_on_a_wrong_number_is_claimed_with_its_day() {
        let mut lost = transfer(8, 9);
        lost.to = To::Main;
        for (transfer, truth, paid_on) in [
            (transfer(15, 16), Behind::UnderWay, 15),
            (lost, Behind::WrongNumber, 8),
        ] {
            let claims = said(Manner::Household, &[transfer]);
            assert!(claims.len() > 10 && claims.len() < 50, "{}", claims.len());
            for claim in claims {
                assert_eq!((claim.truth, claim.paid_on), (truth, october(paid_on)));
                assert!(claim.paid_on < claim.on);
            }
        }
    }

    #[test]
    fn some_claim_what_they_never_paid_and_nobody_what_is_settled() {
        let false_ones = said(Manner::Household, &[]);
        assert!(!false_ones.is_empty() && false_ones.len() < 20);
        assert!(
            false_ones
                .iter()
                .all(|claim| claim.truth == Behind::Nothing)
        );
        assert_eq!(said(Manner::Household, &[transfer(8, 9)]), []);
        assert_eq!(said(Manner::Silent, &[]), []);
        assert_eq!(said(Manner::Employer, &[]), []);
    }
}
