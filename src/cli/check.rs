//! `kwestura config check`: every mistake in the settings at once, and no secret.

use super::say::say;
use super::{Context, Outcome, attention, secrets, send};
use crate::config::{Config, Sftp};
use crate::engine::EngineError;
use crate::sftp::{self, Line, Secret};
use crate::store::Db;
use std::path::Path;
use std::process::ExitCode;

/// Arguments of `kwestura config`.
#[derive(Debug, clap::Args)]
pub struct Args {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, clap::Subcommand)]
enum Command {
    /// Say every mistake in kwestura.toml, and what it names and is not there.
    ///
    /// Looks as well for the database, the password of the mail server, the keys and passwords of
    /// `[[sftp]]`, the inbox and the folder of mail that came back. Nothing is changed, no server is
    /// asked, and no secret is shown. Exit status 1 where something is missing, 2 where the file is
    /// wrong.
    #[command(after_help = "Example:
  kwestura config check

Where secrets are looked for:
  database        --database, KWESTURA_DATABASE, or the systemd credential `database`
  mail server     KWESTURA_SMTP_PASSWORD, the systemd credential `smtp-password`, or password_file
  single sign-on  KWESTURA_OPENID_SECRET, the systemd credential `openid-secret`, or secret_file
  sftp            key_file or password_file of each server
  keys            KWESTURA_KEY_FILE, the systemd credential `key`, or kwestura.key")]
    Check,
}

/// Runs it.
pub async fn run(context: &Context, args: &Args) -> Outcome {
    let Command::Check = args.command;
    let config = context.config()?;
    let mut missing = missing(&config);
    match secrets::keys(&context.config) {
        Ok(keys) if keys.newest().is_some() => {}
        Ok(_) => missing.push(
            "no key seals the secrets in the database: `kwestura init` makes kwestura.key"
                .to_owned(),
        ),
        Err(error) => missing.push(error.to_string()),
    }
    match Db::connect(&context.database, false).await {
        Ok(db) => db.close().await,
        Err(error) => missing.push(error.to_string()),
    }
    for line in &missing {
        say!("{line}");
    }
    if missing.is_empty() {
        say!("{} is right.", context.config.display());
        return Ok(ExitCode::SUCCESS);
    }
    Ok(attention())
}

/// What the settings name and is not there, or what goes together and stands alone.
fn missing(config: &Config) -> Vec<String> {
    let mut missing = Vec::new();
    let service = &config.service;
    if let Err(EngineError::Refused(why)) = send::smtp_if_set(config) {
        missing.push(why);
    }
    if let Err(EngineError::Refused(why)) = secrets::sso(config) {
        missing.push(why);
    }
    if let Some(authority) = config
        .sign_in
        .sso
        .as_ref()
        .and_then(|sso| sso.authority.as_ref())
        && let Err(why) = std::fs::metadata(authority)
    {
        let authority = authority.display();
        missing.push(format!(
            "the single sign-on's authority: {authority}: {why}"
        ));
    }
    if service.administrator.is_some() && config.mail.is_none() {
        missing.push(
            "service.administrator: without [mail] nothing can be written to that address"
                .to_owned(),
        );
    }
    if config.bank_accounts.is_empty() {
        missing.push("no [[bank_account]] is set: no statement can be imported".to_owned());
    }
    if let Some(inbox) = &service.inbox
        && let Err(why) = is_writable_folder(&inbox.folder)
    {
        missing.push(format!("inbox.folder: {}: {why}", inbox.folder.display()));
    }
    if let Some(folder) = config.mail.as_ref().and_then(|mail| mail.returned.as_ref())
        && let Err(why) = is_writable_folder(folder)
    {
        missing.push(format!("mail.returned: {}: {why}", folder.display()));
    }
    for (name, folder) in [("backups", &service.backups), ("exports", &service.exports)] {
        if let Some(folder) = folder
            && let Err(why) = is_writable_folder(folder)
        {
            missing.push(format!("service.{name}: {}: {why}", folder.display()));
        }
    }
    missing.extend(servers(&service.sftp));
    missing
}

/// What servers are to be shown, and is not there; none of them is asked.
fn servers(servers: &[Sftp]) -> Vec<String> {
    if !servers.is_empty() && !sftp::IS_BUILT_IN {
        return vec![sftp::ABSENT.to_owned()];
    }
    let examined = servers.iter().filter_map(|server| {
        let secret = Secret::of(server);
        let examined = secret.and_then(|secret| Line::examine(server, &secret));
        let why = examined.err()?;
        Some(format!("sftp, {}: {why}", server.name))
    });
    examined.collect()
}

fn is_writable_folder(folder: &Path) -> Result<(), String> {
    let kind = std::fs::metadata(folder).map_err(|error| error.to_string())?;
    if !kind.is_dir() {
        return Err("this is no folder".to_owned());
    }
    let may_write = rustix::fs::access(
        folder,
        rustix::fs::Access::WRITE_OK | rustix::fs::Access::EXEC_OK,
    );
    may_write.map_err(|error| error.to_string())
}
