//! Statements arrive in any order, twice, wrong and corrected.

use super::bank::{
    BOSS, Statement, credits, day, import, line, name, october, office, owes, students,
};
use crate::support::on_both_engines;
use kwestura::engine::record::Recorded;
use kwestura::engine::statements::{self, Said};
use kwestura::engine::{Office, coverage, quarantine};

on_both_engines! {
    /// 197 and 198 with one identical line each are two credits, in both orders.
    async fn consecutive_statements_with_the_same_line_are_two_credits(db: TestDb) {
        let office = office(db.url(), 20).await;
        students(&office).await;
        let first = day(197, 12, 100_000, vec![line(12, 50_000, "ada")]);
        let second = day(198, 12, 150_000, vec![line(12, 50_000, "ada")]);
        assert_eq!(import(&office, &second).await, Recorded::Published(1));
        assert_eq!(import(&office, &first).await, Recorded::Published(1));
        assert_eq!(credits(&office, "ada").await, [50_000, 50_000]);
        assert_eq!(owes(&office, "ada").await, (0, 50_000));
    }

    /// Three of them, the middle one last.
    async fn the_statement_between_two_that_look_like_it_is_a_third_credit(db: TestDb) {
        let office = office(db.url(), 20).await;
        students(&office).await;
        for (number, opening) in [(197, 100_000), (199, 200_000), (198, 150_000)] {
            import(&office, &day(number, 12, opening, vec![line(12, 50_000, "ada")])).await;
        }
        assert_eq!(credits(&office, "ada").await, [50_000; 3]);
        assert!(gaps(&office).await.is_empty());
    }

    /// A swept account from nothing to nothing, re-sent under the same number or none.
    async fn a_swept_account_that_is_sent_again_brings_no_second_credit(db: TestDb) {
        let office = office(db.url(), 20).await;
        students(&office).await;
        let swept = day(197, 12, 0, vec![line(12, 50_000, "ada"), line(12, -50_000, "")]);
        assert_eq!(import(&office, &swept).await, Recorded::Published(2));
        let renamed = swept.clone().named("ANOTHER");
        assert_eq!(import(&office, &renamed).await, Recorded::Known);
        let bare = swept.unnumbered().named("THIRD");
        let outcome = import(&office, &bare).await;
        assert!(matches!(outcome, Recorded::Known | Recorded::Waiting(_)), "{outcome:?}");
        assert_eq!(credits(&office, "ada").await, [50_000]);
    }

    /// A week over its days adds nothing; 197, the week and 198 end the same in any order.
    async fn a_week_over_its_days_brings_nothing_new(db: TestDb) {
        let office = office(db.url(), 20).await;
        students(&office).await;
        let (first, second, week) = week();
        import(&office, &first).await;
        assert_eq!(import(&office, &week).await, Recorded::Published(1));
        assert_eq!(import(&office, &second).await, Recorded::Known);
        assert_eq!(credits(&office, "ada").await, [50_000]);
        assert_eq!(credits(&office, "bartek").await, [20_000]);
    }

    /// The same from the other end.
    async fn a_week_before_its_days_is_the_same(db: TestDb) {
        let office = office(db.url(), 20).await;
        students(&office).await;
        let (first, second, week) = week();
        assert_eq!(import(&office, &week).await, Recorded::Published(2));
        assert_eq!(import(&office, &second).await, Recorded::Known);
        assert_eq!(import(&office, &first).await, Recorded::Known);
        assert_eq!(credits(&office, "ada").await, [50_000]);
        assert_eq!(credits(&office, "bartek").await, [20_000]);
    }

    /// A week with one line that differs waits and names the day's statement.
    async fn a_week_that_contradicts_a_day_waits_and_names_it(db: TestDb) {
        let office = office(db.url(), 20).await;
        students(&office).await;
        let (first, _, mut week) = week();
        import(&office, &first).await;
        week.lines[0] = line(12, 49_900, "ada");
        assert!(matches!(import(&office, &week).await, Recorded::Waiting(_)));
        let held = statements::list(&office, &["waiting"]).await.unwrap();
        assert_eq!(held.len(), 1);
        assert_eq!(held[0].other.as_deref(), Some(name(&first).as_str()));
        assert_eq!(owes(&office, "ada").await, (0, 0));
    }

    /// A withdrawn statement releases what it settled; taken back in, its lines are the same entries.
    async fn a_withdrawn_statement_gives_back_and_a_restored_one_settles_again(db: TestDb) {
        let office = office(db.url(), 20).await;
        students(&office).await;
        let statement = day(197, 12, 0, vec![line(12, 50_000, "ada")]);
        import(&office, &statement).await;
        let id = name(&statement);
        let out = statements::withdraw(&office, &id, BOSS).await.unwrap();
        assert_eq!((out.entries, out.settled.students), (1, 1));
        assert_eq!(owes(&office, "ada").await, (50_000, 0));
        assert_eq!(
            import(&office, &statement).await,
            Recorded::AlreadyImported("withdrawn".to_owned())
        );
        assert!(statements::withdraw(&office, &id, BOSS).await.is_err());
        // A prefix is enough.
        statements::restore(&office, &id[..6], BOSS).await.unwrap();
        assert_eq!(owes(&office, "ada").await, (0, 0));
        assert!(statements::restore(&office, &id, BOSS).await.is_err());
        let shown = statements::show(&office, &id).await.unwrap();
        let kinds: Vec<&str> = shown.decisions.iter().map(|(row, _)| row.kind.as_str()).collect();
        assert_eq!(kinds, ["withdraw", "restore"]);
    }

    /// A copy keeps the lines of a withdrawn statement alive.
    async fn a_line_lives_as_long_as_one_standing_statement_holds_it(db: TestDb) {
        let office = office(db.url(), 20).await;
        students(&office).await;
        let statement = day(197, 12, 0, vec![line(12, 50_000, "ada")]);
        let copy = statement.clone().named("COPY");
        import(&office, &statement).await;
        assert_eq!(import(&office, &copy).await, Recorded::Known);
        let out = statements::withdraw(&office, &name(&statement), BOSS).await.unwrap();
        assert_eq!(out.entries, 0);
        assert_eq!(owes(&office, "ada").await, (0, 0));
        let shown = statements::show(&office, &name(&copy)).await.unwrap();
        assert_eq!(shown.listed.row.status, "published");
        statements::withdraw(&office, &name(&copy), BOSS).await.unwrap();
        assert_eq!(owes(&office, "ada").await, (50_000, 0));
    }

    /// After a withdrawal the same lines in another file are the same entries, so that both may stand.
    async fn the_lines_of_a_withdrawn_statement_come_back_as_the_same_entries(db: TestDb) {
        let office = office(db.url(), 20).await;
        students(&office).await;
        let statement = day(197, 12, 0, vec![line(12, 50_000, "ada")]);
        import(&office, &statement).await;
        statements::withdraw(&office, &name(&statement), BOSS).await.unwrap();
        let again = statement.clone().named("AGAIN");
        assert_eq!(import(&office, &again).await, Recorded::Published(1));
        statements::restore(&office, &name(&statement), BOSS).await.unwrap();
        assert_eq!(credits(&office, "ada").await, [50_000]);
    }

    /// A corrected statement takes the place of the wrong one, which it names.
    async fn a_corrected_statement_supersedes_the_wrong_one(db: TestDb) {
        let office = office(db.url(), 20).await;
        students(&office).await;
        let wrong = day(197, 12, 0, vec![line(12, 50_000, "ada"), line(12, 30_000, "bartek")]);
        let copy = wrong.clone().named("COPY");
        let right = day(197, 12, 0, vec![line(12, 50_000, "ada"), line(12, 30_000, "celina").from("15999000090000000000003003"), line(12, 5_000, "bartek")]);
        import(&office, &wrong).await;
        import(&office, &copy).await;
        assert!(matches!(import(&office, &right).await, Recorded::Waiting(_)));
        let before = entry_of(&office, &wrong, 0).await;
        let done = quarantine::supersede(&office, &name(&right), &[], BOSS).await.unwrap();
        assert_eq!(done.outcome, Recorded::Published(3));
        assert_eq!(entry_of(&office, &right, 0).await, before, "the common line is the same entry");
        assert_eq!(credits(&office, "ada").await, [50_000]);
        assert_eq!(credits(&office, "bartek").await, [5_000]);
        assert_eq!(credits(&office, "celina").await, [30_000]);
        assert_eq!(status(&office, &wrong).await, "superseded");
        assert_eq!(status(&office, &copy).await, "superseded");
        assert!(statements::restore(&office, &name(&wrong), BOSS).await.is_err());
    }

    /// Another that contradicts it too is to be named; until then nothing has happened.
    async fn superseding_one_of_two_that_contradict_changes_nothing(db: TestDb) {
        let office = office(db.url(), 20).await;
        students(&office).await;
        let (first, _, week) = week();
        import(&office, &first).await;
        import(&office, &week).await;
        let right = day(197, 12, 0, vec![line(12, 49_000, "ada")]);
        assert!(matches!(import(&office, &right).await, Recorded::Waiting(_)));
        let refused = quarantine::supersede(&office, &name(&right), &[name(&first)], BOSS).await;
        assert!(refused.unwrap_err().to_string().contains("--old"));
        assert_eq!(status(&office, &first).await, "published");
        let both = [name(&first), name(&week)];
        quarantine::supersede(&office, &name(&right), &both, BOSS).await.unwrap();
        assert_eq!(credits(&office, "ada").await, [49_000]);
        assert_eq!(owes(&office, "bartek").await, (50_000, 0));
    }

    /// What does not add up is held back, taken by a person, or never posted.
    async fn a_statement_that_does_not_add_up_is_accepted_or_rejected(db: TestDb) {
        let office = office(db.url(), 20).await;
        students(&office).await;
        let odd = day(197, 12, 0, vec![line(12, 50_000, "ada")]).closing(49_999);
        let odder = day(198, 13, 49_999, vec![line(13, 20_000, "bartek")]).closing(1);
        for statement in [&odd, &odder] {
            assert!(matches!(import(&office, statement).await, Recorded::Quarantined(_)));
        }
        assert_eq!(owes(&office, "ada").await, (50_000, 0));
        let done = quarantine::accept(&office, &name(&odd), BOSS).await.unwrap();
        assert_eq!(done.outcome, Recorded::Published(1));
        quarantine::reject(&office, &name(&odder), BOSS).await.unwrap();
        assert_eq!(owes(&office, "ada").await, (0, 0));
        assert_eq!(owes(&office, "bartek").await, (50_000, 0));
        assert!(quarantine::accept(&office, &name(&odder), BOSS).await.is_err());
        assert!(quarantine::reject(&office, &name(&odd), BOSS).await.is_err());
        let silent = Said { by: "bursar", why: " " };
        assert!(quarantine::reject(&office, &name(&odd), silent).await.is_err());
    }

    /// A contradiction is not overruled by accepting.
    async fn accepting_does_not_overrule_what_stands(db: TestDb) {
        let office = office(db.url(), 20).await;
        students(&office).await;
        let first = day(197, 12, 0, vec![line(12, 50_000, "ada")]);
        let other = day(197, 12, 0, vec![line(12, 49_000, "ada")]);
        import(&office, &first).await;
        import(&office, &other).await;
        let refused = quarantine::accept(&office, &name(&other), BOSS).await;
        assert!(refused.unwrap_err().to_string().contains("supersede"));
        assert_eq!(status(&office, &other).await, "waiting");
    }

    /// Read with the wrong profile first, and right after the configuration was mended.
    async fn a_quarantined_statement_is_read_again_with_another_profile(db: TestDb) {
        let office = office(db.url(), 20).await;
        students(&office).await;
        let odd = day(197, 12, 0, vec![line(12, 50_000, "ada")]).closing(1);
        import(&office, &odd).await;
        let done = quarantine::reread(&office, &name(&odd), Some("generic"), BOSS).await.unwrap();
        assert!(matches!(done.outcome, Recorded::Quarantined(_)));
        let shown = statements::show(&office, &name(&odd)).await.unwrap();
        assert_eq!(shown.listed.row.profile, "generic");
        // Taken now, it stands as it was read: without the mark before the student's number.
        quarantine::accept(&office, &name(&odd), BOSS).await.unwrap();
        assert_eq!(owes(&office, "ada").await, (50_000, 0));
        assert!(quarantine::reread(&office, &name(&odd), None, BOSS).await.is_err());
    }

    /// The same operation with another amount is quarantined, and superseding the old one lets it in.
    async fn a_reference_with_another_amount_is_quarantined_until_it_supersedes(db: TestDb) {
        let office = office(db.url(), 20).await;
        students(&office).await;
        let old = day(197, 12, 0, vec![line(12, 50_000, "ada").tnr("100.1")]);
        let new = day(199, 14, 7, vec![line(14, 40_000, "ada").tnr("100.1")]);
        import(&office, &old).await;
        assert!(matches!(import(&office, &new).await, Recorded::Quarantined(_)));
        assert!(quarantine::supersede(&office, &name(&new), &[], BOSS).await.is_err(), "names no other");
        quarantine::supersede(&office, &name(&new), &[name(&old)], BOSS).await.unwrap();
        assert_eq!(credits(&office, "ada").await, [40_000]);
    }

    /// A gap is shown, asked for, and may be accepted; an anchor says where the books begin.
    async fn a_gap_is_shown_and_accepted_and_an_anchor_set(db: TestDb) {
        let office = office(db.url(), 20).await;
        students(&office).await;
        import(&office, &day(197, 12, 10_000, vec![line(12, 50_000, "ada")])).await;
        import(&office, &day(199, 14, 70_000, vec![line(14, 20_000, "bartek")])).await;
        assert_eq!(gaps(&office).await, [(12, 14, Some((198, 198)), false)]);
        let days = (october(12), october(14));
        assert!(coverage::accept_gap(&office, "1001", (days.0, october(15)), BOSS).await.is_err());
        let (covered, _) = coverage::accept_gap(&office, "1001", days, BOSS).await.unwrap();
        assert_eq!(covered.coverage.through, Some(october(14)));
        coverage::anchor(&office, super::bank::IBAN, october(9), "90,00", BOSS).await.unwrap();
        assert_eq!(gaps(&office).await.len(), 2, "the anchor does not fit the first opening");
        coverage::anchor(&office, super::bank::IBAN, october(12), "100,00", BOSS).await.unwrap();
        assert_eq!(gaps(&office).await, [(12, 14, Some((198, 198)), true)]);
        assert!(coverage::anchor(&office, "77", october(9), "90", BOSS).await.is_err());
    }

    /// Two who record the same files at once end with the same books (F12).
    async fn two_imports_at_once_record_every_statement_once(db: TestDb) {
        let office = office(db.url(), 20).await;
        students(&office).await;
        let other = super::bank::office(db.url(), 20).await;
        let files: Vec<Statement> = (0..6)
            .map(|number| day(197 + number, 12 + number, i64::from(number) * 10_000, vec![line(12 + number, 10_000, "ada")]))
            .collect();
        let all = |office: Office, files: Vec<Statement>| async move {
            let mut published = 0;
            for statement in &files {
                published += usize::from(import(&office, statement).await == Recorded::Published(1));
            }
            published
        };
        let mut backwards = files.clone();
        backwards.reverse();
        let (one, two) = tokio::join!(
            tokio::spawn(all(office.clone(), files)),
            tokio::spawn(all(other, backwards))
        );
        assert_eq!(one.unwrap() + two.unwrap(), 6);
        assert_eq!(credits(&office, "ada").await, [10_000; 6]);
        assert!(gaps(&office).await.is_empty());
    }

    /// A failing insert takes the whole statement with it, and the same import works afterwards (F24).
    async fn an_insert_that_fails_rolls_the_whole_statement_back(db: TestDb) {
        let office = office(db.url(), 20).await;
        students(&office).await;
        let statement = day(197, 12, 0, vec![line(12, 50_000, "ada").title("CZESNE 900001")]);
        for table in ["statement_day", "entry", "entry_text", "entry_token", "identification", "settle_mark"] {
            super::damage::refuse_inserts(db.url(), table).await;
            let failed = kwestura::engine::record::file(&office, "f.sta", &statement.file()).await;
            assert!(failed.is_err(), "{table}");
            super::damage::allow_inserts(db.url(), table).await;
            assert!(statements::list(&office, &[]).await.unwrap().is_empty(), "{table}");
        }
        assert_eq!(import(&office, &statement).await, Recorded::Published(1));
        assert_eq!(owes(&office, "ada").await, (0, 0));
    }
}

