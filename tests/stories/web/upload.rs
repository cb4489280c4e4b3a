//! Files handed in on a page: what would happen is seen first, and nothing is recorded by looking.

use super::browser::{Pages, as_role, hire, signed_in};
use crate::stories::bank::{self, line};
use crate::stories::world::World;
use crate::support::on_both_engines;
use axum::http::StatusCode;
use kwestura::engine::staff::Role;
use kwestura::engine::{audit, coverage, statements};

async fn recorded(world: &World) -> usize {
    let listed = statements::list(&world.office, &[]).await.unwrap();
    listed.len()
}

on_both_engines! {
    /// Three files at once: two days of which the later came first, and one that does not add up.
    async fn statements_are_previewed_then_imported_and_twice_is_once(db: TestDb) {
        let mut world = World::begin(&db).await;
        world.bank(7, vec![line(7, 1_000, "celina")]).await;
        world.today(12);
        let pages = Pages::of(&world);
        let mut bursar = as_role(&pages, &world.office, Role::Bursar).await;
        bursar.get("/statements").await.shows(&["multipart/form-data", "Import statements", "data-drop"]);
        let eighth = bank::day(2, 8, 1_000, vec![line(8, 50_000, "ada"), line(8, 700, "").title("?")]);
        let ninth = bank::day(3, 9, 51_700, vec![line(9, -200, "")]);
        let wrong = bank::day(4, 10, 51_500, vec![line(10, 100, "ada")]).closing(1);
        let files = [
            ("ninth.sta", ninth.file()), ("eighth.sta", eighth.file()), ("wrong.sta", wrong.file()), ("<b>.txt", b"no statement".to_vec()),
        ];
        let answer = bursar.hand_in("/statements/upload", &[], &files).await;
        answer.leads("/statements/upload/");
        let address = answer.to().to_owned();
        let page = bursar.get(&address).await;
        page.shows(&[
            "ninth.sta", "will stand; new lines: 2", "will stand; new lines: 1", "1 of 2", "goes to quarantine",
            "it does not add up", "&#60;b&#62;.txt", "cannot be read", "now through 7 Oct 2026 → then through <b>9 Oct 2026</b>",
        ]);
        page.hides(&["<b>.txt"]);
        assert_eq!(recorded(&world).await, 1);
        assert_eq!(world.owes("ada").await, (50_000, 0));

        bursar.post(&address, &[]).await.leads(&address);
        let done = bursar.get(&address).await;
        done.shows(&["Imported", "PLN\u{a0}507.00", "PLN\u{a0}500.00", "held back", "Go on to the review"]);
        assert_eq!(recorded(&world).await, 4);
        assert_eq!(world.owes("ada").await, (0, 0));
        bursar.post(&address, &[]).await.leads(&address);
        assert_eq!(bursar.get(&address).await.text, done.text);
        assert_eq!(recorded(&world).await, 4);

        let again = bursar.hand_in("/statements/upload", &[], &files[..2]).await;
        bursar.get(again.to()).await.shows(&["this file was here before (stands)"]).hides(&["will stand"]);
        bursar.post(again.to(), &[]).await.leads("/statements/upload/");
        assert_eq!(recorded(&world).await, 4);
        let log = audit::list(&world.office, None, Some("statements"), 10).await.unwrap();
        assert_eq!(log.iter().filter(|row| row.what == "imported").count(), 2);
    }

    async fn s01_what_somebody_else_handed_in_is_not_there_and_is_forgotten_after_a_day(db: TestDb) {
        let world = World::begin(&db).await;
        let pages = Pages::of(&world);
        let mut ada = as_role(&pages, &world.office, Role::Bursar).await;
        let file = bank::day(1, 8, 0, vec![line(8, 50_000, "ada")]).file();
        let answer = ada.hand_in("/statements/upload", &[], &[("a.sta", file.clone())]).await;
        let address = answer.to().to_owned();
        hire(&world.office, "eve", Role::Bursar).await;
        let mut eve = signed_in(&pages, &world.office, "eve").await;
        assert_eq!(eve.get(&address).await.status, StatusCode::NOT_FOUND);
        assert_eq!(eve.post(&address, &[]).await.status, StatusCode::NOT_FOUND);
        assert_eq!(recorded(&world).await, 0);
        ada.get(&address).await.shows(&["a.sta"]);

        let nothing = ada.hand_in("/statements/upload", &[], &[]).await;
        assert_eq!(nothing.status, StatusCode::UNPROCESSABLE_ENTITY);
        assert!(nothing.text.contains("choose a file with something in it"));
        ada.headers.push(("sec-fetch-site", "cross-site".to_owned()));
        let elsewhere = ada.hand_in("/statements/upload", &[], &[("a.sta", file.clone())]).await;
        assert_eq!(elsewhere.status, StatusCode::FORBIDDEN);
        ada.headers.pop();

        pages.later(25 * 60);
        let mut ada = signed_in(&pages, &world.office, "bursar").await;
        ada.get(&address).await.shows(&["a.sta"]);
        ada.hand_in("/statements/upload", &[], &[("b.sta", file)]).await.leads("/statements/upload/");
        assert_eq!(ada.get(&address).await.status, StatusCode::NOT_FOUND);
    }

    async fn the_calendar_shows_gaps_overlaps_and_what_is_held_back(db: TestDb) {
        let mut world = World::begin(&db).await;
        for day in [
            bank::day(1, 5, 0, vec![line(5, 100, "ada")]),
            bank::day(2, 6, 100, vec![]),
            bank::day(2, 6, 100, vec![]).named("COPY"),
            bank::day(5, 9, 900, vec![line(9, 100, "ada")]),
            bank::day(6, 12, 1_000, vec![]).closing(7),
        ] {
            bank::import(&world.office, &day).await;
        }
        world.today(15);
        let pages = Pages::of(&world);
        let mut bursar = as_role(&pages, &world.office, Role::Bursar).await;
        let page = bursar.get("/statements/calendar").await;
        page.shows(&[
            "5 Oct 2026: statement stands", "6 Oct 2026: several statements", "7 Oct 2026: gap", "8 Oct 2026: gap",
            "12 Oct 2026: needs a person", "14 Oct 2026: missing", "10 Oct 2026: nothing expected", "Complete through 6 Oct 2026",
        ]);
        page.hides(&["15 Oct 2026: missing", "10 Oct 2026: gap"]);
        bursar.get("/statements/calendar?until=2026-07-01").await.shows(&["05.2026", "Later"]).hides(&["10.2026"]);
        bursar.get("/statements/calendar?until=nonsense").await.shows(&["10.2026"]);
        let mut polish = bursar.clone();
        polish.headers = vec![("accept-language", "pl".to_owned())];
        polish.get("/statements/calendar").await.shows(&["12.10.2026: czeka na człowieka"]);
        polish.get("/statements").await.shows(&["nie zgadza się: saldo początkowe"]);
    }

    /// The bank has lost a statement for good; and where the books begin in the middle, a person says from
    /// which balance on they count.
    async fn a_gap_is_accepted_and_a_first_balance_named_on_the_calendar(db: TestDb) {
        let mut world = World::begin(&db).await;
        bank::import(&world.office, &bank::day(1, 5, 0, vec![line(5, 100, "ada")])).await;
        bank::import(&world.office, &bank::day(5, 9, 900, vec![line(9, 100, "ada")])).await;
        world.today(12);
        let pages = Pages::of(&world);
        let mut bursar = as_role(&pages, &world.office, Role::Bursar).await;
        let page = bursar.get("/statements/calendar").await;
        page.shows(&["between 5 Oct 2026 (PLN\u{a0}1.00) and 9 Oct 2026 (PLN\u{a0}9.00), numbers missing: 2–4, difference PLN\u{a0}8.00"]);
        let iban = coverage::all(&world.office).await.unwrap()[0].iban.clone();
        let gap = [("account", iban.as_str()), ("after", "2026-10-05"), ("before", "2026-10-09")];
        let refused = bursar.post("/statements/calendar/gap", &gap).await;
        assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY, "without a reason");
        let wrong = [gap[0], gap[1], ("before", "2026-10-08"), ("why", "lost by the bank")];
        let refused = bursar.post("/statements/calendar/gap", &wrong).await;
        assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY);
        for words in ["has no gap after", "value=\"lost by the bank\""] {
            assert!(refused.text.contains(words), "{words}: {}", refused.text);
        }
        let right = [&gap[..], &[("why", "lost by the bank")]].concat();
        bursar.post("/statements/calendar/gap", &right).await.leads("/statements/calendar?done=1");
        let page = bursar.get("/statements/calendar").await;
        page.shows(&["7 Oct 2026: gap accepted", "Complete through 9 Oct 2026"]).hides(&["name=\"after\""]);
        let again = bursar.post("/statements/calendar/gap", &right).await;
        assert!(again.text.contains("accepted already"), "{}", again.text);

        let anchor = [("account", iban.as_str()), ("day", "2026-10-09"), ("amount", "nine"), ("why", "books handed over")];
        let refused = bursar.post("/statements/calendar/anchor", &anchor).await;
        assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY);
        for words in ["the amount nine", "value=\"nine\"", "value=\"books handed over\"", "value=\"2026-10-09\""] {
            assert!(refused.text.contains(words), "{words}: {}", refused.text);
        }
        let anchor = [anchor[0], anchor[1], ("amount", "9,00"), anchor[3]];
        bursar.post("/statements/calendar/anchor", &anchor).await.leads("/statements/calendar");
        let from = coverage::all(&world.office).await.unwrap()[0].coverage.from;
        assert_eq!(from, Some(bank::october(9)));
        let mut auditor = as_role(&pages, &world.office, Role::Auditor).await;
        auditor.get("/statements/calendar").await.shows(&["Complete through"]).hides(&["name=\"amount\""]);
    }

    /// A corrected statement takes the place of the wrong one, on the page; what is withdrawn comes back.
    async fn a_statement_is_superseded_withdrawn_and_taken_back_in(db: TestDb) {
        let mut world = World::begin(&db).await;
        world.bank(8, vec![line(8, 50_000, "ada")]).await;
        let right = bank::day(1, 8, 0, vec![line(8, 40_000, "bartek")]);
        bank::import(&world.office, &right).await;
        world.today(9);
        let pages = Pages::of(&world);
        let mut bursar = as_role(&pages, &world.office, Role::Bursar).await;
        let address = format!("/statements/{}", bank::name(&right));
        bursar.get(&address).await.shows(&["waits", "Let it replace another"]);
        bursar.post(&format!("{address}/judge"), &[("what", "supersede"), ("why", "the bank's correction")]).await.leads(&address);
        assert_eq!((world.owes("ada").await, world.owes("bartek").await), ((50_000, 0), (10_000, 0)));
        bursar.post(&format!("{address}/judge"), &[("what", "withdraw"), ("why", "too early")]).await.leads(&address);
        assert_eq!(world.owes("bartek").await, (50_000, 0));
        bursar.get(&address).await.shows(&["withdrawn", "Take back in"]);
        bursar.post(&format!("{address}/judge"), &[("what", "restore"), ("why", "right after all")]).await.leads(&address);
        assert_eq!(world.owes("bartek").await, (10_000, 0));
    }
}
