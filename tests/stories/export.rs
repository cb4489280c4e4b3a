//! Other systems take what changed: each change once, however often and however many ask.

use super::bank::line;
use super::world::{World, refusal};
use crate::support::on_both_engines;
use kwestura::engine::decide::Request;
use kwestura::engine::export::{self, BEGINNING, Change};
use kwestura::engine::{Office, whole};
use std::collections::BTreeMap;
use std::path::Path;

/// Item, settled and open, in order.
fn told(changes: &[Change]) -> Vec<(&str, i64, i64)> {
    let told = changes.iter();
    told.map(|one| (one.item.as_str(), one.settled_minor, one.open_minor))
        .collect()
}

async fn since(office: &Office, cursor: &str) -> export::Changes {
    export::settlements(office, cursor).await.unwrap()
}

fn read(folder: &Path, name: &str) -> String {
    let path = folder.join(name);
    assert!(whole::check(&path).unwrap(), "{name} has no hash beside it");
    std::fs::read_to_string(path).unwrap()
}

fn names(folder: &Path) -> Vec<String> {
    let files = std::fs::read_dir(folder).unwrap();
    let names = files.map(|file| file.unwrap().file_name().into_string().unwrap());
    let mut names: Vec<String> = names.filter(|name| !name.ends_with(".sha256")).collect();
    names.sort();
    names
}

on_both_engines! {
    async fn each_change_is_told_once_behind_its_cursor(db: TestDb) {
        let mut world = World::begin(&db).await;
        world.today(2);
        let first = since(&world.office, BEGINNING).await;
        assert_eq!(told(&first.changes), [("F-ada", 0, 50_000), ("F-bartek", 0, 50_000), ("F-celina", 0, 50_000)]);
        assert_eq!(since(&world.office, &first.cursor).await.changes, []);
        assert_eq!(since(&world.office, &first.cursor).await.cursor, first.cursor);

        world.bank(14, vec![line(14, 50_000, "bartek"), line(14, 20_000, "ada")]).await;
        let second = since(&world.office, &first.cursor).await;
        assert_eq!(told(&second.changes), [("F-ada", 20_000, 30_000), ("F-bartek", 50_000, 0)]);
        let paid = &second.changes[1];
        assert_eq!(paid.student, "bartek");
        assert_eq!((paid.settled_on, paid.late_days), (Some(super::bank::october(14)), Some(2)));
        world.fact(Request::Waive { fee: "F-ada".to_owned(), amount: Some("100".to_owned()) }).await;
        world.bank(15, vec![]).await;

        // Whoever asks later from an old cursor gets what lies between, no more and no less.
        let third = since(&world.office, &second.cursor).await;
        assert_eq!(told(&third.changes), [("F-ada", 20_000, 20_000)]);
        let both = since(&world.office, &first.cursor).await;
        assert_eq!(told(&both.changes), [told(&second.changes), told(&third.changes)].concat());
        assert_eq!(both.cursor, third.cursor);
        let all = since(&world.office, BEGINNING).await;
        let numbers: Vec<i64> = all.changes.iter().map(|one| one.change).collect();
        assert_eq!(numbers, [1, 2, 3, 4, 5, 6]);
        for cursor in ["2-00000000", "99-00000000", "7", "", "-1-x"] {
            let words = refusal(export::settlements(&world.office, cursor).await);
            assert!(words.contains("no cursor of these books"), "{words}");
        }
    }

    /// Several ask at once, while money comes in: the numbers have no gap, and the last word about each
    /// fee is how it stands.
    async fn several_may_ask_at_once(db: TestDb) {
        let mut world = World::begin(&db).await;
        for day in [5, 6, 7, 8] {
            let office = world.office.clone();
            let asked = async { tokio::join!(since(&office, BEGINNING), since(&office, BEGINNING)) };
            tokio::join!(asked, world.bank(day, vec![line(day, 10_000, "ada")]));
        }
        let all = since(&world.office, BEGINNING).await;
        for (change, number) in all.changes.iter().zip(1..) {
            assert_eq!(change.change, number);
        }
        let last: BTreeMap<&str, &Change> = all.changes.iter().map(|one| (one.item.as_str(), one)).collect();
        assert_eq!(last["F-ada"].open_minor, world.receivable("ada", "F-ada").await.open_minor);
        assert_eq!(last["F-ada"].settled_minor, 40_000);
    }

    /// A night that fails is made up by the next with the same file, and no change is in two.
    async fn the_nightly_files_hold_each_change_once(db: TestDb) {
        let mut world = World::begin(&db).await;
        world.fee("=1+1", "celina", "10.00", "2026-12-01").await;
        let folder = db.folder().join("out");
        let words = refusal(export::nightly(&world.office, &folder).await);
        assert!(words.contains("cannot write"), "{words}");
        world.bank(5, vec![line(5, 50_000, "ada")]).await;
        std::fs::create_dir(&folder).unwrap();
        assert_eq!(export::nightly(&world.office, &folder).await.unwrap().len(), 4);
        let files = ["journal-2026-09.csv", "journal-2026-10.csv", "settlements-000001.csv", "settlements-000002.csv"];
        assert_eq!(names(&folder), files);
        let first = read(&folder, "settlements-000001.csv");
        assert_eq!(first.lines().count(), 1 + 4, "{first}");
        assert!(first.contains(",celina,'=1+1,'=1+1,"), "{first}");
        let second = read(&folder, "settlements-000002.csv");
        assert!(second.contains("5,ada,F-ada,F-ada,tuition,tuition,PLN,500.00,500.00,0.00,"), "{second}");
        assert_eq!(second.lines().count(), 1 + 1, "{second}");
        assert!(read(&folder, "journal-2026-10.csv").contains("on-account:ada,ada,"));

        let journals = export::nightly(&world.office, &folder).await.unwrap();
        assert_eq!(journals.len(), 2, "{journals:?}");
        assert_eq!(names(&folder), files);
    }
}
