//! What happened with a student, day by day: fees, money with its three dates, what it settled, what was
//! decided, written and asked.

use crate::engine::decide;
use crate::engine::outbox;
use crate::settlement::account::{Account, CreditLine, Receivable};
use crate::store::cases::CaseRow;
use crate::text::{Language, in_address};
use crate::web::cos::words as cases;
use crate::web::ground::codes;
use crate::web::ground::figures::{amount, short};
use crate::web::ground::words::words;
use crate::web::office::messages;
use chrono::NaiveDate;
use std::cmp::Reverse;

words! {
    /// The words of the list.
    pub Words {
        title: "Przebieg", "Timeline";
        empty: "Nic się jeszcze nie wydarzyło.", "Nothing has happened yet.";
        fee: "Opłata", "Fee";
        due: "termin", "due";
        credit: "Wpłata", "Credit";
        ordered: "zlecono", "ordered";
        booked: "zaksięgowano", "booked";
        value: "data waluty", "value date";
        credited: "liczy się z dnia", "counts from";
        reversed: "cofnięte", "taken back";
        settles: "Zapłata", "Settled";
        from: "z wpłaty", "from the credit";
        message: "Wiadomość", "Message";
        case: "Sprawa", "Case";
        decision: "Decyzja", "Decision";
        waits: "czeka na drugą osobę", "waits for a second person";
        revoked: "cofnięta", "taken back";
    }
}

/// What is known of a student.
#[derive(Debug, Clone, Copy)]
pub struct Known<'a> {
    /// What is owed and what came in, by currency.
    pub accounts: &'a [Account],
    /// What was decided.
    pub decided: &'a [decide::Listed],
    /// What was written.
    pub written: &'a [outbox::Listed],
    /// What was asked.
    pub cases: &'a [CaseRow],
}

/// Something that happened.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Step {
    on: NaiveDate,
    /// The day, for its reader.
    pub day: String,
    /// What kind of thing.
    pub what: &'static str,
    /// What it is about.
    pub about: String,
    /// More of it.
    pub detail: String,
    /// The money, where it is about some.
    pub money: Option<String>,
    /// The page that shows it.
    pub to: Option<String>,
}

/// All that happened through a day, the latest first; on one day the cause stands below what came of it.
pub fn of(known: Known<'_>, through: NaiveDate, language: Language) -> Vec<Step> {
    let w = Words::of(language);
    let mut steps = Vec::new();
    for account in known.accounts {
        let code = account.currency.as_str();
        let fees = account.receivables.iter();
        steps.extend(fees.clone().map(|one| fee(one, code, language, w)));
        let credits = account.credits.iter();
        steps.extend(credits.map(|one| credit(one, code, language, w)));
        steps.extend(fees.flat_map(|one| settled(one, code, language, w)));
    }
    steps.extend(known.decided.iter().map(|one| decision(one, language, w)));
    steps.extend(known.cases.iter().map(|one| case(one, language, w)));
    steps.extend(known.written.iter().map(|one| message(one, language, w)));
    steps.retain(|step| step.on <= through);
    steps.reverse();
    steps.sort_by_key(|step| Reverse(step.on));
    steps
}

fn step(on: NaiveDate, language: Language, what: &'static str) -> Step {
    Step {
        on,
        day: short(language, on),
        what,
        about: String::new(),
        detail: String::new(),
        money: None,
        to: None,
    }
}

fn fee(one: &Receivable, code: &str, language: Language, w: &'static Words) -> Step {
    Step {
        about: one.external_id.clone(),
        detail: format!("{}, {} {}", one.kind, w.due, short(language, one.due_on)),
        money: Some(amount(language, one.amount_minor, code)),
        to: Some(format!("/why/{}", in_address(&one.external_id))),
        ..step(one.visible_from, language, w.fee)
    }
}

fn credit(one: &CreditLine, code: &str, language: Language, w: &'static Words) -> Step {
    let dates = [
        (w.ordered, one.order_date),
        (w.booked, one.booking_date),
        (w.value, one.value_date),
        (w.credited, Some(one.crediting_date)),
    ];
    let dates = dates
        .into_iter()
        .filter_map(|(name, day)| Some(format!("{name} {}", short(language, day?))));
    let reversed = (one.reversed_minor > 0).then(|| {
        let money = amount(language, one.reversed_minor, code);
        format!("{} {money}", w.reversed)
    });
    let detail: Vec<String> = dates.chain(reversed).collect();
    Step {
        about: one.bank_reference.clone().unwrap_or_default(),
        detail: detail.join(", "),
        money: Some(amount(language, one.amount_minor, code)),
        ..step(one.crediting_date, language, w.credit)
    }
}

fn settled(
    one: &Receivable,
    code: &str,
    language: Language,
    w: &'static Words,
) -> impl Iterator<Item = Step> {
    one.allocations.iter().map(move |part| {
        let counts = format!("{} {}", w.credited, short(language, part.counts_from));
        Step {
            about: one.external_id.clone(),
            detail: match &part.bank_reference {
                Some(reference) => format!("{} {reference}, {counts}", w.from),
                None => counts,
            },
            money: Some(amount(language, part.amount_minor, code)),
            to: Some(format!("/why/{}", in_address(&one.external_id))),
            ..step(part.effective_on, language, w.settles)
        }
    })
}

fn decision(one: &decide::Listed, language: Language, w: &'static Words) -> Step {
    let about = one.fee.as_deref().or(one.credit.as_deref());
    let money = one.amount_minor.zip(one.currency.as_deref());
    let day = one.day.map(|day| format!(" → {}", short(language, day)));
    let kind = codes::decision(language, &one.kind);
    Step {
        about: format!("{}. {kind}{}", one.decision, day.unwrap_or_default()),
        detail: match one.state {
            "waits" => format!("{}: {} ({})", one.by, one.why, w.waits),
            "revoked" => format!("{}: {} ({})", one.by, one.why, w.revoked),
            _ => format!("{}: {}", one.by, one.why),
        },
        money: money.map(|(minor, code)| amount(language, minor, code)),
        to: about.map(|about| format!("/why/{}", in_address(about))),
        ..step(one.acts_on, language, w.decision)
    }
}

fn case(one: &CaseRow, language: Language, w: &'static Words) -> Step {
    let words = cases::Words::of(language);
    Step {
        about: words.kind(&one.kind).to_owned(),
        detail: words.state(&one.state).to_owned(),
        to: Some(format!("/cases/{}", one.id)),
        ..step(one.opened_on, language, w.case)
    }
}

fn message(one: &outbox::Listed, language: Language, w: &'static Words) -> Step {
    let words = messages::Words::of(language);
    let row = &one.row;
    Step {
        about: words.named(&row.template).to_owned(),
        detail: words.named(&row.state).to_owned(),
        to: Some(format!("/messages/{}", row.id)),
        ..step(row.sent_on.unwrap_or(row.as_of), language, w.message)
    }
}
