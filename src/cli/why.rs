//! `kwestura why`: what settles a fee, or where a credit's money went, and by which rule.

use super::common::table;
use super::say::say;
use super::{Context, Outcome};
use crate::engine::why::{self, AllocationWhy, CreditWhy, FeeWhy, Identified, StudentWhy, Why};
use crate::money::{Currency, format_plain};
use chrono::NaiveDate;
use clap::Args as ClapArgs;
use std::process::ExitCode;

/// Arguments of `kwestura why`.
#[derive(Debug, ClapArgs)]
#[command(after_help = "\
Examples:
  kwestura why F-2026-17                 what settles a fee: rule, rules' version, candidates, dates
  kwestura why F-2026-17:2               an instalment
  kwestura why F-2026-17:interest        interest for delay
  kwestura why 3f09a1c2d4                whose a credit is, and where its money went
  kwestura why 102345                    all credits of a student

A credit is called by its name here and in `kwestura review`, or by the bank's reference where that
is the only one.")]
pub struct Args {
    /// A fee, an instalment, interest, a credit, or a student: all credits with their names.
    #[arg(value_name = "FEE_OR_CREDIT")]
    name: String,
    /// Read as of this day; today if not given.
    #[arg(long, value_name = "DATE")]
    as_of: Option<NaiveDate>,
    /// Answer with one JSON line.
    #[arg(long)]
    json: bool,
}

/// Runs it.
pub async fn run(context: &Context, args: &Args) -> Outcome {
    let office = context.office().await?;
    let as_of = args.as_of.unwrap_or(office.now.today);
    let answer = why::why(&office, &args.name, as_of).await;
    office.db.close().await;
    let answer = answer?;
    if args.json {
        say!("{}", serde_json::to_string(&answer).unwrap_or_default());
    } else {
        say!(
            "{}",
            match &answer {
                Why::Fee(fee) => fee_in_words(fee),
                Why::Credit(credit) => credit_in_words(credit),
                Why::Student(student) => student_in_words(student),
            }
        );
    }
    Ok(ExitCode::SUCCESS)
}

fn student_in_words(student: &StudentWhy) -> String {
    if student.credits.is_empty() {
        return format!("Nothing came in for student {} yet.", student.student);
    }
    let mut rows = table(&["credit", "credited", "amount", "where it is"]);
    for credit in &student.credits {
        let currency = Currency::parse(&credit.currency).unwrap_or(Currency::PLN);
        let dates = &credit.credit;
        rows.add_row([
            dates.id.clone(),
            dates.crediting_date.to_string(),
            format!("{} {currency}", format_plain(dates.amount_minor, currency)),
            where_it_is(credit),
        ]);
    }
    rows.to_string()
}

/// What a rule does.
fn rule_in_words(rule: &str) -> &str {
    match rule {
        "designated_by_person" => "a person designated it",
        "designated_by_payer" => "the payer named the fee in the text (art. 451 § 1 KC)",
        "exact_amount" => "the credit equals this fee alone, and nothing else was due",
        "oldest_due" => "the oldest due date comes first (art. 451 § 3 KC)",
        "on_account" => "money on account is used when something falls due",
        "release" => "taken off again",
        other => other,
    }
}

/// What an event was.
fn cause_in_words(cause: &str) -> &str {
    match cause {
        "change" => "the fee was changed",
        "designation" => "a person designated the credit",
        "merge" => "two records became one",
        "visible" => "the fee became visible",
        "credit" => "the credit arrived",
        "reversal" => "the bank took money back",
        "refund" => "money was set aside to be sent back, or came back",
        "due" => "the fee fell due",
        "interest" => "interest was restated",
        other => other,
    }
}

/// Which date of the bank became the one that counts.
fn source_in_words(source: &str) -> &str {
    match source {
        "decision" => "a person set it",
        "opening" => "loaded at go-live",
        "rebooked" => "the bank cancelled it and booked it again; the first day stays",
        "booking" => "the booking date",
        "value_by_profile" => "the value date, as this bank's profile says of instant transfers",
        "statement" => "the day of its statement",
        "value" => "the value date, for want of anything better",
        other => other,
    }
}

fn day(day: Option<NaiveDate>) -> String {
    day.map_or_else(|| "-".to_owned(), |day| day.to_string())
}

fn fee_in_words(fee: &FeeWhy) -> String {
    let currency = Currency::parse(&fee.currency).unwrap_or(Currency::PLN);
    let money = |minor: i64| format!("{} {currency}", format_plain(minor, currency));
    let mut lines = vec![
        format!(
            "{} ({}) of student {}: {}, {} open",
            fee.external_id,
            fee.kind,
            fee.student,
            money(fee.amount_minor),
            money(fee.open_minor)
        ),
        format!(
            "Takes part from {}. Due {} (written {}). Settled {}{}.",
            fee.visible_from,
            fee.due_on,
            fee.nominal_due_on,
            day(fee.settled_on),
            fee.closed_by
                .map(|how| format!(", closed by {how}"))
                .unwrap_or_default()
        ),
    ];
    for given_up in &fee.given_up {
        lines.push(format!(
            "{} less from {} by {}",
            money(given_up.amount_minor),
            given_up.on,
            given_up.how.unwrap_or("agreement")
        ));
    }
    if fee.allocations.is_empty() {
        lines.push("Nothing settles it.".to_owned());
    }
    for part in &fee.allocations {
        lines.push(String::new());
        lines.extend(allocation_in_words(part, &money));
    }
    if !fee.superseded.is_empty() {
        let head = [
            "written",
            "credit",
            "amount",
            "effective",
            "because",
            "state",
        ];
        let mut rows = table(&head);
        for row in &fee.superseded {
            rows.add_row([
                row.recorded_at.clone(),
                row.credit.clone(),
                money(row.amount_minor),
                row.effective_on.to_string(),
                cause_in_words(&row.cause).to_owned(),
                row.state.to_owned(),
            ]);
        }
        lines.push(String::new());
        lines.push("Booked before, and superseded:".to_owned());
        lines.push(rows.to_string());
    }
    lines.join("\n")
}

