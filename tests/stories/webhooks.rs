//! Other systems are told of each change of a settlement: signed, in order, at least once, and never into
//! the house by accident.

use super::bank::line;
use super::world::{World, refusal};
use crate::support::service::{self, Hands};
use crate::support::{TestDb, on_both_engines};
use axum::Router;
use axum::extract::State;
use axum::http::header::LOCATION;
use axum::http::{HeaderMap, StatusCode};
use axum::routing::post;
use hmac::{Hmac, Mac as _};
use kwestura::config::Job;
use kwestura::engine::{Clock, webhooks};
use kwestura::service::Ran;
use kwestura::service::jobs::Outcome;
use serde_json::Value;
use sha2::Sha256;
use std::sync::{Arc, Mutex};
use tokio::net::TcpListener;

/// What another system got: its headers and its text.
type Got = Vec<(HeaderMap, String)>;

/// Another system: what it answers, and what it got.
#[derive(Clone)]
struct Other {
    address: String,
    got: Arc<Mutex<Got>>,
    answers: Arc<Mutex<StatusCode>>,
}

impl Other {
    async fn begin() -> Other {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let other = Other {
            address: format!("http://{}/fees", listener.local_addr().unwrap()),
            got: Arc::default(),
            answers: Arc::new(Mutex::new(StatusCode::NO_CONTENT)),
        };
        let hears = async |State(other): State<Other>, headers: HeaderMap, text: String| {
            other.got.lock().unwrap().push((headers, text));
            let status = *other.answers.lock().unwrap();
            // Whoever followed a redirection would come again.
            (status, [(LOCATION, other.address)])
        };
        let router = Router::new()
            .route("/fees", post(hears))
            .with_state(other.clone());
        tokio::spawn(async move { axum::serve(listener, router).await });
        other
    }

    fn answers(&self, status: StatusCode) {
        *self.answers.lock().unwrap() = status;
    }

    /// What it got since it was asked last.
    fn got(&self) -> Got {
        std::mem::take(&mut *self.got.lock().unwrap())
    }
}

/// The job runs, whatever its time is.
async fn tell(world: &World, db: &TestDb, clock: &Clock) -> Ran {
    let mails = db.folder().join("mails");
    let (mut worker, _stop) = service::worker(&world.office, "w", clock, &mails);
    worker.rows().await.unwrap();
    worker.run(Job::Webhooks, true).await.unwrap().unwrap()
}

fn cursors(text: &str) -> Vec<i64> {
    let said: Value = serde_json::from_str(text).unwrap();
    let rows = said["settlements"].as_array().unwrap().iter();
    rows.map(|row| row["cursor"].as_i64().unwrap()).collect()
}

fn header<'a>(headers: &'a HeaderMap, name: &str) -> &'a str {
    headers[name].to_str().unwrap()
}

/// What whoever holds the secret computes of what came.
fn signature(secret: &str, headers: &HeaderMap, text: &str) -> String {
    let (time, _) = header(headers, "kwestura-signature")
        .split_once(',')
        .unwrap();
    let seconds = time.strip_prefix("t=").unwrap();
    let mut mac = Hmac::<Sha256>::new_from_slice(secret.as_bytes()).unwrap();
    mac.update(format!("{seconds}.{text}").as_bytes());
    format!("t={seconds},v1={:x}", mac.finalize().into_bytes())
}

/// Two students paid; nobody is told yet.
async fn begin(db: &TestDb) -> (World, Clock, Hands) {
    let mut world = World::begin(db).await;
    world
        .bank(9, vec![line(9, 20_000, "ada"), line(9, 50_000, "bartek")])
        .await;
    let (clock, hands) = service::clock("2026-10-09 12:00");
    (world, clock, hands)
}