/// 197 on the 12th, 198 on the 14th, and the week over both.
fn week() -> (Statement, Statement, Statement) {
    let (one, two) = (line(12, 50_000, "ada"), line(14, 20_000, "bartek"));
    (
        day(197, 12, 0, vec![one.clone()]),
        day(198, 14, 50_000, vec![two.clone()]),
        day(42, 12, 0, vec![one, two]).through(16),
    )
}

async fn status(office: &Office, statement: &Statement) -> String {
    let shown = statements::show(office, &name(statement)).await.unwrap();
    shown.listed.row.status
}

async fn entry_of(office: &Office, statement: &Statement, line: usize) -> i64 {
    let shown = statements::show(office, &name(statement)).await.unwrap();
    shown.lines[line].entry.entry()
}

type GapShown = (u32, u32, Option<(i64, i64)>, bool);

async fn gaps(office: &Office) -> Vec<GapShown> {
    use chrono::Datelike;
    let all = coverage::all(office).await.unwrap();
    let gaps = all.iter().flat_map(|row| &row.coverage.gaps);
    gaps.map(|gap| {
        let numbers = gap
            .missing_numbers
            .as_ref()
            .map(|numbers| (*numbers.start(), *numbers.end()));
        (
            gap.after_day.day(),
            gap.before_day.day(),
            numbers,
            gap.accepted,
        )
    })
    .collect()
}
