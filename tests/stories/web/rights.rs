//! S01: every route and every role against a table of what is allowed. A route that is not in the
//! table fails, and so does one whose rights are others.

use super::browser::{Pages, as_role};
use super::messages::notices;
use crate::stories::bank::{line, october};
use crate::stories::world::{World, waive};
use crate::support::{TestDb, on_both_engines};
use axum::http::{Method, StatusCode};
use kwestura::engine::decide::{self, Request};
use kwestura::engine::desk::{self, Wanted};
use kwestura::engine::staff::Role;
use kwestura::engine::{escalate, statements};
use kwestura::web::ground::routes::May;

/// What everybody with a role may open without knowing any name.
const HOMES: [(Role, &str); 5] = [
    (Role::Bursar, "/today"),
    (Role::Cos, "/cases"),
    (Role::Auditor, "/today"),
    (Role::Administrator, "/audit"),
    (Role::Student, "/account"),
];

const ROLES: [Role; 5] = [
    Role::Bursar,
    Role::Cos,
    Role::Auditor,
    Role::Administrator,
    Role::Student,
];

/// Method, path, and who may: `b`ursar, `c`os, `a`uditor, a`d`ministrator, `s`tudent; `*` anybody.
const TABLE: &[(&str, &str, &str)] = &[
    ("GET", "/", "*"),
    ("GET", "/sign-in", "*"),
    ("POST", "/sign-in", "*"),
    ("GET", "/sign-in/sso", "*"),
    ("GET", "/sign-in/sso/back", "*"),
    ("POST", "/sign-in/sso/back", "*"),
    ("POST", "/sign-out", "bcads"),
    ("POST", "/sign-out-everywhere", "bcads"),
    ("POST", "/language", "*"),
    ("GET", "/assets/{name}", "*"),
    ("GET", "/live", "bca"),
    ("GET", "/genuine", "*"),
    ("POST", "/genuine", "*"),
    ("GET", "/calendar/{token}", "*"),
    ("POST", "/account/papers/statement", "s"),
    ("POST", "/account/papers/confirmation", "s"),
    ("POST", "/account/calendar", "s"),
    ("POST", "/account/calendar/end", "s"),
    ("GET", "/students/{id}/confirmations/{number}", "bca"),
    ("GET", "/cases/{id}/login", "bc"),
    ("POST", "/cases/{id}/login", "bc"),
    ("GET", "/account", "s"),
    ("POST", "/account/ask", "s"),
    ("GET", "/account/say/{what}", "s"),
    ("GET", "/account/say/paid", "s"),
    ("POST", "/account/say/paid", "s"),
    ("POST", "/account/say/{what}", "s"),
    ("GET", "/sign-in/link", "*"),
    ("POST", "/sign-in/link", "*"),
    ("GET", "/link/{token}", "*"),
    ("POST", "/link", "*"),
    ("GET", "/today", "ba"),
    ("GET", "/credits", "ba"),
    ("GET", "/credits.csv", "ba"),
    ("GET", "/credits.xlsx", "ba"),
    ("GET", "/review", "ba"),
    ("GET", "/review.csv", "ba"),
    ("GET", "/review.xlsx", "ba"),
    ("GET", "/review/{id}", "ba"),
    ("POST", "/review/{id}/assign", "b"),
    ("POST", "/review/{id}/split", "b"),
    ("POST", "/review/{id}/ignore", "b"),
    ("POST", "/review/{id}/designate", "b"),
    ("POST", "/review/{id}/hand-over", "b"),
    ("POST", "/review/{id}/undo", "b"),
    ("GET", "/students", "bca"),
    ("GET", "/students.csv", "bca"),
    ("GET", "/students.xlsx", "bca"),
    ("GET", "/students/{id}", "bca"),
    ("POST", "/students/{id}/decide", "bc"),
    ("POST", "/students/{id}/decisions/{number}/undo", "bc"),
    ("GET", "/why/{name}", "bca"),
    ("GET", "/statements", "ba"),
    ("GET", "/statements.csv", "ba"),
    ("GET", "/statements.xlsx", "ba"),
    ("GET", "/statements/calendar", "ba"),
    ("POST", "/statements/calendar/gap", "b"),
    ("POST", "/statements/calendar/anchor", "b"),
    ("POST", "/statements/upload", "b"),
    ("GET", "/statements/upload/{token}", "b"),
    ("POST", "/statements/upload/{token}", "b"),
    ("GET", "/statements/{name}", "ba"),
    ("POST", "/statements/{name}/judge", "b"),
    ("GET", "/messages", "ba"),
    ("GET", "/messages.csv", "ba"),
    ("GET", "/messages.xlsx", "ba"),
    ("GET", "/messages/{id}", "bca"),
    ("POST", "/messages/retry", "b"),
    ("POST", "/messages/{id}/judge", "b"),
    ("POST", "/messages/{id}/letter.pdf", "bc"),
    ("POST", "/messages/{id}/delivered", "bc"),
    ("GET", "/fees", "ba"),
    ("GET", "/fees.csv", "ba"),
    ("GET", "/fees.xlsx", "ba"),
    ("POST", "/fees/upload", "b"),
    ("GET", "/fees/upload/{token}", "b"),
    ("POST", "/fees/upload/{token}", "b"),
    ("GET", "/reminders", "ba"),
    ("GET", "/reminders.csv", "ba"),
    ("GET", "/reminders.xlsx", "ba"),
    ("GET", "/reminders/{id}", "ba"),
    ("POST", "/reminders/run", "b"),
    ("POST", "/reminders/approve", "b"),
    ("POST", "/reminders/drop", "b"),
    ("POST", "/reminders/runs/{id}/withdraw", "b"),
    ("GET", "/decisions", "ba"),
    ("POST", "/decisions/{id}/approve", "b"),
    ("POST", "/decisions/{id}/reject", "b"),
    ("GET", "/audit", "ad"),
    ("GET", "/settings", "bad"),
    ("GET", "/staff", "d"),
    ("POST", "/staff", "d"),
    ("POST", "/staff/{name}/renew", "d"),
    ("POST", "/staff/{name}/disable", "d"),
    ("POST", "/staff/{name}/enable", "d"),
    ("POST", "/staff/{name}/sign-out", "d"),
    ("GET", "/refunds", "ba"),
    ("GET", "/refunds.csv", "ba"),
    ("GET", "/refunds.xlsx", "ba"),
    ("POST", "/refunds/pay", "b"),
    ("GET", "/refunds/files/{id}", "b"),
    ("POST", "/refunds/files/{id}/withdraw", "b"),
    ("GET", "/cases", "bca"),
    ("GET", "/cases.csv", "bca"),
    ("GET", "/cases.xlsx", "bca"),
    ("GET", "/cases/{id}", "bca"),
    ("GET", "/cases/{id}/dossier.pdf", "bca"),
    ("POST", "/cases/many", "bc"),
    ("POST", "/cases/{id}/resume", "bc"),
    ("POST", "/cases/{id}/take", "bc"),
    ("POST", "/cases/{id}/assign", "bc"),
    ("POST", "/cases/{id}/wait", "bc"),
    ("POST", "/cases/{id}/note", "bc"),
    ("POST", "/cases/{id}/reply", "bc"),
    ("POST", "/cases/{id}/resolve", "bc"),
];

