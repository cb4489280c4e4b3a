//! The morning's page, its lower half: punctuality, lag, and what does not happen as it should.

use super::browser::{Pages, as_role, signed_in};
use crate::stories::bank::{line, october};
use crate::stories::world::World;
use crate::support::on_both_engines;
use kwestura::engine::decide::Request;
use kwestura::engine::escalate;
use kwestura::engine::remind::{self, Mode};
use kwestura::engine::staff::Role;
use kwestura::store::Rows;

on_both_engines! {
    /// One pays on the last day, one a day late, one not at all.
    async fn the_share_settled_in_time_and_the_lag_are_counted(db: TestDb) {
        let mut world = World::begin(&db).await;
        world.bank(9, vec![line(9, 1_000, "celina")]).await;
        world.bank(12, vec![line(12, 50_000, "ada")]).await;
        world.bank(13, vec![line(13, 50_000, "bartek")]).await;
        world.today(14);
        let pages = Pages::of(&world);
        let mut bursar = as_role(&pages, &world.office, Role::Bursar).await;
        let page = bursar.get("/today").await;
        page.shows(&["Settled by the due date", "Winter term 2026/27", "1 of 3", "33&nbsp;%"]);
        page.shows(&["Came from students in 7 days</dt><dd>PLN\u{a0}1,010.00", "Fell overdue in the last 7 days</dt><dd>PLN\u{a0}490.00"]);
        page.hides(&["Not as it should be"]);
        let rows = world.office.db.read().await.unwrap().all_lags(october(1)).await.unwrap();
        assert_eq!(rows.is_empty(), !page.text.contains("From order to credit"), "{rows:?}");
    }

    /// What is past its deadline comes first, and whoever is held back is counted by why.
    async fn what_needs_a_person_stands_by_urgency_and_who_is_held_back_by_reason(db: TestDb) {
        let mut world = World::begin(&db).await;
        world.office.config.policy.dunning.brake_percent = 100;
        world.today(5);
        let hold = |student: &str, until| Request::Hold { student: student.to_owned(), until };
        world.fact(hold("ada", october(30))).await;
        world.fact(hold("bartek", october(29))).await;
        let write = Mode::Write { confirmed: None };
        remind::run(&world.office, october(5), write).await.unwrap();
        world.bank(8, vec![line(8, 10_000, "nobody")]).await;
        world.today(9);
        world.fact(Request::Dispute { fee: "F-celina".to_owned(), until: october(30) }).await;
        escalate::run(&world.office, october(9), false).await.unwrap();
        let pages = Pages::of(&world);
        let mut bursar = as_role(&pages, &world.office, Role::Bursar).await;
        let page = bursar.get("/today").await;
        page.shows(&["Students held back by interlocks</a></dt><dd>2", "<dt>the office holds messages back</dt><dd>2"]);
        let place = |text: &str, words: &str| text.find(words).unwrap_or_else(|| panic!("{words}: {text}"));
        assert!(place(&page.text, "Credits in review") < place(&page.text, "Cases of COS"));
        pages.later(60 * 24 * 60);
        let mut bursar = signed_in(&pages, &world.office, "bursar").await;
        let page = bursar.get("/today").await;
        page.shows(&["past their deadline"]);
        assert!(place(&page.text, "Cases of COS") < place(&page.text, "Credits in review"));
        bursar.headers = vec![("accept-language", "pl".to_owned())];
        bursar.get("/today").await.shows(&["<dt>biuro wstrzymało wiadomości</dt><dd>2"]);
    }

    async fn what_does_not_happen_is_on_the_page(db: TestDb) {
        let mut world = World::begin(&db).await;
        world.bank(8, vec![]).await;
        world.today(9);
        let mut tx = world.office.db.write().await.unwrap();
        let alerts = [("disk", "/var/lib", "only 12 MiB are free <b>", "one"), ("job", "send", "the mail server does not answer", "")];
        tx.raise_alerts(&Rows::of(alerts).unwrap(), world.office.now.millis).await.unwrap();
        tx.commit().await.unwrap();
        let pages = Pages::of(&world);
        let mut bursar = as_role(&pages, &world.office, Role::Bursar).await;
        let page = bursar.get("/today").await;
        page.shows(&["Not as it should be", "disk nearly full", "only 12 MiB are free &#60;b&#62;", "since 9 Oct 2026", "the mail server does not answer"]);
        page.hides(&["All is well"]);
    }
}
