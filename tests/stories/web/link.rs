//! Links to sign in by: neither the answer nor what is done for it says whom we know, and nobody is flooded.

use super::browser::Pages;
use super::student::{ADA, world};
use crate::stories::world::World;
use crate::support::on_both_engines;
use axum::http::StatusCode;
use kwestura::engine::{Moment, login, outbox};

/// How many asked, whoever they were.
async fn asked(world: &World) -> i64 {
    let mut tx = world.office.db.read().await.unwrap();
    let (count,): (i64,) = tx
        .one("SELECT COUNT(*) FROM link_request", &[])
        .await
        .unwrap();
    tx.rollback().await.unwrap();
    count
}

/// How many mails with a link there are to be.
async fn links(world: &World) -> usize {
    let all = outbox::list(&world.office, None).await.unwrap();
    all.iter().filter(|one| one.row.template == "link").count()
}

on_both_engines! {
    /// S03: status, headers and body are the same, and they come before anybody is looked up: while nobody
    /// can write, known and unknown are answered alike. Behind it both are counted.
    async fn s03_known_and_unknown_are_answered_alike_before_they_are_looked_up(db: TestDb) {
        let world = world(&db).await;
        let pages = Pages::of(&world);
        let mut held = world.office.db.write().await.unwrap();
        held.lock_messages().await.unwrap();
        let mut answers = Vec::new();
        for address in [ADA, "s900009@student.example.edu"] {
            let mut browser = pages.stranger();
            let answer = browser.post("/sign-in/link", &[("address", address)]).await;
            let mut headers: Vec<(String, Vec<u8>)> = (answer.headers.iter())
                .map(|(name, value)| (name.to_string(), value.as_bytes().to_vec()))
                .collect();
            headers.sort();
            answers.push((answer.status, headers, answer.bytes, browser.cookies));
        }
        assert_eq!(answers[0].0, StatusCode::OK);
        assert!(answers[0] == answers[1], "{answers:?}");
        assert_eq!(asked(&world).await, 0);
        held.rollback().await.unwrap();
        while asked(&world).await < 2 {
            tokio::task::yield_now().await;
        }
        assert_eq!(links(&world).await, 1);
    }

    /// A dormitory is one network, and has two hundred links an hour; who asks from elsewhere gets theirs.
    async fn s03_a_network_has_so_many_links_an_hour(db: TestDb) {
        let mut world = world(&db).await;
        let request = async |world: &World, address: &str, network: &str| {
            login::request(&world.office, address, network).await.unwrap();
        };
        for number in 0..199 {
            request(&world, &format!("s{number}@student.example.edu"), "10.1.1.1").await;
        }
        request(&world, ADA, "10.1.1.1").await;
        assert_eq!((asked(&world).await, links(&world).await), (200, 1));
        request(&world, "s900002@student.example.edu", "10.1.1.1").await;
        assert_eq!((asked(&world).await, links(&world).await), (200, 1));
        request(&world, "s900002@student.example.edu", "10.1.1.2").await;
        assert_eq!((asked(&world).await, links(&world).await), (201, 2));
        let later = world.office.now.millis + 61 * 60_000;
        world.office.now = Moment::of(later, world.office.config.institution.time_zone);
        request(&world, "s900003@student.example.edu", "10.1.1.1").await;
        assert_eq!(links(&world).await, 3);
    }
}
