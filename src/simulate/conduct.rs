//! How people pay: when, how much, to which number and with which words.
//!
//! In: a student, the fees, a stream of luck. Out: transfers as the bank books them. Kept out
//! are corners in which the rules name no answer, see [`calm`].

use super::days::{self, FIRST_DAY, LAST_DAY, Way};
use super::rng::Rng;
use super::university::{FAMILY_NAMES, Fee, GIVEN_NAMES, Student};
use super::{Category, Currency, Plan, number};
use chrono::{Days, NaiveDate};

/// A transfer of one payer, and what became of it.
#[derive(Debug, Clone)]
pub(super) struct Transfer {
    /// When the payer ordered it.
    pub(super) ordered_on: NaiveDate,
    /// When the bank booked it.
    pub(super) booked_on: NaiveDate,
    /// Its value date; earlier for an instant transfer at a weekend.
    pub(super) value_on: NaiveDate,
    /// Minor units.
    pub(super) amount_minor: i64,
    /// Where it goes.
    pub(super) to: To,
    /// The payer's name, often not the student's.
    pub(super) payer_name: String,
    /// The payer's account.
    pub(super) payer_account: String,
    /// Remittance information; may be empty.
    pub(super) title: String,
    /// The fee whose number stands in the title, by its place among the fees of the currency.
    pub(super) names: Option<usize>,
    /// Which references the bank gives it.
    pub(super) reference: Reference,
    /// The bank takes it back.
    pub(super) undone: Option<Undone>,
    /// What the payer has in mind: a fee's id.
    pub(super) meant_for: String,
}

/// Where a transfer goes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum To {
    /// A virtual number of the student.
    Issued(Category, String),
    /// A valid number that nobody has.
    Unissued(String),
    /// The main account.
    Main,
}

/// Which references the bank gives an entry.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Reference {
    /// The operation's number and the short one behind `//`.
    Full,
    /// Only the short one.
    Short,
    /// None: `NONREF`.
    None,
}

/// The bank takes a credit back.
#[derive(Debug, Clone)]
pub(super) struct Undone {
    /// The reversal's booking date.
    pub(super) on: NaiveDate,
    /// What it takes.
    pub(super) amount_minor: i64,
    /// Does the reversal carry the credit's own reference?
    pub(super) same_reference: bool,
    /// The bank's own error: the credit is booked again on this day.
    pub(super) again_on: Option<NaiveDate>,
}

/// What the statement tells about a transfer's student.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Evidence {
    /// An issued virtual number.
    Account,
    /// The album or a fee's number in the title.
    Title,
    /// The student's name, in the title or as the payer's.
    Name,
    /// Nothing.
    None,
}

impl Evidence {
    /// As written in `truth.jsonl`.
    pub(super) fn name(self) -> &'static str {
        match self {
            Evidence::Account => "account",
            Evidence::Title => "title",
            Evidence::Name => "name",
            Evidence::None => "none",
        }
    }
}

impl Transfer {
    /// What the statement tells about the student.
    pub(super) fn evidence(&self, student: &Student, fees: &[Fee]) -> Evidence {
        let name = student.name().to_uppercase();
        if matches!(self.to, To::Issued(..)) {
            Evidence::Account
        } else if self.title.contains(&student.album.to_string())
            || fees.iter().any(|fee| self.title.contains(&fee.external_id))
        {
            Evidence::Title
        } else if self.title.contains(&name) || self.payer_name == name {
            Evidence::Name
        } else {
            Evidence::None
        }
    }

    /// Moves the booking to the next banking day.
    fn postpone(&mut self) {
        let instant = self.value_on != self.booked_on;
        self.booked_on = days::banking_days_later(self.booked_on, 1);
        if !instant {
            self.value_on = self.booked_on;
        }
    }
}

/// Who pays a student's fees of one currency, and from which account.
pub(super) struct Household<'a> {
    plan: &'a Plan,
    student: &'a Student,
    payer_name: String,
    payer_account: String,
}

impl<'a> Household<'a> {
    /// Who pays for the student in a currency.
    pub(super) fn new(
        plan: &'a Plan,
        student: &'a Student,
        currency: Currency,
        rng: &mut Rng,
    ) -> Self {
        let payer_name = match rng.below(100) {
            0..45 => student.name(),
            45..80 => format!("{} {}", rng.pick(&GIVEN_NAMES), student.family_name),
            80..95 => format!("{} {}", rng.pick(&GIVEN_NAMES), rng.pick(&FAMILY_NAMES)),
            _ => "Zakład Usług Próbnych & Syn sp. z o.o.".to_owned(),
        };
        let payer_account = number::payer_account(rng, currency);
        Household {
            plan,
            student,
            payer_name: payer_name.to_uppercase(),
            payer_account,
        }
    }

