//! Interest inside the fold: told, restated, and under *interest first* covered before principal.

use super::Fold;
use crate::settlement::interest;
use crate::settlement::state::{Cause, Closing, ItemNo};
use chrono::NaiveDate;

impl Fold<'_> {
    /// The student was told: the interest is visible and due from this day.
    pub(super) fn tell_interest(&mut self, day: NaiveDate, item: ItemNo) {
        let principals: Vec<ItemNo> = self.standing_for(item);
        for principal in principals {
            let Some(interest) = self.state.items[principal].interest else {
                continue;
            };
            let row = &mut self.state.items[interest];
            if !row.visible {
                row.visible = true;
                row.visible_from = day;
                row.nominal_due_on = day;
                row.due_on = day;
            }
            self.restate_interest(day, principal);
        }
    }

    /// Policy *interest first*: how much of the money covers interest that has accrued on the item.
    pub(super) fn interest_before(
        &mut self,
        day: NaiveDate,
        item: ItemNo,
        amount_minor: i64,
    ) -> Option<(ItemNo, i64)> {
        if !self.kind(day, item).interest_first || self.state.items[item].is_interest() {
            return None;
        }
        let interest = self.state.items[item].interest?;
        self.state.items[item].open_accrued_through = Some(day);
        self.restate_interest(day, item);
        let row = &mut self.state.items[interest];
        if row.amount_minor > 0 && !row.visible {
            row.visible = true;
            row.visible_from = day;
            row.nominal_due_on = day;
            row.due_on = day;
        }
        let piece = self.state.items[interest].open_minor().min(amount_minor);
        (piece > 0).then_some((interest, piece))
    }

    /// Whatever happened may have changed what was late: an amount, a due date, what settles it.
    pub(super) fn restate_all_interest(&mut self, day: NaiveDate) {
        let items: Vec<ItemNo> = self.state.items.numbers().collect();
        for item in items {
            self.restate_interest(day, item);
        }
    }

    /// Interest is restated each time, so it disappears by itself when the lateness does.
    pub(super) fn restate_interest(&mut self, day: NaiveDate, item: ItemNo) {
        let Some(interest) = self.state.items[item].interest else {
            return;
        };
        let amount_minor = interest::booked(&self.facts, &self.state, self.book, item);
        let row = &mut self.state.items[interest];
        if row.amount_minor != amount_minor {
            row.amount_minor = amount_minor;
            self.fit(day, interest, Closing::Correction, Cause::Interest);
        }
    }
}
