//! What an import costs beside what the database alone needs to take the same rows.
//!
//! `cargo bench --bench scale -- CREDITS` makes up a university with about so many credits, imports
//! its semester into SQLite, lets the `sqlite3` program load the finished tables into the same
//! indexed tables, and prints the ratios, each beside its goal. Processor time of all processes
//! taken together, from `/proc`; it judges nothing: the machine may be shared, so no number of it is
//! worth anything outside of its run.
#![expect(clippy::print_stdout, reason = "a table is what it is for")]
#![expect(clippy::float_arithmetic, reason = "ratios are measured, not booked")]
#![expect(
    clippy::cast_precision_loss,
    reason = "ratios are shown with two digits"
)]

use anyhow::{Context, Result, bail, ensure};
use kwestura::store::Db;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::thread::sleep;
use std::time::{Duration, Instant};

/// Credits of a student who pays month by month.
const CREDITS_EACH: u32 = 5;
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
/// The page cache of a connection, KiB; see `Db::connect`.
const CACHE_KIB: u64 = 65_536;

fn main() -> Result<()> {
    let words: Vec<String> = std::env::args()
        .skip(1)
        .filter(|word| word != "--bench")
        .collect();
    let credits: u32 = match words.as_slice() {
        [] => 20_000,
        [credits] => credits.parse().context("the number of credits")?,
        _ => bail!("usage: cargo bench --bench scale -- [CREDITS]"),
    };
    ensure!(1_000 <= credits, "less than 1 000 credits tell nothing");
    let folder = tempfile::TempDir::with_prefix("kwestura-scale-")?;
    let small = University::new(&folder.path().join("small"), credits / GROWTH)?;
    let small_cost = small.import()?;
    let small_credits = small.count("SELECT COUNT(*) FROM entry WHERE same_as IS NULL")?;

    let large = University::new(&folder.path().join("large"), credits)?;
    let waited = large.while_importing()?;
    large.anew()?;
    let first = large.import()?;
    let again = large.import()?;
    let floor = large.floor()?;
    let credits = large.count("SELECT COUNT(*) FROM entry WHERE same_as IS NULL")?;
    let open = large.count("SELECT COUNT(*) FROM receivable_position WHERE open_minor > 0")?;

    println!(
        "{credits} entries of {} students, SQLite; processor time\n",
        large.students
    );
    let per_entry = |cost: &Cost, entries: u64| cost.cpu_ms as f64 * 1000.0 / entries as f64;
    row("import", &first);
    row("import of the same again", &again);
    row("sqlite3 .import of what it wrote", &floor);
    row("import of a tenth", &small_cost);
    println!();
    goal(
        "I1  import against sqlite3's own",
        ratio(&first, &floor),
        "2.0",
    );
    goal("I5  again against first", ratio(&again, &first), "0.3");
    let growth = per_entry(&first, credits) / per_entry(&small_cost, small_credits);
    goal("G1  an entry against one of a tenth of them", growth, "1.7");
    let beyond = first.peak_kib.saturating_sub(CACHE_KIB);
    let allowed = 64 * 1024 + 64 * open / 1024;
    println!(
        "M1  memory beside the cache: {} MiB; goal {} MiB",
        beyond / 1024,
        allowed / 1024
    );
    println!(
        "W1  a writer beside the import waited at most {} ms; goal 250 ms",
        waited.as_millis()
    );
    Ok(())
}

fn row(what: &str, cost: &Cost) {
    println!(
        "{what:<36}{:>10.2} s of processor time, {:>8.2} s by the clock, {:>6} MiB",
        cost.cpu_ms as f64 / 1000.0,
        cost.wall.as_secs_f64(),
        cost.peak_kib / 1024
    );
}

fn ratio(one: &Cost, other: &Cost) -> f64 {
    one.cpu_ms as f64 / other.cpu_ms.max(1) as f64
}

fn goal(what: &str, ratio: f64, least: &str) {
    println!("{what:<48}{ratio:>8.2}   goal at most {least}");
}

/// What a process took.
struct Cost {
    cpu_ms: u64,
    wall: Duration,
    /// The most memory that was seen, in looks of 20 ms.
    peak_kib: u64,
}

/// A made-up university in a folder, students and fees loaded.
struct University {
    folder: PathBuf,
    students: u32,
}

impl University {
    fn new(folder: &Path, credits: u32) -> Result<University> {
        let students = credits.div_ceil(CREDITS_EACH);
        let university = University {
            folder: folder.to_owned(),
            students,
        };
        let out = folder.to_string_lossy();
        let students = students.to_string();
        let mut simulate = Command::new(env!("CARGO_BIN_EXE_kwestura"));
        simulate.args([
            "simulate",
            "--monthly",
            "--students",
            &students,
            "--out",
            &out,
        ]);
        measured(simulate)?;
        for words in [
            &["init"][..],
            &["students", "import", "students.csv"],
            &["fees", "import", "fees.csv"],
        ] {
            measured(university.kwestura(words))?;
        }
        std::fs::copy(university.database(), folder.join("loaded.db"))?;
        Ok(university)
    }

    fn database(&self) -> PathBuf {
        self.folder.join("kwestura.db")
    }

    /// As it was before the first import.
    fn anew(&self) -> Result<()> {
        std::fs::copy(self.folder.join("loaded.db"), self.database())?;
        Ok(())
    }

    fn kwestura(&self, words: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_kwestura"));
        command.args(words).current_dir(&self.folder);
        command
    }

    fn import(&self) -> Result<Cost> {
        measured(self.kwestura(&["import", "statements"]))
    }

