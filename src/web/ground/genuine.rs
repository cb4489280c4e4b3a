//! Whether a paper is genuine: a public page that says so, and nothing more than the day that it bears.

use super::words::words;
use super::{Fault, Page, Site, Visit, figures, handed, html};
use crate::engine::papers::{self, Genuine};
use askama::Template;
use axum::extract::{DefaultBodyLimit, Multipart, State};
use axum::response::Response;

words! {
    /// The words of the page.
    pub Words {
        title: "Czy dokument jest prawdziwy?", "Is the document genuine?";
        lead: "Wpisz kod z dokumentu albo wskaż sam plik PDF. Dowiesz się tylko, czy jest prawdziwy i z którego jest dnia.", "Type the code on the document, or choose the PDF itself. You learn whether it is genuine and of which day, and nothing else.";
        code: "Kod", "Code";
        file: "Plik PDF", "PDF file";
        look: "Sprawdź", "Look it up";
        genuine: "Prawdziwy, wystawiony", "Genuine, issued on";
        same: "To jest dokładnie ten plik.", "This is the very file.";
        changed: "Ale ten plik nie jest tym, który wystawiono: mógł zostać zmieniony.", "But this file is not the one that was issued: it may have been changed.";
        unknown: "Takiego dokumentu nie wystawiono. Sprawdź, czy kod jest przepisany w całości.", "No such document was issued. Check that the code is complete.";
        by_code: "Kod potwierdza wystawienie. Czy treść się zgadza, potwierdzi tylko plik.", "The code proves that it was issued. Only the file proves what it says.";
    }
}

/// No paper of ours is larger.
const FILE_MAX: usize = 2 * 1024 * 1024;

/// So much may be sent.
pub(super) fn limit() -> DefaultBodyLimit {
    DefaultBodyLimit::max(FILE_MAX)
}

#[derive(Template)]
#[template(path = "ground/genuine.html")]
struct GenuinePage {
    page: Page,
    t: &'static Words,
    found: Option<(String, Option<bool>)>,
    is_asked: bool,
}

/// `GET /genuine`
pub async fn form(State(site): State<Site>, visit: Visit) -> Response {
    shown(&site, &visit, None, false)
}

/// `POST /genuine`
pub async fn look_up(
    State(site): State<Site>,
    visit: Visit,
    form: Multipart,
) -> Result<Response, Fault> {
    let (fields, files) = handed::read(&visit, form).await?;
    let code = fields.get("code").map_or("", String::as_str);
    let file = files.first().map(|file| file.bytes.as_slice());
    let found = papers::genuine(&visit.office, code, file).await?;
    Ok(shown(&site, &visit, found, true))
}

fn shown(site: &Site, visit: &Visit, found: Option<Genuine>, is_asked: bool) -> Response {
    let t = Words::of(visit.language);
    html(&GenuinePage {
        page: Page::of(site, visit, t.title),
        t,
        found: found.map(|found| {
            let day = figures::short(visit.language, found.issued_on);
            (day, found.is_the_file)
        }),
        is_asked,
    })
}