fn allocation_in_words(part: &AllocationWhy, money: &impl Fn(i64) -> String) -> Vec<String> {
    let credit = &part.credit;
    let since = part.policy_valid_from.map_or_else(
        || "in force from the beginning".to_owned(),
        |from| format!("in force from {from}"),
    );
    let mut lines = vec![
        format!(
            "{} of the credit {} over {}{}",
            money(part.amount_minor),
            credit.id,
            money(credit.amount_minor),
            credit
                .bank_reference
                .as_ref()
                .map(|reference| format!(" (bank reference {reference})"))
                .unwrap_or_default()
        ),
        format!("  rule: {}", rule_in_words(part.rule)),
        format!(
            "  applied on {} because {}; counts from {}",
            part.effective_on,
            cause_in_words(part.cause),
            part.counts_from
        ),
        format!(
            "  ordered {}, booked {}, value date {}; credited {}: {}",
            day(credit.order_date),
            day(credit.booking_date),
            day(credit.value_date),
            credit.crediting_date,
            source_in_words(credit.crediting_date_source)
        ),
        format!("  rules: version {}, {since}", part.policy_version),
    ];
    if part.candidates.len() > 1 {
        let open: Vec<String> = part
            .candidates
            .iter()
            .map(|one| format!("{} (due {})", one.external_id, one.due_on))
            .collect();
        lines.push(format!("  open then, in its order: {}", open.join(", ")));
    }
    lines
}

fn credit_in_words(credit: &CreditWhy) -> String {
    let currency = Currency::parse(&credit.currency).unwrap_or(Currency::PLN);
    let money = |minor: i64| format!("{} {currency}", format_plain(minor, currency));
    let dates = &credit.credit;
    let mut lines = vec![
        format!("{} over {}", dates.id, money(dates.amount_minor)),
        format!(
            "ordered {}, booked {}, value date {}; counts from {}: {}",
            day(dates.order_date),
            day(dates.booking_date),
            day(dates.value_date),
            dates.crediting_date,
            source_in_words(dates.crediting_date_source)
        ),
    ];
    let text =
        |name: &str, text: &Option<String>| text.as_ref().map(|text| format!("{name}: {text}"));
    lines.extend(text("payer", &credit.payer_name));
    lines.extend(text("payer's account", &credit.payer_account));
    lines.extend(text("virtual account", &credit.virtual_account));
    if !credit.remittance.is_empty() {
        lines.push(format!("text: {}", credit.remittance));
    }
    for row in &credit.identified {
        lines.push(identified_in_words(row, &money));
    }
    for row in &credit.before {
        let was = identified_in_words(row, &money);
        lines.push(format!("before, since {}: {was}", row.recorded_at));
    }
    for row in &credit.reversals {
        let (amount, on, id) = (money(row.amount_minor), row.on, &row.id);
        lines.push(format!("the bank took {amount} back on {on}: {id}"));
    }
    lines.push(where_it_is(credit));
    lines.join("\n")
}

fn identified_in_words(row: &Identified, money: &impl Fn(i64) -> String) -> String {
    let amount = money(row.amount_minor);
    let mut words = match (row.outcome.as_str(), &row.student, &row.other) {
        ("student", Some(student), _) => format!("{amount} is student {student}'s"),
        ("review", _, _) => format!("{amount} is in review"),
        ("not_student", _, _) => format!("{amount} is no student's"),
        ("detailed", _, _) => {
            format!("{amount} is a lump sum that another statement tells in parts")
        }
        ("reversal", _, Some(other)) => format!("{amount} takes back the credit {other}"),
        (outcome, _, _) => format!("{amount} is {}", outcome.replace('_', " ")),
    };
    let rule = match (row.rule.as_str(), &row.number) {
        ("virtual_account", Some(number)) => format!("by the credited account {number}"),
        (rule, _) => format!("by {}", rule.replace('_', " ")),
    };
    if row.outcome != "review" {
        words = format!("{words}, {rule}");
    }
    if !row.reason.is_empty() {
        words = format!("{words}: {}", row.reason);
    }
    words
}

/// Where a credit's money is.
pub(super) fn where_it_is(credit: &CreditWhy) -> String {
    let currency = Currency::parse(&credit.currency).unwrap_or(Currency::PLN);
    let money = |minor: i64| format!("{} {currency}", format_plain(minor, currency));
    let mut lines: Vec<String> = Vec::new();
    for went in &credit.went {
        lines.push(format!(
            "{} settles {} of student {}, counts from {}: {}",
            money(went.amount_minor),
            went.external_id,
            went.student,
            went.counts_from,
            rule_in_words(went.rule)
        ));
    }
    for (minor, words) in [
        (credit.on_account_minor, "lies on account"),
        (credit.reserved_minor, "is set aside to be sent back"),
        (credit.refunded_minor, "was sent back"),
        (credit.reversed_minor, "was taken back by the bank"),
        (
            credit.to_recover_minor,
            "is to be recovered: the bank took it back after it had been sent back",
        ),
    ] {
        if minor != 0 {
            lines.push(format!("{} {words}", money(minor)));
        }
    }
    if lines.is_empty() {
        lines.push("It settles nothing.".to_owned());
    }
    lines.join("\n")
}
