//! Messages: what waits to leave and what became of it; and one with its words, on paper too.

use crate::engine::outbox::{self, InWords, Listed, Shown};
use crate::engine::{EngineError, letters};
use crate::store::texts::SaidRow;
use crate::text::in_address;
use crate::web::cos::own_queue;
use crate::web::ground::figures::{instant, short};
use crate::web::ground::forms::{day, filled};
use crate::web::ground::said::in_language;
use crate::web::ground::words::words;
use crate::web::ground::{Fault, Page, Site, Visit, as_refused, export, html};
use askama::Template;
use axum::extract::{Form, Path, Query, State};
use axum::http::header::{CONTENT_DISPOSITION, CONTENT_TYPE};
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
        said: "Co było w niej napisane", "What it said";
        no_text: "Treść nie jest przechowywana: nie wyszła, albo minął czas jej przechowywania.", "Its words are not kept: it did not leave, or their time is over.";
        not: "Nie wyszłaby teraz", "It would not leave now";
        to: "Adres", "Address";
        happened: "Co się działo", "What happened";
        withdraw: "Wycofaj", "Withdraw";
        why: "Dlaczego", "Why";
        retry: "Wyślij jeszcze raz", "Try again";
        confirm: "Dotarła", "It arrived";
        ways: "Co z nią zrobić", "What to do with it";
        uncertain_words: "Połączenie urwało się po wysłaniu. Jeśli wyślesz ją jeszcze raz, może przyjść dwa razy.", "The line broke behind it. If it is tried again, it may arrive twice.";
        retry_all: "Wyślij te wiadomości jeszcze raz", "Try these messages again";
        letter: "List na papierze", "A letter on paper";
        letter_words: "Wezwanie, albo wiadomość, której nie przyjął żaden serwer. Wydruk ma to, co otwarte jest teraz.", "A demand, or a message that no mail server took. It says what is open now.";
        address_lines: "Adres pocztowy, w wierszach", "Postal address, line by line";
        print: "Pobierz PDF", "Download the PDF";
        delivered_on: "Doręczono dnia", "Delivered on";
        delivered_do: "Zapisz doręczenie", "Note the delivery";
        no_day: "Podaj datę w postaci 2026-11-30.", "Give a date like 2026-11-30.";
        done: "Zapisano.", "Noted.";
        printed: "wydrukowana", "printed";
        delivered: "doręczona", "delivered";
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
            "printed" => self.printed,
            "delivered" => self.delivered,
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
    /// Set where something was just done with them.
    done: String,
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
    /// Those of the rows that can be tried again.
    stuck: Vec<i64>,
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
    // An uncertain one needs a look at each.
    let stuck = listed.iter().map(|one| &one.row);
    let stuck = stuck.filter(|row| matches!(row.state.as_str(), "failed" | "refused"));
    let stuck = stuck
        .filter(|_| visit.is_bursar())
        .map(|row| row.id)
        .collect();
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
        stuck,
    }))
}

/// `POST /messages/retry`: those that were seen.
pub async fn retry(
    visit: Visit,
    Form(pairs): Form<Vec<(String, String)>>,
) -> Result<Response, Fault> {
    let of = |wanted: &'static str| {
        let named = pairs.iter().filter(move |(name, _)| name == wanted);
        named.map(|(_, value)| value.as_str())
    };
    let why = of("why").next().unwrap_or_default();
    let state = of("state").next().unwrap_or_default();
    for id in of("id").filter_map(|id| id.parse::<i64>().ok()) {
        match outbox::retry(&visit.office, id, visit.said(why)).await {
            Ok(()) => visit.did("message-retry", &id.to_string(), why).await?,
            // Somebody was faster with this one; the others are tried all the same.
            Err(EngineError::Refused(_)) if filled(why).is_some() => {}
            Err(error) => return Err(error.into()),
        }
    }
    let to = format!("/messages?state={}&done=1", in_address(state));
    Ok(Redirect::to(&to).into_response())
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
    is_uncertain: bool,
    /// What it said when it was last handed over, and when: address, subject, text.
    said: Option<(String, SaidRow)>,
    /// What it would say now, where it can still leave.
    now: Option<InWords>,
    events: Vec<(String, String, String, String)>,
    /// What can be said of it by a button: the word, its name, and how it looks.
    ways: Vec<(&'static str, &'static str, &'static str)>,
    /// Whether it can be printed, and whether its delivery can be noted.
    letter: Option<bool>,
    typed: Word,
    refusal: Option<String>,
    done: bool,
}

/// Whether something was just done.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct Looked {
    done: String,
}

/// `GET /messages/{id}`
pub async fn one(
    State(site): State<Site>,
    visit: Visit,
    Path(id): Path<i64>,
    Query(looked): Query<Looked>,
) -> Result<Response, Fault> {
    let page = drawn(&site, &visit, id).await?;
    Ok(html(&MessagePage {
        done: !looked.done.is_empty(),
        ..page
    }))
}

/// The page with what was typed, and why it cannot be so.
async fn refused(
    (site, visit): (&Site, &Visit),
    id: i64,
    (typed, words): (Word, &str),
) -> Result<Response, Fault> {
    let mut page = drawn(site, visit, id).await?;
    // Where a form was sent there is nothing to be read.
    page.page.here = format!("/messages/{id}");
    let page = MessagePage {
        typed,
        refusal: Some(in_language(visit.language, words)),
        ..page
    };
    Ok(as_refused(&page))
}

