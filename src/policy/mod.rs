//! The institution's rules: due dates, allocation, interest, and from when each version holds.
//!
//! A [`Policy`] is one version, hashed over its content; a [`PolicyBook`] holds all of them. An
//! event folds under the version in force on its day, so an edit never re-allocates the past.

pub mod rates;

use chrono::NaiveDate;
use rates::RateTable;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use std::collections::BTreeMap;

/// Whether money that came for one category may settle another.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum CategoryRule {
    /// The account's own category first, then the rest.
    Preferred,
    /// What is left stays on account for the category.
    Strict,
}

/// When money on account is used by itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum OnAccountRule {
    /// As receivables become due.
    WhenDue,
    /// As soon as they are visible.
    WhenVisible,
}

/// What a lower amount in a later export means.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum AmountChange {
    /// The lower amount is treated as having always held.
    Correction,
    /// The difference was owed until the day of the export.
    Waiver,
}

/// What happens to a plan when an instalment is not paid.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum PlanBreach {
    /// The other instalments keep their days.
    Nothing,
    /// All that is left falls due the day after.
    AllDue,
}

/// Interest for delay.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum InterestRule {
    /// None is charged.
    None,
    /// Art. 481 § 2 KC.
    Statutory,
}

/// One step of the ladder of messages.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct LadderStep {
    /// Name of the message: `notice`, `order_now`, `reminder`, `second`, `demand`.
    pub template: String,
    /// Days from the due date; negative is before it.
    pub offset_days: i32,
    /// Whether `offset_days` counts business days.
    pub business_days: bool,
    /// Items that are open with less than this are not written about.
    pub minimum_minor: i64,
}

/// The rules for one kind of fee.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct KindPolicy {
    /// A fee is due no earlier than this many days after it became visible.
    pub notice_days: u32,
    /// Move a due date that is a Saturday, Sunday or statutory holiday (art. 115 KC).
    pub move_to_business_day: bool,
    /// A shortfall up to this many minor units is written off after the due date.
    pub tolerance_minor: i64,
    /// Interest for delay.
    pub interest: InterestRule,
    /// Interest below this many minor units is not charged.
    pub interest_minimum_minor: i64,
    /// Cover accrued interest before principal at each credit (art. 451 § 1 KC).
    pub interest_first: bool,
    /// What a lower amount in a later export means.
    pub amount_change: AmountChange,
    /// What a missed instalment does to its plan.
    pub plan_breach: PlanBreach,
    /// Messages, in order of their offsets.
    pub ladder: Vec<LadderStep>,
}

/// The rules of allocation, for the whole account.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct AllocationPolicy {
    /// Money and fee categories.
    pub category: CategoryRule,
    /// Rule 3: one receivable whose amount equals the credit, while nothing else is due.
    pub exact_amount: bool,
    /// When money on account is used by itself.
    pub on_account: OnAccountRule,
    /// A credit cancelled and booked again within this many bank days keeps its first crediting date.
    pub rebooking_bank_days: u32,
    /// Days back within which a reversal without a reference looks for its credit.
    pub reversal_days: u32,
    /// A waiver or write-off above this needs a second person, minor units.
    pub waive_limit_minor: i64,
}

/// The rules of messages, for all kinds of fees.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct DunningPolicy {
    /// The least number of days between two reminders about one item.
    pub distance_days: u32,
    /// What the formal demand gives to pay, counted from its delivery; days.
    pub demand_days: u32,
    /// The formal demand is a letter: its term counts from the day on which that was delivered.
    pub demand_by_letter: bool,
    /// A run that would write to more than this share of the students waits for a person's word;
    /// percent.
    pub brake_percent: u32,
    /// So does one that would write to so many times as many as the last.
    pub brake_times: u32,
    /// Money that lies on account for so many months while nothing is due is a case.
    pub idle_months: u32,
}

impl DunningPolicy {
    fn is_default(&self) -> bool {
        *self == DunningPolicy::default()
    }
}

impl Default for DunningPolicy {
    fn default() -> Self {
        DunningPolicy {
            distance_days: 5,
            demand_days: 14,
            demand_by_letter: false,
            brake_percent: 10,
            brake_times: 3,
            idle_months: 12,
        }
    }
}

/// One version of the rules.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Policy {
    /// Rules of allocation.
    pub allocation: AllocationPolicy,
    /// Rules of messages. Versions that were noted before there were any keep their names.
    #[serde(default, skip_serializing_if = "DunningPolicy::is_default")]
    pub dunning: DunningPolicy,
    /// For every kind that has no rules of its own.
    pub default_kind: KindPolicy,
    /// Rules by kind of fee; complete, the defaults already filled in.
    pub kinds: BTreeMap<String, KindPolicy>,
}

impl Policy {
    /// The rules for a kind of fee.
    pub fn kind(&self, kind: &str) -> &KindPolicy {
        self.kinds.get(kind).unwrap_or(&self.default_kind)
    }

