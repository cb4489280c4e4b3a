//! Messages: what waits to leave and what became of it, and one with its words.

use crate::engine::EngineError;
use crate::engine::outbox::{self, InWords};
use crate::engine::statements::Said;
use crate::web::cos::own_queue;
use crate::web::ground::figures::{instant, short};
use crate::web::ground::words::words;
use crate::web::ground::{Fault, Page, Site, Visit, html};
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
        cut: "Pokazano najnowszych 200.", "The newest 200 are shown.";
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

const SHOWN_MAX: usize = 200;

/// Which messages are looked at.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct Filter {
    state: String,
}

#[derive(Template)]
#[template(path = "office/messages.html")]
struct MessagesPage {
    page: Page,
    w: &'static Words,
    state: String,
    states: Vec<(&'static str, &'static str)>,
    rows: Vec<(i64, String, Option<String>, String, String, String)>,
    is_cut: bool,
}

/// `GET /messages`
pub async fn page(
    State(site): State<Site>,
    visit: Visit,
    Query(filter): Query<Filter>,
) -> Result<Response, Fault> {
    let w = Words::of(visit.language);
    let known = outbox::STATES.iter().find(|state| **state == filter.state);
    let mut listed = outbox::list(&visit.office, known.copied()).await?;
    listed.reverse();
    let is_cut = listed.len() > SHOWN_MAX;
    let rows = listed.into_iter().take(SHOWN_MAX).map(|one| {
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
        state: filter.state,
        states: outbox::STATES.map(|state| (state, w.named(state))).into(),
        rows: rows.collect(),
        is_cut,
    }))
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
        may_withdraw: visit.may_decide() && matches!(row.state.as_str(), "due" | "failed"),
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
