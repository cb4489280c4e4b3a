//! Who gets the money: rules 1 to 5, reversals, refunds, merges.

use super::story::Story;
use super::tell;
use crate::policy::{CategoryRule, OnAccountRule, Policy};

#[test]
fn the_exact_amount_beats_age_only_while_nothing_else_is_due() {
    tell(
        "
fee A 500 due=2026-10-12
fee B 300 due=2026-10-20
credit C 300 on=2026-10-05
expect B open=0 rule=exact_amount
expect A open=500
",
    );
    tell(
        "
fee A 500 due=2026-10-12
fee B 300 due=2026-10-20
credit C 300 on=2026-10-12
expect A open=200 rule=oldest_due
expect B open=300
",
    );
}

#[test]
fn a_payers_word_comes_before_age_and_its_excess_waits_on_account() {
    tell(
        "
fee A 500 due=2026-10-12
fee B 300 due=2026-10-20
credit C 400 on=2026-10-05 names=B
day 2026-10-05
expect B open=0 rule=designated_by_payer
expect A open=500
expect C on_account=100
day 2026-10-12
expect A open=400 rule=on_account counts=2026-10-05
",
    );
}

#[test]
fn several_named_fees_are_settled_if_they_add_up_and_wait_for_a_person_if_not() {
    tell(
        "
fee A 500 due=2026-10-12
fee B 300 due=2026-10-20
fee X 100 due=2026-10-09
credit C 800 on=2026-10-05 names=A,B
expect A open=0 settled=2026-10-05
expect B open=0 settled=2026-10-05
expect X open=100
",
    );
    tell(
        "
fee A 500 due=2026-10-12
fee B 300 due=2026-10-20
credit C 700 on=2026-10-05 names=A,B
expect A open=500
expect C on_account=700
designate C B A on=2026-10-21
expect B open=0 counts=2026-10-05
expect A open=100
",
    );
}

#[test]
fn a_credit_that_names_a_fee_not_yet_visible_waits_and_settles_it_first() {
    tell(
        "
fee A 500 due=2026-10-30 pub=2026-09-01
fee B 300 due=2026-11-20 pub=2026-10-15
credit C 300 on=2026-10-05 names=B
day 2026-10-10
expect C on_account=300
expect A open=500
day 2026-10-15
expect B open=0 counts=2026-10-15 effective=2026-10-15
",
    );
}

#[test]
fn a_person_takes_money_from_where_it_lies_and_sends_it_where_it_belongs() {
    tell(
        "
fee A 500 due=2026-10-12
fee B 500 due=2026-10-20
credit C 500 on=2026-10-05
designate C B on=2026-10-14
day 2026-10-13
expect A open=0
day 2026-10-14
expect A open=500 late=2
expect B open=0 counts=2026-10-14 rule=designated_by_person
",
    );
}

#[test]
fn a_reversal_takes_what_lies_on_account_and_then_the_newest_settlement() {
    tell(
        "
fee A 500 due=2026-10-12
fee B 300 due=2026-10-20
credit C 900 on=2026-10-05
reverse C 250 on=2026-10-22
expect C reversed=250 on_account=0 allocated=650
expect A open=0
expect B open=150
",
    );
    tell(
        "
fee A 500 due=2026-10-12
credit C 500 on=2026-10-05
reverse C 500 on=2026-10-15
day 2026-10-14
expect A settled=2026-10-05
day 2026-10-15
expect A open=500 settled=- late=3
expect C reversed=500 allocated=0
",
    );
}

#[test]
fn a_credit_cancelled_and_booked_again_keeps_its_first_day() {
    tell(
        "
fee A 500 due=2026-10-12
fee B 500 due=2026-11-12
credit C1 500 on=2026-10-12 payer=P va=V
reverse C1 500 on=2026-10-14
credit C2 500 on=2026-10-15 payer=P va=V
expect A settled=2026-10-12 late=0
expect B open=500
expect C1 reversed=500 allocated=0
expect C2 allocated=500 credited=2026-10-12
",
    );
}

#[test]
fn strict_categories_keep_their_money() {
    let mut strict = Policy::default();
    strict.allocation.category = CategoryRule::Strict;
    let text = "
fee T 500 due=2026-10-12 cat=tuition
fee D 300 due=2026-10-05 cat=dormitory
credit C 600 on=2026-10-01 cat=tuition
expect T open=0
";
    Story::tell(
        strict,
        &format!("{text}expect D open=300\nexpect C on_account=100"),
    );
    tell(&format!("{text}expect D open=200\nexpect C on_account=0"));
}

#[test]
fn money_on_account_may_be_used_as_soon_as_a_fee_is_visible() {
    let mut early = Policy::default();
    early.allocation.on_account = OnAccountRule::WhenVisible;
    Story::tell(
        early,
        "
credit C 500 on=2026-09-10
fee A 500 due=2026-10-12 pub=2026-09-20
expect A effective=2026-09-20 counts=2026-09-20
",
    );
}

#[test]
fn merged_records_share_money_from_the_day_of_the_merge() {
    let text = "
fee A 500 due=2026-10-12 person=bob
credit C 500 on=2026-10-05 person=ada
merge bob ada on=2026-10-20
";
    tell(&format!(
        "{text}
day 2026-10-19
expect A open=500
day 2026-10-20
expect A open=0 counts=2026-10-05 effective=2026-10-20
"
    ));
}

#[test]
fn a_refund_that_comes_back_is_money_on_account_again() {
    tell(
        "
credit C 500 on=2026-10-01
refund C 500 on=2026-10-05 paid=2026-10-07 returned=2026-10-20
fee A 300 due=2026-10-26 pub=2026-10-02
expect A open=0 counts=2026-10-20
expect C on_account=200
",
    );
}
