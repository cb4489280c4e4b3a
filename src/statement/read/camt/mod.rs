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

use super::pages::{self, Page};
use super::profile::Profile;
use super::{Format, ReadError};
use crate::statement::entry::{EntryStatus, Statement, StatementKind};
use chrono::NaiveDate;
use parts::{Day, Money};
use xml::{Element, Xml};

/// Reads all documents of a text.
pub(super) fn read(text: &str, profile: &Profile) -> Result<(Format, Vec<Statement>), ReadError> {
    let mut reader = Reader {
        xml: Xml::new(text),
        profile,
        format: None,
        other: None,
        pages: Vec::new(),
    };
    while let Some(root) = reader.xml.child()? {
        reader.search(&root)?;
    }
    let line = reader.xml.line();
    match reader.format {
        Some(_) if reader.pages.is_empty() => Err(ReadError::new(
            line,
            "the message holds no statement: ask the bank for one that does",
        )),
        Some(format) => Ok((format, pages::join(reader.pages))),
        None => Err(reader.other.unwrap_or_else(|| ReadError::unknown(1))),
    }
}

/// The three messages that are read here: how their element begins, their name and kind.
const MESSAGES: [(&str, &str, StatementKind); 3] = [
    ("BkToCstmrStmt", "camt.053", StatementKind::Final),
    ("BkToCstmrAcctRpt", "camt.052", StatementKind::Intraday),
    ("BkToCstmrDbtCdtNtfctn", "camt.054", StatementKind::Details),
];

struct Reader<'a, 'p> {
    xml: Xml<'a>,
    profile: &'p Profile,
    /// What the first message is.
    format: Option<Format>,
    /// Why a document that was found is none of those read here.
    other: Option<ReadError>,
    pages: Vec<Page>,
}

