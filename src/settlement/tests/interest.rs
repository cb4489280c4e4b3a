//! Interest for delay, to the grosz.

use super::statutory;
use super::story::Story;

#[test]
fn interest_is_split_where_the_rate_changes_and_rounded_once() {
    Story::tell(
        statutory(),
        "
fee A 1950 due=2025-10-15 pub=2025-09-01
credit C 1950 on=2025-11-12
expect A interest=14.87 late=28
fee B 1950 due=2026-10-15 pub=2026-09-01
credit D 1950 on=2026-10-16
expect B interest=0.49 late=1
",
    );
}

#[test]
fn a_part_payment_lowers_the_base_from_the_next_day() {
    // 1000.00 for 5 days and 600.00 for 5 more at 9.25 %: 1.267 + 0.760.
    Story::tell(
        statutory(),
        "
fee A 1000 due=2026-10-12
credit C 400 on=2026-10-17
credit D 600 on=2026-10-22
expect A interest=2.03
",
    );
}

#[test]
fn nobody_owes_interest_on_account_of_how_money_was_spread() {
    Story::tell(
        statutory(),
        "
fee A 500 due=2026-10-12
fee B 500 due=2026-12-15
credit C 500 on=2026-10-05 names=B
day 2026-11-12
expect A open=500 late=31 interest=0
",
    );
}

#[test]
fn interest_is_visible_once_told_and_is_paid_after_the_principal() {
    Story::tell(
        statutory(),
        "
fee A 1950 due=2026-10-15
told A on=2026-10-16
credit C 1951 on=2026-10-16
expect A open=0 interest=0.49
expect A:interest open=0 amount=0.49 due=2026-10-16
expect C on_account=0.51
",
    );
    Story::tell(
        statutory(),
        "
fee A 1950 due=2026-10-15
credit C 1951 on=2026-10-16
expect A:interest listed=no
expect C on_account=1
",
    );
}

#[test]
fn interest_first_covers_what_has_accrued_before_the_principal() {
    let mut first = statutory();
    first.default_kind.interest_first = true;
    Story::tell(
        first,
        "
fee A 1950 due=2026-10-15
credit C 1950 on=2026-10-16
expect A:interest open=0 amount=0.49
expect A open=0.49
",
    );
}

#[test]
fn interest_falls_away_with_the_lateness() {
    // The credit that settles it in time is learned of last; the facts are the same.
    Story::tell(
        statutory(),
        "
fee A 1950 due=2026-10-15
told A on=2026-11-02
credit LATE 1960 on=2026-11-03
credit EARLY 1950 on=2026-10-15
expect A settled=2026-10-15 interest=0
expect A:interest amount=0 open=0
expect LATE on_account=1960
",
    );
}

#[test]
fn an_extension_moves_the_due_date_and_keeps_earlier_interest() {
    Story::tell(
        statutory(),
        "
fee A 1950 due=2026-10-15
extend A due=2026-11-16 on=2026-10-16
credit C 1950 on=2026-11-16
expect A due=2026-11-16 late=0 interest=0.49
",
    );
}
