//! More stories of single accounts: facts that come in an unusual order of days.

use super::fold::fold;
use super::tests::story::{Story, conserve};
use super::tests::{statutory, tell};
use crate::policy::{AmountChange, Policy};
use chrono::NaiveDate;

#[test]
fn an_older_export_about_a_fee_yet_to_be_published_does_not_override_a_newer_one() {
    tell(
        "fee T1 500 due=2026-11-20 pub=2026-10-01 as_of=2026-09-01
         fee T1 300 due=2026-11-20 pub=2026-10-01 as_of=2026-09-15
         expect T1 amount=300 visible=2026-10-01",
    );
}

#[test]
fn a_waiver_by_a_person_survives_an_export_that_changes_nothing() {
    let mut policy = Policy::default();
    policy.default_kind.amount_change = AmountChange::Waiver;
    Story::tell(
        policy,
        "fee T1 1000 due=2026-11-20
         waive T1 200 on=2026-10-01
         fee T1 1000 due=2026-11-25 as_of=2026-10-05
         expect T1 open=800
         fee T1 900 due=2026-11-25 as_of=2026-10-06
         expect T1 open=700
         fee T1 1000 due=2026-11-25 as_of=2026-10-07
         expect T1 open=800",
    );
}

#[test]
fn a_designation_takes_money_from_wherever_it_lies() {
    tell(
        "fee T1 500 due=2026-10-12
         fee T2 500 due=2026-10-20
         fee T3 500 due=2026-10-30
         credit C1 1000 on=2026-10-01
         designate C1 T2 T3 on=2026-10-05
         expect T1 open=500
         expect T2 open=0 settled=2026-10-01
         expect T3 open=0 settled=2026-10-05",
    );
}

#[test]
fn a_waiver_of_a_fee_in_instalments_takes_off_the_last_ones() {
    tell(
        "fee T1 900 due=2026-10-12
         plan T1 300@2026-11-12 300@2026-12-11 300@2027-01-12 on=2026-10-05
         waive T1 400 on=2026-10-10
         expect T1:1 open=300
         expect T1:2 open=200
         expect T1:3 open=0 closed_by=waiver",
    );
}

#[test]
fn a_waiver_before_the_fee_is_visible_acts_when_it_is() {
    tell(
        "fee T1 500 due=2026-11-20 pub=2026-10-01 as_of=2026-09-01
         waive T1 200 on=2026-09-10
         extend T1 due=2026-12-15 on=2026-09-10
         expect T1 open=300 due=2026-12-15",
    );
}

#[test]
fn interest_until_a_plan_is_kept() {
    Story::tell(
        statutory(),
        "fee T1 1950.00 due=2025-10-15 pub=2025-09-01
         plan T1 1950.00@2026-01-15 on=2025-11-12
         day 2025-11-12
         expect T1 interest=14.87",
    );
}

#[test]
fn a_correction_down_to_what_was_paid_closes_a_fee_as_paid_though_there_was_a_plan() {
    tell(
        "fee T1 1000 due=2026-10-12
         credit C1 400 on=2026-10-05
         plan T1 600@2026-12-11 on=2026-10-10
         expect T1 open=0 closed_by=plan
         fee T1 400 due=2026-10-12 as_of=2026-10-25
         expect T1 open=0 closed_by=- settled=2026-10-05 late=0
         expect T1:1 amount=0 closed_by=correction",
    );
}

#[test]
fn a_refund_of_money_that_had_been_taken_back_is_to_be_recovered() {
    let mut story = Story::new(Policy::default());
    for line in [
        "credit C1 500 on=2026-10-05",
        "reverse C1 500 on=2026-10-15",
        "refund C1 500 on=2026-10-20 paid=2026-10-22",
    ] {
        story.line(line);
    }
    conserve(&story.facts, &story.book);
    let (_, state) = fold(&story.facts, &story.book, NaiveDate::MAX);
    let purse = &state.purses[story.credit_named("C1")];
    assert_eq!(
        (purse.refunded_minor, purse.to_recover_minor),
        (50_000, 50_000)
    );
}

#[test]
fn a_share_designated_of_money_that_lies_there_already_is_no_more_than_the_share() {
    let mut story = Story::new(Policy::default());
    for line in [
        "fee T1 1000 due=2026-10-12",
        "fee T2 500 due=2026-10-20",
        "credit C1 500 on=2026-10-01",
        "designate C1 T1 T2 on=2026-10-05",
    ] {
        story.line(line);
    }
    let credit = story.credit_named("C1");
    let word = &mut story.facts.credits[credit].designations[0];
    word.fees[0].1 = Some(20_000);
    word.fees[1].1 = Some(30_000);
    story.line("expect T1 open=800");
    story.line("expect T2 open=200");
    conserve(&story.facts, &story.book);
}

#[test]
fn interest_that_was_told_falls_away_when_an_export_moves_the_due_date() {
    Story::tell(
        statutory(),
        "fee T1 1950.00 due=2025-10-15 pub=2025-09-01
         credit C1 1950.00 on=2025-11-12
         told T1 on=2025-11-20
         expect T1:interest amount=14.87 open=14.87
         fee T1 1950.00 due=2025-11-20 pub=2025-09-01 as_of=2025-11-25
         expect T1 late=0 interest=0
         expect T1:interest amount=0 open=0",
    );
}
