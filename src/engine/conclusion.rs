//! The rules by which an entry is somebody's or nobody's: what people did not decide.
//!
//! In: an entry in its best reading, who has the numbers in it, the refunds that are facts. Out: a
//! conclusion. Never the database.

use super::Office;
use super::refunds::reference;
use crate::identify::whose::{Known, Said, Whose, whose};
use crate::store::decisions::DecidedRow;
use crate::store::entries::EntryRow;
use crate::store::identification::IdentificationRow;

/// A returned refund comes back within this many days.
const REFUND_RETURN_DAYS: i64 = 60;

/// A conclusion about an entry or a part of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Conclusion {
    pub(super) outcome: &'static str,
    pub(super) person: Option<i64>,
    pub(super) amount_minor: i64,
    pub(super) rule: String,
    pub(super) reason: String,
    pub(super) nrb: Option<String>,
    pub(super) other_entry: Option<i64>,
    pub(super) decision: Option<i64>,
}

impl Conclusion {
    pub(super) fn plain(outcome: &'static str, amount_minor: i64, rule: &str) -> Self {
        Conclusion {
            outcome,
            person: None,
            amount_minor,
            rule: rule.to_owned(),
            reason: String::new(),
            nrb: None,
            other_entry: None,
            decision: None,
        }
    }

    fn same_as(&self, row: &IdentificationRow) -> bool {
        self.outcome == row.outcome
            && self.person == row.person_id
            && self.amount_minor == row.amount_minor
            && self.rule == row.rule
            && self.reason == row.reason
            && self.nrb == row.nrb
            && self.other_entry == row.other_entry_id
            && self.decision == row.decision_id
    }
}

/// Does this hold already, part by part?
pub(super) fn all_same(concluded: &[Conclusion], holds: &[IdentificationRow]) -> bool {
    concluded.len() == holds.len()
        && concluded
            .iter()
            .zip(holds)
            .all(|(conclusion, row)| conclusion.same_as(row))
}

/// How what holds differs from what is concluded.
pub(super) fn difference(concluded: &[Conclusion], holds: &[IdentificationRow]) -> String {
    if concluded.len() != holds.len() {
        return format!(
            "it has {} part(s), and the facts say {}",
            holds.len(),
            concluded.len()
        );
    }
    let pair = concluded
        .iter()
        .zip(holds)
        .find(|(conclusion, row)| !conclusion.same_as(row));
    let Some((now, row)) = pair else {
        return String::new();
    };
    let mut fields = Vec::new();
    let mut differs = |name: &str, stored: String, concluded: String| {
        if stored != concluded {
            fields.push(format!("{name} is {stored}, the facts say {concluded}"));
        }
    };
    let number = |id: Option<i64>| id.map_or_else(|| "none".to_owned(), |id| id.to_string());
    let text = |text: &Option<String>| text.clone().unwrap_or_else(|| "none".to_owned());
    differs("outcome", row.outcome.clone(), now.outcome.to_owned());
    differs("person_id", number(row.person_id), number(now.person));
    differs(
        "amount_minor",
        row.amount_minor.to_string(),
        now.amount_minor.to_string(),
    );
    differs("rule", row.rule.clone(), now.rule.clone());
    differs("reason", row.reason.clone(), now.reason.clone());
    differs("nrb", text(&row.nrb), text(&now.nrb));
    differs(
        "other_entry_id",
        number(row.other_entry_id),
        number(now.other_entry),
    );
    differs("decision_id", number(row.decision_id), number(now.decision));
    fields.join("; ")
}

/// What holds by rule: money of ours that moved, interest of the bank, a refund that went out or came
/// back, else the student whose account was credited.
pub(super) fn conclude(
    office: &Office,
    entry: &EntryRow,
    known: &Known,
    refunds: &[DecidedRow],
) -> Conclusion {
    let amount = entry.amount_minor;
    if amount == 0 {
        return Conclusion::plain("other", 0, "zero_amount");
    }
    if entry.charge == 1 || is_charge(entry) {
        return Conclusion::plain("charge", amount, "charge");
    }
    if is_own_account(office, entry) {
        let outcome = if amount < 0 { "sweep" } else { "not_student" };
        return Conclusion::plain(outcome, amount, "own_account");
    }
    if amount < 0 {
        return match refund_paid(entry, refunds) {
            Some(refund) => Conclusion {
                decision: Some(refund),
                ..Conclusion::plain("refund", amount, "refund")
            },
            None => Conclusion::plain("other", amount, "outgoing"),
        };
    }
    if let Some(refund) = refund_returned(entry, refunds) {
        return Conclusion {
            decision: Some(refund),
            ..Conclusion::plain("refund_returned", amount, "refund_returned")
        };
    }
    if entry.reversal == 1 {
        let reason = "a debit was taken back, and no refund of ours fits it".to_owned();
        return Conclusion {
            reason,
            ..Conclusion::plain("review", amount, "reversal_of_debit")
        };
    }
    if entry.virtual_account.is_none() && is_bank_interest(entry) {
        return Conclusion::plain("not_student", amount, "bank_interest");
    }
    let said = said(entry);
    match whose(&said, known) {
        Whose::Student { person, rule, nrb } => Conclusion {
            person: Some(person),
            nrb,
            ..Conclusion::plain("student", amount, rule)
        },
        Whose::Nobody => Conclusion::plain("not_student", amount, "standing_rule"),
        Whose::Review { reason } => Conclusion {
            reason,
            ..Conclusion::plain("review", amount, "review")
        },
    }
}

