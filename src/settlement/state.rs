//! What the fold carries from one event to the next: items, purses, free money and postings.

use super::facts::{ContentKey, Credit, CreditNo, FeeNo, No, PersonNo, Table};
use chrono::NaiveDate;
use std::cmp::Reverse;

/// Place of an item.
pub type ItemNo = No<Item>;

/// Where an item comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Origin {
    /// A fee of the student system.
    Fee(FeeNo),
    /// One instalment of a plan.
    Instalment {
        /// The item whose open amount the plan replaced.
        of: ItemNo,
    },
    /// Interest for delay on another item.
    Interest {
        /// The principal.
        of: ItemNo,
    },
}

/// Something to be settled: a fee, an instalment or interest.
#[derive(Debug, Clone)]
pub struct Item {
    /// The fee's id; `<id>:<n>` for an instalment, `<id>:interest` for interest.
    pub id: String,
    /// Where it comes from.
    pub origin: Origin,
    /// Whose it is at home.
    pub person: PersonNo,
    /// Names the policy.
    pub kind: String,
    /// Names the virtual account; may be empty.
    pub category: String,
    /// From this day it takes part.
    pub visible_from: NaiveDate,
    /// Whether that day has come in the fold.
    pub visible: bool,
    /// The amount that is valid now, minor units.
    pub amount_minor: i64,
    /// The due date as written.
    pub nominal_due_on: NaiveDate,
    /// The day until which it is to be credited.
    pub due_on: NaiveDate,
    /// What was given up, with the day and the way.
    pub shorts: Vec<Short>,
    /// What settles it now.
    pub parts: Vec<Part>,
    /// Days of lateness before an extension, which go on bearing interest: first and last day.
    pub kept_late: Vec<(NaiveDate, NaiveDate)>,
    /// Through this day the interest on the open part has been covered already (interest first).
    pub open_accrued_through: Option<NaiveDate>,
    /// How it was closed, while nothing is open.
    pub closed: Option<Closing>,
    /// The interest on it; interest itself bears none.
    pub interest: Option<ItemNo>,
}

/// A part of an item's amount that nobody will pay.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Short {
    /// The way.
    pub how: Closing,
    /// Minor units.
    pub amount_minor: i64,
    /// The day.
    pub on: NaiveDate,
    /// Said by an export, and said anew by the next.
    pub by_export: bool,
}

/// How an item came to have nothing open.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Closing {
    /// Settled by credits.
    Paid,
    /// A person, or an export of a kind whose lower amounts are waivers.
    Waiver,
    /// A person, or the tolerance.
    WriteOff,
    /// Its amount was corrected to nothing.
    Correction,
    /// Instalments stand in its place.
    Plan,
}

impl Closing {
    /// The name in outputs; nothing for what was paid in full.
    pub fn as_str(self) -> Option<&'static str> {
        match self {
            Closing::Paid => None,
            Closing::Waiver => Some("waiver"),
            Closing::WriteOff => Some("write_off"),
            Closing::Correction => Some("correction"),
            Closing::Plan => Some("plan"),
        }
    }

    /// Whether nobody has to pay it any more, nor anything in its place.
    pub fn is_given_up(self) -> bool {
        match self {
            Closing::Waiver | Closing::WriteOff | Closing::Correction => true,
            Closing::Paid | Closing::Plan => false,
        }
    }
}

/// A part of a credit that settles a part of an item.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Part {
    /// The credit.
    pub credit: CreditNo,
    /// Minor units.
    pub amount_minor: i64,
    /// The day of the event that applied it.
    pub effective_on: NaiveDate,
    /// The day that decides lateness and interest.
    pub counts_from: NaiveDate,
    /// The rule that applied it.
    pub rule: Rule,
    /// Grows with every posting: the newest part has the highest.
    pub turn: usize,
}

impl Item {
    /// Σ of what settles it.
    pub fn allocated_minor(&self) -> i64 {
        self.parts.iter().map(|part| part.amount_minor).sum()
    }

    /// Σ of what was given up.
    pub fn short_minor(&self) -> i64 {
        self.shorts.iter().map(|short| short.amount_minor).sum()
    }

    /// What is still to be paid; never negative.
    pub fn open_minor(&self) -> i64 {
        (self.amount_minor - self.short_minor() - self.allocated_minor()).max(0)
    }

    /// The day the last part counts, once credits have closed it.
    pub fn settled_on(&self) -> Option<NaiveDate> {
        (self.closed == Some(Closing::Paid))
            .then(|| self.parts.iter().map(|part| part.counts_from).max())
            .flatten()
    }

    /// Is this interest?
    pub fn is_interest(&self) -> bool {
        matches!(self.origin, Origin::Interest { .. })
    }

    /// Visible, and something is to be paid.
    pub fn is_open(&self) -> bool {
        self.visible && self.open_minor() > 0
    }