    /// The name of a version: twelve hexadecimal digits of the SHA-256 of its content, so that
    /// equal rules have equal names wherever they were written.
    pub fn version(&self) -> String {
        let json = serde_json::to_vec(self).unwrap_or_default();
        let mut name = format!("{:x}", Sha256::digest(&json));
        name.truncate(12);
        name
    }
}

impl Default for KindPolicy {
    fn default() -> Self {
        let step = |template: &str, offset_days, business_days| LadderStep {
            template: template.to_owned(),
            offset_days,
            business_days,
            minimum_minor: 0,
        };
        KindPolicy {
            notice_days: 14,
            move_to_business_day: true,
            tolerance_minor: 0,
            interest: InterestRule::None,
            interest_minimum_minor: 0,
            interest_first: false,
            amount_change: AmountChange::Correction,
            plan_breach: PlanBreach::Nothing,
            ladder: vec![
                step("notice", -7, false),
                step("order_now", -2, true),
                step("reminder", 3, false),
                step("second", 10, false),
                step("demand", 17, false),
            ],
        }
    }
}

impl Default for AllocationPolicy {
    fn default() -> Self {
        AllocationPolicy {
            category: CategoryRule::Preferred,
            exact_amount: true,
            on_account: OnAccountRule::WhenDue,
            rebooking_bank_days: 5,
            reversal_days: 30,
            waive_limit_minor: 50_000,
        }
    }
}

/// All versions of the rules with the day from which each holds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PolicyBook {
    first: (Policy, String),
    later: BTreeMap<NaiveDate, (Policy, String)>,
    rates: RateTable,
}

impl PolicyBook {
    /// The `first` version holds on every day before the next.
    pub fn new(first: Policy) -> Self {
        let version = first.version();
        PolicyBook {
            first: (first, version),
            later: BTreeMap::new(),
            rates: RateTable::statutory(),
        }
    }

    /// Adds a version that holds from a day on; a later call for the same day replaces it.
    #[must_use]
    pub fn with(mut self, valid_from: NaiveDate, policy: Policy) -> Self {
        let version = policy.version();
        self.later.insert(valid_from, (policy, version));
        self
    }

    /// Takes other rates than those this program was built with.
    #[must_use]
    pub fn with_rates(mut self, rates: RateTable) -> Self {
        self.rates = rates;
        self
    }

    /// Rates of statutory interest: data with dates, no part of a version.
    pub fn rates(&self) -> &RateTable {
        &self.rates
    }

    /// The largest tolerance of any kind in any version, minor units.
    pub fn tolerance_max(&self) -> i64 {
        let versions = std::iter::once(&self.first).chain(self.later.values());
        let kinds =
            versions.flat_map(|(policy, _)| policy.kinds.values().chain([&policy.default_kind]));
        kinds.map(|kind| kind.tolerance_minor).max().unwrap_or(0)
    }

    /// The rules in force on a day, and the name of their version.
    pub fn on(&self, day: NaiveDate) -> (&Policy, &str) {
        let (policy, version) = self
            .later
            .range(..=day)
            .next_back()
            .map_or(&self.first, |(_, held)| held);
        (policy, version)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn date(text: &str) -> NaiveDate {
        text.parse().expect(text)
    }

    fn strict() -> Policy {
        let mut policy = Policy::default();
        policy.allocation.category = CategoryRule::Strict;
        policy
    }

    #[test]
    fn equal_rules_have_equal_names_and_others_have_others() {
        let name = Policy::default().version();
        assert_eq!(name, Policy::default().version());
        assert_eq!(name.len(), 12);
        assert_ne!(name, strict().version());
        let stored = serde_json::to_string(&strict()).unwrap();
        let read: Policy = serde_json::from_str(&stored).unwrap();
        assert_eq!((&read, read.version()), (&strict(), strict().version()));
    }

    #[test]
    fn a_version_keeps_its_name_where_a_later_program_knows_more_rules() {
        assert_eq!(Policy::default().version(), "f0b03ad05645");
        let mut other = Policy::default();
        other.dunning.distance_days = 6;
        assert_ne!(other.version(), Policy::default().version());
    }

    #[test]
    fn a_kind_without_rules_of_its_own_has_the_default_ones() {
        let mut policy = Policy::default();
        let tuition = KindPolicy {
            notice_days: 30,
            ..KindPolicy::default()
        };
        policy.kinds.insert("tuition".to_owned(), tuition);
        assert_eq!(policy.kind("tuition").notice_days, 30);
        assert_eq!(policy.kind("dormitory").notice_days, 14);
    }

    #[test]
    fn a_day_has_the_rules_in_force_on_it() {
        let book = PolicyBook::new(Policy::default()).with(date("2026-10-01"), strict());
        let category = |day: &str| book.on(date(day)).0.allocation.category;
        assert_eq!(category("2026-09-30"), CategoryRule::Preferred);
        assert_eq!(category("2026-10-01"), CategoryRule::Strict);
        assert_eq!(book.on(date("2026-10-01")).1, strict().version());
        let back = book.with(date("2026-10-01"), Policy::default());
        assert_eq!(back.on(date("2026-10-02")).0, &Policy::default());
    }
}
