//! The review queue, worked off on its pages.

use super::browser::{Browser, Pages, as_role, hire, signed_in};
use crate::stories::bank::{line, october};
use crate::stories::world::{OTHER_PAYER, World};
use crate::support::{TestDb, on_both_engines};
use axum::http::StatusCode;
use kwestura::engine::audit;
use kwestura::engine::decide::{self, Request};
use kwestura::engine::staff::Role;

/// Two credits of which the text tells whose they are, and one that tells nothing.
async fn morning(db: &TestDb) -> (World, Pages, Browser) {
    let mut world = World::begin(db).await;
    let lines = vec![
        line(8, 50_000, "").title("CZESNE 900001"),
        line(8, 20_000, "").title("900002 RATA"),
        line(8, 1_200, "").from(OTHER_PAYER).title("KARTY"),
    ];
    world.bank(8, lines).await;
    world.today(14);
    let pages = Pages::of(&world);
    let browser = as_role(&pages, &world.office, Role::Bursar).await;
    (world, pages, browser)
}

/// The name of the entry with this title.
async fn named(world: &World, title: &str) -> String {
    let queue = world.queue().await;
    let row = queue.iter().find(|row| row.remittance.contains(title));
    row.unwrap().id.clone()
}

/// What a page holds in a hidden field.
fn hidden<'a>(page: &'a str, name: &str) -> &'a str {
    let mark = format!("name=\"{name}\" value=\"");
    let rest = page.split(mark.as_str()).nth(1).unwrap();
    rest.split('"').next().unwrap()
}

/// Who looked at a student.
async fn lookers(world: &World, student: &str) -> Vec<String> {
    let log = audit::list(&world.office, None, Some(student), 100);
    let log = log.await.unwrap().into_iter();
    log.filter(|row| row.what == "viewed")
        .map(|row| row.who)
        .collect()
}

