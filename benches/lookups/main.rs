//! What looking up a student's fees costs: beside a bare handler, many at once, and beside an import.
//!
//! `cargo bench --bench lookups -- STUDENTS [ENGINE]` makes up a university, imports the first half of its
//! statements into SQLite (or, with `postgres`, a private PostgreSQL server), and serves it. Beside it runs a
//! bare handler, axum and the same queries by sqlx, in a process of its own. Both are asked over lines that
//! stay open, as other systems do:
//!
//! | | |
//! |---|---|
//! | L1 | accounts by the interface, each with its token and the audit log on disk, asked by 32 at once, beside the bare handler that asks the database the same and tells how many rows came; by wall and, on SQLite, by processor time |
//! | positions | on SQLite the same beside a handler that asks for the positions and allocations alone, which are concluded already |
//! | many | 1 000 students in one request beside 50 in one request each |
//! | L3 | the median account, asked by one, while the rest of the statements is imported beside the median when nothing is |
//!
//! It prints ratios, each beside its goal, and judges nothing: the machine may be shared, so no number
//! of it is worth anything outside of its run.
#![expect(clippy::print_stdout, reason = "a table is what it is for")]
#![expect(clippy::float_arithmetic, reason = "ratios are measured, not booked")]
#![expect(
    clippy::expect_used,
    clippy::unwrap_used,
    reason = "a measure that cannot go on says where it stopped"
)]

mod bare;
#[expect(dead_code, reason = "the stories ask more of it")]
#[path = "../../tests/support/cluster.rs"]
mod cluster;
mod line;
#[path = "../program.rs"]
mod program;

use anyhow::{Context, Result, bail, ensure};
use cluster::{Cluster, newest_binaries};
use line::Line;
use program::{FILE, Program};
use serde_json::json;
use std::io::{BufRead as _, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

/// Requests of each kind, by so many at once.
const REQUESTS: u32 = 8_000;
const AT_ONCE: usize = 32;
/// Rounds, of which the median counts.
const ROUNDS: usize = 5;
/// Requests one after another.
const IN_TURN: usize = 400;
/// Ids in one request, and single requests beside it.
const MANY: usize = 1_000;
const SINGLES: usize = 50;
/// So long is asked beside an import.
const BESIDE: Duration = Duration::from_mins(1);

fn main() -> Result<()> {
    let words: Vec<String> = std::env::args()
        .skip(1)
        .filter(|word| word != "--bench")
        .collect();
    let runtime = runtime();
    let words: Vec<&str> = words.iter().map(String::as_str).collect();
    let (students, server) = match words.as_slice() {
        ["bare", database] => return runtime.block_on(bare::serve(database)),
        [] => ("2000", None),
        [students] | [students, "sqlite"] => (*students, None),
        [students, "postgres"] => {
            let binaries = newest_binaries().context("no PostgreSQL server is installed")?;
            (*students, Some(Cluster::start(&binaries, "", None)))
        }
        _ => bail!("usage: cargo bench --bench lookups -- [STUDENTS [sqlite|postgres]]"),
    };
    let students: u32 = students.parse().context("the number of students")?;
    ensure!(1_000 <= students, "less than 1 000 students tell nothing");
    let folder = tempfile::TempDir::with_prefix("kwestura-lookups-")?;
    let database = server.as_ref().map_or(FILE.to_owned(), Cluster::url);
    let university = University::new(folder.path(), database, students)?;
    runtime.block_on(measured(&university, server.is_none()))
}

/// A runtime for what this process does itself.
fn runtime() -> tokio::runtime::Runtime {
    tokio::runtime::Runtime::new().expect("a runtime")
}

/// A university in a folder, with its last statements laid aside.
struct University {
    folder: PathBuf,
    /// A file in it, or a server's address.
    database: String,
    ids: Vec<String>,
}

impl University {
    fn new(folder: &Path, database: String, students: u32) -> Result<University> {
        let folder = folder.join("university");
        let count = students.to_string();
        let out = folder.to_str().context("a folder with a plain name")?;
        let here = Program::on_file(Path::new("."));
        let words = [
            "--monthly",
            "--students",
            &count,
            "--seed",
            "7",
            "--out",
            out,
        ];
        here.run(&["simulate"].into_iter().chain(words).collect::<Vec<_>>())?;
        let mut files: Vec<PathBuf> = std::fs::read_dir(folder.join("statements"))?
            .map(|file| Ok(file?.path()))
            .collect::<Result<_>>()?;
        files.sort();
        std::fs::create_dir(folder.join("later"))?;
        for file in files.split_off(files.len() / 2) {
            let name = file.file_name().context("a file's name")?;
            std::fs::rename(&file, folder.join("later").join(name))?;
        }
        let program = Program {
            folder: &folder,
            database: &database,
        };
        program.books()?;
        let text = std::fs::read_to_string(folder.join("students.csv"))?;
        let ids = text
            .lines()
            .skip(1)
            .filter_map(|line| line.split(';').next());
        let mut ids: Vec<String> = ids.map(str::to_owned).collect();
        ids.dedup();
        Ok(University {
            folder,
            database,
            ids,
        })
    }

    fn program(&self) -> Program<'_> {
        Program {
            folder: &self.folder,
            database: &self.database,
        }
    }

    /// Students far from one another, round and round.
    fn some(&self, count: usize) -> Vec<&str> {
        let ids = self.ids.iter().cycle().step_by(37).take(count);
        ids.map(String::as_str).collect()
    }
}