/// What a credit says, for the core.
pub fn said(entry: &EntryRow) -> Said<'_> {
    Said {
        virtual_account: entry.virtual_account.as_deref(),
        payer_account: entry.counterparty_account.as_deref(),
        remittance: &entry.remittance,
    }
}

fn is_charge(entry: &EntryRow) -> bool {
    let code = entry.transaction_code.as_deref().unwrap_or_default();
    entry.amount_minor < 0
        && (code.contains("CHG")
            || code.contains("CHRG")
            || says(entry, &["OPŁATA", "OPLATA", "PROWIZJA"]))
}

/// Interest that the bank credits (MT940 type `INT`, camt `INTR`), or by its usual words.
fn is_bank_interest(entry: &EntryRow) -> bool {
    let code = entry.transaction_code.as_deref().unwrap_or_default();
    entry.counterparty_account.is_none()
        && (code.contains("INT")
            || says(entry, &["KAPITALIZACJA", "ODSETKI OD", "NALICZONE ODSETKI"]))
}

fn says(entry: &EntryRow, words: &[&str]) -> bool {
    let text = entry.remittance.to_uppercase();
    words
        .iter()
        .any(|word| text.starts_with(word) || text.contains(&format!(" {word}")))
}

fn is_own_account(office: &Office, entry: &EntryRow) -> bool {
    let Some(other) = entry.counterparty_account.as_deref() else {
        return false;
    };
    let bare = other.trim_start_matches("PL");
    let ours = |iban: &str| iban.trim_start_matches("PL") == bare;
    office
        .config
        .bank_accounts
        .iter()
        .any(|row| ours(&row.iban) || row.own_accounts.iter().any(|iban| ours(iban)))
}

/// A refund that this debit pays: the same amount to the account that was decided, not before it. Of
/// several the one that the debit names, as the files of payments have it.
fn refund_paid(entry: &EntryRow, refunds: &[DecidedRow]) -> Option<i64> {
    let fits = |refund: &&DecidedRow| {
        refund.amount_minor == Some(-entry.amount_minor)
            && same_account(&refund.detail, entry.counterparty_account.as_deref())
            && refund.acts_on <= entry.crediting_date
    };
    let fitting = || refunds.iter().filter(fits);
    let named = fitting().find(|refund| names(entry, &reference(refund.id)));
    named.or_else(|| fitting().next()).map(|refund| refund.id)
}

/// Whether a word of the line's texts and references is this one.
fn names(entry: &EntryRow, reference: &str) -> bool {
    let texts = [
        Some(entry.remittance.as_str()),
        entry.end_to_end_id.as_deref(),
        entry.customer_reference.as_deref(),
    ];
    let mut words =
        (texts.iter().flatten()).flat_map(|text| text.split(|sign: char| !sign.is_alphanumeric()));
    words.any(|word| word.eq_ignore_ascii_case(reference))
}

/// A refund that this credit brings back: it comes from where the refund went, and says so, or is the
/// reversal of the debit.
fn refund_returned(entry: &EntryRow, refunds: &[DecidedRow]) -> Option<i64> {
    let says_so =
        entry.reversal == 1 || says(entry, &["ZWROT", "RETURN", "NIEDORĘCZONY", "NIEDORECZONY"]);
    let fits = |refund: &&DecidedRow| {
        let days = (entry.crediting_date - refund.acts_on).num_days();
        let from_there = same_account(&refund.detail, entry.counterparty_account.as_deref())
            || entry.reversal == 1 && entry.counterparty_account.is_none();
        refund.amount_minor == Some(entry.amount_minor)
            && from_there
            && (0..=REFUND_RETURN_DAYS).contains(&days)
    };
    refunds
        .iter()
        .filter(|_| says_so)
        .find(fits)
        .map(|refund| refund.id)
}

fn same_account(decided: &str, other: Option<&str>) -> bool {
    other.is_some_and(|other| {
        !decided.is_empty() && other.trim_start_matches("PL") == decided.trim_start_matches("PL")
    })
}
