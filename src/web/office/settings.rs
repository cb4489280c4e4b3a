//! The rules in force, every version there was, and what the file says otherwise.

use crate::engine::EngineError;
use crate::engine::policy::{self, Difference};
use crate::web::ground::forms::day_or_dash;
use crate::web::ground::said::in_language;
use crate::web::ground::words::words;
use crate::web::ground::{Fault, Page, Site, Visit, html};
use askama::Template;
use axum::extract::State;
use axum::response::Response;

words! {
    /// The words of the page.
    pub Words {
        title: "Ustawienia", "Settings";
        lead: "Wpłata jest rozliczana według reguł z jej dnia. Nowe reguły włącza administrator: kwestura policy activate.", "A transfer is settled by the rules of its day. An administrator activates new ones: kwestura policy activate.";
        versions: "Wersje reguł", "Versions of the rules";
        version: "Wersja", "Version";
        from: "Od", "From";
        by: "Kto", "Who";
        why: "Dlaczego", "Why";
        in_force: "obowiązuje", "in force";
        differs: "W pliku inaczej niż obowiązuje", "In the file, and not in force";
        same: "Plik kwestura.toml mówi to samo, co obowiązuje.", "kwestura.toml says what is in force.";
        key: "Ustawienie", "Setting";
        now: "Obowiązuje", "In force";
        file: "W pliku", "In the file";
        rules: "Reguły w mocy", "The rules in force";
        value: "Wartość", "Value";
        none: "od początku", "from the beginning";
    }
}

#[derive(Template)]
#[template(path = "office/settings.html")]
struct SettingsPage {
    page: Page,
    w: &'static Words,
    versions: Vec<(String, String, String, String, bool)>,
    differences: Vec<Difference>,
    refusal: Option<String>,
    rules: Vec<(String, String)>,
}

/// `GET /settings`
pub async fn page(State(site): State<Site>, visit: Visit) -> Result<Response, Fault> {
    let (office, w) = (&visit.office, Words::of(visit.language));
    let (differences, refusal) = match policy::check(office).await {
        Ok(check) => (check.differences, None),
        Err(EngineError::Refused(words)) => (Vec::new(), Some(in_language(visit.language, &words))),
        Err(error) => return Err(error.into()),
    };
    let versions = policy::show(office).await?.into_iter().rev();
    let versions = versions.map(|one| {
        let from = one.valid_from.map_or_else(
            || w.none.to_owned(),
            |day| day_or_dash(visit.language, Some(day)),
        );
        (one.version, from, one.by, one.why, one.in_force)
    });
    Ok(html(&SettingsPage {
        page: Page::of(&site, &visit, w.title),
        w,
        versions: versions.collect(),
        differences,
        refusal,
        rules: policy::settings(&policy::in_force(office).await?)?,
    }))
}
