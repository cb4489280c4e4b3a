//! camt.053, camt.052 and camt.054 of every version: text → statements.
//!
//! Elements are matched by their local names, so that versions 02 to 13 read alike: a party may
//! stand in `Pty` or not, a status may be text or `Cd`. Several documents in one file are all
//! read. Source: the ISO 20022 message definitions of the "Bank to Customer" set.

mod charges;
mod entry;
mod parts;
#[cfg(test)]
mod tests;
mod transaction;
mod xml;

use super::encoding::Decoded;
use super::pages::{Page, Pages};
use super::profile::Profile;
use super::{Profiles, ReadError};
use crate::iban::canonical_account;
use crate::statement::entry::{Format, StatementKind};
use chrono::NaiveDate;
use entry::Draft as EntryDraft;
use parts::{Day, Money, put, put_first};
use std::io::Read;
use std::rc::Rc;
use xml::Xml;

/// Reads all documents of a text.
pub(super) fn read<R: Read>(
    text: Decoded<R>,
    profiles: &Profiles<'_>,
    pages: Pages<'_>,
) -> Result<Format, ReadError> {
    let mut reader = Reader {
        xml: Xml::new(text),
        profiles,
        profile: profiles.of(""),
        format: None,
        other: None,
        pages,
        draft: EntryDraft::default(),
    };
    while reader.xml.child()? {
        reader.search()?;
        if reader.pages.is_done() {
            break;
        }
    }
    let line = reader.xml.line();
    let Reader {
        format,
        other,
        pages,
        ..
    } = reader;
    let any = pages.finish();
    match format {
        Some(_) if !any => Err(ReadError::new(
            line,
            "the message holds no statement: ask the bank for one that does",
        )),
        Some(format) => Ok(format),
        None => Err(other.unwrap_or_else(|| ReadError::unknown(1))),
    }
}

/// The three messages that are read here: how their element begins, their name and kind.
const MESSAGES: [(&str, &str, StatementKind); 3] = [
    ("BkToCstmrStmt", "camt.053", StatementKind::Final),
    ("BkToCstmrAcctRpt", "camt.052", StatementKind::Intraday),
    ("BkToCstmrDbtCdtNtfctn", "camt.054", StatementKind::Details),
];

struct Reader<'p, 's, R> {
    xml: Xml<R>,
    profiles: &'p Profiles<'p>,
    /// Of the account of the statement that is being read.
    profile: Rc<Profile>,
    /// What the first message is.
    format: Option<Format>,
    /// Why a document that was found is none of those read here.
    other: Option<ReadError>,
    pages: Pages<'s>,
    draft: EntryDraft,
}

impl<R: Read> Reader<'_, '_, R> {
    /// Looks for messages in the element that is open: `Document`, or what a bank wraps around it.
    fn search(&mut self) -> Result<(), ReadError> {
        let namespace = self.xml.namespace().unwrap_or_default();
        let is_document = self.xml.name() == "Document";
        if self.message(&namespace)? {
            return Ok(());
        }
        while self.xml.child()? {
            if self.message(&namespace)? {
                continue;
            }
            if is_document {
                let message = format!(
                    "the document holds `{}`; accepted are camt.053, camt.052 and camt.054",
                    self.xml.name()
                );
                self.other = Some(self.xml.error(message));
                self.xml.skip()?;
            } else {
                self.search()?;
            }
        }
        Ok(())
    }

    /// Reads the open element if it is a message, and says whether it was one.
    fn message(&mut self, outer: &str) -> Result<bool, ReadError> {
        let element = self.xml.name();
        let known = |(start, ..): &&(&str, &str, StatementKind)| element.starts_with(start);
        let Some(&(_, name, kind)) = MESSAGES.iter().find(known) else {
            return Ok(false);
        };
        let own = self.xml.namespace();
        let namespace = own.as_deref().unwrap_or(outer);
        let version = namespace
            .rsplit(':')
            .next()
            .filter(|last| last.starts_with(name));
        let format = Format::Camt(version.unwrap_or(name).to_owned());
        self.format.get_or_insert_with(|| format.clone());
        let mut pagination = Pagination::default();
        while self.xml.child()? {
            match self.xml.name() {
                "GrpHdr" => pagination = self.group_header()?,
                "Stmt" | "Rpt" | "Ntfctn" => self.statement(&format, kind, pagination)?,
                _ => self.xml.skip()?,
            }
        }
        Ok(true)
    }

