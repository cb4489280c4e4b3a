//! The same step with many cases: what it would come to for each, and then what it came to.

use super::case::seen;
use super::words::Words;
use crate::engine::decide;
use crate::engine::desk::{self, Action, Chosen, Told};
use crate::text::Language;
use crate::web::ground::figures::short;
use crate::web::ground::forms::{day, filled};
use crate::web::ground::said::in_language;
use crate::web::ground::{Fault, Page, Site, Visit, as_refused, html};
use crate::web::office::effect::{self, Effect};
use askama::Template;
use axum::extract::{Form, State};
use axum::response::Response;

/// So many at once: as many as a page of the list shows.
const CASES_MAX: usize = 100;

/// What is asked for, as the form says it.
#[derive(Debug, Clone, Default)]
pub(super) struct Asked {
    pub(super) action: String,
    pub(super) owner: String,
    pub(super) day: String,
    pub(super) why: String,
    /// Cases, each with who had it: `17:eva`.
    cases: Vec<String>,
    /// Whether only what it would come to is to be seen.
    preview: bool,
}

impl Asked {
    fn of(pairs: Vec<(String, String)>) -> Asked {
        let mut asked = Asked::default();
        for (name, value) in pairs {
            match name.as_str() {
                "action" => asked.action = value,
                "owner" => asked.owner = value,
                "day" => asked.day = value,
                "why" => asked.why = value,
                "case" => asked.cases.push(value),
                "preview" => asked.preview = true,
                _ => {}
            }
        }
        asked
    }

    fn chosen(&self) -> Vec<Chosen> {
        let mut chosen: Vec<Chosen> = Vec::new();
        for case in &self.cases {
            let (id, owner) = match case.split_once(':') {
                Some((id, owner)) => (id, Some(owner.to_owned())),
                None => (case.as_str(), None),
            };
            let Ok(id) = id.parse() else { continue };
            if chosen.iter().all(|one| one.id != id) {
                chosen.push(Chosen {
                    id,
                    seen_owner: owner,
                });
            }
        }
        chosen
    }