/// A server, until this is dropped.
struct Served {
    child: Child,
    address: String,
}

impl Served {
    /// The pages and the interface.
    fn ours(program: Program<'_>) -> Result<Served> {
        let words = ["serve", "--only", "web", "--listen", "127.0.0.1:0"];
        Served::begin(&mut program.command(&words))
    }

    /// The bare handlers, by this program.
    fn bare(program: Program<'_>) -> Result<Served> {
        let mut command = Command::new(std::env::current_exe()?);
        command.args(["bare", program.database]);
        Served::begin(command.current_dir(program.folder))
    }

    /// Its first line says where it listens.
    fn begin(command: &mut Command) -> Result<Served> {
        let command = command.stdout(Stdio::piped()).stderr(Stdio::null());
        let mut child = command.spawn()?;
        let mut line = String::new();
        let out = child.stdout.take().context("its output")?;
        BufReader::new(out).read_line(&mut line)?;
        let address = line.split_whitespace().find(|word| word.contains("://"));
        let address = address.context("its address")?;
        let address = address.trim_start_matches("http://").trim_end_matches(',');
        Ok(Served {
            child,
            address: address.to_owned(),
        })
    }

    /// Processor time so far.
    fn spent(&self) -> Result<Duration> {
        let stat = std::fs::read_to_string(format!("/proc/{}/stat", self.child.id()))?;
        let behind_name = stat.rsplit(')').next().context("its figures")?;
        let ticks = behind_name.split_whitespace().skip(11).take(2);
        let ticks: u64 = ticks.map(|ticks| ticks.parse().unwrap_or(0)).sum();
        Ok(Duration::from_millis(ticks * 10))
    }
}

impl Drop for Served {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// What a round of requests took.
#[derive(Default)]
struct Took {
    wall: Vec<Duration>,
    processor: Vec<Duration>,
}

impl Took {
    async fn round(&mut self, server: &Served, requests: Vec<String>) -> Result<()> {
        let (began, spent) = (Instant::now(), server.spent()?);
        let mut lines = tokio::task::JoinSet::new();
        let share = requests.len().div_ceil(AT_ONCE).max(1);
        for part in requests.chunks(share) {
            let (part, mut line) = (part.to_vec(), Line::to(&server.address).await?);
            lines.spawn(async move {
                for request in &part {
                    line.asked(request).await?;
                }
                anyhow::Ok(())
            });
        }
        while let Some(ended) = lines.join_next().await {
            ended??;
        }
        self.wall.push(began.elapsed());
        self.processor.push(server.spent()?.saturating_sub(spent));
        Ok(())
    }

