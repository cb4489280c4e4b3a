//! Properties: money is conserved, the order of facts does not matter, a day is a prefix.

use super::story::{Story, conserve, date, words};
use crate::policy::Policy;
use crate::settlement::account::accounts;
use crate::settlement::facts::Fee;
use crate::settlement::fold::fold;
use chrono::NaiveDate;
use proptest::prelude::*;

/// A small world of one student: lines that can be told in any order.
fn small_world() -> impl Strategy<Value = Vec<String>> {
    let day = |from: u64| {
        (0u64..60).prop_map(move |days| date("2026-09-01") + chrono::Days::new(from + days))
    };
    let fee = (0..5u32, 1..6i64, day(0), day(10), day(0)).prop_map(
        |(id, amount, published, due, as_of)| {
            format!("fee F{id} {amount}00 due={due} pub={published} as_of={as_of}")
        },
    );
    let credit = (0..400u32, 1..9i64, day(0), 0..6u32).prop_map(|(id, amount, on, names)| {
        let names = if names < 5 {
            String::new()
        } else {
            " names=F0".to_owned()
        };
        format!("credit C{id} {amount}00 on={on} ref=R{id}{names}")
    });
    (
        prop::collection::vec(fee, 1..8),
        prop::collection::vec(credit, 0..8),
    )
        .prop_map(|(fees, credits)| {
            let mut lines = vec!["fee F0 100.00 due=2026-10-12 as_of=2026-08-15".to_owned()];
            lines.extend(fees);
            lines.extend(credits);
            lines
        })
}

fn told(lines: &[String]) -> Story {
    let mut story = Story::new(Policy::default());
    let mut seen = std::collections::BTreeSet::new();
    for line in lines {
        // One row for a fee and an `as_of`, one credit for a reference: files are refused otherwise.
        let words = words(line);
        let key = (
            words.plain[1].to_owned(),
            words.named.get("as_of").map(|text| (*text).to_owned()),
        );
        if seen.insert(key) {
            story.line(line);
        }
    }
    story
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(300))]

    #[test]
    fn money_is_conserved_and_the_order_of_facts_does_not_matter(
        (lines, shuffled) in small_world().prop_flat_map(|lines| {
            // The first F0 has to be known before a credit can name it; the rest may come as it likes.
            let story = told(&lines);
            let facts: Vec<usize> = (0..story.facts.credits.rows().len()).collect();
            (Just(lines), Just(facts).prop_shuffle())
        })
    ) {
        let story = told(&lines);
        conserve(&story.facts, &story.book);
        let mut other = Story::new(Policy::default());
        let mut fees: Vec<Fee> = story.facts.fees.rows().to_vec();
        for fee in &mut fees { fee.versions.reverse(); }
        for fee in fees { other.facts.fees.push(fee); }
        for place in shuffled { other.facts.credits.push(story.facts.credits.rows()[place].clone()); }
        for day in ["2026-09-20", "2026-10-12", "2026-11-30", "2027-12-31"] {
            prop_assert_eq!(accounts(&story.facts, &story.book, date(day)), accounts(&other.facts, &other.book, date(day)));
        }
    }

    #[test]
    fn an_account_read_on_a_day_is_the_beginning_of_the_same_story(lines in small_world(), days in 0u64..90) {
        let story = told(&lines);
        let day = date("2026-09-01") + chrono::Days::new(days);
        let (_, cut) = fold(&story.facts, &story.book, day);
        let (_, whole) = fold(&story.facts, &story.book, NaiveDate::MAX);
        let until: Vec<_> = whole.postings.iter().filter(|posting| posting.effective_on <= day).cloned().collect();
        prop_assert_eq!(cut.postings, until);
    }
}
