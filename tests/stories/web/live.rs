//! An open page follows what happens. The pages of a story have nobody who could end them, so each
//! stream ends behind its first event.

use super::browser::{Pages, as_role};
use crate::stories::bank::{line, october};
use crate::stories::world::World;
use crate::support::on_both_engines;
use kwestura::engine::decide::Request;
use kwestura::engine::desk::{self, Wanted};
use kwestura::engine::escalate;
use kwestura::engine::staff::Role;

on_both_engines! {
    async fn the_length_of_the_queue_and_who_has_a_case_are_told(db: TestDb) {
        let mut world = World::begin(&db).await;
        world.bank(1, vec![line(1, 700, "").title("?")]).await;
        world.today(13);
        let wish = Request::Defer { fee: "F-ada".to_owned(), until: october(30), instalments: false };
        world.fact(wish).await;
        escalate::run(&world.office, world.office.now.today, false).await.unwrap();
        let open = desk::list(&world.office, &Wanted::default()).await.unwrap();
        let find = |kind: &str| open.iter().find(|row| row.kind == kind).unwrap().id;
        let (theirs, ours) = (find("deferral"), find("statements"));
        let pages = Pages::of(&world);
        let mut bursar = as_role(&pages, &world.office, Role::Bursar).await;
        let told = bursar.get("/live").await;
        assert_eq!(told.headers["content-type"], "text/event-stream");
        told.shows(&["event: live", "{\"review\":1,\"statements\":1,\"to_settle\":0}"]);
        bursar.get("/today").await.shows(&["data-live=\"/live\"", "data-count=\"review\""]);

        let mut cos = as_role(&pages, &world.office, Role::Cos).await;
        let address = format!("/cases/{theirs}");
        cos.get(&address).await.shows(&[&format!("data-live=\"/live?case={theirs}\""), "data-owner=\"\""]);
        cos.get(&format!("/live?case={theirs}")).await.shows(&["{\"owner\":\"\"}"]);
        bursar.post(&format!("{address}/take"), &[("seen_owner", "")]).await.leads(&address);
        cos.get(&format!("/live?case={theirs}")).await.shows(&["{\"owner\":\"bursar\"}"]);
        // What COS does not see on a page it does not hear either.
        for case in [ours, 999] {
            cos.get(&format!("/live?case={case}")).await.shows(&["data: {}"]).hides(&["owner", "review"]);
        }
        pages.stranger().get("/live").await.leads("/sign-in");
    }
}
