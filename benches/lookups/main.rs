//! What looking up a student's fees costs: beside a bare handler, many at once, and beside an import.
//!
//! `cargo bench --bench lookups -- STUDENTS` makes up a university, imports all but the last part of its
//! statements into SQLite, and serves it. Then it asks, one request after another, each on a line of its
//! own, as other systems do:
//!
//! | | |
//! |---|---|
//! | L1 | an account by the interface, with its token and the audit log, beside a bare axum handler that reads the same positions and credits of the student with sqlx |
//! | many | 1 000 students in one request beside 50 in one request each |
//! | L3 | the median account while the rest of the statements is imported beside the median when nothing is |
//!
//! It prints ratios, each beside its goal, and judges nothing: the machine may be shared, so no number
//! of it is worth anything outside of its run.
#![expect(clippy::print_stdout, reason = "a table is what it is for")]
#![expect(clippy::float_arithmetic, reason = "ratios are measured, not booked")]
#![expect(
    clippy::expect_used,
    reason = "a measure that cannot go on says where it stopped"
)]

use anyhow::{Context, Result, bail, ensure};
use axum::extract::{Path as UrlPath, State};
use axum::routing::get;
use axum::{Json, Router};
use kwestura::remote::{self, Ask};
use serde_json::{Value, json};
use sqlx::sqlite::{SqliteConnectOptions, SqlitePool, SqlitePoolOptions};
use std::io::{BufRead as _, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};
use tokio::net::TcpListener;

/// Requests of each kind.
const REQUESTS: usize = 400;
/// Ids in one request, and single requests beside it.
const MANY: usize = 1_000;
const SINGLES: usize = 50;
/// What the bare handler reads.
const POSITIONS: &str = "
    SELECT r.item, r.amount_minor, r.open_minor FROM receivable_position r
      JOIN person p ON p.id = r.person_id WHERE p.external_id = $1 ORDER BY r.due_on, r.item";
const ALLOCATIONS: &str = "
    SELECT a.item, a.credit_id, a.amount_minor FROM allocation a
      JOIN person p ON p.id = a.person_id WHERE p.external_id = $1 ORDER BY a.seq";

fn main() -> Result<()> {
    let words: Vec<String> = std::env::args()
        .skip(1)
        .filter(|word| word != "--bench")
        .collect();
    let students: u32 = match words.as_slice() {
        [] => 2_000,
        [students] => students.parse().context("the number of students")?,
        _ => bail!("usage: cargo bench --bench lookups -- [STUDENTS]"),
    };
    ensure!(1_000 <= students, "less than 1 000 students tell nothing");
    let folder = tempfile::TempDir::with_prefix("kwestura-lookups-")?;
    let runtime = tokio::runtime::Runtime::new()?;
    runtime.block_on(measured(&University::new(folder.path(), students)?))
}

/// A university in a folder, with its last statements laid aside.
struct University {
    folder: PathBuf,
    ids: Vec<String>,
}

impl University {
    fn new(folder: &Path, students: u32) -> Result<University> {
        let folder = folder.join("university");
        let count = students.to_string();
        let out = folder.to_str().context("a folder with a plain name")?;
        kwestura(
            Path::new("."),
            &[
                "simulate",
                "--students",
                &count,
                "--seed",
                "7",
                "--out",
                out,
            ],
        )?;
        let mut files: Vec<PathBuf> = std::fs::read_dir(folder.join("statements"))?
            .map(|file| Ok(file?.path()))
            .collect::<Result<_>>()?;
        files.sort();
        std::fs::create_dir(folder.join("later"))?;
        for file in files.split_off(files.len() / 2) {
            let name = file.file_name().context("a file's name")?;
            std::fs::rename(&file, folder.join("later").join(name))?;
        }
        for words in [
            &["init"][..],
            &["students", "import", "students.csv"],
            &["fees", "import", "fees.csv"],
            &["import", "statements"],
        ] {
            kwestura(&folder, words)?;
        }
        let text = std::fs::read_to_string(folder.join("students.csv"))?;
        let ids = text
            .lines()
            .skip(1)
            .filter_map(|line| line.split(';').next());
        let mut ids: Vec<String> = ids.map(str::to_owned).collect();
        ids.dedup();
        Ok(University { folder, ids })
    }

    /// Students far from one another, round and round.
    fn some(&self, count: usize) -> Vec<&str> {
        let ids = self.ids.iter().cycle().step_by(37).take(count);
        ids.map(String::as_str).collect()
    }
}

/// Runs the program and returns what it says.
fn kwestura(folder: &Path, words: &[&str]) -> Result<String> {
    let output = Command::new(env!("CARGO_BIN_EXE_kwestura"))
        .args(words)
        .current_dir(folder)
        .output()?;
    // 1 says that something waits for a person.
    let worked = matches!(output.status.code(), Some(0 | 1));
    let errors = String::from_utf8_lossy(&output.stderr);
    ensure!(worked, "kwestura {}: {errors}", words.join(" "));
    Ok(String::from_utf8(output.stdout)?)
}

/// The pages and the interface, until this is dropped.
struct Served {
    child: Child,
    address: String,
}

