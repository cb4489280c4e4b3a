//! `kwestura.toml`, checked as a whole.
//!
//! In: the text of the file and the names of the bank profiles. Out: the settings, complete, or
//! every mistake at once with its line and key. The file is read elsewhere; nothing here opens it.

mod account;
mod files;
mod keys;
mod mail;
mod profile;
mod reader;
mod retention;
mod rules;
mod schedule;
mod service;
mod sftp;
mod shared;
mod sign_in;

pub use account::{BankAccount, Every, ValueBeforeBooking};
pub use files::{Files, NamedFiles, fits};
pub use keys::{Key, Keys};
pub use mail::{Addresses, Mail, Offices, Security, Server, TokenService};
pub use retention::Retention;
pub use schedule::Schedule;
pub use service::{Inbox, Job, Service};
pub use sftp::{HostKey, Proof, Sftp};
pub use shared::Shared;
pub use sign_in::{Provider, SignIn, SingleSignOn};

use crate::policy::Policy;
use crate::policy::rates::RateTable;
use crate::statement::read::declared::Declared;
use chrono::NaiveDate;
use chrono_tz::Tz;
use reader::{Reader, Section};
use std::fmt;

/// All settings.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Config {
    /// Whose books these are.
    pub institution: Institution,
    /// The accounts whose statements are read.
    pub bank_accounts: Vec<BankAccount>,
    /// Profiles of banks that are not built in.
    pub profiles: Vec<Declared>,
    /// How messages leave the house; without it none does.
    pub mail: Option<Mail>,
    /// What runs by itself.
    pub service: Service,
    /// How long what is kept stays.
    pub retention: Retention,
    /// How students get in.
    pub sign_in: SignIn,
    /// The institution's rules.
    pub policy: Policy,
    /// Interest for delay: what came with the program and what the file adds.
    pub rates: RateTable,
    /// What the student system calls the columns of its files.
    pub files: Files,
    /// The keys of the secrets in the database. They stand in no settings; whoever opens the house adds
    /// them.
    pub keys: Keys,
}

/// Whose books these are.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Institution {
    /// As it stands on messages.
    pub name: String,
    /// Its postal address, a line each; it stands on letters.
    pub address: Vec<String>,
    /// Where students can ask, a line each; it stands under every message.
    pub contact: Vec<String>,
    /// The zone in which an instant becomes a day.
    pub time_zone: Tz,
    /// No message is sent before this day.
    pub go_live_on: Option<NaiveDate>,
}

/// One mistake in the file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ConfigError {
    /// Line of the file, from 1.
    pub line: u32,
    /// The key with its sections; empty where the file cannot be read as TOML.
    pub key: String,
    /// What is wrong, and what would be right.
    pub message: String,
}

impl fmt::Display for ConfigError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let ConfigError { line, key, message } = self;
        match key.as_str() {
            "" => write!(f, "line {line}: {message}"),
            _ => write!(f, "line {line}, {key}: {message}"),
        }
    }
}

/// Reads the settings; what the file leaves out has its default.
///
/// # Errors
///
/// Every mistake, in the order of the lines. TOML that cannot be read at all is one mistake.
pub fn parse(text: &str, known_profiles: &[&str]) -> Result<Config, Vec<ConfigError>> {
    let document = reader::parse_toml(text).map_err(|error| vec![error])?;
    let mut reader = Reader::new(text);
    let mut root = Section::root(document.as_table());
    let institution = institution(&mut root, &mut reader);
    let profiles = profile::profiles(&mut root, known_profiles, &mut reader);
    let names = profile::Names::new(known_profiles, &profiles);
    let bank_accounts = account::bank_accounts(&mut root, &names, &mut reader);
    let mail = mail::mail(&mut root, &mut reader);
    let files = files::files(&mut root, &mut reader);
    let service = service::service(&mut root, &files, &mut reader);
    let retention = retention::retention(&mut root, &mut reader);
    let sign_in = sign_in::sign_in(&mut root, &mut reader);
    let policy = rules::policy(&mut root, &mut reader);
    let rates = rules::rates(&mut root, &mut reader);
    root.finish(&mut reader);
    let config = institution.map(|institution| Config {
        institution,
        bank_accounts,
        profiles: profiles.declared,
        mail,
        service,
        retention,
        sign_in,
        policy,
        rates,
        files,
        keys: Keys::default(),
    });
    reader.into_result(config)
}

/// The file that `kwestura init` writes: every setting explained, defaults in comments.
pub fn template() -> &'static str {
    include_str!("config/template.toml")
}

fn institution(root: &mut Section<'_>, reader: &mut Reader<'_>) -> Option<Institution> {
    root.need("institution", reader);
    let mut section = root.section("institution", reader)?;
    let name = section.required("name", reader);
    let time_zone = section
        .string("time_zone", reader)
        .unwrap_or_else(|| "Europe/Warsaw".to_owned());
    let zone = time_zone.parse::<Tz>();
    if zone.is_err() {
        let message = format!("`{time_zone}` is not a time zone; write it like Europe/Warsaw");
        section.mistake("time_zone", message, reader);
    }
    let go_live_on = section.date("go_live_on", reader);
    let address = section.strings("address", reader);
    let contact = section.strings("contact", reader);
    section.finish(reader);
    Some(Institution {
        name: name?,
        address,
        contact,
        time_zone: zone.ok()?,
        go_live_on,
    })
}

#[cfg(test)]
mod tests;
