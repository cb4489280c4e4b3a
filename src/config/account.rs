//! `[[bank_account]]`: the accounts whose statements are read, and their virtual accounts.

use super::profile::Names;
use super::reader::{Reader, Section, suggestion};
use crate::iban::{IssueMode, Nrb, PayerNumber, VirtualScheme, normalise_account};
use crate::money::Currency;
use chrono::{NaiveDate, NaiveTime};
use std::collections::BTreeMap;

/// Names of encodings, and how people also write them.
const ENCODINGS: [(&str, &str); 10] = [
    ("utf-8", "UTF-8"),
    ("utf8", "UTF-8"),
    ("windows-1250", "windows-1250"),
    ("cp1250", "windows-1250"),
    ("iso-8859-2", "ISO-8859-2"),
    ("latin2", "ISO-8859-2"),
    ("iso-8859-1", "ISO-8859-1"),
    ("latin1", "ISO-8859-1"),
    ("cp852", "CP852"),
    ("ibm852", "CP852"),
];

/// When the statements have come where nothing is said.
const STATEMENTS_BY: &str = "09:00";

/// One account at a bank.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BankAccount {
    /// Its number, without spaces.
    pub iban: String,
    /// What the office calls it.
    pub name: String,
    /// Its currency.
    pub currency: Currency,
    /// Which bank's way of writing statements is read.
    pub profile: String,
    /// The encoding of its files, where the profile's is not right.
    pub encoding: Option<String>,
    /// Which date credits a transfer whose value date lies before its booking date, where the
    /// profile's rule is not right.
    pub value_before_booking: Option<ValueBeforeBooking>,
    /// The bank sends nothing for a day without movements.
    pub silent_days: bool,
    /// How often the bank sends a statement.
    pub statements: Every,
    /// By when on a bank day the statement of the bank day before has come.
    pub statements_by: NaiveTime,
    /// First day of the account.
    pub opened_on: Option<NaiveDate>,
    /// Last day of the account.
    pub closed_on: Option<NaiveDate>,
    /// Whether the bank's reference names one operation for ever, where the profile is not right.
    pub reference_is_identity: Option<bool>,
    /// Numbers at which this account is credited.
    pub virtual_scheme: Option<VirtualScheme>,
    /// Other accounts of the institution: what comes from them or goes to them is no student's.
    pub own_accounts: Vec<String>,
}

/// How often a bank sends a statement.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Every {
    /// On each business day.
    Day,
    /// Once a week.
    Week,
    /// Once a month.
    Month,
}

impl Every {
    /// Of how many business days one statement tells at most.
    pub fn business_days(self) -> usize {
        match self {
            Every::Day => 1,
            Every::Week => 5,
            Every::Month => 23,
        }
    }
}

/// Which date credits a transfer whose value date lies before its booking date, as an instant
/// transfer at the weekend has.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ValueBeforeBooking {
    /// The booking date.
    Booking,
    /// The value date.
    Value,
}

pub(super) fn bank_accounts(
    root: &mut Section<'_>,
    names: &Names<'_>,
    reader: &mut Reader<'_>,
) -> Vec<BankAccount> {
    let mut accounts: Vec<BankAccount> = Vec::new();
    for mut section in root.sections("bank_account", reader).unwrap_or_default() {
        let account = bank_account(&mut section, names, reader);
        if let Some(account) = account {
            clashes(&section, &account, &accounts, reader);
            accounts.push(account);
        }
        section.finish(reader);
    }
    accounts
}