    /// Oldest due date first, then the longest visible, then by id.
    pub fn age(&self) -> (NaiveDate, NaiveDate, &str) {
        (self.due_on, self.visible_from, &self.id)
    }

    /// Was it closed by giving up a part that is owed by nobody since?
    fn closed_by_what_is_gone(&self) -> bool {
        let given_up = matches!(
            self.closed,
            Some(Closing::Waiver | Closing::WriteOff | Closing::Plan)
        );
        given_up
            && !self
                .shorts
                .iter()
                .any(|short| Some(short.how) == self.closed)
    }

    /// Notes whether anything is still open; `how` is what just happened to it.
    pub fn note_closing(&mut self, how: Closing) {
        if self.open_minor() > 0 {
            self.closed = None;
        } else if self.closed.is_none() || self.amount_minor == 0 || self.closed_by_what_is_gone() {
            let corrected = how == Closing::Correction && !self.parts.is_empty();
            self.closed = Some(if corrected { Closing::Paid } else { how });
        }
    }
}

/// What has become of a credit, beside what settles items.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Purse {
    /// Has it arrived in the fold?
    pub arrived: bool,
    /// Taken back by the bank, minor units.
    pub reversed_minor: i64,
    /// Kept aside for a refund that has not left yet.
    pub reserved_minor: i64,
    /// Sent back.
    pub refunded_minor: i64,
    /// Taken back by the bank after it had been refunded or set aside.
    pub to_recover_minor: i64,
    /// Its text names fees whose open amounts do not add up to it.
    pub in_review: bool,
}

/// Money on account.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Lot {
    /// The credit.
    pub credit: CreditNo,
    /// Minor units.
    pub amount_minor: i64,
    /// The day it became free: the crediting date, or the day of a release.
    pub free_since: NaiveDate,
    /// What it waits for.
    pub held: Held,
}

/// Why money on account is not used.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Held {
    /// It is used when something falls due.
    Free,
    /// It names fees that are not visible yet.
    Named(Vec<ItemNo>),
    /// A person has to say what it is for.
    Review,
}

/// Why money was applied.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Rule {
    /// A person designated it.
    Person,
    /// The payer did: the fee's number stands in the text (art. 451 § 1 KC).
    Payer,
    /// One fee's amount equals the credit and nothing else is due.
    ExactAmount,
    /// The oldest due date first (art. 451 § 3 KC).
    OldestDue,
    /// Money on account, used when something fell due.
    OnAccount,
    /// Money taken off an item again.
    Release,
}

impl Rule {
    /// The name in outputs.
    pub fn as_str(self) -> &'static str {
        match self {
            Rule::Person => "designated_by_person",
            Rule::Payer => "designated_by_payer",
            Rule::ExactAmount => "exact_amount",
            Rule::OldestDue => "oldest_due",
            Rule::OnAccount => "on_account",
            Rule::Release => "release",
        }
    }
}

/// The event that moved money.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Cause {
    /// An export or decision changed the fee.
    Change,
    /// A person designated a credit.
    Designation,
    /// Two records became one.
    Merge,
    /// A fee became visible.
    Visible,
    /// A credit arrived.
    Credit,
    /// The bank took money back.
    Reversal,
    /// Money was set aside to be sent back, or came back.
    Refund,
    /// A fee fell due.
    Due,
    /// Interest was restated.
    Interest,
}

impl Cause {
    /// The name in outputs.
    pub fn as_str(self) -> &'static str {
        match self {
            Cause::Change => "change",
            Cause::Designation => "designation",
            Cause::Merge => "merge",
            Cause::Visible => "visible",
            Cause::Credit => "credit",
            Cause::Reversal => "reversal",
            Cause::Refund => "refund",
            Cause::Due => "due",
            Cause::Interest => "interest",
        }
    }
}

/// A row of the journal as the fold concludes it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Posting {
    /// The credit.
    pub credit: CreditNo,
    /// The item.
    pub item: ItemNo,
    /// Applied, or, where negative, released; minor units.
    pub amount_minor: i64,
    /// The day of the event.
    pub effective_on: NaiveDate,
    /// The day that decides lateness and interest.
    pub counts_from: NaiveDate,
    /// Why it was applied.
    pub rule: Rule,
    /// The event.
    pub cause: Cause,
    /// The version of the policy in force on that day.
    pub policy_version: String,
    /// The items that were open when the rule chose, in its order.
    pub candidates: Vec<ItemNo>,
}

/// Everything the fold knows at one moment.
#[derive(Debug, Clone, Default)]
pub struct State {
    /// Fees, instalments and interest.
    pub items: Table<Item>,
    /// Beside the credits.
    pub purses: Table<Purse, Credit>,
    /// Money on account.
    pub lots: Vec<Lot>,
    /// The journal, in the order of the fold.
    pub postings: Vec<Posting>,
}

