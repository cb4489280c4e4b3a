//! Other systems write: once for each key, all of it or nothing, and with a token for it.

use super::browser::{Answer, Pages};
use crate::stories::bank::{self, line};
use crate::stories::world::World;
use crate::support::on_both_engines;
use axum::body::Body;
use axum::http::{Request, StatusCode};
use kwestura::engine::answered::{self, Known};
use kwestura::engine::lookup;
use kwestura::engine::token::{self, Scope};
use serde_json::{Value, json};
use std::time::Duration;

/// Another system with its token.
struct Other {
    pages: Pages,
    token: String,
}

impl Other {
    async fn with(world: &World, scope: Scope) -> Other {
        let ends_on = world.office.now.today;
        let name = scope.name();
        let token = token::add(&world.office, name, &[scope], ends_on, "admin").await;
        Other {
            pages: Pages::of(world),
            token: token.unwrap(),
        }
    }

    async fn send(&self, path: &str, key: &str, kind: &str, body: impl Into<Body>) -> Answer {
        let mut request = Request::post(path)
            .header("authorization", format!("Bearer {}", self.token))
            .header("content-type", kind);
        if !key.is_empty() {
            request = request.header("idempotency-key", key);
        }
        let request = request.body(body.into()).unwrap();
        self.pages.stranger().sent(request).await
    }

    async fn write(&self, path: &str, key: &str, body: &Value) -> Answer {
        self.send(path, key, "application/json", body.to_string())
            .await
    }
}

fn said(answer: &Answer) -> Value {
    serde_json::from_str(&answer.text).unwrap()
}

#[track_caller]
fn refused(answer: &Answer, status: StatusCode, words: &str) {
    assert_eq!(answer.status, status, "{}", answer.text);
    assert_eq!(answer.headers["content-type"], "application/problem+json");
    assert!(answer.text.contains(words), "{words}: {}", answer.text);
}

fn dora(album: &str) -> Value {
    json!({"students": [{
        "external_id": "dora", "album": album, "given_name": "Dora", "family_name": "Testowa",
        "email": "s900004@student.example.edu", "language": "en",
    }]})
}

fn fee(amount: &str) -> Value {
    json!({"fees": [{
        "external_id": "F-dora", "student_external_id": "dora", "kind": "tuition", "category": "tuition",
        "amount": amount, "currency": "PLN", "nominal_due_on": "2026-11-16",
    }]})
}

