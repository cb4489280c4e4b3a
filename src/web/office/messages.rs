//! Messages: what waits to leave and what became of it, and one with its words.

use crate::engine::EngineError;
use crate::engine::outbox::{self, InWords, Listed};
use crate::engine::statements::Said;
use crate::web::cos::own_queue;
use crate::web::ground::figures::{instant, short};
use crate::web::ground::words::words;
use crate::web::ground::{Fault, Page, Site, Visit, export, html};
use askama::Template;
use axum::extract::{Form, Path, Query, State};
use axum::response::{IntoResponse as _, Redirect, Response};
use serde::Deserialize;

words! {
    /// The words of the pages.
    pub Words {
        title: "Wiadomości", "Messages";
        lead: "Co zostało postanowione i co się z tym stało. Saldo jest czytane jeszcze raz w chwili wysłania.", "What was decided, and what became of it. The balance is read again at the moment of sending.";
        state: "Stan", "State";
        all: "Wszystkie", "All";
        filter: "Filtruj", "Filter";
        day: "Dzień", "Day";
        student: "Do kogo", "To";
        template: "Co", "Which";
        items: "Opłaty", "Fees";
        empty: "Nie ma takich wiadomości.", "There are no such messages.";
        search: "Student, album lub opłata", "Student, album or fee";
        more: "Starsze", "Older";
        one: "Wiadomość", "Message";
        words: "Jak brzmiałaby teraz", "What it would say now";
        not: "Nie wyszłaby teraz", "It would not leave now";
        to: "Adres", "Address";
        happened: "Co się działo", "What happened";
        withdraw: "Wycofaj", "Withdraw";
        why: "Dlaczego", "Why";
        back: "Wszystkie wiadomości", "All messages";
        office: "biuro", "the office";
        notice: "Przypomnienie przed terminem", "Notice before the due date";
        order_now: "Zleć dzisiaj", "Order it now";
        reminder: "Przypomnienie", "Reminder";
        second: "Drugie przypomnienie", "Second reminder";
        demand: "Wezwanie do zapłaty", "Formal demand";
        correction: "Sprostowanie", "Correction";
        digest: "Sprawy dnia", "Cases of the day";
        urgent: "Pilne sprawy", "Urgent cases";
        due: "gotowa", "ready";
        sending: "wychodzi", "leaving";
        sent: "wysłana", "sent";
        failed: "nie wyszła", "failed";
        refused: "odrzucona", "refused";
        uncertain: "nie wiadomo", "uncertain";
        withdrawn: "wycofana", "withdrawn";
    }
}

impl Words {
    /// Which message, or its state; what is not known here stands as it is.
    pub fn named<'a>(&self, name: &'a str) -> &'a str
    where
        'static: 'a,
    {
        match name {
            "notice" => self.notice,
            "order_now" => self.order_now,
            "reminder" => self.reminder,
            "second" => self.second,
            "demand" => self.demand,
            "correction" => self.correction,
            "digest" => self.digest,
            "urgent" => self.urgent,
            "due" => self.due,
            "sending" => self.sending,
            "sent" => self.sent,
            "failed" => self.failed,
            "refused" => self.refused,
            "uncertain" => self.uncertain,
            "withdrawn" => self.withdrawn,
            other => other,
        }
    }
}

/// So many on a page.
const PAGE: i64 = 100;
/// So many in a file.
const FILE_MAX: i64 = 100_000;

/// Which messages are looked at.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct Filter {
    state: String,
    /// A student, an album or a fee.
    q: String,
    before: Option<i64>,
}

impl Filter {
    async fn rows(&self, visit: &Visit, limit: i64) -> Result<Vec<Listed>, Fault> {
        let state = outbox::STATES.into_iter().find(|one| *one == self.state);
        let what = (state.unwrap_or_default(), self.q.trim());
        Ok(outbox::before(&visit.office, self.before, what, limit).await?)
    }
}

#[derive(Template)]
#[template(path = "office/messages.html")]
struct MessagesPage {
    page: Page,
    w: &'static Words,
    filter: Filter,
    states: Vec<(&'static str, &'static str)>,
    rows: Vec<(i64, String, Option<String>, String, String, String)>,
    next: Option<i64>,
}

