//! One case: what is known, what happened, and what can be done about it, with its effect.

use super::own_queue;
use super::words::Words;
use crate::cases::Kind;
use crate::engine::decide::{self, Request};
use crate::engine::desk;
use crate::engine::{EngineError, account, outbox, students};
use crate::settlement::account::Account;
use crate::store::cases::{CaseEventRow, CaseRow};
use crate::text::in_address;
use crate::web::ground::codes;
use crate::web::ground::figures::{instant, short};
use crate::web::ground::forms::{day, filled};
use crate::web::ground::said::in_language;
use crate::web::ground::{Fault, Page, Site, Visit, html};
use crate::web::office::effect::Effect;
use crate::web::office::student::written;
use crate::web::office::wish::{
    self, Asked, FormView, Wish, form, must_be_allowed, must_be_theirs,
};
use askama::Template;
use axum::extract::{Form, Path, Query, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse as _, Redirect, Response};
use serde::Deserialize;

/// Whether something was just done.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
pub struct Looked {
    done: String,
}

#[derive(Template)]
#[template(path = "cos/case.html")]
#[expect(
    clippy::struct_excessive_bools,
    reason = "each is a part of the page that is there or not"
)]
struct CasePage {
    page: Page,
    w: &'static Words,
    typed: Typed,
    case: CaseRow,
    kind: String,
    state: String,
    until: String,
    opened: String,
    late: Option<&'static str>,
    /// What is to be said of a case that waits: until when, or that it is back.
    waits: Option<String>,
    /// A credit whose student is asked for.
    asks: Option<Asks>,
    to: Option<String>,
    evidence: Vec<String>,
    /// What was decided, each with the page that shows it.
    outcome: Vec<(String, Option<String>)>,
    log: Vec<(String, String, String, String)>,
    student: Option<(String, String)>,
    /// What was written to the student: number, day, which, and how it stands.
    messages: Vec<(i64, String, String, String)>,
    is_mine: bool,
    form: Option<FormView>,
    effect: Option<Effect>,
    refusal: Option<String>,
    may_write: bool,
    /// Whether a student reads an answer here, also when the case has ended.
    may_reply: bool,
    /// The first day until which it can wait.
    tomorrow: String,
    done: bool,
}

/// A form that was refused, as it was typed.
#[derive(Debug, Clone, Default)]
struct Typed {
    /// `note`, `wait` …; empty where nothing was.
    form: &'static str,
    word: Word,
    refusal: String,
}

impl Typed {
    fn is(&self, form: &str) -> bool {
        self.form == form
    }

    fn why(&self, form: &str) -> &str {
        if self.is(form) { &self.word.why } else { "" }
    }

    fn reply(&self, form: &str) -> &str {
        if self.is(form) { &self.word.reply } else { "" }
    }
}

/// Whose a credit is: who was named, by id or album, and by name.
struct Asks {
    student: String,
    name: String,
    why: String,
}

/// What is shown beside the case itself.
#[derive(Default)]
struct Beside {
    typed: Typed,
    asked: Asked,
    done: bool,
}

/// `GET /cases/{id}`
pub async fn page(
    State(site): State<Site>,
    visit: Visit,
    Path(id): Path<i64>,
    Query(looked): Query<Looked>,
) -> Result<Response, Fault> {
    let found = seen(&visit, id).await?;
    let beside = Beside {
        done: !looked.done.is_empty(),
        ..Beside::default()
    };
    drawn((&site, &visit), found, beside).await
}

/// The page with what was typed into one of its forms, and why that cannot be so or what it would change.
async fn again((site, visit): (&Site, &Visit), id: i64, beside: Beside) -> Result<Response, Fault> {
    let found = seen(visit, id).await?;
    let is_refused = beside.asked.effect.is_none();
    let mut page = drawn((site, visit), found, beside).await?;
    if is_refused {
        *page.status_mut() = StatusCode::UNPROCESSABLE_ENTITY;
    }
    Ok(page)
}

