//! What can be typed after `kwestura decide`, and the request it becomes.

use crate::cli::common::By;
use crate::engine::decide::Request;
use chrono::NaiveDate;
use clap::{Args as ClapArgs, Subcommand};

#[derive(Debug, Subcommand)]
pub(super) enum Command {
    #[command(flatten)]
    Decision(Decision),
    /// Make a decision a fact that needs a second person.
    Approve(Approve),
    /// Take a decision back.
    Revoke(Revoke),
    /// The decisions, oldest first.
    List(List),
    /// One decision.
    Show(Show),
}

/// What can be decided.
#[derive(Debug, Subcommand)]
pub(in crate::cli) enum Decision {
    /// The student need not pay a fee, or a part of it.
    Waive(GiveUp),
    /// A fee, or a part of it, will not be paid any more.
    WriteOff(GiveUp),
    /// A fee is due on another day.
    Extend(Extend),
    /// What is open of a fee is paid in instalments that add up to it.
    Plan(Plan),
    /// The student was told of the interest on a fee: it is due from now on.
    InterestTold(OnFee),
    /// A fee is before a court: messages stop, payments go on.
    Court(OnFee),
    /// A student gets no message until a day.
    Hold(Hold),
    /// What a credit is for.
    Designate(Designate),
    /// Money on account goes back; it is set aside at once.
    Refund(Refund),
    /// Two records are one person; old numbers point to the one that goes on.
    Merge(Merge),
    /// A credit counts from another day, because the bank erred.
    CreditingDate(CreditingDate),
    /// The bank took this credit back.
    AttachReversal(AttachReversal),
}

/// Who decides.
#[derive(Debug, ClapArgs)]
#[command(mut_arg("by", |arg| arg.help("Who decides")))]
pub(in crate::cli) struct Who {
    #[command(flatten)]
    pub(in crate::cli) by: By,
    /// Only show what it would change.
    #[arg(long, visible_alias = "preview")]
    pub(in crate::cli) dry_run: bool,
}

/// Who, why and from when.
#[derive(Debug, ClapArgs)]
pub(in crate::cli) struct Says {
    #[command(flatten)]
    pub(in crate::cli) who: Who,
    /// The reason, for those who read it later.
    #[arg(long, value_name = "TEXT")]
    pub(in crate::cli) why: String,
    /// From this day it acts; today if not given.
    #[arg(long, value_name = "DATE")]
    pub(in crate::cli) on: Option<NaiveDate>,
}

#[derive(Debug, ClapArgs)]
pub(in crate::cli) struct GiveUp {
    /// The fee.
    fee: String,
    /// So much; all that is open if not given.
    #[arg(long)]
    amount: Option<String>,
    #[command(flatten)]
    says: Says,
}

#[derive(Debug, ClapArgs)]
pub(in crate::cli) struct Extend {
    /// The fee.
    fee: String,
    /// The new due date.
    #[arg(long, value_name = "DATE")]
    to: NaiveDate,
    /// Interest that has accrued so far falls away.
    #[arg(long)]
    forgive_interest: bool,
    #[command(flatten)]
    says: Says,
}

#[derive(Debug, ClapArgs)]
pub(in crate::cli) struct Plan {
    /// The fee.
    fee: String,
    /// Instalments in the order of their days, as 2026-11-15=650,00.
    #[arg(value_name = "DATE=AMOUNT", required = true, value_parser = dated_amount)]
    parts: Vec<(NaiveDate, String)>,
    #[command(flatten)]
    says: Says,
}

#[derive(Debug, ClapArgs)]
pub(in crate::cli) struct OnFee {
    /// The fee.
    fee: String,
    #[command(flatten)]
    says: Says,
}

#[derive(Debug, ClapArgs)]
pub(in crate::cli) struct Hold {
    /// The student system's id, or an album.
    student: String,
    /// The last day.
    #[arg(long, value_name = "DATE")]
    until: NaiveDate,
    #[command(flatten)]
    says: Says,
}

#[derive(Debug, ClapArgs)]
pub(in crate::cli) struct Designate {
    /// The credit.
    credit: String,
    /// Fees, served in this order, each as far as it needs or with a share of its own.
    #[arg(value_name = "FEE[=AMOUNT]", required = true, value_parser = shared)]
    fees: Vec<(String, Option<String>)>,
    /// Whose part of it, where it was split.
    #[arg(long)]
    student: Option<String>,
    #[command(flatten)]
    says: Says,
}

#[derive(Debug, ClapArgs)]
pub(in crate::cli) struct Refund {
    /// The credit whose money goes back; again for more.
    #[arg(long = "credit", value_name = "CREDIT", required = true)]
    credits: Vec<String>,
    /// So much.
    #[arg(long)]
    amount: String,
    /// To this account; to the one from which it came if not given.
    #[arg(long, value_name = "ACCOUNT")]
    to: Option<String>,
    /// Whose part of it, where it was split.
    #[arg(long)]
    student: Option<String>,
    #[command(flatten)]
    says: Says,
}

#[derive(Debug, ClapArgs)]
pub(in crate::cli) struct Merge {
    /// The record that ends.
    from: String,
    /// The one that goes on.
    into: String,
    #[command(flatten)]
    says: Says,
}

