//! Why money went where it went: the rule, its version, the candidates and the dates.

use crate::engine::EngineError;
use crate::engine::decide::{self, Listed};
use crate::engine::why::{self, CreditWhy, FeeWhy, Why};
use crate::text::Language;
use crate::web::ground::codes;
use crate::web::ground::figures::{amount, short};
use crate::web::ground::forms::day_or_dash;
use crate::web::ground::said::in_language;
use crate::web::ground::words::words;
use crate::web::ground::{Fault, Page, Site, Visit, html};
use askama::Template;
use axum::extract::{Path, Query, State};
use axum::response::{IntoResponse as _, Redirect, Response};
use serde::Deserialize;
use std::collections::BTreeSet;

words! {
    /// The words of the page.
    pub Words {
        title: "Dlaczego", "Why";
        of_student: "Student", "Student";
        amount: "Kwota", "Amount";
        open: "Zostało", "Open";
        due: "Termin", "Due";
        nominal: "Termin, jak zapisano", "Due date as written";
        settled_by: "Z czego zapłacona", "What settles it";
        nothing: "Nic jeszcze.", "Nothing yet.";
        credit: "Wpłata", "Credit";
        rule: "Reguła", "Rule";
        version: "Wersja zasad", "Version of the rules";
        counts: "Liczy się z dnia", "Counts from";
        candidates: "Co było otwarte", "What was open";
        ordered: "Zlecono", "Ordered";
        booked: "Zaksięgowano", "Booked";
        value: "Data waluty", "Value date";
        credited: "Wpłynęło", "Credited";
        decided_by: "o tym mówi", "decided by";
        whose: "Czyja", "Whose";
        now: "teraz", "now";
        before: "przedtem", "before";
        reason: "Skąd wiadomo", "How it is known";
        went: "Na co poszła", "What it settles";
        on_account: "Na koncie", "On account";
        text: "Tytuł", "Text";
        payer: "Nadawca", "Payer";
        fee: "Opłata", "Fee";
        decision: "Ostatnia decyzja", "Last decision";
        take_back: "Cofnij tę decyzję", "Take this decision back";
        because: "Dlaczego", "Why";
        undone: "Cofnięte.", "Taken back.";
    }
}

