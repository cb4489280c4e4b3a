//! Other systems ask: with a token that may what it was made for, and not a row more.

use super::browser::{Answer, Pages};
use crate::stories::bank::line;
use crate::stories::damage;
use crate::stories::world::{World, refusal};
use crate::support::on_both_engines;
use axum::body::Body;
use axum::http::{Request, StatusCode};
use kwestura::engine::audit;
use kwestura::engine::decide::Request as Decision;
use kwestura::engine::token::{self, Scope};
use serde_json::{Value, json};

/// Asks with a token.
async fn ask(pages: &Pages, token: &str, path: &str) -> Answer {
    let request = Request::get(path).header("authorization", format!("Bearer {token}"));
    pages
        .stranger()
        .sent(request.body(Body::empty()).unwrap())
        .await
}

async fn send(pages: &Pages, token: &str, path: &str, body: &Value) -> Answer {
    let request = Request::post(path)
        .header("authorization", format!("Bearer {token}"))
        .header("content-type", "application/json");
    pages
        .stranger()
        .sent(request.body(Body::from(body.to_string())).unwrap())
        .await
}

async fn json_of(pages: &Pages, token: &str, path: &str) -> Value {
    let answer = ask(pages, token, path).await;
    assert_eq!(answer.status, StatusCode::OK, "{path}: {}", answer.text);
    serde_json::from_str(&answer.text).unwrap()
}

async fn token(world: &World, scope: Scope) -> String {
    let name = format!("test-{}", scope.name());
    token::add(
        &world.office,
        &name,
        &[scope],
        world.office.now.today,
        "admin",
    )
    .await
    .unwrap()
}

