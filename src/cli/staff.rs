//! `kwestura staff`: who works here and may sign in to the pages.

use super::common::{json, table};
use super::say::say;
use super::{Context, Outcome};
use crate::engine::staff::{self, Role, Secrets, Staff};
use crate::engine::{EngineError, Office};
use clap::{Args as ClapArgs, Subcommand};
use std::path::PathBuf;
use std::process::ExitCode;

/// Arguments of `kwestura staff`.
#[derive(Debug, ClapArgs)]
#[command(after_help = "\
Examples:
  kwestura staff add ada \"Ada Nowak\" --role bursar    prints a password and a secret, once
  kwestura staff role ada auditor
  kwestura staff password ada                          a new password and a new secret
  kwestura staff sso ada a.nowak                       her login at the university's single sign-on
  kwestura staff disable ada                           signs her out everywhere, at once

The secret goes into an authenticator application; its six digits are asked for at each sign-in.
--password-file - reads the password from the standard input; without it one is made up.")]
pub struct Args {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Add an account.
    Add(Add),
    /// All accounts.
    List(List),
    /// Let somebody in no more, or again.
    Disable(Disable),
    /// Give another role.
    Role(GiveRole),
    /// Link a login of the single sign-on, or none.
    ///
    /// Whoever proves that login there is this account here, without a password or a code: the second
    /// factor is the single sign-on's then.
    Sso(Sso),
    /// Give a new password and a new second factor.
    Password(Password),
}

#[derive(Debug, ClapArgs)]
struct Add {
    /// What they type to sign in; case counts.
    login: String,
    /// Given and family name.
    name: String,
    /// What they may do: bursar, cos, auditor or administrator.
    #[arg(long, value_parser = role)]
    role: Role,
    #[command(flatten)]
    secrets: Wanted,
}

#[derive(Debug, ClapArgs)]
struct Wanted {
    /// A file with the password alone; `-` for the standard input.
    #[arg(long, value_name = "FILE")]
    password_file: Option<PathBuf>,
    /// Ask for no code at sign-in.
    #[arg(long)]
    without_second_factor: bool,
}

#[derive(Debug, ClapArgs)]
struct List {
    /// One JSON line per account.
    #[arg(long)]
    json: bool,
}

#[derive(Debug, ClapArgs)]
struct Disable {
    /// The account.
    login: String,
    /// Let them in again.
    #[arg(long)]
    undo: bool,
}

#[derive(Debug, ClapArgs)]
struct GiveRole {
    /// The account.
    login: String,
    /// bursar, cos, auditor or administrator.
    #[arg(value_parser = role)]
    role: Role,
}

#[derive(Debug, ClapArgs)]
struct Sso {
    /// The account.
    login: String,
    /// The login as the single sign-on has it, capitals and all; left out, the link is taken away.
    sso: Option<String>,
}

#[derive(Debug, ClapArgs)]
struct Password {
    /// The account.
    login: String,
    #[command(flatten)]
    secrets: Wanted,
}

fn role(text: &str) -> Result<Role, String> {
    Role::of_staff(text)
        .ok_or_else(|| "the roles are bursar, cos, auditor and administrator".to_owned())
}

/// Runs it.
pub async fn run(context: &Context, args: &Args) -> Outcome {
    let office = context.office().await?;
    let outcome = answer(&office, &args.command).await;
    office.db.close().await;
    outcome
}

async fn answer(office: &Office, command: &Command) -> Outcome {
    match command {
        Command::Add(args) => {
            let (password, second) = wanted(&args.secrets)?;
            let who = (args.login.as_str(), args.name.as_str(), args.role);
            let secrets = staff::add(office, who, password, second).await?;
            tell(&args.login, &secrets, &args.secrets);
        }
        Command::Password(args) => {
            let (password, second) = wanted(&args.secrets)?;
            let secrets = staff::renew(office, &args.login, password, second).await?;
            tell(&args.login, &secrets, &args.secrets);
        }
        Command::Disable(args) => {
            staff::disable(office, &args.login, !args.undo).await?;
            let done = if args.undo {
                "may sign in again"
            } else {
                "is signed out and may not sign in"
            };
            say!("{} {done}.", args.login);
        }
        Command::Role(args) => {
            staff::set_role(office, &args.login, args.role).await?;
            say!(
                "{} is {} from the next sign-in on.",
                args.login,
                args.role.name()
            );
        }
        Command::Sso(args) => {
            staff::link_sso(office, &args.login, args.sso.as_deref()).await?;
            match &args.sso {
                Some(sso) => say!("{sso} at the single sign-on is {} here.", args.login),
                None => say!("{} signs in with a password alone.", args.login),
            }
        }
        Command::List(args) => list(&staff::list(office).await?, args.json),
    }
    Ok(ExitCode::SUCCESS)
}

fn wanted(secrets: &Wanted) -> Result<(Option<String>, bool), EngineError> {
    let password = match &secrets.password_file {
        None => None,
        Some(path) if path.as_os_str() == "-" => {
            let line = std::io::read_to_string(std::io::stdin());
            let cannot = |error| EngineError::refused(format!("cannot read the password: {error}"));
            Some(line.map_err(cannot)?)
        }
        Some(path) => Some(String::from_utf8_lossy(&super::read(path)?).into_owned()),
    };
    let password = password.map(|text| text.trim_end_matches(['\r', '\n']).to_owned());
    Ok((password, !secrets.without_second_factor))
}

/// Shows what nobody can read later.
fn tell(login: &str, secrets: &Secrets, wanted: &Wanted) {
    say!("login     {login}");
    if wanted.password_file.is_none() {
        say!("password  {}", secrets.password);
    }
    if let (Some(totp), Some(address)) = (&secrets.totp, secrets.otpauth(login)) {
        say!("secret    {totp}");
        say!("for the authenticator application: {address}");
    }
    say!("This is shown once.");
}

fn list(all: &[Staff], as_json: bool) {
    if as_json {
        for one in all {
            say!("{}", json(one));
        }
    } else if all.is_empty() {
        say!("Nobody yet. `kwestura staff add LOGIN NAME --role bursar` adds the first.");
    } else {
        let mut rows = table(&[
            "login",
            "name",
            "role",
            "second factor",
            "single sign-on",
            "may sign in",
        ]);
        let yes = |yes: bool| if yes { "yes" } else { "no" }.to_owned();
        for one in all {
            rows.add_row([
                one.login.clone(),
                one.name.clone(),
                one.role.name().to_owned(),
                yes(one.second_factor),
                one.sso.clone(),
                yes(!one.disabled),
            ]);
        }
        say!("{rows}");
    }
}
