//! `kwestura policy`: the rules in force, and from when others hold.

use super::common::By;
use super::load::{day, print_json};
use super::say::say;
use super::{Context, Outcome, attention};
use crate::engine::policy::{self, Activate, Difference, Version};
use chrono::NaiveDate;
use comfy_table::{Table, presets};
use std::process::ExitCode;

/// Arguments of `kwestura policy`.
#[derive(Debug, clap::Args)]
pub struct Args {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, clap::Subcommand)]
enum Command {
    /// Show every version of the rules: from when, by whom, why.
    Show {
        /// Answer with a JSON object per version, its rules in full.
        #[arg(long)]
        json: bool,
    },
    /// Is kwestura.toml right, and are its rules the ones in force?
    ///
    /// Exit status 0: yes; 1: its rules wait to be activated; 2: it has mistakes, all are shown.
    Check {
        /// Answer with one JSON object.
        #[arg(long)]
        json: bool,
    },
    /// Let the rules of kwestura.toml hold from a day on.
    ///
    /// Whatever happened before that day stays as it was decided. It is said first how many accounts
    /// change.
    #[command(after_help = "\
Examples:
  kwestura policy activate --from 2026-10-01 --why \"decision of the Rector no. 12\" --dry-run
  kwestura policy activate --from 2026-10-01 --why \"decision of the Rector no. 12\"")]
    #[command(mut_arg("by", |arg| arg.help("Who; it is kept")))]
    Activate {
        /// From this day on.
        #[arg(long, value_name = "DATE", value_parser = day)]
        from: NaiveDate,
        /// Why; it is kept.
        #[arg(long, value_name = "TEXT")]
        why: String,
        #[command(flatten)]
        by: By,
        /// Say what would happen, and change nothing.
        #[arg(long)]
        dry_run: bool,
        /// Answer with one JSON object.
        #[arg(long)]
        json: bool,
    },
}

/// Runs it.
pub async fn run(context: &Context, args: &Args) -> Outcome {
    match &args.command {
        Command::Show { json } => show(context, *json).await,
        Command::Check { json } => check(context, *json).await,
        Command::Activate {
            from,
            why,
            by,
            dry_run,
            json,
        } => {
            let wish = Activate {
                from: *from,
                why,
                by,
                dry_run: *dry_run,
            };
            activate(context, &wish, *json).await
        }
    }
}

async fn show(context: &Context, json: bool) -> Outcome {
    let office = context.office().await?;
    let versions = policy::show(&office).await?;
    office.db.close().await;
    if json {
        versions.iter().try_for_each(print_json)?;
    } else if versions.is_empty() {
        say!("No rules are active yet; `kwestura init` activates those of kwestura.toml.");
    } else {
        say!("{}", table(&versions));
        say!("`--json` shows the rules of each version in full.");
    }
    Ok(ExitCode::SUCCESS)
}

fn table(versions: &[Version]) -> Table {
    let mut table = Table::new();
    table.load_style(presets::UTF8_BORDERS_ONLY);
    table.set_header(["Version", "From", "In force", "By", "Why"]);
    for row in versions {
        table.add_row([
            row.version.clone(),
            row.valid_from
                .map_or("the beginning".to_owned(), |day| day.to_string()),
            if row.in_force { "yes" } else { "" }.to_owned(),
            row.by.clone(),
            row.why.clone(),
        ]);
    }
    table
}

async fn check(context: &Context, json: bool) -> Outcome {
    let office = context.office().await?;
    let check = policy::check(&office).await?;
    office.db.close().await;
    let config = context.config.display();
    if json {
        print_json(&check)?;
    } else if check.file == check.active {
        say!(
            "{config} is right, and its rules (version {}) are in force.",
            check.file
        );
    } else {
        say!("{config} is right. Its rules differ from those in force in:");
        tell_differences(&check.differences);
        match check.scheduled {
            Some(day) => say!("They were activated, and hold from {day}."),
            None => say!(
                "They do not hold yet; `kwestura policy activate --from DATE --why TEXT` activates them."
            ),
        }
    }
    let waits = check.file != check.active && check.scheduled.is_none();
    Ok(if waits {
        attention()
    } else {
        ExitCode::SUCCESS
    })
}

async fn activate(context: &Context, wish: &Activate<'_>, json: bool) -> Outcome {
    let office = context.office().await?;
    let activated = policy::activate(&office, wish).await?;
    super::settle_all(&office).await?;
    office.db.close().await;
    let (version, from) = (&activated.version, activated.valid_from);
    if json {
        print_json(&activated)?;
        return Ok(ExitCode::SUCCESS);
    }
    if !activated.new {
        say!("The rules of the file (version {version}) hold on {from} already.");
        return Ok(ExitCode::SUCCESS);
    }
    say!("From {from} on these settings differ:");
    tell_differences(&activated.differences);
    if let Some(count) = activated.accounts_changed {
        say!("{count} account(s) change by it.");
    }
    if wish.dry_run {
        say!("This was a preview: nothing was written. Leave out --dry-run to do it.");
    } else {
        say!("Version {version} holds from {from}.");
    }
    Ok(ExitCode::SUCCESS)
}

fn tell_differences(differences: &[Difference]) {
    let shown = |value: &Option<String>| value.clone().unwrap_or_else(|| "not set".to_owned());
    for row in differences {
        say!(
            "  {}: {} in force, {} in the file",
            row.key,
            shown(&row.active),
            shown(&row.file)
        );
    }
}