on_both_engines! {
    /// An account as the student sees it, amounts as text and in grosze; the same answer is not sent
    /// twice.
    async fn another_system_reads_a_students_account(db: TestDb) {
        let mut world = World::begin(&db).await;
        world.bank(9, vec![line(9, 20_000, "ada")]).await;
        let pages = Pages::of(&world);
        let token = token(&world, Scope::Accounts).await;
        let ada = json_of(&pages, &token, "/api/v1/students/ada/account").await;
        let account = &ada["accounts"][0];
        assert_eq!((&ada["student"], &ada["album"]), (&json!("ada"), &json!("900001")));
        assert_eq!(account["to_pay"], json!({"amount": "300.00", "minor": 30_000, "currency": "PLN"}));
        assert_eq!(account["fees"][0]["state"], json!("open"));
        assert_eq!(account["fees"][0]["settled_by"][0]["amount"]["amount"], json!("200.00"));
        assert_eq!(account["counted_through"], json!("2026-10-08"));
        assert_eq!(account["transfers"][0]["credited_on"], json!("2026-10-09"));
        let first = ask(&pages, &token, "/api/v1/students/ada/account").await;
        assert!(!first.text.contains("bartek") && !first.text.contains("611090101400"), "{}", first.text);
        let tag = first.headers["etag"].to_str().unwrap().to_owned();
        let again = Request::get("/api/v1/students/ada/account")
            .header("authorization", format!("Bearer {token}"))
            .header("if-none-match", &tag);
        let again = pages.stranger().sent(again.body(Body::empty()).unwrap()).await;
        assert_eq!((again.status, again.text.as_str()), (StatusCode::NOT_MODIFIED, ""));
        // The pages take no token, and the interface takes no cookie.
        assert_eq!(ask(&pages, &token, "/account").await.status, StatusCode::SEE_OTHER);
    }

    /// A token may what its scopes say, until its day, until it is taken back.
    async fn s17_a_token_may_only_what_it_was_made_for(db: TestDb) {
        let mut world = World::begin(&db).await;
        let pages = Pages::of(&world);
        let accounts = token(&world, Scope::Accounts).await;
        let problem = ask(&pages, &accounts, "/api/v1/albums/900001/account").await;
        assert_eq!(problem.status, StatusCode::FORBIDDEN);
        assert_eq!(problem.headers["content-type"], "application/problem+json");
        assert_eq!(ask(&pages, &accounts, "/api/v1/credits").await.status, StatusCode::FORBIDDEN);
        let albums = token(&world, Scope::Albums).await;
        assert_eq!(json_of(&pages, &albums, "/api/v1/albums/900001/account").await["student"], json!("ada"));
        assert_eq!(ask(&pages, &albums, "/api/v1/students/ada/account").await.status, StatusCode::FORBIDDEN);
        for path in ["/api/v1/students/900001/account", "/api/v1/students/nobody/account"] {
            assert_eq!(ask(&pages, &accounts, path).await.status, StatusCode::NOT_FOUND, "{path}");
        }
        for wrong in ["", "kwestura_0000", &accounts[..accounts.len() - 1]] {
            let refused = ask(&pages, wrong, "/api/v1/students/ada/account").await;
            assert_eq!((refused.status, refused.headers["www-authenticate"].to_str().unwrap()), (StatusCode::UNAUTHORIZED, "Bearer"));
        }
        let listed = token::list(&world.office).await.unwrap();
        assert!(listed[0].used_at.is_some() && listed.len() == 2);
        assert!(refusal(token::add(&world.office, "test-albums", &[Scope::Books], world.office.now.today, "admin").await).contains("revoke"));
        token::revoke(&world.office, "test-albums").await.unwrap();
        assert!(refusal(token::revoke(&world.office, "test-albums").await).contains("token list"));
        assert_eq!(ask(&pages, &albums, "/api/v1/albums/900001/account").await.status, StatusCode::UNAUTHORIZED);
        // The day after its last.
        world.today(2);
        pages.at(world.office.now.millis);
        assert_eq!(ask(&pages, &accounts, "/api/v1/students/ada/account").await.status, StatusCode::UNAUTHORIZED);
    }

    /// Nobody is answered before the log knows what they asked for: the known, the unknown and what was
    /// denied, many at once.
    async fn s19_every_use_is_in_the_audit_log_when_it_is_answered(db: TestDb) {
        let world = World::begin(&db).await;
        let pages = Pages::of(&world);
        let token = token(&world, Scope::Accounts).await;
        let mut asked = tokio::task::JoinSet::new();
        for number in 0..60 {
            let (pages, token, office) = (pages.clone(), token.clone(), world.office.clone());
            asked.spawn(async move {
                let (path, about, what, status) = match number % 3 {
                    0 => (format!("/api/v1/students/nobody-{number}/account"), format!("nobody-{number}"), "read-account", StatusCode::NOT_FOUND),
                    1 => (format!("/api/v1/albums/9{number}/account"), format!("9{number}"), "denied", StatusCode::FORBIDDEN),
                    _ => ("/api/v1/students/ada/account".to_owned(), "ada".to_owned(), "read-account", StatusCode::OK),
                };
                assert_eq!(ask(&pages, &token, &path).await.status, status, "{path}");
                let noted = audit::list(&office, None, Some(&about), 100).await.unwrap();
                assert!(!noted.is_empty() && noted.iter().all(|event| event.what == what && event.who == "test-accounts" && event.role == "api"), "{noted:?}");
            });
        }
        while let Some(done) = asked.join_next().await {
            done.unwrap();
        }
        let noted = audit::list(&world.office, None, None, 1_000).await.unwrap();
        assert_eq!(noted.len(), 60);
        // Of many it knows each; and what could not be read was a use as well.
        let body = json!({"students": ["bartek", "ada", "nobody"]});
        assert_eq!(send(&pages, &token, "/api/v1/accounts", &body).await.status, StatusCode::OK);
        let unread = send(&pages, &token, "/api/v1/accounts", &json!({"ids": []})).await;
        assert_eq!(unread.status, StatusCode::UNPROCESSABLE_ENTITY);
        let noted = audit::list(&world.office, None, None, 2).await.unwrap();
        let told: Vec<_> = noted.iter().map(|event| [event.what.as_str(), &event.about, &event.detail]).collect();
        assert!(told.contains(&["read-accounts", "3 students", "ada bartek nobody"]), "{told:?}");
        assert!(told.contains(&["refused", "/api/v1/accounts", "422"]), "{told:?}");
        audit::seal(&world.office).await.unwrap();
        assert_eq!(audit::check(&world.office).await.unwrap().broken_at, None);
    }

    /// Those who ask at once are each told of whom they asked, also under an id that was merged.
    async fn whoever_asks_beside_others_is_told_the_same_as_alone(db: TestDb) {
        let mut world = World::begin(&db).await;
        world.bank(9, vec![line(9, 20_000, "ada"), line(9, 50_000, "bartek")]).await;
        world.fact(Decision::Merge { from: "bartek".to_owned(), into: "ada".to_owned() }).await;
        let pages = Pages::of(&world);
        let token = token(&world, Scope::Accounts).await;
        let students = ["ada", "bartek", "celina", "nobody"];
        let mut alone = Vec::new();
        for student in students {
            let answer = ask(&pages, &token, &format!("/api/v1/students/{student}/account")).await;
            alone.push((answer.status, answer.text));
        }
        assert!(alone[0] == alone[1] && alone[1] != alone[2] && alone[3].0 == StatusCode::NOT_FOUND, "{alone:?}");
        let mut asked = tokio::task::JoinSet::new();
        for number in 0..120 {
            let (pages, token) = (pages.clone(), token.clone());
            asked.spawn(async move {
                let path = format!("/api/v1/students/{}/account", students[number % 4]);
                let answer = ask(&pages, &token, &path).await;
                (number % 4, (answer.status, answer.text))
            });
        }
        while let Some(told) = asked.join_next().await {
            let (student, told) = told.unwrap();
            assert_eq!(told, alone[student]);
        }
    }

    /// Whose facts are impossible is not answered; whoever asks for others at the same moment is. So is who asks
    /// beside a name that no database can keep.
    async fn what_is_wrong_with_one_student_harms_nobody_who_asks_for_another(db: TestDb) {
        let world = World::begin(&db).await;
        let pages = Pages::of(&world);
        let token = token(&world, Scope::Accounts).await;
        damage::open_up(db.url()).await;
        assert_eq!(damage::flip(db.url(), "UPDATE receivable SET currency = 'XX' WHERE external_id = 'F-celina'").await, 1);
        let mut asked = tokio::task::JoinSet::new();
        for number in 0..90 {
            let (pages, token) = (pages.clone(), token.clone());
            asked.spawn(async move {
                let (student, status) = [
                    ("ada", StatusCode::OK),
                    ("celina", StatusCode::INTERNAL_SERVER_ERROR),
                    ("a%00b", StatusCode::BAD_REQUEST),
                ][number % 3];
                let answer = ask(&pages, &token, &format!("/api/v1/students/{student}/account")).await;
                assert_eq!(answer.status, status, "{student}: {}", answer.text);
            });
        }
        while let Some(told) = asked.join_next().await {
            told.unwrap();
        }
        let many = send(&pages, &token, "/api/v1/accounts", &json!({"students": ["ada", "a\u{0}b"]})).await;
        assert_eq!(many.status, StatusCode::UNPROCESSABLE_ENTITY);
        assert_eq!(audit::list(&world.office, None, None, 1_000).await.unwrap().len(), 91);
    }

    /// Many at once say the same as one by one, and name what is unknown.
    async fn a_thousand_students_are_asked_about_at_once(db: TestDb) {
        let mut world = World::begin(&db).await;
        world.bank(9, vec![line(9, 20_000, "ada")]).await;
        let pages = Pages::of(&world);
        let token = token(&world, Scope::Accounts).await;
        let answer = send(&pages, &token, "/api/v1/accounts", &json!({"students": ["celina", "nobody", "ada", "ada"]})).await;
        let answer: Value = serde_json::from_str(&answer.text).unwrap();
        assert_eq!(answer["unknown"], json!(["nobody"]));
        assert_eq!(answer["students"][0], json_of(&pages, &token, "/api/v1/students/ada/account").await);
        assert_eq!(answer["students"][1]["student"], json!("celina"));
        let many: Vec<String> = (0..1_001).map(|number| format!("P-{number}")).collect();
        let refused = send(&pages, &token, "/api/v1/accounts", &json!({"students": many})).await;
        assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY);
        let refused = send(&pages, &token, "/api/v1/accounts", &json!({"ids": []})).await;
        assert_eq!(refused.headers["content-type"], "application/problem+json");
    }

    /// Page by page behind a key: nothing is missed and nothing comes twice.
    async fn the_books_are_read_page_by_page(db: TestDb) {
        let mut world = World::begin(&db).await;
        world.bank(9, vec![line(9, 20_000, "ada"), line(9, 50_000, "bartek")]).await;
        world.bank(12, vec![line(12, 30_000, "ada")]).await;
        let pages = Pages::of(&world);
        let token = token(&world, Scope::Books).await;
        let mut fees = Vec::new();
        let mut path = "/api/v1/receivables?limit=2".to_owned();
        loop {
            let page = json_of(&pages, &token, &path).await;
            fees.extend(page["receivables"].as_array().unwrap().iter().map(|row| row["id"].as_str().unwrap().to_owned()));
            let Some(next) = page["next"].as_str() else { break };
            path = format!("/api/v1/receivables?limit=2&after={next}");
        }
        assert_eq!(fees, ["F-ada", "F-bartek", "F-celina"]);
        let first = json_of(&pages, &token, "/api/v1/credits?limit=2").await;
        let second = json_of(&pages, &token, &format!("/api/v1/credits?after={}", first["next"].as_str().unwrap())).await;
        assert_eq!((first["credits"].as_array().unwrap().len(), second["credits"].as_array().unwrap().len()), (2, 1));
        assert_eq!(second["next"], Value::Null);
        let changes = json_of(&pages, &token, "/api/v1/settlements").await;
        let rows = changes["settlements"].as_array().unwrap();
        assert_eq!(rows.iter().map(|row| row["amount"]["minor"].as_i64().unwrap()).sum::<i64>(), 100_000);
        let nothing = json_of(&pages, &token, &format!("/api/v1/settlements?after={}", changes["next"])).await;
        assert_eq!((&nothing["next"], nothing["settlements"].as_array().unwrap().len()), (&changes["next"], 0));
        let coverage = json_of(&pages, &token, "/api/v1/coverage").await;
        assert_eq!(coverage["accounts"][0]["through"], json!("2026-10-12"));
        for path in ["/api/v1/credits?after=x", "/api/v1/credits?limit=0", "/api/v1/credits?limit=1001", "/api/v1/settlements?after=-1", "/api/v1/settlements?wait=31", "/api/v1/receivables?album=900001"] {
            let refused = ask(&pages, &token, path).await;
            assert_eq!((refused.status, refused.headers["content-type"].to_str().unwrap()), (StatusCode::BAD_REQUEST, "application/problem+json"), "{path}");
        }
    }

    /// Whoever waits is answered by the change, and not before.
    async fn whoever_waits_for_a_change_is_answered_when_it_comes(db: TestDb) {
        let mut world = World::begin(&db).await;
        world.bank(9, vec![line(9, 20_000, "ada")]).await;
        let pages = Pages::of(&world);
        let token = token(&world, Scope::Books).await;
        let next = json_of(&pages, &token, "/api/v1/settlements").await["next"].as_i64().unwrap();
        let waits = {
            let (pages, token) = (pages.clone(), token.clone());
            tokio::spawn(async move { json_of(&pages, &token, &format!("/api/v1/settlements?after={next}&wait=30")).await })
        };
        // It looks again each second, and has nothing to say.
        tokio::time::sleep(std::time::Duration::from_millis(1_500)).await;
        assert!(!waits.is_finished());
        world.bank(12, vec![line(12, 30_000, "ada")]).await;
        let change = waits.await.unwrap();
        assert_eq!((&change["settlements"][0]["receivable"], &change["settlements"][0]["amount"]["minor"]), (&json!("F-ada"), &json!(30_000)));
        assert!(next < change["next"].as_i64().unwrap());
    }

    /// The description is `OpenAPI` 3.1 and names what there is; other methods are refused in its words.
    async fn the_interface_describes_itself(db: TestDb) {
        let world = World::begin(&db).await;
        let pages = Pages::of(&world);
        let document = pages.stranger().get("/api/v1/openapi.json").await;
        let document: Value = serde_json::from_str(&document.text).unwrap();
        assert!(document["openapi"].as_str().unwrap().starts_with("3.1"), "{}", document["openapi"]);
        assert_eq!(document["paths"].as_object().unwrap().len(), 11);
        let page = pages.stranger().get("/api/v1").await;
        page.shows(&["Kwestura API", "/api/v1/accounts", "counted_through", "<code>application/octet-stream</code>"]);
        // It runs and fetches nothing: the headers of all pages hold for it, too.
        page.hides(&["<script", "style=", "http://", "https://"]);
        // Every body that is sent, every field and every type is there, and every link leads somewhere.
        let operations = document["paths"].as_object().unwrap().values().flat_map(|methods| methods.as_object().unwrap().values());
        for operation in operations {
            let content = &operation["requestBody"]["content"]["application/json"];
            if let Some(named) = content["schema"]["$ref"].as_str() {
                let name = named.rsplit('/').next().unwrap();
                page.shows(&[&format!("<code>application/json</code> <a href=\"#type-{name}\">{name}</a>")]);
            }
        }
        for (name, schema) in document["components"]["schemas"].as_object().unwrap() {
            page.shows(&[&format!("id=\"type-{name}\"")]);
            for field in schema["properties"].as_object().into_iter().flatten() {
                page.shows(&[&format!("<code>{}</code>", field.0)]);
            }
        }
        for link in page.text.split("href=\"#").skip(1) {
            let to = link.split('"').next().unwrap();
            page.shows(&[&format!("id=\"{to}\"")]);
        }
        let request = Request::put("/api/v1/coverage").body(Body::empty()).unwrap();
        let refused = pages.stranger().sent(request).await;
        assert_eq!((refused.status, refused.headers["content-type"].to_str().unwrap()), (StatusCode::METHOD_NOT_ALLOWED, "application/problem+json"));
    }
}