on_both_engines! {
    async fn each_change_is_told_once_it_is_taken_and_again_if_somebody_asks(db: TestDb) {
        let (mut world, clock, hands) = begin(&db).await;
        let other = Other::begin().await;
        let to = ("sis", other.address.as_str());
        let secret = webhooks::add(&world.office, to, true, Some(0), "admin").await.unwrap();
        assert!(refusal(webhooks::add(&world.office, to, true, None, "admin").await).contains("remove sis"));
        assert_eq!(tell(&world, &db, &clock).await.outcome, Outcome::Done);
        let got = other.got();
        let [(headers, text)] = got.as_slice() else { panic!("{got:?}") };
        assert_eq!(cursors(text).len(), 2);
        assert_eq!(header(headers, "kwestura-signature"), signature(&secret, headers, text));
        assert_ne!(header(headers, "kwestura-signature"), signature("other", headers, text));
        let seconds = hands.millis() / 1_000;
        assert!(header(headers, "kwestura-signature").starts_with(&format!("t={seconds},")));
        assert_eq!(header(headers, "content-type"), "application/json");

        // Nothing is new: nothing is said. Then somebody pays.
        tell(&world, &db, &clock).await;
        assert_eq!(other.got().len(), 0);
        world.bank(12, vec![line(12, 30_000, "ada")]).await;
        hands.set("2026-10-12 12:00");
        tell(&world, &db, &clock).await;
        let new = other.got();
        assert_eq!(cursors(&new[0].1).len(), 1);
        assert!(cursors(&new[0].1)[0] > *cursors(text).last().unwrap());

        webhooks::replay(&world.office, "sis", 0).await.unwrap();
        tell(&world, &db, &clock).await;
        assert_eq!(cursors(&other.got()[0].1).len(), 3);
        // Another one is told from its beginning on.
        webhooks::add(&world.office, ("new", &other.address), true, None, "admin").await.unwrap();
        webhooks::remove(&world.office, "sis").await.unwrap();
        tell(&world, &db, &clock).await;
        assert_eq!(other.got().len(), 0);
        assert!(refusal(webhooks::replay(&world.office, "sis", 0).await).contains("webhook list"));
        assert!(refusal(webhooks::remove(&world.office, "sis").await).contains("webhook list"));
    }

    /// At least once: what was not taken comes again, later each time, and nothing overtakes it.
    async fn what_is_not_taken_comes_again_later_each_time(db: TestDb) {
        let (mut world, clock, hands) = begin(&db).await;
        let other = Other::begin().await;
        webhooks::add(&world.office, ("sis", &other.address), true, Some(0), "admin").await.unwrap();
        other.answers(StatusCode::INTERNAL_SERVER_ERROR);
        tell(&world, &db, &clock).await;
        let first = other.got();
        assert_eq!(first.len(), 1);
        // A minute is not over, and then two are not.
        tell(&world, &db, &clock).await;
        assert_eq!(other.got().len(), 0);
        hands.move_by(60);
        tell(&world, &db, &clock).await;
        let second = other.got();
        assert_eq!(header(&second[0].0, "kwestura-delivery"), header(&first[0].0, "kwestura-delivery"));
        assert_ne!(header(&second[0].0, "kwestura-signature"), header(&first[0].0, "kwestura-signature"));
        hands.move_by(119);
        tell(&world, &db, &clock).await;
        assert_eq!(other.got().len(), 0);
        let row = webhooks::list(&world.office).await.unwrap().remove(0);
        assert_eq!((row.failures, row.told_through, row.why.as_str()), (2, 0, "it answers 500"));
        for _ in 0..10 {
            hands.move_by(6 * 60 * 60);
            tell(&world, &db, &clock).await;
        }
        assert_eq!(other.got().len(), 10);
        hands.move_by(6 * 60 * 60);
        assert_eq!(tell(&world, &db, &clock).await.outcome, Outcome::Attention);
        other.got();
        world.bank(12, vec![line(12, 30_000, "ada")]).await;
        hands.set("2026-10-20 12:00");
        other.answers(StatusCode::OK);
        assert_eq!(tell(&world, &db, &clock).await.outcome, Outcome::Done);
        let all = other.got();
        assert_eq!(cursors(&all[0].1).len(), 3);
        assert_eq!(webhooks::list(&world.office).await.unwrap()[0].failures, 0);
    }

    /// Where it is sent on to, nobody looked at: it goes to the address that was written, and to no other.
    async fn a_webhook_that_sends_us_elsewhere_is_not_followed(db: TestDb) {
        let (world, clock, hands) = begin(&db).await;
        let other = Other::begin().await;
        webhooks::add(&world.office, ("sis", &other.address), true, Some(0), "admin").await.unwrap();
        let statuses = [StatusCode::MOVED_PERMANENTLY, StatusCode::FOUND, StatusCode::SEE_OTHER, StatusCode::TEMPORARY_REDIRECT, StatusCode::PERMANENT_REDIRECT];
        for (number, status) in statuses.into_iter().enumerate() {
            other.answers(status);
            tell(&world, &db, &clock).await;
            assert_eq!(other.got().len(), 1, "{status}");
            let row = webhooks::list(&world.office).await.unwrap().remove(0);
            let failures = i64::try_from(number).unwrap() + 1;
            assert_eq!((row.failures, row.told_through, row.why), (failures, 0, format!("it answers {}", status.as_u16())));
            hands.move_by(6 * 60 * 60);
        }
        other.answers(StatusCode::NO_CONTENT);
        tell(&world, &db, &clock).await;
        assert_eq!(cursors(&other.got()[0].1).len(), 2);
    }

    /// Nothing of the house is reached from outside by what somebody writes into an address, and no name
    /// that leads into it helps.
    async fn no_webhook_reaches_into_the_house_unless_it_was_allowed(db: TestDb) {
        let (world, clock, _hands) = begin(&db).await;
        let other = Other::begin().await;
        let port = other.address.rsplit(':').next().unwrap().replace("/fees", "");
        for address in [other.address.as_str(), "ftp://x.example", "https://user@x.example", "https://x.example/#a", ""] {
            let refused = webhooks::add(&world.office, ("sis", address), false, None, "admin").await;
            assert!(refusal(refused).contains("https://"), "{address}");
        }
        let inside = ["127.0.0.1", "localhost", "[::1]", "[::ffff:127.0.0.1]", "0.0.0.0", "10.0.0.1", "169.254.169.254"];
        for (number, host) in inside.iter().enumerate() {
            let address = format!("https://{host}:{port}/fees");
            let name = format!("hook-{number}");
            webhooks::add(&world.office, (&name, &address), false, Some(0), "admin").await.unwrap();
        }
        tell(&world, &db, &clock).await;
        let rows = webhooks::list(&world.office).await.unwrap();
        assert_eq!(rows.len(), inside.len());
        for row in rows {
            assert!(row.failures == 1 && row.why.contains("not on the internet"), "{}: {}", row.address, row.why);
        }
        assert_eq!(other.got().len(), 0);
    }
}
