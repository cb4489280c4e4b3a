//! What falls due: money on account, the tolerance, broken plans.

use super::{Fold, plus_days};
use crate::policy::{CategoryRule, OnAccountRule, PlanBreach};
use crate::settlement::facts::CreditNo;
use crate::settlement::state::{Cause, Closing, Held, Item, ItemNo, Lot, Origin, Rule, lot_order};
use chrono::NaiveDate;

impl Fold<'_> {
    /// Rule 5: money on account goes to what is due, the oldest to the oldest.
    pub(super) fn use_money_on_account(&mut self, day: NaiveDate, cause: Cause) {
        if self.state.lots.is_empty() {
            return;
        }
        let allocation = &self.policy(day).0.allocation;
        let ripe =
            |item: &Item| allocation.on_account == OnAccountRule::WhenVisible || item.due_on <= day;
        let mut items: Vec<ItemNo> = self.state.items.numbers().collect();
        items.retain(|&no| self.state.items[no].is_open() && ripe(&self.state.items[no]));
        items.sort_by(|&a, &b| self.state.items[a].age().cmp(&self.state.items[b].age()));
        let candidates = items.clone();
        let before = self.state.postings.len();
        for item in items {
            while let Some((credit, free_since, piece)) =
                self.next_lot(day, item, allocation.category)
            {
                self.settle_part(
                    day,
                    item,
                    credit,
                    piece,
                    free_since,
                    Rule::OnAccount,
                    cause,
                    &candidates,
                );
            }
        }
        // A principal that is settled late may leave interest to be paid from the same money.
        if self.state.postings.len() > before {
            self.use_money_on_account(day, cause);
        }
    }

    /// Takes the oldest money that this item may have.
    pub(super) fn next_lot(
        &mut self,
        day: NaiveDate,
        item: ItemNo,
        category: CategoryRule,
    ) -> Option<(CreditNo, NaiveDate, i64)> {
        let row = &self.state.items[item];
        let open = row.open_minor();
        let may = |lot: &Lot| {
            let credit = &self.facts.credits[lot.credit];
            let own = category == CategoryRule::Preferred
                || credit.category.is_empty()
                || credit.category == row.category;
            lot.held == Held::Free && own && self.same_account(lot.credit, row, day)
        };
        let lots = self.state.lots.iter().enumerate();
        let (place, _) =
            lots.filter(|(_, lot)| open > 0 && may(lot))
                .min_by(|(_, a), (_, b)| {
                    lot_order(a, &self.facts.credits).cmp(&lot_order(b, &self.facts.credits))
                })?;
        let lot = self.state.lots.get_mut(place)?;
        let piece = lot.amount_minor.min(open);
        lot.amount_minor -= piece;
        let taken = (lot.credit, lot.free_since, piece);
        self.state.lots.retain(|lot| lot.amount_minor > 0);
        Some(taken)
    }

    /// After a day's events: a small shortfall is written off once the statements reach past the due
    /// date, and a broken plan falls due as a whole.
    pub(super) fn end_day(&mut self, day: NaiveDate) -> Cause {
        let items: Vec<ItemNo> = self.state.items.numbers().collect();
        for no in items {
            let row = &self.state.items[no];
            if !row.is_open() || row.due_on >= day {
                continue;
            }
            let kind = self.kind(day, no);
            let covered = self
                .facts
                .covered_through
                .is_some_and(|through| plus_days(through, 1) >= day);
            if covered && row.open_minor() <= kind.tolerance_minor && !row.is_interest() {
                self.give_up(day, no, None, Closing::WriteOff);
            } else if let (Origin::Instalment { of }, PlanBreach::AllDue) =
                (row.origin, kind.plan_breach)
            {
                for other in self.instalments(of) {
                    let row = &mut self.state.items[other];
                    row.due_on = row.due_on.min(day);
                }
            }
        }
        Cause::Due
    }
}
