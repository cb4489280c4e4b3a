//! The other pages of the office: students, decisions of two people, statements, messages, the log.

use super::browser::{Pages, as_role, hire, signed_in};
use crate::stories::bank::{self, line};
use crate::stories::world::World;
use crate::support::on_both_engines;
use axum::http::StatusCode;
use kwestura::engine::staff::Role;
use kwestura::engine::{audit, decide, statements};

on_both_engines! {
    async fn a_student_is_found_and_the_account_shows_what_settled_what(db: TestDb) {
        let mut world = World::begin(&db).await;
        world.bank(8, vec![line(8, 20_000, "ada")]).await;
        world.today(14);
        let pages = Pages::of(&world);
        let mut bursar = as_role(&pages, &world.office, Role::Bursar).await;
        for wanted in ["ada", "TESTOWA+ad", "900001", "F-ada"] {
            bursar.get(&format!("/students?q={wanted}")).await.shows(&["/students/ada"]).hides(&["/students/bartek"]);
        }
        bursar.get("/students?q=nobody").await.shows(&["Nobody is called so"]);
        let page = bursar.get("/students/ada").await;
        page.shows(&["ada Testowa", "F-ada", "PLN\u{a0}300.00", "counts from 8 Oct 2026", "2 days"]);
        bursar.get("/students/ada?as_of=2026-10-07").await.shows(&["F-ada"]).hides(&["counts from"]);
        bursar.get("/why/F-ada").await.shows(&["Version of the rules", "8 Oct 2026"]);
        assert_eq!(bursar.get("/students/nobody").await.status, StatusCode::NOT_FOUND);
        assert_eq!(bursar.get("/why/nothing").await.status, StatusCode::NOT_FOUND);

        // However often within the hour, one view each of that student is in the log.
        let log = audit::list(&world.office, None, Some("ada"), 100).await.unwrap();
        assert_eq!(log.iter().filter(|row| row.what == "viewed").count(), 1);
        pages.later(20);
        bursar.get("/students/ada").await.shows(&["ada Testowa"]);
        pages.later(25);
        bursar.get("/students/ada").await.shows(&["ada Testowa"]);
        pages.later(25);
        bursar.get("/students/ada").await.shows(&["ada Testowa"]);
        let log = audit::list(&world.office, None, Some("ada"), 100).await.unwrap();
        assert_eq!(log.iter().filter(|row| row.what == "viewed").count(), 2);
    }

    /// Day by day, the latest first: what was asked for, what came, what it settled, what was decided.
    async fn what_happened_with_a_student_is_told_day_by_day(db: TestDb) {
        let mut world = World::begin(&db).await;
        world.bank(8, vec![line(8, 20_000, "ada")]).await;
        world.today(14);
        let extend = decide::Request::Extend { fee: "F-ada".to_owned(), to: bank::october(30), forgive_interest: false };
        world.fact(extend).await;
        let pages = Pages::of(&world);
        let mut bursar = as_role(&pages, &world.office, Role::Bursar).await;
        let page = bursar.get("/students/ada").await;
        let told = page.text.split("Timeline").nth(1).unwrap();
        let order = ["14 Oct 2026", "extension of the due date → 30 Oct 2026", "Settled", "F-ada", "PLN\u{a0}200.00", "Credit", "counts from 8 Oct 2026", "Fee", "due 30 Oct 2026"];
        let mut rest = told;
        for words in order {
            let at = rest.find(words).unwrap_or_else(|| panic!("{words}: {told}"));
            rest = &rest[at..];
        }
        // As it stood on a day before.
        let page = bursar.get("/students/ada?as_of=2026-10-09").await;
        let told = page.text.split("Timeline").nth(1).unwrap();
        assert!(told.contains("Settled") && !told.contains("extension"), "{told}");
        bursar.headers = vec![("accept-language", "pl".to_owned())];
        bursar.get("/students/ada").await.shows(&["Przebieg", "liczy się z dnia 08.10.2026", "→ 30.10.2026"]);
    }

    async fn a_decision_shows_its_effect_first_and_a_fee_of_somebody_else_is_not_there(db: TestDb) {
        let mut world = World::begin(&db).await;
        world.today(5);
        let pages = Pages::of(&world);
        let mut cos = as_role(&pages, &world.office, Role::Cos).await;
        let mut fields = [("kind", "extend"), ("fee", "F-ada"), ("day", "2026-11-30"), ("why", "a request")];
        // S24: what is typed about a student stands in no address.
        let first = [&fields[..], &[("preview", "1")]].concat();
        cos.post("/students/ada/decide", &first).await.shows(&["due 30 Nov 2026", "value=\"a request\""]);
        assert_eq!(world.receivable("ada", "F-ada").await.due_on, bank::october(12));
        cos.post("/students/ada/decide", &fields).await.leads("/students/ada?done=1");
        assert_eq!(world.receivable("ada", "F-ada").await.due_on.to_string(), "2026-11-30");

        // Through the wrong student, and what is the office's alone.
        let decided = world.decisions().await;
        let answer = cos.post("/students/bartek/decide", &fields).await;
        assert_eq!(answer.status, StatusCode::NOT_FOUND);
        fields[0].1 = "write_off";
        assert_eq!(cos.post("/students/ada/decide", &fields).await.status, StatusCode::NOT_FOUND);
        fields[0].1 = "extend";
        fields[2].1 = "soon";
        let answer = cos.post("/students/ada/decide", &fields).await;
        assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY);
        for words in ["Give a date like", "value=\"a request\"", "ada Testowa"] {
            assert!(answer.text.contains(words), "{words}: {}", answer.text);
        }
        assert_eq!(world.decisions().await, decided);
    }

    /// Where a decision about a student is shown, whoever may make it may take it back.
    async fn a_decision_is_taken_back_on_the_page_of_its_student(db: TestDb) {
        let mut world = World::begin(&db).await;
        world.today(5);
        let pages = Pages::of(&world);
        let mut cos = as_role(&pages, &world.office, Role::Cos).await;
        let mut bursar = as_role(&pages, &world.office, Role::Bursar).await;
        let fields = [("kind", "extend"), ("fee", "F-ada"), ("day", "2026-11-30"), ("why", "a request")];
        cos.post("/students/ada/decide", &fields).await.leads("/students/ada");
        let fields = [("kind", "court"), ("fee", "F-ada"), ("why", "a claim")];
        bursar.post("/students/ada/decide", &fields).await.leads("/students/ada");
        let numbers: Vec<i64> = (decide::list(&world.office, None, false).await.unwrap().iter())
            .map(|row| row.decision)
            .collect();
        let way = |student: &str, number: i64| format!("/students/{student}/decisions/{number}/undo");
        let (theirs, ours) = (way("ada", numbers[0]), way("ada", numbers[1]));
        cos.get("/students/ada").await.shows(&["a request", "a claim", &theirs]).hides(&[&ours]);
        bursar.get("/students/ada").await.shows(&[&theirs, &ours]);
        let why = [("why", "the wrong one")];
        for other in [&ours, &way("bartek", numbers[0]), &way("ada", 999)] {
            assert_eq!(cos.post(other, &why).await.status, StatusCode::NOT_FOUND, "{other}");
        }
        let answer = cos.post(&theirs, &[]).await;
        assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY);
        assert!(!answer.text.contains("--by"), "{}", answer.text);
        cos.post(&theirs, &why).await.leads("/students/ada?done=1");
        assert_eq!(world.receivable("ada", "F-ada").await.due_on, bank::october(12));
        cos.get("/students/ada").await.shows(&["taken back"]).hides(&[&theirs]);
    }

    async fn s22_what_needs_two_people_waits_for_the_second(db: TestDb) {
        let mut world = World::begin(&db).await;
        world.today(5);
        world.fee("H-1", "ada", "900,00", "2026-10-30").await;
        let pages = Pages::of(&world);
        for login in ["ada", "eva"] {
            hire(&world.office, login, Role::Bursar).await;
        }
        let mut first = signed_in(&pages, &world.office, "ada").await;
        let mut second = signed_in(&pages, &world.office, "eva").await;
        let fields = [("kind", "waive"), ("fee", "H-1"), ("why", "dean")];
        let seen = [&fields[..], &[("preview", "1")]].concat();
        first.post("/students/ada/decide", &seen).await.shows(&["A second person is needed"]);
        first.post("/students/ada/decide", &fields).await.leads("/students/ada");
        assert_eq!(world.receivable("ada", "H-1").await.open_minor, 90_000);
        first.get("/today").await.shows(&["Decisions waiting for a second person"]);
        let page = first.get("/decisions").await;
        page.shows(&["waive", "This is your decision"]);
        let number = page.text.split("/decisions/").nth(1).unwrap().split('/').next().unwrap().to_owned();
        let answer = first.post(&format!("/decisions/{number}/approve"), &[]).await;
        assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY);
        // With the decision, and why not.
        assert!(answer.text.contains("role=\"alert\"") && answer.text.contains("H-1"), "{}", answer.text);
        assert_eq!(world.receivable("ada", "H-1").await.open_minor, 90_000);
        second.get("/decisions").await.shows(&["H-1", "Approve"]);
        second.post(&format!("/decisions/{number}/approve"), &[]).await.leads("/decisions");
        assert_eq!(world.receivable("ada", "H-1").await.open_minor, 0);
        second.get("/decisions").await.shows(&["Nothing waits for a second person"]);

        // So does what acts from a day that has passed, however small.
        let back = [("kind", "waive"), ("fee", "F-ada"), ("amount", "10"), ("from", "2026-10-01"), ("why", "an old letter")];
        let seen = [&back[..], &[("preview", "1")]].concat();
        let page = first.post("/students/ada/decide", &seen).await;
        page.shows(&["it acts from 2026-10-01, before today", "value=\"2026-10-01\""]);
        first.post("/students/ada/decide", &back).await.leads("/students/ada");
        assert_eq!(world.receivable("ada", "F-ada").await.open_minor, 50_000);
        let page = second.get("/decisions").await;
        page.shows(&["F-ada", "Approve"]);
        let number = page.text.split("/decisions/").nth(1).unwrap().split('/').next().unwrap().to_owned();
        second.post(&format!("/decisions/{number}/approve"), &[]).await.leads("/decisions");
        assert_eq!(world.receivable("ada", "F-ada").await.open_minor, 49_000);
        let odd = [("kind", "waive"), ("fee", "F-ada"), ("from", "then"), ("why", "x")];
        let answer = first.post("/students/ada/decide", &odd).await;
        assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY);
        assert!(answer.text.contains("Give a date like"), "{}", answer.text);
    }

    async fn a_statement_that_does_not_add_up_is_settled_by_a_word(db: TestDb) {
        let mut world = World::begin(&db).await;
        world.bank(8, vec![line(8, 50_000, "ada")]).await;
        let odd = bank::day(2, 9, 50_000, vec![line(9, 10_000, "ada")]).closing(6);
        bank::import_file(&world.office, "/srv/inbox/odd.sta", &odd.file()).await;
        let pages = Pages::of(&world);
        let mut bursar = as_role(&pages, &world.office, Role::Bursar).await;
        bursar.get("/today").await.shows(&["Statements held back"]);
        bursar.get("/statements").await.shows(&["quarantine", "stands", ">odd.sta<"]).hides(&["/srv/inbox"]);
        let listed = statements::list(&world.office, &["quarantined"]).await.unwrap();
        let name = statements::name(&listed[0].row);
        let address = format!("/statements/{name}");
        bursar.get(&address).await.shows(&["quarantine", "Reject", "/srv/inbox/odd.sta"]);
        for fields in [
            vec![("what", "reject"), ("why", "")],
            vec![("what", "supersede"), ("why", "the second try"), ("old", "0000")],
        ] {
            let answer = bursar.post(&format!("{address}/judge"), &fields).await;
            assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY);
            // As it was typed, on the page of the statement.
            for (_, typed) in &fields[1..] {
                assert!(answer.text.contains(&format!("value=\"{typed}\"")), "{typed}: {}", answer.text);
            }
            assert!(answer.text.contains("role=\"alert\"") && answer.text.contains("odd.sta"), "{}", answer.text);
        }
        bursar.post(&format!("{address}/judge"), &[("what", "reject"), ("why", "a test file")]).await.leads(&address);
        bursar.get(&address).await.shows(&["rejected", "a test file"]);
        bursar.get("/statements?status=quarantined").await.shows(&["There are no such statements"]);
        let listed = statements::list(&world.office, &["published"]).await.unwrap();
        let stands = statements::name(&listed[0].row);
        bursar.get(&format!("/statements/{stands}")).await.shows(&["CZESNE", "ada", "PLN\u{a0}500.00"]);
        assert_eq!(bursar.get("/statements/nothing").await.status, StatusCode::NOT_FOUND);
    }

    /// A page of statements goes on behind one that was settled meanwhile, from where it stood.
    async fn a_list_of_statements_goes_on_behind_one_that_left_it(db: TestDb) {
        let mut world = World::begin(&db).await;
        world.bank(8, vec![line(8, 50_000, "ada")]).await;
        for (number, day) in [(2, 9), (3, 10), (4, 11)] {
            let odd = bank::day(number, day, 50_000, vec![line(day, 10_000, "ada")]).closing(6);
            bank::import_file(&world.office, &format!("/srv/inbox/odd{day}.sta"), &odd.file()).await;
        }
        let pages = Pages::of(&world);
        let mut bursar = as_role(&pages, &world.office, Role::Bursar).await;
        let listed = statements::list(&world.office, &["quarantined"]).await.unwrap();
        let named = |day: u32| {
            let of_day = |one: &&statements::Listed| one.row.last_day == Some(bank::october(day));
            statements::name(&listed.iter().find(of_day).unwrap().row)
        };
        let (middle, older, newer) = (named(10), named(9), named(11));
        let link = |name: &str| format!("href=\"/statements/{name}\"");
        for address in ["/statements?status=quarantined", "/statements?status="] {
            let after = format!("{address}&after={middle}&held=1");
            bursar.get(&after).await.shows(&[&link(&older)]).hides(&[&link(&newer), &link(&middle)]);
        }
        let fields = [("what", "reject"), ("why", "a test file")];
        bursar.post(&format!("/statements/{middle}/judge"), &fields).await.leads("/statements/");
        let after = format!("/statements?status=quarantined&after={middle}&held=1");
        bursar.get(&after).await.shows(&[&link(&older)]).hides(&[&link(&newer), &link(&middle)]);
        let unknown = bursar.get("/statements?status=quarantined&after=nothing").await;
        unknown.shows(&[&link(&older), &link(&newer)]);
    }

    /// A statement is read a page of a hundred lines at a time, and its reader is noted to have looked at
    /// those students alone whom the page names.
    async fn a_long_statement_is_read_page_by_page(db: TestDb) {
        let mut world = World::begin(&db).await;
        let mut lines: Vec<_> = (1..=230).map(|nth| line(8, 100 + nth, "ada").tnr(&format!("N{nth:04}"))).collect();
        lines[220] = line(8, 9_900, "bartek").tnr("N0221");
        world.bank(8, lines).await;
        let pages = Pages::of(&world);
        let mut bursar = as_role(&pages, &world.office, Role::Bursar).await;
        let listed = statements::list(&world.office, &["published"]).await.unwrap();
        let address = format!("/statements/{}", statements::name(&listed[0].row));
        let (first, last) = ("PLN\u{a0}1.01<", "PLN\u{a0}3.30<");
        let page = bursar.get(&address).await;
        page.shows(&[first, "PLN\u{a0}2.00<", "behind=100", "230"]).hides(&["PLN\u{a0}2.01<", last, "rel=\"prev\"", "bartek"]);
        for (student, views) in [("ada", 1), ("bartek", 0)] {
            let log = audit::list(&world.office, None, Some(student), 100).await.unwrap();
            assert_eq!(log.iter().filter(|row| row.what == "viewed").count(), views, "{student}");
        }
        // Down to what the bank wrote of an entry, and of no other.
        let nth = |place: usize| page.text.split("raw=").nth(place).unwrap().split('#').next().unwrap().to_owned();
        let raw = bursar.get(&format!("{address}?behind=0&raw={}", nth(2))).await;
        raw.shows(&["As in the bank&#39;s file, line", "<pre class=\"raw\"", ":61:", ":86:", "N0002"]).hides(&[":62F:"]);
        let told = raw.text.split("<pre class=\"raw\"").nth(1).unwrap().split("</pre>").next().unwrap();
        assert_eq!((told.matches(":61:").count(), told.matches(":86:").count()), (1, 1), "{told}");
        assert!(!told.contains("N0001") && !told.contains("N0003"), "{told}");
        for odd in ["0", "99999999", "x", "-1"] {
            assert_eq!(bursar.get(&format!("{address}?raw={odd}")).await.status, StatusCode::OK, "{odd}");
        }
        let page = bursar.get(&format!("{address}?behind=100")).await;
        page.shows(&["PLN\u{a0}2.01<", "behind=0", "behind=200"]).hides(&[first, last]);
        let page = bursar.get(&format!("{address}?behind=200")).await;
        page.shows(&[last, "bartek", "rel=\"prev\""]).hides(&["rel=\"next\""]);
        for odd in ["x", "-1", "99999999999999999999", "18446744073709551615"] {
            assert_eq!(bursar.get(&format!("{address}?behind={odd}")).await.status, StatusCode::OK, "{odd}");
        }
    }

    /// What the engine calls by short names stands in the reader's words, in both languages.
    async fn pages_speak_the_language_of_their_reader_and_name_no_command(db: TestDb) {
        let mut world = World::begin(&db).await;
        world.bank(8, vec![line(8, 20_000, "ada"), line(8, 50_000, "bartek")]).await;
        world.today(14);
        let credit = world.why_fee("F-ada").await.allocations[0].credit.id.clone();
        let pages = Pages::of(&world);
        let mut bursar = as_role(&pages, &world.office, Role::Bursar).await;
        let fields = [("kind", "waive"), ("fee", "F-ada"), ("why", "dean")];
        bursar.post("/students/ada/decide", &fields).await.leads("/students/ada");
        hire(&world.office, "auditor", Role::Auditor).await;
        for (language, words) in [
            ("en", ["the oldest due date", "the credited account", "the booking date", "waived", "waiver", "viewed a student"]),
            ("pl", ["najstarszy termin", "rachunek, na który wpłynęło", "data księgowania", "umorzona", "umorzenie", "oglądał(a) studenta"]),
        ] {
            let [due, known, booked, closed, waiver, viewed] = words;
            bursar.headers = vec![("accept-language", language.to_owned())];
            bursar.get("/why/F-ada").await.shows(&[due, booked]).hides(&["oldest_due", ">booking<"]);
            bursar.get(&format!("/why/{credit}")).await.shows(&[due, known, booked]).hides(&["virtual_account"]);
            let page = bursar.get("/students/ada").await;
            page.shows(&[closed, waiver]).hides(&[">waive ", ">waiver<"]);
            let mut auditor = signed_in(&pages, &world.office, "auditor").await;
            auditor.headers.clone_from(&bursar.headers);
            auditor.get("/audit").await.shows(&[viewed]);
        }
    }

    async fn the_log_is_read_by_those_who_watch(db: TestDb) {
        let world = World::begin(&db).await;
        let pages = Pages::of(&world);
        let mut bursar = as_role(&pages, &world.office, Role::Bursar).await;
        bursar.get("/students/ada").await.shows(&["ada Testowa"]);
        audit::seal(&world.office).await.unwrap();
        let mut auditor = as_role(&pages, &world.office, Role::Auditor).await;
        auditor.get("/audit").await.shows(&["The chain holds", "viewed", "bursar"]);
        auditor.get("/audit?about=ada").await.shows(&["viewed"]);
        auditor.get("/audit?about=bartek").await.shows(&["No entries"]);
        assert_eq!(bursar.get("/audit").await.status, StatusCode::NOT_FOUND);
    }
}
