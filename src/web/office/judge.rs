//! The words that are said in review: each is a decision of the engine about the entry as it was seen.

use super::queue::Filter;
use super::review::{self, Typed, Words};
use super::{effect, noted};
use crate::engine::EngineError;
use crate::engine::decide::{self, Request, Said};
use crate::engine::review::{At, Wanted, look};
use crate::text::in_address;
use crate::web::ground::forms::filled;
use crate::web::ground::said::in_language;
use crate::web::ground::{Fault, Site, Visit};
use axum::extract::{Form, Path, Query, State};
use axum::response::{IntoResponse as _, Redirect, Response};
use serde::Deserialize;

/// What is said about an entry.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
pub struct Word {
    /// Whose.
    pub student: String,
    /// Lines of names with amounts.
    pub parts: String,
    /// Why.
    pub why: String,
    /// Set where a rule is made of it.
    pub rule: String,
    /// Set where nothing is decided yet, and the effect is to be seen first.
    preview: String,
    /// How the decisions stood when the page was drawn.
    mark: String,
    /// The entry that comes next.
    next: String,
}

/// `POST /review/{id}/assign`
pub async fn assign(
    State(site): State<Site>,
    visit: Visit,
    Path(id): Path<String>,
    Query(filter): Query<Filter>,
    Form(word): Form<Word>,
) -> Result<Response, Fault> {
    let request = Request::Assign {
        credit: id.clone(),
        student: word.student.clone(),
        rule: !word.rule.is_empty(),
    };
    let form = ("assign", "assigned");
    noted((&site, &visit), &id, (&request, form), (&filter, word)).await
}

/// `POST /review/{id}/ignore`
pub async fn ignore(
    State(site): State<Site>,
    visit: Visit,
    Path(id): Path<String>,
    Query(filter): Query<Filter>,
    Form(word): Form<Word>,
) -> Result<Response, Fault> {
    let request = Request::Ignore {
        credit: id.clone(),
        rule: !word.rule.is_empty(),
    };
    let form = ("ignore", "ignored");
    noted((&site, &visit), &id, (&request, form), (&filter, word)).await
}

/// `POST /review/{id}/split`
pub async fn split(
    State(site): State<Site>,
    visit: Visit,
    Path(id): Path<String>,
    Query(filter): Query<Filter>,
    Form(word): Form<Word>,
) -> Result<Response, Fault> {
    let parts = parts(&word.parts).into_iter();
    let request = Request::Split {
        credit: id.clone(),
        parts: parts
            .map(|(who, much)| (who, much.unwrap_or_default()))
            .collect(),
    };
    let form = ("split", "split");
    noted((&site, &visit), &id, (&request, form), (&filter, word)).await
}

/// `POST /review/{id}/designate`
pub async fn designate(
    State(site): State<Site>,
    visit: Visit,
    Path(id): Path<String>,
    Query(filter): Query<Filter>,
    Form(word): Form<Word>,
) -> Result<Response, Fault> {
    let request = Request::Designate {
        credit: id.clone(),
        student: None,
        fees: parts(&word.parts),
    };
    let form = ("designate", "designated");
    noted((&site, &visit), &id, (&request, form), (&filter, word)).await
}

/// `POST /review/{id}/hand-over`
pub async fn hand_over(
    State(site): State<Site>,
    visit: Visit,
    Path(id): Path<String>,
    Query(filter): Query<Filter>,
    Form(word): Form<Word>,
) -> Result<Response, Fault> {
    let credit = id.clone();
    let request = Request::HandOver { credit };
    let form = ("hand-over", "handed-over");
    noted((&site, &visit), &id, (&request, form), (&filter, word)).await
}

/// Why something is taken back.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
pub struct Regret {
    why: String,
    /// The decision that was the last word when the page was drawn.
    word: String,
}

