//! Statements that are handed in on the page: what would happen comes first, and what happened stands
//! in its place afterwards.

use super::statements;
use crate::engine::import::Summary;
use crate::engine::preview::{self, AccountSeen, Preview, StatementSeen};
use crate::engine::record::Recorded;
use crate::engine::upload::{self, Kind, Upload};
use crate::text::Language;
use crate::web::ground::figures::{self, amount, short};
use crate::web::ground::forms::day_or_dash;
use crate::web::ground::said::in_language;
use crate::web::ground::words::words;
use crate::web::ground::{Fault, Page, Site, Visit, handed, html};
use askama::Template;
use axum::extract::{Multipart, Path, State};
use axum::response::{IntoResponse as _, Redirect, Response};

words! {
    /// The words of the page.
    pub Words {
        title: "Wczytanie wyciągów", "Import of statements";
        lead: "Niczego jeszcze nie zapisano. Zobacz, co się stanie, i potwierdź.", "Nothing is recorded yet. See what would happen, and confirm.";
        back: "Wszystkie wyciągi", "All statements";
        file: "Plik", "File";
        unreadable: "nie da się odczytać", "cannot be read";
        account: "Rachunek", "Account";
        period: "Okres", "Period";
        closing: "Saldo końcowe", "Closing balance";
        money_in: "Wpływy", "Money in";
        money_out: "Wypływy", "Money out";
        to_students: "Na numery studentów", "To students' numbers";
        of: "z", "of";
        becomes: "Co się stanie", "What becomes of it";
        new: "stanie; nowych pozycji:", "will stand; new lines:";
        known: "nic nowego", "nothing new";
        already: "ten plik już był", "this file was here before";
        waits: "będzie czekać", "will wait";
        quarantined: "trafi do kwarantanny", "goes to quarantine";
        not_posted: "nie zostanie zaksięgowany", "will not be posted";
        coverage: "Kompletność rachunków", "How far the accounts are complete";
        now: "teraz do", "now through";
        then: "potem do", "then through";
        gap: "luka między", "a gap between";
        and: "a", "and";
        freed: "Te wyciągi czekały i dzięki temu staną", "These statements waited, and will stand by this";
        import: "Wczytaj", "Import";
        cancel: "Nie wczytuj", "Do not import";
        done: "Wczytano", "Imported";
        statements: "Wyciągi", "Statements";
        stand: "stoją", "stand";
        held: "wstrzymane", "held back";
        entries: "Nowe pozycje", "New lines";
        credits: "Wpłaty", "Credits";
        of_students: "studentów", "of students";
        review: "do wyjaśnienia", "in review";
        to_settle: "kont do rozliczenia", "accounts to be settled";
        settled: "Rozliczono kont studentów", "Accounts of students settled";
        on_fees: "na opłaty", "on fees";
        on_account: "na koncie", "on account";
        go_on: "Przejdź do wyjaśniania", "Go on to the review";
        notes: "Uwagi", "Notes";
    }
}

#[derive(Template)]
#[template(path = "office/upload.html")]
struct PreviewPage {
    page: Page,
    w: &'static Words,
    token: String,
    files: Vec<FileView>,
    accounts: Vec<AccountView>,
    freed: Vec<String>,
}

struct FileView {
    name: String,
    error: Option<String>,
    statements: Vec<StatementView>,
}

struct StatementView {
    account: String,
    period: String,
    closing: String,
    money_in: String,
    money_out: String,
    credits: usize,
    to_students: usize,
    becomes: String,
    why: String,
    tone: &'static str,
}

struct AccountView {
    account: String,
    before: String,
    after: String,
    gaps: Vec<(String, String)>,
}

#[derive(Template)]
#[template(path = "office/uploaded.html")]
struct DonePage {
    page: Page,
    w: &'static Words,
    done: Summary,
    money: Vec<[String; 5]>,
    notes: Vec<String>,
}

/// `POST /statements/upload`
pub async fn hand_in(visit: Visit, form: Multipart) -> Result<Response, Fault> {
    let (_, files) = handed::read(&visit, form).await?;
    let kind = (Kind::Statements, None);
    let token = upload::keep(&visit.office, visit.by(), kind, &files).await?;
    Ok(Redirect::to(&format!("/statements/upload/{token}")).into_response())
}

