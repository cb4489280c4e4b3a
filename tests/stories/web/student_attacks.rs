//! The student's pages under attack. Tests are named after the list of attacks.

use super::browser::{Answer, Pages};
use super::student::{pays, signed_in, world};
use crate::stories::bank::line;
use crate::support::on_both_engines;
use axum::http::StatusCode;
use kwestura::engine::statements::Said;
use kwestura::engine::{desk, login, lookup};

/// What a page of ours may never hold as it was written.
const CORPUS: [&str; 6] = [
    "<script>alert(1)</script>",
    "\"><img src=x onerror=alert(1)>",
    "'><svg/onload=alert(1)>",
    "</textarea><script>alert(1)</script>",
    "</title><iframe src=javascript:alert(1)>",
    "{{7*7}}<a href=javascript:alert(1)>x</a>",
];

#[track_caller]
fn is_inert(answer: &Answer, from: &str) {
    for live in [
        "<script>alert",
        "<img",
        "<svg/",
        "<iframe",
        "<a href=javascript",
        "onerror=alert(1)>",
    ] {
        assert!(
            !answer.text.contains(live),
            "{from}: `{live}` in {}",
            answer.text
        );
    }
    let policy = answer.headers["content-security-policy"].to_str().unwrap();
    assert!(
        policy.starts_with("default-src 'none'") && !policy.contains("unsafe"),
        "{from}: {policy}"
    );
}

