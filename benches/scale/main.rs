//! What a million credits cost beside what the database alone needs for the same rows.
//!
//! `cargo bench --bench scale -- CREDITS [ENGINE]` makes up a university with about so many credits and, on
//! SQLite and on a private PostgreSQL server (or on one of them, `sqlite` or `postgres`), imports its semester, imports it again, imports one of a
//! tenth, lets the database load the finished tables into tables with the same keys and indexes, and
//! reminds everybody as if nobody had paid. It prints the ratios, each beside its goal, and what the
//! largest tables weigh. Processor time is that of all processes taken together, the server's too; it
//! judges nothing: the machine may be shared, so no number of it is worth anything outside of its run.
#![expect(clippy::print_stdout, reason = "a table is what it is for")]
#![expect(clippy::float_arithmetic, reason = "ratios are measured, not booked")]
#![expect(
    clippy::cast_precision_loss,
    reason = "ratios are shown with two digits"
)]
#![expect(
    clippy::expect_used,
    clippy::unwrap_used,
    reason = "a measure that cannot go on says where it stopped"
)]

mod clerk;
#[path = "../../tests/support/cluster.rs"]
mod cluster;
mod cost;
mod engine;
#[path = "../office.rs"]
mod office;
mod university;

use anyhow::{Context, Result, bail, ensure};
use clerk::{Clerk, Waits};
use cost::Cost;
use engine::{CACHE_KIB, Engine, READER_CACHES_KIB};
use std::time::Duration;
use university::University;

/// How much smaller the small university is.
const GROWTH: u32 = 10;
/// What an import writes.
const WRITTEN: [&str; 8] = [
    "statement",
    "statement_day",
    "entry",
    "entry_text",
    "entry_token",
    "identification",
    "allocation",
    "receivable_position",
];
/// What reminders are in the database.
const NOTICES: [&str; 3] = ["message", "message_item", "message_event"];
const ENTRIES: &str = "SELECT COUNT(*) FROM entry WHERE same_as IS NULL";
const OPEN: &str = "SELECT COUNT(*) FROM receivable_position WHERE open_minor > 0";
/// Tables and indexes whose weight is shown.
const HEAVIEST: usize = 14;

fn main() -> Result<()> {
    let words: Vec<String> = std::env::args()
        .skip(1)
        .filter(|word| word != "--bench")
        .collect();
    let (credits, only) = match words.as_slice() {
        [] => ("20000", None),
        [credits] => (credits.as_str(), None),
        [credits, engine] => (credits.as_str(), Some(engine.as_str())),
        _ => bail!("usage: cargo bench --bench scale -- [CREDITS [sqlite|postgres]]"),
    };
    let credits: u32 = credits.parse().context("the number of credits")?;
    ensure!(1_000 <= credits, "less than 1 000 credits tell nothing");
    let folder = tempfile::TempDir::with_prefix("kwestura-scale-")?;
    let small = University::new(&folder.path().join("small"), credits / GROWTH)?;
    let large = University::new(&folder.path().join("large"), credits)?;
    let wanted = |name: &str| only.is_none_or(|only| only == name);
    let sqlite = wanted("sqlite").then_some(Engine::Sqlite);
    let postgres = wanted("postgres").then(Engine::postgres);
    if matches!(postgres, Some(None)) {
        println!("no PostgreSQL server is installed: it is not measured");
    }
    for engine in sqlite.iter().chain(postgres.iter().flatten()) {
        let measured = Measured::on(engine, &small, &large)?;
        measured.print(engine, &large);
    }
    Ok(())
}

/// A runtime for what this process does itself.
fn runtime() -> tokio::runtime::Runtime {
    tokio::runtime::Builder::new_multi_thread()
        .worker_threads(1)
        .enable_all()
        .build()
        .expect("a runtime")
}

/// What was measured on an engine.
struct Measured {
    entries: u64,
    small_entries: u64,
    open: u64,
    small: Cost,
    first: Cost,
    again: Cost,
    floor: Cost,
    decisions: Waits,
    lookups: Waits,
    /// With nobody else at work.
    idle_lookups: Waits,
    overdue: usize,
    messages: usize,
    reminding: Cost,
    notices: Cost,
    /// Of the small one and the large one, by name.
    weights: [Vec<(String, u64)>; 2],
}

