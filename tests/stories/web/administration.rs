//! Who works here and by which rules; and money that goes back.

use super::browser::{PASSWORD, Pages, as_role, signed_in};
use crate::stories::bank::line;
use crate::stories::world::World;
use crate::support::on_both_engines;
use axum::http::StatusCode;
use kwestura::engine::audit;
use kwestura::engine::staff::{self, Attempt, Role, Typed};

/// Whether these words let somebody in.
async fn lets_in(world: &World, login: &str, password: &str) -> bool {
    let typed = Typed {
        login,
        password,
        code: "",
        network: "here",
    };
    matches!(
        staff::attempt(&world.office, typed).await.unwrap(),
        Attempt::Known(_)
    )
}

/// What stands in the first code element behind some words.
fn code<'a>(page: &'a str, behind: &str) -> &'a str {
    let rest = page.split(behind).nth(1).unwrap();
    let rest = rest.split("<code>").nth(1).unwrap();
    rest.split('<').next().unwrap()
}

on_both_engines! {
    async fn an_account_is_added_renewed_disabled_and_let_in_again(db: TestDb) {
        let world = World::begin(&db).await;
        let pages = Pages::of(&world);
        let mut admin = as_role(&pages, &world.office, Role::Administrator).await;
        admin.get("/staff").await.shows(&["administrator", "you", "Add an account"]);
        let fields = [("login", "ola"), ("name", "Ola <b>Nowa</b>"), ("role", "cos"), ("without", "1")];
        let made = admin.post("/staff", &fields).await;
        made.shows(&["Show this to that person now"]);
        let first = code(&made.text, "Password").to_owned();
        assert!(lets_in(&world, "ola", &first).await);
        let twice = admin.post("/staff", &fields).await;
        twice.refuses(&["there is an account ola already", r#"value="Ola &#60;b&#62;Nowa&#60;/b&#62;""#, r#"value="cos" selected"#]);
        let student = admin.post("/staff", &[("login", "x"), ("name", "X"), ("role", "student")]).await;
        assert_eq!(student.status, StatusCode::NOT_FOUND);
        let listed = admin.get("/staff").await;
        listed.shows(&["Ola &#60;b&#62;Nowa", "/staff/ola/disable"]).hides(&[&first, "Ola <b>"]);

        let mut ola = signed_in(&pages, &world.office, "ola").await;
        ola.get("/cases").await.shows(&["Cases"]);
        admin.post("/staff/ola/sign-out", &[]).await.leads("/staff");
        ola.get("/cases").await.leads("/sign-in");
        let renewed = admin.post("/staff/ola/renew", &[("without", "1")]).await;
        let second = code(&renewed.text, "Password").to_owned();
        assert!(!lets_in(&world, "ola", &first).await && lets_in(&world, "ola", &second).await);
        let mut ola = signed_in(&pages, &world.office, "ola").await;
        admin.post("/staff/ola/disable", &[]).await.leads("/staff");
        ola.get("/cases").await.leads("/sign-in");
        assert!(!lets_in(&world, "ola", &second).await);
        admin.get("/staff").await.shows(&["disabled", "Let in again"]);
        admin.post("/staff/ola/enable", &[]).await.leads("/staff");
        assert!(lets_in(&world, "ola", &second).await);

        // With a code of a phone unless told otherwise; and nobody locks themselves out.
        let with = admin.post("/staff", &[("login", "jan"), ("name", "Jan"), ("role", "bursar")]).await;
        with.shows(&["otpauth://totp/Kwestura:jan"]);
        for word in ["disable", "renew", "sign-out"] {
            let own = admin.post(&format!("/staff/administrator/{word}"), &[]).await;
            assert_eq!(own.status, StatusCode::UNPROCESSABLE_ENTITY);
            let nobody = admin.post(&format!("/staff/nobody/{word}"), &[]).await;
            assert_eq!(nobody.status, StatusCode::NOT_FOUND);
        }
        let log = audit::list(&world.office, None, Some("ola"), 10).await.unwrap();
        let log: Vec<&str> = log.iter().rev().map(|row| row.what.as_str()).collect();
        assert_eq!(log, ["staff-added", "staff-signed-out", "staff-renewed", "staff-disabled", "staff-enabled"]);
        assert!(!lets_in(&world, "administrator", "another password").await);
        assert!(lets_in(&world, "administrator", PASSWORD).await);
    }

    async fn the_rules_in_force_are_on_the_page_with_what_the_file_says_otherwise(db: TestDb) {
        let mut world = World::begin(&db).await;
        world.bank(8, vec![line(8, 50_000, "ada")]).await;
        let pages = Pages::of(&world);
        let mut auditor = as_role(&pages, &world.office, Role::Auditor).await;
        let page = auditor.get("/settings").await;
        page.shows(&["policy.allocation.waive_limit", "500.00", "policy.default_kind.ladder[1].template", "kwestura.toml says what is in force"]);
        world.office.config.policy.dunning.brake_percent = 33;
        let pages = Pages::of(&world);
        let mut auditor = signed_in(&pages, &world.office, "auditor").await;
        auditor.get("/settings").await.shows(&["In the file, and not in force", "policy.dunning", "33"]);
    }

    /// Decided on the student's page, written into a file once, withdrawn and written anew.
    async fn a_refund_goes_from_the_students_page_into_the_banks_file(db: TestDb) {
        let mut world = World::begin(&db).await;
        world.bank(5, vec![line(5, 60_000, "ada")]).await;
        world.bank(12, vec![]).await;
        world.today(13);
        let credit = world.credits("ada").await.remove(0);
        let pages = Pages::of(&world);
        let mut bursar = as_role(&pages, &world.office, Role::Bursar).await;
        bursar.get("/refunds").await.shows(&["There are no refunds", "Nothing lies idle"]);
        let fields = [("kind", "refund"), ("credit", credit.as_str()), ("amount", "100"), ("why", "overpaid")];
        let first = [&fields[..], &[("preview", "1")]].concat();
        bursar.post("/students/ada/decide", &first).await.shows(&["money on account", "PLN\u{a0}0.00"]);
        // Through the wrong student, and by who may not.
        assert_eq!(bursar.post("/students/bartek/decide", &fields).await.status, StatusCode::NOT_FOUND);
        let mut cos = as_role(&pages, &world.office, Role::Cos).await;
        assert_eq!(cos.post("/students/ada/decide", &fields).await.status, StatusCode::NOT_FOUND);
        bursar.post("/students/ada/decide", &fields).await.leads("/students/ada");
        bursar.get("/refunds").await.shows(&["PLN\u{a0}100.00", "to be paid", "Write the bank&#39;s file"]);
        bursar.get("/refunds.csv").await.shows(&[";ada;100,00;PLN;"]);

        bursar.post("/refunds/pay", &[("format", "elixir0")]).await.leads("/refunds");
        bursar.get("/refunds").await.shows(&["in file 1", "/refunds/files/1"]).hides(&["to be paid</span>"]);
        let none = bursar.post("/refunds/pay", &[("format", "elixir0")]).await;
        assert_eq!(none.status, StatusCode::UNPROCESSABLE_ENTITY);
        assert!(none.text.contains("There are no refunds that may be paid") && none.text.contains("in file 1"), "{}", none.text);
        let silent = bursar.post("/refunds/files/1/withdraw", &[("why", " ")]).await;
        assert_eq!(silent.status, StatusCode::UNPROCESSABLE_ENTITY);
        assert!(silent.text.contains("role=\"alert\"") && silent.text.contains("in file 1"), "{}", silent.text);
        let file = bursar.get("/refunds/files/1").await;
        file.shows(&["110,", "KWREF"]);
        assert_eq!(file.headers["content-disposition"], "attachment; filename=\"refunds-1.pli\"");
        assert_eq!(bursar.get("/refunds/files/2").await.status, StatusCode::NOT_FOUND);
        bursar.post("/refunds/files/1/withdraw", &[("why", "the bank is closed")]).await.leads("/refunds");
        let gone = bursar.get("/refunds/files/1").await;
        assert_eq!(gone.status, StatusCode::UNPROCESSABLE_ENTITY);
        bursar.post("/refunds/pay", &[("format", "pain001")]).await.leads("/refunds");
        bursar.get("/refunds/files/2").await.shows(&["pain.001.001.09", "<InstdAmt Ccy=\"PLN\">100.00"]);
    }
}
