//! Decisions that wait for a second person: each with what it would change.

use super::effect::{self, Effect};
use crate::engine::EngineError;
use crate::engine::decide::{self, Listed};
use crate::web::ground::codes;
use crate::web::ground::said::in_language;
use crate::web::ground::words::words;
use crate::web::ground::{Fault, Page, Site, Visit, as_refused, figures, html};
use askama::Template;
use axum::extract::{Form, Path, State};
use axum::response::{IntoResponse as _, Redirect, Response};
use serde::Deserialize;

words! {
    /// The words of the page.
    pub Words {
        title: "Druga osoba", "Second person";
        lead: "Te decyzje nie działają, dopóki ktoś inny ich nie zatwierdzi.", "These decisions are no facts until somebody else approves them.";
        empty: "Nic nie czeka na drugą osobę.", "Nothing waits for a second person.";
        by: "zdecydowane przez", "decided by";
        approve: "Zatwierdź", "Approve";
        refuse: "Odrzuć", "Reject";
        why: "Dlaczego", "Why";
        own: "To Twoja decyzja; musi zatwierdzić ktoś inny.", "This is your decision; somebody else has to approve it.";
    }
}

#[derive(Template)]
#[template(path = "office/decisions.html")]
struct DecisionsPage {
    page: Page,
    w: &'static Words,
    rows: Vec<Row>,
    may_write: bool,
    /// A word that was refused, with the decision that it was about, and why.
    typed: Option<(i64, String)>,
    refusal: Option<String>,
}

impl DecisionsPage {
    fn why(&self, row: &Row) -> &str {
        let typed = self.typed.as_ref();
        let typed = typed.filter(|(id, _)| *id == row.decision.decision);
        typed.map_or("", |(_, why)| why)
    }
}

struct Row {
    decision: Listed,
    kind: String,
    about: String,
    amount: Option<String>,
    is_own: bool,
    effect: Option<Effect>,
    refusal: Option<String>,
}

/// `GET /decisions`
pub async fn page(State(site): State<Site>, visit: Visit) -> Result<Response, Fault> {
    Ok(html(&drawn(&site, &visit).await?))
}

async fn drawn(site: &Site, visit: &Visit) -> Result<DecisionsPage, Fault> {
    let w = Words::of(visit.language);
    let mut rows = Vec::new();
    for decision in decide::list(&visit.office, None, true).await? {
        let is_own = decide::is_same_person(&decision.by, visit.by());
        // Nobody's own word is asked about: only what another would approve can be shown.
        let other = if is_own { "-" } else { visit.by() };
        let tried = decide::approve(&visit.office, decision.decision, other, true).await;
        let (effect, refusal) = match tried {
            Ok(answer) => (Some(effect::of(&answer, visit.language)), None),
            Err(EngineError::Refused(words)) => (None, Some(in_language(visit.language, &words))),
            Err(error) => return Err(error.into()),
        };
        viewed(visit, &decision, effect.as_ref()).await?;
        let names = [&decision.fee, &decision.credit, &decision.student];
        let names: Vec<&str> = names.into_iter().flatten().map(String::as_str).collect();
        let money = decision.amount_minor.zip(decision.currency.as_deref());
        rows.push(Row {
            kind: codes::decision(visit.language, &decision.kind).to_owned(),
            about: names.join(" "),
            amount: money.map(|(minor, code)| figures::amount(visit.language, minor, code)),
            is_own,
            effect,
            refusal,
            decision,
        });
    }
    Ok(DecisionsPage {
        page: Page::of(site, visit, w.title),
        w,
        rows,
        may_write: visit.may_decide(),
        typed: None,
        refusal: None,
    })
}

/// Whom a decision names, and whose account it would change.
async fn viewed(visit: &Visit, one: &Listed, effect: Option<&Effect>) -> Result<(), Fault> {
    let parts = one.parts.iter().filter_map(|part| part.student.as_ref());
    for student in parts.chain(&one.student).chain(&one.into) {
        visit.viewed(student).await?;
    }
    match effect {
        Some(effect) => effect.viewed(visit).await,
        None => Ok(()),
    }
}

/// Why a decision is taken back.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct Word {
    why: String,
}

/// `POST /decisions/{id}/approve`
pub async fn approve(
    State(site): State<Site>,
    visit: Visit,
    Path(id): Path<i64>,
) -> Result<Response, Fault> {
    let result = decide::approve(&visit.office, id, visit.by(), false).await;
    let word = (id, Word::default());
    noted((&site, &visit), "approved", word, result.map(drop)).await
}

/// `POST /decisions/{id}/reject`
pub async fn reject(
    State(site): State<Site>,
    visit: Visit,
    Path(id): Path<i64>,
    Form(word): Form<Word>,
) -> Result<Response, Fault> {
    let result = decide::revoke(&visit.office, id, visit.by(), &word.why, false).await;
    noted((&site, &visit), "rejected", (id, word), result.map(drop)).await
}

/// The second person's word as it was noted, or the page with why it was not.
async fn noted(
    (site, visit): (&Site, &Visit),
    what: &str,
    (id, word): (i64, Word),
    result: Result<(), EngineError>,
) -> Result<Response, Fault> {
    match result {
        Ok(()) => {
            visit.did(what, &id.to_string(), &word.why).await?;
            Ok(Redirect::to("/decisions").into_response())
        }
        Err(EngineError::Refused(words)) => {
            let mut page = drawn(site, visit).await?;
            // Where a form was sent there is nothing to be read.
            "/decisions".clone_into(&mut page.page.here);
            page.refusal = Some(in_language(visit.language, &words));
            page.typed = Some((id, word.why));
            Ok(as_refused(&page))
        }
        Err(error) => Err(error.into()),
    }
}