/// A word on a case as it was noted, or the page with why it was not.
async fn noted(
    (site, visit): (&Site, &Visit),
    id: i64,
    (form, word): (&'static str, Word),
    (result, what): (Result<(), EngineError>, &str),
) -> Result<Response, Fault> {
    match result {
        Ok(()) => {
            let detail = match form {
                "assign" => &word.owner,
                "note" | "reply" => "",
                _ => &word.why,
            };
            done(visit, id, what, detail).await
        }
        Err(EngineError::Refused(words)) => {
            let typed = Typed {
                form,
                word,
                refusal: in_language(visit.language, &words),
            };
            let beside = Beside {
                typed,
                ..Beside::default()
            };
            again((site, visit), id, beside).await
        }
        Err(error) => Err(error.into()),
    }
}

async fn drawn(
    (site, visit): (&Site, &Visit),
    (case, events): (CaseRow, Vec<CaseEventRow>),
    Beside { typed, asked, done }: Beside,
) -> Result<Response, Fault> {
    let (language, w) = (visit.language, Words::of(visit.language));
    let accounts = accounts(visit, &case).await?;
    let may_write = visit.may_decide() && case.is_open();
    let kind = w.kind(&case.kind).to_owned();
    let zone = visit.office.config.institution.time_zone;
    let log = events.into_iter().map(|event: CaseEventRow| {
        let when = instant(language, event.recorded_at, zone);
        let what = w.state(&event.what).to_owned();
        (
            when,
            what,
            event.by_whom,
            in_language(language, &event.detail),
        )
    });
    let today = visit.office.now.today;
    let late = case.is_late(today);
    let mut page = Page::of(site, visit, &kind);
    let here = format!("/cases/{}", case.id);
    if visit.uri.path() != here {
        // Where a form was sent there is nothing to be read.
        page.here = here;
    }
    let page = CasePage {
        page,
        w,
        typed,
        kind,
        state: w.state(&case.state).to_owned(),
        until: short(language, case.deadline),
        opened: short(language, case.opened_on),
        late: late.then_some(w.late),
        waits: match case.waits_until {
            Some(_) if case.is_back(today) => Some(w.is_back.to_owned()),
            Some(until) if case.is_open() => {
                Some(format!("{} {}", w.sleeps, short(language, until)))
            }
            _ => None,
        },
        asks: asks(visit, &case, &asked.wish).await?,
        to: about(visit, &case),
        evidence: desk::evidence(&case)
            .iter()
            .map(|line| in_language(language, line))
            .collect(),
        log: log.collect(),
        student: student(visit, &case).await?,
        messages: match &case.student {
            Some(student) => {
                let listed = outbox::to_student(&visit.office, student).await?;
                written(&listed, language)
            }
            None => Vec::new(),
        },
        is_mine: case.owner == visit.by(),
        form: (may_write && case.student.is_some())
            .then(|| form(visit, asked.wish, &accounts, Vec::new())),
        effect: asked.effect,
        refusal: asked.refusal,
        may_write,
        may_reply: visit.may_decide()
            && Kind::of(&case.kind).is_some_and(Kind::is_asked_by_student),
        tomorrow: today.succ_opt().unwrap_or(today).to_string(),
        done,
        outcome: outcome(visit, &case).await?,
        case,
    };
    Ok(html(&page))
}

/// What a case ended with: the decisions in words, with the page of what each is about.
async fn outcome(visit: &Visit, case: &CaseRow) -> Result<Vec<(String, Option<String>)>, Fault> {
    let w = Words::of(visit.language);
    if case.outcome.is_empty() {
        return Ok(Vec::new());
    }
    let Some(numbers) = case.outcome.strip_prefix("decision ") else {
        return Ok(vec![(w.outcome(&case.outcome, visit.language), None)]);
    };
    let mut told = Vec::new();
    for number in numbers.split(", ") {
        let number = number.parse().unwrap_or(0);
        let listed = match decide::list(&visit.office, Some(number), false).await {
            Ok(listed) => listed,
            Err(EngineError::Refused(_)) => Vec::new(),
            Err(error) => return Err(error.into()),
        };
        for one in listed {
            let kind = codes::decision(visit.language, &one.kind);
            let about = one.fee.or(one.credit);
            let to = match (&about, &one.student) {
                (Some(about), _) => Some(format!("/why/{}", in_address(about))),
                (None, Some(student)) => Some(format!("/students/{}", in_address(student))),
                (None, None) => None,
            };
            let about = about.or(one.student).unwrap_or_default();
            told.push((format!("{number}. {kind} {about}: {}", one.why), to));
        }
    }
    Ok(told)
}

/// The page of what a case is about.
fn about(visit: &Visit, case: &CaseRow) -> Option<String> {
    let subject = in_address(&case.subject);
    match case.kind.as_str() {
        // The queue is the office's.
        "handed_over" if own_queue(visit).is_none() => Some(format!("/review/{subject}")),
        "unidentified" | "disagreement" => Some(format!("/review/{subject}")),
        "claim_not_found" | "dispute" | "deferral" | "instalments" | "court" | "allocation" => {
            Some(format!("/why/{subject}"))
        }
        _ => None,
    }
}

/// Where a case asks whose a credit is: who was named.
async fn asks(visit: &Visit, case: &CaseRow, wish: &Wish) -> Result<Option<Asks>, Fault> {
    if !(visit.may_decide() && case.is_open() && is_handed(case)) {
        return Ok(None);
    }
    let mut asks = Asks {
        student: wish.student.trim().to_owned(),
        name: String::new(),
        why: wish.why.clone(),
    };
    if let Some(student) = filled(&asks.student)
        && let Some(known) = students::one(&visit.office, student).await?
    {
        visit.viewed(&known.external_id).await?;
        asks.name = format!("{}, {}", known.full_name(), known.album);
    }
    Ok(Some(asks))
}

fn is_handed(case: &CaseRow) -> bool {
    case.kind == Kind::HandedOver.name()
}

/// The case; one of a queue that somebody does not see is not there.
pub(super) async fn seen(visit: &Visit, id: i64) -> Result<(CaseRow, Vec<CaseEventRow>), Fault> {
    let found = match desk::show(&visit.office, id).await {
        Ok(found) => found,
        Err(EngineError::Refused(_)) => return Err(Fault::NotFound),
        Err(error) => return Err(error.into()),
    };
    match own_queue(visit) {
        Some(queue) if queue.name() != found.0.queue => Err(Fault::NotFound),
        _ => Ok(found),
    }
}

async fn accounts(visit: &Visit, case: &CaseRow) -> Result<Vec<Account>, Fault> {
    let today = visit.office.now.today;
    Ok(match &case.student {
        Some(student) => account::of_student(&visit.office, student, today, i64::MAX).await?,
        None => Vec::new(),
    })
}

async fn student(visit: &Visit, case: &CaseRow) -> Result<Option<(String, String)>, Fault> {
    let Some(id) = &case.student else {
        return Ok(None);
    };
    visit.viewed(id).await?;
    let known = students::one(&visit.office, id).await?;
    Ok(known.map(|one| {
        (
            one.external_id.clone(),
            format!("{}, {}", one.full_name(), one.album),
        )
    }))
}

/// A word on a case.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
pub struct Word {
    why: String,
    /// To whom.
    owner: String,
    /// Until when it waits.
    day: String,
    /// Who worked on it when the page was drawn.
    seen_owner: String,
    /// What the student reads.
    reply: String,
}

/// What ends a case.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
pub struct End {
    /// What the student reads.
    reply: String,
    #[serde(flatten)]
    wish: Wish,
}

/// `POST /cases/{id}/take`
pub async fn take(
    State(site): State<Site>,
    visit: Visit,
    Path(id): Path<i64>,
    Form(mut word): Form<Word>,
) -> Result<Response, Fault> {
    word.owner = visit.by().to_owned();
    given(&site, &visit, id, word).await
}

/// `POST /cases/{id}/assign`
pub async fn assign(
    State(site): State<Site>,
    visit: Visit,
    Path(id): Path<i64>,
    Form(word): Form<Word>,
) -> Result<Response, Fault> {
    given(&site, &visit, id, word).await
}

async fn given(site: &Site, visit: &Visit, id: i64, word: Word) -> Result<Response, Fault> {
    let (case, _) = seen(visit, id).await?;
    if case.owner != word.seen_owner {
        let w = Words::of(visit.language);
        let taken = Fault::Conflict(format!("{} {}", w.taken, case.owner));
        return Err(taken.and(format!("/cases/{id}"), w.see_case));
    }
    let why = filled(&word.why).unwrap_or("taken");
    let result = desk::assign(&visit.office, id, word.owner.trim(), visit.said(why)).await;
    let result = (result, "case-assigned");
    noted((site, visit), id, ("assign", word), result).await
}

/// `POST /cases/{id}/wait`
pub async fn wait(
    State(site): State<Site>,
    visit: Visit,
    Path(id): Path<i64>,
    Form(word): Form<Word>,
) -> Result<Response, Fault> {
    seen(&visit, id).await?;
    let result = match day(&word.day) {
        Some(until) => desk::wait(&visit.office, id, until, visit.said(&word.why)).await,
        None => Err(EngineError::refused(Words::of(visit.language).no_day)),
    };
    let result = (result, "case-waits");
    noted((&site, &visit), id, ("wait", word), result).await
}

/// `POST /cases/{id}/resume`
pub async fn resume(
    State(site): State<Site>,
    visit: Visit,
    Path(id): Path<i64>,
    Form(word): Form<Word>,
) -> Result<Response, Fault> {
    seen(&visit, id).await?;
    let result = desk::resume(&visit.office, id, visit.said(&word.why)).await;
    let result = (result, "case-resumed");
    noted((&site, &visit), id, ("resume", word), result).await
}

/// `POST /cases/{id}/note`
pub async fn note(
    State(site): State<Site>,
    visit: Visit,
    Path(id): Path<i64>,
    Form(word): Form<Word>,
) -> Result<Response, Fault> {
    seen(&visit, id).await?;
    let result = desk::note(&visit.office, id, visit.said(&word.why)).await;
    let result = (result, "case-note");
    noted((&site, &visit), id, ("note", word), result).await
}

/// `POST /cases/{id}/reply`
pub async fn reply(
    State(site): State<Site>,
    visit: Visit,
    Path(id): Path<i64>,
    Form(word): Form<Word>,
) -> Result<Response, Fault> {
    seen(&visit, id).await?;
    let result = desk::reply(&visit.office, id, visit.said(&word.reply)).await;
    let result = (result, "case-reply");
    noted((&site, &visit), id, ("reply", word), result).await
}

/// `POST /cases/{id}/resolve`: with a decision, of which the effect may be seen first, or with none.
pub async fn resolve(
    State(site): State<Site>,
    visit: Visit,
    Path(id): Path<i64>,
    Form(End { reply, wish }): Form<End>,
) -> Result<Response, Fault> {
    let (case, _) = seen(&visit, id).await?;
    let here = (&site, &visit);
    if wish.kind == desk::NONE {
        let ended = (desk::NONE, reply.as_str());
        let result = desk::resolve(&visit.office, id, ended, visit.said(&wish.why)).await;
        let word = Word {
            why: wish.why,
            reply,
            ..Word::default()
        };
        let result = (result, "case-closed");
        return noted(here, id, ("close", word), result).await;
    }
    let is_preview = wish.is_preview();
    let answer = match request(&visit, &case, &wish).await? {
        Ok((request, said)) => {
            let wished = (&request, reply.as_str());
            desk::answer(&visit.office, id, wished, &said, is_preview).await
        }
        Err(words) => Err(EngineError::refused(words)),
    };
    let asked = match answer {
        Ok(answer) if is_preview => Asked::with_effect(&visit, wish, &answer).await?,
        Ok(_) => {
            let detail = format!("{} {}", wish.kind, wish.why);
            return done(&visit, id, "case-resolved", &detail).await;
        }
        Err(EngineError::Refused(words)) => Asked::refused(&visit, wish, &words),
        Err(error) => return Err(error.into()),
    };
    let typed = Typed {
        form: "resolve",
        word: Word {
            reply,
            ..Word::default()
        },
        refusal: String::new(),
    };
    let beside = Beside {
        asked,
        typed,
        done: false,
    };
    again(here, id, beside).await
}

/// What is asked of the engine, or what cannot be read.
async fn request(
    visit: &Visit,
    case: &CaseRow,
    wish: &Wish,
) -> Result<Result<(Request, decide::Said), &'static str>, Fault> {
    let w = wish::Words::of(visit.language);
    let said = wish.said(visit.by(), w);
    if is_handed(case) && wish.kind == "assign" {
        let request = Request::Assign {
            credit: case.subject.clone(),
            student: wish.student.clone(),
            rule: false,
        };
        return Ok(said.map(|said| (request, said)));
    }
    let accounts = accounts(visit, case).await?;
    must_be_theirs(wish, &accounts)?;
    must_be_allowed(visit, wish)?;
    let student = case.student.as_deref().unwrap_or_default();
    let request = wish.request(student, w);
    Ok(request.and_then(|request| Ok((request, said?))))
}

async fn done(visit: &Visit, id: i64, what: &str, detail: &str) -> Result<Response, Fault> {
    visit.did(what, &id.to_string(), detail).await?;
    Ok(Redirect::to(&format!("/cases/{id}?done=1")).into_response())
}
