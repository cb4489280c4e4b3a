//! A lookup in the forms of a language: what the page of a student shows, line by line.

use super::words::Sayings;
use crate::dunning::order_by::{Basis, Usual};
use crate::dunning::payment_code::has_room_for;
use crate::engine::lookup::{
    Account, Fee, Lookup, Standing, State, ToPay, Transfer, What, WhyMoved, Word,
};
use crate::iban::Nrb;
use crate::message::code::{MARGIN, Modules};
use crate::money::Currency;
use crate::text::{Language, account};
use chrono::NaiveDate;
use std::fmt::Write as _;

/// An account.
pub(super) struct AccountView {
    pub(super) sum: Option<String>,
    pub(super) is_overdue: bool,
    pub(super) to_pay: Vec<ToPayView>,
    pub(super) number: Option<NumberView>,
    pub(super) counted: Option<String>,
    pub(super) usual: String,
    pub(super) fees: Vec<FeeView>,
    pub(super) transfers: Vec<TransferView>,
}

/// An account number, to be read and to be copied.
pub(super) struct NumberView {
    pub(super) shown: String,
    pub(super) copied: String,
}

/// A transfer to be made.
pub(super) struct ToPayView {
    pub(super) amount: String,
    pub(super) plain_amount: String,
    pub(super) overdue: Option<String>,
    pub(super) due: Option<String>,
    pub(super) order_by: Option<String>,
    pub(super) basis: String,
    pub(super) is_late_to_order: bool,
    pub(super) number: Option<NumberView>,
    pub(super) title: String,
    pub(super) code: Option<String>,
    /// The code has no room for the amount.
    pub(super) type_amount: bool,
}

/// A fee.
pub(super) struct FeeView {
    pub(super) of: String,
    pub(super) title: String,
    pub(super) amount: String,
    pub(super) open: Option<String>,
    pub(super) covered: Option<String>,
    pub(super) published: String,
    pub(super) due: String,
    pub(super) moved: Option<(String, &'static str)>,
    pub(super) state: &'static str,
    pub(super) tone: &'static str,
    pub(super) settled_on: Option<String>,
    pub(super) late: Option<String>,
    pub(super) interest: Option<String>,
    pub(super) settled_by: Vec<(String, String)>,
    pub(super) is_open: bool,
    /// Whether it is what is owed for being late, for which nobody gets time.
    pub(super) is_interest: bool,
    pub(super) can_be_wrong: bool,
}

/// A transfer that came.
pub(super) struct TransferView {
    pub(super) id: String,
    pub(super) amount: String,
    pub(super) credited: String,
    pub(super) ordered: Option<String>,
    pub(super) settles: Vec<(String, String)>,
    pub(super) on_account: Option<String>,
    pub(super) reversed: Option<String>,
    pub(super) refunded: Option<String>,
}

/// What was said.
pub(super) struct WordView {
    pub(super) what: &'static str,
    pub(super) fee: String,
    pub(super) said: String,
    pub(super) detail: String,
    pub(super) standing: String,
    pub(super) tone: &'static str,
    pub(super) case: Option<i64>,
    pub(super) reply: Option<String>,
}

/// The forms of a language.
pub(super) struct Shown {
    pub(super) language: Language,
}

impl Shown {
    fn w(&self) -> &'static Sayings {
        Sayings::of(self.language)
    }

    pub(super) fn account(&self, account: &Account, lookup: &Lookup) -> AccountView {
        let currency = account.currency;
        let titles = |id: &str| -> String {
            let fees = lookup.accounts.iter().flat_map(|account| &account.fees);
            let found = fees.into_iter().find(|fee| fee.id == id);
            found.map_or(id.to_owned(), |fee| fee.title.of(self.language).to_owned())
        };
        let sum = account.to_pay_minor();
        AccountView {
            sum: (sum > 0).then(|| self.language.amount(sum, currency)),
            is_overdue: account.is_overdue(),
            to_pay: (account.to_pay.iter())
                .map(|to_pay| self.to_pay(to_pay, currency))
                .collect(),
            number: account.number.as_ref().map(|nrb| number(nrb, currency)),
            counted: account.counted_through.map(|day| self.language.day(day)),
            usual: self.usual(account.usual),
            fees: (account.fees.iter())
                .map(|fee| self.fee(fee, account))
                .collect(),
            transfers: (account.transfers.iter())
                .map(|transfer| self.transfer(transfer, currency, &titles))
                .collect(),
        }
    }

