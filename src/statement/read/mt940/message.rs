//! One message: fields → a page with its entries.

use super::super::Profiles;
use super::super::pages::Page;
use super::super::profile::DetailsShape;
use super::super::scalar::{AmountError, Day, minor_units};
use super::codewords;
use super::details::{self, Scratch};
use super::fields::{Field, Tag};
use super::line::{self, AmountForm, Line};
use crate::iban::canonical_account;
use crate::money::Currency;
use crate::statement::entry::{Entry, EntryStatus, Format, StatementKind};
use chrono::{Datelike, Days, NaiveDate};

/// Longer references than the standard allows are kept whole, with a warning.
const REFERENCE_WIDTH: usize = 16;

/// Days between value and booking beyond which the year of the entry date is doubted.
const YEAR_DOUBT_DAYS: i64 = 90;

/// Days by which an entry may lie before the opening balance of its statement.
const PERIOD_SLACK: Days = Days::new(7);

/// A message while its fields come in.
pub(super) struct Message {
    pub page: Page,
    saw_totals: bool,
    saw_intraday: bool,
}

/// The last `:61:`, until the field behind its `:86:` fields.
pub(super) struct Open<'a> {
    entry: Entry<'a>,
    line: Line<'a>,
    /// What stands below it in the same field.
    supplementary: &'a str,
    details: Vec<&'a str>,
}

impl Message {
    pub fn starting_at(line: u32, profiles: &Profiles<'_>) -> Self {
        let profile = profiles.of("");
        Message {
            page: Page::new(line, Format::Mt940, StatementKind::Final, profile),
            saw_totals: false,
            saw_intraday: false,
        }
    }

    pub fn has_account(&self) -> bool {
        !self.page.outline.account.is_empty()
    }

