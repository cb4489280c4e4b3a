//! The office of a made-up university, as a bench works in it.

use anyhow::Result;
use chrono::{DateTime, NaiveDate};
use kwestura::config;
use kwestura::engine::{Moment, Office};
use kwestura::statement::read::Profile;
use kwestura::store::Db;
use std::path::Path;

/// The office in a folder with its books at `url`, at noon of a day.
pub async fn office(folder: &Path, url: &str, on: NaiveDate) -> Result<Office> {
    let text = std::fs::read_to_string(folder.join("kwestura.toml"))?;
    let mut config = config::parse(&text, Profile::names())
        .map_err(|mistakes| anyhow::anyhow!("{mistakes:?}"))?;
    // The first run of all writes to nearly everybody.
    config.policy.dunning.brake_percent = 100;
    let noon = on.and_hms_opt(12, 0, 0).unwrap_or_default().and_utc();
    Ok(Office {
        db: Db::connect(url, false).await?,
        now: Moment::of(
            DateTime::timestamp_millis(&noon),
            config.institution.time_zone,
        ),
        config: config.into(),
    })
}
