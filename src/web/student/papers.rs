//! Papers to take away: the statement of account, and the confirmation of a payment.

use super::account::own;
use super::view::Shown;
use crate::engine::lookup::{Account, Lookup, Transfer};
use crate::engine::papers::{self, Kind};
use crate::paper::{About, Column, Document, PaperError};
use crate::web::ground::figures::short;
use crate::web::ground::forms::day_or_dash;
use crate::web::ground::words::words;
use crate::web::ground::{Fault, Site, Visit};
use axum::extract::{Form, State};
use axum::http::header::{CONTENT_DISPOSITION, CONTENT_TYPE};
use axum::response::{IntoResponse as _, Response};
use serde::Deserialize;

words! {
    /// The words of papers.
    pub Words {
        statement: "Zestawienie opłat i wpłat", "Statement of account";
        confirmation: "Potwierdzenie wpłaty", "Confirmation of payment";
        student: "Student", "Student";
        album: "Nr albumu", "Album";
        day: "Stan na dzień", "As of";
        counted: "Wyciągi z banku do", "Bank statements through";
        account: "Rozliczenia w walucie", "Account in";
        to_pay: "Do zapłaty teraz", "To pay now";
        open: "Razem nierozliczone", "Open in all";
        on_account: "Na koncie (nadpłata)", "On account";
        fees: "Opłaty", "Fees";
        fee: "Opłata", "Fee";
        due: "Termin", "Due";
        amount: "Kwota", "Amount";
        left: "Pozostało", "Left";
        state: "Stan", "State";
        transfers: "Wpłaty", "Transfers";
        credited: "Uznanie", "Credited";
        ordered: "Zlecenie", "Ordered";
        settles: "Rozlicza", "Settles";
        none: "Nie ma żadnej.", "There is none.";
        received: "Uczelnia otrzymała wpłatę:", "The university received a payment:";
        recipient: "Odbiorca", "Recipient";
        counts_from: "Liczy się od", "Counts from";
        reversed: "Cofnięto przez bank", "Taken back by the bank";
        refunded: "Zwrócono", "Refunded";
        counts: "O dotrzymaniu terminu decyduje dzień uznania rachunku uczelni.", "What counts for a due date is the day on which the university's account was credited.";
        genuine: "Dokument wystawiony automatycznie, bez podpisu. Czy jest prawdziwy, sprawdza się na stronie", "Issued automatically, without a signature. Whether it is genuine can be looked up at";
        code: "kodem", "with the code";
    }
}

/// `POST /account/papers/statement`
pub async fn statement(State(site): State<Site>, visit: Visit) -> Result<Response, Fault> {
    let lookup = own(&site, &visit).await?.ok_or(Fault::NotFound)?;
    let paper = Paper::of(&visit, &lookup);
    issued(&visit, &lookup, Kind::Statement, |code| {
        paper.statement(code)
    })
    .await
}

/// Which transfer.
#[derive(Debug, Deserialize)]
pub struct Which {
    #[serde(default)]
    transfer: String,
}

/// `POST /account/papers/confirmation`
pub async fn confirmation(
    State(site): State<Site>,
    visit: Visit,
    Form(which): Form<Which>,
) -> Result<Response, Fault> {
    let lookup = own(&site, &visit).await?.ok_or(Fault::NotFound)?;
    let transfers = lookup.accounts.iter().flat_map(|account| {
        let transfers = account.transfers.iter();
        transfers.map(move |transfer| (account, transfer))
    });
    let found = transfers
        .into_iter()
        .find(|(_, transfer)| transfer.id == which.transfer);
    let (account, transfer) = found.ok_or(Fault::NotFound)?;
    let paper = Paper::of(&visit, &lookup);
    issued(&visit, &lookup, Kind::Confirmation, |code| {
        paper.confirmation(account, transfer, code)
    })
    .await
}

/// Writes a paper with a code, keeps both, and hands it over.
async fn issued(
    visit: &Visit,
    lookup: &Lookup,
    kind: Kind,
    write: impl Fn(&str) -> Result<Vec<u8>, PaperError>,
) -> Result<Response, Fault> {
    let code = papers::code(&visit.office, lookup.person).await?;
    let file = write(&code).map_err(|error| Fault::Failed(error.to_string()))?;
    papers::keep(&visit.office, lookup.person, kind, &code, &file).await?;
    visit
        .did("took-paper", &lookup.student, kind.name())
        .await?;
    let name = format!("{}-{}.pdf", kind.name(), lookup.as_of);
    let headers = [
        (CONTENT_TYPE, "application/pdf".to_owned()),
        (
            CONTENT_DISPOSITION,
            format!("attachment; filename=\"{name}\""),
        ),
    ];
    Ok((headers, file).into_response())
}

/// A paper while it is written.
struct Paper<'a> {
    visit: &'a Visit,
    lookup: &'a Lookup,
    shown: Shown,
    w: &'static Words,
}

