//! Banks that date a closing balance on the day behind its lines.

use super::scenarios::{in_any_order, waiting};
use super::*;

const MON: &str = "2026-10-12";
const TUE: &str = "2026-10-13";
const WED: &str = "2026-10-14";
const THU: &str = "2026-10-15";
const FRI: &str = "2026-10-16";

/// A bank that dates every closing balance on the day with which the next statement opens; on
/// Wednesday nothing moves.
#[test]
fn statements_that_close_on_the_next_day_follow_each_other() {
    let monday = period("197", MON, 1000, &[(MON, &[500])], TUE);
    let tuesday = period("198", TUE, 1500, &[(TUE, &[500, 200])], WED);
    let wednesday = period("199", WED, 2200, &[], THU);
    let thursday = period("200", THU, 2200, &[(THU, &[-200])], FRI);
    in_any_order(&[&monday, &tuesday, &wednesday, &thursday], 4);
    let week = period(
        "-",
        MON,
        1000,
        &[(MON, &[500]), (TUE, &[500, 200]), (THU, &[-200])],
        FRI,
    );
    in_any_order(&[&monday, &tuesday, &wednesday, &thursday, &week], 4);
    let books = one_by_one(&[&monday, &tuesday, &wednesday, &thursday]);
    assert_eq!(books.coverage().through, Some(day(FRI)));
    assert_eq!(books.coverage().gaps, []);
    // Without the number that follows, the day is held by one and denied by the other.
    let other = period("210", TUE, 1500, &[(TUE, &[500])], WED);
    assert!(matches!(
        waiting(&one_by_one(&[&monday, &other])).2,
        WaitReason::DayIncomplete { .. } | WaitReason::Contradiction { .. }
    ));
}