    /// For the engine, or what is missing.
    fn action(&self, visit: &Visit, w: &'static Words) -> Result<Action, &'static str> {
        let day = || day(&self.day).ok_or(w.no_day);
        Ok(match self.action.as_str() {
            "take" => Action::Assign(visit.by().to_owned()),
            "assign" => {
                let owner = filled(&self.owner).ok_or(w.no_owner)?;
                Action::Assign(owner.to_owned())
            }
            "wait" => Action::Wait(day()?),
            "close" => Action::Close,
            "extend" => Action::Extend(day()?),
            "hold" => Action::Hold(day()?),
            "waive" => Action::Waive,
            _ => return Err(w.no_action),
        })
    }

    /// The reason, or that it is missing.
    fn why(&self, w: &'static Words) -> Result<String, &'static str> {
        match (filled(&self.why), self.action.as_str()) {
            (Some(why), _) => Ok(why.to_owned()),
            (None, "take") => Ok("taken".to_owned()),
            (None, _) => Err(w.no_why),
        }
    }
}

/// What can be done with many cases, with its name.
pub(super) fn actions(w: &'static Words) -> Vec<(&'static str, &'static str)> {
    vec![
        ("take", w.take),
        ("assign", w.many_assign),
        ("wait", w.many_wait),
        ("close", w.close),
        ("extend", w.many_extend),
        ("hold", w.many_hold),
        ("waive", w.many_waive),
    ]
}

#[derive(Template)]
#[template(path = "cos/many.html")]
struct ManyPage {
    page: Page,
    w: &'static Words,
    asked: Asked,
    action: &'static str,
    /// What is missing, so that nothing is shown yet.
    refusal: Option<&'static str>,
    rows: Vec<Row>,
    /// Cases with which it can be done.
    able: Vec<String>,
    is_done: bool,
    /// What can be done with many.
    actions: Vec<(&'static str, &'static str)>,
}

struct Row {
    id: i64,
    kind: String,
    about: String,
    refused: Option<String>,
    simple: Option<String>,
    effect: Option<Effect>,
}

/// `POST /cases/many`: does it, or shows first what it would come to.
pub async fn act(
    State(site): State<Site>,
    visit: Visit,
    Form(pairs): Form<Vec<(String, String)>>,
) -> Result<Response, Fault> {
    shown(&site, &visit, Asked::of(pairs)).await
}

async fn shown(site: &Site, visit: &Visit, asked: Asked) -> Result<Response, Fault> {
    let preview_only = asked.preview;
    let (language, w) = (visit.language, Words::of(visit.language));
    let chosen = asked.chosen();
    if chosen.is_empty() || CASES_MAX < chosen.len() {
        return Err(Fault::Refused(w.none_chosen.to_owned()));
    }
    for one in &chosen {
        seen(visit, one.id).await?;
    }
    let (action, why) = match (asked.action(visit, w), asked.why(w)) {
        (Ok(action), Ok(why)) => (action, why),
        (Err(words), _) | (_, Err(words)) => {
            let page = page_of((site, visit), asked, w.chosen);
            return Ok(as_refused(&ManyPage {
                refusal: Some(words),
                ..page
            }));
        }
    };
    let said = decide::Said {
        by: visit.by().to_owned(),
        why,
        on: None,
    };
    let told = desk::many(&visit.office, &chosen, &action, &said, preview_only).await?;
    for one in told
        .iter()
        .filter(|one| one.result.is_ok() && !preview_only)
    {
        let about = one.case.id.to_string();
        let what = format!("cases-{}", asked.action);
        visit.did(&what, &about, &said.why).await?;
    }
    let rows: Vec<Row> = told
        .iter()
        .map(|one| row(one, &action, (language, w)))
        .collect();
    for student in told.iter().filter_map(|one| one.case.student.as_ref()) {
        visit.viewed(student).await?;
    }
    for effect in rows.iter().filter_map(|row| row.effect.as_ref()) {
        effect.viewed(visit).await?;
    }
    let able = told.iter().filter(|one| one.result.is_ok());
    let title = if preview_only { w.preview } else { w.many_done };
    let able = able.map(|one| format!("{}:{}", one.case.id, one.case.owner));
    Ok(html(&ManyPage {
        able: able.collect(),
        rows,
        is_done: !preview_only,
        ..page_of((site, visit), asked, title)
    }))
}

/// The page without what it came to.
fn page_of((site, visit): (&Site, &Visit), asked: Asked, title: &'static str) -> ManyPage {
    let w = Words::of(visit.language);
    let mut page = Page::of(site, visit, title);
    // Where the form was sent there is nothing to be read.
    "/cases".clone_into(&mut page.here);
    ManyPage {
        page,
        w,
        action: named(&asked.action, w),
        refusal: None,
        rows: Vec::new(),
        able: Vec::new(),
        is_done: false,
        actions: actions(w),
        asked,
    }
}

fn named(action: &str, w: &'static Words) -> &'static str {
    let found = actions(w).into_iter().find(|(name, _)| *name == action);
    found.map_or("", |(_, words)| words)
}

fn row(told: &Told, action: &Action, (language, w): (Language, &'static Words)) -> Row {
    let case = &told.case;
    let (refused, effect) = match &told.result {
        Ok(answer) => (None, answer.as_ref()),
        Err(words) => (Some(in_language(language, words)), None),
    };
    let simple = match action {
        Action::Assign(owner) => {
            let before = Some(case.owner.as_str()).filter(|owner| !owner.is_empty());
            Some(format!("{} → {owner}", before.unwrap_or(w.nobody)))
        }
        Action::Wait(until) => Some(format!("{} {}", w.sleeps, short(language, *until))),
        Action::Close => Some(w.close_words.to_owned()),
        Action::Extend(_) | Action::Hold(_) | Action::Waive => None,
    };
    Row {
        id: case.id,
        kind: w.kind(&case.kind).to_owned(),
        about: case.student.clone().unwrap_or_else(|| case.subject.clone()),
        simple: simple.filter(|_| refused.is_none()),
        refused,
        effect: effect.map(|answer| effect::of(answer, language)),
    }
}