#[derive(Template)]
#[template(path = "office/why_fee.html")]
struct FeePage {
    page: Page,
    w: &'static Words,
    fee: FeeWhy,
    facts: Vec<(&'static str, String)>,
    parts: Vec<Part>,
}

struct Part {
    amount: String,
    credit: String,
    dates: Vec<(&'static str, String)>,
    rule: &'static str,
    version: String,
    counts: String,
    candidates: Vec<String>,
}

#[derive(Template)]
#[template(path = "office/why_credit.html")]
struct CreditPage {
    page: Page,
    w: &'static Words,
    facts: Vec<(&'static str, String)>,
    whose: Vec<(&'static str, String, String)>,
    went: Vec<(String, String, String)>,
    name: String,
    last: Option<Last>,
    undone: bool,
    may_undo: bool,
}

/// The last word about the credit.
struct Last {
    kind: String,
    decision: Listed,
}

/// What was just done.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct Looked {
    undone: String,
}

/// `GET /why/{name}`: a fee, or a credit.
pub async fn page(
    State(site): State<Site>,
    visit: Visit,
    Path(name): Path<String>,
    Query(looked): Query<Looked>,
) -> Result<Response, Fault> {
    let found = match why::why(&visit.office, &name, visit.office.now.today).await {
        Ok(found) => found,
        Err(EngineError::Refused(_)) => return Err(Fault::NotFound),
        Err(error) => return Err(error.into()),
    };
    let w = Words::of(visit.language);
    match found {
        Why::Fee(fee) => {
            visit.viewed(&fee.student).await?;
            let language = visit.language;
            let page = Page::of(&site, &visit, &format!("{} {}", w.title, fee.external_id));
            Ok(html(&FeePage {
                page,
                w,
                facts: fee_facts(&fee, language, w),
                parts: parts(&fee, language, w),
                fee: *fee,
            }))
        }
        Why::Credit(credit) => credit_page(&site, &visit, *credit, (w, &looked)).await,
        Why::Student(student) => {
            let to = crate::text::in_address(&student.student);
            Ok(Redirect::to(&format!("/students/{to}")).into_response())
        }
    }
}

fn fee_facts(fee: &FeeWhy, language: Language, w: &'static Words) -> Vec<(&'static str, String)> {
    vec![
        (w.amount, amount(language, fee.amount_minor, &fee.currency)),
        (w.open, amount(language, fee.open_minor, &fee.currency)),
        (w.nominal, short(language, fee.nominal_due_on)),
        (w.due, short(language, fee.due_on)),
    ]
}

fn parts(fee: &FeeWhy, language: Language, w: &'static Words) -> Vec<Part> {
    let parts = fee.allocations.iter().map(|part| {
        let credit = &part.credit;
        let candidates = part.candidates.iter();
        Part {
            amount: amount(language, part.amount_minor, &fee.currency),
            credit: credit.id.clone(),
            dates: vec![
                (w.ordered, day_or_dash(language, credit.order_date)),
                (w.booked, day_or_dash(language, credit.booking_date)),
                (w.value, day_or_dash(language, credit.value_date)),
                (w.credited, short(language, credit.crediting_date)),
                (
                    w.decided_by,
                    codes::date_source(language, credit.crediting_date_source).to_owned(),
                ),
            ],
            rule: codes::rule(language, part.rule),
            version: part.policy_version.clone(),
            counts: short(language, part.counts_from),
            candidates: candidates
                .map(|one| format!("{} ({})", one.external_id, short(language, one.due_on)))
                .collect(),
        }
    });
    parts.collect()
}

async fn credit_page(
    site: &Site,
    visit: &Visit,
    credit: CreditWhy,
    (w, looked): (&'static Words, &Looked),
) -> Result<Response, Fault> {
    let language = visit.language;
    let money = |minor| amount(language, minor, &credit.currency);
    let known = |when, one: &why::Identified| {
        let outcome = codes::outcome(language, &one.outcome).to_owned();
        let whose = one.student.clone().unwrap_or(outcome);
        let reason = in_language(language, &one.reason);
        let rule = codes::known_by(language, &one.rule);
        let how = match reason.as_str() {
            "" => rule.to_owned(),
            reason => format!("{rule}: {reason}"),
        };
        (when, whose, how)
    };
    let now = credit.identified.iter().map(|one| known(w.now, one));
    let before = credit.before.iter().rev().map(|one| known(w.before, one));
    let whose: Vec<_> = now.chain(before).collect();
    let identified = credit.identified.iter().chain(&credit.before);
    let named = identified.filter_map(|one| one.student.as_ref());
    let named: BTreeSet<&String> = named
        .chain(credit.went.iter().map(|part| &part.student))
        .collect();
    for student in named {
        visit.viewed(student).await?;
    }
    let dates = &credit.credit;
    let facts = vec![
        (w.credited, short(language, dates.crediting_date)),
        (
            w.decided_by,
            codes::date_source(language, dates.crediting_date_source).to_owned(),
        ),
        (w.ordered, day_or_dash(language, dates.order_date)),
        (w.booked, day_or_dash(language, dates.booking_date)),
        (w.value, day_or_dash(language, dates.value_date)),
        (w.payer, credit.payer_name.clone().unwrap_or_default()),
        (w.text, credit.remittance.clone()),
        (w.on_account, money(credit.on_account_minor)),
    ];
    let went = credit.went.iter();
    let went = went.map(|part| {
        (
            part.external_id.clone(),
            money(part.amount_minor),
            codes::rule(language, part.rule).to_owned(),
        )
    });
    let went = went.collect();
    let title = format!("{} {}", money(dates.amount_minor), dates.id);
    Ok(html(&CreditPage {
        page: Page::of(site, visit, &title),
        w,
        facts,
        whose,
        went,
        name: dates.id.clone(),
        last: last_word(visit, &dates.id).await?.map(|last| Last {
            kind: codes::decision(language, &last.kind).to_owned(),
            decision: last,
        }),
        undone: !looked.undone.is_empty(),
        may_undo: visit.is_bursar(),
    }))
}

/// Money that was loaded is no line of a statement, and nobody says whose it is.
async fn last_word(visit: &Visit, name: &str) -> Result<Option<Listed>, Fault> {
    match decide::last_word(&visit.office, name).await {
        Ok(last) => Ok(last),
        Err(EngineError::Refused(_)) => Ok(None),
        Err(error) => Err(error.into()),
    }
}
