//! The queries of a request, heard from the database driver's own events.

use anyhow::{Context as _, Result};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use tracing::field::{Field, Visit};
use tracing::{Event, Subscriber};
use tracing_subscriber::layer::{Context, Layer, SubscriberExt as _};

/// So much of a query is shown.
const SHOWN: usize = 70;

/// The slowest query since it was last asked.
#[derive(Clone, Default)]
pub struct Queries(Arc<Mutex<Option<(Duration, String)>>>);

impl Queries {
    /// From now on every query of this process is heard.
    pub fn heard() -> Result<Queries> {
        let queries = Queries::default();
        let subscriber = tracing_subscriber::registry().with(queries.clone());
        tracing::subscriber::set_global_default(subscriber).context("the only listener")?;
        Ok(queries)
    }

    /// A request begins.
    pub fn forget(&self) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = None;
    }

    /// How long the slowest took, and how it begins.
    pub fn slowest(&self) -> Option<(Duration, String)> {
        let slowest = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        slowest.clone()
    }
}

impl<S: Subscriber> Layer<S> for Queries {
    fn on_event(&self, event: &Event<'_>, _: Context<'_, S>) {
        if event.metadata().target() != "sqlx::query" {
            return;
        }
        let mut query = Query::default();
        event.record(&mut query);
        let took = Duration::try_from_secs_f64(query.seconds).unwrap_or_default();
        let mut slowest = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if slowest.as_ref().is_none_or(|(longest, _)| *longest < took) {
            *slowest = Some((took, query.words()));
        }
    }
}

#[derive(Default)]
struct Query {
    summary: String,
    statement: String,
    seconds: f64,
}

impl Query {
    /// Its first words, without what packs its rows into one text.
    fn words(&self) -> String {
        let whole = if self.statement.trim().is_empty() {
            &self.summary
        } else {
            &self.statement
        };
        let inner = whole
            .strip_prefix("\n\nSELECT json_group_array(")
            .and_then(|rest| Some(rest.split_once(")) FROM (")?.1));
        let words: Vec<&str> = inner.unwrap_or(whole).split_whitespace().collect();
        words
            .join(" ")
            .replace('|', " ")
            .chars()
            .take(SHOWN)
            .collect()
    }
}

impl Visit for Query {
    fn record_f64(&mut self, field: &Field, value: f64) {
        if field.name() == "elapsed_secs" {
            self.seconds = value;
        }
    }

    fn record_str(&mut self, field: &Field, value: &str) {
        match field.name() {
            "summary" => value.clone_into(&mut self.summary),
            "db.statement" => value.clone_into(&mut self.statement),
            _ => {}
        }
    }

    fn record_debug(&mut self, _: &Field, _: &dyn std::fmt::Debug) {}
}
