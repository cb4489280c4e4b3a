//! What exports and people change: amounts, due dates, plans, waivers, the tolerance.

use super::story::Story;
use super::tell;
use crate::policy::{AmountChange, PlanBreach, Policy};

#[test]
fn a_correction_holds_from_the_beginning_and_a_waiver_from_its_day() {
    tell(
        "
fee A 500 due=2026-10-12
credit C 300 on=2026-10-20
fee A 300 due=2026-10-12 as_of=2026-10-25
expect A open=0 settled=2026-10-20 late=8 closed_by=-
",
    );
    tell(
        "
fee A 500 due=2026-10-12
credit C 300 on=2026-10-09
waive A on=2026-10-20
expect A open=0 settled=- late=8 closed_by=waiver
",
    );
    tell(
        "
fee A 500 due=2026-10-12
fee A 0 due=2026-10-12 as_of=2026-11-25
expect A open=0 settled=- late=0 closed_by=correction
day 2026-11-24
expect A open=500 late=43
",
    );
    let mut waives = Policy::default();
    waives.default_kind.amount_change = AmountChange::Waiver;
    Story::tell(
        waives,
        "
fee A 500 due=2026-10-12
credit C 300 on=2026-10-09
fee A 300 due=2026-10-12 as_of=2026-10-20
expect A amount=500 open=0 closed_by=waiver late=8
",
    );
}

#[test]
fn an_older_export_never_overrides_a_newer_one_and_a_later_one_revives() {
    for order in [[0, 1, 2], [2, 1, 0], [1, 2, 0]] {
        let exports = [
            "fee A 500 due=2026-10-12 as_of=2026-09-01",
            "fee A 0 due=2026-10-12 as_of=2026-09-20",
            "fee A 450 due=2026-10-12 as_of=2026-10-01",
        ];
        let lines: Vec<&str> = order.iter().map(|&place| exports[place]).collect();
        tell(&format!(
            "
{}
credit C 500 on=2026-09-10
expect A amount=450 open=0
expect C on_account=50
day 2026-09-25
expect A amount=0 open=0 closed_by=correction
expect C on_account=500
",
            lines.join("\n")
        ));
    }
}

#[test]
fn a_due_date_brought_forward_leaves_notice_and_one_moved_back_is_taken_as_it_is() {
    tell(
        "
fee A 500 due=2026-12-15
fee A 500 due=2026-10-05 as_of=2026-10-01
expect A due=2026-10-15
fee B 500 due=2026-10-12
fee B 500 due=2026-12-15 as_of=2026-10-01
expect B due=2026-12-15
fee S 500 due=2026-10-12
fee S 500 due=2026-10-05 as_of=2026-10-01
expect S due=2026-10-12
",
    );
}

#[test]
fn a_fee_is_not_due_sooner_than_its_notice_and_on_no_closed_day() {
    tell(
        "
fee A 500 due=2026-10-10 pub=2026-09-01
fee B 500 due=2026-10-10 pub=2026-10-09
fee O 500 due=2026-10-01 pub=2026-09-01 as_of=2026-10-20 opening=yes
expect A due=2026-10-12
expect B due=2026-10-23
expect O visible=2026-09-01 due=2026-10-01
",
    );
}

#[test]
fn instalments_take_the_place_of_what_is_open() {
    tell(
        "
fee A 900 due=2026-10-12
credit C 300 on=2026-10-05
plan A 200@2026-11-16 200@2026-12-15 200@2027-01-15 on=2026-10-10
credit D 250 on=2026-11-16
day 2026-11-16
expect A open=0 closed_by=plan
expect A:1 open=0 settled=2026-11-16
expect A:2 open=150 due=2026-12-15
fee A 800 due=2026-10-12 as_of=2026-11-20
day 2026-11-20
expect A:3 open=100
",
    );
    let mut strict = Policy::default();
    strict.default_kind.plan_breach = PlanBreach::AllDue;
    Story::tell(
        strict,
        "
fee A 600 due=2026-10-12
plan A 300@2026-11-16 300@2026-12-15 on=2026-10-10
day 2026-11-16
expect A:2 due=2026-12-15
day 2026-11-17
expect A:2 due=2026-11-17
",
    );
}

#[test]
fn a_small_shortfall_is_written_off_once_the_statements_reach_past_the_due_date() {
    let mut tolerant = Policy::default();
    tolerant.default_kind.tolerance_minor = 100;
    let text = "
fee A 300 due=2026-10-12
credit C 299 on=2026-10-05
";
    Story::tell(tolerant.clone(), &format!("{text}expect A open=1"));
    Story::tell(
        tolerant,
        &format!("{text}covered 2026-10-12\nexpect A open=0 closed_by=write_off"),
    );
}
