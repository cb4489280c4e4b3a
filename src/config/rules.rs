//! `[policy]` and `[interest]`: the institution's rules, the defaults filled in.

use super::reader::{Reader, Section};
use crate::policy::rates::RateTable;
use crate::policy::{
    AllocationPolicy, AmountChange, CategoryRule, DunningPolicy, InterestRule, KindPolicy,
    LadderStep, OnAccountRule, PlanBreach, Policy,
};
use rust_decimal::Decimal;

/// The messages there are.
const TEMPLATES: [(&str, &str); 5] = [
    ("notice", "notice"),
    ("order_now", "order_now"),
    ("reminder", "reminder"),
    ("second", "second"),
    ("demand", "demand"),
];

/// A day count beyond this is mistyped.
const DAYS_MAX: i64 = 366;

pub(super) fn policy(root: &mut Section<'_>, reader: &mut Reader<'_>) -> Policy {
    let mut policy = Policy::default();
    let Some(mut section) = root.section("policy", reader) else {
        return policy;
    };
    if let Some(below) = section.section("allocation", reader) {
        policy.allocation = allocation(below, reader);
    }
    if let Some(below) = section.section("dunning", reader) {
        policy.dunning = dunning(below, reader);
    }
    if let Some(below) = section.section("default_kind", reader) {
        policy.default_kind = kind(below, &KindPolicy::default(), reader);
    }
    if let Some(mut kinds) = section.section("kind", reader) {
        for name in kinds.keys() {
            if let Some(below) = kinds.section(name, reader) {
                policy
                    .kinds
                    .insert(name.to_owned(), kind(below, &policy.default_kind, reader));
            }
        }
    }
    section.finish(reader);
    policy
}

fn allocation(mut section: Section<'_>, reader: &mut Reader<'_>) -> AllocationPolicy {
    let default = AllocationPolicy::default();
    let categories = [
        ("preferred", CategoryRule::Preferred),
        ("strict", CategoryRule::Strict),
    ];
    let on_account = [
        ("when_due", OnAccountRule::WhenDue),
        ("when_visible", OnAccountRule::WhenVisible),
    ];
    let policy = AllocationPolicy {
        category: section
            .choice("category", &categories, reader)
            .unwrap_or(default.category),
        exact_amount: section
            .boolean("exact_amount", reader)
            .unwrap_or(default.exact_amount),
        on_account: section
            .choice("on_account", &on_account, reader)
            .unwrap_or(default.on_account),
        rebooking_bank_days: days(
            &mut section,
            "rebooking_bank_days",
            default.rebooking_bank_days,
            reader,
        ),
        reversal_days: days(&mut section, "reversal_days", default.reversal_days, reader),
        waive_limit_minor: section
            .amount("waive_limit", reader)
            .unwrap_or(default.waive_limit_minor),
    };
    section.finish(reader);
    policy
}

fn dunning(mut section: Section<'_>, reader: &mut Reader<'_>) -> DunningPolicy {
    let default = DunningPolicy::default();
    let policy = DunningPolicy {
        distance_days: days(&mut section, "distance_days", default.distance_days, reader),
        demand_days: days(&mut section, "demand_days", default.demand_days, reader),
        demand_by_letter: section
            .boolean("demand_by_letter", reader)
            .unwrap_or(default.demand_by_letter),
        brake_percent: section
            .integer("brake_percent", 0..101, reader)
            .unwrap_or(default.brake_percent),
        brake_times: section
            .integer("brake_times", 1..1001, reader)
            .unwrap_or(default.brake_times),
        idle_months: section
            .integer("idle_months", 1..121, reader)
            .unwrap_or(default.idle_months),
    };
    section.finish(reader);
    policy
}

fn days(section: &mut Section<'_>, key: &str, default: u32, reader: &mut Reader<'_>) -> u32 {
    section
        .integer(key, 0..DAYS_MAX + 1, reader)
        .unwrap_or(default)
}

