//! The answers of `kwestura decide`, for people.

use crate::cli::common::table;
use crate::cli::say::say;
use crate::cli::{Outcome, attention};
use crate::engine::Office;
use crate::engine::decide::preview::{Change, FeeView, What};
use crate::engine::decide::{self, Answer, Listed, Standing};
use crate::money::{Currency, format_plain};
use std::process::ExitCode;

/// The answer for people, and whether somebody has to act.
pub(in crate::cli) fn show(answer: &Answer, done: &str) -> ExitCode {
    say!("{}", preview(&answer.changes));
    let numbers: Vec<String> = answer.numbers.iter().map(i64::to_string).collect();
    let numbers = numbers.join(" and ");
    match &answer.standing {
        Standing::Preview => {
            if let Some(reason) = &answer.second {
                say!("It would need a second person: {reason}.");
            }
            say!("Nothing was written: this is a preview. Leave out --dry-run to decide.");
            ExitCode::SUCCESS
        }
        Standing::Fact => {
            say!("Decision {numbers} {done}.");
            ExitCode::SUCCESS
        }
        Standing::Waits(reason) => {
            say!(
                "Decision {numbers} noted. It needs a second person, because {reason}; until then nothing changes.\nNext: kwestura decide approve {numbers} --by OTHER"
            );
            attention()
        }
        Standing::Already => {
            say!("This was decided before, as decision {numbers}; nothing was written.");
            ExitCode::SUCCESS
        }
    }
}

/// The changed lines of accounts.
fn preview(changes: &[Change]) -> String {
    if changes.is_empty() {
        return "No line of an account changes.".to_owned();
    }
    let mut rows = table(&["student", "what", "before", "after"]);
    for change in changes {
        let currency = Currency::parse(&change.currency).unwrap_or(Currency::PLN);
        let (what, before, after) = match &change.what {
            What::Fee { fee, before, after } => {
                let view = |view: &Option<FeeView>| {
                    view.as_ref()
                        .map_or_else(|| "-".to_owned(), |view| fee_view(view, currency))
                };
                (fee.clone(), view(before), view(after))
            }
            What::OnAccount {
                on_account_before_minor,
                on_account_after_minor,
            } => {
                let money = |minor: &i64| format!("{} {currency}", format_plain(*minor, currency));
                (
                    "on account".to_owned(),
                    money(on_account_before_minor),
                    money(on_account_after_minor),
                )
            }
        };
        rows.add_row([change.student.clone(), what, before, after]);
    }
    rows.to_string()
}

fn fee_view(view: &FeeView, currency: Currency) -> String {
    let money = |minor: i64| format_plain(minor, currency);
    let mut words = vec![
        format!(
            "{} open of {} {currency}",
            money(view.open_minor),
            money(view.amount_minor)
        ),
        format!("due {}", view.due_on),
    ];
    words.extend(view.settled_on.map(|day| format!("settled {day}")));
    words.extend(view.closed_by.map(|how| format!("closed by {how}")));
    if view.late_days > 0 {
        words.push(format!("{} days late", view.late_days));
    }
    if view.interest_minor > 0 {
        words.push(format!("interest {}", money(view.interest_minor)));
    }
    words.join("\n")
}

pub(super) async fn list(office: &Office, only: Option<i64>, open: bool, json: bool) -> Outcome {
    let rows = decide::list(office, only, open).await?;
    if json {
        for row in &rows {
            say!("{}", serde_json::to_string(row).unwrap_or_default());
        }
    } else if rows.is_empty() {
        say!(
            "{}",
            if open {
                "No decision waits for a second person."
            } else {
                "Nobody has decided anything yet; `kwestura decide --help` shows what can be."
            }
        );
    } else {
        say!("{}", listed(&rows));
    }
    let waits = open && !rows.is_empty();
    Ok(if waits {
        attention()
    } else {
        ExitCode::SUCCESS
    })
}

fn listed(rows: &[Listed]) -> String {
    let mut shown = table(&["decision", "what", "from", "by", "why", "state"]);
    for row in rows {
        let state = match (&row.revoked_by, &row.approved_by, row.state) {
            (Some(who), _, _) => format!("taken back by {who}"),
            (None, Some(who), _) => format!("approved by {who}"),
            (None, None, "waits") => "waits for a second person".to_owned(),
            _ => String::new(),
        };
        shown.add_row([
            row.decision.to_string(),
            words(row),
            row.acts_on.to_string(),
            row.by.clone(),
            row.why.clone(),
            state,
        ]);
    }
    shown.to_string()
}

/// What was decided, in a few words.
fn words(row: &Listed) -> String {
    let currency = row.currency.as_deref().and_then(Currency::parse);
    let money = |minor: i64| match currency {
        Some(currency) => format!("{} {currency}", format_plain(minor, currency)),
        None => minor.to_string(),
    };
    let mut words = vec![row.kind.replace('_', " ")];
    words.extend(row.fee.clone());
    words.extend(row.credit.clone());
    words.extend(row.amount_minor.map(money));
    words.extend(
        row.student
            .as_ref()
            .map(|student| format!("student {student}")),
    );
    words.extend(row.into.as_ref().map(|into| format!("into {into}")));
    words.extend(
        row.other_credit
            .as_ref()
            .map(|credit| format!("to {credit}")),
    );
    words.extend(row.day.map(|day| day.to_string()));
    words.extend(row.detail.as_ref().map(|detail| format!("({detail})")));
    let parts = row.parts.iter().map(|part| {
        let name = [&part.fee, &part.student, &part.credit];
        let name = name.into_iter().flatten().cloned();
        let day = part.day.map(|day| day.to_string());
        let amount = part.amount_minor.map(money);
        let all: Vec<String> = name.chain(day).chain(amount).collect();
        all.join(" ")
    });
    let parts: Vec<String> = parts.collect();
    let mut text = words.join(" ");
    if !parts.is_empty() {
        text = format!("{text}: {}", parts.join(", "));
    }
    text
}