on_both_engines! {
    async fn s06_a_students_session_ends_by_signing_out_by_idling_by_age_and_with_the_login(db: TestDb) {
        let world = world(&db).await;
        let pages = Pages::of(&world);
        let is_in = "Akademia";
        let mut one = signed_in(&pages, &world, "ada").await;
        let held = one.clone();
        one.post("/sign-out", &[]).await;
        // What the browser held before is worth nothing.
        for mut browser in [one, held] {
            browser.get("/account").await.leads("/sign-in");
        }
        let mut two = signed_in(&pages, &world, "ada").await;
        let mut three = signed_in(&pages, &world, "ada").await;
        two.post("/sign-out-everywhere", &[]).await;
        three.get("/account").await.leads("/sign-in");

        // The login is taken from her: so is whatever it began.
        let mut bound = signed_in(&pages, &world, "ada").await;
        bound.get("/account").await.shows(&[is_in]);
        let claims = login::Claims { provider: login::Provider::Cas, login: "ada".to_owned(), student: Some("ada".to_owned()), email: None, name: String::new() };
        login::known(&world.office, &claims).await.unwrap();
        login::unlink(&world.office, "cas:ada", Said { by: "admin", why: "given to somebody else" }).await.unwrap();
        bound.get("/account").await.leads("/sign-in");

        let mut idle = signed_in(&pages, &world, "ada").await;
        pages.later(29);
        idle.get("/account").await.shows(&[is_in]);
        pages.later(29);
        idle.get("/account").await.shows(&[is_in]);
        pages.later(30);
        idle.get("/account").await.leads("/sign-in");

        let pages = Pages::of(&world);
        let mut long = signed_in(&pages, &world, "ada").await;
        for _ in 0..29 {
            pages.later(20);
            long.get("/account").await.shows(&[is_in]);
        }
        pages.later(20);
        long.get("/account").await.leads("/sign-in");
    }

    async fn s07_a_students_cookie_is_for_this_host_alone_and_no_page_is_kept(db: TestDb) {
        let world = world(&db).await;
        let pages = Pages::of_office(&world.office, true);
        let link = login::by_hand(&world.office, "ada", world.office.now.millis + 60_000).await.unwrap();
        let token = link.rsplit('/').next().unwrap();
        let mut ada = pages.stranger();
        // A session that somebody else put into the browser is not taken over (S05).
        ada.cookies.insert("__Host-kwestura".to_owned(), "f".repeat(64));
        let answer = ada.post("/link", &[("token", token)]).await;
        answer.leads("/account");
        let cookie = answer.headers["set-cookie"].to_str().unwrap();
        assert!(cookie.starts_with("__Host-kwestura=") && !cookie.contains(&"f".repeat(64)), "{cookie}");
        assert!(cookie.ends_with("; Path=/; HttpOnly; SameSite=Lax; Secure"), "{cookie}");
        for path in ["/account", "/account/say/paid", "/account/say/wrong", "/sign-in/link", "/link/x", "/genuine"] {
            let page = ada.get(path).await;
            assert_eq!(page.status, StatusCode::OK, "{path}");
            assert_eq!((&page.headers["cache-control"], &page.headers["x-content-type-options"]), (&"no-store".parse().unwrap(), &"nosniff".parse().unwrap()), "{path}");
            assert!(page.headers.contains_key("strict-transport-security"), "{path}");
        }
        let paper = ada.post("/account/papers/statement", &[]).await;
        assert_eq!((paper.status, &paper.headers["cache-control"]), (StatusCode::OK, &"no-store".parse().unwrap()));
    }

    async fn s08_what_another_site_sends_for_a_student_writes_nothing(db: TestDb) {
        let mut world = world(&db).await;
        world.today(13);
        let pages = Pages::of(&world);
        let mut ada = signed_in(&pages, &world, "ada").await;
        let words = [("fee", "F-ada"), ("words", "no such course"), ("transfer", "x"), ("language", "pl"), ("to", "/account")];
        let writes = ["/account/say/wrong", "/account/say/time", "/account/say/instalments", "/account/say/paid", "/account/ask",
            "/account/papers/statement", "/account/papers/confirmation", "/account/calendar", "/account/calendar/end",
            "/language", "/sign-out", "/sign-out-everywhere", "/sign-in/link", "/link"];
        for site in ["cross-site", "same-site"] {
            let mut other = ada.clone();
            other.headers.push(("sec-fetch-site", site.to_owned()));
            for path in writes {
                assert_eq!(other.post(path, &words).await.status, StatusCode::FORBIDDEN, "{site} {path}");
            }
        }
        // A browser that does not say whence it comes tells at least the other site's name.
        let origin = axum::http::Request::post("/account/say/wrong")
            .header("content-type", "application/x-www-form-urlencoded")
            .header("origin", "https://evil.example")
            .header("host", "127.0.0.1:8080")
            .header("cookie", format!("kwestura={}", ada.cookies["kwestura"]));
        let answer = ada.clone().sent(origin.body("fee=F-ada&words=x".into()).unwrap()).await;
        assert_eq!(answer.status, StatusCode::FORBIDDEN);
        // Opening an address writes nothing, whatever stands in it.
        for path in writes {
            ada.get(&format!("{path}?fee=F-ada&words=x&language=pl")).await;
        }
        assert_eq!(world.decisions().await, 0);
        ada.get("/account").await.shows(&["To pay now"]);
        assert_eq!(lookup::by_external(&world.office, "ada").await.unwrap().said, []);
    }

    /// What others wrote, what the student writes, and what stands in an address.
    async fn s11_what_anybody_writes_is_inert_on_every_page_of_a_student(db: TestDb) {
        let mut world = world(&db).await;
        for (number, attack) in CORPUS.iter().enumerate() {
            world.fee(&format!("F-x{number}"), "ada", "10,00", "2026-10-20").await;
            let mut tx = world.office.db.write().await.unwrap();
            let fee = tx.fees_by_external(&[format!("F-x{number}")]).await.unwrap()[0].id;
            let title = (fee, "2026-10-02", 0, attack, attack);
            let version = (fee, "2026-10-02", 0, 0, 1_000, "2026-10-01", "2026-10-20", "2026-10-02");
            let (versions, titles) = (kwestura::store::Rows::of([version]).unwrap(), kwestura::store::Rows::of([title]).unwrap());
            tx.add_fee_versions(&versions, &titles, world.office.now.millis).await.unwrap();
            tx.commit().await.unwrap();
        }
        let lines = CORPUS.iter().map(|attack| line(9, 100, "ada").title(attack));
        world.bank(9, lines.collect()).await;
        world.today(13);
        let pages = Pages::of(&world);
        let mut ada = signed_in(&pages, &world, "ada").await;
        for (number, attack) in CORPUS.iter().enumerate() {
            let fee = format!("F-x{number}");
            let said = ada.post("/account/say/wrong", &[("fee", &fee), ("words", attack)]).await;
            said.leads("/account");
            let case = lookup::by_external(&world.office, "ada").await.unwrap().said[0].case.unwrap();
            desk::reply(&world.office, case, Said { by: "eva", why: attack }).await.unwrap();
            let name = attack.replace(['"', '/'], "");
            let fields = [("fee", fee.as_str()), ("paid_on", "2026-10-12"), ("amount", attack), ("words", attack)];
            let refused = pays(&mut ada, &fields, Some((&name, b"%PDF-1.7"))).await;
            assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY);
            is_inert(&refused, attack);
            let fields = [fields[0], fields[1], ("amount", ""), fields[3]];
            pays(&mut ada, &fields, Some((&name, b"%PDF-1.7"))).await.leads("/account");
            let again = ada.post("/account/say/wrong", &[("fee", attack), ("words", attack)]).await;
            is_inert(&again, attack);
        }
        let page = ada.get("/account").await;
        page.shows(&["&#60;script&#62;alert(1)&#60;/script&#62;"]);
        assert!(page.text.matches("COS answers:</b> ").count() == CORPUS.len());
        is_inert(&page, "/account");
        for language in ["pl", "en"] {
            ada.post("/language", &[("language", language), ("to", "/account")]).await;
            for attack in CORPUS {
                let typed = kwestura::text::in_address(attack);
                for path in ["/account?said=", "/account/say/paid?fee=", "/account/say/wrong?fee=", "/account/say/", "/link/", "/genuine?code=", "/sign-in?to=", "/sign-in/link?address=", "/calendar/"] {
                    is_inert(&ada.get(&format!("{path}{typed}")).await, path);
                }
                is_inert(&pages.stranger().post("/sign-in/link", &[("address", attack)]).await, attack);
                is_inert(&pages.stranger().post("/link", &[("token", attack)]).await, attack);
                is_inert(&pages.stranger().hand_in("/genuine", &[("code", attack)], &[]).await, attack);
                is_inert(&pages.stranger().post("/sign-in", &[("login", attack), ("password", "x"), ("to", attack)]).await, attack);
            }
        }
        // What a login is called is the provider's word, and no more to be trusted.
        for attack in CORPUS {
            let claims = login::Claims { provider: login::Provider::Cas, login: attack.to_owned(), student: None, email: None, name: attack.to_owned() };
            login::known(&world.office, &claims).await.unwrap();
            let whose = kwestura::engine::sessions::Whose::Student { login: attack, person_id: None };
            let token = kwestura::engine::sessions::begin(&world.office, whose, None, None).await.unwrap();
            let mut stray = pages.stranger();
            stray.cookies.insert("kwestura".to_owned(), token);
            let page = stray.get("/account").await;
            page.shows(&["there is no account for you here yet"]);
            is_inert(&page, attack);
        }
    }
}
