//! The dossier of a case as PDF/A: what is known, the student's account, what was written to them, and
//! all that happened. The faculty and the court get it; Kwestura decides nothing with it.

use super::words::Words as Cases;
use crate::engine::desk;
use crate::engine::{EngineError, Office, account, outbox, students};
use crate::paper::{About, Column, Document, PaperError};
use crate::settlement::account::Account;
use crate::store::cases::{CaseEventRow, CaseRow};
use crate::text::Language;
use crate::web::ground::figures::{amount, instant, short};
use crate::web::ground::forms::day_or_dash;
use crate::web::ground::said::in_language;
use crate::web::ground::words::words;
use crate::web::ground::{Fault, Visit};
use crate::web::office::messages;
use axum::extract::Path;
use axum::http::header::{CONTENT_DISPOSITION, CONTENT_TYPE};
use axum::response::{IntoResponse as _, Response};

words! {
    /// The words of the paper.
    pub Words {
        title: "Akta sprawy", "Dossier of case";
        album: "Nr albumu", "Album";
        day: "Stan na dzień", "As of";
        about: "Dotyczy", "About";
        account: "Rozliczenia w walucie", "Account in";
        fee: "Opłata", "Fee";
        due: "Termin", "Due";
        sum: "Kwota", "Amount";
        open: "Pozostało", "Open";
        settled: "Zapłacono", "Settled";
        late: "Dni po terminie", "Days late";
        credited: "Wpłynęło", "Credited";
        ordered: "Zlecono", "Ordered";
        settles: "Rozliczono", "Settles";
        on_account: "Na koncie", "On account";
        all_open: "Razem nierozliczone", "Open in all";
        no_credits: "Nie wpłynęła żadna wpłata.", "No credit has come in.";
        messages: "Wysłane wiadomości", "Messages";
        message: "Wiadomość", "Message";
        to: "Do", "To";
        when: "Kiedy", "When";
        who: "Kto", "Who";
        what: "Co", "What";
    }
}

/// `GET /cases/{id}/dossier.pdf`
pub async fn download(visit: Visit, Path(id): Path<i64>) -> Result<Response, Fault> {
    let (case, _) = super::case::seen(&visit, id).await?;
    if let Some(student) = &case.student {
        visit.viewed(student).await?;
    }
    let file = write(&visit.office, id, visit.language).await?;
    visit.did("took-dossier", &id.to_string(), "").await?;
    let headers = [
        (CONTENT_TYPE, "application/pdf".to_owned()),
        (
            CONTENT_DISPOSITION,
            format!("attachment; filename=\"case-{id}.pdf\""),
        ),
    ];
    Ok((headers, file).into_response())
}

/// All that a dossier is made of.
struct Known {
    case: CaseRow,
    events: Vec<CaseEventRow>,
    name: Option<(String, String)>,
    accounts: Vec<Account>,
    messages: Vec<outbox::Listed>,
}

/// The file.
///
/// # Errors
///
/// Refused where there is no such case.
pub async fn write(office: &Office, id: i64, language: Language) -> Result<Vec<u8>, EngineError> {
    let (case, events) = desk::show(office, id).await?;
    let mut known = Known {
        case,
        events,
        name: None,
        accounts: Vec::new(),
        messages: Vec::new(),
    };
    if let Some(student) = known.case.student.clone() {
        let today = office.now.today;
        let found = students::one(office, &student).await?;
        known.name = found.map(|one| (one.full_name(), one.album));
        known.accounts = account::of_student(office, &student, today, i64::MAX).await?;
        known.messages = outbox::to_student(office, &student).await?;
    }
    let paper = Paper {
        office,
        language,
        w: Words::of(language),
        cases: Cases::of(language),
        known,
    };
    let written = paper.written();
    written.map_err(|error| EngineError::refused(format!("case {id}: {error}")))
}

struct Paper<'a> {
    office: &'a Office,
    language: Language,
    w: &'static Words,
    cases: &'static Cases,
    known: Known,
}