    /// What the household pays for these fees of one currency, in the order of booking.
    pub(super) fn transfers(&self, fees: &[Fee], rng: &mut Rng) -> Vec<Transfer> {
        let mut transfers = Vec::new();
        let announced: Vec<&Fee> = fees
            .iter()
            .filter(|fee| fee.visible_from() < FIRST_DAY)
            .collect();
        let all_at_once = announced.len() > 1 && rng.chance(6);
        if let (true, Some(first)) = (all_at_once, announced.first()) {
            let whole = announced.iter().map(|fee| fee.amount_minor).sum();
            transfers.push(self.dressed(first, whole, rng));
        }
        for (at, fee) in fees.iter().enumerate() {
            if !(all_at_once && fee.visible_from() < FIRST_DAY) {
                self.pay(at, fee, rng, &mut transfers);
            }
        }
        calm(&mut transfers);
        mishap(&mut transfers, fees.len() == 1, rng);
        transfers
    }

    /// One fee, paid well or badly.
    fn pay(&self, at: usize, fee: &Fee, rng: &mut Rng, transfers: &mut Vec<Transfer>) {
        let amount = fee.amount_minor;
        match rng.below(100) {
            0..3 => {}
            3..6 => transfers.push(self.dressed(fee, amount - rng.between(1, amount / 2), rng)),
            6..10 => transfers.push(self.dressed(fee, amount + rng.between(1, 20) * 500, rng)),
            10..17 => {
                let first = amount * rng.between(20, 80) / 100;
                transfers.push(self.dressed(fee, first, rng));
                transfers.push(self.dressed(fee, amount - first, rng));
            }
            17..20 => {
                let once = self.dressed(fee, amount, rng);
                let again = if rng.chance(60) {
                    once.clone()
                } else {
                    self.dressed(fee, amount, rng)
                };
                transfers.extend([once, again]);
            }
            20..26 => {
                let mut named = self.dressed(fee, amount + rng.pick(&[0, 0, 0, 5_000]), rng);
                named.title = format!("{} {}", bank_words(&fee.title_pl), fee.external_id);
                named.names = Some(at);
                transfers.push(named);
            }
            _ => transfers.push(self.dressed(fee, amount, rng)),
        }
    }

    /// A transfer for a fee with its days, its target and its words.
    fn dressed(&self, fee: &Fee, amount_minor: i64, rng: &mut Rng) -> Transfer {
        let ordered_on = ordered_on(fee, rng);
        let way = match fee.currency {
            Currency::Eur => Way::Sepa,
            Currency::Pln => match rng.below(100) {
                0..75 => Way::Elixir,
                75..85 => Way::Desk(1 + rng.below(3)),
                _ => Way::Instant,
            },
        };
        let (booked_on, value_on) = days::credited(ordered_on, rng.below(18 * 60) + 6 * 60, way);
        let (to, title) = self.address(fee, rng);
        Transfer {
            ordered_on,
            booked_on: booked_on.max(FIRST_DAY),
            value_on: value_on.max(FIRST_DAY),
            amount_minor,
            to,
            payer_name: self.payer_name.clone(),
            payer_account: self.payer_account.clone(),
            title: title.unwrap_or_else(|| self.title(fee, rng)),
            names: None,
            reference: match rng.below(100) {
                0..96 => Reference::Full,
                96..98 => Reference::Short,
                _ => Reference::None,
            },
            undone: None,
            meant_for: fee.external_id.clone(),
        }
    }

    /// The number that the transfer goes to, and the words of one that goes to the main account.
    fn address(&self, fee: &Fee, rng: &mut Rng) -> (To, Option<String>) {
        let Plan { seed, students, .. } = *self.plan;
        let album = self.student.album;
        let name = self.student.name().to_uppercase();
        let words = bank_words(&fee.title_pl);
        let number = |category, album| number::virtual_number(fee.currency, category, album);
        let other = match fee.category {
            Category::Tuition => Category::Dormitory,
            Category::Dormitory => Category::Tuition,
        };
        let slip = number::mistyped_album(rng, seed, students, album);
        let main = |title: String| (To::Main, Some(title));
        match rng.below(100) {
            0..86 => (To::Issued(fee.category, number(fee.category, album)), None),
            86..90 => (To::Issued(other, number(other, album)), None),
            90..92 => (To::Unissued(number(fee.category, slip)), None),
            92..96 => main(format!("{words} {album}")),
            96 => main(format!("{words} {slip} {name}")),
            97 => main(format!("CZESNE {name}")),
            98 => main(fee.external_id.clone()),
            _ => main(rng.pick(&["", "WPŁATA", "ZA STUDIA SYNA"]).to_owned()),
        }
    }