/// `GET /statements/upload/{token}`
pub async fn page(
    State(site): State<Site>,
    visit: Visit,
    Path(token): Path<String>,
) -> Result<Response, Fault> {
    let found = of_visit(&visit, &token).await?;
    let (language, w) = (visit.language, Words::of(visit.language));
    if let Some(result) = &found.result {
        let done = Summary::of_json(result)?;
        return Ok(html(&done_page(
            Page::of(&site, &visit, w.done),
            done,
            language,
        )));
    }
    let seen = preview::statements(&visit.office, &found.files).await?;
    Ok(html(&preview_page(
        Page::of(&site, &visit, w.title),
        token,
        seen,
        language,
    )))
}

/// `POST /statements/upload/{token}`
pub async fn import(visit: Visit, Path(token): Path<String>) -> Result<Response, Fault> {
    let found = of_visit(&visit, &token).await?;
    if found.result.is_none() {
        let names: Vec<&str> = found.files.iter().map(|file| file.name.as_str()).collect();
        visit
            .did("imported", "statements", &names.join(", "))
            .await?;
        let (office, token) = (visit.office.clone(), token.clone());
        // A browser that goes away leaves nothing half done.
        let done = tokio::spawn(async move {
            let import = upload::import(&office, &found.files).await?;
            upload::done(&office, &token, &import.to_json()).await
        });
        done.await
            .map_err(|died| Fault::Failed(format!("an import died: {died}")))??;
    }
    Ok(Redirect::to(&format!("/statements/upload/{token}")).into_response())
}

async fn of_visit(visit: &Visit, token: &str) -> Result<Upload, Fault> {
    let found = upload::find(&visit.office, visit.by(), token).await?;
    let found = found.filter(|found| found.kind == Kind::Statements);
    found.ok_or(Fault::NotFound)
}

fn preview_page(page: Page, token: String, seen: Preview, language: Language) -> PreviewPage {
    let w = Words::of(language);
    let files = seen.files.into_iter().map(|file| FileView {
        name: file.name,
        error: file.error.map(|(line, words)| {
            let words = in_language(language, &words);
            if line == 0 {
                words
            } else {
                in_language(language, &format!("line {line}: {words}"))
            }
        }),
        statements: (file.statements.iter())
            .map(|one| statement(one, language, w))
            .collect(),
    });
    PreviewPage {
        page,
        w,
        token,
        files: files.collect(),
        accounts: seen
            .accounts
            .iter()
            .map(|one| account(one, language))
            .collect(),
        freed: seen.freed,
    }
}

fn statement(one: &StatementSeen, language: Language, w: &'static Words) -> StatementView {
    let money = |minor| amount(language, minor, &one.currency);
    let (becomes, why, tone) = match &one.outcome {
        Recorded::Published(new) => (format!("{} {new}", w.new), "", "good"),
        Recorded::Known => (w.known.to_owned(), "", ""),
        Recorded::AlreadyImported(status) => {
            let known = statements::Words::of(language).status(status);
            (format!("{} ({known})", w.already), "", "")
        }
        Recorded::Waiting(why) => (w.waits.to_owned(), why.as_str(), "warn"),
        Recorded::Quarantined(why) => (w.quarantined.to_owned(), why.as_str(), "bad"),
        Recorded::NotPosted(why) => (w.not_posted.to_owned(), why.as_str(), "warn"),
    };
    StatementView {
        account: figures::account(&one.account),
        period: match one.period {
            Some((first, last)) if first != last => {
                format!("{} – {}", short(language, first), short(language, last))
            }
            period => day_or_dash(language, period.map(|(_, last)| last)),
        },
        closing: one.closing_minor.map(money).unwrap_or_default(),
        money_in: money(one.in_minor),
        money_out: money(one.out_minor),
        credits: one.credits,
        to_students: one.to_students,
        becomes,
        why: in_language(language, why),
        tone,
    }
}

fn account(one: &AccountSeen, language: Language) -> AccountView {
    let gaps = one.gaps.iter();
    AccountView {
        account: figures::account(&one.iban),
        before: day_or_dash(language, one.before),
        after: day_or_dash(language, one.after),
        gaps: gaps
            .map(|(after, before)| (short(language, *after), short(language, *before)))
            .collect(),
    }
}

fn done_page(page: Page, done: Summary, language: Language) -> DonePage {
    let money = done.money.iter().map(|(code, money)| {
        let sums = [
            money.in_minor,
            money.settled_minor,
            money.on_account_minor,
            money.review_minor,
            money.out_minor,
        ];
        sums.map(|minor| amount(language, minor, code))
    });
    DonePage {
        page,
        w: Words::of(language),
        money: money.collect(),
        notes: (done.notes.iter())
            .map(|note| in_language(language, note))
            .collect(),
        done,
    }
}
