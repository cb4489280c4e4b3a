//! What becomes visible, and what arrives: rules 1 to 4 of the allocation.

use super::Fold;
use crate::policy::CategoryRule;
use crate::settlement::facts::CreditNo;
use crate::settlement::state::{
    Cause, Closing, Held, Item, ItemNo, Lot, Part, Posting, Rule, lot_order,
};
use chrono::NaiveDate;

impl Fold<'_> {
    pub(super) fn show(&mut self, day: NaiveDate, item: ItemNo) -> Cause {
        let row = &mut self.state.items[item];
        row.visible = true;
        row.note_closing(Closing::Correction);
        let mut waiting: Vec<Lot> = (self.state.lots.iter())
            .filter(|lot| matches!(&lot.held, Held::Named(items) if items.contains(&item)))
            .cloned()
            .collect();
        waiting.sort_by(|a, b| {
            lot_order(a, &self.facts.credits).cmp(&lot_order(b, &self.facts.credits))
        });
        for lot in waiting {
            if let Held::Named(items) = &lot.held {
                self.serve_named(day, lot.credit, items, Cause::Visible);
            }
        }
        Cause::Visible
    }

    pub(super) fn credit(&mut self, day: NaiveDate, no: CreditNo) -> Cause {
        let credit = &self.facts.credits[no];
        let amount_minor = credit.amount_minor;
        let designation = credit
            .designations
            .iter()
            .rposition(|designation| designation.on <= day);
        let named: Vec<ItemNo> = credit.named.iter().map(|&fee| self.item_of[fee]).collect();
        let purse = &mut self.state.purses[no];
        purse.arrived = true;
        if credit.cancelled {
            purse.reversed_minor = amount_minor;
            return Cause::Credit;
        }
        let category = credit.category.clone();
        self.state.lay_on_account(Lot {
            credit: no,
            amount_minor,
            free_since: day,
            held: Held::Free,
        });
        if let Some(place) = designation {
            return self.designate(day, no, place);
        }
        if !named.is_empty() {
            self.hold(no, None, &Held::Named(named.clone()));
            self.serve_named(day, no, &named, Cause::Credit);
            return Cause::Credit;
        }
        let own = |item: &Item| category.is_empty() || item.category == category;
        self.spread(day, no, own);
        if self.policy(day).0.allocation.category == CategoryRule::Preferred {
            self.spread(day, no, |item| !own(item));
        }
        Cause::Credit
    }

    /// Money that names fees, by the payer (art. 451 § 1 KC) or by a person. One fee is served as far
    /// as it is open. Several are served if their open amounts add up to the money; if they do not,
    /// it lies on account and a person is asked. Fees that are not visible yet are waited for.
    pub(super) fn serve_named(
        &mut self,
        day: NaiveDate,
        credit: CreditNo,
        items: &[ItemNo],
        cause: Cause,
    ) {
        if items.iter().any(|&item| !self.state.items[item].visible) {
            return;
        }
        let held = Held::Named(items.to_vec());
        let money: i64 = (self.state.lots.iter())
            .filter(|lot| lot.credit == credit && lot.held == held)
            .map(|lot| lot.amount_minor)
            .sum();
        let targets: Vec<ItemNo> = items
            .iter()
            .flat_map(|&item| self.standing_for(item))
            .collect();
        let open: i64 = targets
            .iter()
            .map(|&item| self.state.items[item].open_minor())
            .sum();
        if items.len() > 1 && open != money {
            self.state.purses[credit].in_review = true;
            self.hold(credit, Some(&held), &Held::Review);
            return;
        }
        self.hold(credit, Some(&held), &Held::Free);
        let designated = self.facts.credits[credit]
            .designations
            .iter()
            .any(|designation| designation.on <= day);
        let rule = if designated {
            Rule::Person
        } else {
            Rule::Payer
        };
        let mut left = money;
        for item in targets {
            left -= self.serve(day, credit, item, left, rule, cause, &[item]);
        }
    }

    /// Changes what a credit's money on account waits for.
    pub(super) fn hold(&mut self, credit: CreditNo, from: Option<&Held>, to: &Held) {
        let held_so =
            |lot: &&mut Lot| lot.credit == credit && from.is_none_or(|held| lot.held == *held);
        for lot in self.state.lots.iter_mut().filter(held_so) {
            lot.held = to.clone();
        }
    }

    /// Rules 3 and 4 over the items that `among` lets through.
    pub(super) fn spread(
        &mut self,
        day: NaiveDate,
        credit: CreditNo,
        among: impl Fn(&Item) -> bool,
    ) {
        if let Some(item) = self.exact_match(day, credit, &among) {
            self.serve(
                day,
                credit,
                item,
                i64::MAX,
                Rule::ExactAmount,
                Cause::Credit,
                &[item],
            );
        }
        while self.state.on_account_minor(credit) > 0 {
            let open = self.open_items(day, credit, &among);
            let Some(&oldest) = open.first() else { break };
            self.serve(
                day,
                credit,
                oldest,
                i64::MAX,
                Rule::OldestDue,
                Cause::Credit,
                &open,
            );
        }
    }

    /// Open items that this credit may settle, oldest first.
    pub(super) fn open_items(
        &self,
        day: NaiveDate,
        credit: CreditNo,
        among: &impl Fn(&Item) -> bool,
    ) -> Vec<ItemNo> {
        let fits =
            |item: &Item| item.is_open() && among(item) && self.same_account(credit, item, day);
        let mut open: Vec<ItemNo> = (self.state.items.iter())
            .filter(|(_, item)| fits(item))
            .map(|(no, _)| no)
            .collect();
        open.sort_by(|&a, &b| self.state.items[a].age().cmp(&self.state.items[b].age()));
        open
    }

    /// Rule 3: exactly one open item whose open or valid amount equals the money, and nothing else is
    /// due yet. Interest neither matches nor stands in the way.
    pub(super) fn exact_match(
        &self,
        day: NaiveDate,
        credit: CreditNo,
        among: &impl Fn(&Item) -> bool,
    ) -> Option<ItemNo> {
        if !self.policy(day).0.allocation.exact_amount {
            return None;
        }
        let money = self.state.on_account_minor(credit);
        let open = self.open_items(day, credit, among);
        let mut fees = open
            .into_iter()
            .filter(|&no| !self.state.items[no].is_interest());
        let fits =
            |item: &Item| money > 0 && (item.open_minor() == money || item.amount_minor == money);
        let (matching, others): (Vec<ItemNo>, Vec<ItemNo>) =
            fees.by_ref().partition(|&no| fits(&self.state.items[no]));
        let [only] = matching.as_slice() else {
            return None;
        };
        let nothing_due = others.iter().all(|&no| self.state.items[no].due_on > day);
        nothing_due.then_some(*only)
    }

    /// Is the money on the account on which the item stands, merges considered?
    pub(super) fn same_account(&self, credit: CreditNo, item: &Item, day: NaiveDate) -> bool {
        let home = self.facts.credits[credit].person;
        home == item.person
            || self.facts.survivor(home, day) == self.facts.survivor(item.person, day)
    }

    /// Gives an item as much of a credit's free money as it needs, up to `at_most`; tells how much.
    #[expect(
        clippy::too_many_arguments,
        reason = "one posting has that many independent fields"
    )]
    pub(super) fn serve(
        &mut self,
        day: NaiveDate,
        credit: CreditNo,
        item: ItemNo,
        at_most: i64,
        rule: Rule,
        cause: Cause,
        candidates: &[ItemNo],
    ) -> i64 {
        let wanted = self.state.items[item].open_minor().min(at_most);
        let mut served = 0;
        for (free_since, piece) in self
            .state
            .take_from_account(credit, wanted, Some(&Held::Free))
        {
            self.settle_part(
                day, item, credit, piece, free_since, rule, cause, candidates,
            );
            served += piece;
        }
        served
    }

    /// Books a piece of money on an item. Under *interest first* what has accrued on the item is
    /// covered before it; what the item then does not need goes back on account.
    #[expect(
        clippy::too_many_arguments,
        reason = "one posting has that many independent fields"
    )]
    pub(super) fn settle_part(
        &mut self,
        day: NaiveDate,
        item: ItemNo,
        credit: CreditNo,
        amount_minor: i64,
        free_since: NaiveDate,
        rule: Rule,
        cause: Cause,
        candidates: &[ItemNo],
    ) {
        let crediting = self.facts.credits[credit].crediting_date;
        let from_credit = matches!(cause, Cause::Credit | Cause::Visible);
        let before = if from_credit {
            self.interest_before(day, item, amount_minor)
        } else {
            None
        };
        let mut left = amount_minor;
        let book = |fold: &mut Self, item: ItemNo, piece: i64| {
            let counts_from = crediting
                .max(fold.state.items[item].visible_from)
                .max(free_since);
            fold.turn += 1;
            let part = Part {
                credit,
                amount_minor: piece,
                effective_on: day,
                counts_from,
                rule,
                turn: fold.turn,
            };
            let row = &mut fold.state.items[item];
            row.parts.push(part);
            row.note_closing(Closing::Paid);
            fold.state.postings.push(Posting {
                credit,
                item,
                amount_minor: piece,
                effective_on: day,
                counts_from,
                rule,
                cause,
                policy_version: fold.policy(day).1.to_owned(),
                candidates: candidates.to_vec(),
            });
        };
        if let Some((interest, piece)) = before {
            book(self, interest, piece);
            left -= piece;
        }
        if left > 0 {
            book(self, item, left);
        }
        self.restate_interest(day, item);
    }
}