    fn say(&mut self, what: &str) -> (Duration, Duration) {
        let (wall, processor) = (median(&mut self.wall), median(&mut self.processor));
        let each = |all: Duration| all.as_secs_f64() * 1e6 / f64::from(REQUESTS);
        println!(
            "{what:<22} {:7.0} requests a second, {:6.0} us of processor each",
            f64::from(REQUESTS) / wall.as_secs_f64(),
            each(processor)
        );
        (wall, processor)
    }
}

async fn measured(university: &University, on_file: bool) -> Result<()> {
    let program = university.program();
    let token = program.run(&["token", "add", "lookups", "--scope", "accounts"])?;
    let token = token.trim();
    let (ours, bare) = (Served::ours(program)?, Served::bare(program)?);
    let account = |id: &str| line::get(&format!("/api/v1/students/{id}/account"), token);
    let ids = university.some(REQUESTS as usize);
    let of = |path: &str| {
        let requests = ids.iter().map(|id| line::get(&format!("/{path}/{id}"), ""));
        requests.collect::<Vec<String>>()
    };
    let (same, positions) = (of("same"), of("positions"));
    let (mut by_us, mut by_same, mut by_positions) =
        (Took::default(), Took::default(), Took::default());
    // The first round fills what everybody keeps, and does not count.
    for round in 0..=ROUNDS {
        if round == 1 {
            (by_us, by_same, by_positions) = (Took::default(), Took::default(), Took::default());
        }
        let accounts = ids.iter().map(|id| account(id)).collect();
        by_us.round(&ours, accounts).await?;
        by_same.round(&bare, same.clone()).await?;
        if on_file {
            by_positions.round(&bare, positions.clone()).await?;
        }
    }
    let students = university.ids.len();
    println!("{students} students; {REQUESTS} lookups by {AT_ONCE} at once, median of {ROUNDS}");
    let (our_wall, our_processor) = by_us.say("account");
    let (wall, processor) = by_same.say("bare, the same queries");
    line(
        "L1 rate, of the bare handler's",
        wall,
        our_wall,
        "must >= 0.7",
    );
    if on_file {
        line(
            "L1 by processor time",
            processor,
            our_processor,
            "must >= 0.7",
        );
        let (narrow, _) = by_positions.say("bare, positions alone");
        line("rate, of positions alone", narrow, our_wall, "no goal");
    }

    let mut alone = Line::to(&ours.address).await?;
    let mut times = Vec::new();
    for id in university.some(IN_TURN) {
        times.push(alone.asked(&account(id)).await?);
    }
    let idle = median(&mut times);
    println!("one after another      median {idle:?}");
    let body = json!({ "students": university.some(MANY) }).to_string();
    let (mut many, mut singles) = (Vec::new(), Vec::new());
    for _ in 0..ROUNDS {
        many.push(
            alone
                .asked(&line::post("/api/v1/accounts", token, &body))
                .await?,
        );
        let mut all = Duration::ZERO;
        for id in university.some(SINGLES) {
            all += alone.asked(&account(id)).await?;
        }
        singles.push(all);
    }
    let (many, singles) = (median(&mut many), median(&mut singles));
    println!("{MANY} in one request   {many:?}; {SINGLES} one by one {singles:?}");
    line("one of many beside 50 single", many, singles, "must < 1");
    drop(bare);

    let mut import = program.import_later()?;
    let (began, mut beside) = (Instant::now(), Vec::new());
    let mut ids = university.ids.iter().cycle().step_by(37);
    while import.try_wait()?.is_none() && began.elapsed() < BESIDE {
        let id = ids.next().context("a student")?;
        beside.push(alone.asked(&account(id)).await?);
    }
    import.kill()?;
    import.wait()?;
    ensure!(!beside.is_empty(), "the import was over before a lookup");
    let count = beside.len();
    let beside = median(&mut beside);
    println!("beside an import       median {beside:?} of {count} lookups");
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
