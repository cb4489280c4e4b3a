//! An institution for stories: its configuration, its database, and files handed in.

use super::TestDb;
use kwestura::config;
use kwestura::engine::roster::Upload;
use kwestura::engine::{Moment, Office};
use kwestura::roster::parse_date;
use kwestura::statement::read::Profile;
use kwestura::store::Db;

/// An institution with one account, whose virtual accounts are set below `[bank_account.virtual]`.
pub fn settings(scheme: &str) -> String {
    format!(
        r#"
[institution]
name = "Politechnika Przykładowa"

[[bank_account]]
iban = "PL40 9990 0009 0000 0000 0000 1001"
name = "Opłaty"
currency = "PLN"
profile = "mbank"

[bank_account.virtual]
{scheme}
"#
    )
}

/// Opens the institution of a story on a day, at noon in UTC.
pub async fn office(db: &TestDb, settings: &str, today: &str) -> Office {
    let today = parse_date(today).unwrap();
    let config = config::parse(settings, Profile::names()).unwrap();
    let noon = today.and_hms_opt(12, 0, 0).unwrap().and_utc();
    Office {
        now: Moment::of(noon.timestamp_millis(), config.institution.time_zone),
        db: Db::connect(db.url(), false).await.unwrap(),
        config: config.into(),
    }
}

/// A file that is handed in.
pub fn file<'a>(name: &'a str, text: &'a str, as_of: &'a str) -> Upload<'a> {
    Upload {
        name,
        bytes: text.as_bytes(),
        as_of: Some(as_of).filter(|as_of| !as_of.is_empty()),
        opening: false,
        dry_run: false,
    }
}
