//! Pages of one statement → the statement.
//!
//! A statement that is longer than one message comes in pages: `:62M:` (camt: an interim balance,
//! or a page that is not the last) ends a page that another follows, `:60M:` opens one that
//! another preceded. The pages of one statement follow each other; each opens with the balance
//! with which the one before closes. If a page is missing the statement is kept and gets a fault.
//!
//! Lines go to the sink as they come; the statement follows them when it is known that no further
//! page does.

use super::Sink;
use super::encoding::Plan;
use super::profile::Profile;
use crate::statement::entry::{Entry, Format, Outline, StatementKind, Warning};
use std::rc::Rc;

/// One page, before pages are joined.
#[derive(Debug)]
pub(super) struct Page {
    pub outline: Outline,
    pub profile: Rc<Profile>,
    /// What is equal on all pages of a statement: its number without the page.
    pub number: Option<String>,
    /// The page, counted from 1, where the bank counts.
    pub place: Option<u32>,
    /// `:60M:`: a page precedes.
    pub opening_interim: bool,
    /// `:62M:`: a page follows.
    pub closing_interim: bool,
    /// The sum of its booked reversals, where their direction is in doubt until the statement is
    /// seen to add up (camt).
    pub reversed_minor: i128,
    /// Whether it goes on with the page before; none until that was asked.
    joins: Option<bool>,
}

impl Page {
    /// A page that says nothing yet.
    pub fn new(line: u32, format: Format, kind: StatementKind, profile: Rc<Profile>) -> Page {
        Page {
            outline: Outline::new(line, format, kind),
            profile,
            number: None,
            place: None,
            opening_interim: false,
            closing_interim: false,
            reversed_minor: 0,
            joins: None,
        }
    }

    pub fn warn(&mut self, line: u32, message: impl Into<String>) {
        let message = message.into();
        self.outline.warnings.push(Warning { line, message });
    }

    pub fn fault(&mut self, line: u32, message: impl Into<String>) {
        let message = message.into();
        self.outline.faults.push(Warning { line, message });
    }

    /// Whether this page is the next of the statement that `before` is a page of.
    fn continues(&self, before: &Page) -> bool {
        before.closing_interim
            && self.opening_interim
            && before.outline.account == self.outline.account
            && before.outline.kind == self.outline.kind
            && before.number == self.number
    }
}

/// Hands pages on as statements.
pub(super) struct Pages<'s> {
    sink: &'s mut dyn Sink,
    /// The statement whose pages have come so far.
    waiting: Option<Page>,
    /// What was found in the text itself, until the statement of its line is over, and whether it
    /// makes that doubtful.
    problems: Vec<(Warning, bool)>,
    /// Whether a byte that means nothing does.
    strict: bool,
    /// Why every statement of the file is doubtful.
    doubt: Option<Warning>,
    any: bool,
}

impl<'s> Pages<'s> {
    pub fn new(sink: &'s mut dyn Sink, plan: &Plan) -> Self {
        Pages {
            sink,
            waiting: None,
            problems: (plan.warning.clone().into_iter())
                .map(|warning| (warning, false))
                .collect(),
            strict: plan.strict,
            doubt: plan.fault.clone(),
            any: false,
        }
    }

    /// Lines that could not be decoded.
    pub fn undecodable(&mut self, found: Vec<Warning>) {
        let strict = self.strict;
        self.problems
            .extend(found.into_iter().map(|problem| (problem, strict)));
    }

    /// A line that is damaged.
    pub fn damage(&mut self, line: u32, message: &str) {
        let message = message.to_owned();
        self.problems.push((Warning { line, message }, true));
    }

    /// Whether the sink has had enough.
    pub fn is_done(&self) -> bool {
        self.sink.is_done()
    }

    /// A line of a page.
    pub fn entry(&mut self, page: &mut Page, entry: Entry<'_>) {
        self.begin(page);
        page.outline.count(&entry);
        self.sink.entry(entry);
    }

    /// A page is over.
    pub fn page(&mut self, mut page: Page) {
        let joins = self.begin(&mut page);
        if page.opening_interim && !joins {
            let line = page.outline.line;
            page.fault(
                line,
                "it opens with an interim balance: the page before is missing",
            );
        }
        self.waiting = Some(match self.waiting.take() {
            Some(first) if joins => joined(first, page),
            _ => page,
        });
    }

    /// The file is over; tells whether it held a page.
    pub fn finish(mut self) -> bool {
        self.flush(u32::MAX);
        self.any
    }

    /// Before the first line of a page: does it go on with the statement before, or is that over?
    fn begin(&mut self, page: &mut Page) -> bool {
        if let Some(joins) = page.joins {
            return joins;
        }
        let before = self.waiting.as_ref();
        let joins = before.is_some_and(|before| page.continues(before));
        if !joins {
            self.flush(page.outline.line);
        }
        page.joins = Some(joins);
        joins
    }

    /// Hands over the statement that waits; the next one begins at a line.
    fn flush(&mut self, next_line: u32) {
        let Some(page) = self.waiting.take() else {
            return;
        };
        let (mut outline, profile) = complete(page);
        outline.faults.extend(self.doubt.clone());
        for (problem, doubtful) in std::mem::take(&mut self.problems) {
            if next_line <= problem.line {
                self.problems.push((problem, doubtful));
            } else if doubtful {
                outline.faults.push(problem);
            } else {
                outline.warnings.push(problem);
            }
        }
        self.any = true;
        self.sink.statement(outline, &profile);
    }
}

fn joined(mut first: Page, next: Page) -> Page {
    let line = next.outline.line;
    if broken(&first.outline, &next.outline) {
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
    let (statement, page) = (&mut first.outline, next.outline);
    if statement.opening_minor.is_none() {
        (statement.opening_minor, statement.opening_date) = (page.opening_minor, page.opening_date);
    }
    statement.closing_minor = page.closing_minor;
    statement.closing_date = page.closing_date;
    statement.entry_count += page.entry_count;
    statement.booked_minor += page.booked_minor;
    statement.warnings.extend(page.warnings);
    statement.faults.extend(page.faults);
    first.reversed_minor += next.reversed_minor;
    first.place = next.place;
    first.closing_interim = next.closing_interim;
    first
}

/// Whether the balance between two pages is not the same on both.
fn broken(before: &Outline, page: &Outline) -> bool {
    let between = before.closing_minor.zip(page.opening_minor);
    between.is_some_and(|(closing, opening)| closing != opening) || before.currency != page.currency
}

/// `CdtDbtInd` of a reversal is the direction that was posted; some banks repeat the direction of
/// the entry that is reversed. Whichever makes the statement add up is right.
fn settle_reversals(page: &mut Page) {
    let turned = 2 * page.reversed_minor;
    if turned == 0 || page.outline.difference_minor() != Some(turned) {
        return;
    }
    page.warn(
        page.outline.line,
        "reversals carry the direction of what they reverse; the statement adds up with the opposite one, which is taken",
    );
    page.outline.booked_minor -= turned;
    page.outline.reversals_turned = true;
}

/// What a booked statement has to have.
fn complete(mut page: Page) -> (Outline, Rc<Profile>) {
    settle_reversals(&mut page);
    let line = page.outline.line;
    let statement = &page.outline;
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
    (page.outline, page.profile)
}
