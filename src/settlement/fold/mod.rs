//! The fold: events by date, each applied to the state, and after each of them the money that lies
//! on account is offered to what is already due.
//!
//! In: [`Facts`] and the policy. Out: a [`State`] whose postings are the journal. It reads no clock:
//! the fold goes through all days that the facts imply, or up to a day that the caller names.
//!
//! On one day: changes and decisions, what becomes visible, credits, reversals, refunds, what
//! becomes due; then by content, never by a row number. So the same facts give the same account in
//! whatever order they arrived.

mod accrual;
mod changes;
mod credits;
mod due;
mod returns;

use super::facts::{CreditNo, Facts, Fee, FeeNo, Table, Version};
use super::rebooking;
use super::state::{Cause, Item, ItemNo, Origin, Purse, State};
use crate::calendar;
use crate::policy::{KindPolicy, Policy, PolicyBook};
use chrono::{Days, NaiveDate};
use std::collections::BTreeMap;

/// Concludes what settles what, through `as_of`; through all days where that is
/// [`NaiveDate::MAX`].
pub fn fold(facts: &Facts, book: &PolicyBook, as_of: NaiveDate) -> (Facts, State) {
    let mut fold = Fold::new(rebooking::resolve(facts, book), book);
    while let Some((when, what)) = fold.agenda.pop_first() {
        if when.day > as_of {
            break;
        }
        fold.begin_day(when.day);
        let cause = fold.apply(when.day, what);
        fold.restate_all_interest(when.day);
        fold.use_money_on_account(when.day, cause);
    }
    (fold.facts, fold.state)
}

/// When an event acts. The order of the fields is the order of events.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
struct When {
    day: NaiveDate,
    phase: Phase,
    key: String,
    /// Only events that are equal in everything else are told apart by it.
    twin: usize,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Phase {
    Change,
    Visible,
    Credit,
    Reversal,
    Refund,
    Due,
    EndOfDay,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum What {
    Version { fee: FeeNo, place: usize },
    Act { fee: FeeNo, place: usize },
    Designation { credit: CreditNo, place: usize },
    Merge,
    Visible(ItemNo),
    Credit(CreditNo),
    Reversal(usize),
    Reserve(usize),
    Paid(usize),
    Returned(usize),
    Due,
    EndOfDay,
}

struct Fold<'a> {
    facts: Facts,
    book: &'a PolicyBook,
    agenda: BTreeMap<When, What>,
    state: State,
    /// The item of each fee.
    item_of: Table<ItemNo, Fee>,
    /// Money set aside by each refund: credit, how much, and whether it has left.
    set_aside: Vec<Vec<(CreditNo, i64)>>,
    today: Option<NaiveDate>,
    turn: usize,
}

impl<'a> Fold<'a> {
    fn new(facts: Facts, book: &'a PolicyBook) -> Self {
        let mut fold = Fold {
            state: State {
                purses: facts.credits.beside(|_| Purse::default()),
                ..State::default()
            },
            set_aside: vec![Vec::new(); facts.refunds.len()],
            facts,
            book,
            agenda: BTreeMap::new(),
            item_of: Table::default(),
            today: None,
            turn: 0,
        };
        fold.plan_fees();
        fold.plan_money();
        fold
    }

    fn enter(&mut self, day: NaiveDate, phase: Phase, key: String, what: What) {
        let twin = self.agenda.len();
        self.agenda.insert(
            When {
                day,
                phase,
                key,
                twin,
            },
            what,
        );
    }

    /// Makes an item for every fee and enters its changes.
    fn plan_fees(&mut self) {
        let fees: Vec<FeeNo> = self.facts.fees.numbers().collect();
        for no in fees {
            let fee = &mut self.facts.fees[no];
            fee.versions.sort_by_key(|version| version.as_of);
            let fee = fee.clone();
            let first = fee.versions.first();
            let visible_from = first.map_or(NaiveDate::MAX, first_visible);
            let item = self.add_item(Item {
                id: fee.external_id.clone(),
                origin: Origin::Fee(no),
                person: fee.person,
                kind: fee.kind.clone(),
                category: fee.category.clone(),
                visible_from,
                visible: false,
                amount_minor: 0,
                nominal_due_on: NaiveDate::MAX,
                due_on: NaiveDate::MAX,
                shorts: Vec::new(),
                parts: Vec::new(),
                kept_late: Vec::new(),
                open_accrued_through: None,
                closed: None,
                interest: None,
            });
            self.item_of.push(item);
            for (place, version) in fee.versions.iter().enumerate() {
                // What was said before the fee takes part acts when it does, in the order of exports.
                let as_of = version.as_of;
                let day = match place {
                    0 => visible_from,
                    _ => as_of.day.max(visible_from),
                };
                let key = format!("0 {} {} {:09}", fee.external_id, as_of.day, as_of.millis);
                self.enter(day, Phase::Change, key, What::Version { fee: no, place });
            }
            for (place, act) in fee.acts.iter().enumerate() {
                let key = format!("1 {} {} {:?}", fee.external_id, act.on, act.what);
                let day = first.map_or(act.on, |_| act.on.max(visible_from));
                self.enter(day, Phase::Change, key, What::Act { fee: no, place });
            }
            if first.is_some() {
                self.enter(
                    visible_from,
                    Phase::Visible,
                    fee.external_id,
                    What::Visible(item),
                );
            }
        }
    }

