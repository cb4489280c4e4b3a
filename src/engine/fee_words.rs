//! What fees are called, and how long transfers take: said alike in a message and on a student's page.

use crate::dunning::order_by::LagsByCurrency;
use crate::money::Currency;
use crate::store::messages::FeeTitleRow;
use crate::store::{StoreError, Tx};
use crate::text::Language;
use chrono::{Days, NaiveDate};
use std::collections::BTreeMap;

/// Transfers of so many days say how long a transfer takes.
const LAG_DAYS: u64 = 400;

/// Transfers from this day on say how long a transfer takes.
pub(super) fn since(today: NaiveDate) -> NaiveDate {
    today.checked_sub_days(Days::new(LAG_DAYS)).unwrap_or(today)
}

/// How long transfers took: currency, days of order and of crediting, and how many.
pub(super) fn lags(
    rows: impl IntoIterator<Item = (String, NaiveDate, NaiveDate, i64)>,
) -> LagsByCurrency {
    let mut lags = LagsByCurrency::default();
    for (currency, ordered_on, credited_on, transfers) in rows {
        let transfers = u64::try_from(transfers).unwrap_or(0);
        if let Some(currency) = Currency::parse(&currency) {
            lags.add(currency, (ordered_on, credited_on), transfers);
        }
    }
    lags
}

/// What fees are called in both languages, newest first said, by the fee's id.
pub(super) async fn titles(
    tx: &mut Tx,
    fees: &[String],
) -> Result<BTreeMap<String, Titles>, StoreError> {
    Ok(newest_titles(tx.fee_titles(fees).await?))
}

/// The newest of what fees were called, by the fee's id; the newest stands last.
pub(super) fn newest_titles(rows: Vec<FeeTitleRow>) -> BTreeMap<String, Titles> {
    let titles = rows.into_iter().map(|row| {
        let titles = Titles {
            pl: row.title_pl,
            en: row.title_en,
        };
        (row.external_id, titles)
    });
    titles.collect()
}

/// What a fee is called.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Titles {
    pl: String,
    en: String,
}

impl Titles {
    /// In a language; the fee's id where nothing was said. An instalment, `<fee>:<n>`, says which.
    pub(super) fn of(&self, language: Language, item: &str, fee: &str) -> String {
        let title = match language {
            Language::En if !self.en.is_empty() => &self.en,
            _ => &self.pl,
        };
        let title = if title.is_empty() { fee } else { title };
        let part = item
            .strip_prefix(fee)
            .and_then(|tail| tail.strip_prefix(':'));
        match (part, language) {
            (None, _) => title.to_owned(),
            (Some("interest"), Language::Pl) => format!("{title}, odsetki"),
            (Some("interest"), Language::En) => format!("{title}, interest"),
            (Some(number), Language::Pl) => format!("{title}, rata {number}"),
            (Some(number), Language::En) => format!("{title}, instalment {number}"),
        }
    }
}

/// The title of a transfer that pays one fee: its number designates it (art. 451 § 1 KC).
pub(super) fn transfer_title(fee: &str, album: &str) -> String {
    format!("{fee} ALBUM {album}")
}

/// The title of a transfer that pays several: none is designated, and the oldest is paid first.
pub(super) fn transfer_title_of_all(album: &str) -> String {
    format!("ALBUM {album}")
}
