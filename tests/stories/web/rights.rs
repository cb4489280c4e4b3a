//! S01: every route and every role against a table of what is allowed. A route that is not in the
//! table fails, and so does one whose rights are others.

use super::browser::{Pages, as_role};
use crate::stories::world::World;
use crate::support::on_both_engines;
use axum::http::{Method, StatusCode};
use kwestura::engine::staff::Role;
use kwestura::web::ground::routes::May;

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
    ("POST", "/sign-out", "bcads"),
    ("POST", "/sign-out-everywhere", "bcads"),
    ("POST", "/language", "*"),
    ("GET", "/assets/{name}", "*"),
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
    async fn s01_what_a_role_may_not_see_is_not_there(db: TestDb) {
        let world = World::begin(&db).await;
        let pages = Pages::of(&world);
        let mut missing = as_role(&pages, &world.office, Role::Cos).await;
        let nothing = missing.get("/there-is-no-such-page").await;
        assert_eq!(nothing.status, StatusCode::NOT_FOUND);
        for (letter, role) in "bcads".chars().zip(ROLES) {
            let mut browser = match role {
                Role::Cos => missing.clone(),
                role => as_role(&pages, &world.office, role).await,
            };
            for (method, path, allowed) in TABLE {
                if *allowed == "*" || allowed.contains(letter) {
                    continue;
                }
                let address = path.replace("{id}", "1").replace("{name}", "ada");
                let answer = match *method {
                    "GET" => browser.get(&address).await,
                    _ => browser.post(&address, &[]).await,
                };
                assert_eq!(answer.status, StatusCode::NOT_FOUND, "{role:?} {method} {path}");
                if role == Role::Cos && *method == Method::GET.as_str() {
                    // Byte for byte what a missing page is, its own address apart.
                    let same = answer.text.replace(&address, "/there-is-no-such-page");
                    assert_eq!(same, nothing.text, "{path}");
                }
            }
        }
    }
}
