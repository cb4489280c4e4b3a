//! How it stands, for other programs: `/healthz`, `/readyz`, and `/metrics` in the text format of
//! Prometheus. On a port of this machine alone; no name, no number of anybody.

use super::alerts::{self, free_mib, shown};
use super::worker::Worker;
use crate::engine::{EngineError, coverage};
use crate::store::alerts::AlertRow;
use axum::Router;
use axum::extract::State;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use serde::Serialize;
use std::collections::BTreeMap;
use std::fmt::Write as _;
use tokio::net::TcpListener;

/// Answers until the worker has to stop.
///
/// # Errors
///
/// Where nobody can be listened to any more.
pub async fn serve(listener: TcpListener, worker: Worker) -> std::io::Result<()> {
    let mut stop = worker.stop.clone();
    let pages = Router::new()
        .route("/healthz", get(async || "ok\n"))
        .route("/readyz", get(ready))
        .route("/metrics", get(metrics))
        .with_state(worker);
    axum::serve(listener, pages)
        .with_graceful_shutdown(async move {
            let _ = stop.wait_for(|stop| *stop).await;
        })
        .await
}

/// Whether the database answers, and what does not happen as it should.
#[derive(Serialize)]
struct Ready {
    ready: bool,
    alerts: Vec<Open>,
}

/// An alert that is open; the same list as on `kwestura status`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Open {
    /// What it is about.
    pub kind: String,
    /// Which of them, and on which machine where it was found on one.
    pub subject: String,
    /// In words.
    pub said: String,
    /// Since when; milliseconds since 1970.
    pub raised_at: i64,
}

impl From<AlertRow> for Open {
    fn from(row: AlertRow) -> Self {
        Open {
            subject: alerts::named(&row),
            kind: row.kind,
            said: row.said,
            raised_at: row.raised_at,
        }
    }
}

/// The alerts that are open, oldest first.
///
/// # Errors
///
/// Where the database fails.
pub async fn open(worker: &Worker) -> Result<Vec<Open>, EngineError> {
    let mut tx = worker.office.db.read().await?;
    let open = tx.open_alerts().await?;
    tx.rollback().await?;
    Ok(open.into_iter().map(Open::from).collect())
}

async fn ready(State(worker): State<Worker>) -> Response {
    let (status, alerts) = match open(&worker).await {
        Ok(alerts) => (StatusCode::OK, alerts),
        Err(_) => (StatusCode::SERVICE_UNAVAILABLE, Vec::new()),
    };
    let ready = status == StatusCode::OK;
    let body = serde_json::to_string(&Ready { ready, alerts }).unwrap_or_default();
    (status, [(header::CONTENT_TYPE, "application/json")], body).into_response()
}

async fn metrics(State(worker): State<Worker>) -> Response {
    match written(&worker).await {
        Ok(text) => {
            let kind = "text/plain; version=0.0.4";
            ([(header::CONTENT_TYPE, kind)], text).into_response()
        }
        Err(_) => StatusCode::SERVICE_UNAVAILABLE.into_response(),
    }
}

/// All that is measured.
async fn written(worker: &Worker) -> Result<String, EngineError> {
    let jobs = worker.rows().await?;
    let office = &worker.office;
    let mut tx = office.db.read().await?;
    let messages = tx.message_counts().await?;
    let marks = tx.mark_count().await?;
    let held_back = tx.statements_held_back().await?.len();
    let open = tx.open_alerts().await?;
    let covered = coverage::all_in(&mut tx, office).await?;
    tx.rollback().await?;

    let mut text = Text::default();
    let seconds = |millis: Option<i64>| millis.map(|millis| (millis / 1000).to_string());
    let of_jobs = |read: &dyn Fn(&crate::store::jobs::JobRow) -> Option<String>| {
        let values = jobs
            .iter()
            .filter_map(|(job, row)| Some((format!("job=\"{}\"", job.name()), read(row)?)));
        values.collect::<Vec<_>>()
    };
    text.gauge(
        "kwestura_job_ended_timestamp_seconds",
        "When a job last ended.",
        of_jobs(&|row| seconds(row.ended_at)),
    );
    text.gauge(
        "kwestura_job_next_timestamp_seconds",
        "When a job is due.",
        of_jobs(&|row| seconds(row.next_at)),
    );
    text.gauge(
        "kwestura_job_failures",
        "How often in a row a job was refused or failed.",
        of_jobs(&|row| Some(row.failures.to_string())),
    );
    text.gauge(
        "kwestura_job_running",
        "Whether somebody runs a job.",
        of_jobs(&|row| Some(i32::from(row.holder.is_some()).to_string())),
    );
    let messages = messages
        .into_iter()
        .map(|(state, count)| (format!("state=\"{state}\""), count.to_string()));
    text.gauge(
        "kwestura_messages",
        "Messages by state.",
        messages.collect(),
    );
    let mut kinds: BTreeMap<String, usize> = BTreeMap::new();
    for row in open {
        *kinds.entry(row.kind).or_default() += 1;
    }
    let kinds = kinds
        .into_iter()
        .map(|(kind, count)| (format!("kind=\"{kind}\""), count.to_string()));
    text.gauge("kwestura_alerts", "Alerts that are open.", kinds.collect());
    let accounts = office.config.bank_accounts.iter().filter_map(|account| {
        let row = covered.iter().find(|row| row.iban == account.iban)?;
        let through = row.coverage.through?.and_hms_opt(0, 0, 0)?.and_utc();
        let label = format!("account=\"{}\"", label(&shown(account)));
        Some((label, through.timestamp().to_string()))
    });
    text.gauge(
        "kwestura_coverage_through_timestamp_seconds",
        "The last day through which the statements of an account are complete.",
        accounts.collect(),
    );
    for (name, what, value) in [
        (
            "kwestura_settle_marks",
            "Accounts that wait to be settled.",
            marks,
        ),
        (
            "kwestura_statements_held_back",
            "Statements that wait or are quarantined.",
            i64::try_from(held_back).unwrap_or(i64::MAX),
        ),
    ] {
        text.gauge(name, what, vec![(String::new(), value.to_string())]);
    }
    let disks = worker.disks.iter().filter_map(|folder| {
        let free = free_mib(folder)?.saturating_mul(1 << 20);
        let folder = label(&folder.display().to_string());
        Some((format!("folder=\"{folder}\""), free.to_string()))
    });
    text.gauge(
        "kwestura_disk_free_bytes",
        "Room on a disk.",
        disks.collect(),
    );
    Ok(text.0)
}

/// A value between quotation marks.
fn label(value: &str) -> String {
    let value = value.replace('\\', "\\\\").replace('"', "\\\"");
    value.replace('\n', "\\n")
}

/// Lines as Prometheus reads them.
#[derive(Default)]
struct Text(String);

impl Text {
    fn gauge(&mut self, name: &str, help: &str, values: Vec<(String, String)>) {
        let _ = writeln!(self.0, "# HELP {name} {help}\n# TYPE {name} gauge");
        for (labels, value) in values {
            let labels = match labels.as_str() {
                "" => String::new(),
                labels => format!("{{{labels}}}"),
            };
            let _ = writeln!(self.0, "{name}{labels} {value}");
        }
    }
}