fn bank_account(
    section: &mut Section<'_>,
    names: &Names<'_>,
    reader: &mut Reader<'_>,
) -> Option<BankAccount> {
    let iban = section
        .required("iban", reader)
        .and_then(|text| account_number(section, "iban", &text, reader));
    let name = section.string("name", reader);
    let currency = currency(section, reader);
    let profile = section
        .required("profile", reader)
        .and_then(|text| known_profile(section, text, names, reader));
    let encoding = section
        .string("encoding", reader)
        .and_then(|text| encoding(section, &text, reader));
    let rules = [
        ("booking", ValueBeforeBooking::Booking),
        ("value", ValueBeforeBooking::Value),
    ];
    let value_before_booking = section.choice("value_before_booking", &rules, reader);
    let silent_days = section.boolean("silent_days", reader).unwrap_or(false);
    let rhythms = [
        ("daily", Every::Day),
        ("weekly", Every::Week),
        ("monthly", Every::Month),
    ];
    let statements = section.choice("statements", &rhythms, reader);
    let statements_by = statements_by(section, reader);
    let opened_on = section.date("opened_on", reader);
    let closed_on = section.date("closed_on", reader);
    let reference_is_identity = section.boolean("reference_is_identity", reader);
    let own_accounts = own_accounts(section, reader);
    let settlement = iban
        .as_deref()
        .and_then(|iban| Nrb::parse(iban).ok())
        .map(|nrb| nrb.settlement().to_owned());
    let virtual_scheme = section
        .section("virtual", reader)
        .map(|section| virtual_scheme(section, settlement, reader));
    if let (Some(opened), Some(closed)) = (opened_on, closed_on)
        && closed < opened
    {
        section.mistake("closed_on", "is earlier than `opened_on`", reader);
    }
    let iban = iban?;
    Some(BankAccount {
        name: name.unwrap_or_else(|| iban.clone()),
        iban,
        currency: currency?,
        profile: profile?,
        encoding,
        value_before_booking,
        silent_days,
        statements: statements.unwrap_or(Every::Day),
        statements_by,
        opened_on,
        closed_on,
        reference_is_identity,
        virtual_scheme,
        own_accounts,
    })
}

/// An IBAN of any country; a mistyped one is never kept.
pub(super) fn account_number(
    section: &Section<'_>,
    key: &str,
    text: &str,
    reader: &mut Reader<'_>,
) -> Option<String> {
    let number = normalise_account(text);
    if number.parse::<::iban::Iban>().is_ok()
        && (!number.starts_with("PL") || Nrb::parse(&number).is_ok())
    {
        return Some(number);
    }
    let reason = Nrb::parse(text).err().map_or_else(
        || format!("`{text}` is not an IBAN"),
        |error| error.to_string(),
    );
    section.mistake(key, reason, reader);
    None
}

fn own_accounts(section: &mut Section<'_>, reader: &mut Reader<'_>) -> Vec<String> {
    let texts = section.strings("own_accounts", reader);
    texts
        .iter()
        .filter_map(|text| account_number(section, "own_accounts", text, reader))
        .collect()
}

fn currency(section: &mut Section<'_>, reader: &mut Reader<'_>) -> Option<Currency> {
    let text = section.required("currency", reader)?;
    let currency = Currency::parse(&text);
    if currency.is_none() {
        section.mistake(
            "currency",
            format!("`{text}` is not a currency; write it like PLN"),
            reader,
        );
    }
    currency
}

fn statements_by(section: &mut Section<'_>, reader: &mut Reader<'_>) -> NaiveTime {
    let text = section.string("statements_by", reader);
    let text = text.unwrap_or_else(|| STATEMENTS_BY.to_owned());
    let time = NaiveTime::parse_from_str(&text, "%H:%M");
    if time.is_err() {
        let message = format!("`{text}` is no time of the day; write it like 09:00");
        section.mistake("statements_by", message, reader);
    }
    time.unwrap_or_default()
}

/// The name of a profile of statements, built in or declared.
fn known_profile(
    section: &Section<'_>,
    text: String,
    names: &Names<'_>,
    reader: &mut Reader<'_>,
) -> Option<String> {
    if names.statements.contains(&text.as_str()) || names.unread.contains(&text) {
        return Some(text);
    }
    let message = if names.reports.contains(&text.as_str()) {
        format!(
            "`{text}` reads reports, which hold no balances: name the profile of the bank's MT940 or camt.053 here"
        )
    } else {
        let hint = suggestion(&text, names.statements.iter().copied());
        format!("`{text}` is none of: {}{hint}", names.statements.join(", "))
    };
    section.mistake("profile", message, reader);
    None
}

