//! Whatever is changed in the database behind the program's back, verify names it.

use super::bank::{day, import, line, november, office, students, university};
use super::damage::{Kind, flip, open_up};
use crate::stories::world::World;
use crate::support::on_both_engines;
use kwestura::engine::audit;
use kwestura::engine::period::{self, Closed};
use kwestura::engine::verify::{self, Report};

/// Table, key, column, what it holds, the table that verify names.
type Damage = (&'static str, &'static str, &'static str, Kind, &'static str);

const DAMAGES: &[Damage] = &[
    ("file", "sha256", "size_bytes", Kind::Int, "file"),
    ("bank_account", "id", "iban", Kind::Text, "statement"),
    ("bank_account", "id", "currency", Kind::Text, "statement"),
    ("statement", "id", "format", Kind::Text, "statement"),
    ("statement", "id", "profile", Kind::Text, "statement"),
    ("statement", "id", "encoding", Kind::Text, "statement"),
    ("statement", "id", "line", Kind::Int, "statement"),
    ("statement", "id", "place_in_file", Kind::Int, "statement"),
    ("statement", "id", "sequence", Kind::Text, "statement"),
    ("statement", "id", "reference", Kind::Text, "statement"),
    ("statement", "id", "number", Kind::Int, "statement"),
    ("statement", "id", "first_day", Kind::Day, "statement"),
    ("statement", "id", "last_day", Kind::Day, "statement"),
    ("statement", "id", "opening_date", Kind::Day, "statement"),
    ("statement", "id", "opening_minor", Kind::Int, "statement"),
    ("statement", "id", "closing_minor", Kind::Int, "statement"),
    ("statement", "id", "by_value_date", Kind::Flag, "statement"),
    ("statement", "id", "entry_count", Kind::Int, "statement"),
    (
        "statement_day",
        "statement_id",
        "start_minor",
        Kind::Int,
        "statement_day",
    ),
    (
        "statement_day",
        "statement_id",
        "end_minor",
        Kind::Int,
        "statement_day",
    ),
    (
        "statement_day",
        "statement_id",
        "entry_count",
        Kind::Int,
        "statement_day",
    ),
    (
        "statement_day",
        "statement_id",
        "digest",
        Kind::Text,
        "statement_day",
    ),
    (
        "statement_day",
        "statement_id",
        "day",
        Kind::Day,
        "statement_day",
    ),
    ("entry", "id", "line", Kind::Int, "entry"),
    ("entry", "id", "same_as", Kind::Int, "entry"),
    ("entry", "id", "day", Kind::Day, "entry"),
    ("entry", "id", "booking_date", Kind::Day, "entry"),
    ("entry", "id", "value_date", Kind::Day, "entry"),
    ("entry", "id", "crediting_date", Kind::Day, "entry"),
    ("entry", "id", "crediting_source", Kind::Text, "entry"),
    ("entry", "id", "amount_minor", Kind::Int, "entry"),
    ("entry", "id", "reversal", Kind::Flag, "entry"),
    ("entry", "id", "charge", Kind::Flag, "entry"),
    ("entry", "id", "bank_reference", Kind::Text, "entry"),
    ("entry", "id", "reliable", Kind::Flag, "entry"),
    ("entry", "id", "transaction_code", Kind::Text, "entry"),
    ("entry", "id", "virtual_account", Kind::Text, "entry"),
    ("entry", "id", "counterparty_account", Kind::Text, "entry"),
    ("entry", "id", "posted_on", Kind::Day, "entry"),
    (
        "entry_text",
        "entry_id",
        "remittance",
        Kind::Text,
        "entry_text",
    ),
    (
        "entry_token",
        "entry_id",
        "token",
        Kind::Text,
        "entry_token",
    ),
    (
        "identification",
        "entry_id",
        "part",
        Kind::Int,
        "allocation",
    ),
    (
        "identification",
        "entry_id",
        "person_id",
        Kind::Int,
        "identification",
    ),
    (
        "identification",
        "entry_id",
        "amount_minor",
        Kind::Int,
        "identification",
    ),
    (
        "identification",
        "entry_id",
        "rule",
        Kind::Text,
        "identification",
    ),
    (
        "identification",
        "entry_id",
        "reason",
        Kind::Text,
        "identification",
    ),
    (
        "identification",
        "entry_id",
        "nrb",
        Kind::Text,
        "identification",
    ),
    (
        "identification",
        "entry_id",
        "other_entry_id",
        Kind::Int,
        "identification",
    ),
    (
        "identification",
        "entry_id",
        "posted_on",
        Kind::Day,
        "identification",
    ),
    (
        "receivable",
        "id",
        "external_id",
        Kind::Text,
        "receivable_position",
    ),
    (
        "receivable",
        "id",
        "person_id",
        Kind::Int,
        "receivable_position",
    ),
    (
        "receivable_version",
        "receivable_id",
        "amount_minor",
        Kind::Int,
        "receivable_position",
    ),
    (
        "receivable_version",
        "receivable_id",
        "published_on",
        Kind::Day,
        "receivable_position",
    ),
    (
        "receivable_version",
        "receivable_id",
        "nominal_due_on",
        Kind::Day,
        "receivable_position",
    ),
    (
        "virtual_account",
        "nrb",
        "tail",
        Kind::Text,
        "virtual_account",
    ),
    (
        "virtual_account",
        "nrb",
        "person_id",
        Kind::Int,
        "identification",
    ),
    ("allocation", "seq", "credit_id", Kind::Int, "allocation"),
    ("allocation", "seq", "part", Kind::Int, "allocation"),
    ("allocation", "seq", "person_id", Kind::Int, "allocation"),
    (
        "allocation",
        "seq",
        "receivable_id",
        Kind::Int,
        "allocation",
    ),
    ("allocation", "seq", "item", Kind::Text, "allocation"),
    ("allocation", "seq", "currency", Kind::Text, "allocation"),
    ("allocation", "seq", "amount_minor", Kind::Int, "allocation"),
    ("allocation", "seq", "effective_on", Kind::Day, "allocation"),
    ("allocation", "seq", "counts_from", Kind::Day, "allocation"),
    ("allocation", "seq", "posted_on", Kind::Day, "allocation"),
    ("allocation", "seq", "cause", Kind::Text, "allocation"),
    ("allocation", "seq", "rule", Kind::Text, "allocation"),
    (
        "allocation",
        "seq",
        "policy_version",
        Kind::Text,
        "allocation",
    ),
    (
        "receivable_position",
        "item",
        "receivable_id",
        Kind::Int,
        "receivable_position",
    ),
    (
        "receivable_position",
        "item",
        "person_id",
        Kind::Int,
        "receivable_position",
    ),
    (
        "receivable_position",
        "item",
        "currency",
        Kind::Text,
        "receivable_position",
    ),
    (
        "receivable_position",
        "item",
        "amount_minor",
        Kind::Int,
        "receivable_position",
    ),
    (
        "receivable_position",
        "item",
        "allocated_minor",
        Kind::Int,
        "receivable_position",
    ),
    (
        "receivable_position",
        "item",
        "open_minor",
        Kind::Int,
        "receivable_position",
    ),
    (
        "receivable_position",
        "item",
        "visible_from",
        Kind::Day,
        "receivable_position",
    ),
    (
        "receivable_position",
        "item",
        "due_on",
        Kind::Day,
        "receivable_position",
    ),
    (
        "receivable_position",
        "item",
        "settled_on",
        Kind::Day,
        "receivable_position",
    ),
    (
        "receivable_position",
        "item",
        "closed_by",
        Kind::Text,
        "receivable_position",
    ),
    (
        "period_close",
        "month",
        "last_day",
        Kind::Day,
        "period_close",
    ),
];