async fn drawn(site: &Site, visit: &Visit, id: i64) -> Result<MessagePage, Fault> {
    let shown = seen(visit, id).await?;
    let row = &shown.listed.row;
    let (language, w) = (visit.language, Words::of(visit.language));
    let zone = visit.office.config.institution.time_zone;
    let events = shown.events.iter().map(|event| {
        (
            instant(language, event.recorded_at, zone),
            w.named(&event.state).to_owned(),
            event.by_whom.clone(),
            in_language(language, &event.detail),
        )
    });
    let may_print = visit.may_decide() && row.student.is_some() && row.state != "withdrawn";
    let may_note = row.delivered_on.is_none() && !matches!(row.state.as_str(), "due" | "sending");
    Ok(MessagePage {
        page: Page::of(site, visit, &format!("{} {id}", w.one)),
        w,
        id,
        student: row.student.clone(),
        template: w.named(&row.template).to_owned(),
        state: w.named(&row.state).to_owned(),
        is_uncertain: row.state == "uncertain",
        now: match row.state.as_str() {
            "sent" | "withdrawn" => None,
            _ => Some(outbox::in_words(&visit.office, &shown.listed).await?),
        },
        said: (shown.said.clone()).map(|said| (instant(language, said.recorded_at, zone), said)),
        events: events.collect(),
        ways: if visit.is_bursar() {
            ways(&row.state, w)
        } else {
            Vec::new()
        },
        letter: may_print.then_some(may_note),
        typed: Word::default(),
        refusal: None,
        done: false,
    })
}

/// The message; one that whoever asks does not see is not there.
async fn seen(visit: &Visit, id: i64) -> Result<Shown, Fault> {
    let shown = match outbox::show(&visit.office, id).await {
        Ok(shown) => shown,
        Err(EngineError::Refused(_)) => return Err(Fault::NotFound),
        Err(error) => return Err(error.into()),
    };
    match &shown.listed.row.student {
        Some(student) => visit.viewed(student).await?,
        None if own_queue(visit).is_some() => return Err(Fault::NotFound),
        None => {}
    }
    Ok(shown)
}

fn ways(state: &str, w: &'static Words) -> Vec<(&'static str, &'static str, &'static str)> {
    let withdraw = ("withdraw", w.withdraw, "danger");
    let retry = ("retry", w.retry, "primary");
    match state {
        "due" => vec![withdraw],
        "failed" | "refused" => vec![retry, withdraw],
        "uncertain" => vec![("confirm", w.confirm, "primary"), ("retry", w.retry, "")],
        _ => Vec::new(),
    }
}

/// What is said about a message.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct Word {
    what: String,
    why: String,
    /// When a letter was delivered.
    day: String,
    /// To where it goes, line by line.
    address: String,
}

impl Word {
    fn why(&self, of_letter: bool) -> &str {
        if (self.what == "delivered") == of_letter {
            &self.why
        } else {
            ""
        }
    }
}

/// `POST /messages/{id}/judge`: withdraws it, tries it again, or says that it arrived.
pub async fn judge(
    State(site): State<Site>,
    visit: Visit,
    Path(id): Path<i64>,
    Form(word): Form<Word>,
) -> Result<Response, Fault> {
    seen(&visit, id).await?;
    let (office, said) = (&visit.office, visit.said(&word.why));
    let result = match word.what.as_str() {
        "withdraw" => outbox::withdraw(office, id, said).await,
        "retry" => outbox::retry(office, id, said).await,
        "confirm" => outbox::confirm(office, id, said).await,
        _ => return Err(Fault::NotFound),
    };
    noted((&site, &visit), id, (word, result)).await
}

/// `POST /messages/{id}/delivered`: a letter reached the student.
pub async fn delivered(
    State(site): State<Site>,
    visit: Visit,
    Path(id): Path<i64>,
    Form(mut word): Form<Word>,
) -> Result<Response, Fault> {
    seen(&visit, id).await?;
    "delivered".clone_into(&mut word.what);
    let result = match day(&word.day) {
        Some(on) => letters::delivered(&visit.office, id, on, visit.said(&word.why)).await,
        None => Err(EngineError::refused(Words::of(visit.language).no_day)),
    };
    noted((&site, &visit), id, (word, result)).await
}

async fn noted(
    (site, visit): (&Site, &Visit),
    id: i64,
    (word, result): (Word, Result<(), EngineError>),
) -> Result<Response, Fault> {
    match result {
        Ok(()) => {
            let what = format!("message-{}", word.what);
            visit.did(&what, &id.to_string(), &word.why).await?;
            Ok(Redirect::to(&format!("/messages/{id}?done=1")).into_response())
        }
        Err(EngineError::Refused(words)) => refused((site, visit), id, (word, &words)).await,
        Err(error) => Err(error.into()),
    }
}

/// `POST /messages/{id}/letter.pdf`: the address is that of a person, and stands in no address of ours.
pub async fn letter(
    State(site): State<Site>,
    visit: Visit,
    Path(id): Path<i64>,
    Form(word): Form<Word>,
) -> Result<Response, Fault> {
    seen(&visit, id).await?;
    let lines: Vec<String> = word.address.lines().map(str::to_owned).collect();
    let bytes = match letters::pdf(&visit.office, id, &lines).await {
        Ok(bytes) => bytes,
        Err(EngineError::Refused(words)) => {
            return refused((&site, &visit), id, (word, &words)).await;
        }
        Err(error) => return Err(error.into()),
    };
    letters::printed(&visit.office, id, visit.by()).await?;
    visit.did("message-printed", &id.to_string(), "").await?;
    let name = format!("attachment; filename=\"letter-{id}.pdf\"");
    let headers = [
        (CONTENT_TYPE, "application/pdf".to_owned()),
        (CONTENT_DISPOSITION, name),
    ];
    Ok((headers, bytes).into_response())
}
