//! Pages of one statement → the statement.
//!
//! A statement that is longer than one message comes in pages: `:62M:` (camt: an interim balance,
//! or a page that is not the last) ends a page that another follows, `:60M:` opens one that
//! another preceded. The pages of one statement follow each other; each opens with the balance
//! with which the one before closes. If a page is missing the statement is kept and gets a fault.

use crate::statement::entry::{Statement, StatementKind, Warning};

/// One page, before pages are joined.
#[derive(Debug)]
pub(super) struct Page {
    pub statement: Statement,
    /// What is equal on all pages of a statement: its number without the page.
    pub number: Option<String>,
    /// The page, counted from 1, where the bank counts.
    pub place: Option<u32>,
    /// `:60M:`: a page precedes.
    pub opening_interim: bool,
    /// `:62M:`: a page follows.
    pub closing_interim: bool,
}

impl Page {
    /// A page that says nothing yet.
    pub fn new(line: u32, kind: StatementKind) -> Page {
        let statement = Statement {
            line,
            kind,
            account: String::new(),
            sequence: None,
            reference: None,
            currency: String::new(),
            opening_minor: None,
            opening_date: None,
            closing_minor: None,
            closing_date: None,
            entries: Vec::new(),
            warnings: Vec::new(),
            faults: Vec::new(),
        };
        Page {
            statement,
            number: None,
            place: None,
            opening_interim: false,
            closing_interim: false,
        }
    }

    pub fn warn(&mut self, line: u32, message: impl Into<String>) {
        let message = message.into();
        self.statement.warnings.push(Warning { line, message });
    }

    pub fn fault(&mut self, line: u32, message: impl Into<String>) {
        let message = message.into();
        self.statement.faults.push(Warning { line, message });
    }

    /// Whether this page is the next of the statement that `before` is a page of.
    fn continues(&self, before: &Page) -> bool {
        before.closing_interim
            && self.opening_interim
            && before.statement.account == self.statement.account
            && before.statement.kind == self.statement.kind
            && before.number == self.number
    }
}

/// Joins the pages that follow each other, and says what each statement lacks.
pub(super) fn join(pages: Vec<Page>) -> Vec<Statement> {
    let mut statements: Vec<Statement> = Vec::new();
    let mut before: Option<Page> = None;
    for page in pages {
        before = Some(match before {
            Some(first) if page.continues(&first) => joined(first, page),
            Some(first) => {
                statements.push(complete(first));
                opened(page)
            }
            None => opened(page),
        });
    }
    statements.extend(before.map(complete));
    statements
}

/// A page that is the first of its statement here.
fn opened(mut page: Page) -> Page {
    if page.opening_interim {
        let line = page.statement.line;
        page.fault(
            line,
            "it opens with an interim balance: the page before is missing",
        );
    }
    page
}

fn joined(mut first: Page, next: Page) -> Page {
    let line = next.statement.line;
    if broken(&first.statement, &next.statement) {
        first.fault(
            line,
            "this page does not open with the balance of the page before: a page is missing",
        );
    }
    if let (Some(before), Some(this)) = (first.place, next.place) {
        let message = format!("page {this} follows page {before}");
        // Some banks give every page the same number.
        if this == before {
            first.warn(line, message);
        } else if Some(this) != before.checked_add(1) {
            first.fault(line, message);
        }
    }
    let (statement, page) = (&mut first.statement, next.statement);
    if statement.opening_minor.is_none() {
        (statement.opening_minor, statement.opening_date) = (page.opening_minor, page.opening_date);
    }
    statement.closing_minor = page.closing_minor;
    statement.closing_date = page.closing_date;
    statement.entries.extend(page.entries);
    statement.warnings.extend(page.warnings);
    statement.faults.extend(page.faults);
    first.place = next.place;
    first.closing_interim = next.closing_interim;
    first
}

/// Whether the balance between two pages is not the same on both.
fn broken(before: &Statement, page: &Statement) -> bool {
    let between = before.closing_minor.zip(page.opening_minor);
    between.is_some_and(|(closing, opening)| closing != opening) || before.currency != page.currency
}

/// What a booked statement has to have.
fn complete(mut page: Page) -> Statement {
    let line = page.statement.line;
    let statement = &page.statement;
    let dates = statement.opening_date.zip(statement.closing_date);
    let is_final = statement.kind == StatementKind::Final;
    let lacks = [
        (
            page.closing_interim,
            "it closes with an interim balance: the page behind is missing",
        ),
        (
            dates.is_some_and(|(opening, closing)| closing < opening),
            "its closing balance is dated before its opening balance",
        ),
        (
            is_final && statement.account.is_empty(),
            "it names no account",
        ),
        (
            is_final && statement.opening_minor.is_none(),
            "it has no opening balance",
        ),
        (
            is_final && statement.closing_minor.is_none(),
            "it has no closing balance",
        ),
    ];
    for (_, message) in lacks.into_iter().filter(|(lacking, _)| *lacking) {
        page.fault(line, message);
    }
    page.statement
}
