//! Decisions about credits of students: what they are for, and sending money back.

use super::super::EngineError;
use super::super::account::find;
use super::super::called::{self, Called};
use super::super::facts::with_merged;
use super::fees::{self, amount_of};
use super::request::{Request, part, refused, row};
use crate::iban::{Nrb, NrbError, normalise_account};
use crate::store::Tx;
use crate::store::facts::{DecisionRow, PartRow};
use chrono::NaiveDate;
use std::collections::BTreeSet;

/// A credit that is designated or refunded.
struct Owned {
    credit: Called,
    /// Students who have a part of it.
    owners: BTreeSet<i64>,
}

impl Owned {
    async fn find(tx: &mut Tx, name: &str) -> Result<Owned, EngineError> {
        let credit = called::credit(tx, name).await?;
        let owners = match &credit {
            Called::Opening(row) => [row.person_id].into(),
            Called::Entry(entry) => {
                let rows = tx.identifications(&[entry.id]).await?;
                let shares = rows.iter().filter(|row| row.outcome == "student");
                shares.filter_map(|row| row.person_id).collect()
            }
        };
        let owned = Owned { credit, owners };
        if owned.owners.is_empty() {
            return refused(format!(
                "{name} is no student's credit; `kwestura review assign {name} STUDENT` makes it one"
            ));
        }
        Ok(owned)
    }

    fn currency(&self) -> &str {
        match &self.credit {
            Called::Entry(entry) => &entry.currency,
            Called::Opening(row) => &row.currency,
        }
    }

    fn payer(&self) -> Option<&str> {
        match &self.credit {
            Called::Entry(entry) => entry.counterparty_account.as_deref(),
            Called::Opening(_) => None,
        }
    }
}

/// The one student who is meant: named, or the only one who has a part of all these credits.
async fn owner(tx: &mut Tx, credits: &[Owned], student: Option<&str>) -> Result<i64, EngineError> {
    if let Some(student) = student {
        let person = find(tx, student).await?;
        let has_all = credits.iter().all(|owned| owned.owners.contains(&person));
        return if has_all {
            Ok(person)
        } else {
            refused(format!("{student} has no part of this money"))
        };
    }
    let mut all: Option<BTreeSet<i64>> = None;
    for owned in credits {
        all = Some(match all {
            Some(all) => all.intersection(&owned.owners).copied().collect(),
            None => owned.owners.clone(),
        });
    }
    let all: Vec<i64> = all.unwrap_or_default().into_iter().collect();
    match all.as_slice() {
        [one] => Ok(*one),
        [] => refused("these credits are not of one student; decide about each student's alone"),
        _ => refused("this transfer was split between students; name one with --student"),
    }
}

/// What a credit is for.
pub(super) async fn designate(
    tx: &mut Tx,
    credit: &str,
    student: Option<&str>,
    wanted: &[(String, Option<String>)],
    on: NaiveDate,
) -> Result<(DecisionRow, Vec<PartRow>), EngineError> {
    let owned = [Owned::find(tx, credit).await?];
    let person = owner(tx, &owned, student).await?;
    let [owned] = &owned;
    let family = with_merged(tx, &[person], i64::MAX).await?;
    let mut parts: Vec<PartRow> = Vec::new();
    for (name, share) in wanted {
        let fee = fees::called(tx, name).await?;
        if !family.contains(&fee.person_id) {
            return refused(format!(
                "{name} is another student's fee; `kwestura review split` divides a transfer between students"
            ));
        }
        if fee.currency != owned.currency() {
            return refused(format!(
                "{name} is in {} and the credit in {}; money settles fees of its own currency",
                fee.currency,
                owned.currency()
            ));
        }
        if parts.iter().any(|part| part.receivable_id == Some(fee.id)) {
            return refused(format!("{name} is named twice"));
        }
        let amount_minor = match share {
            Some(text) => Some(amount_of(text, &fee.currency)?),
            None => None,
        };
        parts.push(PartRow {
            receivable_id: Some(fee.id),
            amount_minor,
            ..part()
        });
    }
    if parts.is_empty() {
        return refused("name the fees for which it is: FEE or FEE=AMOUNT");
    }
    let row = DecisionRow {
        person_id: Some(person),
        entry_id: Some(owned.credit.id()),
        ..row("designate", on)
    };
    Ok((row, parts))
}

/// A refund, and why a second person is needed: the money goes elsewhere than it came from.
pub(super) async fn refund(
    tx: &mut Tx,
    request: &Request,
    on: NaiveDate,
) -> Result<((DecisionRow, Vec<PartRow>), Option<String>), EngineError> {
    let Request::Refund {
        credits,
        student,
        amount,
        to,
    } = request
    else {
        return refused("this is no refund");
    };
    let mut owned: Vec<Owned> = Vec::new();
    for name in credits {
        let credit = Owned::find(tx, name).await?;
        if owned
            .iter()
            .any(|other| other.credit.id() == credit.credit.id())
        {
            return refused(format!("{name} is named twice"));
        }
        owned.push(credit);
    }
    let person = owner(tx, &owned, student.as_deref()).await?;
    let Some(first) = owned.first() else {
        return refused("name the credits whose money goes back: --credit ID");
    };
    let currency = first.currency();
    if owned.iter().any(|other| other.currency() != currency) {
        return refused("these credits are in several currencies; decide about each alone");
    }
    let (account, elsewhere) = target(&owned, to.as_deref())?;
    let parts = owned.iter().map(|owned| PartRow {
        entry_id: Some(owned.credit.id()),
        ..part()
    });
    let row = DecisionRow {
        person_id: Some(person),
        amount_minor: Some(amount_of(amount, currency)?),
        detail: account,
        ..row("refund", on)
    };
    Ok(((row, parts.collect()), elsewhere))
}

/// The account to which money goes back, by default the one from which all of it came.
fn target(owned: &[Owned], to: Option<&str>) -> Result<(String, Option<String>), EngineError> {
    let payers: BTreeSet<Option<&str>> = owned.iter().map(Owned::payer).collect();
    let payer = match payers.iter().collect::<Vec<_>>().as_slice() {
        [Some(one)] => Some(*one),
        _ => None,
    };
    let Some(to) = to else {
        return match payer {
            Some(payer) => Ok((payer.to_owned(), None)),
            None => refused(
                "it is not known from which one account this money came; name one with --to",
            ),
        };
    };
    match Nrb::parse(to) {
        Ok(_) | Err(NrbError::Foreign { .. }) => {}
        Err(error) => return refused(format!("{to} is no account: {error}")),
    }
    let account = normalise_account(to);
    let elsewhere = (payer != Some(account.as_str()))
        .then(|| "the money does not go back to the account from which it came".to_owned());
    Ok((account, elsewhere))
}