impl Paper<'_> {
    fn written(&self) -> Result<Vec<u8>, PaperError> {
        let institution = &self.office.config.institution;
        let about = About {
            title: format!("{} {}", self.w.title, self.known.case.id),
            author: institution.name.clone(),
            language: self.language,
            day: self.office.now.today,
        };
        let mut document = Document::begin(about, &institution.address)?;
        document.rows(&self.facts());
        document.heading(self.cases.known);
        for line in desk::evidence(&self.known.case) {
            document.paragraph(&in_language(self.language, &line));
        }
        for account in &self.known.accounts {
            self.account(&mut document, account);
        }
        self.messages(&mut document);
        self.log(&mut document);
        document.write()
    }

    fn facts(&self) -> Vec<(&'static str, String)> {
        let (case, cases) = (&self.known.case, self.cases);
        let day = |day| self.language.day(day);
        let mut rows = vec![
            (cases.kind, cases.kind(&case.kind).to_owned()),
            (self.w.about, case.subject.clone()),
        ];
        if let Some((name, album)) = &self.known.name {
            rows.push((cases.student, name.clone()));
            rows.push((self.w.album, album.clone()));
        }
        rows.push((cases.state, cases.state(&case.state).to_owned()));
        rows.push((cases.opened, day(case.opened_on)));
        rows.push((cases.until, day(case.deadline)));
        let outcome = cases.outcome(&case.outcome, self.language);
        for (label, value) in [(cases.owner, case.owner.clone()), (cases.outcome, outcome)] {
            if !value.is_empty() {
                rows.push((label, value));
            }
        }
        rows.push((self.w.day, day(self.office.now.today)));
        rows
    }

    fn account(&self, document: &mut Document, account: &Account) {
        let (w, language) = (self.w, self.language);
        let money = |minor| amount(language, minor, &account.currency);
        document.heading(&format!("{} {}", w.account, account.currency));
        document.rows(&[
            (w.all_open, money(account.open_minor)),
            (w.on_account, money(account.on_account_minor)),
        ]);
        let columns = [
            Column::words(w.fee, 26),
            Column::words(w.due, 16),
            Column::amounts(w.sum, 17),
            Column::amounts(w.open, 17),
            Column::words(w.settled, 16),
            Column::amounts(w.late, 8),
        ];
        let rows = account.receivables.iter().map(|fee| {
            vec![
                fee.external_id.clone(),
                short(language, fee.due_on),
                money(fee.amount_minor),
                money(fee.open_minor),
                day_or_dash(language, fee.settled_on),
                fee.late_days.to_string(),
            ]
        });
        document.table(&columns, &rows.collect::<Vec<_>>());
        if account.credits.is_empty() {
            document.paragraph(w.no_credits);
            return;
        }
        let columns = [
            Column::words(w.credited, 20),
            Column::words(w.ordered, 20),
            Column::amounts(w.sum, 20),
            Column::amounts(w.settles, 20),
            Column::amounts(w.on_account, 20),
        ];
        let rows = account.credits.iter().map(|credit| {
            vec![
                short(language, credit.crediting_date),
                day_or_dash(language, credit.order_date),
                money(credit.amount_minor),
                money(credit.allocated_minor),
                money(credit.on_account_minor),
            ]
        });
        document.table(&columns, &rows.collect::<Vec<_>>());
    }

    fn messages(&self, document: &mut Document) {
        if self.known.messages.is_empty() {
            return;
        }
        let w = messages::Words::of(self.language);
        document.heading(self.w.messages);
        let columns = [
            Column::words(self.w.when, 18),
            Column::words(self.w.message, 32),
            Column::words(self.w.about, 30),
            Column::words(self.cases.state, 20),
        ];
        let rows = self.known.messages.iter().map(|one| {
            let items: Vec<&str> = one.items.iter().map(|item| item.item.as_str()).collect();
            vec![
                short(self.language, one.row.sent_on.unwrap_or(one.row.as_of)),
                w.named(&one.row.template).to_owned(),
                items.join(", "),
                w.named(&one.row.state).to_owned(),
            ]
        });
        document.table(&columns, &rows.collect::<Vec<_>>());
    }

    fn log(&self, document: &mut Document) {
        document.heading(self.cases.log);
        let columns = [
            Column::words(self.w.when, 22),
            Column::words(self.w.who, 16),
            Column::words(self.w.what, 62),
        ];
        let zone = self.office.config.institution.time_zone;
        let rows = self.known.events.iter().map(|event| {
            let detail = in_language(self.language, &event.detail);
            vec![
                instant(self.language, event.recorded_at, zone),
                event.by_whom.clone(),
                format!("{}: {detail}", self.cases.state(&event.what)),
            ]
        });
        document.table(&columns, &rows.collect::<Vec<_>>());
    }
}
