//! `kwestura key`: under which the secrets in the database are sealed.

use super::say::say;
use super::{Context, Outcome, attention, secrets};
use crate::config::Key;
use crate::engine::{EngineError, sealed, secret};
use clap::{Args as ClapArgs, Subcommand};
use std::process::ExitCode;

/// Arguments of `kwestura key`.
#[derive(Debug, ClapArgs)]
#[command(after_help = "\
Examples:
  kwestura key list
  kwestura key rotate
  kwestura key new

The secrets of second factors and webhooks are sealed in the database (AES-256-GCM), so that a copy of it
or a backup tells none. The keys are a file: that of KWESTURA_KEY_FILE, the systemd credential `key`, or
kwestura.key beside kwestura.toml, which `kwestura init` makes. A line is a key of 64 hexadecimal digits;
the first one seals, the others open what was sealed before. Keep a copy of the file, and not beside the
backups: without it those secrets have to be given anew.

A credential is rotated by hand: put the line of `kwestura key new` above the others and start the service
again, which seals everything with it.")]
pub struct Args {
    #[command(subcommand)]
    what: What,
}

#[derive(Debug, Subcommand)]
enum What {
    /// The names of the keys, and how many secrets lie under each.
    List,
    /// Put a new key above the others in the file, and seal everything with it. The old ones stay, for
    /// the backups that were made under them.
    Rotate,
    /// Make a key and print its line, and do nothing else.
    New,
}

/// Runs it.
pub async fn run(context: &Context, args: &Args) -> Outcome {
    match args.what {
        What::New => {
            say!("{}", made()?.line());
            Ok(ExitCode::SUCCESS)
        }
        What::List => list(context).await,
        What::Rotate => rotate(context).await,
    }
}

/// A new key.
pub fn made() -> Result<Key, EngineError> {
    Ok(Key::of(secret::bytes::<32>()?))
}

async fn list(context: &Context) -> Outcome {
    let office = context.office().await?;
    let mut counts = sealed::by_key(&office).await?;
    office.db.close().await;
    for (place, key) in office.config.keys.iter().enumerate() {
        let count = counts.remove(key.name()).unwrap_or_default();
        let seals = if place == 0 { ", and it seals" } else { "" };
        say!("{}  {count} secret(s){seals}", key.name());
    }
    let is_whole = counts.is_empty();
    for (name, count) in counts {
        if name.is_empty() {
            say!(
                "plain     {count} secret(s); `kwestura serve` and `kwestura key rotate` seal them"
            );
        } else {
            say!("{name}  {count} secret(s), and the key is missing: put its line back");
        }
    }
    Ok(if is_whole {
        ExitCode::SUCCESS
    } else {
        attention()
    })
}

async fn rotate(context: &Context) -> Outcome {
    let path = secrets::key_file_to_rotate(&context.config)?;
    let key = made()?;
    let mut office = context.office().await?;
    // The file is whole before a secret needs it.
    office.config.keys = secrets::put_above(&path, &key)?;
    let count = sealed::again(&office).await?.sealed;
    office.db.close().await;
    let (name, path) = (key.name(), path.display());
    say!("The key {name} is the first in {path}; {count} secret(s) are sealed with it.");
    say!(
        "A service that runs knows it when it is started again. The lines below open older backups: delete \
         them when those are gone."
    );
    Ok(ExitCode::SUCCESS)
}
