//! Messages: read before they leave, withdrawn, tried again, printed, and delivered on paper.

use super::browser::{Pages, as_role};
use crate::stories::bank::{line, october};
use crate::stories::world::World;
use crate::support::mail::folder_settings;
use crate::support::{TestDb, on_both_engines};
use axum::http::StatusCode;
use kwestura::engine::outbox::{self, Listed};
use kwestura::engine::remind::{self, Mode};
use kwestura::engine::staff::Role;
use kwestura::engine::{Moment, audit, desk, escalate, retention, send};
use kwestura::mail::Post;

/// Three students to each of whom a notice is to be sent, and where it stands in its life: the messages
/// are numbered in the order of the students.
pub async fn notices(db: &TestDb, states: [&str; 3]) -> World {
    let mut world = World::begin(db).await;
    world.office.config.policy.dunning.brake_percent = 100;
    world.office.config.mail = Some(folder_settings());
    world.today(5);
    let write = Mode::Write { confirmed: None };
    remind::run(&world.office, october(5), write).await.unwrap();
    let mut tx = world.office.db.write().await.unwrap();
    for (id, state) in (1..).zip(states) {
        let now = world.office.now.millis;
        assert!(state == "due" || tx.move_message(id, ("due", state), now).await.unwrap());
    }
    tx.commit().await.unwrap();
    world
}

async fn states(world: &World) -> Vec<String> {
    let listed = outbox::list(&world.office, None).await.unwrap();
    listed
        .into_iter()
        .map(|Listed { row, .. }| row.state)
        .collect()
}