    fn to_pay(&self, to_pay: &ToPay, currency: Currency) -> ToPayView {
        let amount = |minor: i64| self.language.amount(minor, currency);
        let partly = 0 < to_pay.overdue_minor && to_pay.overdue_minor < to_pay.amount_minor;
        ToPayView {
            amount: amount(to_pay.amount_minor),
            plain_amount: plain(to_pay.amount_minor, currency),
            overdue: partly.then(|| amount(to_pay.overdue_minor)),
            due: to_pay.due_on.map(|day| self.language.by_day(day)),
            order_by: to_pay
                .order_by
                .map(|advice| self.language.on_day(advice.day)),
            basis: to_pay
                .order_by
                .map_or(String::new(), |advice| self.basis(advice.basis, currency)),
            is_late_to_order: to_pay.due_on.is_some() && to_pay.order_by.is_none(),
            number: to_pay.number.as_ref().map(|nrb| number(nrb, currency)),
            title: to_pay.title.clone(),
            type_amount: currency == Currency::PLN && !has_room_for(to_pay.amount_minor),
            code: to_pay.code.as_deref().and_then(|text| svg(text, currency)),
        }
    }

    /// What an advice rests on.
    fn basis(&self, basis: Basis, currency: Currency) -> String {
        let clearing = match currency {
            Currency::PLN => "Elixir",
            _ => "TARGET",
        };
        match (self.language, basis) {
            (Language::Pl, Basis::Own(count)) => format!(
                "Według {} na Twój rachunek.",
                self.language.transfers(count)
            ),
            (Language::En, Basis::Own(count)) => format!(
                "From how long your last {} took.",
                self.language.transfers(count)
            ),
            (Language::Pl, Basis::All(count)) => format!(
                "Według {} wszystkich studentów.",
                self.language.transfers(count)
            ),
            (Language::En, Basis::All(count)) => format!(
                "From how long {} of all students took.",
                self.language.transfers(count)
            ),
            (Language::Pl, Basis::Clearing) => {
                format!("Według sesji rozliczeń międzybankowych ({clearing}).")
            }
            (Language::En, Basis::Clearing) => {
                format!("From the sessions of the clearing between banks ({clearing}).")
            }
        }
    }

    fn usual(&self, usual: Usual) -> String {
        let days = |count: u32| self.language.business_days(u64::from(count));
        let (half, most) = (usual.half_within, usual.most_within);
        match (self.language, half == most, most) {
            (Language::Pl, true, 0) => "Przelewy wpływają zwykle tego samego dnia.".to_owned(),
            (Language::En, true, 0) => "Transfers usually arrive on the same day.".to_owned(),
            (Language::Pl, true, _) => {
                format!("Przelew idzie zwykle {}.", days(most))
            }
            (Language::En, true, _) => format!("A transfer usually takes {}.", days(most)),
            (Language::Pl, false, _) => format!(
                "Przelew idzie zwykle {}, a prawie zawsze najwyżej {}.",
                if half == 0 {
                    "jeden dzień lub krócej".to_owned()
                } else {
                    days(half)
                },
                days(most)
            ),
            (Language::En, false, _) => format!(
                "A transfer usually takes {}, and nearly always {} at most.",
                if half == 0 {
                    "a day or less".to_owned()
                } else {
                    days(half)
                },
                days(most)
            ),
        }
    }

    fn fee(&self, fee: &Fee, account: &Account) -> FeeView {
        let w = self.w();
        let amount = |minor: i64| self.language.amount(minor, account.currency);
        let some = |minor: i64| (minor > 0).then(|| amount(minor));
        let in_part = fee.state.is_open() && !fee.settled_by.is_empty();
        let (state, tone) = match fee.state {
            State::Overdue => (w.state_overdue, "bad"),
            State::Open if in_part => (w.part_settled, "warn"),
            State::Open => (w.state_open, "warn"),
            State::Covered => (w.state_covered, "good"),
            State::Settled => (w.state_settled, "good"),
            State::Waived => (w.state_waived, ""),
            State::WrittenOff => (w.state_written_off, ""),
            State::Corrected => (w.state_corrected, ""),
            State::InInstalments => (w.state_in_instalments, ""),
        };
        let settled_by = fee.settled_by.iter().map(|share| {
            let from = self.language.day(share.counts_from);
            (amount(share.amount_minor), from)
        });
        let late = u64::try_from(fee.late_days).unwrap_or(0);
        FeeView {
            of: fee.of.clone(),
            title: fee.title.of(self.language).to_owned(),
            amount: amount(fee.amount_minor),
            open: some(fee.left_minor()).filter(|_| fee.state.is_open()),
            covered: some(fee.covered_minor),
            published: self.language.day(fee.published_on),
            due: self.language.day(fee.due_on),
            moved: fee.moved.map(|moved| {
                let why = match moved.why {
                    WhyMoved::ClosedDay => w.moved_closed,
                    WhyMoved::Notice => w.moved_notice,
                    WhyMoved::Extended => w.moved_extended,
                };
                (self.language.day(moved.nominal_on), why)
            }),
            state,
            tone,
            settled_on: fee.settled_on.map(|day| self.language.day(day)),
            late: (late > 0).then(|| self.language.days(late)),
            interest: some(fee.interest_minor),
            settled_by: settled_by.collect(),
            is_open: fee.state.is_open(),
            is_interest: fee.is_interest(),
            can_be_wrong: fee.can_be_wrong(),
        }
    }

