//! One story per rule.

use super::*;

const MON: &str = "2026-10-12";
const TUE: &str = "2026-10-13";
const WED: &str = "2026-10-14";
const FRI: &str = "2026-10-16";

/// Every order of importing `statements` one by one publishes as many lines, and leaves nothing
/// waiting; at once likewise.
pub(super) fn in_any_order(statements: &[&Statement], lines: u32) {
    for order in orders(statements.len()) {
        let arriving: Vec<&Statement> = order.iter().map(|&index| statements[index]).collect();
        let books = one_by_one(&arriving);
        assert_eq!(books.waits, [], "waiting after {order:?}");
        assert_eq!(books.lines().count, lines, "lines after {order:?}");
        let mut at_once = Books::new(DAILY);
        at_once.import(
            &arriving
                .iter()
                .map(|&statement| statement.clone())
                .collect::<Vec<_>>(),
        );
        assert_eq!(at_once.waits, [], "waiting at once, {order:?}");
        assert_eq!(at_once.lines(), books.lines(), "at once, {order:?}");
        assert_eq!(at_once.coverage(), books.coverage(), "coverage, {order:?}");
    }
}

fn orders(count: usize) -> Vec<Vec<usize>> {
    if count == 0 {
        return vec![Vec::new()];
    }
    let shorter = orders(count - 1);
    let insert = |order: &Vec<usize>, at: usize| {
        let mut order = order.clone();
        order.insert(at, count - 1);
        order
    };
    shorter
        .iter()
        .flat_map(|order| (0..count).map(move |at| insert(order, at)))
        .collect()
}

/// The last statement imported waits for `other`.
pub(super) fn waiting(books: &Books) -> (i64, i64, WaitReason) {
    assert_eq!(books.waits.len(), 1, "{:?}", books.waits);
    books.waits[0].clone()
}

#[test]
fn two_tiles_of_one_day_with_the_same_line_are_two_credits() {
    let (first, second) = (
        statement("197", MON, 1000, &[500]),
        statement("198", MON, 1500, &[500]),
    );
    in_any_order(&[&first, &second], 2);
}

#[test]
fn three_tiles_of_one_day_are_three_credits_also_when_the_middle_one_comes_last() {
    let tiles = [
        statement("197", MON, 1000, &[500]),
        statement("198", MON, 1500, &[500]),
        statement("199", MON, 2000, &[500]),
    ];
    in_any_order(&[&tiles[0], &tiles[1], &tiles[2]], 3);
    let books = one_by_one(&[&tiles[0], &tiles[2]]);
    assert_eq!(books.waits, [], "a missing tile is a gap, not a quarantine");
    assert_eq!(books.coverage().gaps.len(), 1);
    assert_eq!(books.coverage().through, None, "the day is not complete");
}

#[test]
fn tiles_of_a_swept_account_are_new_in_any_order_once_the_one_between_is_there() {
    let swept = |number| statement(number, MON, 0, &[500, -500]);
    let (first, middle, last) = (swept("197"), swept("198"), swept("199"));
    in_any_order(&[&first, &middle, &last], 6);

    let books = one_by_one(&[&first, &last]);
    assert_eq!(
        waiting(&books),
        (2, 1, WaitReason::ProbableDuplicate { day: day(MON) })
    );
}

#[test]
fn a_swept_account_sent_again_with_the_same_or_no_number_is_no_second_credit() {
    let swept = statement("197", MON, 0, &[500, -500]);
    let mut again = swept.clone();
    again.outline.reference = Some("OTHER".to_owned());
    let unnumbered = statement("-", MON, 0, &[500, -500]);
    let paged = statement("197/1", MON, 0, &[500, -500]);
    in_any_order(&[&swept, &again, &unnumbered, &paged], 2);
}

#[test]
fn a_copy_without_number_stands_for_one_tile_only() {
    let swept = |number| statement(number, MON, 0, &[500, -500]);
    in_any_order(&[&swept("-"), &swept("197"), &swept("198")], 4);
    in_any_order(
        &[&swept("-"), &swept("197"), &swept("198"), &swept("199")],
        6,
    );
}