    fn group_header(&mut self) -> Result<Pagination, ReadError> {
        let mut pagination = Pagination::default();
        while self.xml.child()? {
            match self.xml.name() {
                "MsgPgntn" => pagination = self.pagination()?,
                _ => self.xml.skip()?,
            }
        }
        Ok(pagination)
    }

    fn pagination(&mut self) -> Result<Pagination, ReadError> {
        let mut pagination = Pagination::default();
        while self.xml.child()? {
            match self.xml.name() {
                "PgNb" => pagination.page = self.xml.text()?.parse().ok(),
                "LastPgInd" => pagination.continues = self.xml.text()? == "false",
                _ => self.xml.skip()?,
            }
        }
        Ok(pagination)
    }

    /// `Stmt`, `Rpt` or `Ntfctn`. Balances stand before the entries (the schemas are sequences);
    /// one that stands behind them is read too.
    fn statement(
        &mut self,
        format: &Format,
        kind: StatementKind,
        pagination: Pagination,
    ) -> Result<(), ReadError> {
        self.profile = self.profiles.of("");
        let mut draft = Draft {
            page: Page::new(self.xml.line(), format.clone(), kind, self.profile.clone()),
            balances: Balances::default(),
            pagination,
        };
        let mut electronic = String::new();
        let mut legal = String::new();
        let mut before_entries = true;
        while self.xml.child()? {
            match self.xml.name() {
                "Id" => draft.page.outline.reference = text_of(self.xml.text()?),
                "ElctrncSeqNb" => put(&mut electronic, self.xml.text()?),
                "LglSeqNb" => put_first(&mut legal, self.xml.text()?),
                "StmtPgntn" | "RptPgntn" | "NtfctnPgntn" => draft.pagination = self.pagination()?,
                "Acct" => self.own_account(&mut draft.page)?,
                "Bal" => self.balance(&mut draft)?,
                "TxsSummry" => draft.balances.announced = self.announced()?,
                "Ntry" => {
                    if std::mem::take(&mut before_entries) {
                        put_first(&mut electronic, &legal);
                        draft.page.outline.sequence = text_of(&electronic);
                        draft.choose_balances();
                    }
                    self.entry(&mut draft.page)?;
                }
                "AddtlStmtInf" | "AddtlRptInf" | "AddtlNtfctnInf" => {
                    let message = format!("the bank's note on the statement: {}", self.xml.text()?);
                    draft.page.warn(self.xml.line(), message);
                }
                _ => self.xml.skip()?,
            }
        }
        put_first(&mut electronic, &legal);
        draft.page.outline.sequence = text_of(&electronic);
        let problems = self.xml.problems();
        self.pages.undecodable(problems);
        self.pages.page(draft.finish());
        Ok(())
    }

    fn own_account(&mut self, page: &mut Page) -> Result<(), ReadError> {
        let (mut number, mut currency) = (String::new(), String::new());
        self.account(&mut number, &mut currency)?;
        let number = canonical_account(&number);
        self.profile = self.profiles.of(&number);
        page.profile = self.profile.clone();
        (page.outline.account, page.outline.currency) = (number, currency);
        Ok(())
    }

    /// `Bal`: the kinds that open and close are kept, in the account's currency.
    fn balance(&mut self, draft: &mut Draft) -> Result<(), ReadError> {
        let (mut code, mut money, mut negative, mut date) = (String::new(), None, None, None);
        let line = self.xml.line();
        while self.xml.child()? {
            match self.xml.name() {
                "Tp" => put(&mut code, self.xml.text()?),
                "Amt" => money = self.money(&mut draft.page)?,
                "CdtDbtInd" => negative = Some(self.xml.text()? == "DBIT"),
                "Dt" => date = Some(self.day()?),
                _ => self.xml.skip()?,
            }
        }
        let Some(money) = money else { return Ok(()) };
        if negative.is_none() {
            draft
                .page
                .warn(line, "the balance has no CdtDbtInd and is read as a credit");
        }
        let minor = if negative == Some(true) {
            -money.minor
        } else {
            money.minor
        };
        draft.balance(line, &code, Money { minor, ..money }, date);
        Ok(())
    }