fn letters(may: May) -> String {
    if may == May::Anybody {
        return "*".to_owned();
    }
    let letters = "bcads".chars().zip(ROLES);
    let allowed = letters.filter(|(_, role)| may.be(Some(*role)));
    allowed.map(|(letter, _)| letter).collect()
}

#[test]
fn s01_the_routes_are_those_of_the_table() {
    let mut routes: Vec<(String, String, String)> = (kwestura::web::routes().iter())
        .map(|route| {
            (
                route.method.to_string(),
                route.path.to_owned(),
                letters(route.may),
            )
        })
        .collect();
    let own = |row: &(&str, &str, &str)| (row.0.to_owned(), row.1.to_owned(), row.2.to_owned());
    let mut table: Vec<(String, String, String)> = TABLE.iter().map(own).collect();
    routes.sort();
    table.sort();
    assert_eq!(routes, table);
}

on_both_engines! {
    async fn every_role_begins_with_a_page_of_its_own_and_every_way_from_it_leads_somewhere(db: TestDb) {
        let world = World::begin(&db).await;
        let pages = Pages::of(&world);
        for (role, home) in HOMES {
            let mut browser = as_role(&pages, &world.office, role).await;
            browser.get("/").await.leads(home);
            let page = browser.get(home).await;
            let ways = page.text.split("href=\"/").skip(1).filter_map(|rest| rest.split('"').next());
            for way in ways {
                let answer = browser.get(&format!("/{way}")).await;
                let is_there = answer.status.is_success() || answer.status.is_redirection();
                assert!(is_there, "{role:?} /{way}: {}", answer.status);
            }
        }
    }

    /// Not what is there, nor whether it is: the answer is that of a page that never was, byte for byte.
    async fn s01_what_a_role_may_not_see_is_not_there(db: TestDb) {
        let world = full(&db).await;
        let objects = objects(&world).await;
        let pages = Pages::of(&world);
        for (letter, role) in "bcads".chars().zip(ROLES) {
            let mut browser = as_role(&pages, &world.office, role).await;
            let nothing = browser.get("/there-is-no-such-page").await;
            assert_eq!(nothing.status, StatusCode::NOT_FOUND);
            for (method, path, allowed) in TABLE {
                if *allowed == "*" || allowed.contains(letter) {
                    continue;
                }
                let address = address(&objects, path);
                let answer = match *method {
                    "GET" => browser.get(&address).await,
                    _ => browser.post(&address, &[("why", "x"), ("what", "withdraw")]).await,
                };
                assert_eq!(answer.status, StatusCode::NOT_FOUND, "{role:?} {method} {address}");
                if *method == Method::GET.as_str() && role == Role::Cos {
                    let same = answer.text.replace(&address, "/there-is-no-such-page");
                    assert_eq!(same, nothing.text, "{address}");
                }
            }
        }
    }

    /// What is there opens for those who may, and what is not there is not, whoever asks.
    async fn s01_what_a_role_may_see_opens_and_what_is_not_there_does_not(db: TestDb) {
        let world = full(&db).await;
        let objects = objects(&world).await;
        let pages = Pages::of(&world);
        let none: Vec<(&str, String)> = (objects.iter())
            .map(|(path, name)| (*path, if name.parse::<i64>().is_ok() { "999999" } else { "nobody-9" }.to_owned()))
            .collect();
        for (letter, role) in "bca".chars().zip(ROLES) {
            let mut browser = as_role(&pages, &world.office, role).await;
            for (path, _) in &objects {
                if !TABLE.iter().any(|row| row.0 == "GET" && row.1 == *path && row.2.contains(letter)) {
                    continue;
                }
                let there = browser.get(&address(&objects, path)).await;
                assert_eq!(there.status, StatusCode::OK, "{role:?} {path}");
                let missing = browser.get(&address(&none, path)).await;
                assert_eq!(missing.status, StatusCode::NOT_FOUND, "{role:?} {path}");
            }
        }
    }
}