#[test]
fn a_week_over_its_days_adds_nothing_and_the_days_add_nothing_to_the_week() {
    let monday = statement("197", MON, 1000, &[500]);
    let tuesday = statement("198", TUE, 1500, &[-200, 300]);
    let wednesday = statement("199", WED, 1600, &[]);
    let week = period("-", MON, 1000, &[(MON, &[500]), (TUE, &[300, -200])], WED);
    in_any_order(&[&monday, &tuesday, &wednesday, &week], 3);
    let books = one_by_one(&[&monday, &tuesday, &wednesday, &week]);
    assert!(books.published.iter().all(|(id, _)| *id < 4));
}

#[test]
fn tiles_of_one_day_and_the_week_agree_in_any_order() {
    let first = statement("197", MON, 1000, &[500]);
    let second = statement("198", MON, 1500, &[500]);
    let week = period("-", MON, 1000, &[(MON, &[500, 500]), (TUE, &[70])], FRI);
    in_any_order(&[&first, &week, &second], 3);

    let books = one_by_one(&[&first, &week]);
    assert!(matches!(
        waiting(&books),
        (2, 1, WaitReason::DayIncomplete { .. })
    ));
    let books = one_by_one(&[&week, &second]);
    assert!(matches!(
        waiting(&books),
        (2, 1, WaitReason::DayIncomplete { .. })
    ));
}

#[test]
fn a_week_that_differs_in_day_amount_or_reversal_waits_and_names_the_day_statement() {
    let monday = statement("197", MON, 1000, &[500, 20]);
    let agreeing = period("-", MON, 1000, &[(MON, &[500, 20]), (TUE, &[70])], FRI);
    let amount = period("-", MON, 1000, &[(MON, &[499, 21]), (TUE, &[70])], FRI);
    let moved = period("-", MON, 1000, &[(MON, &[500]), (TUE, &[70, 20])], FRI);
    let mut reversed = agreeing.clone();
    reversed.entries[0].reversal = true;
    for differing in [&amount, &moved, &reversed] {
        let books = one_by_one(&[&monday, differing]);
        let (id, other, reason) = waiting(&books);
        assert_eq!((id, other), (2, 1), "{reason:?}");
        assert_eq!(books.lines(), one_by_one(&[&monday]).lines());
        assert_eq!(books.coverage(), one_by_one(&[&monday]).coverage());
        let turned = one_by_one(&[differing, &monday]);
        let (id, other, _) = waiting(&turned);
        assert_eq!((id, other), (2, 1), "whichever is published first stands");
    }
    in_any_order(&[&monday, &agreeing], 3);
}

#[test]
fn overlapping_weeks_bring_only_the_days_that_are_new() {
    let first = period("41", MON, 1000, &[(MON, &[500]), (WED, &[70])], WED);
    let second = period("42", TUE, 1500, &[(WED, &[70]), (FRI, &[30, 30])], FRI);
    in_any_order(&[&first, &second], 4);
    let books = one_by_one(&[&first, &second]);
    assert_eq!(books.published.iter().filter(|(id, _)| *id == 2).count(), 1);
    assert_eq!(books.coverage().through, Some(day(FRI)));
}

#[test]
fn a_day_that_the_week_knows_as_empty_contradicts_a_statement_with_lines() {
    let week = period("-", MON, 1000, &[(MON, &[500]), (WED, &[70])], WED);
    let tuesday = statement("198", TUE, 1500, &[10, -10]);
    let books = one_by_one(&[&week, &tuesday]);
    assert_eq!(
        waiting(&books).2,
        WaitReason::Contradiction {
            day: day(TUE),
            this: Side {
                start_minor: 1500,
                end_minor: 1500,
                lines: 2
            },
            other: Side {
                start_minor: 1500,
                end_minor: 1500,
                lines: 0
            },
        }
    );
    in_any_order(&[&week, &statement("198", TUE, 1500, &[])], 2);
}

#[test]
fn equal_amounts_on_consecutive_days_of_a_swept_account_are_both_new_without_numbers() {
    let swept = |closing| statement("-", closing, 0, &[500, -500]);
    in_any_order(&[&swept(MON), &swept(TUE)], 4);
    in_any_order(&[&swept("2026-10-09"), &swept(MON)], 4);
}