impl Measured {
    fn on(engine: &Engine, small: &University, large: &University) -> Result<Measured> {
        let import = ["import", "statements"];
        loaded(engine, small, "small")?;
        let small_cost = run(engine, small, "small", &import, || Ok(()))?;

        loaded(engine, large, "loaded")?;
        engine.copy(large, "loaded", "books")?;
        engine.copy(large, "loaded", "dunned")?;
        engine.drop(large, "loaded")?;
        let runtime = runtime();
        let mut clerk = Clerk::new(&runtime, (large, engine, "books"))?;
        let first = run(engine, large, "books", &import, || clerk.work())?;
        let (decisions, lookups) = clerk.leave();
        let again = run(engine, large, "books", &import, || Ok(()))?;
        let mut clerk = Clerk::new(&runtime, (large, engine, "books"))?;
        for _ in 0..100 {
            clerk.work()?;
        }
        let (_, idle_lookups) = clerk.leave();
        let floor = engine.load(large, "books", &WRITTEN)?;
        let entries = engine.count(large, "books", ENTRIES)?;
        let weights = [
            engine.weights(small, "small")?,
            engine.weights(large, "books")?,
        ];
        let small_entries = engine.count(small, "small", ENTRIES)?;
        let open = engine.count(large, "books", OPEN)?;
        for (university, database) in [(small, "small"), (large, "books")] {
            engine.drop(university, database)?;
        }

        let office = runtime.block_on(large.office(engine, "dunned"))?;
        let nothing = large.nobody_paid(&office)?;
        run(
            engine,
            large,
            "dunned",
            &["import", &nothing.to_string_lossy()],
            || Ok(()),
        )?;
        let (overdue, messages, reminding) = clerk::remind(&runtime, &office, engine)?;
        runtime.block_on(office.db.close());
        let notices = engine.insert(large, "dunned", &NOTICES)?;
        engine.drop(large, "dunned")?;
        Ok(Measured {
            entries,
            small_entries,
            open,
            small: small_cost,
            first,
            again,
            floor,
            decisions,
            lookups,
            idle_lookups,
            overdue,
            messages,
            reminding,
            notices,
            weights,
        })
    }

    fn print(&self, engine: &Engine, large: &University) {
        println!(
            "\n{}: {} entries of {} students; {} fees overdue in {} messages\n",
            engine.name(),
            self.entries,
            large.students,
            self.overdue,
            self.messages
        );
        for (what, cost) in [
            ("import", &self.first),
            ("import of the same again", &self.again),
            ("import of a tenth", &self.small),
            ("loading what it wrote", &self.floor),
            ("reminding", &self.reminding),
            ("inserting the messages", &self.notices),
        ] {
            row(what, cost);
        }
        println!();
        let import = match engine {
            Engine::Sqlite => "I1  import against sqlite3's .import",
            Engine::Postgres { .. } => "I3  import against COPY",
        };
        goal(import, self.first.beside(&self.floor), "2.0");
        goal(
            "I5  again against first",
            self.again.beside(&self.first),
            "0.3",
        );
        let growth = self.first.each(self.entries) / self.small.each(self.small_entries);
        goal("G1  an entry against one of a tenth", growth, "1.7");
        let cache = match engine {
            Engine::Sqlite => CACHE_KIB + READER_CACHES_KIB,
            Engine::Postgres { .. } => 0,
        };
        let beyond = self.first.peak_kib.saturating_sub(cache) / 1024;
        let allowed = 64 + 64 * self.open / 1024 / 1024;
        println!("M1  memory beside the cache, MiB {beyond:>23}   goal at most {allowed}");
        println!(
            "W1  a decision waited, ms        {:>23}   goal at most 250",
            self.decisions.longest_ms()
        );
        goal(
            "L3  a lookup against one at rest",
            self.lookups.median_ms() / self.idle_lookups.median_ms().max(0.001),
            "3",
        );
        goal(
            "D1  reminding against INSERT … SELECT",
            self.reminding.beside(&self.notices),
            "4",
        );
        println!(
            "\nbytes an entry          of {:>8}   of {:>8}",
            self.small_entries, self.entries
        );
        let [small, large] = &self.weights;
        for (name, bytes) in large.iter().take(HEAVIEST) {
            let before = small.iter().find(|(other, _)| other == name);
            let before = before.map_or(0, |(_, bytes)| bytes / self.small_entries.max(1));
            println!("{name:<34}{before:>8}{:>14}", bytes / self.entries.max(1));
        }
    }
}

/// A database with the students and fees of a university.
fn loaded(engine: &Engine, university: &University, database: &str) -> Result<()> {
    engine.create(database)?;
    for words in [
        &["init"][..],
        &["students", "import", "students.csv"],
        &["fees", "import", "fees.csv"],
    ] {
        run(engine, university, database, words, || Ok(()))?;
    }
    Ok(())
}

fn run(
    engine: &Engine,
    university: &University,
    database: &str,
    words: &[&str],
    mut meanwhile: impl FnMut() -> Result<()>,
) -> Result<Cost> {
    let mut command = university.kwestura(words);
    command.args(["--database", &engine.url(university, database)]);
    let pause = Duration::from_millis(30);
    cost::of_command(command, engine.server(), || {
        meanwhile()?;
        std::thread::sleep(pause);
        Ok(())
    })
}

fn row(what: &str, cost: &Cost) {
    println!(
        "{what:<28}{:>10.2} s of processor time {:>9.2} s by the clock {:>6} MiB",
        cost.cpu_ms as f64 / 1000.0,
        cost.wall.as_secs_f64(),
        cost.peak_kib / 1024
    );
}

fn goal(what: &str, ratio: f64, least: &str) {
    println!("{what:<40}{ratio:>16.2}   goal at most {least}");
}