    /// How long another writer waited at most while an import went on.
    fn while_importing(&self) -> Result<Duration> {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()?;
        let mut import = quiet(self.kwestura(&["import", "statements"])).spawn()?;
        let url = self.database().to_string_lossy().into_owned();
        let longest = runtime.block_on(async {
            let db = Db::connect(&url, false).await?;
            let mut longest = Duration::ZERO;
            while import.try_wait()?.is_none() {
                let began = Instant::now();
                db.write().await?.rollback().await?;
                longest = longest.max(began.elapsed());
                sleep(Duration::from_millis(50));
            }
            db.close().await;
            anyhow::Ok(longest)
        })?;
        let status = import.wait()?;
        ensure!(ended_well(status), "the import failed: {status}");
        Ok(longest)
    }

    fn sqlite3(&self, database: &Path, script: &str) -> Result<(String, Cost)> {
        let mut command = Command::new("sqlite3");
        command.arg(database).current_dir(&self.folder);
        let mut file = tempfile::tempfile()?;
        file.write_all(script.as_bytes())?;
        std::io::Seek::rewind(&mut file)?;
        let answer = self.folder.join("answer");
        command.stdin(file).stdout(std::fs::File::create(&answer)?);
        let cost = measured_as_it_is(command).context("is the program sqlite3 installed?")?;
        Ok((std::fs::read_to_string(answer)?, cost))
    }

    fn count(&self, sql: &str) -> Result<u64> {
        let (answer, _) = self.sqlite3(&self.database(), &format!("{sql};"))?;
        Ok(answer.trim().parse()?)
    }

    /// What `sqlite3` needs to load the finished tables into tables with the same columns, keys and
    /// indexes. Their checks are left out: a CSV file knows no NULL. That favours the baseline.
    fn floor(&self) -> Result<Cost> {
        let tables = WRITTEN.map(|table| format!("'{table}'")).join(", ");
        // A key of one integer column is the row's own number; any other is an index.
        let (schema, _) = self.sqlite3(
            &self.database(),
            &format!(
                "SELECT 'CREATE TABLE ' || m.name || ' (' || group_concat(
                        '\"' || c.name || '\" ' || c.type ||
                        CASE WHEN c.pk = 1 AND c.type = 'INTEGER' AND (SELECT COUNT(*)
                             FROM pragma_table_info(m.name) k WHERE k.pk > 0) = 1
                        THEN ' PRIMARY KEY' ELSE '' END, ', ')
                    || COALESCE((SELECT ', PRIMARY KEY (' || group_concat(name, ', ') || ')'
                        FROM (SELECT name, pk, type FROM pragma_table_info(m.name) WHERE pk > 0 ORDER BY pk)
                       HAVING COUNT(*) > 1 OR MAX(type) <> 'INTEGER'), '') || ')'
                    || CASE WHEN m.sql LIKE '%WITHOUT ROWID%' THEN ' WITHOUT ROWID' ELSE '' END || ';'
                   FROM sqlite_master m JOIN pragma_table_info(m.name) c
                  WHERE m.type = 'table' AND m.name IN ({tables}) GROUP BY m.name;
                 SELECT sql || ';' FROM sqlite_master
                  WHERE type = 'index' AND sql IS NOT NULL AND tbl_name IN ({tables});"
            ),
        )?;
        let dump =
            WRITTEN.map(|table| format!(".mode csv\n.once {table}.csv\nSELECT * FROM {table};\n"));
        self.sqlite3(&self.database(), &dump.concat())?;
        let target = self.folder.join("floor.db");
        self.sqlite3(&target, &schema)?;
        let load = WRITTEN.map(|table| format!(".import --csv {table}.csv {table}\n"));
        let load = load.concat();
        let settings = format!(
            "PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA cache_size = -{CACHE_KIB};"
        );
        let (_, cost) = self.sqlite3(&target, &format!("{settings}\nBEGIN;\n{load}COMMIT;\n"))?;
        Ok(cost)
    }
}

fn quiet(mut command: Command) -> Command {
    command.stdout(Stdio::null()).stderr(Stdio::null());
    command
}

/// An import that leaves something for a person says so by its exit code.
fn ended_well(status: std::process::ExitStatus) -> bool {
    matches!(status.code(), Some(0 | 1))
}

fn measured(command: Command) -> Result<Cost> {
    measured_as_it_is(quiet(command))
}

fn measured_as_it_is(mut command: Command) -> Result<Cost> {
    let before = of_children()?;
    let began = Instant::now();
    let mut child = command.spawn()?;
    let mut peak_kib = 0;
    let status = loop {
        if let Some(status) = child.try_wait()? {
            break status;
        }
        peak_kib = peak_kib.max(memory_kib(child.id()));
        sleep(Duration::from_millis(20));
    };
    ensure!(ended_well(status), "{command:?} failed: {status}");
    Ok(Cost {
        cpu_ms: of_children()? - before,
        wall: began.elapsed(),
        peak_kib,
    })
}

/// Milliseconds of processor time that ended children took, in ticks of 10 ms: `cutime` and `cstime`
/// of proc(5).
fn of_children() -> Result<u64> {
    let stat = std::fs::read_to_string("/proc/self/stat")?;
    let behind_name = stat.rsplit(')').next().unwrap_or_default();
    let ticks = behind_name.split_whitespace().skip(13).take(2);
    ticks.map(|ticks| Ok(ticks.parse::<u64>()? * 10)).sum()
}

fn memory_kib(process: u32) -> u64 {
    let status = std::fs::read_to_string(format!("/proc/{process}/status")).unwrap_or_default();
    let peak = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    let peak = peak.and_then(|rest| rest.split_whitespace().next());
    peak.and_then(|kib| kib.parse().ok()).unwrap_or_default()
}