#[test]
fn a_download_under_another_number_is_a_probable_duplicate_and_stays_one() {
    let monday = statement("197", MON, 1000, &[500]);
    let renumbered = statement("1197", MON, 1000, &[500]);
    let rest = statement("198", MON, 1500, &[40]);
    for order in [
        [&monday, &renumbered, &rest],
        [&renumbered, &monday, &rest],
        [&renumbered, &rest, &monday],
    ] {
        let books = one_by_one(&order);
        assert!(matches!(
            waiting(&books).2,
            WaitReason::ProbableDuplicate { .. }
        ));
        assert_eq!(books.lines().count, 2);
    }
    // A whole day under another number repeats its joined tiles.
    let whole = statement("1197", MON, 1000, &[500, 40]);
    let books = one_by_one(&[&monday, &rest, &whole]);
    assert!(matches!(
        waiting(&books),
        (3, 1, WaitReason::ProbableDuplicate { .. })
    ));
}

#[test]
fn tiles_without_lines_are_no_duplicates() {
    let empty = |number| statement(number, MON, 1000, &[]);
    in_any_order(&[&empty("197"), &empty("199")], 0);
}

#[test]
fn a_number_used_twice_on_a_day_waits() {
    let books = one_by_one(&[
        &statement("197", MON, 1000, &[500]),
        &statement("197", MON, 1500, &[40]),
    ]);
    let number = Number {
        value: 197,
        page: None,
    };
    assert_eq!(
        waiting(&books),
        (
            2,
            1,
            WaitReason::SameNumber {
                number,
                day: day(MON)
            }
        )
    );
}

#[test]
fn a_bank_that_always_sends_the_same_number_is_followed_by_days() {
    for number in ["0", "1", "00001/001"] {
        let monday = statement(number, MON, 0, &[500, -500]);
        let tuesday = statement(number, TUE, 0, &[500, -500]);
        in_any_order(&[&monday, &tuesday, &monday.clone()], 4);
    }
}

#[test]
fn pages_of_one_number_tile_when_they_come_as_statements_of_their_own() {
    let (one, two) = (
        statement("35/1", MON, 0, &[5, -5]),
        statement("35/2", MON, 0, &[5, -5]),
    );
    in_any_order(&[&one, &two], 4);
}

#[test]
fn a_weekly_statement_with_lines_on_its_last_day_only_is_no_tile_of_that_day() {
    let first = statement("197", FRI, 1000, &[500]);
    let second = statement("198", FRI, 1500, &[40]);
    let week = period("41", MON, 1000, &[(FRI, &[500, 40])], FRI);
    in_any_order(&[&first, &second, &week], 2);
    let books = one_by_one(&[&week, &first]);
    assert!(matches!(
        waiting(&books).2,
        WaitReason::DayIncomplete { .. }
    ));
}

#[test]
fn a_week_vouches_for_its_whole_days() {
    let first = statement("197", MON, 1000, &[500]);
    let second = statement("198", MON, 1500, &[40]);
    let beyond = statement("199", MON, 1540, &[3]);
    let week = period("-", MON, 1000, &[(MON, &[500, 40]), (TUE, &[1])], TUE);
    let books = one_by_one(&[&week, &first, &second, &beyond]);
    assert!(
        matches!(waiting(&books), (4, 1, WaitReason::Contradiction { .. })),
        "{:?}",
        books.waits
    );
    let books = one_by_one(&[&first, &second, &beyond, &week]);
    assert!(
        matches!(waiting(&books), (4, 1, WaitReason::Contradiction { .. })),
        "{:?}",
        books.waits
    );
    // A tile without lines changes nothing about the day.
    in_any_order(
        &[&first, &second, &statement("199", MON, 1540, &[]), &week],
        3,
    );
}

#[test]
fn two_statements_of_a_day_without_numbers_do_not_prove_that_one_follows_the_other() {
    let (first, second) = (
        statement("-", MON, 1000, &[500]),
        statement("-", MON, 1500, &[500]),
    );
    let books = one_by_one(&[&first, &second]);
    assert!(
        matches!(waiting(&books), (2, 1, WaitReason::DayIncomplete { .. })),
        "{:?}",
        books.waits
    );
}

#[test]
fn a_tile_opened_long_before_still_belongs_to_the_series_of_its_day() {
    // The bank dates the opening balance by its last statement, a week ago.
    let first = period("197", "2026-10-05", 1000, &[(MON, &[500])], MON);
    let second = statement("198", MON, 1500, &[500]);
    let third = statement("199", MON, 2000, &[500]);
    in_any_order(&[&first, &second, &third], 3);
}

