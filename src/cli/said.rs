//! `kwestura claim`, `kwestura dispute`, `kwestura defer`: what students say about their fees.

use super::common::Words;
use super::decide::show;
use super::{Context, Outcome};
use crate::calendar::add_business_days;
use crate::engine::decide::{self, Request, Said};
use chrono::NaiveDate;

/// Where nothing is said, messages stop for so many business days.
const USUAL_DAYS: i32 = 10;

/// Arguments of `kwestura claim`.
///
/// The student says that a fee was paid on a day. No message about it leaves until the statements
/// reach that day and three business days more. If they do not show the money by then, the claim
/// ends, and a case asks the student service centre; so does a second claim for the same fee.
#[derive(Debug, clap::Args)]
#[command(after_help = "Example:
  kwestura claim F-2026-17 --paid-on 2026-10-12 --why 'showed the confirmation of order'")]
pub struct ClaimArgs {
    /// The fee.
    fee: String,
    /// The day on which it was paid, as the student says.
    #[arg(long, value_name = "DATE")]
    paid_on: NaiveDate,
    /// How much was paid, as the student says.
    #[arg(long, value_name = "AMOUNT")]
    amount: Option<String>,
    #[command(flatten)]
    words: Words,
}

/// Arguments of `kwestura dispute`.
///
/// The student says that a fee is wrong. No message about it leaves until a day, and a case asks the
/// student service centre.
#[derive(Debug, clap::Args)]
#[command(after_help = "Example:
  kwestura dispute F-2026-17 --why 'the course did not take place' --until 2026-10-30")]
pub struct DisputeArgs {
    /// The fee.
    fee: String,
    /// The last day on which messages wait; ten business days from today without it.
    #[arg(long, value_name = "DATE")]
    until: Option<NaiveDate>,
    #[command(flatten)]
    words: Words,
}

/// Arguments of `kwestura defer`.
///
/// The student asks for more time, or for instalments. No message about the fee leaves until a day,
/// and a case asks the student service centre, which answers with `cases resolve N extend` or `plan`.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  kwestura defer F-2026-17 --why 'scholarship comes in November'
  kwestura defer F-2026-17 --instalments --why 'letter of 2 October'")]
pub struct DeferArgs {
    /// The fee.
    fee: String,
    /// The last day on which messages wait; ten business days from today without it.
    #[arg(long, value_name = "DATE")]
    until: Option<NaiveDate>,
    /// It asks for instalments.
    #[arg(long)]
    instalments: bool,
    #[command(flatten)]
    words: Words,
}

/// Runs `kwestura claim`.
pub async fn claim(context: &Context, args: &ClaimArgs) -> Outcome {
    let fee = args.fee.clone();
    let (paid_on, amount) = (args.paid_on, args.amount.clone());
    let claim = |_| Request::Claim {
        fee,
        paid_on,
        amount,
    };
    note(context, &args.words, claim).await
}

/// Runs `kwestura dispute`.
pub async fn dispute(context: &Context, args: &DisputeArgs) -> Outcome {
    let fee = args.fee.clone();
    note(context, &args.words, |usual| Request::Dispute {
        fee,
        until: args.until.unwrap_or(usual),
    })
    .await
}

/// Runs `kwestura defer`.
pub async fn defer(context: &Context, args: &DeferArgs) -> Outcome {
    let fee = args.fee.clone();
    note(context, &args.words, |usual| Request::Defer {
        fee,
        until: args.until.unwrap_or(usual),
        instalments: args.instalments,
    })
    .await
}

async fn note(
    context: &Context,
    words: &Words,
    request: impl FnOnce(NaiveDate) -> Request,
) -> Outcome {
    let office = context.office().await?;
    let said = Said {
        by: words.by.to_string(),
        why: words.why.clone(),
        on: None,
    };
    let request = request(add_business_days(office.now.today, USUAL_DAYS));
    let answer = decide::decide(&office, &request, &said, false).await?;
    Ok(show(&answer, "noted"))
}