pub(super) fn encoding(
    section: &Section<'_>,
    text: &str,
    reader: &mut Reader<'_>,
) -> Option<String> {
    let lower = text.to_lowercase();
    let found = ENCODINGS.iter().find(|(name, _)| *name == lower);
    if found.is_none() {
        section.mistake(
            "encoding",
            format!("`{text}` is none of: UTF-8, windows-1250, ISO-8859-2, ISO-8859-1, CP852"),
            reader,
        );
    }
    found.map(|(_, name)| (*name).to_owned())
}

/// Two accounts must differ, and no virtual account may belong to two of them.
fn clashes(
    section: &Section<'_>,
    account: &BankAccount,
    others: &[BankAccount],
    reader: &mut Reader<'_>,
) {
    if others.iter().any(|other| other.iban == account.iban) {
        section.mistake("iban", "this account is configured twice", reader);
    }
    let mask = |account: &BankAccount| {
        let scheme = account
            .virtual_scheme
            .as_ref()
            .filter(|scheme| scheme.mode == IssueMode::Generate)?;
        Some(format!("{}{}", scheme.settlement, scheme.client_code))
    };
    let Some(ours) = mask(account) else {
        return;
    };
    for other in others {
        if mask(other).is_some_and(|theirs| ours.starts_with(&theirs) || theirs.starts_with(&ours))
        {
            let message = format!(
                "its numbers would also be those of {}: the client codes must differ",
                other.name
            );
            section.mistake("virtual", message, reader);
        }
    }
}

/// The mask. Where it has mistakes it is never used, since then there is no configuration.
fn virtual_scheme(
    mut section: Section<'_>,
    settlement: Option<String>,
    reader: &mut Reader<'_>,
) -> VirtualScheme {
    let mistakes = reader.mistakes();
    let mut scheme = mask(&mut section, settlement, reader);
    let readable = reader.mistakes() == mistakes;
    let mut below = section.section("categories", reader);
    if let Some(below) = &mut below {
        let codes = below.keys().into_iter();
        let codes = codes.filter_map(|name| Some((name.to_owned(), below.string(name, reader)?)));
        scheme.categories = codes.collect();
    }
    // What could not be read would only be told a second time.
    for fault in scheme.faults().into_iter().filter(|_| readable) {
        match below.as_ref().zip(fault.category.as_ref()) {
            Some((below, name)) => below.mistake(name, fault.message, reader),
            None => section.mistake(fault.field, fault.message, reader),
        }
    }
    section.finish(reader);
    scheme
}

fn mask(
    section: &mut Section<'_>,
    settlement: Option<String>,
    reader: &mut Reader<'_>,
) -> VirtualScheme {
    let digits = 0..17;
    let modes = [("generate", IssueMode::Generate), ("list", IssueMode::List)];
    let payers = [
        ("album", PayerNumber::Album),
        ("running", PayerNumber::Running),
    ];
    let settlement = section.string("settlement", reader).or(settlement);
    let client_code = section.string("client_code", reader).unwrap_or_default();
    let category_digits = section
        .integer("category_digits", digits.clone(), reader)
        .unwrap_or(0);
    let payer_digits = section.integer("payer_digits", digits, reader);
    let left = 16_usize
        .saturating_sub(client_code.len())
        .saturating_sub(category_digits);
    VirtualScheme {
        settlement: settlement.unwrap_or_default(),
        client_code,
        category_digits,
        payer_digits: payer_digits.unwrap_or(left),
        payer: section
            .choice("payer", &payers, reader)
            .unwrap_or(PayerNumber::Album),
        mode: section
            .choice("mode", &modes, reader)
            .unwrap_or(IssueMode::Generate),
        categories: BTreeMap::new(),
    }
}
