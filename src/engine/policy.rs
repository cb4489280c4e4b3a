//! `policy show`, `policy check`, `policy activate`.
//!
//! In: the rules in `kwestura.toml` and the versions that were activated. Out: what differs, and a
//! further version that holds from a day on. No version is ever changed: what folds before that day
//! folds as it did.

use super::{EngineError, Office, account, policy_book};
use crate::money::{Currency, format_plain};
use crate::policy::Policy;
use crate::store::{StoreError, Tx};
use chrono::NaiveDate;
use serde::Serialize;
use serde_json::Value;
use std::collections::BTreeSet;

/// A version of the rules.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Version {
    /// Its name: a hash of its content.
    pub version: String,
    /// From when it holds; the first holds from the beginning.
    pub valid_from: Option<NaiveDate>,
    /// Whether it is the one in force.
    pub in_force: bool,
    /// Who activated it.
    pub by: String,
    /// Why.
    pub why: String,
    /// The rules.
    pub policy: Policy,
}

/// A setting that is not as in the version in force.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Difference {
    /// The key, as in `kwestura.toml`.
    pub key: String,
    /// In force.
    pub active: Option<String>,
    /// In the file.
    pub file: Option<String>,
}

/// What `policy check` found; the file has no mistake.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Check {
    /// The version of the file.
    pub file: String,
    /// The version in force.
    pub active: String,
    /// The day from which the file's rules hold, where they were activated for a later one.
    pub scheduled: Option<NaiveDate>,
    /// Every setting that is not as in force.
    pub differences: Vec<Difference>,
}

/// A version to be activated: the rules of the file.
#[derive(Debug, Clone, Copy)]
pub struct Activate<'a> {
    /// From this day on.
    pub from: NaiveDate,
    /// Why.
    pub why: &'a str,
    /// Who.
    pub by: &'a str,
    /// Look at what would happen, and change nothing.
    pub dry_run: bool,
}

/// What activating came to.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Activated {
    /// The version of the file.
    pub version: String,
    /// From when it holds.
    pub valid_from: NaiveDate,
    /// False where it was in force on that day already; then nothing was written.
    pub new: bool,
    /// How many accounts end otherwise by it; nothing where they were not counted.
    pub accounts_changed: Option<u64>,
    /// Every setting that changes on that day.
    pub differences: Vec<Difference>,
}

/// The rules in force today.
pub async fn in_force(office: &Office) -> Result<Policy, EngineError> {
    let mut tx = office.db.read().await?;
    let book = policy_book(&mut tx, &office.config, i64::MAX).await?;
    tx.rollback().await?;
    Ok(book.on(office.now.today).0.clone())
}

/// All versions, in the order in which they were activated.
pub async fn show(office: &Office) -> Result<Vec<Version>, EngineError> {
    let mut tx = office.db.read().await?;
    let versions = versions(&mut tx, office.now.today).await?;
    tx.rollback().await?;
    Ok(versions)
}

/// How the rules of the file differ from those in force.
pub async fn check(office: &Office) -> Result<Check, EngineError> {
    let mut tx = office.db.read().await?;
    let book = policy_book(&mut tx, &office.config, i64::MAX).await?;
    let versions = versions(&mut tx, office.now.today).await?;
    tx.rollback().await?;
    let file = office.config.policy.version();
    let (policy, active) = book.on(office.now.today);
    let later = versions.iter().filter_map(|row| row.valid_from);
    let mut later = later.filter(|day| *day > office.now.today);
    Ok(Check {
        scheduled: later.find(|day| book.on(*day).1 == file),
        active: active.to_owned(),
        differences: differences(policy, &office.config.policy)?,
        file,
    })
}

/// Notes the rules of the file as a version that holds from a day on, and marks every student to be
/// settled again.
///
/// # Errors
///
/// The day lies in a closed month.
pub async fn activate(office: &Office, wish: &Activate<'_>) -> Result<Activated, EngineError> {
    let policy = &office.config.policy;
    let mut tx = office.db.write().await?;
    tx.lock_policies().await?;
    if let Some(closed) = tx.closed_through().await?.filter(|day| wish.from <= *day) {
        return Err(EngineError::refused(format!(
            "the books are closed through {closed}; rules can change from the day after it on"
        )));
    }
    let before_book = policy_book(&mut tx, &office.config, i64::MAX).await?;
    let (before, before_version) = before_book.on(wish.from);
    let version = policy.version();
    let mut activated = Activated {
        valid_from: wish.from,
        new: version != before_version,
        accounts_changed: None,
        differences: differences(before, policy)?,
        version,
    };
    if activated.new {
        let book = before_book.clone().with(wish.from, policy.clone());
        let changed =
            account::changed_by(office, &mut tx, &before_book, &book, account::END_OF_DAYS).await?;
        activated.accounts_changed = Some(changed);
    }
    if !activated.new || wish.dry_run {
        tx.rollback().await?;
        return Ok(activated);
    }
    let content = content(policy)?;
    let now = office.now.millis;
    let from = Some(wish.from);
    tx.add_policy(&activated.version, from, &content, wish.by, wish.why, now)
        .await?;
    let persons = tx.all_persons().await?;
    tx.mark(persons.into_iter().map(|row| row.id)).await?;
    tx.commit().await?;
    Ok(activated)
}

/// The rules as they are stored.
pub(super) fn content(policy: &Policy) -> Result<String, EngineError> {
    let content = serde_json::to_string(policy).map_err(|error| StoreError::Inconsistent {
        table: "policy_version",
        what: error.to_string(),
    });
    Ok(content?)
}

