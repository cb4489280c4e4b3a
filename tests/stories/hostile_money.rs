//! Bad input, and whose the money is: files that repeat, overlap and contradict, numbers that
//! nobody has, reversals.
//!
//! A story's name begins with the number of the rule, as in `hostile`.

use super::bank::{
    self, Line, Statement, credits, day, import, import_file, line, name, october, office, owes,
    students,
};
use super::world::World;
use crate::support::on_both_engines;
use kwestura::engine::record::Recorded;
use kwestura::engine::review::{self, Wanted};
use kwestura::engine::{accounts, statements};
use kwestura::iban::Nrb;

/// 197 on the 12th, 198 on the 14th, and the week over both.
fn week() -> (Statement, Statement, Statement) {
    let (one, two) = (line(12, 50_000, "ada"), line(14, 20_000, "bartek"));
    (
        day(197, 12, 0, vec![one.clone()]),
        day(198, 14, 50_000, vec![two.clone()]),
        day(42, 12, 0, vec![one, two]).through(16),
    )
}

on_both_engines! {
    /// The same bytes are no news, whatever the file is called.
    async fn b60_the_same_bytes_under_any_name_are_recorded_once(db: TestDb) {
        let office = office(db.url(), 20).await;
        students(&office).await;
        let file = day(197, 12, 0, vec![line(12, 50_000, "ada")]).file();
        import_file(&office, "a.sta", &file).await;
        for other in ["a.sta", "b.sta", "../../b.sta", "b (1).sta"] {
            let again = import_file(&office, other, &file).await;
            let outcome = &again.statements[0].outcome;
            assert_eq!(*outcome, Recorded::AlreadyImported("published".to_owned()));
        }
        assert_eq!(credits(&office, "ada").await, [50_000]);
        assert_eq!(statements::list(&office, &[]).await.unwrap().len(), 1);
    }

    /// Of a range that overlaps, only what is new is new; one that contradicts a day waits.
    async fn b61_an_overlapping_range_brings_only_new_lines_or_waits(db: TestDb) {
        let office = office(db.url(), 20).await;
        students(&office).await;
        let (first, _, mut whole) = week();
        import(&office, &first).await;
        let mut wrong = whole.clone().named("WRONG");
        wrong.lines[0] = line(12, 49_000, "ada");
        assert!(matches!(import(&office, &wrong).await, Recorded::Waiting(_)));
        whole.reference = "RIGHT".to_owned();
        assert_eq!(import(&office, &whole).await, Recorded::Published(1));
        assert_eq!(credits(&office, "ada").await, [50_000]);
        assert_eq!(credits(&office, "bartek").await, [20_000]);
        let held = statements::list(&office, &["waiting"]).await.unwrap();
        assert_eq!(held.len(), 1);
        assert!(held[0].other.is_some(), "it names the one that it contradicts");
    }

    /// Two equal transfers on one day are two, also where another file repeats them.
    async fn b62_two_equal_transfers_are_two_credits_however_often_they_are_sent(db: TestDb) {
        let office = office(db.url(), 20).await;
        students(&office).await;
        let twice = vec![line(12, 25_000, "ada"), line(12, 25_000, "ada")];
        let statement = day(197, 12, 0, twice.clone());
        assert_eq!(import(&office, &statement).await, Recorded::Published(2));
        assert_eq!(import(&office, &statement.clone().named("COPY")).await, Recorded::Known);
        let longer = day(42, 12, 0, twice).through(16);
        import(&office, &longer).await;
        assert_eq!(credits(&office, "ada").await, [25_000; 2]);
        assert_eq!(owes(&office, "ada").await, (0, 0));
    }

    /// A file downloaded again with another id is the same statement.
    async fn b64_a_second_download_with_another_id_brings_nothing(db: TestDb) {
        let office = office(db.url(), 20).await;
        students(&office).await;
        let statement = day(197, 12, 100, vec![line(12, 50_000, "ada")]);
        import(&office, &statement).await;
        for other in [statement.clone().named("ST-B"), statement.clone().unnumbered()] {
            assert_eq!(import(&office, &other).await, Recorded::Known);
        }
        assert_eq!(credits(&office, "ada").await, [50_000]);
    }

    /// One that only may be the same waits as a probable duplicate, and is not dropped.
    async fn b64_a_probable_duplicate_waits_and_is_not_dropped(db: TestDb) {
        let office = office(db.url(), 20).await;
        students(&office).await;
        let swept = vec![line(12, 50_000, "ada"), line(12, -50_000, "")];
        import(&office, &day(197, 12, 0, swept.clone())).await;
        let Recorded::Waiting(reason) = import(&office, &day(203, 12, 0, swept)).await else {
            panic!("it does not wait");
        };
        assert!(reason.contains("probable duplicate"), "{reason}");
        assert_eq!(statements::list(&office, &["waiting"]).await.unwrap().len(), 1);
        assert_eq!(credits(&office, "ada").await, [50_000]);
    }

    /// The same sum from the same payer every day is a credit every day.
    async fn b65_a_recurring_equal_payment_is_always_a_credit_of_its_own(db: TestDb) {
        let office = office(db.url(), 20).await;
        students(&office).await;
        for number in 0..4 {
            let opening = i64::from(number) * 10_000;
            let statement = day(197 + number, 12 + number, opening, vec![line(12 + number, 10_000, "ada")]);
            assert_eq!(import(&office, &statement).await, Recorded::Published(1));
        }
        assert_eq!(credits(&office, "ada").await, [10_000; 4]);
    }

    /// A credit that was taken back stays so when its statement is sent again.
    async fn b66_a_reversed_credit_is_not_revived_by_its_statement(db: TestDb) {
        let office = office(db.url(), 20).await;
        students(&office).await;
        let paid = day(197, 12, 0, vec![line(12, 50_000, "ada").tnr("100.1")]);
        let back = day(198, 13, 50_000, vec![line(13, -50_000, "ada").reversed().tnr("100.1")]);
        import(&office, &paid).await;
        import(&office, &back).await;
        assert_eq!(owes(&office, "ada").await, (50_000, 0));
        assert_eq!(import(&office, &paid.clone().named("COPY")).await, Recorded::Known);
        import_file(&office, "again.sta", &paid.file()).await;
        let both = day(42, 12, 0, paid.lines.iter().chain(&back.lines).cloned().collect()).through(16);
        import(&office, &both).await;
        assert_eq!(owes(&office, "ada").await, (50_000, 0));
    }

    /// What pays a fee that is paid already lies on account.
    async fn b67_a_payment_of_a_paid_fee_is_not_lost(db: TestDb) {
        let office = office(db.url(), 20).await;
        students(&office).await;
        let lines = vec![line(12, 50_000, "ada").title("F-ada"), line(12, 50_000, "ada").title("F-ada")];
        import(&office, &day(197, 12, 0, lines)).await;
        assert_eq!(credits(&office, "ada").await, [50_000; 2]);
        assert_eq!(owes(&office, "ada").await, (0, 50_000));
    }

    /// A bank that writes the same `:20:` every day sends another statement every day.
    async fn b68_the_same_reference_of_every_message_hides_no_statement(db: TestDb) {
        let office = office(db.url(), 20).await;
        students(&office).await;
        for number in 0..3 {
            let opening = i64::from(number) * 10_000;
            let statement = day(197 + number, 12 + number, opening, vec![line(12 + number, 10_000, "ada")]);
            assert_eq!(import(&office, &statement.named("MT940")).await, Recorded::Published(1));
        }
        assert_eq!(credits(&office, "ada").await, [10_000; 3]);
    }

    /// Money for a number that was never issued is asked about, whoever has the next one.
    async fn b69_a_number_that_was_never_issued_is_nobodys(db: TestDb) {
        let office = office(db.url(), 20).await;
        students(&office).await;
        let to = |tail: &str| line(12, 10_000, "").to(tail);
        import(&office, &day(197, 12, 0, vec![to("000000100004"), to("000000100000"), to("000001000001")])).await;
        for (student, _) in bank::STUDENTS {
            assert_eq!(owes(&office, student).await, (50_000, 0), "{student}");
        }
        let queue = review::list(&office, &Wanted::default()).await.unwrap();
        assert_eq!(queue.len(), 3);
        assert!(queue.iter().all(|row| row.student.is_none()), "{queue:?}");
    }

    /// A retired number is still its student's.
    async fn b69_a_retired_number_is_identified(db: TestDb) {
        let office = office(db.url(), 20).await;
        students(&office).await;
        let number = Nrb::from_bban("999000097777000000100001").unwrap();
        accounts::retire(&office, number.as_str(), october(1)).await.unwrap();
        import(&office, &day(197, 12, 0, vec![line(12, 50_000, "ada")])).await;
        assert_eq!(owes(&office, "ada").await, (0, 0));
    }

    /// A reversal opens the fee again, unless other money keeps it paid.
    async fn b6a_a_reversal_opens_the_fee_unless_other_money_pays_it(db: TestDb) {
        let office = office(db.url(), 20).await;
        students(&office).await;
        let paid = vec![
            line(12, 50_000, "ada").tnr("100.1"),
            line(12, 50_000, "bartek").tnr("100.2"),
            line(12, 50_000, "bartek").tnr("100.3"),
        ];
        import(&office, &day(197, 12, 0, paid)).await;
        assert_eq!((owes(&office, "ada").await, owes(&office, "bartek").await), ((0, 0), (0, 50_000)));
        let back = |student: &str, reference: &str| -> Line {
            line(13, -50_000, student).reversed().tnr(reference)
        };
        import(&office, &day(198, 13, 150_000, vec![back("ada", "100.1"), back("bartek", "100.2")])).await;
        assert_eq!((owes(&office, "ada").await, owes(&office, "bartek").await), ((50_000, 0), (0, 0)));
    }

    /// A text that names several fees whose sum differs is asked about, and nothing is guessed.
    async fn b6b_a_text_that_names_fees_of_another_sum_is_asked_about(db: TestDb) {
        let mut world = World::begin(&db).await;
        world.fee("G-1", "ada", "300,00", "2026-10-20").await;
        world.fee("G-2", "ada", "200,00", "2026-10-21").await;
        world.bank(8, vec![line(8, 60_000, "ada").title("G-1 G-2")]).await;
        let queue = world.queue().await;
        assert_eq!(queue.len(), 1, "{queue:?}");
        assert_eq!(queue[0].student.as_deref(), Some("ada"));
        assert!(queue[0].reason.contains("several fees"), "{}", queue[0].reason);
        let why = world.why_credit(&queue[0].id).await;
        assert!(why.went.is_empty(), "{why:?}");
        assert_eq!(world.owes("ada").await, (100_000, 60_000));
        // A sum that fits is no question.
        world.bank(9, vec![line(9, 50_000, "ada").title("G-1 G-2")]).await;
        assert_eq!(world.queue().await.len(), 1);
        assert_eq!(world.receivable("ada", "G-1").await.open_minor, 0);
        assert_eq!(world.receivable("ada", "G-2").await.open_minor, 0);
    }

    /// A superseded or withdrawn copy is told by its own name, not by its place in a list.
    async fn a_statement_is_named_by_its_content(db: TestDb) {
        let office = office(db.url(), 20).await;
        students(&office).await;
        let (first, second, _) = week();
        import(&office, &second).await;
        import(&office, &first).await;
        let shown = statements::show(&office, &name(&first)).await.unwrap();
        assert_eq!(shown.listed.row.last_day, Some(october(12)));
    }
}
