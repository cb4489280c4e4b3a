//! Does a decision do what it says? Asked of the accounts before and after it, in the transaction
//! that would note it.

use super::super::EngineError;
use super::effect::Decision;
use super::preview::Folds;
use super::request::refused;
use crate::money::{Currency, format_plain};
use crate::policy::PolicyBook;
use crate::settlement::state::{Closing, Item};
use crate::store::Tx;
use crate::store::facts::{DecisionRow, PartRow};
use std::collections::{BTreeMap, BTreeSet};

/// The accounts before and after a decision, and the rules.
pub(super) struct Sides<'a> {
    pub before: &'a Folds,
    pub after: &'a Folds,
    pub book: &'a PolicyBook,
}

impl Sides<'_> {
    /// Refuses what does nothing or too much; tells why a second person is needed.
    pub(super) fn check(&self, (row, parts): Decision<'_>) -> Result<Option<String>, EngineError> {
        match row.kind.as_str() {
            "waive" => self.given_up(row, Closing::Waiver),
            "write_off" => self.given_up(row, Closing::WriteOff),
            "extend" => self.extended(row),
            "plan" => self.planned(row, parts),
            "interest_told" => self.told(row),
            "designate" => self.designated(row, parts),
            "refund" => self.refunded(row, parts),
            "crediting_date" => self.moved(row),
            "claim" | "deferral" | "instalments" => self.open_by_then(row),
            "dispute" => self.not_given_up(row),
            _ => Ok(None),
        }
    }

    /// The fee as the decision finds it.
    fn fee(&self, row: &DecisionRow) -> Result<(&Item, Money), EngineError> {
        let fee = row.receivable_id.unwrap_or_default();
        let found = self.before.fee(fee).zip(self.before.item(fee));
        let Some(((folded, _), item)) = found else {
            return refused("the fee has no amount yet; load it with `kwestura fees import`");
        };
        if !item.visible {
            let from = item.visible_from;
            return refused(format!(
                "{} takes part only from {from}; decide it with --on {from} or later",
                item.id
            ));
        }
        Ok((item, Money(folded.facts.currency)))
    }

    /// Whoever asks for time needs a fee that is open; whoever says that it was paid can mean its interest.
    fn open_by_then(&self, row: &DecisionRow) -> Result<Option<String>, EngineError> {
        let (before, _) = self.fee(row)?;
        let fee = row.receivable_id.unwrap_or_default();
        let interest = self.before.interest(fee).filter(|_| row.kind == "claim");
        let instalments = self.before.instalments(fee).into_iter();
        let mut items = instalments.chain(interest).chain([before]);
        if items.all(|item| item.open_minor() == 0) {
            return refused(nothing_open(before, row));
        }
        Ok(None)
    }

    /// A fee can be wrong when it is settled, too, but not once it is given up.
    fn not_given_up(&self, row: &DecisionRow) -> Result<Option<String>, EngineError> {
        let (before, _) = self.fee(row)?;
        if before.closed.is_some_and(Closing::is_given_up) {
            return refused(nothing_open(before, row));
        }
        Ok(None)
    }

    fn given_up(&self, row: &DecisionRow, how: Closing) -> Result<Option<String>, EngineError> {
        let (before, money) = self.fee(row)?;
        let Some(after) = self.after.item(row.receivable_id.unwrap_or_default()) else {
            return Ok(None);
        };
        let sum = |item: &Item, counts: &dyn Fn(Closing) -> bool| -> i64 {
            let shorts = item.shorts.iter().filter(|short| counts(short.how));
            shorts.map(|short| short.amount_minor).sum()
        };
        let of_this_way = |closing| closing == how;
        let given = sum(after, &of_this_way) - sum(before, &of_this_way);
        let open = before.open_minor();
        let asked = row.amount_minor.unwrap_or(open);
        if open == 0 {
            return refused(nothing_open(before, row));
        }
        if asked > open {
            return refused(format!(
                "only {} is open on {} on {}",
                money.show(open),
                before.id,
                row.acts_on
            ));
        }
        if given != asked {
            return refused(something_else_that_day(before, row));
        }
        let given_up = |closing| matches!(closing, Closing::Waiver | Closing::WriteOff);
        let limit = self.book.on(row.acts_on).0.allocation.waive_limit_minor;
        let total = sum(after, &given_up);
        Ok((total > limit).then(|| {
            format!(
                "{} would be given up on {}, more than {}",
                money.show(total),
                before.id,
                money.show(limit)
            )
        }))
    }

    fn extended(&self, row: &DecisionRow) -> Result<Option<String>, EngineError> {
        let (before, _) = self.fee(row)?;
        if before.open_minor() == 0 {
            return refused(nothing_open(before, row));
        }
        let after = self.after.item(row.receivable_id.unwrap_or_default());
        match after {
            Some(after) if after.due_on == before.due_on => {
                refused(format!("{} is due on {} already", before.id, before.due_on))
            }
            _ => Ok(None),
        }
    }

    fn planned(&self, row: &DecisionRow, parts: &[PartRow]) -> Result<Option<String>, EngineError> {
        let (before, money) = self.fee(row)?;
        let fee = row.receivable_id.unwrap_or_default();
        if !self.before.instalments(fee).is_empty() {
            return refused(format!(
                "{} has a plan already; take it back first, `kwestura decide list` shows its number",
                before.id
            ));
        }
        let open = before.open_minor();
        if open == 0 {
            return refused(nothing_open(before, row));
        }
        let agreed: i64 = parts.iter().filter_map(|part| part.amount_minor).sum();
        if agreed != open {
            return refused(format!(
                "the instalments add up to {} and {} is open on {} on {}",
                money.show(agreed),
                money.show(open),
                before.id,
                row.acts_on
            ));
        }
        let instalments = self.after.instalments(fee).into_iter();
        let replaced: i64 = instalments.map(|item| item.amount_minor).sum();
        if replaced != open {
            return refused(something_else_that_day(before, row));
        }
        Ok(None)
    }

    fn told(&self, row: &DecisionRow) -> Result<Option<String>, EngineError> {
        let (before, _) = self.fee(row)?;
        let id = format!("{}:interest", before.id);
        let accrued = self
            .before
            .accounts
            .iter()
            .flat_map(|account| &account.receivables)
            .find(|receivable| receivable.external_id == before.id)
            .is_some_and(|receivable| receivable.interest_minor > 0);
        let listed = self
            .before
            .accounts
            .iter()
            .flat_map(|account| &account.receivables)
            .any(|receivable| receivable.external_id == id);
        if listed {
            return refused(format!(
                "the student was told of the interest on {} before",
                before.id
            ));
        }
        if !accrued {
            return refused(format!("no interest has accrued on {}", before.id));
        }
        Ok(None)
    }

    fn designated(
        &self,
        row: &DecisionRow,
        parts: &[PartRow],
    ) -> Result<Option<String>, EngineError> {
        let (has, money) = self.money(row, &[row.entry_id.unwrap_or_default()], false);
        let wanted: i64 = parts.iter().filter_map(|part| part.amount_minor).sum();
        if wanted > has {
            return refused(format!(
                "{} is designated and the credit is {}",
                money.show(wanted),
                money.show(has)
            ));
        }
        Ok(None)
    }

    fn refunded(
        &self,
        row: &DecisionRow,
        parts: &[PartRow],
    ) -> Result<Option<String>, EngineError> {
        let credits: Vec<i64> = parts.iter().filter_map(|part| part.entry_id).collect();
        let (has, money) = self.money(row, &credits, true);
        let wanted = row.amount_minor.unwrap_or_default();
        if wanted > has {
            return refused(format!(
                "only {} of this money lies on account on {}; what settles a fee is freed by a waiver or a correction of that fee",
                money.show(has),
                row.acts_on
            ));
        }
        Ok(None)
    }

    fn moved(&self, row: &DecisionRow) -> Result<Option<String>, EngineError> {
        let credits = self.before.on_the_day.iter();
        let mut credits = credits.flat_map(|folded| folded.facts.credits.rows());
        let counts_so = credits
            .any(|one| Some(one.entry) == row.entry_id && Some(one.crediting_date) == row.day);
        if counts_so {
            return refused(format!(
                "the credit counts from {} already",
                row.day.unwrap_or(row.acts_on)
            ));
        }
        Ok(None)
    }

    /// What the decision's student has of some credits: all of it, or what lies on account.
    fn money(&self, row: &DecisionRow, credits: &[i64], on_account: bool) -> (i64, Money) {
        let person: BTreeSet<i64> = row.person_id.into_iter().collect();
        let mut sum = 0;
        let mut currency = Currency::PLN;
        for &entry in credits {
            for (folded, no) in self.before.credits(entry, &person) {
                currency = folded.facts.currency;
                sum += if on_account {
                    folded.state.on_account_minor(no)
                } else {
                    folded.facts.credits[no].amount_minor
                };
            }
        }
        (sum, Money(currency))
    }
}