    fn transfer(
        &self,
        transfer: &Transfer,
        currency: Currency,
        titles: &dyn Fn(&str) -> String,
    ) -> TransferView {
        let amount = |minor: i64| self.language.amount(minor, currency);
        let some = |minor: i64| (minor > 0).then(|| amount(minor));
        let settles = transfer.settles.iter();
        TransferView {
            id: transfer.id.clone(),
            amount: amount(transfer.amount_minor),
            credited: self.language.day(transfer.credited_on),
            ordered: transfer.ordered_on.map(|day| self.language.day(day)),
            settles: settles
                .map(|share| (titles(&share.fee), amount(share.amount_minor)))
                .collect(),
            on_account: some(transfer.on_account_minor),
            reversed: some(transfer.reversed_minor),
            refunded: some(transfer.refunded_minor),
        }
    }

    pub(super) fn word(&self, word: &Word, lookup: &Lookup) -> WordView {
        let w = self.w();
        let found = lookup.accounts.iter().find_map(|account| {
            let fee = account.fees.iter().find(|fee| fee.id == word.fee)?;
            Some((account.currency, fee.title.of(self.language)))
        });
        let day = |day: NaiveDate| self.language.day(day);
        let (standing, tone) = match word.standing {
            Standing::Received => (w.standing_received.to_owned(), ""),
            Standing::Waits(through) => (format!("{} {}", w.standing_waits, day(through)), "warn"),
            Standing::Settled => (w.standing_settled.to_owned(), "good"),
            Standing::NotFound => (w.standing_not_found.to_owned(), "bad"),
            Standing::AtOffice(until) => (format!("{} {}", w.standing_office, day(until)), "warn"),
            Standing::WaitsForYou => (w.standing_you.to_owned(), "bad"),
            Standing::Answered(on) => {
                let answer = word.answer.as_deref().and_then(|kind| w.answer(kind));
                let answer = answer.unwrap_or(w.standing_answered);
                (format!("{answer} {}", day(on)), "good")
            }
        };
        let mut detail = Vec::new();
        if word.what == What::Claim {
            detail.push(day(word.day));
            let amount = word.amount_minor.zip(found);
            detail
                .extend(amount.map(|(minor, (currency, _))| self.language.amount(minor, currency)));
        } else {
            detail.push(word.why.clone());
        }
        detail.extend(word.attachment.clone());
        WordView {
            what: match word.what {
                What::Claim => w.said_claim,
                What::Dispute => w.said_dispute,
                What::Deferral => w.said_deferral,
                What::Instalments => w.said_instalments,
            },
            fee: found.map_or(word.fee.clone(), |(_, title)| title.to_owned()),
            said: day(word.said_on),
            detail: detail.join(" · "),
            standing,
            tone,
            case: word.case,
            reply: word.reply.clone(),
        }
    }
}

fn number(nrb: &Nrb, currency: Currency) -> NumberView {
    // On a narrow screen it breaks between its groups, never within one.
    let groups = account(nrb).replace('\u{A0}', " ");
    // From abroad, and for euros, the country stands before the digits.
    if currency == Currency::PLN {
        NumberView {
            shown: groups,
            copied: nrb.as_str().to_owned(),
        }
    } else {
        NumberView {
            shown: format!("PL {groups}"),
            copied: nrb.iban(),
        }
    }
}

/// As it is typed into a form of a bank.
fn plain(minor: i64, currency: Currency) -> String {
    crate::money::format_plain(minor, currency).replace('.', ",")
}

/// A code as a drawing of one path, with its margin.
fn svg(text: &str, currency: Currency) -> Option<String> {
    let modules = if currency == Currency::EUR {
        Modules::of_epc(text)?
    } else {
        Modules::of(text)?
    };
    let side = modules.side() + 2 * MARGIN;
    let mut path = String::new();
    for row in 0..modules.side() {
        for column in 0..modules.side() {
            if modules.is_dark(column, row) {
                let _ = write!(path, "M{} {}h1v1h-1z", column + MARGIN, row + MARGIN);
            }
        }
    }
    Some(format!(
        "<svg viewBox=\"0 0 {side} {side}\" shape-rendering=\"crispEdges\" aria-hidden=\"true\"><rect width=\"{side}\" height=\"{side}\" fill=\"#fff\"/><path d=\"{path}\" fill=\"#000\"/></svg>"
    ))
}
