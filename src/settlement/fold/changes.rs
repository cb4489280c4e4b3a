//! Changes of a fee, and decisions about it: exports, waivers, extensions, plans, designations.

use super::{Fold, Phase, What, business_day, plus_days};
use crate::policy::AmountChange;
use crate::settlement::facts::{Act, ActKind, CreditNo, FeeNo, Version};
use crate::settlement::state::{Cause, Closing, Held, Item, ItemNo, Lot, Origin, Rule, Short};
use chrono::NaiveDate;

impl Fold<'_> {
    pub(super) fn change(&mut self, day: NaiveDate, fee: FeeNo, place: usize) -> Cause {
        let item = self.item_of[fee];
        let Some(version) = self.facts.fees[fee].versions.get(place).cloned() else {
            return Cause::Change;
        };
        self.set_amount(day, item, version.amount_minor);
        if version.nominal_due_on != self.state.items[item].nominal_due_on {
            self.set_due(day, item, &version);
        }
        Cause::Change
    }

    /// The due date: the nominal date, not earlier than so many days after the fee became visible,
    /// moved to a business day (art. 115 KC). A change that brings it forward leaves the same notice
    /// from the day of the change, and never moves it back.
    pub(super) fn set_due(&mut self, day: NaiveDate, item: ItemNo, version: &Version) {
        let kind = self.kind(day, item);
        let row = &mut self.state.items[item];
        let notice = plus_days(row.visible_from, kind.notice_days);
        let mut due_on = business_day(kind, version.nominal_due_on.max(notice));
        if row.visible && due_on < row.due_on {
            let notice = business_day(kind, plus_days(version.as_of.day, kind.notice_days));
            due_on = due_on.max(notice).min(row.due_on);
        }
        row.nominal_due_on = version.nominal_due_on;
        row.due_on = due_on;
        self.await_due(item, day);
    }

    pub(super) fn await_due(&mut self, item: ItemNo, today: NaiveDate) {
        let (due_on, id) = (
            self.state.items[item].due_on,
            self.state.items[item].id.clone(),
        );
        if due_on >= today && due_on < NaiveDate::MAX {
            self.enter(due_on, Phase::Due, id.clone(), What::Due);
            // The day after is looked at as well: lateness begins there.
            self.enter(plus_days(due_on, 1), Phase::Due, id, What::Due);
        }
    }

    pub(super) fn set_amount(&mut self, day: NaiveDate, item: ItemNo, amount_minor: i64) {
        let waives = self.kind(day, item).amount_change == AmountChange::Waiver;
        let row = &mut self.state.items[item];
        if waives && row.visible {
            let full = row.amount_minor.max(amount_minor);
            row.shorts.retain(|short| !short.by_export);
            row.amount_minor = full;
            if amount_minor < full {
                row.shorts.push(Short {
                    how: Closing::Waiver,
                    amount_minor: full - amount_minor,
                    on: day,
                    by_export: true,
                });
            }
        } else {
            row.amount_minor = amount_minor;
        }
        let how = if waives {
            Closing::Waiver
        } else {
            Closing::Correction
        };
        self.refit_plan(item);
        self.fit(day, item, how, Cause::Change);
    }

    /// Gives up the shorts that no longer fit, then releases what is too much, newest first.
    pub(super) fn fit(&mut self, day: NaiveDate, item: ItemNo, how: Closing, cause: Cause) {
        let row = &mut self.state.items[item];
        let mut excess = row.short_minor() - row.amount_minor;
        for short in row.shorts.iter_mut().rev() {
            let cut = short.amount_minor.min(excess.max(0));
            short.amount_minor -= cut;
            excess -= cut;
        }
        row.shorts.retain(|short| short.amount_minor > 0);
        let excess = row.allocated_minor() + row.short_minor() - row.amount_minor;
        self.free_from(day, item, None, excess, cause);
        self.state.items[item].note_closing(how);
    }

    /// Releases up to `amount_minor` from an item and lays it on account.
    pub(super) fn free_from(
        &mut self,
        day: NaiveDate,
        item: ItemNo,
        only: Option<CreditNo>,
        amount_minor: i64,
        cause: Cause,
    ) -> i64 {
        let version = self.policy(day).1;
        let mut total = 0;
        for (credit, freed) in self
            .state
            .release(item, only, amount_minor, day, cause, version)
        {
            total += freed;
            self.state.lay_on_account(Lot {
                credit,
                amount_minor: freed,
                free_since: day,
                held: Held::Free,
            });
        }
        if total > 0 {
            self.state.items[item].note_closing(Closing::Paid);
        }
        total
    }

    pub(super) fn act(&mut self, day: NaiveDate, fee: FeeNo, place: usize) -> Cause {
        let item = self.item_of[fee];
        let Some(Act { what, .. }) = self.facts.fees[fee].acts.get(place).cloned() else {
            return Cause::Change;
        };
        match what {
            ActKind::Waive(amount) => self.give_up_fee(day, item, amount, Closing::Waiver),
            ActKind::WriteOff(amount) => self.give_up_fee(day, item, amount, Closing::WriteOff),
            ActKind::Extend {
                due_on,
                forgive_interest,
            } => {
                let kind = self.kind(day, item);
                let row = &mut self.state.items[item];
                if !forgive_interest && row.due_on < day {
                    row.kept_late.push((plus_days(row.due_on, 1), day));
                }
                row.due_on = business_day(kind, due_on);
                self.await_due(item, day);
            }
            ActKind::Plan(parts) => self.plan(day, item, &parts),
            ActKind::InterestTold => self.tell_interest(day, item),
        }
        Cause::Change
    }

    /// Gives up a part of a fee; where instalments stand in its place, of the last ones first.
    fn give_up_fee(&mut self, day: NaiveDate, item: ItemNo, amount: Option<i64>, how: Closing) {
        let mut left = amount.unwrap_or(i64::MAX);
        for target in self.standing_for(item).into_iter().rev() {
            let open = self.state.items[target].open_minor();
            self.give_up(day, target, Some(left), how);
            left -= open - self.state.items[target].open_minor();
        }
    }

    pub(super) fn give_up(
        &mut self,
        day: NaiveDate,
        item: ItemNo,
        amount: Option<i64>,
        how: Closing,
    ) {
        let row = &mut self.state.items[item];
        let amount_minor = amount.map_or(row.open_minor(), |amount| amount.min(row.open_minor()));
        if amount_minor > 0 {
            row.shorts.push(Short {
                how,
                amount_minor,
                on: day,
                by_export: false,
            });
            row.note_closing(how);
        }
    }

    /// Instalments take the place of the open amount; what is settled stays. The parts were agreed
    /// for the amount that was open then; where the facts say another amount, the last ones differ.
    pub(super) fn plan(&mut self, day: NaiveDate, item: ItemNo, parts: &[(NaiveDate, i64)]) {
        let parent = self.state.items[item].clone();
        let open = parent.open_minor();
        if open == 0 || parts.is_empty() {
            return;
        }
        let kind = self.kind(day, item);
        self.give_up(day, item, None, Closing::Plan);
        for (n, &(due_on, amount_minor)) in parts.iter().enumerate() {
            let id = format!("{}:{}", parent.id, n + 1);
            let instalment = self.add_item(Item {
                id: id.clone(),
                origin: Origin::Instalment { of: item },
                visible_from: day,
                visible: true,
                amount_minor,
                nominal_due_on: due_on,
                due_on: business_day(kind, due_on),
                shorts: Vec::new(),
                parts: Vec::new(),
                kept_late: Vec::new(),
                open_accrued_through: None,
                closed: None,
                interest: None,
                ..parent.clone()
            });
            self.await_due(instalment, day);
        }
        self.refit_plan(item);
        let instalments = self.instalments(item);
        for instalment in instalments {
            self.fit(day, instalment, Closing::Correction, Cause::Change);
        }
    }

    pub(super) fn instalments(&self, item: ItemNo) -> Vec<ItemNo> {
        let of_plan = |no: &ItemNo| self.state.items[*no].origin == Origin::Instalment { of: item };
        self.state.items.numbers().filter(of_plan).collect()
    }

    /// Makes a plan add up to what it stands for: a smaller amount is taken off the last
    /// instalments, a larger one is added to the last.
    pub(super) fn refit_plan(&mut self, item: ItemNo) {
        let row = &mut self.state.items[item];
        let others: i64 = row
            .shorts
            .iter()
            .filter(|short| short.how != Closing::Plan)
            .map(|short| short.amount_minor)
            .sum();
        let wanted = (row.amount_minor - row.allocated_minor() - others).max(0);
        let Some(plan) = row
            .shorts
            .iter_mut()
            .find(|short| short.how == Closing::Plan)
        else {
            return;
        };
        plan.amount_minor = wanted;
        let instalments = self.instalments(item);
        let total: i64 = instalments
            .iter()
            .map(|&no| self.state.items[no].amount_minor)
            .sum();
        let mut difference = wanted - total;
        for &no in instalments.iter().rev() {
            let row = &mut self.state.items[no];
            let change = difference.max(-row.amount_minor);
            row.amount_minor += change;
            difference -= change;
        }
        let day = self.today.unwrap_or(NaiveDate::MIN);
        for no in instalments {
            self.fit(day, no, Closing::Correction, Cause::Change);
        }
    }

    /// A person's word acts from its day: the credit's money is taken from where it lies, on
    /// account first and then the newest settlement, and goes where it was designated.
    pub(super) fn designate(&mut self, day: NaiveDate, credit: CreditNo, place: usize) -> Cause {
        let Some(designation) = self.facts.credits[credit].designations.get(place).cloned() else {
            return Cause::Designation;
        };
        self.state.purses[credit].in_review = false;
        self.hold(credit, None, &Held::Free);
        // What lies where it was designated stays, up to its share.
        let mut wanted: Vec<(ItemNo, Option<i64>)> = (designation.fees.iter())
            .map(|&(fee, share)| (self.item_of[fee], share))
            .collect();
        for (item, here) in self.state.parts_of(credit) {
            let fee = match self.state.items[item].origin {
                Origin::Instalment { of } => of,
                _ => item,
            };
            let share = wanted.iter_mut().find(|(named, _)| *named == fee);
            let kept = match share {
                Some((_, Some(share))) => {
                    let kept = here.min(*share);
                    *share -= kept;
                    kept
                }
                Some((_, None)) => here,
                None => 0,
            };
            self.free_from(day, item, Some(credit), here - kept, Cause::Designation);
        }
        for (item, share) in wanted {
            self.serve_designated(day, credit, item, share);
        }
        Cause::Designation
    }

    /// Uses a credit's free money for one item, or keeps it for the day the item is visible.
    pub(super) fn serve_designated(
        &mut self,
        day: NaiveDate,
        credit: CreditNo,
        item: ItemNo,
        share: Option<i64>,
    ) {
        if self.state.items[item].visible {
            let mut left = share.unwrap_or(i64::MAX);
            for target in self.standing_for(item) {
                left -= self.serve(
                    day,
                    credit,
                    target,
                    left,
                    Rule::Person,
                    Cause::Designation,
                    &[target],
                );
            }
            return;
        }
        let wanted = share.unwrap_or(self.state.items[item].amount_minor);
        for (free_since, amount_minor) in
            self.state
                .take_from_account(credit, wanted, Some(&Held::Free))
        {
            let held = Held::Named(vec![item]);
            self.state.lay_on_account(Lot {
                credit,
                amount_minor,
                free_since,
                held,
            });
        }
    }

    /// The item itself, or the instalments that stand in its place.
    pub(super) fn standing_for(&self, item: ItemNo) -> Vec<ItemNo> {
        let mut all = vec![item];
        let mut instalments = self.instalments(item);
        instalments.sort_by(|&a, &b| self.state.items[a].age().cmp(&self.state.items[b].age()));
        all.extend(instalments);
        all
    }
}