on_both_engines! {
    async fn students_and_fees_are_written_once_for_each_key(db: TestDb) {
        let world = World::begin(&db).await;
        let other = Other::with(&world, Scope::Records).await;
        let first = other.write("/api/v1/students", "k-1", &dora("900004")).await;
        assert_eq!(first.status, StatusCode::OK, "{}", first.text);
        assert_eq!((&said(&first)["rows"], &said(&first)["new"]), (&json!(1), &json!(1)));
        // The same request again: the same answer, and nothing is done.
        let again = other.write("/api/v1/students", "k-1", &dora("900004")).await;
        assert_eq!((again.status, &again.text), (first.status, &first.text));
        // Another request with the same key; and the same request with another key.
        let answer = other.write("/api/v1/students", "k-1", &dora("900005")).await;
        refused(&answer, StatusCode::UNPROCESSABLE_ENTITY, "another request");
        refused(&other.write("/api/v1/fees", "k-1", &fee("1.00")).await, StatusCode::UNPROCESSABLE_ENTITY, "another request");

        let answer = other.write("/api/v1/fees", "k-2", &fee("1950.00")).await;
        assert_eq!((answer.status, &said(&answer)["new"]), (StatusCode::OK, &json!(1)), "{}", answer.text);
        let dora_now = lookup::by_external(&world.office, "dora").await.unwrap();
        assert_eq!(dora_now.accounts[0].open_minor, 195_000);

        // What is wrong is told row by row, and the same again; nothing of it is written.
        let wrong = fee("-x");
        let first = other.write("/api/v1/fees", "k-3", &wrong).await;
        refused(&first, StatusCode::UNPROCESSABLE_ENTITY, "amount");
        assert_eq!(other.write("/api/v1/fees", "k-3", &wrong).await.text, first.text);
        for (key, body, status) in [
            ("", &fee("1.00"), StatusCode::BAD_REQUEST),
            ("a b", &fee("1.00"), StatusCode::BAD_REQUEST),
            ("k-4", &json!({"fees": []}), StatusCode::UNPROCESSABLE_ENTITY),
            ("k-5", &json!({"fees": [{"external_id": "x"}]}), StatusCode::UNPROCESSABLE_ENTITY),
            ("k-6", &json!({"fees": [], "opening": true}), StatusCode::UNPROCESSABLE_ENTITY),
        ] {
            refused(&other.write("/api/v1/fees", key, body).await, status, "");
        }
        refused(&other.send("/api/v1/fees", "k-7", "text/plain", "x").await, StatusCode::UNSUPPORTED_MEDIA_TYPE, "");
        assert_eq!(lookup::by_external(&world.office, "dora").await.unwrap().accounts[0].open_minor, 195_000);
        // Another system's keys are its own; and a token may only what it is for.
        let claims = Other::with(&world, Scope::Claims).await;
        refused(&claims.write("/api/v1/students", "k-1", &dora("900004")).await, StatusCode::FORBIDDEN, "records");
    }

    async fn a_statement_is_handed_in_and_settled_before_the_answer_comes(db: TestDb) {
        let mut world = World::begin(&db).await;
        world.today(9);
        let other = Other::with(&world, Scope::Records).await;
        let text = bank::day(1, 9, 0, vec![line(9, 50_000, "ada")]).file();
        let path = "/api/v1/statements?name=2026-10-09.sta";
        let kind = "application/octet-stream";
        let first = other.send(path, "s-1", kind, text.clone()).await;
        assert_eq!(first.status, StatusCode::OK, "{}", first.text);
        assert_eq!((&said(&first)["published"], &said(&first)["identified"]), (&json!(1), &json!(1)), "{}", first.text);
        assert_eq!(other.send(path, "s-1", kind, text.clone()).await.text, first.text);
        let known = said(&other.send(path, "s-2", kind, text).await);
        assert_eq!((&known["known"], &known["entries"]), (&json!(1), &json!(0)));
        assert_eq!(lookup::by_external(&world.office, "ada").await.unwrap().accounts[0].open_minor, 0);
        let unreadable = other.send(path, "s-3", kind, "no statement").await;
        assert_eq!((unreadable.status, &said(&unreadable)["unreadable"]), (StatusCode::OK, &json!(1)));
        for (path, body) in [("/api/v1/statements", "x"), ("/api/v1/statements?name=a&as=b", "x")] {
            refused(&other.send(path, "s-4", kind, body).await, StatusCode::BAD_REQUEST, "");
        }
        refused(&other.send(path, "s-5", kind, "").await, StatusCode::UNPROCESSABLE_ENTITY, "something in it");
    }

    async fn a_student_paid_says_another_system(db: TestDb) {
        let mut world = World::begin(&db).await;
        world.today(5);
        let other = Other::with(&world, Scope::Claims).await;
        let claim = |student: &str, fee: &str, day: &str| json!({"student": student, "fee": fee, "paid_on": day, "amount": "500.00"});
        let first = other.write("/api/v1/claims", "c-1", &claim("ada", "F-ada", "2026-10-05")).await;
        assert_eq!(first.status, StatusCode::CREATED, "{}", first.text);
        let again = other.write("/api/v1/claims", "c-1", &claim("ada", "F-ada", "2026-10-05")).await;
        assert_eq!((again.status, &again.text), (first.status, &first.text));
        let said = lookup::by_external(&world.office, "ada").await.unwrap().said;
        assert_eq!((said.len(), json!(said[0].id)), (1, self::said(&first)["number"].clone()));
        refused(&other.write("/api/v1/claims", "c-2", &claim("ada", "F-ada", "2026-10-05")).await, StatusCode::UNPROCESSABLE_ENTITY, "already");
        refused(&other.write("/api/v1/claims", "c-3", &claim("ada", "F-ada", "2026-10-06")).await, StatusCode::UNPROCESSABLE_ENTITY, "paid_on");
        // S01: a fee of somebody else is none, as is a student whom nobody knows.
        let theirs = other.write("/api/v1/claims", "c-4", &claim("ada", "F-bartek", "2026-10-05")).await;
        let nobody = other.write("/api/v1/claims", "c-5", &claim("nobody", "F-bartek", "2026-10-05")).await;
        assert_eq!((theirs.status, &theirs.text), (StatusCode::NOT_FOUND, &nobody.text));
    }

    /// While the first is at work the second waits; where the first never ended, the key is free again.
    async fn two_at_once_with_one_key_are_one(db: TestDb) {
        let world = World::begin(&db).await;
        let other = Other::with(&world, Scope::Records).await;
        let students = dora("900004");
        let (one, two) = tokio::join!(
            other.write("/api/v1/students", "k", &students),
            other.write("/api/v1/students", "k", &students),
        );
        let done = [&one, &two].into_iter().filter(|answer| answer.status == StatusCode::OK);
        let texts: Vec<&str> = done.map(|answer| answer.text.as_str()).collect();
        assert!(texts.iter().all(|text| text.contains("\"new\":1")) && !texts.is_empty(), "{one:?} {two:?}");
        let caller = token::find(&world.office, &other.token).await.unwrap().unwrap();
        let begin = async |minutes: i64| {
            let mut office = world.office.clone();
            office.now.millis += minutes * 60_000;
            answered::begin(&office, &caller, "dead", "hash").await.unwrap()
        };
        assert_eq!(begin(0).await, Known::Nothing);
        assert_eq!(begin(9).await, Known::Working);
        assert_eq!(begin(10).await, Known::Nothing);
        assert_eq!(begin(11).await, Known::Working);
        // The second comes while the first, that nobody can see yet, is taking the key.
        let mut first = world.office.db.write().await.unwrap();
        let now = world.office.now.millis;
        assert!(first.begin_answer((caller.id, "seen"), "hash", (now, now)).await.unwrap());
        let (second, ()) = tokio::join!(answered::begin(&world.office, &caller, "seen", "hash"), async {
            tokio::time::sleep(Duration::from_millis(200)).await;
            first.commit().await.unwrap();
        });
        assert_eq!(second.unwrap(), Known::Working);
    }
}