    /// The words of a transfer to a virtual number: they decide nothing.
    fn title(&self, fee: &Fee, rng: &mut Rng) -> String {
        let Plan { seed, students, .. } = *self.plan;
        match rng.below(100) {
            0..55 => bank_words(&fee.title_pl),
            55..70 => format!("{} {}", bank_words(&fee.title_pl), self.student.album),
            70..80 => format!(
                "{} {}",
                self.student.name().to_uppercase(),
                bank_words(&fee.title_pl)
            ),
            80..88 => String::new(),
            88..91 => {
                let slip = number::mistyped_album(rng, seed, students, self.student.album);
                format!("OPŁATA ALBUM {slip}")
            }
            _ => rng
                .pick(&["CZYNSZ 10/2026", "PREZENT", "FV 12/09/2026", "ZA PRĄD"])
                .to_owned(),
        }
    }
}

/// Drops what is booked after the semester and keeps two different transfers of one student from
/// one day: which of them comes first, no statement tells. Equal ones may share a day.
fn calm(transfers: &mut Vec<Transfer>) {
    transfers.sort_by_key(|transfer| transfer.booked_on);
    let mut kept: Vec<Transfer> = Vec::new();
    for mut transfer in transfers.drain(..) {
        let differs = |one: &Transfer, other: &Transfer| {
            (one.amount_minor, &one.to, one.names) != (other.amount_minor, &other.to, other.names)
        };
        while kept
            .iter()
            .any(|other| other.booked_on == transfer.booked_on && differs(other, &transfer))
        {
            transfer.postpone();
        }
        kept.push(transfer);
    }
    kept.sort_by_key(|transfer| transfer.booked_on);
    kept.retain(|transfer| transfer.booked_on <= LAST_DAY);
    *transfers = kept;
}

/// Sometimes the bank takes a credit back, wholly or in part, or cancels it and books it again.
///
/// Only a credit that is the only one of its amount comes back, and where it is booked again the
/// only one at all: which credit is meant must be beyond doubt.
fn mishap(transfers: &mut Vec<Transfer>, one_fee: bool, rng: &mut Rng) {
    let luck = rng.below(100);
    let only = one_fee && transfers.len() == 1;
    let alone = transfers.iter().position(|one| {
        let equal = transfers
            .iter()
            .filter(|other| other.amount_minor == one.amount_minor);
        matches!(one.to, To::Issued(..)) && one.reference == Reference::Full && equal.count() == 1
    });
    let Some(transfer) = alone.and_then(|at| transfers.get_mut(at)) else {
        return;
    };
    let next_day = days::banking_days_later(transfer.booked_on, 1);
    let on = days::banking_days_later(next_day, rng.below(5));
    let whole = Undone {
        on,
        amount_minor: transfer.amount_minor,
        same_reference: true,
        again_on: None,
    };
    let undone = match luck {
        0..4 if only => {
            let again_on = days::banking_days_later(next_day, rng.below(2));
            Undone {
                on: next_day,
                again_on: Some(again_on),
                ..whole
            }
        }
        4 => Undone {
            amount_minor: (transfer.amount_minor * rng.between(10, 60) / 100).max(1),
            ..whole
        },
        5..7 => Undone {
            same_reference: rng.chance(50),
            ..whole
        },
        _ => return,
    };
    if undone.again_on.unwrap_or(undone.on) > LAST_DAY {
        return;
    }
    // A month later the payer sends a wholly reversed transfer again: so late that nobody takes
    // it for the same one.
    let sent_again = Transfer {
        ordered_on: on + Days::new(31),
        ..transfer.clone()
    };
    let wholly = undone.again_on.is_none() && undone.amount_minor == transfer.amount_minor;
    transfer.undone = Some(undone);
    if wholly && rng.chance(60) {
        let (booked_on, value_on) = days::credited(sent_again.ordered_on, 600, Way::Elixir);
        transfers.push(Transfer {
            booked_on,
            value_on,
            ..sent_again
        });
        calm(transfers);
    }
}

