//! Signing in and out, and what every answer says. Tests are named after the list of attacks.

use super::browser::{PASSWORD, Pages, as_role, hire, signed_in};
use crate::stories::world::World;
use crate::support::on_both_engines;
use axum::http::StatusCode;
use kwestura::engine::staff::{self, Role};
use kwestura::engine::{Office, audit};

async fn bursar(world: &World) -> Pages {
    hire(&world.office, "ada", Role::Bursar).await;
    Pages::of(world)
}

const RIGHT: [(&str, &str); 3] = [
    ("login", "ada"),
    ("password", PASSWORD),
    ("to", "/today?x=1"),
];

/// What somebody did, oldest first.
async fn log(office: &Office) -> Vec<String> {
    let mut rows = audit::list(office, None, None, 100).await.unwrap();
    rows.reverse();
    rows.iter()
        .map(|row| format!("{} {}", row.who, row.what))
        .collect()
}

on_both_engines! {
    async fn s05_a_member_of_staff_signs_in_with_a_new_session_and_gets_where_they_wanted_to(db: TestDb) {
        let world = World::begin(&db).await;
        let pages = bursar(&world).await;
        let mut browser = pages.stranger();
        browser.get("/today?x=1").await.leads("/sign-in?to=%2Ftoday%3Fx%3D1");
        browser.get("/sign-in?to=%2Ftoday%3Fx%3D1").await.shows(&["value=\"/today?x=1\""]);
        // A session that somebody else put into the browser is not taken over.
        browser.cookies.insert("kwestura".to_owned(), "f".repeat(64));
        let answer = browser.post("/sign-in", &RIGHT).await;
        answer.leads("/today?x=1");
        assert_ne!(browser.cookies["kwestura"], "f".repeat(64));
        let cookie = answer.headers["set-cookie"].to_str().unwrap();
        assert!(cookie.contains("HttpOnly; SameSite=Lax") && !cookie.contains("Secure"), "{cookie}");
        browser.get("/today").await.shows(&["ADA Example", "Bursar"]);

        // Signing in again ends the session before.
        let before = browser.clone();
        browser.post("/sign-in", &RIGHT).await.leads("/today");
        before.clone().get("/today").await.leads("/sign-in");
        browser.get("/today").await.shows(&["ADA Example"]);
        assert_eq!(log(&world.office).await, ["ada signed-in", "ada signed-in"]);
    }

    async fn s06_a_session_ends_by_signing_out_by_idling_by_age_and_with_the_account(db: TestDb) {
        let world = World::begin(&db).await;
        let pages = bursar(&world).await;
        let mut one = signed_in(&pages, &world.office, "ada").await;
        let mut two = signed_in(&pages, &world.office, "ada").await;
        one.post("/sign-out", &[]).await.leads("/sign-in");
        assert!(one.cookies.is_empty());
        two.get("/today").await.shows(&["Today"]);
        let mut three = signed_in(&pages, &world.office, "ada").await;
        two.post("/sign-out-everywhere", &[]).await.leads("/sign-in");
        three.get("/today").await.leads("/sign-in");

        let mut idle = signed_in(&pages, &world.office, "ada").await;
        pages.later(29);
        idle.get("/today").await.shows(&["Today"]);
        pages.later(29);
        idle.get("/today").await.shows(&["Today"]);
        pages.later(30);
        idle.get("/today").await.leads("/sign-in");

        let mut long = signed_in(&pages, &world.office, "ada").await;
        for _ in 0..29 {
            pages.later(20);
            long.get("/today").await.shows(&["Today"]);
        }
        pages.later(20);
        long.get("/today").await.leads("/sign-in");

        let mut open = signed_in(&pages, &world.office, "ada").await;
        staff::disable(&world.office, "ada", true).await.unwrap();
        open.get("/today").await.leads("/sign-in");
        let answer = open.post("/sign-in", &RIGHT).await;
        assert_eq!(answer.status, StatusCode::UNAUTHORIZED);
    }

    async fn s03_and_s04_guessing_is_slowed_and_tells_nothing(db: TestDb) {
        let world = World::begin(&db).await;
        let pages = bursar(&world).await;
        let mut owner = pages.stranger();
        owner.headers.push(("x-forwarded-for", "10.0.0.1".to_owned()));
        owner.post("/sign-in", &RIGHT).await.leads("/today");

        let mut guesser = pages.stranger();
        guesser.headers.push(("x-forwarded-for", "10.6.6.6".to_owned()));
        let wrong = |login| [("login", login), ("password", "guessed a password")];
        let known = guesser.post("/sign-in", &wrong("ada")).await;
        let unknown = guesser.post("/sign-in", &wrong("bob")).await;
        assert_eq!(known.status, StatusCode::UNAUTHORIZED);
        let same = |text: &str| text.replace("value=\"bob\"", "value=\"ada\"");
        assert_eq!(known.text, same(&unknown.text));
        for _ in 0..4 {
            let answer = guesser.post("/sign-in", &wrong("ada")).await;
            assert_eq!(answer.status, StatusCode::UNAUTHORIZED);
        }
        // Not even the right one counts from there now, and elsewhere nobody is locked out.
        let answer = guesser.post("/sign-in", &RIGHT).await;
        assert_eq!(answer.status, StatusCode::TOO_MANY_REQUESTS);
        owner.post("/sign-in", &RIGHT).await.leads("/today");
        pages.later(16);
        guesser.post("/sign-in", &RIGHT).await.leads("/today");
    }

    async fn s04_the_code_of_a_phone_counts_once(db: TestDb) {
        let world = World::begin(&db).await;
        let who = ("eve", "Eve Example", Role::Auditor);
        let secrets = staff::add(&world.office, who, None, true).await.unwrap();
        let pages = Pages::of(&world);
        let mut browser = pages.stranger();
        let code = secrets.code(world.office.now.millis).unwrap();
        let fields = |code| [("login", "eve"), ("password", secrets.password.as_str()), ("code", code)];
        let answer = browser.post("/sign-in", &fields("")).await;
        assert_eq!(answer.status, StatusCode::UNAUTHORIZED);
        browser.post("/sign-in", &fields(&code)).await.leads("/");
        let answer = browser.post("/sign-in", &fields(&code)).await;
        assert_eq!(answer.status, StatusCode::UNAUTHORIZED);
        pages.later(1);
        let next = secrets.code(world.office.now.millis + 60_000).unwrap();
        browser.post("/sign-in", &fields(&next)).await.leads("/");
    }

    async fn s07_and_s24_by_https_cookies_are_for_this_host_alone_and_no_page_is_kept(db: TestDb) {
        let world = World::begin(&db).await;
        hire(&world.office, "ada", Role::Bursar).await;
        let pages = Pages::of_office(&world.office, true);
        let mut browser = pages.stranger();
        let answer = browser.post("/sign-in", &RIGHT).await;
        let cookie = answer.headers["set-cookie"].to_str().unwrap();
        assert!(cookie.starts_with("__Host-kwestura="), "{cookie}");
        assert!(cookie.ends_with("; Path=/; HttpOnly; SameSite=Lax; Secure"), "{cookie}");
        let page = browser.get("/today").await;
        page.shows(&["ADA Example"]);
        assert_eq!(page.headers["cache-control"], "no-store");
        assert_eq!(page.headers["x-content-type-options"], "nosniff");
        assert!(page.headers.contains_key("strict-transport-security"));
        let policy = page.headers["content-security-policy"].to_str().unwrap();
        assert!(policy.starts_with("default-src 'none'") && !policy.contains("unsafe"), "{policy}");
    }

    async fn s08_what_another_site_sends_writes_nothing(db: TestDb) {
        let world = World::begin(&db).await;
        let pages = bursar(&world).await;
        let mut browser = signed_in(&pages, &world.office, "ada").await;
        browser.headers.push(("sec-fetch-site", "cross-site".to_owned()));
        let answer = browser.post("/sign-out", &[]).await;
        assert_eq!(answer.status, StatusCode::FORBIDDEN);
        browser.get("/today").await.shows(&["ADA Example"]);
        // Reading a form's address writes nothing.
        let answer = browser.get("/sign-out").await;
        assert_eq!(answer.status, StatusCode::NOT_FOUND);
        browser.get("/today").await.shows(&["ADA Example"]);
    }

    /// S25: what cannot be done says so, under a number that stands in the log, and nothing of why.
    async fn s25_what_fails_on_our_side_tells_nothing_of_it(db: TestDb) {
        let world = World::begin(&db).await;
        let pages = Pages::of(&world);
        let mut bursar = as_role(&pages, &world.office, Role::Bursar).await;
        let mut tx = world.office.db.write().await.unwrap();
        tx.execute("ALTER TABLE message RENAME TO elsewhere", &[]).await.unwrap();
        tx.commit().await.unwrap();
        let withdraw = [("what", "withdraw"), ("why", "x")];
        for answer in [
            bursar.get("/students/ada").await,
            bursar.get("/messages").await,
            bursar.post("/messages/1/judge", &withdraw).await,
        ] {
            assert_eq!(answer.status, StatusCode::INTERNAL_SERVER_ERROR, "{}", answer.text);
            assert!(answer.text.contains("Our side failed"), "{}", answer.text);
            answer.hides(&["elsewhere", "SELECT", "no such table", "does not exist", "sqlite", "SQLite", "panicked"]);
        }
        bursar.get("/statements").await.shows(&["Statements"]);
    }

    async fn a_language_is_chosen_and_kept(db: TestDb) {
        let world = World::begin(&db).await;
        let pages = bursar(&world).await;
        let mut browser = signed_in(&pages, &world.office, "ada").await;
        browser.get("/today").await.shows(&["lang=\"en\"", "Sign out"]);
        browser.post("/language", &[("language", "pl"), ("to", "//evil.example")]).await.leads("/");
        browser.get("/today").await.shows(&["lang=\"pl\"", "Wyloguj"]);
    }

    async fn s19_the_log_is_a_chain_that_shows_a_change(db: TestDb) {
        let world = World::begin(&db).await;
        let pages = bursar(&world).await;
        let mut browser = signed_in(&pages, &world.office, "ada").await;
        let mut nobody = as_role(&pages, &world.office, Role::Administrator).await;
        assert_eq!(nobody.get("/today").await.status, StatusCode::NOT_FOUND);
        browser.post("/sign-out", &[]).await.leads("/sign-in");
        assert_eq!(log(&world.office).await, ["administrator denied", "ada signed-out"]);
        assert_eq!(audit::seal(&world.office).await.unwrap(), 2);
        assert_eq!(audit::seal(&world.office).await.unwrap(), 0);
        let chain = audit::check(&world.office).await.unwrap();
        assert_eq!((chain.events, chain.sealed, chain.broken_at), (2, 2, None));

        // Neither changed nor deleted by anybody who comes in through SQL.
        for sql in ["UPDATE audit_event SET who = 'eve'", "DELETE FROM audit_seal"] {
            let mut tx = world.office.db.write().await.unwrap();
            assert!(tx.execute(sql, &[]).await.is_err(), "{sql}");
        }
    }
}
