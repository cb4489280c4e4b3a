//! Money that goes back, and money that lies idle: how far each refund has come, and the files for the
//! bank.

use crate::cases::Kind;
use crate::engine::EngineError;
use crate::engine::desk::{self, Wanted};
use crate::engine::refunds::{self, Format, Refund, State};
use crate::store::payments::PaymentFileRow;
use crate::text::Language;
use crate::web::cos::words as cases;
use crate::web::ground::figures::{self, amount, plain, short};
use crate::web::ground::forms::filled;
use crate::web::ground::said::in_language;
use crate::web::ground::words::words;
use crate::web::ground::{Fault, Page, Site, Visit, as_refused, export, html};
use askama::Template;
use axum::extract::{Form, Path, State as Shared};
use axum::http::header::{CONTENT_DISPOSITION, CONTENT_TYPE};
use axum::response::{IntoResponse as _, Redirect, Response};
use serde::Deserialize;

words! {
    /// The words of the page.
    pub Words {
        title: "Zwroty", "Refunds";
        lead: "Co wraca do studentów i co leży bez przeznaczenia. Zwrot jest zapłacony, gdy powie to wyciąg.", "What goes back to students, and what lies idle. A refund is paid when a statement says so.";
        number: "Nr", "No.";
        student: "Student", "Student";
        amount: "Kwota", "Amount";
        account: "Na rachunek", "To account";
        from: "Od", "From";
        state: "Stan", "State";
        waits: "czeka na drugą osobę", "waits for a second person";
        decided: "do wypłaty", "to be paid";
        in_file: "w pliku", "in file";
        paid: "wypłacono", "paid";
        returned: "wróciło", "came back";
        empty: "Nie ma zwrotów. Decyduje się o nich przy wpłacie studenta.", "There are no refunds. They are decided at a student's credit.";
        pay: "Zapisz plik dla banku", "Write the bank's file";
        pay_words: "Każdy zwrot trafia do jednego pliku; podpisuje go człowiek w banku.", "Each refund is in one file; a person signs it at the bank.";
        format: "Format", "Format";
        pays_from: "Z rachunku (gdy jest ich kilka)", "From account (where there are several)";
        files: "Pliki dla banku", "Files for the bank";
        pay_on: "Dzień wypłaty", "Pays on";
        count: "Zwrotów", "Refunds";
        sum: "Razem", "Sum";
        by: "Kto", "Who";
        download: "Pobierz", "Download";
        withdraw: "Bank go nie przyjął", "The bank did not take it";
        why: "Dlaczego", "Why";
        withdrawn: "wycofany", "withdrawn";
        idle: "Pieniądze bez przeznaczenia", "Idle money";
        no_idle: "Nic nie leży bez przeznaczenia.", "Nothing lies idle.";
        nothing: "Nie ma zwrotów, które można wypłacić.", "There are no refunds that may be paid.";
    }
}

#[derive(Template)]
#[template(path = "office/refunds.html")]
struct RefundsPage {
    page: Page,
    w: &'static Words,
    rows: Vec<[String; 6]>,
    files: Vec<(PaymentFileRow, String, String)>,
    idle: Vec<(i64, String, String, String)>,
    accounts: Vec<(String, String)>,
    can_pay: bool,
    may_write: bool,
    /// A word that was refused, with the number of the file that it was about, and why.
    typed: (Option<i64>, Word),
    refusal: Option<String>,
}

impl RefundsPage {
    fn why(&self, file: &PaymentFileRow) -> &str {
        match &self.typed {
            (Some(number), word) if *number == file.number => &word.why,
            _ => "",
        }
    }
}

/// `GET /refunds`
pub async fn page(Shared(site): Shared<Site>, visit: Visit) -> Result<Response, Fault> {
    Ok(html(&drawn(&site, &visit).await?))
}

/// The page with what was typed, and why it cannot be so.
async fn refused(
    (site, visit): (&Site, &Visit),
    typed: (Option<i64>, Word),
    words: &str,
) -> Result<Response, Fault> {
    let mut page = drawn(site, visit).await?;
    // Where a form was sent there is nothing to be read.
    "/refunds".clone_into(&mut page.page.here);
    page.refusal = Some(in_language(visit.language, words));
    page.typed = typed;
    Ok(as_refused(&page))
}

async fn drawn(site: &Site, visit: &Visit) -> Result<RefundsPage, Fault> {
    let (office, language) = (&visit.office, visit.language);
    let w = Words::of(language);
    let mut all = refunds::list(office).await?;
    all.reverse();
    let files = refunds::files(office).await?.into_iter().rev();
    let accounts = office.config.bank_accounts.iter();
    Ok(RefundsPage {
        page: Page::of(site, visit, w.title),
        w,
        can_pay: all.iter().any(|one| one.state == State::Decided),
        rows: all.iter().map(|one| row(one, language, w)).collect(),
        files: files
            .map(|file| {
                let day = short(language, file.pay_on);
                let sum = amount(language, file.sum_minor, &file.currency);
                (file, day, sum)
            })
            .collect(),
        idle: idle(visit).await?,
        accounts: accounts
            .map(|one| (one.iban.clone(), one.name.clone()))
            .collect(),
        may_write: visit.may_decide(),
        typed: (None, Word::default()),
        refusal: None,
    })
}