/// When the payer orders the transfer: mostly in good time, sometimes on the last day or later,
/// never before the fee is known.
fn ordered_on(fee: &Fee, rng: &mut Rng) -> NaiveDate {
    let days_after_due = match rng.below(100) {
        0..60 => rng.between(-18, -3),
        60..80 => rng.between(-2, 0),
        80..92 => rng.between(1, 20),
        92..97 => rng.between(21, 60),
        _ => rng.between(-40, -19),
    };
    (fee.due_on() + chrono::Duration::days(days_after_due)).max(fee.visible_from())
}

/// As a bank's form takes it: capitals, and no character that ends a field.
fn bank_words(text: &str) -> String {
    text.to_uppercase().replace([';', '"'], "")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::simulate::university;

    const PLAN: Plan = Plan::of(600, 11);

    fn world() -> impl Iterator<Item = (Student, Vec<Fee>, Vec<Transfer>)> {
        (0..PLAN.students).map(|index| {
            let student = university::student(PLAN.seed, index);
            let mut rng = Rng::new(PLAN.seed, (3 << 32) + u64::from(index));
            let fees = university::fees(&PLAN, &student);
            let fees: Vec<Fee> = fees
                .into_iter()
                .filter(|fee| fee.currency == Currency::Pln)
                .collect();
            let transfers =
                Household::new(&PLAN, &student, Currency::Pln, &mut rng).transfers(&fees, &mut rng);
            (student, fees, transfers)
        })
    }

    #[test]
    fn every_kind_of_evidence_and_mishap_occurs() {
        let (mut evidence, mut undone) = ([0; 4], [0; 3]);
        for (student, fees, transfers) in world() {
            for transfer in transfers {
                evidence[transfer.evidence(&student, &fees) as usize] += 1;
                if let Some(mishap) = transfer.undone {
                    let kind = usize::from(mishap.again_on.is_some())
                        + 2 * usize::from(mishap.amount_minor < transfer.amount_minor);
                    undone[kind] += 1;
                }
            }
        }
        assert!(
            evidence.iter().chain(&undone).all(|count| *count > 0),
            "{evidence:?} {undone:?}"
        );
        assert!(evidence[0] > 8 * (evidence[1] + evidence[2] + evidence[3]));
    }

    #[test]
    fn money_is_booked_on_banking_days_of_the_semester_and_not_before_it_was_ordered() {
        for (_, _, transfers) in world() {
            for transfer in transfers {
                assert!(days::is_banking_day(transfer.booked_on));
                assert!((FIRST_DAY..=LAST_DAY).contains(&transfer.booked_on));
                assert!(
                    transfer.ordered_on <= transfer.booked_on
                        && transfer.value_on <= transfer.booked_on
                );
                assert!(transfer.amount_minor > 0);
            }
        }
    }

    #[test]
    fn a_mistyped_number_is_valid_and_was_never_issued() {
        let mut seen = 0;
        for (_, _, transfers) in world() {
            for transfer in transfers {
                let To::Unissued(digits) = transfer.to else {
                    continue;
                };
                assert_eq!(
                    number::remainder(&format!("{}PL{}", &digits[2..], &digits[..2])),
                    1
                );
                let album = digits[16..].parse().expect("a number");
                assert!(
                    !number::is_album(PLAN.seed, PLAN.students, album),
                    "{digits}"
                );
                seen += 1;
            }
        }
        assert!(seen > 0);
    }

    #[test]
    fn two_different_transfers_of_a_student_are_never_booked_on_one_day() {
        let mut twins = 0;
        for (_, _, transfers) in world() {
            for pair in transfers
                .windows(2)
                .filter(|pair| pair[0].booked_on == pair[1].booked_on)
            {
                assert_eq!(
                    (pair[0].amount_minor, &pair[0].to),
                    (pair[1].amount_minor, &pair[1].to)
                );
                twins += 1;
            }
        }
        assert!(twins > 0);
    }

    #[test]
    fn a_credit_that_is_taken_back_is_the_only_one_of_its_amount_for_a_month() {
        for (_, _, transfers) in world() {
            for one in transfers
                .iter()
                .filter(|transfer| transfer.undone.is_some())
            {
                let near = |other: &&Transfer| {
                    other.amount_minor == one.amount_minor
                        && (other.booked_on - one.booked_on).num_days().abs() <= 30
                };
                assert_eq!(transfers.iter().filter(near).count(), 1);
            }
        }
    }
}