    /// Every item has interest beside it, which stays at nothing and unseen unless it is charged.
    fn add_item(&mut self, item: Item) -> ItemNo {
        let mut interest = item.clone();
        let no = self.state.items.push(item);
        interest.id = format!("{}:interest", interest.id);
        interest.origin = Origin::Interest { of: no };
        interest.visible_from = NaiveDate::MAX;
        interest.nominal_due_on = NaiveDate::MAX;
        interest.due_on = NaiveDate::MAX;
        interest.visible = false;
        interest.amount_minor = 0;
        let interest = self.state.items.push(interest);
        self.state.items[no].interest = Some(interest);
        no
    }

    /// Enters credits, what people said about them, reversals, refunds and merges.
    fn plan_money(&mut self) {
        let credits: Vec<CreditNo> = self.facts.credits.numbers().collect();
        for (rank, no) in self.in_content_order(credits).into_iter().enumerate() {
            let credit = &self.facts.credits[no];
            let arrives = credit.crediting_date;
            let later: Vec<(NaiveDate, usize)> = (credit.designations.iter().enumerate())
                .filter(|(_, designation)| designation.on > arrives)
                .map(|(place, designation)| (designation.on, place))
                .collect();
            let key = format!("{rank:06}");
            for (on, place) in later {
                self.enter(
                    on,
                    Phase::Change,
                    format!("2 {key}"),
                    What::Designation { credit: no, place },
                );
            }
            self.enter(arrives, Phase::Credit, key, What::Credit(no));
        }
        for (place, reversal) in self.facts.reversals.clone().into_iter().enumerate() {
            let on = reversal
                .on
                .max(self.facts.credits[reversal.credit].crediting_date);
            self.enter(on, Phase::Reversal, reversal.key, What::Reversal(place));
        }
        for (place, refund) in self.facts.refunds.clone().into_iter().enumerate() {
            let arrived = refund
                .credits
                .iter()
                .map(|&credit| self.facts.credits[credit].crediting_date)
                .max();
            let on = refund
                .reserved_on
                .max(arrived.unwrap_or(refund.reserved_on));
            self.enter(
                on,
                Phase::Refund,
                format!("0 {}", refund.key),
                What::Reserve(place),
            );
            if let Some(paid_on) = refund.paid_on {
                self.enter(
                    paid_on.max(on),
                    Phase::Refund,
                    format!("1 {}", refund.key),
                    What::Paid(place),
                );
            }
            if let Some(returned_on) = refund.returned_on {
                self.enter(
                    returned_on.max(on),
                    Phase::Refund,
                    format!("2 {}", refund.key),
                    What::Returned(place),
                );
            }
        }
        for merge in self.facts.merges.clone() {
            self.enter(merge.on, Phase::Change, "3".to_owned(), What::Merge);
        }
    }

    fn in_content_order(&self, mut credits: Vec<CreditNo>) -> Vec<CreditNo> {
        credits.sort_by(|&one, &other| {
            self.facts.credits[one]
                .key
                .cmp(&self.facts.credits[other].key)
        });
        credits
    }

    /// Whatever happens on a day, its end is looked at: the tolerance, a plan that was broken.
    fn begin_day(&mut self, day: NaiveDate) {
        if self.today != Some(day) {
            self.today = Some(day);
            self.enter(day, Phase::EndOfDay, String::new(), What::EndOfDay);
        }
    }

    fn policy(&self, day: NaiveDate) -> (&'a Policy, &'a str) {
        self.book.on(day)
    }

    fn kind(&self, day: NaiveDate, item: ItemNo) -> &'a KindPolicy {
        self.policy(day).0.kind(&self.state.items[item].kind)
    }

    fn apply(&mut self, day: NaiveDate, what: What) -> Cause {
        match what {
            What::Version { fee, place } => self.change(day, fee, place),
            What::Act { fee, place } => self.act(day, fee, place),
            What::Designation { credit, place } => self.designate(day, credit, place),
            What::Merge => Cause::Merge,
            What::Visible(item) => self.show(day, item),
            What::Credit(credit) => self.credit(day, credit),
            What::Reversal(place) => self.reverse(day, place),
            What::Reserve(place) => self.reserve(day, place),
            What::Paid(place) => self.pay_back(place),
            What::Returned(place) => self.restore(day, place),
            What::Due => Cause::Due,
            What::EndOfDay => self.end_day(day),
        }
    }
}

/// The first version decides when a fee takes part: not before it was published, and not before the
/// export that brought it, so that a fee which is announced late cannot reach back for money that
/// had settled another. An opening load waives the export's day.
fn first_visible(version: &Version) -> NaiveDate {
    if version.opening {
        version.published_on
    } else {
        version.published_on.max(version.as_of.day)
    }
}

fn business_day(kind: &KindPolicy, day: NaiveDate) -> NaiveDate {
    if kind.move_to_business_day {
        calendar::due_date(day)
    } else {
        day
    }
}

fn plus_days(day: NaiveDate, days: u32) -> NaiveDate {
    day.checked_add_days(Days::new(u64::from(days)))
        .unwrap_or(NaiveDate::MAX)
}
