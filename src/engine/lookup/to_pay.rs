//! What to pay now: one transfer for each account number.
//!
//! Now is what is past its due date, and what falls due next; what falls due later waits for its
//! turn, so that nobody pays a whole year in October. Where something is late and the next due date
//! is far, only what is late is asked for.

use super::super::fee_words::{transfer_title, transfer_title_of_all};
use super::ToPay;
use crate::dunning::order_by::{Lags, order_by};
use crate::dunning::payment_code::{Payment, epc_text};
use crate::iban::Nrb;
use crate::money::Currency;
use chrono::NaiveDate;

/// With what is late, what falls due within so many days is asked for as well.
const NEXT_DAYS: i64 = 30;

/// Something that is left to pay.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Asked {
    /// The fee, instalment or interest.
    pub(super) id: String,
    /// The fee behind it.
    pub(super) of: String,
    /// Minor units.
    pub(super) left_minor: i64,
    pub(super) due_on: NaiveDate,
    pub(super) number: Option<Nrb>,
}

/// Who pays, to whom, when.
pub(super) struct Payer<'a> {
    pub(super) album: &'a str,
    pub(super) recipient: &'a str,
    pub(super) today: NaiveDate,
    pub(super) own: &'a Lags,
    pub(super) all: &'a Lags,
    pub(super) currency: Currency,
}

impl Payer<'_> {
    /// The transfers to make now, of what is asked for, oldest due date first.
    pub(super) fn to_pay(&self, asked: Vec<Asked>) -> Vec<ToPay> {
        let is_late = |asked: &Asked| asked.due_on < self.today;
        let next = asked.iter().filter(|asked| !is_late(asked));
        let next = next.map(|asked| asked.due_on).min().filter(|&day| {
            !asked.iter().any(is_late) || (day - self.today).num_days() <= NEXT_DAYS
        });
        let mut groups: Vec<(Option<Nrb>, Vec<Asked>)> = Vec::new();
        for asked in asked {
            if !is_late(&asked) && Some(asked.due_on) != next {
                continue;
            }
            match groups
                .iter_mut()
                .find(|(number, _)| *number == asked.number)
            {
                Some((_, group)) => group.push(asked),
                None => groups.push((asked.number, vec![asked])),
            }
        }
        let transfers = groups.into_iter();
        transfers
            .map(|(number, group)| self.transfer(number, &group))
            .collect()
    }

    fn transfer(&self, number: Option<Nrb>, group: &[Asked]) -> ToPay {
        let amount_minor = group.iter().map(|asked| asked.left_minor).sum();
        let late = group.iter().filter(|asked| asked.due_on < self.today);
        let due_on = group.iter().map(|asked| asked.due_on).max();
        let due_on = due_on.filter(|&day| self.today <= day);
        let advice = due_on.map(|day| order_by(day, self.currency, self.own, self.all));
        let title = match group {
            [only] => transfer_title(&only.of, self.album),
            _ => transfer_title_of_all(self.album),
        };
        let code = number.as_ref().and_then(|number| {
            let payment = Payment {
                to: number,
                grosze: amount_minor,
                recipient: self.recipient,
                title: &title,
            };
            match self.currency {
                Currency::PLN => Some(payment.text()),
                Currency::EUR => epc_text(&payment),
                _ => None,
            }
        });
        ToPay {
            amount_minor,
            overdue_minor: late.map(|asked| asked.left_minor).sum(),
            due_on,
            order_by: advice.filter(|advice| self.today <= advice.day),
            number,
            code,
            title,
            fees: group.iter().map(|asked| asked.id.clone()).collect(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn day(text: &str) -> NaiveDate {
        text.parse().unwrap()
    }

    fn asked(id: &str, left_minor: i64, due: &str, account: &str) -> Asked {
        Asked {
            id: id.to_owned(),
            of: id.to_owned(),
            left_minor,
            due_on: day(due),
            number: Nrb::from_bban(&format!("999000097777{account}")),
        }
    }

    fn to_pay(today: &str, asked: Vec<Asked>) -> Vec<(i64, i64, Option<NaiveDate>, String)> {
        let none = Lags::default();
        let payer = Payer {
            album: "102345",
            recipient: "Politechnika Opolska",
            today: day(today),
            own: &none,
            all: &none,
            currency: Currency::PLN,
        };
        let transfers = payer.to_pay(asked).into_iter();
        transfers
            .map(|to| (to.amount_minor, to.overdue_minor, to.due_on, to.title))
            .collect()
    }

    #[test]
    fn what_is_late_and_what_is_due_next_is_paid_now_to_each_account_once() {
        let (one, two) = ("000000102345", "010000102345");
        let year = || {
            vec![
                asked("F-1", 100, "2026-10-12", one),
                asked("F-2", 20, "2026-10-12", two),
                asked("F-3", 100, "2026-11-12", one),
                asked("F-4", 100, "2027-02-12", one),
            ]
        };
        let on = |text: &str| Some(day(text));
        let title = |fee: &str| format!("{fee} ALBUM 102345");
        assert_eq!(
            to_pay("2026-10-01", year()),
            [
                (100, 0, on("2026-10-12"), title("F-1")),
                (20, 0, on("2026-10-12"), title("F-2"))
            ]
        );
        // Late, and the next one is near: both, in one transfer to the same account.
        assert_eq!(
            to_pay("2026-10-20", year()),
            [
                (200, 100, on("2026-11-12"), "ALBUM 102345".to_owned()),
                (20, 20, None, title("F-2"))
            ]
        );
        // Late, and the next one is far.
        let mut winter = year();
        winter.truncate(1);
        winter.push(asked("F-4", 100, "2027-02-12", one));
        assert_eq!(
            to_pay("2026-12-01", winter),
            [(100, 100, None, title("F-1"))]
        );
        // Nothing is late: what comes next is shown, however far it is.
        let far = vec![asked("F-4", 100, "2027-02-12", one)];
        assert_eq!(
            to_pay("2026-10-01", far),
            [(100, 0, on("2027-02-12"), title("F-4"))]
        );
        assert_eq!(to_pay("2026-10-01", Vec::new()), []);
    }
}
