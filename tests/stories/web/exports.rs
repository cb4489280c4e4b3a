//! Long lists go page by page, and leave the house as files for a spreadsheet.

use super::browser::{Pages, as_role};
use crate::stories::bank::{self, line};
use crate::stories::world::World;
use crate::support::on_both_engines;
use kwestura::engine::remind::{self, Mode};
use kwestura::engine::staff::Role;
use kwestura::engine::{audit, outbox};

const XLSX: &str = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet";

on_both_engines! {
    /// Three notices: the newest first, by student, album or fee, and before one of them.
    async fn messages_are_found_and_paged(db: TestDb) {
        let mut world = World::begin(&db).await;
        world.office.config.policy.dunning.brake_percent = 100;
        world.today(5);
        remind::run(&world.office, bank::october(5), Mode::Write { confirmed: None }).await.unwrap();
        let pages = Pages::of(&world);
        let mut bursar = as_role(&pages, &world.office, Role::Bursar).await;
        bursar.get("/messages").await.shows(&["/messages/1\"", "/messages/2\"", "/messages/3\""]);
        for (wanted, id) in [("ada", 1), ("900002", 2), ("F-celina", 3)] {
            let page = bursar.get(&format!("/messages?q={wanted}")).await;
            page.shows(&[&format!("/messages/{id}\"")]);
            for other in (1..=3).filter(|other| *other != id) {
                page.hides(&[&format!("/messages/{other}\"")]);
            }
        }
        bursar.get("/messages?before=3").await.shows(&["/messages/2\""]).hides(&["/messages/3\""]);
        bursar.get("/messages?state=sent").await.shows(&["There are no such messages"]);
        bursar.get("/messages.csv?q=ada").await.shows(&["1;2026-10-05;ada;Notice before the due date;F-ada;ready"]).hides(&["bartek"]);
        let two = outbox::before(&world.office, None, ("", ""), 2).await.unwrap();
        assert_eq!(two.iter().map(|one| one.row.id).collect::<Vec<_>>(), [3, 2]);
    }

    /// Each list as CSV and as a workbook; that it left is in the log.
    async fn every_list_is_a_file_and_the_log_says_who_took_it(db: TestDb) {
        let mut world = World::begin(&db).await;
        world.bank(8, vec![line(8, 20_000, "ada"), line(8, 700, "").title("=1+1")]).await;
        world.today(14);
        let pages = Pages::of(&world);
        let mut bursar = as_role(&pages, &world.office, Role::Bursar).await;
        let lists = ["review", "students", "statements", "messages", "cases", "fees", "reminders", "refunds"];
        for list in lists {
            let csv = bursar.get(&format!("/{list}.csv?q=ada")).await;
            assert!(csv.status.is_success() && csv.text.starts_with('\u{FEFF}'), "{list}: {}", csv.text);
            let book = bursar.get(&format!("/{list}.xlsx")).await;
            assert!(book.status.is_success() && book.text.starts_with("PK"), "{list}");
            assert_eq!(book.headers["content-type"], XLSX);
            assert_eq!(book.headers["content-disposition"], format!("attachment; filename=\"{list}.xlsx\""));
        }
        bursar.get("/statements.csv?account=1001").await.shows(&["2026-10-08;2026-10-08;2;0,00;207,00;PLN;stands"]);
        bursar.get("/statements?account=9999").await.shows(&["There are no such statements"]);
        bursar.get("/students.csv?q=ada").await.shows(&["ada;900001;ada Testowa;studies"]);
        let log = audit::list(&world.office, None, Some("statements"), 10).await.unwrap();
        assert_eq!(log.iter().filter(|row| row.what == "exported").count(), 3);
    }
}
