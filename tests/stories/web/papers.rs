//! What a student takes away: papers with a code, a calendar at a secret address; and what a confirmation
//! that they handed in is for the office.

use super::browser::{Answer, Browser, Pages, as_role};
use super::student::signed_in;
use crate::stories::bank::line;
use crate::stories::world::World;
use crate::support::{TestDb, on_both_engines};
use axum::http::StatusCode;
use kwestura::engine::hear::{self, Attachment, Saying};
use kwestura::engine::lookup;
use kwestura::engine::staff::Role;
use lopdf::Document;

/// Ada paid 200.00 of 500.00, and Bartek everything.
async fn world(db: &TestDb) -> (World, Pages) {
    let mut world = World::begin(db).await;
    world.office.config.sign_in.address = Some("https://fees.example.edu".to_owned());
    world
        .bank(9, vec![line(9, 20_000, "ada"), line(9, 50_000, "bartek")])
        .await;
    let pages = Pages::of(&world);
    (world, pages)
}

/// What a reader of PDF finds, blanks and line breaks as one blank.
pub fn read(answer: &Answer) -> String {
    assert_eq!(answer.status, StatusCode::OK, "{}", answer.text);
    assert_eq!(answer.headers["content-type"], "application/pdf");
    let document = Document::load_mem(&answer.bytes).unwrap();
    let pages: Vec<u32> = document.get_pages().into_keys().collect();
    let text = document.extract_text(&pages).unwrap();
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// The code on a paper.
fn code(text: &str) -> String {
    let at = text.rfind("code ").unwrap();
    text[at + 5..].chars().take(23).collect()
}

async fn genuine(pages: &Pages, code: &str, file: &[u8]) -> Answer {
    let files = [("x.pdf", file.to_vec())];
    let files = if file.is_empty() { &files[..0] } else { &files };
    pages
        .stranger()
        .hand_in("/genuine", &[("code", code)], files)
        .await
}

async fn calendar_of(browser: &mut Browser) -> String {
    let page = browser.post("/account/calendar", &[]).await;
    page.shows(&["Calendar of due dates"]);
    let at = page
        .text
        .find("https://fees.example.edu/calendar/")
        .unwrap();
    page.text[at + 24..]
        .chars()
        .take_while(|sign| *sign != '<')
        .collect()
}

on_both_engines! {
    async fn a_statement_of_account_is_taken_away_and_found_genuine(db: TestDb) {
        let (world, pages) = world(&db).await;
        let mut ada = signed_in(&pages, &world, "ada").await;
        ada.get("/account").await.shows(&["/account/papers/statement", "/account/papers/confirmation"]);
        let paper = ada.post("/account/papers/statement", &[]).await;
        let text = read(&paper);
        for words in [
            "Statement of account", "ada Testowa", "900001", "Bank statements through 8 October 2026",
            "To pay now PLN 300.00", "PLN 200.00", "settled in part", "https://fees.example.edu/genuine with the code",
        ] {
            assert!(text.contains(words), "{words} in {text}");
        }
        assert!(!text.contains("bartek") && !text.contains("900002"), "{text}");
        let disposition = paper.headers["content-disposition"].to_str().unwrap();
        assert_eq!(disposition, "attachment; filename=\"statement-2026-10-09.pdf\"");

        let code = code(&text);
        let lower = code.to_lowercase().replace('-', " ");
        for typed in [code.as_str(), &lower] {
            let answer = genuine(&pages, typed, b"").await;
            answer.shows(&["Genuine, issued on 9 Oct 2026"]).hides(&["ada", "Testowa", "900001", "300", "statement-"]);
        }
        genuine(&pages, &code, &paper.bytes).await.shows(&["This is the very file."]);
        genuine(&pages, "", &paper.bytes).await.shows(&["This is the very file."]);
        let mut forged = paper.bytes.clone();
        forged.push(b'\n');
        genuine(&pages, &code, &forged).await.shows(&["may have been changed"]);
        for (code, file) in [("", &b""[..]), ("BCDFG-BCDFG-BCDFG-BCDFG", b""), ("", &forged)] {
            genuine(&pages, code, file).await.shows(&["No such document"]).hides(&["Genuine, issued"]);
        }
        pages.stranger().get("/genuine").await.shows(&["Is the document genuine?"]);

        // A second one has a code of its own; and nobody fills the books with them.
        let again = ada.post("/account/papers/statement", &[]).await;
        assert_ne!(self::code(&read(&again)), code);
        for _ in 2..30 {
            assert_eq!(ada.post("/account/papers/statement", &[]).await.status, StatusCode::OK);
        }
        let refused = ada.post("/account/papers/statement", &[]).await;
        assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY);
    }

    async fn s01_a_payment_is_confirmed_to_whoever_made_it_and_to_nobody_else(db: TestDb) {
        let (world, pages) = world(&db).await;
        let of = async |student: &str| {
            let found = lookup::by_external(&world.office, student).await.unwrap();
            found.accounts[0].transfers[0].id.clone()
        };
        let (own, other) = (of("ada").await, of("bartek").await);
        let mut ada = signed_in(&pages, &world, "ada").await;
        let text = read(&ada.post("/account/papers/confirmation", &[("transfer", &own)]).await);
        for words in ["Confirmation of payment", "ada Testowa", "PLN 200.00", "9 October 2026"] {
            assert!(text.contains(words), "{words} in {text}");
        }
        ada.headers[0].1 = "pl".to_owned();
        let text = read(&ada.post("/account/papers/confirmation", &[("transfer", &own)]).await);
        assert!(text.contains("Potwierdzenie wpłaty") && text.contains("200,00 zł"), "{text}");
        for wrong in [other.as_str(), "", "x"] {
            let answer = ada.post("/account/papers/confirmation", &[("transfer", wrong)]).await;
            assert_eq!(answer.status, StatusCode::NOT_FOUND, "{wrong}");
        }
        // Somebody whom nobody here knows has nothing to take away.
        let mut stray = as_role(&pages, &world.office, Role::Student).await;
        for path in ["/account/papers/statement", "/account/papers/confirmation", "/account/calendar"] {
            assert_eq!(stray.post(path, &[]).await.status, StatusCode::NOT_FOUND, "{path}");
        }
    }

    /// What money on account will settle is not asked for: on paper and in the calendar as on the page.
    async fn what_is_covered_is_left_out_wherever_it_is_told(db: TestDb) {
        let mut world = World::begin(&db).await;
        world.office.config.sign_in.address = Some("https://fees.example.edu".to_owned());
        world.bank(9, vec![line(9, 62_000, "ada")]).await;
        world.fee("F-camp", "ada", "300.00", "2026-11-12").await;
        let pages = Pages::of(&world);
        let mut ada = signed_in(&pages, &world, "ada").await;
        ada.get("/account").await.shows(&["<p class=\"sum\">PLN\u{A0}180.00</p>", "PLN\u{A0}120.00"]);
        let text = read(&ada.post("/account/papers/statement", &[]).await);
        assert!(text.contains("To pay now PLN 180.00") && text.contains("PLN 300.00 PLN 180.00"), "{text}");
        let calendar = calendar_of(&mut ada).await;
        let calendar = pages.stranger().get(&calendar).await.text.replace("\r\n ", "");
        assert!(calendar.contains("180\\,00") && !calendar.contains("300\\,00"), "{calendar}");
    }

    async fn a_calendar_is_read_at_an_address_that_can_be_changed(db: TestDb) {
        let (world, pages) = world(&db).await;
        let mut ada = signed_in(&pages, &world, "ada").await;
        let first = calendar_of(&mut ada).await;
        let calendar = pages.stranger().get(&first).await;
        assert_eq!(calendar.headers["content-type"], "text/calendar; charset=utf-8");
        let text = calendar.text.replace("\r\n ", "");
        for line in ["BEGIN:VCALENDAR", "DTSTART;VALUE=DATE:20261012", "DTEND;VALUE=DATE:20261013", "END:VCALENDAR"] {
            assert!(text.split("\r\n").any(|found| found == line), "{line} in {text}");
        }
        assert!(text.contains("300\\,00"), "{text}");
        assert_eq!(text.matches("BEGIN:VEVENT").count(), 1);
        assert!(!text.contains("900001") && !text.contains("Testowa") && !text.contains("F-ada"), "{text}");

        let second = calendar_of(&mut ada).await;
        assert_ne!(first, second);
        assert_eq!(pages.stranger().get(&first).await.status, StatusCode::NOT_FOUND);
        assert_eq!(pages.stranger().get(&second).await.status, StatusCode::OK);
        // Bartek has paid: an empty calendar, and not Ada's.
        let mut bartek = signed_in(&pages, &world, "bartek").await;
        let empty = calendar_of(&mut bartek).await;
        assert!(!pages.stranger().get(&empty).await.text.contains("VEVENT"));
        ada.post("/account/calendar/end", &[]).await.leads("/account");
        assert_eq!(pages.stranger().get(&second).await.status, StatusCode::NOT_FOUND);
        assert_eq!(pages.stranger().get("/calendar/x").await.status, StatusCode::NOT_FOUND);
    }

    /// S01, S19: the office opens what a student handed in, as a file, and it is noted who did.
    async fn a_confirmation_is_opened_by_the_office_and_never_run(db: TestDb) {
        let (world, pages) = world(&db).await;
        let content = b"%PDF-1.7 <script>alert(1)</script>".to_vec();
        let saying = Saying::Paid {
            on: world.office.now.today,
            amount: None,
            confirmation: Some(Attachment { name: "zażółć \"1\".pdf".to_owned(), content: content.clone() }),
        };
        let ada = lookup::by_external(&world.office, "ada").await.unwrap().person;
        let number = hear::hear(&world.office, ada, "F-ada", &saying, "").await.unwrap().unwrap();
        let path = format!("/students/ada/confirmations/{number}");
        let mut cos = as_role(&pages, &world.office, Role::Cos).await;
        cos.get("/students/ada").await.shows(&[&path]);
        let file = cos.get(&path).await;
        assert_eq!((file.status, &file.bytes), (StatusCode::OK, &content));
        let header = |name: &str| file.headers[name].to_str().unwrap().to_owned();
        assert_eq!(header("content-type"), "application/pdf");
        assert_eq!(header("x-content-type-options"), "nosniff");
        assert!(header("content-disposition").starts_with("attachment; filename*=UTF-8''za%C5%BC"), "{}", header("content-disposition"));
        assert!(header("content-security-policy").contains("default-src 'none'"));
        let log = kwestura::engine::audit::list(&world.office, None, None, 10).await.unwrap();
        assert!(log.iter().any(|row| row.what == "opened-confirmation" && row.about == "ada"), "{log:?}");
        for wrong in [format!("/students/bartek/confirmations/{number}"), "/students/ada/confirmations/999".to_owned()] {
            assert_eq!(cos.get(&wrong).await.status, StatusCode::NOT_FOUND, "{wrong}");
        }
        for role in [Role::Administrator, Role::Student] {
            let mut other = as_role(&pages, &world.office, role).await;
            assert_eq!(other.get(&path).await.status, StatusCode::NOT_FOUND, "{role:?}");
        }
    }
}