#[derive(Debug, ClapArgs)]
pub(in crate::cli) struct CreditingDate {
    /// The credit.
    credit: String,
    /// The day from which it counts.
    day: NaiveDate,
    #[command(flatten)]
    says: Says,
}

#[derive(Debug, ClapArgs)]
pub(in crate::cli) struct AttachReversal {
    /// The line by which the bank took it back.
    reversal: String,
    /// The credit.
    credit: String,
    #[command(flatten)]
    says: Says,
}

#[derive(Debug, ClapArgs)]
pub(super) struct Approve {
    /// Its number, as `decide list` shows it.
    pub(super) decision: i64,
    #[command(flatten)]
    pub(super) who: Who,
}

#[derive(Debug, ClapArgs)]
pub(super) struct Revoke {
    /// Its number, as `decide list` shows it.
    pub(super) decision: i64,
    #[command(flatten)]
    pub(super) who: Who,
    /// The reason, for those who read it later.
    #[arg(long, value_name = "TEXT")]
    pub(super) why: String,
}

#[derive(Debug, ClapArgs)]
pub(super) struct List {
    /// Only what waits for a second person.
    #[arg(long)]
    pub(super) open: bool,
    /// One JSON line per decision.
    #[arg(long)]
    pub(super) json: bool,
}

#[derive(Debug, ClapArgs)]
pub(super) struct Show {
    /// Its number, as `decide list` shows it.
    pub(super) decision: i64,
    /// Answer with one JSON line.
    #[arg(long)]
    pub(super) json: bool,
}

/// The request behind a decision, and who says so.
pub(in crate::cli) fn request(decision: &Decision) -> (Request, &Says) {
    match decision {
        Decision::Waive(args) => {
            let (fee, amount) = (args.fee.clone(), args.amount.clone());
            (Request::Waive { fee, amount }, &args.says)
        }
        Decision::WriteOff(args) => {
            let (fee, amount) = (args.fee.clone(), args.amount.clone());
            (Request::WriteOff { fee, amount }, &args.says)
        }
        Decision::Extend(args) => {
            let request = Request::Extend {
                fee: args.fee.clone(),
                to: args.to,
                forgive_interest: args.forgive_interest,
            };
            (request, &args.says)
        }
        Decision::Plan(args) => {
            let (fee, parts) = (args.fee.clone(), args.parts.clone());
            (Request::Plan { fee, parts }, &args.says)
        }
        Decision::InterestTold(args) => {
            let fee = args.fee.clone();
            (Request::InterestTold { fee }, &args.says)
        }
        Decision::Court(args) => {
            let fee = args.fee.clone();
            (Request::Court { fee }, &args.says)
        }
        Decision::Hold(args) => {
            let (student, until) = (args.student.clone(), args.until);
            (Request::Hold { student, until }, &args.says)
        }
        Decision::Designate(args) => {
            let request = Request::Designate {
                credit: args.credit.clone(),
                student: args.student.clone(),
                fees: args.fees.clone(),
            };
            (request, &args.says)
        }
        Decision::Refund(args) => {
            let request = Request::Refund {
                credits: args.credits.clone(),
                student: args.student.clone(),
                amount: args.amount.clone(),
                to: args.to.clone(),
            };
            (request, &args.says)
        }
        Decision::Merge(args) => {
            let (from, into) = (args.from.clone(), args.into.clone());
            (Request::Merge { from, into }, &args.says)
        }
        Decision::CreditingDate(args) => {
            let (credit, day) = (args.credit.clone(), args.day);
            (Request::CreditingDate { credit, day }, &args.says)
        }
        Decision::AttachReversal(args) => {
            let (reversal, credit) = (args.reversal.clone(), args.credit.clone());
            (Request::AttachReversal { reversal, credit }, &args.says)
        }
    }
}

fn dated_amount(text: &str) -> Result<(NaiveDate, String), String> {
    let (day, amount) = text
        .split_once('=')
        .ok_or("write it as DATE=AMOUNT, like 2026-11-15=650,00")?;
    let day = day
        .trim()
        .parse()
        .map_err(|_| format!("{day} is not a day; write it like 2026-11-15"))?;
    Ok((day, amount.trim().to_owned()))
}

fn shared(text: &str) -> Result<(String, Option<String>), String> {
    match text.rsplit_once('=') {
        Some((fee, amount)) if fee.is_empty() || amount.is_empty() => {
            Err("write it as FEE or FEE=AMOUNT".to_owned())
        }
        Some((fee, amount)) => Ok((fee.to_owned(), Some(amount.to_owned()))),
        None => Ok((text.to_owned(), None)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_instalment_and_a_share_are_read_as_they_are_written() {
        let day = NaiveDate::from_ymd_opt(2026, 11, 15).unwrap();
        assert_eq!(
            dated_amount("2026-11-15=650,00"),
            Ok((day, "650,00".to_owned()))
        );
        assert!(dated_amount("15.11=650").is_err());
        assert!(dated_amount("650").is_err());
        assert_eq!(shared("F-1"), Ok(("F-1".to_owned(), None)));
        assert_eq!(
            shared("F=1=250"),
            Ok(("F=1".to_owned(), Some("250".to_owned())))
        );
        assert!(shared("F-1=").is_err());
    }
}
