//! `kwestura webhook`: other systems that are told of each change of a settlement.

use super::common::{By, json, table};
use super::say::{say, say_beside};
use super::{Context, Outcome};
use crate::engine::webhooks;
use clap::{Args as ClapArgs, Subcommand};
use serde::Serialize;
use std::process::ExitCode;

/// Arguments of `kwestura webhook`.
#[derive(Debug, ClapArgs)]
#[command(after_help = "\
Examples:
  kwestura webhook add sis https://sis.example.edu/fees       prints the secret, once
  kwestura webhook add ledger http://10.0.0.5/in --inside     a system in the house's own network
  kwestura webhook list
  kwestura webhook replay sis --after 1200                    tells all again behind that change
  kwestura webhook remove sis

`kwestura serve` sends what `/api/v1/settlements` answers, up to a hundred changes at once, as JSON by POST.
`Kwestura-Signature: t=SECONDS,v1=HEX` is the HMAC-SHA-256 of `SECONDS.BODY` under the secret: compare it,
and refuse what is older than some minutes. Any answer from 200 to 299 says that it was taken; what was not
comes again after 1, 2, 4 ... minutes, at most six hours. So everything comes at least once and in order;
`Kwestura-Delivery` is the same when it comes again.")]
pub struct Args {
    #[command(subcommand)]
    what: What,
}

#[derive(Debug, Subcommand)]
enum What {
    /// Tell another system from now on.
    #[command(mut_arg("by", |arg| arg.help("Who adds it")))]
    Add {
        /// What it is called.
        name: String,
        /// Where it is: https, on the internet.
        address: String,
        /// It may stand on this machine or in the house's own network, and need not speak https.
        #[arg(long)]
        inside: bool,
        /// Tell what changed behind this cursor, too; 0 is everything.
        #[arg(long, value_name = "CURSOR")]
        after: Option<i64>,
        #[command(flatten)]
        by: By,
    },
    /// All that are told, how far, and why not further.
    List {
        /// One JSON line per webhook.
        #[arg(long)]
        json: bool,
    },
    /// Tell all again behind a cursor.
    Replay {
        /// Which.
        name: String,
        /// The cursor; 0 is everything.
        #[arg(long, value_name = "CURSOR")]
        after: i64,
    },
    /// Tell it no more.
    Remove {
        /// Which.
        name: String,
    },
}

#[derive(Serialize)]
struct Line<'a> {
    name: &'a str,
    address: &'a str,
    told_through: i64,
    failures: i64,
    why: &'a str,
}

/// Runs it.
pub async fn run(context: &Context, args: &Args) -> Outcome {
    let office = context.office().await?;
    match &args.what {
        What::Add {
            name,
            address,
            inside,
            after,
            by,
        } => {
            let to = (name.as_str(), address.as_str());
            let secret = webhooks::add(&office, to, *inside, *after, by).await?;
            say!("{secret}");
            say_beside!("This signs what {name} is told. It is shown once.");
        }
        What::Replay { name, after } => {
            webhooks::replay(&office, name, *after).await?;
            say!("{name} is told again all that changed behind {after}.");
        }
        What::Remove { name } => {
            webhooks::remove(&office, name).await?;
            say!("{name} is told no more.");
        }
        What::List { json: as_json } => {
            let mut shown = table(&["webhook", "address", "told through", "failures", "why"]);
            for row in &webhooks::list(&office).await? {
                let line = Line {
                    name: &row.name,
                    address: &row.address,
                    told_through: row.told_through,
                    failures: row.failures,
                    why: &row.why,
                };
                if *as_json {
                    say!("{}", json(&line));
                }
                shown.add_row([
                    line.name,
                    line.address,
                    &line.told_through.to_string(),
                    &line.failures.to_string(),
                    line.why,
                ]);
            }
            if !as_json {
                say!("{shown}");
            }
        }
    }
    office.db.close().await;
    Ok(ExitCode::SUCCESS)
}
