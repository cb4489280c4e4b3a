//! Fees by term and kind, and files of the student system handed in on a page.

use super::browser::{Pages, as_role};
use crate::stories::bank::line;
use crate::stories::world::{World, waive};
use crate::support::on_both_engines;
use axum::http::StatusCode;
use kwestura::engine::decide::Request;
use kwestura::engine::staff::Role;

const HEAD: &str =
    "external_id;student_external_id;kind;category;amount;currency;published_on;nominal_due_on\n";

on_both_engines! {
    /// One has paid, one was let off a part, one is late and one pays by instalments; the summer's fees
    /// are another term.
    async fn fees_are_added_up_by_term_and_kind(db: TestDb) {
        let mut world = World::begin(&db).await;
        world.fee("D-ada", "ada", "300.00", "2027-03-01").await;
        world.bank(8, vec![line(8, 50_000, "ada")]).await;
        world.fact(waive("F-bartek", Some("100.00"))).await;
        let parts = vec![
            ("2026-11-30".parse().unwrap(), "200.00".to_owned()),
            ("2027-02-26".parse().unwrap(), "300.00".to_owned()),
        ];
        world.fact(Request::Plan { fee: "F-celina".to_owned(), parts }).await;
        world.today(20);
        let pages = Pages::of(&world);
        let mut bursar = as_role(&pages, &world.office, Role::Bursar).await;
        let page = bursar.get("/fees").await;
        page.shows(&["Winter term 2026/27", "Summer term 2026/27", "PLN\u{a0}100.00", "45&nbsp;%"]);
        // Issued, collected, waived, open, overdue: a plan's fee counts in its instalments.
        let csv = bursar.get("/fees.csv").await;
        csv.shows(&[
            "Winter term 2026/27;tuition;PLN;4;1200,00;500,00;100,00;600,00;400,00",
            "Summer term 2026/27;tuition;PLN;2;600,00;0,00;0,00;600,00;0,00",
        ]);
    }

    async fn a_file_of_fees_says_what_would_change_and_changes_it_once(db: TestDb) {
        let mut world = World::begin(&db).await;
        world.today(5);
        let pages = Pages::of(&world);
        let mut bursar = as_role(&pages, &world.office, Role::Bursar).await;
        let file = format!("{HEAD}N-1;ada;dormitory;dormitory;120.00;PLN;2026-10-05;2026-10-30\n");
        let fields = [("kind", "fees"), ("as_of", "2026-10-05")];
        let answer = bursar.hand_in("/fees/upload", &fields, &[("fees.csv", file.into_bytes())]).await;
        answer.leads("/fees/upload/");
        let address = answer.to().to_owned();
        bursar.get(&address).await.shows(&["Nothing is recorded yet", "<dt>new</dt><dd>1</dd>"]);
        assert_eq!(world.owes("ada").await, (50_000, 0));
        bursar.post(&address, &[]).await.leads(&address);
        bursar.get(&address).await.shows(&["Imported", "<dt>new</dt><dd>1</dd>"]);
        assert_eq!(world.owes("ada").await, (62_000, 0));
        bursar.post(&address, &[]).await.leads(&address);
        assert_eq!(world.owes("ada").await, (62_000, 0));
        // A token of fees is none of statements.
        let token = address.rsplit('/').next().unwrap();
        assert_eq!(bursar.get(&format!("/statements/upload/{token}")).await.status, StatusCode::NOT_FOUND);

        let wrong = format!("{HEAD}N-2;nobody;x;x;<b>;PLN;2026-10-05;2026-10-30\n");
        let answer = bursar.hand_in("/fees/upload", &fields, &[("wrong.csv", wrong.into_bytes())]).await;
        let address = answer.to().to_owned();
        bursar.get(&address).await.shows(&["The file has mistakes", "wrong.csv:2"]).hides(&["<b>;", "Import</button>"]);
        let refused = bursar.post(&address, &[]).await;
        assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY);
        let other = bursar.hand_in("/fees/upload", &[("kind", "statements")], &[("a.sta", b"x".to_vec())]).await;
        assert_eq!(other.status, StatusCode::NOT_FOUND);
    }

    async fn new_students_come_on_the_page_too(db: TestDb) {
        let world = World::begin(&db).await;
        let pages = Pages::of(&world);
        let mut bursar = as_role(&pages, &world.office, Role::Bursar).await;
        let file = "external_id,album,given_name,family_name,population,email,language,status,valid_from\n\
                    dora,900004,Dora,Nowa,student,d@student.example.edu,pl,active,2026-10-01\n";
        let fields = [("kind", "students"), ("as_of", "2026-10-01")];
        let answer = bursar.hand_in("/fees/upload", &fields, &[("students.csv", file.into())]).await;
        let address = answer.to().to_owned();
        bursar.get("/students?q=dora").await.shows(&["Nobody is called so"]);
        bursar.get(&address).await.shows(&["<dt>new</dt><dd>1</dd>"]);
        bursar.get("/students?q=dora").await.shows(&["Nobody is called so"]);
        bursar.post(&address, &[]).await.leads(&address);
        bursar.get("/students?q=dora").await.shows(&["/students/dora"]);
    }
}