impl Served {
    fn begin(folder: &Path) -> Result<Served> {
        let mut child = Command::new(env!("CARGO_BIN_EXE_kwestura"))
            .args(["serve", "--only", "web", "--listen", "127.0.0.1:0"])
            .current_dir(folder)
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()?;
        let mut line = String::new();
        let out = child.stdout.take().context("its output")?;
        BufReader::new(out).read_line(&mut line)?;
        let address = line.split_whitespace().nth(1).context("its address")?;
        let address = address.trim_end_matches(',').to_owned();
        Ok(Served { child, address })
    }
}

impl Drop for Served {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

async fn measured(university: &University) -> Result<()> {
    let words = ["token", "add", "lookups", "--scope", "accounts"];
    let token = kwestura(&university.folder, &words)?;
    let caller = Caller {
        served: Served::begin(&university.folder)?,
        token: format!("Bearer {}", token.trim()),
        bare: bare(&university.folder).await?,
    };
    let ids = university.some(REQUESTS);
    // Both have read what they keep.
    for id in ids.iter().take(20) {
        caller.account(id).await?;
        caller.bare(id).await?;
    }
    let (mut ours, mut theirs) = (Vec::new(), Vec::new());
    for id in &ids {
        ours.push(caller.account(id).await?);
        theirs.push(caller.bare(id).await?);
    }
    let (all_ours, all_theirs): (Duration, Duration) = (ours.iter().sum(), theirs.iter().sum());
    let idle = median(&mut ours);
    println!(
        "{} students, {REQUESTS} lookups of each kind",
        university.ids.len()
    );
    println!(
        "account            median {idle:?}; bare handler {:?}",
        median(&mut theirs)
    );
    line(
        "L1 of the bare handler's rate",
        all_theirs,
        all_ours,
        "must >= 0.7",
    );

    let began = Instant::now();
    caller.many(&university.some(MANY)).await?;
    let many = began.elapsed();
    let began = Instant::now();
    for id in university.some(SINGLES) {
        caller.account(id).await?;
    }
    let singles = began.elapsed();
    println!("{MANY} in one request   {many:?}; {SINGLES} one by one {singles:?}");
    line("one of many beside 50 single", many, singles, "must < 1");

    let mut import = Command::new(env!("CARGO_BIN_EXE_kwestura"))
        .args(["import", "later"])
        .current_dir(&university.folder)
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()?;
    let mut beside = Vec::new();
    let mut ids = university.ids.iter().cycle().step_by(37);
    while import.try_wait()?.is_none() {
        let id = ids.next().context("a student")?;
        beside.push(caller.account(id).await?);
    }
    ensure!(!beside.is_empty(), "the import was over before a lookup");
    let count = beside.len();
    let beside = median(&mut beside);
    println!("beside an import   median {beside:?} of {count} lookups");
    line("L3 beside an import, of idle", beside, idle, "must <= 3");
    Ok(())
}

fn median(times: &mut [Duration]) -> Duration {
    times.sort_unstable();
    times.get(times.len() / 2).copied().unwrap_or_default()
}

fn line(what: &str, one: Duration, other: Duration, goal: &str) {
    let ratio = one.as_secs_f64() / other.as_secs_f64();
    println!("  {what:<34} {ratio:6.2}   {goal}");
}

/// Another system.
struct Caller {
    served: Served,
    token: String,
    bare: String,
}

impl Caller {
    async fn account(&self, id: &str) -> Result<Duration> {
        let address = format!("{}/api/v1/students/{id}/account", self.served.address);
        self.asked(&address, None).await
    }

    async fn bare(&self, id: &str) -> Result<Duration> {
        self.asked(&format!("{}/{id}", self.bare), None).await
    }

    async fn many(&self, ids: &[&str]) -> Result<Duration> {
        let address = format!("{}/api/v1/accounts", self.served.address);
        let body = json!({ "students": ids }).to_string();
        self.asked(&address, Some(("application/json", body))).await
    }

    async fn asked(&self, address: &str, body: Option<(&'static str, String)>) -> Result<Duration> {
        let ask = Ask {
            address,
            authorization: Some(self.token.clone()),
            body,
            bytes_max: Some(64 << 20),
            ..Ask::default()
        };
        let began = Instant::now();
        let answer = remote::ask(&ask).await?;
        ensure!(answer.status == 200, "{address}: {}", answer.text);
        Ok(began.elapsed())
    }
}

/// A handler that does nothing but read.
async fn bare(folder: &Path) -> Result<String> {
    let options = SqliteConnectOptions::new()
        .filename(folder.join("kwestura.db"))
        .read_only(true);
    let pool = SqlitePoolOptions::new()
        .max_connections(4)
        .connect_with(options)
        .await?;
    let router = Router::new().route("/{id}", get(read)).with_state(pool);
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    let address = format!("http://{}", listener.local_addr()?);
    tokio::spawn(async move { axum::serve(listener, router).await });
    Ok(address)
}

async fn read(State(pool): State<SqlitePool>, UrlPath(id): UrlPath<String>) -> Json<Value> {
    let positions: Vec<(String, i64, i64)> = sqlx::query_as(POSITIONS)
        .bind(&id)
        .fetch_all(&pool)
        .await
        .expect("the positions");
    let allocations: Vec<(String, i64, i64)> = sqlx::query_as(ALLOCATIONS)
        .bind(&id)
        .fetch_all(&pool)
        .await
        .expect("the allocations");
    Json(json!({ "positions": positions, "allocations": allocations }))
}