/// `GET /messages`
pub async fn page(
    State(site): State<Site>,
    visit: Visit,
    Query(filter): Query<Filter>,
) -> Result<Response, Fault> {
    let w = Words::of(visit.language);
    let listed = filter.rows(&visit, PAGE).await?;
    let is_full = i64::try_from(listed.len()).is_ok_and(|count| count == PAGE);
    let next = listed.last().filter(|_| is_full).map(|one| one.row.id);
    let rows = listed.into_iter().map(|one| {
        let day = short(visit.language, one.row.sent_on.unwrap_or(one.row.as_of));
        let items: Vec<String> = one.items.into_iter().map(|item| item.item).collect();
        let row = one.row;
        (
            row.id,
            day,
            row.student,
            w.named(&row.template).to_owned(),
            w.named(&row.state).to_owned(),
            items.join(", "),
        )
    });
    Ok(html(&MessagesPage {
        page: Page::of(&site, &visit, w.title),
        w,
        filter,
        states: outbox::STATES.map(|state| (state, w.named(state))).into(),
        rows: rows.collect(),
        next,
    }))
}

/// `GET /messages.csv`, `.xlsx`
pub async fn csv(visit: Visit, Query(filter): Query<Filter>) -> Result<Response, Fault> {
    let w = Words::of(visit.language);
    let head = ["id", w.day, w.student, w.template, w.items, w.state];
    let rows: Vec<Vec<String>> = (filter.rows(&visit, FILE_MAX).await?.into_iter())
        .map(|one| {
            let items: Vec<String> = one.items.into_iter().map(|item| item.item).collect();
            let day = one.row.sent_on.unwrap_or(one.row.as_of);
            vec![
                one.row.id.to_string(),
                day.to_string(),
                one.row.student.unwrap_or_default(),
                w.named(&one.row.template).to_owned(),
                items.join(", "),
                w.named(&one.row.state).to_owned(),
            ]
        })
        .collect();
    export::file(&visit, "messages", &head, &rows).await
}

#[derive(Template)]
#[template(path = "office/message.html")]
struct MessagePage {
    page: Page,
    w: &'static Words,
    id: i64,
    student: Option<String>,
    template: String,
    state: String,
    now: InWords,
    events: Vec<(String, String, String, String)>,
    may_withdraw: bool,
}

/// `GET /messages/{id}`
pub async fn one(
    State(site): State<Site>,
    visit: Visit,
    Path(id): Path<i64>,
) -> Result<Response, Fault> {
    let shown = match outbox::show(&visit.office, id).await {
        Ok(shown) => shown,
        Err(EngineError::Refused(_)) => return Err(Fault::NotFound),
        Err(error) => return Err(error.into()),
    };
    let row = &shown.listed.row;
    if row.student.is_none() && own_queue(&visit).is_some() {
        return Err(Fault::NotFound);
    }
    if let Some(student) = &row.student {
        visit.viewed(student).await?;
    }
    let w = Words::of(visit.language);
    let zone = visit.office.config.institution.time_zone;
    let events = shown.events.iter().map(|event| {
        let when = instant(visit.language, event.recorded_at, zone);
        (
            when,
            w.named(&event.state).to_owned(),
            event.by_whom.clone(),
            event.detail.clone(),
        )
    });
    let now = outbox::in_words(&visit.office, &shown.listed).await?;
    Ok(html(&MessagePage {
        page: Page::of(&site, &visit, &format!("{} {id}", w.one)),
        w,
        id,
        student: row.student.clone(),
        template: w.named(&row.template).to_owned(),
        state: w.named(&row.state).to_owned(),
        now,
        events: events.collect(),
        may_withdraw: visit.is_bursar() && matches!(row.state.as_str(), "due" | "failed"),
    }))
}

/// Why a message is taken out.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct Word {
    why: String,
}

/// `POST /messages/{id}/withdraw`
pub async fn withdraw(
    visit: Visit,
    Path(id): Path<i64>,
    Form(word): Form<Word>,
) -> Result<Response, Fault> {
    let said = Said {
        by: visit.by(),
        why: &word.why,
    };
    outbox::withdraw(&visit.office, id, said).await?;
    visit
        .did("message-withdrawn", &id.to_string(), &word.why)
        .await?;
    Ok(Redirect::to(&format!("/messages/{id}")).into_response())
}