on_both_engines! {
    /// One row of nearly every column is changed and changed back (F23).
    async fn every_damaged_row_is_named(db: TestDb) {
        let office = university(db.url()).await;
        assert_clean(&verify::run(&office).await.unwrap());
        open_up(db.url()).await;
        let mut unnamed = Vec::new();
        let mut empty = Vec::new();
        for &(table, key, column, kind, named) in DAMAGES {
            let (there, back) = kind.there_and_back(db.url(), column);
            let row = format!(
                "{key} = (SELECT MIN({key}) FROM {table} WHERE {column} IS NOT NULL) AND {column} IS NOT NULL"
            );
            let pick = format!("SELECT 1 FROM {table} WHERE {row}");
            if super::damage::count(db.url(), &pick).await == 0 {
                empty.push((table, column));
                continue;
            }
            flip(db.url(), &format!("UPDATE {table} SET {column} = {there} WHERE {row}")).await;
            match verify::run(&office).await {
                Ok(report) if report.findings.iter().any(|finding| finding.table == named) => {}
                Ok(report) => unnamed.push((table, column, format!("{:?}", report.findings))),
                // Some damage is so bad that nothing can be read at all; it is named in the error.
                Err(error) => assert!(error.to_string().contains("impossible"), "{table}.{column}: {error}"),
            }
            flip(db.url(), &format!("UPDATE {table} SET {column} = {back} WHERE {row}")).await;
        }
        assert!(unnamed.is_empty(), "not named: {unnamed:#?}");
        assert_eq!(empty, [("receivable_position", "closed_by")], "no row to damage");
        assert_clean(&verify::run(&office).await.unwrap());
    }

    /// A status that nobody gave, a row that is gone, bytes that rotted, a mark that was left.
    async fn rows_that_vanish_and_statuses_that_nobody_gave_are_named(db: TestDb) {
        let office = university(db.url()).await;
        open_up(db.url()).await;
        let swapped = [
            ("published", "waiting", "statement"),
            ("published", "withdrawn", "statement"),
            ("published", "known", "statement"),
            ("known", "published", "statement"),
            ("withdrawn", "published", "statement"),
            ("superseded", "published", "statement"),
            ("rejected", "waiting", "statement"),
        ];
        for (from, to, named) in swapped {
            let one = format!("id = (SELECT MIN(id) FROM statement WHERE status = '{from}')");
            let id = super::damage::number(db.url(), &format!("SELECT id FROM statement WHERE {one}")).await;
            flip(db.url(), &format!("UPDATE statement SET status = '{to}' WHERE id = {id}")).await;
            let report = verify::run(&office).await.unwrap();
            assert!(report.findings.iter().any(|finding| finding.table == named), "{from} to {to}: {report:?}");
            flip(db.url(), &format!("UPDATE statement SET status = '{from}' WHERE id = {id}")).await;
        }
        assert_clean(&verify::run(&office).await.unwrap());
        for (sql, named) in [
            ("INSERT INTO settle_mark (person_id) SELECT MIN(id) FROM person", "settle_mark"),
            ("INSERT INTO lump_part (lump_id, part_id, recorded_at) SELECT MIN(id), MAX(id), 0 FROM entry", "lump_part"),
            ("DELETE FROM allocation WHERE seq = (SELECT MAX(seq) FROM allocation)", "allocation"),
            ("DELETE FROM receivable_position WHERE item = 'F-celina'", "receivable_position"),
            ("DELETE FROM identification WHERE entry_id = (SELECT MIN(entry_id) FROM identification)", "identification"),
            ("DELETE FROM entry_text WHERE entry_id = (SELECT MIN(entry_id) FROM entry_text)", "entry_text"),
            ("DELETE FROM statement_day WHERE statement_id = (SELECT MIN(statement_id) FROM statement_day)", "statement_day"),
            ("DELETE FROM entry WHERE id = (SELECT MAX(id) FROM entry)", "entry"),
            ("UPDATE file_part SET content = (SELECT content FROM file_part ORDER BY sha256 DESC LIMIT 1) WHERE sha256 = (SELECT MIN(sha256) FROM file)", "file"),
        ] {
            flip(db.url(), sql).await;
            let report = verify::run(&office).await.unwrap();
            assert!(report.findings.iter().any(|finding| finding.table == named), "{sql}: {report:?}");
        }
    }

    /// What waits for a word about what it is for is concluded anew, too.
    async fn money_that_waits_for_its_purpose_is_named_where_it_was_forgotten_or_made_up(db: TestDb) {
        let mut world = World::begin(&db).await;
        world.fee("G-1", "ada", "300,00", "2026-10-20").await;
        world.fee("G-2", "ada", "200,00", "2026-10-21").await;
        world.bank(8, vec![line(8, 60_000, "ada").title("G-1 I G-2")]).await;
        assert_clean(&verify::run(&world.office).await.unwrap());
        open_up(db.url()).await;
        for (damage, wrong) in [
            ("DELETE FROM held_lot", "it is missing"),
            ("INSERT INTO held_lot (credit_id, part, person_id) SELECT MAX(id), 7, 1 FROM entry", "it waits for nobody's word"),
        ] {
            flip(db.url(), damage).await;
            let findings = verify::run(&world.office).await.unwrap().findings;
            let named = |finding: &verify::Finding| finding.table == "held_lot" && finding.wrong == wrong;
            assert!(findings.iter().any(named), "{damage}: {findings:?}");
        }
    }

    /// So is the review queue.
    async fn what_is_in_the_queue_for_nobody_or_is_missing_there_is_named(db: TestDb) {
        let mut world = World::begin(&db).await;
        world.bank(8, vec![line(8, 60_000, "").title("?"), line(8, 50_000, "ada")]).await;
        assert_clean(&verify::run(&world.office).await.unwrap());
        open_up(db.url()).await;
        let made_up = "INSERT INTO waiting_entry (entry_id, bank_account_id, crediting_date, public_id, reason)
                       SELECT e.id, 1, e.crediting_date, e.public_id, '' FROM entry e WHERE e.amount_minor = 50000";
        for (damage, wrong) in [
            ("UPDATE waiting_entry SET public_id = 'abc'", "it is not as its entry and its identification have it"),
            ("UPDATE waiting_entry SET words = 'abc'", "it is not as its entry and its identification have it"),
            ("DELETE FROM waiting_entry", "it is missing"),
            (made_up, "it is not in review"),
        ] {
            flip(db.url(), damage).await;
            let findings = verify::run(&world.office).await.unwrap().findings;
            let named = |finding: &verify::Finding| finding.table == "waiting_entry" && finding.wrong == wrong;
            assert!(findings.iter().any(named), "{damage}: {findings:?}");
        }
    }

    /// Of the audit log the first row is named that does not fit its seal, and the command tells the last
    /// seal, so that it can be kept elsewhere.
    async fn a_change_in_the_audit_log_is_named(db: TestDb) {
        let office = university(db.url()).await;
        for what in ["signed-in", "exported", "retention", "signed-out"] {
            audit::by_name(&office, "ada", what, "").await.unwrap();
        }
        assert_eq!(audit::seal(&office).await.unwrap(), 4);
        audit::by_name(&office, "ada", "not sealed yet", "").await.unwrap();
        let report = verify::run(&office).await.unwrap();
        assert_clean(&report);
        assert_eq!((report.looked.audit_events, report.looked.audit_seals), (5, 4));
        assert_eq!(report.last_seal.len(), 64);
        open_up(db.url()).await;
        let second = "(SELECT event_id FROM audit_seal WHERE place = 2)";
        let id = super::damage::number(db.url(), &format!("SELECT {second}")).await;
        let event = format!("{id}, sealed at place 2");
        for (there, back, table, row) in [
            (
                format!("UPDATE audit_event SET who = 'eve' WHERE id = {second}"),
                Some(format!("UPDATE audit_event SET who = 'ada' WHERE id = {second}")),
                "audit_event",
                event.as_str(),
            ),
            ("UPDATE audit_seal SET place = 9 WHERE place = 4".to_owned(),
                Some("UPDATE audit_seal SET place = 4 WHERE place = 9".to_owned()), "audit_seal", "place 4"),
            (format!("DELETE FROM audit_event WHERE id = {second}"), None, "audit_seal", "place 2"),
        ] {
            flip(db.url(), &there).await;
            let found = verify::run(&office).await.unwrap().findings;
            let found: Vec<(&str, &str)> = found.iter().map(|one| (one.table, one.row.as_str())).collect();
            assert_eq!(found, [(table, row)], "{there}");
            if let Some(back) = back {
                flip(db.url(), &back).await;
                assert_clean(&verify::run(&office).await.unwrap());
            }
        }
    }

    /// Closing waits for the statements; what comes later is posted on the first open day.
    async fn a_closed_month_takes_no_more_postings(db: TestDb) {
        let mut office = office(db.url(), 31).await;
        students(&office).await;
        import(&office, &day(197, 12, 0, vec![line(12, 50_000, "ada")])).await;
        assert!(period::close(&office, "2026-10", "bursar", false).await.is_err(), "October is not over");
        office.now = november();
        assert!(period::close(&office, "2026-10", "bursar", false).await.is_err(), "statements are missing");
        assert!(matches!(period::close(&office, "2026-10", "bursar", true).await, Ok(Closed::Now(missing)) if missing.len() == 1));
        assert_eq!(period::close(&office, "2026-10", "bursar", false).await.unwrap(), Closed::Before);
        assert_eq!(period::close(&office, "2026-09", "bursar", false).await.unwrap(), Closed::Before);
        assert_eq!(period::list(&office).await.unwrap().len(), 1);
        office.now.millis += 1000;
        import(&office, &day(198, 13, 50_000, vec![line(13, 20_000, "bartek")])).await;
        let mut tx = office.db.read().await.unwrap();
        let posted: Vec<String> = tx.journal().await.unwrap().iter().map(|row| row.posted_on.to_string()).collect();
        tx.rollback().await.unwrap();
        assert_eq!(posted, ["2026-10-12", "2026-11-01"]);
        assert_clean(&verify::run(&office).await.unwrap());
    }
}

#[track_caller]
fn assert_clean(report: &Report) {
    assert!(report.findings.is_empty(), "{:#?}", report.findings);
    assert!(report.looked.lines > 0 && report.looked.items > 0);
}