on_both_engines! {
    async fn a_credit_is_assigned_with_its_effect_seen_before_and_taken_back(db: TestDb) {
        let (world, _, mut bursar) = morning(&db).await;
        let credit = named(&world, "900001").await;
        bursar.get("/review").await.shows(&["CZESNE 900001", "900002 RATA", "KARTY", "ada Testowa"]);
        let page = bursar.get(&format!("/review/{credit}")).await;
        page.shows(&["CZESNE 900001", "the album 900001 in the text", "F-ada", "settled 8 Oct 2026", "of 3"]);
        // Looking decided nothing.
        assert_eq!(world.owes("ada").await, (50_000, 0));
        let mark = hidden(&page.text, "mark");
        let fields = [("student", "ada"), ("why", "the album"), ("mark", mark), ("next", "")];
        let answer = bursar.post(&format!("/review/{credit}/assign"), &fields).await;
        answer.leads("/review/");
        assert!(answer.to().ends_with(&format!("done={credit}")), "{}", answer.to());
        let to = answer.to().to_owned();
        let noted = bursar.get(&to).await;
        noted.shows(&["Noted.", &format!("/review/{credit}/undo")]);
        let word = hidden(&noted.text, "word").to_owned();
        let fee = world.receivable("ada", "F-ada").await;
        assert_eq!((fee.settled_on, fee.late_days), (Some(october(8)), 0));

        // Its own page says that it does not wait any more.
        let gone = bursar.get(&format!("/review/{credit}")).await;
        assert_eq!(gone.status, StatusCode::CONFLICT);
        assert!(gone.text.contains(&format!("href=\"/why/{credit}\"")), "{}", gone.text);
        // What was looked for is still looked for, as long as the entry is among it.
        let filtered = bursar.post(&format!("/review/{credit}/undo?strong=1&q=czesne"), &[("word", &word)]).await;
        filtered.leads(&format!("/review/{credit}?q=czesne&strong=1&undone=1"));
        bursar.get(filtered.to()).await.shows(&["Taken back", "of 1"]);
        assert_eq!(world.owes("ada").await, (50_000, 0));
        assert_eq!(world.queue().await.len(), 3);
    }

    /// Two people look at the same entry; the second to say a word hears so, and nothing is lost.
    async fn s23_two_people_never_decide_about_one_entry_unknowingly(db: TestDb) {
        let (world, pages, mut ada) = morning(&db).await;
        hire(&world.office, "eva", Role::Bursar).await;
        let mut eva = signed_in(&pages, &world.office, "eva").await;
        let credit = named(&world, "900001").await;
        let address = format!("/review/{credit}");
        let page = ada.get(&address).await;
        let mark = hidden(&page.text, "mark").to_owned();
        let fields = [("student", "ada"), ("why", "album"), ("mark", mark.as_str())];
        let answer = eva.post(&format!("{address}/assign"), &fields).await;
        answer.leads("/review/");
        let word = hidden(&eva.get(answer.to()).await.text, "word").to_owned();
        let decided = world.decisions().await;
        let fields = [("why", "cards"), ("mark", mark.as_str())];
        let answer = ada.post(&format!("{address}/ignore"), &fields).await;
        assert_eq!(answer.status, StatusCode::CONFLICT);
        assert!(answer.text.contains("Somebody else has decided"), "{}", answer.text);
        assert_eq!(world.decisions().await, decided);
        // Nor when it was taken back meanwhile: it is another state than the one that was seen.
        eva.post(&format!("{address}/undo"), &[("word", &word)]).await.leads(&address);
        let answer = ada.post(&format!("{address}/ignore"), &fields).await;
        assert_eq!(answer.status, StatusCode::CONFLICT);
        let mark = hidden(&ada.get(&address).await.text, "mark").to_owned();
        let fields = [("why", "cards"), ("mark", mark.as_str())];
        ada.post(&format!("{address}/ignore"), &fields).await.leads("/review/");
    }

    /// Whoever says the last word of a queue is led to its list, and can take it back from there.
    async fn the_last_word_of_a_queue_is_taken_back_as_the_others_are(db: TestDb) {
        let (world, _, mut bursar) = morning(&db).await;
        let cards = named(&world, "KARTY").await;
        let address = format!("/review/{cards}");
        let mark = hidden(&bursar.get(&format!("{address}?q=karty")).await.text, "mark").to_owned();
        let fields = [("why", "canteen"), ("mark", mark.as_str())];
        let answer = bursar.post(&format!("{address}/ignore?q=karty"), &fields).await;
        answer.leads(&format!("/review?q=karty&done={cards}"));
        let list = bursar.get(answer.to()).await;
        list.shows(&["Noted.", &cards, &format!("{address}/undo?q=karty"), "data-key=\"z\""]);
        let word = [("word", hidden(&list.text, "word"))];
        let undone = bursar.post(&format!("{address}/undo?q=karty"), &word).await;
        undone.leads(&format!("{address}?q=karty&undone=1"));
        assert_eq!(world.queue().await.len(), 3);
        // An address that names nothing says nothing.
        bursar.get("/review?done=0000000000").await.hides(&["Noted.", "/undo"]);
        bursar.get(&format!("/review?done={cards}")).await.shows(&["Nothing stands about it any more"]).hides(&["/undo"]);
    }

    /// A colleague's newer word is read before it is taken back.
    async fn s23_nobody_takes_back_a_word_that_they_have_not_seen(db: TestDb) {
        let (world, pages, mut ada) = morning(&db).await;
        hire(&world.office, "eva", Role::Bursar).await;
        let mut eva = signed_in(&pages, &world.office, "eva").await;
        let credit = named(&world, "900001").await;
        let address = format!("/review/{credit}");
        let assign = format!("{address}/assign");
        let mark = hidden(&ada.get(&address).await.text, "mark").to_owned();
        let fields = [("student", "ada"), ("why", "album"), ("mark", mark.as_str())];
        let noted = ada.post(&assign, &fields).await.to().to_owned();
        let seen = ada.get(&noted).await;
        let word = [("word", hidden(&seen.text, "word"))];

        // Eva takes it back where the credit is explained, and says something else.
        let why = format!("/why/{credit}");
        let page = eva.get(&why).await;
        page.shows(&["Last decision", "album", "Take this decision back"]);
        let theirs = [("word", hidden(&page.text, "word")), ("why", "it is the brother's")];
        eva.post(&format!("{address}/undo"), &theirs).await.leads(&address);
        let mark = hidden(&eva.get(&address).await.text, "mark").to_owned();
        let fields = [("student", "bartek"), ("why", "the brother"), ("mark", mark.as_str())];
        eva.post(&assign, &fields).await.leads("/review/");

        // Neither with what was seen before nor without a look.
        for fields in [&word[..], &[]] {
            let answer = ada.post(&format!("{address}/undo"), fields).await;
            assert_eq!(answer.status, StatusCode::CONFLICT);
            assert!(answer.text.contains("Something new was said"), "{}", answer.text);
            assert!(answer.text.contains(&format!("href=\"{why}\"")), "{}", answer.text);
        }
        assert_eq!(world.owes("bartek").await, (0, 0));
        ada.get(&noted).await.shows(&["Somebody else has decided about it since: eva"]).hides(&["name=\"word\""]);
        let page = ada.get(&why).await;
        page.shows(&["the brother"]);
        let word = [("word", hidden(&page.text, "word")), ("why", "talked it over")];
        ada.post(&format!("{address}/undo"), &word).await.leads(&address);
        assert_eq!(world.owes("bartek").await, (50_000, 0));
        let mut auditor = as_role(&pages, &world.office, Role::Auditor).await;
        auditor.get(&why).await.hides(&["/undo"]);
    }

    async fn what_is_no_students_and_what_is_several_students_leaves_the_queue(db: TestDb) {
        let (world, _, mut bursar) = morning(&db).await;
        let cards = named(&world, "KARTY").await;
        let page = bursar.get(&format!("/review/{cards}")).await;
        page.shows(&["Nothing speaks for anybody"]);
        // The bank tells no name of theirs.
        page.hides(&["Look for the payer among the students"]);
        let mark = hidden(&page.text, "mark").to_owned();
        let fields = [("why", "canteen"), ("rule", "1"), ("mark", mark.as_str())];
        bursar.post(&format!("/review/{cards}/ignore"), &fields).await.leads("/review/");

        let credit = named(&world, "900001").await;
        let address = format!("/review/{credit}/split");
        let wrong = [("parts", "ada = 100"), ("why", "a list"), ("mark", mark.as_str())];
        let answer = bursar.post(&address, &wrong).await;
        assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY);
        // Nothing that was typed is lost, and the reason stands beside it.
        for words in ["ada = 100</textarea>", "value=\"a list\"", "<details open>", "a split needs two students or more<", "CZESNE 900001"] {
            assert!(answer.text.contains(words), "{words}: {}", answer.text);
        }
        assert!(!answer.text.contains("`kwestura"), "{}", answer.text);
        // The effect is seen first, also without a reason, and decides nothing.
        let look = [("parts", "ada = 300,00\nbartek = 200,00"), ("why", ""), ("mark", mark.as_str()), ("preview", "1")];
        let seen = bursar.post(&address, &look).await;
        assert_eq!(seen.status, StatusCode::OK);
        seen.shows(&["<b>ada</b> F-ada", "<b>bartek</b> F-bartek", "bartek = 200,00</textarea>", "<details open>"]);
        seen.hides(&["role=\"alert\""]);
        assert_eq!(world.owes("bartek").await, (50_000, 0));
        assert!(lookers(&world, "bartek").await.contains(&"bursar".to_owned()));
        let right = [("parts", "ada = 300,00\nbartek = 200,00"), ("why", "a list"), ("mark", mark.as_str())];
        bursar.post(&address, &right).await.leads("/review/");
        assert_eq!(world.owes("ada").await, (20_000, 0));
        assert_eq!(world.owes("bartek").await, (30_000, 0));
        assert_eq!(world.queue().await.len(), 1);
    }

    /// Looking for somebody else does not lose what was looked for before.
    async fn the_effect_for_somebody_else_is_shown_within_the_same_filter(db: TestDb) {
        let (world, _, mut bursar) = morning(&db).await;
        let credit = named(&world, "900001").await;
        let page = bursar.get(&format!("/review/{credit}?q=czesne&strong=1")).await;
        page.shows(&["name=\"q\" value=\"czesne\"", "name=\"strong\" value=\"1\"", "of 1"]);
        page.hides(&["name=\"account\""]);
        let page = bursar.get(&format!("/review/{credit}?q=czesne&strong=1&student=bartek")).await;
        page.shows(&["Assign to bartek Testowa", "/assign?q=czesne&#38;strong=1", "of 1"]);
    }

    /// A list can be walked and worked off with keys, and each of one letter can be switched off.
    async fn the_keys_that_a_page_names_are_there(db: TestDb) {
        let (world, _, mut bursar) = morning(&db).await;
        let list = bursar.get("/review").await;
        list.shows(&["data-row", "data-key=\"Enter\"", "data-key=\"/\"", "j k or arrows", "data-keys", "Keyboard shortcuts"]);
        let credit = named(&world, "900001").await;
        let page = bursar.get(&format!("/review/{credit}")).await;
        for key in ["j", "1", "a", "x", "c", "s", "/", "?"] {
            page.shows(&[&format!("data-key=\"{key}\"")]);
        }
    }

    /// Whoever goes on behind an entry goes on from where it stood, be it that it waits no more.
    async fn the_queue_goes_on_from_where_a_decided_entry_stood(db: TestDb) {
        let (world, pages, mut ada) = morning(&db).await;
        hire(&world.office, "eva", Role::Bursar).await;
        let mut eva = signed_in(&pages, &world.office, "eva").await;
        let ids: Vec<String> = world.queue().await.into_iter().map(|row| row.id).collect();
        let [first, second, third] = [&ids[0], &ids[1], &ids[2]];
        let link = |id: &str| format!("href=\"/review/{id}\"");
        let ignore = |id: &str| format!("/review/{id}/ignore");
        let said = |next: &str| [("why", "x".to_owned()), ("mark", "0.0".to_owned()), ("next", next.to_owned())];
        let fields = said("");
        let fields: Vec<(&str, &str)> = fields.iter().map(|(name, value)| (*name, value.as_str())).collect();
        eva.post(&ignore(second), &fields).await.leads("/review/");
        let page = ada.get(&format!("/review?after={second}")).await;
        page.shows(&[&link(third)]).hides(&[&link(first)]);
        // Ada saw it as the next one; what comes behind it is next now, and not what she has passed.
        world.fact(Request::Ignore { credit: third.clone(), rule: false }).await;
        let number = decide::last_word(&world.office, second).await.unwrap().unwrap().decision.to_string();
        eva.post(&format!("/review/{second}/undo"), &[("word", &number)]).await.leads("/review/");
        let fields = said(third);
        let fields: Vec<(&str, &str)> = fields.iter().map(|(name, value)| (*name, value.as_str())).collect();
        ada.post(&ignore(first), &fields).await.leads(&format!("/review/{second}"));
        ada.get("/review?after=nothing").await.shows(&[&link(second)]);
    }

    async fn the_queue_is_filtered_by_its_address_and_exported_as_it_is_seen(db: TestDb) {
        let (_world, _, mut bursar) = morning(&db).await;
        bursar.get("/review?q=karty").await.shows(&["KARTY"]).hides(&["CZESNE 900001"]);
        bursar.get("/review?q=500,00").await.shows(&["CZESNE 900001"]).hides(&["KARTY"]);
        bursar.get("/review?strong=1").await.shows(&["CZESNE 900001"]).hides(&["KARTY"]);
        bursar.get("/review?q=nothing+of+this").await.shows(&["Nothing of this kind waits"]);
        let file = bursar.get("/review.csv?q=rata").await;
        let lines: Vec<&str> = file.text.trim_end().lines().collect();
        assert_eq!(lines.len(), 2, "{lines:?}");
        assert!(lines[1].contains(";2026-10-08;200,00;PLN;") && lines[1].contains(";900002 RATA;"), "{lines:?}");
        assert_eq!(file.headers["content-disposition"], "attachment; filename=\"review.csv\"");
    }

    /// Whoever is shown a student's account is noted, on whichever page that is.
    async fn s19_a_student_who_is_seen_beside_an_entry_or_a_decision_was_looked_at(db: TestDb) {
        let (world, pages, mut bursar) = morning(&db).await;
        hire(&world.office, "eva", Role::Bursar).await;
        let cards = named(&world, "KARTY").await;
        bursar.get(&format!("/review/{cards}")).await.shows(&["KARTY"]);
        assert!(lookers(&world, "celina").await.is_empty());
        bursar.get(&format!("/review/{cards}?student=900003")).await.shows(&["F-celina"]);
        assert_eq!(lookers(&world, "celina").await, ["bursar"]);

        world.fee("H-1", "bartek", "900,00", "2026-10-30").await;
        let fields = [("kind", "waive"), ("fee", "H-1"), ("why", "dean")];
        bursar.post("/students/bartek/decide", &fields).await.leads("/students/bartek");
        let mut eva = signed_in(&pages, &world.office, "eva").await;
        assert!(!lookers(&world, "bartek").await.contains(&"eva".to_owned()));
        eva.get("/decisions").await.shows(&["H-1"]);
        assert!(lookers(&world, "bartek").await.contains(&"eva".to_owned()));
    }

    async fn who_only_reads_sees_no_button(db: TestDb) {
        let (world, pages, _) = morning(&db).await;
        let mut auditor = as_role(&pages, &world.office, Role::Auditor).await;
        let credit = named(&world, "900001").await;
        let page = auditor.get(&format!("/review/{credit}")).await;
        page.shows(&["ada Testowa"]).hides(&["/assign", "/ignore", "/split"]);
        let answer = auditor.post(&format!("/review/{credit}/assign"), &[("student", "ada")]).await;
        assert_eq!(answer.status, StatusCode::NOT_FOUND);
        assert_eq!(auditor.get("/review/0000000000").await.status, StatusCode::NOT_FOUND);
    }
}