impl Paper<'_> {
    fn of<'a>(visit: &'a Visit, lookup: &'a Lookup) -> Paper<'a> {
        Paper {
            visit,
            lookup,
            shown: Shown {
                language: visit.language,
            },
            w: Words::of(visit.language),
        }
    }

    fn begin(&self, title: &str) -> Result<Document, PaperError> {
        let institution = &self.visit.office.config.institution;
        let about = About {
            title: title.to_owned(),
            author: institution.name.clone(),
            language: self.visit.language,
            day: self.lookup.as_of,
        };
        Document::begin(about, &institution.address)
    }

    /// Whose it is and of which day.
    fn whose(&self) -> [(&'static str, String); 3] {
        let day = self.visit.language.day(self.lookup.as_of);
        [
            (self.w.student, self.lookup.name.clone()),
            (self.w.album, self.lookup.album.clone()),
            (self.w.day, day),
        ]
    }

    fn statement(&self, code: &str) -> Result<Vec<u8>, PaperError> {
        let mut document = self.begin(self.w.statement)?;
        document.rows(&self.whose());
        for account in &self.lookup.accounts {
            self.account(&mut document, account);
        }
        if self.lookup.accounts.is_empty() {
            document.paragraph(self.w.none);
        }
        self.end(document, code)
    }

    fn account(&self, document: &mut Document, account: &Account) {
        let (w, language) = (self.w, self.visit.language);
        let amount = |minor: i64| language.amount(minor, account.currency);
        document.heading(&format!("{} {}", w.account, account.currency));
        let mut rows = vec![
            (w.to_pay, amount(account.to_pay_minor())),
            (w.open, amount(account.open_minor)),
            (w.on_account, amount(account.on_account_minor)),
        ];
        // Each currency has accounts of its own at the bank.
        let through = account.counted_through.map(|day| language.day(day));
        rows.extend(through.map(|day| (w.counted, day)));
        document.rows(&rows);
        let view = self.shown.account(account, self.lookup);
        document.heading(w.fees);
        let columns = [
            Column::words(w.fee, 33),
            Column::words(w.due, 15),
            Column::amounts(w.amount, 16),
            Column::amounts(w.left, 16),
            Column::words(w.state, 20),
        ];
        let fees = account.fees.iter().zip(view.fees);
        let rows = fees.map(|(fee, view)| {
            let left = amount(fee.left_minor());
            vec![
                view.title,
                short(language, fee.due_on),
                view.amount,
                left,
                view.state.to_owned(),
            ]
        });
        document.table(&columns, &rows.collect::<Vec<_>>());
        document.heading(w.transfers);
        if view.transfers.is_empty() {
            document.paragraph(w.none);
            return;
        }
        let columns = [
            Column::words(w.credited, 15),
            Column::words(w.ordered, 15),
            Column::amounts(w.amount, 16),
            Column::words(w.settles, 54),
        ];
        let transfers = account.transfers.iter().zip(view.transfers);
        let rows = transfers.map(|(one, transfer)| {
            let mut settles: Vec<String> = (transfer.settles.into_iter())
                .map(|(fee, amount)| format!("{fee} ({amount})"))
                .collect();
            let others = [
                (w.on_account, transfer.on_account),
                (w.reversed, transfer.reversed),
                (w.refunded, transfer.refunded),
            ];
            for (label, amount) in others {
                settles.extend(amount.map(|amount| format!("{label}: {amount}")));
            }
            vec![
                short(language, one.credited_on),
                day_or_dash(language, one.ordered_on),
                transfer.amount,
                settles.join("; "),
            ]
        });
        document.table(&columns, &rows.collect::<Vec<_>>());
    }

    fn confirmation(
        &self,
        account: &Account,
        transfer: &Transfer,
        code: &str,
    ) -> Result<Vec<u8>, PaperError> {
        let (w, language) = (self.w, self.visit.language);
        let amount = |minor: i64| language.amount(minor, account.currency);
        let mut document = self.begin(w.confirmation)?;
        document.rows(&self.whose());
        document.paragraph(w.received);
        let mut rows = vec![
            (w.amount, amount(transfer.amount_minor)),
            (w.credited, language.day(transfer.credited_on)),
        ];
        rows.extend(
            transfer
                .ordered_on
                .map(|day| (w.ordered, language.day(day))),
        );
        rows.push((w.recipient, self.lookup.recipient.clone()));
        let others = [
            (w.on_account, transfer.on_account_minor),
            (w.reversed, transfer.reversed_minor),
            (w.refunded, transfer.refunded_minor),
        ];
        let others = others.into_iter().filter(|(_, minor)| *minor != 0);
        rows.extend(others.map(|(label, minor)| (label, amount(minor))));
        document.rows(&rows);
        if !transfer.settles.is_empty() {
            document.heading(w.settles);
            let columns = [
                Column::words(w.fee, 55),
                Column::amounts(w.amount, 20),
                Column::words(w.counts_from, 25),
            ];
            let fees = || {
                self.lookup
                    .accounts
                    .iter()
                    .flat_map(|account| &account.fees)
            };
            let rows = transfer.settles.iter().map(|share| {
                let fee = fees().find(|fee| fee.id == share.fee);
                let title = fee.map_or(share.fee.as_str(), |fee| fee.title.of(language));
                let day = language.day(share.counts_from);
                vec![title.to_owned(), amount(share.amount_minor), day]
            });
            document.table(&columns, &rows.collect::<Vec<_>>());
        }
        self.end(document, code)
    }

    fn end(&self, mut document: Document, code: &str) -> Result<Vec<u8>, PaperError> {
        let address = self.visit.office.config.sign_in.address.as_deref();
        let base = address.unwrap_or_default().trim_end_matches('/');
        document.paragraph(self.w.counts);
        let (genuine, with) = (self.w.genuine, self.w.code);
        document.note(&format!("{genuine} {base}/genuine {with} {code}."));
        document.write()
    }
}
