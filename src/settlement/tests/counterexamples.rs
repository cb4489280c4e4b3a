//! Cases in which a simpler engine goes wrong.

use super::story::Story;
use super::tell;
use crate::money::Currency;
use crate::policy::Policy;
use crate::settlement::fold::fold;
use chrono::NaiveDate;

#[test]
fn a_part_payment_goes_to_the_oldest_due_date_even_if_a_later_credit_equals_a_fee() {
    tell(
        "
fee A 500 due=2026-10-12
fee B 500 due=2026-10-20
credit C2 500 on=2026-10-09
credit C1 100 on=2026-10-08
day 2026-10-20
expect A open=0 settled=2026-10-09 late=0
expect B open=400 late=0
",
    );
}

#[test]
fn a_fee_announced_late_does_not_reach_back_for_money_that_settled_another() {
    tell(
        "
fee T 1950 due=2026-10-15 pub=2026-09-01
credit C 2000 on=2026-10-05
fee D 450 due=2026-09-30 pub=2026-09-15 as_of=2026-10-20
expect T settled=2026-10-05 rule=oldest_due
expect D due=2026-11-03 visible=2026-10-20 open=400 counts=2026-10-20 effective=2026-11-03
day 2026-11-02
expect D open=450 late=0
expect C on_account=50
day 2026-11-03
expect C on_account=0
",
    );
}

#[test]
fn two_credits_of_one_day_settle_the_same_in_whatever_order_they_came() {
    for (first, second) in [("C1 300 ref=R1", "C2 700 ref=R2"), ("C1 300", "C2 700")] {
        for lines in [[first, second], [second, first]] {
            tell(&format!(
                "
fee A 500 due=2026-10-12
fee B 500 due=2026-10-20
credit {} on=2026-10-08
credit {} on=2026-10-08
expect A open=0 settled=2026-10-08
expect B open=0 settled=2026-10-08
expect C1 allocated=300
",
                lines[0], lines[1]
            ));
        }
    }
}

#[test]
fn a_refund_that_the_bank_then_takes_back_is_spent_once_and_is_to_be_recovered() {
    let text = "
credit C 500 on=2026-10-01
refund C 500 on=2026-10-05 paid=2026-10-07
fee A 500 due=2026-10-20 pub=2026-10-02
reverse C 500 on=2026-10-09
expect A open=500
expect C allocated=0 on_account=0 reversed=500
";
    tell(text);
    let mut story = Story::new(Policy::default());
    text.lines()
        .filter(|line| !line.is_empty() && !line.starts_with("expect"))
        .for_each(|line| story.line(line));
    let (_, state) = fold(&story.facts, &story.book, NaiveDate::MAX);
    let purse = &state.purses[story.credit_named("C")];
    assert_eq!(
        (purse.refunded_minor, purse.to_recover_minor),
        (50_000, 50_000)
    );
}

#[test]
fn a_surplus_counts_from_the_day_it_became_free() {
    tell(
        "
fee A 500 due=2026-10-12
credit C 500 on=2026-10-01
fee B 200 due=2026-10-16
fee L 100 due=2026-11-16
fee A 150 due=2026-10-12 as_of=2026-10-20
expect A amount=150 open=0 settled=2026-10-01
expect B open=0 counts=2026-10-20 settled=2026-10-20 late=4
expect L open=0 counts=2026-10-20 effective=2026-11-16 late=0
expect C on_account=50
",
    );
}

#[test]
fn a_due_date_in_another_currency_follows_polish_holidays() {
    let mut story = Story::new(Policy::default());
    story.facts.currency = Currency::EUR;
    story.line("fee A 500 due=2026-11-11");
    story.line("expect A due=2026-11-12");
}

#[test]
fn ordered_on_friday_due_on_saturday_credited_on_monday_is_on_time() {
    tell(
        "
fee A 1950 due=2026-10-10
credit C 1950 on=2026-10-12
expect A due=2026-10-12 settled=2026-10-12 late=0
",
    );
}