on_both_engines! {
    async fn a_message_is_read_before_it_leaves_and_withdrawn(db: TestDb) {
        let world = notices(&db, ["due"; 3]).await;
        let pages = Pages::of(&world);
        let mut bursar = as_role(&pages, &world.office, Role::Bursar).await;
        bursar.get("/today").await.shows(&["Ready to leave: Notice before the due date"]);
        let page = bursar.get("/messages?state=due").await;
        page.shows(&["/messages/1", "F-ada", "Notice before the due date", "ready"]).hides(&["/messages/retry"]);
        bursar.get("/messages/1").await.shows(&["What it would say now", "s90000", "Withdraw"]).hides(&["Try again", "It arrived"]);
        bursar.post("/messages/1/judge", &[("what", "withdraw"), ("why", "a mistake")]).await.leads("/messages/1");
        bursar.get("/messages/1").await.shows(&["withdrawn", "a mistake"]).hides(&["value=\"withdraw\"", "letter.pdf"]);
        assert_eq!(bursar.get("/messages/999").await.status, StatusCode::NOT_FOUND);
        let mut cos = as_role(&pages, &world.office, Role::Cos).await;
        // What leaves is the office's to take out.
        bursar.get("/messages/2").await.shows(&["/messages/2/judge"]);
        cos.get("/messages/2").await.shows(&["What it would say now"]).hides(&["/judge"]);
    }

    /// One was refused, of one nobody knows whether it came, one failed: a person knows more than the
    /// server, or has the cause mended.
    async fn what_got_stuck_is_tried_again_or_known_to_have_arrived(db: TestDb) {
        let world = notices(&db, ["refused", "uncertain", "failed"]).await;
        let pages = Pages::of(&world);
        let mut bursar = as_role(&pages, &world.office, Role::Bursar).await;
        bursar.get("/today").await.shows(&["Messages with an uncertain fate", "Messages that failed"]);
        bursar.get("/messages/2").await.shows(&["may arrive twice", "It arrived", "Try again"]);
        let judge = |id: i64| format!("/messages/{id}/judge");
        let answer = bursar.post(&judge(1), &[("what", "confirm"), ("why", "she has it")]).await;
        assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY);
        for words in ["only what is uncertain can be confirmed", "value=\"she has it\""] {
            assert!(answer.text.contains(words), "{words}: {}", answer.text);
        }
        assert_eq!(bursar.post(&judge(1), &[("what", "retry"), ("why", " ")]).await.status, StatusCode::UNPROCESSABLE_ENTITY);
        assert_eq!(bursar.post(&judge(1), &[("what", "burn"), ("why", "x")]).await.status, StatusCode::NOT_FOUND);
        bursar.post(&judge(2), &[("what", "confirm"), ("why", "he has it")]).await.leads("/messages/2");
        assert_eq!(states(&world).await, ["refused", "sent", "failed"]);

        // Many at once, as they were seen; nothing of the others.
        let listed = bursar.get("/messages?state=refused").await;
        listed.shows(&["Try these messages again (1)"]);
        let ids = [("state", "refused"), ("id", "1"), ("id", "2"), ("id", "3")];
        let answer = bursar.post("/messages/retry", &ids).await;
        assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY, "without a reason");
        let why = [&ids[..], &[("why", "the server is mended")]].concat();
        bursar.post("/messages/retry", &why).await.leads("/messages?state=refused");
        assert_eq!(states(&world).await, ["due", "sent", "due"]);
        bursar.post("/messages/retry", &why).await.leads("/messages?state=refused");
        bursar.get("/messages/3").await.shows(&["the server is mended", "bursar"]);
        let log = audit::list(&world.office, None, Some("3"), 10).await.unwrap();
        assert_eq!(log.iter().filter(|row| row.what == "message-retry").count(), 1);
    }

    /// Whatever has happened since, it says what it said; until the time of its words is over.
    async fn what_was_written_is_read_as_it_left(db: TestDb) {
        let mut world = notices(&db, ["due"; 3]).await;
        let pages = Pages::of(&world);
        let mut bursar = as_role(&pages, &world.office, Role::Bursar).await;
        bursar.get("/messages/1").await.shows(&["What it would say now"]).hides(&["What it said"]);
        let (now, mut post) = (world.office.now, Post::Folder(db.folder().join("mails")));
        assert_eq!(send::run(&world.office, &mut post, || now, |_, _| {}).await.unwrap().sent, 3);
        world.bank(6, vec![line(6, 50_000, "ada")]).await;
        world.today(7);
        let page = bursar.get("/messages/1").await;
        page.shows(&["What it said", "s900001@student.example.edu", "F-ada", "500"]);
        page.hides(&["What it would say now", "It would not leave now"]);
        let shown = outbox::show(&world.office, 1).await.unwrap();
        let said = shown.said.unwrap();
        assert_eq!((said.address.as_str(), said.recorded_at), ("s900001@student.example.edu", now.millis));

        let late = now.millis + 20 * 366 * 24 * 60 * 60 * 1000;
        world.office.now = Moment::of(late, world.office.config.institution.time_zone);
        retention::run(&world.office, "bursar", false).await.unwrap();
        assert_eq!(outbox::show(&world.office, 1).await.unwrap().said, None);
    }

    /// Where no server takes it, the desk sends paper, and the case of the address can be closed.
    async fn a_letter_is_printed_and_its_delivery_noted(db: TestDb) {
        let mut world = notices(&db, ["refused", "due", "sent"]).await;
        escalate::run(&world.office, october(5), false).await.unwrap();
        let pages = Pages::of(&world);
        let mut cos = as_role(&pages, &world.office, Role::Cos).await;
        let address = [("address", "ul. Polna 3\r\n45-001 Opole\r\n")];
        let letter = cos.post("/messages/1/letter.pdf", &address).await;
        assert_eq!(letter.headers["content-type"], "application/pdf");
        assert!(letter.bytes.starts_with(b"%PDF"));
        cos.get("/messages/1").await.shows(&["printed", "Note the delivery"]);
        cos.get("/messages/3").await.shows(&["Its words are not kept"]).hides(&["It would not leave now"]);
        // What waits to be sent by mail can be printed, and is not delivered.
        cos.get("/messages/2").await.shows(&["letter.pdf"]).hides(&["/delivered"]);

        let delivered = "/messages/1/delivered";
        for (day, words) in [("2026-10-07", "has not come yet"), ("soon", "Give a date like"), ("2026-10-01", "no letter can have arrived")] {
            let answer = cos.post(delivered, &[("day", day), ("why", "the receipt")]).await;
            assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY, "{day}");
            for words in [words, "value=\"the receipt\""] {
                assert!(answer.text.contains(words), "{day}: {}", answer.text);
            }
        }
        cos.post(delivered, &[("day", "2026-10-05"), ("why", "the receipt")]).await.leads("/messages/1");
        cos.get("/messages/1").await.shows(&["delivered", "the receipt"]).hides(&["Note the delivery"]);
        let again = cos.post(delivered, &[("day", "2026-10-05"), ("why", "the receipt")]).await;
        assert!(again.text.contains("is noted for message 1 already"), "{}", again.text);
        world.today(6);
        escalate::run(&world.office, october(6), false).await.unwrap();
        let open = desk::list(&world.office, &desk::Wanted::default()).await.unwrap();
        assert_eq!(open.iter().filter(|case| case.kind == "address").count(), 0);

        let mut polish = cos.clone();
        polish.headers = vec![("accept-language", "pl".to_owned())];
        polish.get("/messages/3").await.shows(&["List na papierze", "Zapisz doręczenie"]);
        let refused = polish.post("/messages/3/delivered", &[("day", "2026-10-30"), ("why", "x")]).await;
        assert!(refused.text.contains("jeszcze nie nadszedł"), "{}", refused.text);
        // Whom a message is not to, and one that is to the office, cannot be printed.
        let mut student = as_role(&pages, &world.office, Role::Auditor).await;
        student.get("/messages/1").await.hides(&["letter.pdf", "/judge"]);
        assert_eq!(student.post("/messages/1/letter.pdf", &address).await.status, StatusCode::NOT_FOUND);
    }
}
