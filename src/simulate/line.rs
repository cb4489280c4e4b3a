//! A statement and its lines, as the bank's own system knows them: what both writers write.

use chrono::NaiveDate;

/// What a line is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Business {
    /// Money to a virtual number.
    Collect,
    /// Money to the main account.
    Incoming,
    /// Money sent away.
    Outgoing,
    /// The bank's charge.
    Charge,
    /// The bank's interest.
    Interest,
}

/// A booked line.
#[derive(Debug, Clone)]
pub(super) struct Line {
    /// What it is about.
    pub(super) business: Business,
    /// Does it undo an earlier line?
    pub(super) reversal: bool,
    /// Effect on the account, minor units.
    pub(super) effect_minor: i64,
    /// Booking date.
    pub(super) booked_on: NaiveDate,
    /// Value date.
    pub(super) value_on: NaiveDate,
    /// When it was ordered, where the bank tells.
    pub(super) ordered_on: Option<NaiveDate>,
    /// The credited virtual number, 26 digits.
    pub(super) virtual_number: Option<String>,
    /// The other party's name.
    pub(super) party_name: String,
    /// The other party's address, where the bank tells.
    pub(super) party_address: String,
    /// The other party's account.
    pub(super) party_account: String,
    /// Remittance information.
    pub(super) title: String,
    /// The operation's number: `TNR`, `AcctSvcrRef`.
    pub(super) operation: Option<String>,
    /// The short reference behind `//`.
    pub(super) short: Option<String>,
}

impl Line {
    /// The reference by which a reader should know the line.
    pub(super) fn bank_reference(&self) -> Option<&str> {
        self.operation.as_deref().or(self.short.as_deref())
    }
}

/// `1950,00`, without a sign.
pub(super) fn amount(minor: i64, point: char) -> String {
    let minor = minor.unsigned_abs();
    format!("{}{point}{:02}", minor / 100, minor % 100)
}

/// What stands around the lines of one statement.
#[derive(Debug, Clone)]
pub(super) struct Frame {
    /// The account.
    pub(super) iban: String,
    /// The first day of the period.
    pub(super) opening_date: NaiveDate,
    /// The last day of the period.
    pub(super) closing_date: NaiveDate,
    /// The statement's number.
    pub(super) number: usize,
    /// 1, or more for a copy that is sent again.
    pub(super) copy: u32,
    /// Minor units.
    pub(super) opening_minor: i64,
    /// Minor units.
    pub(super) closing_minor: i64,
}