    /// Takes the next field of the message.
    pub fn take<'t>(
        &mut self,
        field: Field<'t>,
        profiles: &Profiles<'_>,
        open: &mut Option<Open<'t>>,
    ) {
        let text = || first_line(field.body);
        match field.tag {
            Tag::Reference => self.page.outline.reference = some(text()),
            Tag::Account => {
                self.page.outline.account = canonical_account(text());
                self.page.profile = profiles.of(&self.page.outline.account);
            }
            Tag::Number => self.number(text()),
            Tag::Opening { interim } => self.opening(field, interim),
            Tag::Closing { interim } => self.closing(field, interim),
            Tag::Entry => {
                *open = self.line(field);
                return;
            }
            Tag::Details => return self.details(field, open),
            Tag::Totals => self.saw_totals = true,
            Tag::Intraday => {
                self.saw_intraday = true;
                self.floor_limit(field);
            }
            Tag::Other | Tag::Type(_) | Tag::End => return,
        }
        self.text_behind(field);
    }

    /// The message is over; the envelope named this type, or 0.
    pub fn finish(mut self, message_type: u32) -> (Format, Page) {
        let format = self.format(message_type);
        let outline = &mut self.page.outline;
        // mBank's older exports mark intraday reports by their reference alone.
        let intraday = matches!(format, Format::Mt941 | Format::Mt942)
            || outline
                .reference
                .as_deref()
                .is_some_and(|text| text.starts_with("STARTDISP"));
        if intraday {
            outline.kind = StatementKind::Intraday;
        }
        outline.format = format.clone();
        (format, self.page)
    }

    /// The message type as the envelope names it, else as its fields tell: `:34F:` and `:13D:`
    /// belong to MT942, totals beside a balance and without a line to MT941.
    fn format(&self, message_type: u32) -> Format {
        let statement = &self.page.outline;
        match message_type {
            941 => Format::Mt941,
            942 => Format::Mt942,
            950 => Format::Mt950,
            940 => Format::Mt940,
            _ if statement.opening_minor.is_none() && (self.saw_intraday || self.saw_totals) => {
                Format::Mt942
            }
            _ if self.saw_totals && statement.entry_count == 0 => Format::Mt941,
            _ => Format::Mt940,
        }
    }

    /// Decimals of the statement's currency; two as long as no field has named it.
    fn exponent(&self) -> u32 {
        Currency::parse(&self.page.outline.currency).map_or(2, Currency::exponent)
    }

    /// `:28C:`: `5n[/5n]`, the statement and its page.
    fn number(&mut self, text: &str) {
        self.page.outline.sequence = some(text);
        let (number, page) = text.split_once('/').unwrap_or((text, ""));
        self.page.number = some(number);
        self.page.place = page.trim().parse().ok();
    }

    fn opening(&mut self, field: Field<'_>, interim: bool) {
        if self.page.outline.opening_minor.is_some() {
            self.page.fault(
                field.line,
                "a second opening balance (:60:) in one statement".to_owned(),
            );
            return;
        }
        if let Some((date, minor)) = self.balance(field) {
            self.page.opening_interim = interim;
            self.page.outline.opening_date = date;
            self.page.outline.opening_minor = Some(minor);
        }
    }

    fn closing(&mut self, field: Field<'_>, interim: bool) {
        if self.page.outline.closing_minor.is_some() {
            self.page.fault(
                field.line,
                "a second closing balance (:62:) in one statement".to_owned(),
            );
            return;
        }
        if let Some((date, minor)) = self.balance(field) {
            self.page.closing_interim = interim;
            self.page.outline.closing_date = date;
            self.page.outline.closing_minor = Some(minor);
        }
    }

    /// `1!a6!n3!a15d`: mark, date, currency, amount. Overdrawn is negative.
    fn balance(&mut self, field: Field<'_>) -> Option<(Option<NaiveDate>, i64)> {
        let text = first_line(field.body);
        match self.parse_balance(text) {
            Ok((Day::Exists(date), minor)) => Some((Some(date), minor)),
            Ok((_, minor)) => {
                let date = text.get(1..7).unwrap_or_default();
                self.page.fault(
                    field.line,
                    format!("the balance is dated {date}, and there is no such day"),
                );
                Some((None, minor))
            }
            Err(reason) => {
                self.page.fault(
                    field.line,
                    format!("the balance `{text}` cannot be read: {reason}"),
                );
                None
            }
        }
    }

    fn parse_balance(&mut self, text: &str) -> Result<(Day, i64), &'static str> {
        let negative = match text.bytes().next() {
            Some(b'C') => false,
            Some(b'D') => true,
            _ => return Err("it has to begin with C or D"),
        };
        let day = Day::yymmdd(text.get(1..7).ok_or("its date is cut off")?);
        let code = text
            .get(7..10)
            .filter(|code| code.bytes().all(|byte| byte.is_ascii_uppercase()));
        let currency = code
            .and_then(Currency::parse)
            .ok_or("it names no currency")?;
        self.currency(currency)?;
        let amount = text.get(10..).unwrap_or_default().trim_end();
        let minor =
            minor_units(amount, b",.", currency.exponent()).map_err(AmountError::message)?;
        Ok((day, if negative { -minor } else { minor }))
    }

    /// All balances of a statement are in one currency.
    fn currency(&mut self, currency: Currency) -> Result<(), &'static str> {
        let known = &mut self.page.outline.currency;
        if known.is_empty() {
            currency.as_str().clone_into(known);
        }
        if known == currency.as_str() {
            Ok(())
        } else {
            Err("it is in another currency than the balance before")
        }
    }

    /// `:34F:` is the only field of an MT942 that names the currency.
    fn floor_limit(&mut self, field: Field<'_>) {
        let code = field
            .body
            .get(..3)
            .filter(|code| code.bytes().all(|byte| byte.is_ascii_uppercase()));
        if let Some(currency) = code.and_then(Currency::parse) {
            let _ = self.currency(currency);
        }
    }

    /// `:61:`; its texts follow with `:86:`.
    fn line<'t>(&mut self, field: Field<'t>) -> Option<Open<'t>> {
        let (first, supplementary) = field.body.split_once('\n').unwrap_or((field.body, ""));
        let first = first.trim_end_matches(|letter: char| letter.is_control());
        let line = match line::parse(first, self.exponent(), self.page.profile.numeric_type) {
            Ok(line) => line,
            Err(message) => {
                self.page.fault(field.line, message);
                return None;
            }
        };
        if self.page.outline.closing_minor.is_some() {
            let message = "a line (:61:) behind the closing balance".to_owned();
            self.page.fault(field.line, message);
        }
        let value_date = self.value_date(field.line, &line);
        let booking_date = self.booking_date(field.line, &line, value_date);
        self.odd_line(field.line, &line);
        let entry = Entry {
            status: if line.mark.is_expected() {
                EntryStatus::Pending
            } else {
                EntryStatus::Booked
            },
            booking_date,
            value_date,
            mark: line.mark.as_str(),
            reversal: line.mark.is_reversal(),
            customer_reference: details::some(line.customer_reference),
            transaction_code: details::some(line.code),
            ..Entry::new(field.line, line.mark.signed(line.amount))
        };
        Some(Open {
            entry,
            line,
            supplementary,
            details: Vec::new(),
        })
    }

    /// The line with all of its texts.
    pub fn entry<'t>(&self, open: Open<'t>, scratch: &'t mut Scratch) -> Entry<'t> {
        let Open {
            mut entry,
            line,
            supplementary,
            details,
        } = open;
        let profile = &self.page.profile;
        if profile.details == DetailsShape::CodeWords {
            codewords::statement_line(&mut entry, &line, supplementary);
        }
        match details.as_slice() {
            [] => details::fill(&mut entry, &line, supplementary, profile, scratch),
            [only] => details::fill(&mut entry, &line, only, profile, scratch),
            // ING writes the operation code, and perhaps the original amount, in a field before
            // the one with the texts.
            [code, only] if is_code(code, only) => {
                details::fill(&mut entry, &line, only, profile, scratch);
            }
            several => {
                let (whole, mut room) = (several.concat(), Scratch::default());
                let mut short_lived: Entry<'_> = entry;
                details::fill(&mut short_lived, &line, &whole, profile, &mut room);
                return short_lived.into_owned();
            }
        }
        entry
    }

    /// An impossible value date moves to the month's last day; it decides no lateness.
    fn value_date(&mut self, at: u32, line: &Line<'_>) -> Option<NaiveDate> {
        match Day::yymmdd(line.value_date) {
            Day::Exists(date) => Some(date),
            Day::Impossible(last) => {
                self.page.warn(
                    at,
                    format!(
                        "there is no value date {}; the last day of that month is taken",
                        line.value_date
                    ),
                );
                Some(last)
            }
            Day::Unreadable => {
                self.page
                    .fault(at, format!("the value date {} is no date", line.value_date));
                None
            }
        }
    }

    /// An impossible booking date cannot be repaired: it decides who was late.
    fn booking_date(
        &mut self,
        at: u32,
        line: &Line<'_>,
        value_date: Option<NaiveDate>,
    ) -> Option<NaiveDate> {
        if line.entry_date.is_empty() {
            return None;
        }
        let near = value_date.or(self.page.outline.opening_date);
        let day = near.map_or(Day::Unreadable, |near| Day::mmdd(line.entry_date, near));
        let Some(date) = day.exact() else {
            self.page.fault(
                at,
                format!("there is no booking date {} (month, day)", line.entry_date),
            );
            return None;
        };
        Some(in_period(date, value_date, self.page.outline.opening_date))
    }

    fn odd_line(&mut self, at: u32, line: &Line<'_>) {
        match line.form {
            AmountForm::Comma => {}
            AmountForm::Point => self
                .page
                .warn(at, "the amount is written with a decimal point".to_owned()),
            AmountForm::Whole => self.page.warn(
                at,
                "the amount has no decimal comma; it is read as whole units".to_owned(),
            ),
        }
        let third = self.page.outline.currency.chars().nth(2);
        if let (Some(funds), Some(third)) = (line.funds, third)
            && funds != third
        {
            self.page.warn(
                at,
                format!(
                    "the funds code {funds} is not the third letter of {}",
                    self.page.outline.currency
                ),
            );
        }
        if REFERENCE_WIDTH < line.customer_reference.len()
            || REFERENCE_WIDTH < line.bank_reference.len()
        {
            self.page.warn(
                at,
                "a reference is longer than sixteen signs; it is kept whole".to_owned(),
            );
        }
    }

    /// `:86:` belongs to the line before it; without one it is a note on the statement.
    fn details<'t>(&mut self, field: Field<'t>, open: &mut Option<Open<'t>>) {
        if let Some(open) = open {
            open.details.push(field.body);
            return;
        }
        let note = details::joined(field.body);
        if !note.trim().is_empty() {
            self.page.warn(
                field.line,
                format!("the bank's note on the statement: {}", note.trim()),
            );
        }
    }

    /// Fields of one line have nothing behind it; what stands there is shown.
    fn text_behind(&mut self, field: Field<'_>) {
        let behind = field.body.split_once('\n').map_or("", |(_, behind)| behind);
        if let Some(text) = behind.lines().map(str::trim).find(|line| !line.is_empty()) {
            let text = text.to_owned();
            self.page.warn(
                field.line,
                format!("text behind a field of one line is left out: {text}"),
            );
        }
    }
}

