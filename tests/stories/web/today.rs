//! The morning's page, its lower half: punctuality, lag, and what does not happen as it should.

use super::browser::{Pages, as_role};
use crate::stories::bank::{line, october};
use crate::stories::world::World;
use crate::support::on_both_engines;
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