#[test]
fn a_period_that_touches_no_known_day_is_new_and_the_gap_is_shown() {
    let monday = statement("197", MON, 1000, &[500]);
    let wednesday = statement("200", WED, 1800, &[1]);
    in_any_order(&[&monday, &wednesday], 2);
    let coverage = one_by_one(&[&wednesday, &monday]).coverage();
    let gap = Gap {
        after_day: day(MON),
        closing_minor: 1500,
        before_day: day(WED),
        opening_minor: 1800,
        missing_numbers: Some(198..=199),
        accepted: false,
    };
    assert_eq!(gap.difference_minor(), 300);
    assert_eq!(
        coverage,
        Coverage {
            from: Some(day(MON)),
            through: Some(day(MON)),
            closing_minor: Some(1500),
            gaps: vec![gap]
        }
    );
}

#[test]
fn days_join_over_weekends_consecutive_numbers_and_the_new_year() {
    for (first, second, joined) in [
        (
            statement("-", FRI, 0, &[5]),
            statement("-", "2026-10-19", 5, &[5]),
            true,
        ),
        (
            statement("-", FRI, 0, &[5]),
            statement("-", "2026-10-20", 5, &[5]),
            false,
        ),
        (
            statement("7", FRI, 0, &[5]),
            statement("8", "2026-10-22", 5, &[5]),
            true,
        ),
        (
            statement("7", FRI, 0, &[5]),
            statement("9", "2026-10-22", 5, &[5]),
            false,
        ),
        (
            statement("251", "2026-12-29", 0, &[5]),
            statement("1", "2027-01-05", 5, &[5]),
            true,
        ),
        (
            statement("251", "2026-12-21", 0, &[5]),
            statement("1", "2026-12-29", 5, &[5]),
            false,
        ),
        (
            statement("7", FRI, 0, &[5]),
            statement("8", "2026-10-19", 6, &[5]),
            false,
        ),
        (
            statement("-", FRI, 0, &[5]),
            period("-", "2026-10-19", 5, &[("2026-10-22", &[5])], "2026-10-23"),
            true,
        ),
        (
            statement("-", FRI, 0, &[5]),
            period("-", "2026-10-20", 5, &[("2026-10-22", &[5])], "2026-10-23"),
            false,
        ),
    ] {
        let coverage = one_by_one(&[&second, &first]).coverage();
        assert_eq!(coverage.gaps.is_empty(), joined, "{coverage:?}");
        let last = if joined {
            second.outline.closing_date
        } else {
            first.outline.closing_date
        };
        assert_eq!(coverage.through, last);
    }
}

#[test]
fn a_bank_that_is_silent_on_days_without_movements_leaves_no_gap_where_the_balance_stays() {
    let silent = Rhythm {
        silent_days: true,
        ..DAILY
    };
    let mut books = Books::new(silent);
    books.import(&[statement("-", MON, 0, &[5]), statement("-", FRI, 5, &[5])]);
    assert_eq!(books.coverage().through, Some(day(FRI)));
    books.import(&[statement("-", "2026-10-21", 11, &[5])]);
    assert_eq!(
        (books.coverage().through, books.coverage().gaps.len()),
        (Some(day(FRI)), 1)
    );
}

#[test]
fn an_anchor_shows_what_is_missing_before_the_first_statement() {
    let books = one_by_one(&[&statement("197", TUE, 1000, &[500])]);
    let at = |date, opening_minor| {
        books.coverage_from(
            Some(&Anchor {
                day: day(date),
                opening_minor,
            }),
            &[],
        )
    };
    assert_eq!(at(TUE, 1000).through, Some(day(TUE)));
    assert_eq!(
        at("2026-10-11", 1000).gaps[0].before_day,
        day(TUE),
        "Monday is missing"
    );
    assert_eq!((at(TUE, 900).through, at(TUE, 900).gaps.len()), (None, 1));
    assert_eq!(at(TUE, 900).from, Some(day(TUE)));
    assert_eq!(
        (at(WED, 1500).through, at(WED, 1500).gaps.len()),
        (None, 0),
        "nothing from the anchor on"
    );
}

