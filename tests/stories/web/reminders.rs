//! The page of reminders: everybody in the next run and everybody held back, and who writes it.

use super::browser::{Pages, as_role, hire, signed_in};
use crate::stories::bank::{line, october};
use crate::stories::world::World;
use crate::support::on_both_engines;
use axum::http::StatusCode;
use kwestura::engine::decide::Request;
use kwestura::engine::outbox;
use kwestura::engine::staff::Role;

async fn states(world: &World) -> Vec<String> {
    let listed = outbox::list(&world.office, None).await.unwrap();
    listed.into_iter().map(|one| one.row.state).collect()
}

on_both_engines! {
    /// Two would be reminded and one says that it is wrong: both languages are read before anything is
    /// written, the run is written once, and what has not left is taken back.
    async fn a_run_is_read_in_both_languages_written_and_taken_back(db: TestDb) {
        let mut world = World::begin(&db).await;
        world.office.config.policy.dunning.brake_percent = 100;
        world.office.config.mail = Some(crate::support::mail::folder_settings());
        world.bank(14, vec![]).await;
        for day in 15..=16 {
            world.bank(day, vec![]).await;
        }
        world.today(19);
        let dispute = Request::Dispute { fee: "F-celina".to_owned(), until: october(30) };
        world.fact(dispute).await;
        let pages = Pages::of(&world);
        let mut bursar = as_role(&pages, &world.office, Role::Bursar).await;
        let page = bursar.get("/reminders").await;
        page.shows(&["/reminders/ada", "/reminders/bartek", "Write these messages", "3\u{a0}days after the due date"]);
        page.hides(&["/reminders/celina", "A second person is needed"]);
        bursar.get("/reminders?list=held").await.shows(&["/reminders/celina", "the student disputes it"]).hides(&["/reminders/ada"]);
        bursar.get("/reminders?q=art").await.shows(&["/reminders/bartek"]).hides(&["/reminders/ada"]);
        bursar.get("/reminders?after=ada").await.shows(&["/reminders/bartek"]).hides(&["/reminders/ada\""]);
        bursar.get("/reminders.csv").await.shows(&["ada;Reminder;", ";F-ada;reminder;500,00;PLN;2026-10-12"]);
        bursar.get("/reminders.csv?list=held").await.shows(&["celina;F-celina;reminder;the student disputes it"]);
        bursar.get("/reminders/ada").await.shows(&["In Polish", "500,00", "In English", "PLN\u{a0}500.00", "s900001@"]);
        bursar.get("/reminders/celina").await.shows(&["the student disputes it", "Nobody would be written to"]);
        assert_eq!(bursar.get("/reminders/nobody").await.status, StatusCode::NOT_FOUND);
        let mut polish = bursar.clone();
        polish.headers = vec![("accept-language", "pl".to_owned())];
        polish.get("/reminders?list=held").await.shows(&["student kwestionuje opłatę"]);
        assert_eq!(states(&world).await, Vec::<String>::new());

        // As many as were seen, or none.
        let other = bursar.post("/reminders/run", &[("count", "3")]).await;
        assert_eq!(other.status, StatusCode::UNPROCESSABLE_ENTITY);
        bursar.post("/reminders/run", &[("count", "2")]).await.leads("/reminders?written=2");
        assert_eq!(states(&world).await, ["due", "due"]);
        bursar.get("/reminders?written=2").await.shows(&["Messages written: 2", "Nobody would be written to", "Withdraw what has not left"]);
        let twice = bursar.post("/reminders/run", &[("count", "2")]).await;
        assert_eq!(twice.status, StatusCode::UNPROCESSABLE_ENTITY);

        let run = bursar.post("/reminders/runs/1/withdraw", &[("why", "")]).await;
        assert_eq!(run.status, StatusCode::UNPROCESSABLE_ENTITY);
        bursar.post("/reminders/runs/1/withdraw", &[("why", "too early")]).await.leads("/reminders");
        bursar.post("/reminders/runs/1/withdraw", &[("why", "too early")]).await.leads("/reminders");
        assert_eq!(states(&world).await, ["withdrawn", "withdrawn"]);
        bursar.get("/messages/1").await.shows(&["too early", "withdrawn"]);
        bursar.get("/reminders").await.shows(&["/reminders/ada", "Write these messages"]);
    }

    /// More than the brake lets through needs a second person, who is not the first.
    async fn mass_mail_needs_a_second_person(db: TestDb) {
        let mut world = World::begin(&db).await;
        world.bank(14, vec![line(14, 100, "ada")]).await;
        for day in 15..=16 {
            world.bank(day, vec![]).await;
        }
        world.today(19);
        let pages = Pages::of(&world);
        let mut ada = as_role(&pages, &world.office, Role::Bursar).await;
        hire(&world.office, "eve", Role::Bursar).await;
        let mut eve = signed_in(&pages, &world.office, "eve").await;
        ada.get("/reminders").await.shows(&["A second person is needed", "percent: 10", "Ask a second person"]);
        let nobody = eve.post("/reminders/approve", &[]).await;
        assert_eq!(nobody.status, StatusCode::UNPROCESSABLE_ENTITY);
        let silent = ada.post("/reminders/run", &[("count", "3"), ("why", "")]).await;
        assert_eq!(silent.status, StatusCode::UNPROCESSABLE_ENTITY);
        ada.post("/reminders/run", &[("count", "3"), ("why", "the first week")]).await.leads("/reminders");
        assert_eq!(states(&world).await, Vec::<String>::new());
        ada.get("/reminders").await.shows(&["Waits for a second person", "the first week", "somebody else has to agree"]);
        ada.get("/today").await.shows(&["Reminders waiting for a second person"]);
        let own = ada.post("/reminders/approve", &[]).await;
        assert_eq!(own.status, StatusCode::UNPROCESSABLE_ENTITY);
        let again = ada.post("/reminders/run", &[("count", "3"), ("why", "the first week")]).await;
        assert_eq!(again.status, StatusCode::UNPROCESSABLE_ENTITY);
        eve.post("/reminders/drop", &[]).await.leads("/reminders");
        ada.post("/reminders/run", &[("count", "3"), ("why", "really")]).await.leads("/reminders");
        eve.get("/reminders").await.shows(&["I agree", "really"]);

        // One pays by another way meanwhile: what was asked for is not what would be written.
        let waived = Request::Waive { fee: "F-bartek".to_owned(), amount: None };
        world.fact(waived).await;
        let fewer = eve.post("/reminders/approve", &[]).await;
        assert_eq!(fewer.status, StatusCode::UNPROCESSABLE_ENTITY);
        assert_eq!(states(&world).await, Vec::<String>::new());
        eve.post("/reminders/drop", &[]).await.leads("/reminders");
        ada.post("/reminders/run", &[("count", "2"), ("why", "two of three")]).await.leads("/reminders");
        eve.post("/reminders/approve", &[]).await.leads("/reminders?written=2");
        assert_eq!(states(&world).await, ["due", "due"]);
    }
}
