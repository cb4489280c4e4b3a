//! Backups of a server, by its own tools: `pg_dump` and `pg_restore`.

use crate::engine::EngineError;
use crate::store::{Address, Db};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

/// Where Debian puts the tools: a folder for each major version.
const INSTALLED: &str = "/usr/lib/postgresql";

/// Writes the database into `draft`, which is going to be `file`; the dump is then read as a whole.
pub(super) async fn dump(database: &str, draft: &Path, file: &Path) -> Result<(), EngineError> {
    let address = Address::of(database);
    let by_hand = format!(
        "pg_dump --format=custom --file={} {}",
        file.display(),
        address.shown()
    );
    let mut command = tool("pg_dump", &by_hand)?;
    command.args(["--format=custom", "--no-password", "--file"]);
    command.arg(draft).arg("--dbname").arg(address.plain());
    run(command, &address, &by_hand).await?;
    // With `--list` it would read the table of contents alone, which a dump that was cut has, too.
    let mut command = tool("pg_restore", &by_hand)?;
    command.args(["--file", "/dev/null"]).arg(draft);
    run(command, &address, &by_hand).await
}

/// Fills an empty database from a dump, or leaves it empty.
pub(super) async fn restore(file: &Path, database: &str) -> Result<(), EngineError> {
    let db = Db::connect(database, false).await?;
    let is_empty = db.is_empty().await;
    db.close().await;
    let address = Address::of(database);
    if !is_empty? {
        return Err(EngineError::refused(format!(
            "{} holds tables already. Make an empty database (`createdb NAME`) and restore into that: \
             nothing is ever overwritten on a server",
            address.shown()
        )));
    }
    let by_hand = format!(
        "pg_restore --no-owner --exit-on-error --single-transaction --dbname={} {}, then `kwestura mail disarm`",
        address.shown(),
        file.display()
    );
    let mut command = tool("pg_restore", &by_hand)?;
    command.args(["--no-owner", "--no-privileges", "--exit-on-error"]);
    command.args(["--single-transaction", "--no-password", "--dbname"]);
    command.arg(address.plain()).arg(file);
    run(command, &address, &by_hand).await
}

/// The tool on the path, else the newest that Debian installed.
fn tool(name: &str, by_hand: &str) -> Result<Command, EngineError> {
    let on_path = std::env::var_os("PATH").unwrap_or_default();
    let on_path = std::env::split_paths(&on_path).map(|folder| folder.join(name));
    let found = on_path.chain(installed(name)).find(|path| path.is_file());
    found.map(Command::new).ok_or_else(|| {
        EngineError::refused(format!(
            "{name} is not on this machine (Debian: apt install postgresql-client). Run where it is: {by_hand}"
        ))
    })
}

fn installed(name: &str) -> Option<PathBuf> {
    let versions = std::fs::read_dir(INSTALLED).ok()?;
    let tools = versions.filter_map(|entry| {
        let folder = entry.ok()?.path();
        let major: u32 = folder.file_name()?.to_str()?.parse().ok()?;
        Some((major, folder.join("bin").join(name)))
    });
    Some(tools.filter(|(_, tool)| tool.is_file()).max()?.1)
}

/// Runs a tool; the password goes by its environment, where no other user sees it.
async fn run(mut command: Command, address: &Address, by_hand: &str) -> Result<(), EngineError> {
    if let Some(password) = address.password() {
        command.env("PGPASSWORD", password);
    }
    command.stdin(Stdio::null()).stdout(Stdio::null());
    let output = tokio::task::spawn_blocking(move || command.output()).await;
    let output = output.map_err(std::io::Error::other).and_then(|done| done);
    let output = output.map_err(|error| EngineError::refused(format!("{by_hand}: {error}")))?;
    if output.status.success() {
        return Ok(());
    }
    let words = String::from_utf8_lossy(&output.stderr);
    Err(EngineError::refused(format!(
        "PostgreSQL's tool refused: {}. By hand: {by_hand}",
        words.trim()
    )))
}