/// Shows amounts of one currency.
struct Money(Currency);

impl Money {
    fn show(&self, minor: i64) -> String {
        format!("{} {}", format_plain(minor, self.0), self.0)
    }
}

fn nothing_open(item: &Item, row: &DecisionRow) -> String {
    if item.closed == Some(Closing::Plan) {
        return format!(
            "instalments stand in the place of {}; take the plan back first, `kwestura decide list` shows its number",
            item.id
        );
    }
    format!("nothing is open on {} on {}", item.id, row.acts_on)
}

/// Decisions of one day act before its credits, and in an order of their own: what else happened
/// that day may come between.
fn something_else_that_day(item: &Item, row: &DecisionRow) -> String {
    let next = row.acts_on.succ_opt().unwrap_or(row.acts_on);
    format!(
        "{} was paid or decided about on {} itself; decide it from the next day, with --on {next}",
        item.id, row.acts_on
    )
}

/// Two records can become one only once, and never in a circle.
pub(super) async fn mergeable(tx: &mut Tx, row: &DecisionRow) -> Result<(), EngineError> {
    let (Some(from), Some(into)) = (row.person_id, row.other_person_id) else {
        return Ok(());
    };
    if from == into {
        return refused("a student cannot be merged with themselves; both names are one record");
    }
    let merges = tx.decisions_of_kind("merge").await?;
    let standing: BTreeMap<i64, i64> = merges
        .iter()
        .filter(|merge| merge.id != row.id)
        .filter_map(|merge| Some((merge.person_id?, merge.other_person_id?)))
        .collect();
    if standing.contains_key(&from) {
        return refused(
            "the first record was merged before; `kwestura decide list` shows into which",
        );
    }
    let mut now = into;
    for _ in 0..standing.len() {
        now = standing.get(&now).copied().unwrap_or(now);
    }
    if now == from {
        return refused("the second record was merged into the first; that would be a circle");
    }
    Ok(())
}