/// Whether the first of two `:86:` holds no more than the operation code that the second begins
/// with: `020`, `076/OCMT/EUR100,00`.
fn is_code(first: &str, second: &str) -> bool {
    let first = first.trim();
    let code = first
        .get(..3)
        .filter(|code| code.bytes().all(|byte| byte.is_ascii_digit()));
    let bare = first.len() <= 4 && first.bytes().all(|byte| byte.is_ascii_alphanumeric());
    bare || code.is_some_and(|code| first.get(3..4) == Some("/") && second.starts_with(code))
}

/// The entry date has no year; the one that brings it nearest to the value date is right unless
/// the bank booked back by months. Then the day is one that the statement can hold: behind its
/// opening balance.
fn in_period(
    date: NaiveDate,
    value_date: Option<NaiveDate>,
    opening: Option<NaiveDate>,
) -> NaiveDate {
    let apart = value_date.map_or(0, |value| (date - value).num_days().abs());
    let first = opening.and_then(|opening| opening.checked_sub_days(PERIOD_SLACK));
    let Some(first) = first.filter(|_| YEAR_DOUBT_DAYS < apart) else {
        return date;
    };
    let last = first.checked_add_days(Days::new(364)).unwrap_or(first);
    let years = [date.year(), date.year() - 1, date.year() + 1];
    let candidates = years.into_iter().filter_map(|year| date.with_year(year));
    let mut inside = candidates.filter(|date| first <= *date && *date <= last);
    inside.next().unwrap_or(date)
}

fn first_line(body: &str) -> &str {
    let line = body.split('\n').next().unwrap_or_default();
    line.trim_matches(|letter: char| letter.is_control() || letter == ' ')
}

fn some(text: &str) -> Option<String> {
    (!text.is_empty()).then(|| text.to_owned())
}