    /// `TxsSummry/TtlNtries/NbOfNtries`.
    fn announced(&mut self) -> Result<Option<usize>, ReadError> {
        let mut number = None;
        while self.xml.child()? {
            if self.xml.name() != "TtlNtries" {
                self.xml.skip()?;
                continue;
            }
            while self.xml.child()? {
                match self.xml.name() {
                    "NbOfNtries" => number = self.xml.text()?.parse().ok(),
                    _ => self.xml.skip()?,
                }
            }
        }
        Ok(number)
    }
}

/// `PgNb` and the opposite of `LastPgInd`.
#[derive(Debug, Default, Clone, Copy)]
struct Pagination {
    page: Option<u32>,
    continues: bool,
}

/// One `Stmt` while its elements come in.
struct Draft {
    page: Page,
    balances: Balances,
    pagination: Pagination,
}

/// A balance and its day.
type Balance = (i64, Option<NaiveDate>);

#[derive(Debug, Default)]
struct Balances {
    /// `OPBD`.
    opening: Option<Balance>,
    /// `PRCD`, the closing balance of the statement before.
    previous: Option<Balance>,
    /// `ITBD`, in order: at the start and at the end of a page.
    interim: Vec<Balance>,
    /// `CLBD`.
    closing: Option<Balance>,
    /// How many entries the bank says there are.
    announced: Option<usize>,
}

impl Draft {
    /// Keeps a balance under its code.
    fn balance(&mut self, line: u32, code: &str, money: Money, date: Option<Day>) {
        if !matches!(code, "OPBD" | "PRCD" | "ITBD" | "CLBD") {
            return;
        }
        let statement = &mut self.page.outline;
        if statement.currency.is_empty() {
            money.currency.as_str().clone_into(&mut statement.currency);
        }
        if statement.currency != money.currency.as_str() {
            self.page
                .fault(line, "the balance is in another currency than the account");
            return;
        }
        let day = date.and_then(Day::exact);
        if date.is_some() && day.is_none() {
            self.page
                .fault(line, "the balance is dated on a day that does not exist");
        }
        let balance = (money.minor, day);
        let place = match code {
            "OPBD" => &mut self.balances.opening,
            "PRCD" => &mut self.balances.previous,
            "CLBD" => &mut self.balances.closing,
            _ => return self.balances.interim.push(balance),
        };
        if place.is_some_and(|known| known != balance) {
            self.page
                .fault(line, format!("a second {code} that differs from the first"));
            return;
        }
        *place = Some(balance);
    }

    /// Chooses the balances, and counts.
    fn finish(mut self) -> Page {
        self.choose_balances();
        let page = &mut self.page;
        page.place = self.pagination.page;
        let line = page.outline.line;
        let found = page.outline.entry_count;
        if let Some(announced) = self
            .balances
            .announced
            .filter(|announced| *announced != found)
        {
            page.warn(
                line,
                format!("the bank announces {announced} entries, {found} are here"),
            );
        }
        self.page
    }

    /// Opening is `OPBD`, else `PRCD`; closing is `CLBD`. Interim balances take their place on a
    /// page of a booked statement that is not the first or not the last.
    fn choose_balances(&mut self) {
        let page = &mut self.page;
        let number = page.outline.sequence.as_ref();
        page.number = number.or(page.outline.reference.as_ref()).cloned();
        let balances = &self.balances;
        let mut opening = balances.opening.or(balances.previous);
        let mut closing = balances.closing;
        // What is not booked is never posted, so a missing page of it harms nobody.
        if self.page.outline.kind == StatementKind::Final {
            let later_page = self.pagination.page.is_some_and(|page| 1 < page);
            let mut interim = balances.interim.iter().copied();
            if opening.is_none() && (later_page || closing.is_some() || 1 < balances.interim.len())
            {
                opening = interim.next();
                self.page.opening_interim = opening.is_some() || later_page;
            }
            if closing.is_none() {
                closing = interim.next_back();
                self.page.closing_interim = closing.is_some() || self.pagination.continues;
            }
        }
        let statement = &mut self.page.outline;
        (statement.opening_minor, statement.opening_date) =
            opening.map_or((None, None), |(minor, day)| (Some(minor), day));
        (statement.closing_minor, statement.closing_date) =
            closing.map_or((None, None), |(minor, day)| (Some(minor), day));
    }
}

fn text_of(text: &str) -> Option<String> {
    (!text.is_empty()).then(|| text.to_owned())
}