fn row(one: &Refund, language: Language, w: &'static Words) -> [String; 6] {
    [
        one.number.to_string(),
        one.student.clone(),
        amount(language, one.amount_minor, one.currency.as_str()),
        figures::account(&one.account),
        short(language, one.acts_on),
        state(one, language, w),
    ]
}

fn state(one: &Refund, language: Language, w: &'static Words) -> String {
    match one.state {
        State::Waits => w.waits.to_owned(),
        State::Decided => w.decided.to_owned(),
        State::InFile(number) => format!("{} {number}", w.in_file),
        State::Paid(day) => format!("{} {}", w.paid, short(language, day)),
        State::Returned(day) => format!("{} {}", w.returned, short(language, day)),
    }
}

/// Cases about money that nobody claims, or that went back twice.
async fn idle(visit: &Visit) -> Result<Vec<(i64, String, String, String)>, Fault> {
    let language = visit.language;
    let words = cases::Words::of(language);
    let wanted = Wanted {
        kinds: vec![Kind::IdleMoney, Kind::Recovery, Kind::OtherCurrency],
        ..Wanted::default()
    };
    let mut all = Vec::new();
    for case in desk::list(&visit.office, &wanted).await? {
        let known: Vec<String> = (desk::evidence(&case).iter())
            .map(|line| in_language(language, line))
            .collect();
        let student = case.student.clone().unwrap_or_default();
        all.push((
            case.id,
            words.kind(&case.kind).to_owned(),
            student,
            known.join("; "),
        ));
    }
    Ok(all)
}

/// `GET /refunds.csv`
pub async fn csv(visit: Visit) -> Result<Response, Fault> {
    let w = Words::of(visit.language);
    let head = [
        w.number, w.student, w.amount, "", w.account, w.from, w.state,
    ];
    let rows: Vec<Vec<String>> = (refunds::list(&visit.office).await?.iter())
        .map(|one| {
            vec![
                one.number.to_string(),
                one.student.clone(),
                plain(one.amount_minor, one.currency.as_str()),
                one.currency.to_string(),
                one.account.clone(),
                one.acts_on.to_string(),
                state(one, visit.language, w),
            ]
        })
        .collect();
    export::file(&visit, "refunds", &head, &rows).await
}

/// How refunds shall be paid, or why a file is withdrawn.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct Word {
    format: String,
    from: String,
    why: String,
}

/// `POST /refunds/pay`: notes a file; it is downloaded from the list.
pub async fn pay(
    Shared(site): Shared<Site>,
    visit: Visit,
    Form(word): Form<Word>,
) -> Result<Response, Fault> {
    let format = match word.format.as_str() {
        "elixir0" => Format::Elixir0,
        "pain001" => Format::Pain001,
        _ => return Err(Fault::NotFound),
    };
    let wanted = refunds::Wanted {
        format,
        from: filled(&word.from),
        on: None,
        by: visit.by(),
    };
    let file = match refunds::note(&visit.office, wanted).await {
        Ok(Some((file, _))) => file,
        Ok(None) => {
            let nothing = Words::of(visit.language).nothing;
            return refused((&site, &visit), (None, word), nothing).await;
        }
        Err(EngineError::Refused(words)) => {
            return refused((&site, &visit), (None, word), &words).await;
        }
        Err(error) => return Err(error.into()),
    };
    let number = file.number.to_string();
    visit.did("refunds-written", &number, &file.format).await?;
    Ok(Redirect::to("/refunds").into_response())
}

/// `GET /refunds/files/{id}`
pub async fn download(visit: Visit, Path(number): Path<i64>) -> Result<Response, Fault> {
    let Some((file, content)) = refunds::content(&visit.office, number).await? else {
        return Err(Fault::NotFound);
    };
    let (kind, ending) = match file.format.as_str() {
        "pain001" => ("application/xml", "xml"),
        _ => ("application/octet-stream", "pli"),
    };
    visit
        .did("exported", "refunds", &number.to_string())
        .await?;
    let name = format!("attachment; filename=\"refunds-{number}.{ending}\"");
    let headers = [(CONTENT_TYPE, kind.to_owned()), (CONTENT_DISPOSITION, name)];
    Ok((headers, content).into_response())
}

/// `POST /refunds/files/{id}/withdraw`
pub async fn withdraw(
    Shared(site): Shared<Site>,
    visit: Visit,
    Path(number): Path<i64>,
    Form(word): Form<Word>,
) -> Result<Response, Fault> {
    let said = visit.said(&word.why);
    match refunds::withdraw(&visit.office, number, said).await {
        Ok(()) => {}
        Err(EngineError::Refused(words)) => {
            return refused((&site, &visit), (Some(number), word), &words).await;
        }
        Err(error) => return Err(error.into()),
    }
    visit
        .did("refunds-withdrawn", &number.to_string(), &word.why)
        .await?;
    Ok(Redirect::to("/refunds").into_response())
}
