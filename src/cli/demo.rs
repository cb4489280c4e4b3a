//! `kwestura demo`: a whole semester in a folder of its own, and its pages.

mod pages;

use super::common::table;
use super::progress::Progress;
use super::say::say;
use super::{Context, Outcome, attention, import, score};
use crate::engine::roster::Upload;
use crate::engine::{EngineError, Office, account, fees, students, verify};
use crate::money::{Currency, format_plain};
use crate::simulate::{Plan, simulate_with};
use crate::statement::read::read as read_statement;
use clap::Args as ClapArgs;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::Instant;

/// Arguments of `kwestura demo`.
#[derive(Debug, ClapArgs)]
#[command(
    after_help = "Nothing outside the folder is touched, and no bank or mail server is asked."
)]
pub struct Args {
    /// The folder; one that an earlier demo made is made anew.
    #[arg(long, default_value = "kwestura-demo")]
    out: PathBuf,
    /// How many students.
    #[arg(long, default_value_t = 1_000, value_parser = clap::value_parser!(u32).range(10..=50_000))]
    students: u32,
    /// The same seed makes the same university.
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// End without serving the pages.
    #[arg(long)]
    no_serve: bool,
}

/// Stands in a folder that a demo made, and may be made anew.
const MARK: &str = ".made-by-kwestura-demo";

/// The samples that ship with the program: name and bytes.
const SAMPLES: &[(&str, &[u8])] = &[
    (
        "mt940-mbank/2026-10-12.sta",
        include_bytes!("../../statements/mt940-mbank/2026-10-12.sta"),
    ),
    (
        "mt940-mbank/2026-10-13.sta",
        include_bytes!("../../statements/mt940-mbank/2026-10-13.sta"),
    ),
    (
        "mt940-mbank-week/2026-10-12--16.sta",
        include_bytes!("../../statements/mt940-mbank-week/2026-10-12--16.sta"),
    ),
    (
        "mt940-german/2026-10-19.sta",
        include_bytes!("../../statements/mt940-german/2026-10-19.sta"),
    ),
    (
        "mt940-pko/2026-10-20.sta",
        include_bytes!("../../statements/mt940-pko/2026-10-20.sta"),
    ),
    (
        "camt053-v02/2026-10-21.xml",
        include_bytes!("../../statements/camt053-v02/2026-10-21.xml"),
    ),
    (
        "camt053-v08/2026-10-22.xml",
        include_bytes!("../../statements/camt053-v08/2026-10-22.xml"),
    ),
    (
        "does-not-add-up/mt940-german-2026-10-23.sta",
        include_bytes!("../../statements/does-not-add-up/mt940-german-2026-10-23.sta"),
    ),
];

/// Runs it.
pub async fn run(context: &Context, args: &Args) -> Outcome {
    let folder = &args.out;
    fresh(folder)?;
    say!(
        "1. A made-up university: {} students, one semester, two bank accounts.",
        args.students
    );
    let plan = Plan::of(args.students, args.seed);
    let world = folder.join("semester");
    let progress = Progress::new("students", args.students as usize);
    let summary = simulate_with(&plan, &world, |done| progress.at(done as usize))
        .map_err(|error| failed(&world, &error))?;
    progress.end();
    say!(
        "   {} fees; {} credits in {} bank statements, some of them sent twice or overlapping.\n",
        summary.fees,
        summary.credits,
        summary.statements
    );

    say!("2. Students, fees and statements go in (kwestura init, students, fees, import).");
    let office = open(context, &world).await?;
    load(&office, &world).await?;
    let began = Instant::now();
    let imported = import::import_paths(&office, &[world.join("statements")]).await?;
    let millis = began.elapsed().as_millis().max(1);
    import::print_summary(&imported);
    let entries = imported.counts.entries;
    say!(
        "{entries} new entries in {} ms, from the files to the settled accounts: {} a second.",
        millis,
        entries as u128 * 1_000 / millis
    );

    say!(
        "\n3. What was booked, against the truth that only the simulation knows (kwestura score)."
    );
    let truth = super::read(&world.join("truth.jsonl"))?;
    let score = score::against(&office, "truth.jsonl", &truth).await?;
    say!("{score}\n");

    say!("4. The books recomputed from the facts (kwestura verify).");
    let verified = verify::run(&office).await?;
    super::verify::show(&verified);
    say!();

    say!("5. One student's account (kwestura account).");
    let example = example(&office).await?;
    say!();
    office.db.close().await;

    say!("6. The sample files of several banks, read as they come (kwestura statement inspect).");
    samples(folder)?;
    next(&world, example.as_ref());
    let wrong = score.is_wrong() || !verified.findings.is_empty();
    if !args.no_serve {
        pages::serve(context, args.seed, &folder.join("office")).await?;
    }
    Ok(if wrong {
        attention()
    } else {
        ExitCode::SUCCESS
    })
}