impl State {
    /// What of a credit lies on account.
    pub fn on_account_minor(&self, credit: CreditNo) -> i64 {
        let lots = self.lots.iter().filter(|lot| lot.credit == credit);
        lots.map(|lot| lot.amount_minor).sum()
    }

    /// What of a credit settles items.
    pub fn allocated_minor(&self, credit: CreditNo) -> i64 {
        let parts = self.items.rows().iter().flat_map(|item| &item.parts);
        parts
            .filter(|part| part.credit == credit)
            .map(|part| part.amount_minor)
            .sum()
    }

    /// Lays money on account beside what lies there already.
    pub fn lay_on_account(&mut self, lot: Lot) {
        if lot.amount_minor == 0 {
            return;
        }
        let twin = self.lots.iter_mut().find(|other| {
            other.credit == lot.credit
                && other.free_since == lot.free_since
                && other.held == lot.held
        });
        match twin {
            Some(twin) => twin.amount_minor += lot.amount_minor,
            None => self.lots.push(lot),
        }
    }

    /// Takes up to `amount_minor` of a credit's money on account, what became free last first; only
    /// money that is held `so`, where that is named. Tells since when each piece was free.
    pub fn take_from_account(
        &mut self,
        credit: CreditNo,
        amount_minor: i64,
        so: Option<&Held>,
    ) -> Vec<(NaiveDate, i64)> {
        let mut lots: Vec<&mut Lot> = (self.lots.iter_mut())
            .filter(|lot| lot.credit == credit && so.is_none_or(|held| lot.held == *held))
            .collect();
        lots.sort_by_key(|lot| Reverse(lot.free_since));
        let mut left = amount_minor;
        let mut taken = Vec::new();
        for lot in lots {
            let piece = lot.amount_minor.min(left);
            lot.amount_minor -= piece;
            left -= piece;
            if piece > 0 {
                taken.push((lot.free_since, piece));
            }
        }
        self.lots.retain(|lot| lot.amount_minor > 0);
        taken
    }

    /// The items that a credit settles with how much of it, the newest part first.
    pub fn parts_of(&self, credit: CreditNo) -> Vec<(ItemNo, i64)> {
        let mut found: Vec<(usize, ItemNo, i64)> = (self.items.iter())
            .filter_map(|(no, item)| {
                let parts = || item.parts.iter().filter(|part| part.credit == credit);
                let newest = parts().map(|part| part.turn).max()?;
                Some((newest, no, parts().map(|part| part.amount_minor).sum()))
            })
            .collect();
        found.sort_by_key(|&(turn, _, _)| Reverse(turn));
        found.into_iter().map(|(_, no, sum)| (no, sum)).collect()
    }

    /// The newest part of a credit, over all items.
    pub fn newest_part_of(&self, credit: CreditNo) -> Option<ItemNo> {
        let newest = |item: &Item| {
            let turns = item.parts.iter().filter(|part| part.credit == credit);
            turns.map(|part| part.turn).max()
        };
        self.items
            .iter()
            .filter_map(|(no, item)| Some((newest(item)?, no)))
            .max_by_key(|&(turn, _)| turn)
            .map(|(_, no)| no)
    }

    /// Takes up to `amount_minor` off an item, newest part first (of one credit, where one is named),
    /// and writes the release. Tells what came free, by credit.
    pub fn release(
        &mut self,
        item: ItemNo,
        only: Option<CreditNo>,
        amount_minor: i64,
        day: NaiveDate,
        cause: Cause,
        policy_version: &str,
    ) -> Vec<(CreditNo, i64)> {
        let mut left = amount_minor;
        let mut freed = Vec::new();
        while left > 0 {
            let parts = &mut self.items[item].parts;
            let of_credit = |part: &&mut Part| only.is_none_or(|credit| part.credit == credit);
            let Some(newest) = parts
                .iter_mut()
                .filter(of_credit)
                .max_by_key(|part| part.turn)
            else {
                break;
            };
            let piece = newest.amount_minor.min(left);
            newest.amount_minor -= piece;
            left -= piece;
            freed.push((newest.credit, piece));
            self.postings.push(Posting {
                credit: newest.credit,
                item,
                amount_minor: -piece,
                effective_on: day,
                counts_from: newest.counts_from,
                rule: Rule::Release,
                cause,
                policy_version: policy_version.to_owned(),
                candidates: Vec::new(),
            });
            parts.retain(|part| part.amount_minor > 0);
        }
        freed
    }
}

/// The order in which money on account is used: by crediting date, by the day it became free, then
/// by content.
pub fn lot_order<'a>(
    lot: &Lot,
    credits: &'a Table<Credit>,
) -> (NaiveDate, NaiveDate, &'a ContentKey) {
    let credit = &credits[lot.credit];
    (credit.crediting_date, lot.free_since, &credit.key)
}