impl<'a> Reader<'a, '_> {
    /// Looks for messages in an element: `Document`, or what a bank wraps around it.
    fn search(&mut self, element: &Element<'a>) -> Result<(), ReadError> {
        let namespace = element.namespace().unwrap_or_default();
        let is_document = element.name() == "Document";
        if self.message(element, &namespace)? {
            return Ok(());
        }
        while let Some(child) = self.xml.child()? {
            if self.message(&child, &namespace)? {
                continue;
            }
            if is_document {
                let message = format!(
                    "the document holds `{}`; accepted are camt.053, camt.052 and camt.054",
                    child.name()
                );
                self.other = Some(self.xml.error(message));
                self.xml.skip()?;
            } else {
                self.search(&child)?;
            }
        }
        Ok(())
    }

    /// Reads the element if it is a message, and says whether it was one.
    fn message(&mut self, element: &Element<'a>, outer: &str) -> Result<bool, ReadError> {
        let known = |(start, ..): &&(&str, &str, StatementKind)| element.name().starts_with(start);
        let Some((_, name, kind)) = MESSAGES.iter().find(known) else {
            return Ok(false);
        };
        let own = element.namespace();
        let namespace = own.as_deref().unwrap_or(outer);
        let version = namespace
            .rsplit(':')
            .next()
            .filter(|last| last.starts_with(name));
        self.format
            .get_or_insert_with(|| Format::Camt(version.unwrap_or(name).to_owned()));
        let mut pagination = Pagination::default();
        while let Some(child) = self.xml.child()? {
            match child.name() {
                "GrpHdr" => pagination = self.group_header()?,
                "Stmt" | "Rpt" | "Ntfctn" => self.statement(*kind, pagination)?,
                _ => self.xml.skip()?,
            }
        }
        Ok(true)
    }

    fn group_header(&mut self) -> Result<Pagination, ReadError> {
        let mut pagination = Pagination::default();
        while let Some(child) = self.xml.child()? {
            match child.name() {
                "MsgPgntn" => pagination = self.pagination()?,
                _ => self.xml.skip()?,
            }
        }
        Ok(pagination)
    }

    fn pagination(&mut self) -> Result<Pagination, ReadError> {
        let mut pagination = Pagination::default();
        while let Some(child) = self.xml.child()? {
            match child.name() {
                "PgNb" => pagination.page = self.xml.text()?.parse().ok(),
                "LastPgInd" => pagination.continues = self.xml.text()? == "false",
                _ => self.xml.skip()?,
            }
        }
        Ok(pagination)
    }

    /// `Stmt`, `Rpt` or `Ntfctn`.
    fn statement(&mut self, kind: StatementKind, pagination: Pagination) -> Result<(), ReadError> {
        let mut draft = Draft {
            page: Page::new(self.xml.line(), kind),
            balances: Balances::default(),
            pagination,
        };
        while let Some(child) = self.xml.child()? {
            match child.name() {
                "Id" => draft.page.statement.reference = self.some_text()?,
                "ElctrncSeqNb" => draft.page.statement.sequence = self.some_text()?,
                "LglSeqNb" => {
                    let number = self.some_text()?;
                    let sequence = &mut draft.page.statement.sequence;
                    *sequence = sequence.take().or(number);
                }
                "StmtPgntn" | "RptPgntn" | "NtfctnPgntn" => draft.pagination = self.pagination()?,
                "Acct" => {
                    let (number, currency) = self.account()?;
                    draft.page.statement.account = number.unwrap_or_default();
                    draft.page.statement.currency = currency.unwrap_or_default();
                }
                "Bal" => self.balance(&mut draft)?,
                "TxsSummry" => draft.balances.announced = self.announced()?,
                "Ntry" => self.entry(&mut draft.page)?,
                "AddtlStmtInf" | "AddtlRptInf" | "AddtlNtfctnInf" => {
                    let note = self.xml.text()?;
                    let line = self.xml.line();
                    draft
                        .page
                        .warn(line, format!("the bank's note on the statement: {note}"));
                }
                _ => self.xml.skip()?,
            }
        }
        self.pages.push(draft.finish());
        Ok(())
    }

    /// `Bal`: the kinds that open and close are kept, in the account's currency.
    fn balance(&mut self, draft: &mut Draft) -> Result<(), ReadError> {
        let (mut code, mut money, mut negative, mut date) = (String::new(), None, None, None);
        let line = self.xml.line();
        while let Some(child) = self.xml.child()? {
            match child.name() {
                "Tp" => code = self.xml.text()?.into_owned(),
                "Amt" => money = self.money(&child, &mut draft.page)?,
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
        while let Some(child) = self.xml.child()? {
            if child.name() != "TtlNtries" {
                self.xml.skip()?;
                continue;
            }
            while let Some(child) = self.xml.child()? {
                match child.name() {
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
        let statement = &mut self.page.statement;
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

    /// Chooses the balances, settles the signs of reversals, and counts.
    fn finish(mut self) -> Page {
        self.choose_balances();
        let page = &mut self.page;
        page.number = page
            .statement
            .sequence
            .clone()
            .or_else(|| page.statement.reference.clone());
        page.place = self.pagination.page;
        settle_reversals(page);
        let line = page.statement.line;
        let found = page.statement.entries.len();
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
        let balances = &self.balances;
        let mut opening = balances.opening.or(balances.previous);
        let mut closing = balances.closing;
        // What is not booked is never posted, so a missing page of it harms nobody.
        if self.page.statement.kind == StatementKind::Final {
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
        let statement = &mut self.page.statement;
        (statement.opening_minor, statement.opening_date) =
            opening.map_or((None, None), |(minor, day)| (Some(minor), day));
        (statement.closing_minor, statement.closing_date) =
            closing.map_or((None, None), |(minor, day)| (Some(minor), day));
    }
}

/// `CdtDbtInd` of a reversal is the direction that was posted; some banks repeat the direction of
/// the entry that is reversed. Whichever makes the statement add up is right.
fn settle_reversals(page: &mut Page) {
    let booked_reversals: i128 = page
        .statement
        .entries
        .iter()
        .filter(|entry| entry.reversal && entry.status == EntryStatus::Booked)
        .map(|entry| i128::from(entry.amount_minor))
        .sum();
    let difference = page.statement.difference_minor().unwrap_or(0);
    if difference == 0 || difference != 2 * booked_reversals {
        return;
    }
    let line = page.statement.line;
    page.warn(
        line,
        "reversals carry the direction of what they reverse; the statement adds up with the opposite one, which is taken",
    );
    for entry in page
        .statement
        .entries
        .iter_mut()
        .filter(|entry| entry.reversal)
    {
        entry.amount_minor = -entry.amount_minor;
        for detail in &mut entry.details {
            detail.amount_minor = detail.amount_minor.map(|minor| -minor);
        }
    }
}
