//! A file's statements, each read with the profile of its own account.

use super::Office;
use crate::calendar;
use crate::config::{BankAccount, ValueBeforeBooking};
use crate::money::Currency;
use crate::statement::chain::Rhythm;
use crate::statement::entry::Statement;
use crate::statement::read::{CreditingRule, Encoding, Profile, ReadError, read};
use chrono::NaiveDate;
use std::collections::BTreeMap;

/// A statement with the way in which it was read.
#[derive(Debug, Clone)]
pub struct Read {
    /// The statement.
    pub statement: Statement,
    /// Name of the format.
    pub format: String,
    /// The encoding.
    pub encoding: String,
    /// The profile.
    pub profile: Profile,
}

/// Reads a file. The account that a statement names decides the profile, and the profile may change
/// how the statement reads, so a file is read once to know the accounts and again for each profile
/// that differs from what was detected.
pub fn statements(office: &Office, bytes: &[u8]) -> Result<Vec<Read>, ReadError> {
    let first = read(bytes, None)?;
    let mut readings: BTreeMap<String, Vec<Read>> = BTreeMap::new();
    let mut all = Vec::new();
    for (place, statement) in first.statements.iter().enumerate() {
        let profile = profile_of(office, &statement.account, &first.profile);
        if !readings.contains_key(&profile.name) {
            readings.insert(profile.name.clone(), statements_by(bytes, &profile)?);
        }
        // A profile decides what lines say, never how many statements there are.
        let reading = readings
            .get(&profile.name)
            .filter(|all| all.len() == first.statements.len());
        let again = reading.and_then(|reading| reading.get(place));
        all.push(again.cloned().unwrap_or_else(|| Read {
            statement: statement.clone(),
            format: first.format.to_string(),
            encoding: first.encoding.to_owned(),
            profile,
        }));
    }
    Ok(all)
}

/// Reads all statements of a file with one profile.
pub fn statements_by(bytes: &[u8], profile: &Profile) -> Result<Vec<Read>, ReadError> {
    let reading = read(bytes, Some(profile))?;
    let (format, encoding) = (reading.format.to_string(), reading.encoding.to_string());
    let statements = reading.statements.into_iter();
    let all = statements.map(|statement| Read {
        statement,
        format: format.clone(),
        encoding: encoding.clone(),
        profile: profile.clone(),
    });
    Ok(all.collect())
}

/// The profile by which a statement was read when it was recorded, whatever is configured by now.
pub fn profile_as_recorded(office: &Office, account: &str, name: &str, encoding: &str) -> Profile {
    let mut profile = profile_named(office, account, name);
    profile.encoding = Encoding::by_name(encoding);
    profile
}

/// The profile for an account: the configured one with the account's own settings, else what the
/// file looked like.
pub fn profile_of(office: &Office, account: &str, detected: &str) -> Profile {
    // A bank that moves from MT940 to camt keeps the account; camt needs no dialect.
    let name = match bank_account(office, account) {
        Some(row) if detected != CAMT || speaks_camt(&row.profile) => row.profile.as_str(),
        _ => detected,
    };
    profile_named(office, account, name)
}

/// A built-in profile with the account's own settings.
pub fn profile_named(office: &Office, account: &str, name: &str) -> Profile {
    let configured = bank_account(office, account);
    let mut profile = Profile::by_name(name).unwrap_or_else(Profile::generic);
    profile.time_zone = office.config.institution.time_zone;
    if let Some(row) = configured {
        if let Some(encoding) = row.encoding.as_deref().and_then(Encoding::by_name) {
            profile.encoding = Some(encoding);
        }
        match row.value_before_booking {
            Some(ValueBeforeBooking::Booking) => {
                profile.value_before_booking = CreditingRule::Booking;
            }
            Some(ValueBeforeBooking::Value) => profile.value_before_booking = CreditingRule::Value,
            None => {}
        }
        if let Some(reliable) = row.reference_is_identity {
            profile.reliable_reference = reliable;
        }
    }
    profile
}

/// The profile of camt files without peculiarities.
const CAMT: &str = "camt";

/// Profiles that say where camt files of that bank have their numbers.
fn speaks_camt(profile: &str) -> bool {
    matches!(profile, CAMT | "bnp")
}

/// The configuration of an account, by IBAN.
pub fn bank_account<'a>(office: &'a Office, account: &str) -> Option<&'a BankAccount> {
    office
        .config
        .bank_accounts
        .iter()
        .find(|row| row.iban == account)
}

/// On which days a statement of this account is to be expected: the bank days of Elixir, and for
/// an account in another currency those on which TARGET is open too.
pub fn rhythm(office: &Office, account: &str) -> Rhythm<'static> {
    let configured = bank_account(office, account);
    let foreign = configured.is_some_and(|row| row.currency != Currency::PLN);
    Rhythm {
        bank_day: if foreign {
            &both_open
        } else {
            &calendar::is_bank_day
        },
        silent_days: configured.is_some_and(|row| row.silent_days),
    }
}

fn both_open(day: NaiveDate) -> bool {
    calendar::is_bank_day(day) && calendar::is_target_day(day)
}