fn failed(path: &Path, error: &std::io::Error) -> EngineError {
    EngineError::refused(format!("cannot write to {}: {error}", path.display()))
}

/// An empty folder; never somebody else's.
fn fresh(folder: &Path) -> Result<(), EngineError> {
    if folder.join(MARK).exists() {
        std::fs::remove_dir_all(folder).map_err(|error| failed(folder, &error))?;
    } else if folder.exists() {
        return Err(EngineError::refused(format!(
            "{} is there already and was not made by a demo; name another folder with --out",
            folder.display()
        )));
    }
    std::fs::create_dir_all(folder).map_err(|error| failed(folder, &error))?;
    std::fs::write(folder.join(MARK), "").map_err(|error| failed(folder, &error))
}

/// Opens the made-up institution in its folder, as `kwestura init` would.
async fn open(context: &Context, world: &Path) -> Result<Office, EngineError> {
    let database = world.join("kwestura.db").to_string_lossy().into_owned();
    context.made_up(world, database).await
}

async fn load(office: &Office, world: &Path) -> Result<(), EngineError> {
    let bytes = super::read(&world.join("students.csv"))?;
    students::import(office, &upload("students.csv", &bytes)).await?;
    let bytes = super::read(&world.join("fees.csv"))?;
    fees::import(office, &upload("fees.csv", &bytes)).await?;
    Ok(())
}

fn upload<'a>(name: &'a str, bytes: &'a [u8]) -> Upload<'a> {
    Upload {
        name,
        bytes,
        as_of: None,
        opening: false,
        dry_run: false,
    }
}

/// Shows the account with the most to see: a fee that is late and open, and money that came.
async fn example(office: &Office) -> Result<Option<(String, String)>, EngineError> {
    let as_of = chrono::NaiveDate::from_ymd_opt(2026, 11, 30).unwrap_or(office.now.today);
    let mut best: Option<(usize, crate::settlement::account::Account)> = None;
    let weigh = |account: &crate::settlement::account::Account| {
        let settled = account
            .receivables
            .iter()
            .filter(|fee| fee.settled_on.is_some())
            .count();
        let late = account
            .receivables
            .iter()
            .filter(|fee| fee.late_days > 0)
            .count();
        let parts = account
            .receivables
            .iter()
            .filter(|fee| fee.allocations.len() > 1)
            .count();
        settled.min(2) + 2 * late.min(1) + 2 * parts.min(1) + usize::from(account.credits.len() > 1)
    };
    account::all(office, as_of, i64::MAX, |account| {
        let weight = weigh(account);
        if best.as_ref().is_none_or(|(most, _)| weight > *most) {
            best = Some((weight, account.clone()));
        }
    })
    .await?;
    Ok(best.map(|(_, account)| {
        say!("{}", super::account::human(&account, as_of));
        let fee = account
            .receivables
            .iter()
            .find(|fee| !fee.allocations.is_empty());
        (
            account.album.clone(),
            fee.map(|fee| fee.external_id.clone()).unwrap_or_default(),
        )
    }))
}

/// Reads the samples and shows what they say.
fn samples(folder: &Path) -> Result<(), EngineError> {
    let mut rows = table(&[
        "file",
        "format",
        "profile",
        "encoding",
        "entries",
        "closing balance",
        "adds up",
    ]);
    for (name, bytes) in SAMPLES {
        let path = folder.join("statements").join(name);
        if let Some(parent) = path.parent() {
            std::fs::create_dir_all(parent).map_err(|error| failed(parent, &error))?;
        }
        std::fs::write(&path, bytes).map_err(|error| failed(&path, &error))?;
        let reading = read_statement(bytes, None).map_err(|error| {
            EngineError::refused(format!("{name}:{}: {}", error.line, error.message))
        })?;
        for statement in &reading.statements {
            let currency = Currency::parse(&statement.outline.currency).unwrap_or(Currency::PLN);
            let closing = statement
                .outline
                .closing_minor
                .map(|minor| format!("{} {currency}", format_plain(minor, currency)));
            rows.add_row([
                (*name).to_owned(),
                reading.format.to_string(),
                reading.profile.clone(),
                reading.encoding.to_owned(),
                statement.entries.len().to_string(),
                closing.unwrap_or_default(),
                if statement.outline.difference_minor() == Some(0) {
                    "yes"
                } else {
                    "NO: would be quarantined"
                }
                .to_owned(),
            ]);
        }
    }
    say!("{rows}");
    Ok(())
}

/// Three commands to go on with.
fn next(world: &Path, example: Option<&(String, String)>) {
    let program = std::env::current_exe()
        .map_or_else(|_| "kwestura".to_owned(), |path| path.display().to_string());
    say!("\nTry next:\n  cd {}", world.display());
    say!("  {program} review list --limit 5");
    if let Some((album, fee)) = example {
        say!("  {program} account {album}");
        say!("  {program} why {fee}");
    }
}
