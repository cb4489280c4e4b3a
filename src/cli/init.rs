//! `kwestura init`: the configuration, the database, the first version of the rules.

use super::say::{say, say_beside};
use super::{Context, Outcome, secrets};
use crate::config;
use crate::engine::{EngineError, Moment, Office, init};
use crate::store::{Db, migrate};
use std::fs;
use std::path::Path;
use std::process::ExitCode;

/// Arguments of `kwestura init`.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
A kwestura.toml and a kwestura.key that are there already are left alone, and so is what the database holds: a second
time nothing changes.

Examples:
  kwestura init
  kwestura init --systemd >/etc/systemd/system/kwestura.service
  kwestura init --database postgres://kwestura@db.example.edu/kwestura")]
pub struct Args {
    /// Print a unit of systemd that runs `kwestura serve`, locked away from the rest of the machine,
    /// and do nothing else; on the error stream, the steps to a running service and example settings.
    #[arg(long)]
    systemd: bool,
}

/// Where the program goes that lies in somebody's home.
const INSTALLED: &str = "/usr/local/bin/kwestura";
/// What systemd is told; `{program}` is where this program lies.
const UNIT: &str = include_str!("kwestura.service");
/// Settings with which that unit runs.
const EXAMPLE: &str = include_str!("kwestura.example.toml");

/// Runs it.
pub async fn run(context: &Context, args: &Args) -> Outcome {
    if args.systemd {
        return print_unit();
    }
    let config = context.config.display();
    let written = write_template(&context.config)?;
    if written {
        say!("{config} is written: every setting stands in it with its default.");
    } else {
        say!("{config} was there already and is left alone.");
    }
    if let Some(key) = secrets::first_key(&context.config)? {
        say!(
            "{} is written: it seals the secrets in the database. Keep a copy, and not beside the backups.",
            key.display()
        );
    }
    let settings = context.config()?;
    let db = Db::connect(&context.database, true).await?;
    migrate::migrate(&db).await?;
    let office = Office {
        now: Moment::of(context.now_millis, settings.institution.time_zone),
        config: settings.into(),
        db,
    };
    let version = init::first_policy(&office).await?;
    office.db.close().await;
    match version {
        Some(version) => say!(
            "The database is ready; the rules of {config} (version {version}) hold from the beginning."
        ),
        None => say!("The database was there already; nothing in it changed."),
    }
    say!("\nNext:");
    if office.config.bank_accounts.is_empty() {
        say!("  write your bank accounts into {config}, then `kwestura policy check`");
    }
    say!(
        "  kwestura students import students.csv --as-of {}",
        office.now.today
    );
    say!(
        "  kwestura fees import fees.csv --as-of {}",
        office.now.today
    );
    say!("  kwestura import statements");
    Ok(ExitCode::SUCCESS)
}

/// Prints the unit, and on the error stream the steps to a running service with example settings.
fn print_unit() -> Outcome {
    let here = std::env::current_exe()
        .map_err(|error| EngineError::refused(format!("where this program lies: {error}")))?;
    // The unit sees no home.
    let is_at_home = ["/home", "/root", "/run/user"]
        .iter()
        .any(|home| here.starts_with(home));
    let program = if is_at_home {
        Path::new(INSTALLED)
    } else {
        &here
    };
    let program = program.display();
    say!(
        "{}",
        UNIT.replace("{program}", &program.to_string()).trim_end()
    );
    let install = if is_at_home {
        format!("\n  install -m 755 {} {INSTALLED}", here.display())
    } else {
        String::new()
    };
    say_beside!(
        "\nOnce, as root:{install}
  {program} init --systemd >/etc/systemd/system/kwestura.service
  useradd --system --home-dir /var/lib/kwestura --shell /usr/sbin/nologin kwestura
  install -d -o kwestura -g kwestura /var/lib/kwestura /var/lib/kwestura/inbox /var/lib/kwestura/backups
  install -d /etc/kwestura
  cd /var/lib/kwestura && {program} --config /etc/kwestura/kwestura.toml init
  chown kwestura:kwestura /etc/kwestura/kwestura.key /var/lib/kwestura/kwestura.db*
  edit /etc/kwestura/kwestura.toml, then {program} --config /etc/kwestura/kwestura.toml config check
  systemctl daemon-reload && systemctl enable --now kwestura

What a kwestura.toml of a service holds, for example; every other setting stands in the file that `init` writes:

{}",
        EXAMPLE.trim_end()
    );
    Ok(ExitCode::SUCCESS)
}

/// Writes the template unless there is a file. It appears whole: another `init` that runs at the
/// same moment must not read half of it.
fn write_template(path: &Path) -> Result<bool, EngineError> {
    if path.exists() {
        return Ok(false);
    }
    let draft = path.with_extension(format!("{}.new", std::process::id()));
    let written = fs::write(&draft, config::template()).and_then(|()| fs::rename(&draft, path));
    let refused = |error| EngineError::refused(format!("cannot write {}: {error}", path.display()));
    written.map(|()| true).map_err(refused)
}