/// The rules of a kind; what the section leaves out is taken from `base`.
fn kind(mut section: Section<'_>, base: &KindPolicy, reader: &mut Reader<'_>) -> KindPolicy {
    let interest = [
        ("none", InterestRule::None),
        ("statutory", InterestRule::Statutory),
    ];
    let change = [
        ("correction", AmountChange::Correction),
        ("waiver", AmountChange::Waiver),
    ];
    let breach = [
        ("nothing", PlanBreach::Nothing),
        ("all_due", PlanBreach::AllDue),
    ];
    let policy = KindPolicy {
        notice_days: days(&mut section, "notice_days", base.notice_days, reader),
        move_to_business_day: section
            .boolean("move_to_business_day", reader)
            .unwrap_or(base.move_to_business_day),
        tolerance_minor: section
            .amount("tolerance", reader)
            .unwrap_or(base.tolerance_minor),
        interest: section
            .choice("interest", &interest, reader)
            .unwrap_or(base.interest),
        interest_minimum_minor: section
            .amount("interest_minimum", reader)
            .unwrap_or(base.interest_minimum_minor),
        interest_first: section
            .boolean("interest_first", reader)
            .unwrap_or(base.interest_first),
        amount_change: section
            .choice("amount_change", &change, reader)
            .unwrap_or(base.amount_change),
        plan_breach: section
            .choice("plan_breach", &breach, reader)
            .unwrap_or(base.plan_breach),
        ladder: ladder(&mut section, reader).unwrap_or_else(|| base.ladder.clone()),
    };
    section.finish(reader);
    policy
}

/// The steps as written; they replace the default's as a whole.
fn ladder(section: &mut Section<'_>, reader: &mut Reader<'_>) -> Option<Vec<LadderStep>> {
    let mut steps: Vec<LadderStep> = Vec::new();
    for mut below in section.sections("ladder", reader)? {
        let Some(step) = ladder_step(&mut below, reader) else {
            below.finish(reader);
            continue;
        };
        if steps.iter().any(|other| other.template == step.template) {
            below.mistake(
                "template",
                format!("the step `{}` stands twice", step.template),
                reader,
            );
        }
        if steps
            .last()
            .is_some_and(|last| step.offset_days <= last.offset_days)
        {
            below.mistake(
                "offset_days",
                "the steps must stand in the order of their days",
                reader,
            );
        }
        below.finish(reader);
        steps.push(step);
    }
    Some(steps)
}

fn ladder_step(section: &mut Section<'_>, reader: &mut Reader<'_>) -> Option<LadderStep> {
    section.need("template", reader);
    section.need("offset_days", reader);
    let template = section.choice("template", &TEMPLATES, reader);
    let offset_days = section.integer("offset_days", -DAYS_MAX..DAYS_MAX + 1, reader);
    let business_days = section.boolean("business_days", reader).unwrap_or(false);
    let minimum_minor = section.amount("minimum", reader).unwrap_or(0);
    Some(LadderStep {
        template: template?.to_owned(),
        offset_days: offset_days?,
        business_days,
        minimum_minor,
    })
}

/// The table that came with the program, with what the file adds.
pub(super) fn rates(root: &mut Section<'_>, reader: &mut Reader<'_>) -> RateTable {
    let mut table = RateTable::statutory();
    let Some(mut section) = root.section("interest", reader) else {
        return table;
    };
    for mut below in section.sections("rate", reader).unwrap_or_default() {
        below.need("from", reader);
        below.need("percent", reader);
        let from = below.date("from", reader);
        let percent = percent(&mut below, reader);
        if let (Some(from), Some(percent)) = (from, percent) {
            table = table.with_rate(from, percent);
        }
        below.finish(reader);
    }
    if let Some(day) = section.date("reviewed_through", reader) {
        table = table.with_review(day);
    }
    section.finish(reader);
    table
}

/// Percent per year, as a text, so that it is exact.
fn percent(section: &mut Section<'_>, reader: &mut Reader<'_>) -> Option<Decimal> {
    let text = section.string("percent", reader)?;
    let exact = Decimal::from_str_exact(&text.replace(',', ".")).ok();
    let percent = exact.filter(|percent| {
        (Decimal::ZERO..=Decimal::ONE_HUNDRED).contains(percent) && percent.scale() <= 4
    });
    if percent.is_none() {
        section.mistake(
            "percent",
            format!("`{text}` is not a rate; write it like \"9.25\""),
            reader,
        );
    }
    percent
}
