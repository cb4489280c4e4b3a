//! Workers of the service with a clock that a story sets.

use kwestura::engine::{Clock, Office};
use kwestura::mail::Post;
use kwestura::roster::parse_date;
use kwestura::service::Worker;
use std::collections::BTreeSet;
use std::fs;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use tokio::sync::watch;

/// A clock that stands until it is set.
#[derive(Debug, Clone)]
pub struct Hands(Arc<AtomicI64>);

impl Hands {
    /// Milliseconds since 1970.
    pub fn millis(&self) -> i64 {
        self.0.load(Ordering::SeqCst)
    }

    /// It is this time of the day in Warsaw, written like `2026-10-12 09:30`.
    pub fn set(&self, text: &str) {
        self.0.store(millis(text), Ordering::SeqCst);
    }

    /// So many seconds later, or earlier.
    pub fn move_by(&self, seconds: i64) {
        self.0.fetch_add(seconds * 1000, Ordering::SeqCst);
    }
}

/// A clock that begins at a time of a day in Warsaw.
pub fn clock(text: &str) -> (Clock, Hands) {
    let hands = Hands(Arc::new(AtomicI64::new(millis(text))));
    let read = hands.clone();
    (Clock::new(move || read.millis()), hands)
}

/// The instant of `2026-10-12 09:30` in Warsaw.
pub fn millis(text: &str) -> i64 {
    let (day, time) = text.split_once(' ').unwrap();
    let (hour, minute) = time.split_once(':').unwrap();
    let (hour, minute) = (hour.parse().unwrap(), minute.parse().unwrap());
    let local = parse_date(day).unwrap().and_hms_opt(hour, minute, 0);
    let there = local
        .unwrap()
        .and_local_timezone(chrono_tz::Europe::Warsaw)
        .earliest()
        .unwrap();
    there.timestamp_millis()
}

/// A worker that lays mails into a folder; it stops when the sender says so.
pub fn worker(
    office: &Office,
    name: &str,
    clock: &Clock,
    mails: &Path,
) -> (Worker, watch::Sender<bool>) {
    let (stop, stopping) = watch::channel(false);
    let mails = mails.to_path_buf();
    // Whoever backs the books up sets where they are.
    let database = "";
    let way = Arc::new(move |_: &Office| Ok(Some(Post::Folder(mails.clone()))));
    let worker = Worker::new(name, office.clone(), database, clock.clone(), way, stopping);
    (worker, stop)
}

/// The alerts that are open: about what, and which.
pub async fn open_alerts(office: &Office) -> Vec<(String, String)> {
    let mut tx = office.db.read().await.unwrap();
    let open = tx.open_alerts().await.unwrap();
    tx.rollback().await.unwrap();
    open.into_iter()
        .map(|row| (row.kind, row.subject))
        .collect()
}

/// Names in a folder, escaped and sorted; none where there is no folder.
pub fn names(folder: &Path) -> Vec<String> {
    let Ok(entries) = fs::read_dir(folder) else {
        return Vec::new();
    };
    let names = entries.map(|entry| entry.unwrap().file_name().to_string_lossy().into_owned());
    let names: BTreeSet<String> = names.collect();
    names.into_iter().collect()
}
