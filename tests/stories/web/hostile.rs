//! S11, B80: what strangers write on a transfer is shown as they wrote it, and does nothing.

use super::browser::{Pages, as_role};
use crate::stories::bank::line;
use crate::stories::world::{World, assign};
use crate::support::on_both_engines;
use kwestura::engine::staff::Role;
use kwestura::engine::{desk, escalate};

const SCRIPT: &str = "<script>alert(1)</script>";
const FORMULA: &str = "=cmd|' /C calc'!A0";

on_both_engines! {
    async fn s11_b80_a_title_is_inert_on_every_page_and_in_every_export(db: TestDb) {
        let mut world = World::begin(&db).await;
        let lines = vec![
            line(8, 50_000, "").title(SCRIPT),
            line(8, 60_000, "").title(FORMULA),
            line(8, 20_000, "").title("\"><img src=x onerror=alert(1)>"),
        ];
        world.bank(8, lines).await;
        world.today(20);
        let queue = world.queue().await;
        let script = queue.iter().find(|row| row.remittance.contains("script")).unwrap().id.clone();
        escalate::run(&world.office, world.office.now.today, false).await.unwrap();
        let pages = Pages::of(&world);
        let mut bursar = as_role(&pages, &world.office, Role::Bursar).await;
        let listed = kwestura::engine::statements::list(&world.office, &[]).await.unwrap();
        let statement = kwestura::engine::statements::name(&listed[0].row);
        let mut addresses: Vec<String> = ["/today", "/review", "/students?q=%3Cscript%3E", "/statements", "/messages",
            "/decisions", "/cases", "/review?q=%22%3E%3Cscript%3E", "/credits?q=%22%3E%3Cscript%3E", "/credits",
            "/statements/calendar", "/fees?q=%3Cscript%3E", "/reminders", "/refunds", "/settings"].map(str::to_owned).into();
        let cases = desk::list(&world.office, &desk::Wanted::default()).await.unwrap();
        assert!(!cases.is_empty());
        addresses.extend(cases.iter().map(|case| format!("/cases/{}", case.id)));
        addresses.push(format!("/statements/{statement}"));
        addresses.extend(queue.iter().map(|row| format!("/review/{}", row.id)));
        addresses.extend(queue.iter().map(|row| format!("/review/{}?student=%3Cscript%3E", row.id)));
        for address in &addresses {
            let page = bursar.get(address).await;
            page.hides(&["<script>alert", "<img", "<script>\"", "value=\"<"]);
            assert!(page.status.is_success(), "{address}: {}", page.text);
        }
        let page = bursar.get(&format!("/review/{script}")).await;
        page.shows(&["&#60;script&#62;alert(1)&#60;/script&#62;"]);
        for file in ["/review.csv", "/credits.csv"] {
            bursar.get(file).await.shows(&["'=cmd|"]).hides(&[";=cmd"]);
        }
        for file in ["statements", "cases", "students", "fees", "reminders", "messages", "refunds"] {
            bursar.get(&format!("/{file}.csv")).await.hides(&[";=cmd", "\n=cmd"]);
        }

        world.fact(assign(&script, "ada", false)).await;
        for address in ["/students/ada".to_owned(), format!("/why/{script}")] {
            bursar.get(&address).await.shows(&["ada"]).hides(&["<script>alert"]);
        }
        let mut auditor = as_role(&pages, &world.office, Role::Auditor).await;
        auditor.get("/audit?about=%3Cscript%3E").await.shows(&["&#60;script&#62;"]).hides(&["<script>"]);
        let answer = auditor.get("/%3Cscript%3Ealert(1)").await;
        answer.hides(&["<script>alert"]);
    }
}