/// One of everything that has a page: a credit in review, a message, a case of COS, a decision of two
/// people, a statement.
async fn full(db: &TestDb) -> World {
    let mut world = notices(db, ["due"; 3]).await;
    world.bank(8, vec![line(8, 10_000, "nobody")]).await;
    world.today(9);
    world.fee("H-1", "ada", "900,00", "2026-10-30").await;
    world.waits(waive("H-1", None)).await;
    let dispute = Request::Dispute {
        fee: "F-celina".to_owned(),
        until: october(30),
    };
    world.fact(dispute).await;
    escalate::run(&world.office, october(9), false)
        .await
        .unwrap();
    world
}

/// The pages of single things, each with the name of one that is there.
async fn objects(world: &World) -> Vec<(&'static str, String)> {
    let statement = &statements::list(&world.office, &[]).await.unwrap()[0];
    let cases = desk::list(&world.office, &Wanted::default()).await.unwrap();
    let dispute = cases.iter().find(|row| row.kind == "dispute").unwrap();
    let waits = decide::list(&world.office, None, true).await.unwrap();
    vec![
        ("/review/{id}", world.only_in_queue().await),
        ("/students/{id}", "ada".to_owned()),
        ("/why/{name}", "F-ada".to_owned()),
        ("/statements/{name}", statements::name(&statement.row)),
        ("/messages/{id}", "1".to_owned()),
        ("/cases/{id}", dispute.id.to_string()),
        ("/decisions/{id}", waits[0].decision.to_string()),
        ("/staff/{name}", "bursar".to_owned()),
    ]
}

/// The address of a route about one of these.
fn address(objects: &[(&str, String)], path: &str) -> String {
    let object = objects.iter().find(|(of, _)| path.starts_with(of));
    let path = match object {
        Some((of, name)) => {
            let behind = path.strip_prefix(of).unwrap_or_default();
            let before = of.split('{').next().unwrap_or_default();
            format!("{before}{name}{behind}")
        }
        None => path.to_owned(),
    };
    let path = path.replace("{id}", "1").replace("{name}", "ada");
    path.replace("{number}", "1").replace("{token}", "x")
}