async fn versions(tx: &mut Tx, today: NaiveDate) -> Result<Vec<Version>, EngineError> {
    let rows = tx.policies(i64::MAX).await?;
    let from = rows.iter().enumerate();
    let held = from.filter(|(_, row)| row.valid_from.is_none_or(|day| day <= today));
    // Of two for one day the later one holds.
    let in_force = held.max_by_key(|(place, row)| (row.valid_from, *place));
    let in_force = in_force.map(|(place, _)| place);
    let versions = rows.into_iter().enumerate().map(|(place, row)| {
        let policy = serde_json::from_str(&row.content);
        let policy = policy.map_err(|error| StoreError::Inconsistent {
            table: "policy_version",
            what: format!("version {}: {error}", row.version),
        });
        Ok(Version {
            version: row.version,
            valid_from: row.valid_from,
            in_force: in_force == Some(place),
            by: row.by_whom,
            why: row.why,
            policy: policy?,
        })
    });
    versions.collect()
}

/// Every key in which two sets of rules differ, in the words of `kwestura.toml`.
fn differences(active: &Policy, file: &Policy) -> Result<Vec<Difference>, EngineError> {
    let value = |policy: &Policy| {
        serde_json::to_value(policy).map_err(|error| StoreError::Inconsistent {
            table: "policy_version",
            what: error.to_string(),
        })
    };
    let (active, file) = (value(active)?, value(file)?);
    let mut found = Vec::new();
    compare("policy", Some(&active), Some(&file), &mut found);
    Ok(found)
}

fn compare(key: &str, active: Option<&Value>, file: Option<&Value>, found: &mut Vec<Difference>) {
    if active == file {
        return;
    }
    match (active, file) {
        (Some(Value::Object(ours)), Some(Value::Object(theirs))) => {
            let names: BTreeSet<&String> = ours.keys().chain(theirs.keys()).collect();
            for name in names {
                let written = if name == "kinds" { "kind" } else { name };
                let below = format!("{key}.{written}");
                compare(&below, ours.get(name), theirs.get(name), found);
            }
        }
        (Some(Value::Array(ours)), Some(Value::Array(theirs))) if ours.len() == theirs.len() => {
            for (place, (ours, theirs)) in ours.iter().zip(theirs).enumerate() {
                let below = format!("{key}[{}]", place + 1);
                compare(&below, Some(ours), Some(theirs), found);
            }
        }
        (active, file) => {
            let text = |value: &Value| in_file(key, value);
            found.push(Difference {
                key: key.strip_suffix("_minor").unwrap_or(key).to_owned(),
                active: active.map(text),
                file: file.map(text),
            });
        }
    }
}

/// A value as `kwestura.toml` writes it: amounts in złoty.
fn in_file(key: &str, value: &Value) -> String {
    match (key.ends_with("_minor"), value.as_i64()) {
        (true, Some(minor)) => format_plain(minor, Currency::PLN),
        _ => value.to_string(),
    }
}

/// Every setting of a set of rules with its value, in the words of `kwestura.toml`.
///
/// # Errors
///
/// They cannot be written down; never, for rules that were read.
pub fn settings(policy: &Policy) -> Result<Vec<(String, String)>, EngineError> {
    let value = serde_json::to_value(policy).map_err(|error| StoreError::Inconsistent {
        table: "policy_version",
        what: error.to_string(),
    })?;
    let mut found = Vec::new();
    flatten("policy", &value, &mut found);
    Ok(found)
}

fn flatten(key: &str, value: &Value, found: &mut Vec<(String, String)>) {
    match value {
        Value::Object(below) => {
            for (name, value) in below {
                let written = if name == "kinds" { "kind" } else { name };
                flatten(&format!("{key}.{written}"), value, found);
            }
        }
        Value::Array(below) => {
            for (place, value) in below.iter().enumerate() {
                flatten(&format!("{key}[{}]", place + 1), value, found);
            }
        }
        value => {
            let written = key.strip_suffix("_minor").unwrap_or(key);
            found.push((written.to_owned(), in_file(key, value)));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::policy::{InterestRule, KindPolicy};

    #[test]
    fn what_differs_is_named_as_the_file_names_it() {
        let active = Policy::default();
        let mut file = active.clone();
        file.allocation.waive_limit_minor = 100_050;
        file.default_kind.interest = InterestRule::Statutory;
        file.default_kind.ladder[1].offset_days = -3;
        let told: Vec<String> = differences(&active, &file)
            .unwrap()
            .iter()
            .map(|row| {
                let shown = |text: &Option<String>| text.clone().unwrap_or_default();
                format!("{}: {} > {}", row.key, shown(&row.active), shown(&row.file))
            })
            .collect();
        assert_eq!(
            told,
            [
                "policy.allocation.waive_limit: 500.00 > 1000.50",
                "policy.default_kind.interest: \"none\" > \"statutory\"",
                "policy.default_kind.ladder[2].offset_days: -2 > -3",
            ]
        );
        file = active.clone();
        file.kinds
            .insert("dormitory".to_owned(), KindPolicy::default());
        let told = differences(&active, &file).unwrap();
        assert_eq!(told.len(), 1);
        assert_eq!(told[0].key, "policy.kind.dormitory");
        assert_eq!(told[0].active, None);
        assert_eq!(differences(&file, &file).unwrap(), []);
    }
}
