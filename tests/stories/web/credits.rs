//! Every credit is found again, whatever became of it.

use super::browser::{Pages, as_role};
use crate::stories::bank::{self, line};
use crate::stories::world::World;
use crate::support::on_both_engines;
use kwestura::engine::credits::{self, Wanted};
use kwestura::engine::staff::Role;

on_both_engines! {
    /// By what stands in it, by whose it is, and through a day; from the newest statement backwards.
    async fn a_credit_is_found_by_what_stands_in_it_long_after_it_was_settled(db: TestDb) {
        let mut world = World::begin(&db).await;
        let pages = Pages::of(&world);
        let mut bursar = as_role(&pages, &world.office, Role::Bursar).await;
        bursar.get("/credits").await.shows(&["Nothing has come in yet"]);
        world.bank(7, vec![line(7, 20_000, "ada").title("czesne za zimę Żółkiewska")]).await;
        world.bank(8, vec![line(8, 12_345, "nobody").title("wpłata"), line(8, -500, "")]).await;
        world.today(9);
        let page = bursar.get("/credits").await;
        page.shows(&["PLN\u{a0}123.45", "in review", "PLN\u{a0}200.00", "href=\"/students/ada\""]).hides(&["5.00</a>"]);
        let (newest, older) = (page.text.find("123.45").unwrap(), page.text.find("200.00").unwrap());
        assert!(newest < older, "{}", page.text);
        for (filter, found, hidden) in [
            ("q=zolkiewska", "200.00", "123.45"),
            ("q=123.45", "123.45", "200.00"),
            ("whose=review", "123.45", "200.00"),
            ("whose=student", "200.00", "123.45"),
            ("through=2026-10-07", "200.00", "123.45"),
            ("through=2026-10-07&whose=student&q=zim%C4%99", "200.00", "123.45"),
        ] {
            let money = |amount: &str| format!("PLN\u{a0}{amount}");
            bursar.get(&format!("/credits?{filter}")).await.shows(&[&money(found)]).hides(&[&money(hidden)]);
        }
        bursar.get(&format!("/credits?q={}", bank::PAYER)).await.shows(&["123.45", "200.00"]);
        bursar.get("/credits?q=nothing+like+this").await.shows(&["There is no such credit"]);
        bursar.get("/credits?whose=%22&through=then").await.shows(&["123.45", "200.00"]);
        let file = bursar.get("/credits.csv?q=zolkiewska").await;
        file.shows(&["2026-10-07;200,00;PLN;", "ada"]).hides(&["123,45"]);
        // One that waits leads to where it is decided, the others to why they are whose they are.
        let waits = world.only_in_queue().await;
        let settled = world.why_fee("F-ada").await.allocations[0].credit.id.clone();
        page.shows(&[&format!("href=\"/review/{waits}\""), &format!("href=\"/why/{settled}\"")]);
        bursar.headers = vec![("accept-language", "pl".to_owned())];
        bursar.get("/credits").await.shows(&["Wpłaty", "do wyjaśnienia"]);
    }

    /// Page by page nothing is left out, and nothing shown twice.
    async fn credits_are_read_page_by_page_over_statements(db: TestDb) {
        let mut world = World::begin(&db).await;
        for day in [5, 6, 7] {
            let lines = (0..7).map(|place| line(day, 1_000 + place, "ada").title(&format!("{day}-{place}")));
            world.bank(day, lines.collect()).await;
        }
        let wanted = Wanted::default();
        let whole = credits::look(&world.office, &wanted, None, 100).await.unwrap();
        assert_eq!((whole.rows.len(), whole.next), (21, None));
        let titles: Vec<&str> = whole.rows.iter().map(|row| row.entry.remittance.as_str()).collect();
        let mut read = Vec::new();
        let mut before = None;
        loop {
            let part = credits::look(&world.office, &wanted, before, 4).await.unwrap();
            assert!(part.rows.len() <= 4 && part.searched.is_none());
            read.extend(part.rows.iter().map(|row| row.entry.remittance.clone()));
            before = part.next;
            if before.is_none() {
                break;
            }
        }
        assert_eq!(read, titles);
    }
}