#[test]
fn an_accepted_gap_lets_the_coverage_go_on_until_its_difference_changes() {
    let books = one_by_one(&[
        &statement("197", MON, 1000, &[500]),
        &statement("200", WED, 1800, &[1]),
    ]);
    let accepted = AcceptedGap {
        after_day: day(MON),
        before_day: day(WED),
        difference_minor: 300,
    };
    let covered = books.coverage_from(None, &[accepted]);
    assert_eq!(
        (covered.through, covered.gaps[0].accepted),
        (Some(day(WED)), true)
    );
    let other = AcceptedGap {
        difference_minor: 299,
        ..accepted
    };
    assert_eq!(books.coverage_from(None, &[other]).through, Some(day(MON)));
}

#[test]
fn of_two_statements_that_contradict_each_other_the_one_that_goes_on_covers() {
    // A person accepted the second Tuesday beside the first.
    let statements = [
        statement("-", MON, 1000, &[500]),
        statement("-", TUE, 1400, &[5]),
        statement("-", TUE, 1500, &[5]),
    ];
    let places: Vec<Place> = (1..)
        .zip(&statements)
        .map(|(id, one)| Place::of(id, one).unwrap())
        .collect();
    let coverage = coverage(&places, None, &[], &DAILY);
    assert_eq!(
        (coverage.through, coverage.closing_minor, coverage.gaps),
        (Some(day(TUE)), Some(1505), vec![])
    );
}

#[test]
fn an_account_without_statements_is_not_covered() {
    let nothing = Coverage {
        from: None,
        through: None,
        closing_minor: None,
        gaps: Vec::new(),
    };
    assert_eq!(Books::new(DAILY).coverage(), nothing);
}

/// A week whose lines have value dates only.
fn by_value(
    number: &str,
    opening: &str,
    opening_minor: i64,
    days: &[(&str, &[i64])],
    closing: &str,
) -> Statement {
    let mut week = period(number, opening, opening_minor, days, closing);
    week.entries
        .iter_mut()
        .for_each(|entry| entry.booking_date = None);
    week
}

#[test]
fn statements_that_rest_on_value_dates_are_compared_as_a_whole() {
    let first = by_value(
        "41",
        "2026-10-05",
        1000,
        &[("2026-10-06", &[500])],
        "2026-10-09",
    );
    // A value date may lie in the week before.
    let second = by_value("42", MON, 1500, &[("2026-10-08", &[20]), (TUE, &[70])], FRI);
    in_any_order(&[&first, &second, &first.clone()], 3);

    let books = one_by_one(&[&first, &second]);
    assert_eq!(books.coverage().through, Some(day(FRI)));

    let days = statement("197", TUE, 1520, &[70]);
    let books = one_by_one(&[&second, &days]);
    assert_eq!(waiting(&books), (2, 1, WaitReason::ValueDatesOnly));
    let books = one_by_one(&[&days, &second]);
    assert_eq!(waiting(&books), (2, 1, WaitReason::ValueDatesOnly));
}

#[test]
fn a_swept_week_by_value_dates_under_the_next_number_waits() {
    let week = |number| by_value(number, MON, 0, &[(MON, &[500]), (TUE, &[-500])], FRI);
    let books = one_by_one(&[&week("41"), &week("42")]);
    assert_eq!(waiting(&books), (2, 1, WaitReason::ValueDatesOnly));
    in_any_order(&[&week("41"), &week("-")], 2);
}

#[test]
fn a_reason_tells_both_sides_and_what_to_do() {
    let money = |minor: i64| format!("{}.{:02} PLN", minor / 100, minor % 100);
    let this = Side {
        start_minor: 100_000,
        end_minor: 150_000,
        lines: 1,
    };
    let other = Side {
        end_minor: 160_000,
        lines: 2,
        ..this
    };
    let day = day(MON);
    assert_eq!(
        WaitReason::Contradiction { day, this, other }.explain(&money),
        "on 2026-10-12 this statement has 1 line from 1000.00 PLN to 1500.00 PLN, the other 2 lines from \
         1000.00 PLN to 1600.00 PLN; ask the bank which is right, then supersede the wrong one or reject this one"
    );
    let same = WaitReason::Contradiction {
        day,
        this,
        other: this,
    }
    .explain(&money);
    assert!(
        same.contains("a line differs in amount or reversal"),
        "{same}"
    );
    let number = Number {
        value: 35,
        page: Some(1),
    };
    let taken = WaitReason::SameNumber { number, day }.explain(&money);
    assert!(taken.contains("the same number 35/1"), "{taken}");
}