/// `POST /review/{id}/undo`
pub async fn undo(
    visit: Visit,
    Path(id): Path<String>,
    Query(filter): Query<Filter>,
    Form(regret): Form<Regret>,
) -> Result<Response, Fault> {
    let why = filled(&regret.why).unwrap_or("taken back in review");
    // No decision has this number: whoever has seen none takes none back.
    let seen = regret.word.trim().parse().unwrap_or(0);
    let said = (visit.by(), why);
    let answer = decide::undo_as_seen(&visit.office, &id, seen, said).await?;
    if answer.is_none() {
        let w = noted::Words::of(visit.language);
        let changed = Fault::Conflict(w.changed.to_owned());
        return Err(changed.and(noted::why(&id), w.see));
    }
    visit.did("undone", &id, why).await?;
    let to = page_of(&visit, &filter, &id).await?;
    let join = if to.contains('?') { "&" } else { "?" };
    Ok(Redirect::to(&format!("{to}{join}undone=1")).into_response())
}

/// Where an entry is looked at: in the queue, among what is looked for where it is; or as what it is,
/// where it does not wait.
async fn page_of(visit: &Visit, filter: &Filter, id: &str) -> Result<String, Fault> {
    let wanted = filter.wanted();
    for (wanted, address) in [
        (wanted, filter.in_address()),
        (Wanted::default(), String::new()),
    ] {
        let looked = look(&visit.office, &wanted, At::On(id), 1).await?;
        if !looked.rows.is_empty() {
            return Ok(format!("/review/{}{address}", in_address(id)));
        }
    }
    Ok(noted::why(id))
}

async fn noted(
    (site, visit): (&Site, &Visit),
    id: &str,
    (request, (form, what)): (&Request, (&'static str, &str)),
    (filter, word): (&Filter, Word),
) -> Result<Response, Fault> {
    let mut said = Said {
        by: visit.by().to_owned(),
        why: word.why.clone(),
        on: None,
    };
    let is_preview = !word.preview.is_empty();
    let answer = if is_preview {
        // Whoever looks first may say why later.
        said.why = filled(&word.why).unwrap_or("-").to_owned();
        let answer = decide::decide(&visit.office, request, &said, true).await;
        answer.map(Some)
    } else {
        decide::decide_as_seen(&visit.office, request, &said, &word.mark).await
    };
    let answer = match answer {
        Ok(answer) => answer,
        Err(EngineError::Refused(words)) => {
            let refusal = in_language(visit.language, &words);
            let typed = Typed::refused(form, word, refusal);
            return review::again(site, visit, id, (filter, typed)).await;
        }
        Err(error) => return Err(error.into()),
    };
    if let Some(answer) = answer.as_ref().filter(|_| is_preview) {
        let effect = effect::of(answer, visit.language);
        effect.viewed(visit).await?;
        let typed = Typed::with_effect(form, word, effect);
        return review::again(site, visit, id, (filter, typed)).await;
    }
    if answer.is_none() {
        let w = Words::of(visit.language);
        let to = page_of(visit, filter, id).await?;
        return Err(Fault::Conflict(w.taken.to_owned()).and(to, w.see_noted));
    }
    visit.did(what, id, &word.why).await?;
    review::onwards(visit, filter, (id, &word.next)).await
}

/// Lines of `name = amount`; the amount may be left out.
fn parts(text: &str) -> Vec<(String, Option<String>)> {
    let lines = text.lines().filter_map(filled);
    lines
        .map(|line| match line.rsplit_once('=') {
            Some((name, amount)) => (name.trim().to_owned(), Some(amount.trim().to_owned())),
            None => (line.to_owned(), None),
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::parts;

    #[test]
    fn lines_are_names_with_amounts_or_without() {
        let read = parts(" 102345 = 500,00\r\n\r\nF-7\n");
        let expected = [
            ("102345".to_owned(), Some("500,00".to_owned())),
            ("F-7".to_owned(), None),
        ];
        assert_eq!(read, expected);
    }
}
