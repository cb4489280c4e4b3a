//! The COS desk: a clerk takes a case, answers it with a decision, and sees no more than the desk.

use super::browser::{Browser, PASSWORD, Pages, as_role, hire, signed_in};
use super::papers::read;
use crate::stories::bank::{line, october};
use crate::stories::world::World;
use crate::support::{TestDb, on_both_engines};
use axum::http::StatusCode;
use kwestura::engine::audit;
use kwestura::engine::decide::Request;
use kwestura::engine::desk::{self, Wanted};
use kwestura::engine::escalate;
use kwestura::engine::lookup;
use kwestura::engine::staff::Role;

/// Ada asks for more time: a case of COS. Statements are missing: one of the office.
async fn desk(db: &TestDb) -> (World, Pages, Browser, i64, i64) {
    let mut world = World::begin(db).await;
    world.bank(1, vec![]).await;
    world.today(13);
    let request = Request::Defer {
        fee: "F-ada".to_owned(),
        until: october(30),
        instalments: false,
    };
    world.fact(request).await;
    escalate::run(&world.office, world.office.now.today, false)
        .await
        .unwrap();
    let open = desk::list(&world.office, &Wanted::default()).await.unwrap();
    let find = |kind: &str| open.iter().find(|row| row.kind == kind).unwrap().id;
    let (theirs, ours) = (find("deferral"), find("statements"));
    let pages = Pages::of(&world);
    let browser = as_role(&pages, &world.office, Role::Cos).await;
    (world, pages, browser, theirs, ours)
}

/// The open case of a kind.
async fn open(world: &World, kind: &str) -> i64 {
    let open = desk::list(&world.office, &Wanted::default()).await.unwrap();
    open.iter().find(|row| row.kind == kind).unwrap().id
}

async fn handed(world: &World) -> Vec<i64> {
    let open = desk::list(&world.office, &Wanted::default()).await.unwrap();
    let handed = open.iter().filter(|row| row.kind == "handed_over");
    handed.map(|row| row.id).collect()
}

/// The only credit that COS is asked about.
async fn only_handed(world: &World) -> i64 {
    let found = handed(world).await;
    assert_eq!(found.len(), 1);
    found[0]
}

/// A student says that a fee is wrong: a case of COS.
async fn dispute(world: &World, student: &str) -> i64 {
    let request = Request::Dispute {
        fee: format!("F-{student}"),
        until: october(30),
    };
    world.fact(request).await;
    escalate::run(&world.office, world.office.now.today, false)
        .await
        .unwrap();
    open(world, "dispute").await
}

on_both_engines! {
    async fn a_request_is_taken_and_answered_with_its_effect_seen_before(db: TestDb) {
        let (world, _, mut cos, case, _) = desk(&db).await;
        let address = format!("/cases/{case}");
        cos.get("/cases").await.shows(&[&address, "Request for more time", "nobody yet"]);
        cos.get(&address).await.shows(&["Take it", "ada Testowa"]);
        cos.post(&format!("{address}/take"), &[("seen_owner", "")]).await.leads(&address);
        cos.get("/cases?mine=1").await.shows(&[&address]);
        cos.get(&address).await.hides(&["Take it"]);
        cos.post(&format!("{address}/note"), &[("why", "called her")]).await.leads(&address);
        cos.post(&format!("{address}/wait"), &[("day", "2026-10-20"), ("why", "a paper")]).await.leads(&address);
        cos.get(&address).await.shows(&["called her", "waits until 20 Oct 2026", "a paper"]);
        cos.post(&format!("{address}/resume"), &[("why", "it came")]).await.leads(&address);
        cos.get(&address).await.hides(&["waits until"]);

        let first = [("kind", "extend"), ("fee", "F-ada"), ("day", "2026-11-30"), ("why", "request"), ("preview", "1")];
        cos.post(&format!("{address}/resolve"), &first).await.shows(&["due 30 Nov 2026"]);
        assert_eq!(world.receivable("ada", "F-ada").await.due_on, october(12));
        let fields = [("kind", "extend"), ("fee", "F-bartek"), ("day", "2026-11-30"), ("why", "request")];
        let answer = cos.post(&format!("{address}/resolve"), &fields).await;
        assert_eq!(answer.status, StatusCode::NOT_FOUND);
        let fields = [("kind", "extend"), ("fee", "F-ada"), ("day", "2026-11-30"), ("why", "request")];
        cos.post(&format!("{address}/resolve"), &fields).await.leads(&address);
        assert_eq!(world.receivable("ada", "F-ada").await.due_on.to_string(), "2026-11-30");
        let page = cos.get(&address).await;
        page.shows(&["resolved", "extension of the due date F-ada: request", "href=\"/why/F-ada\""]);
        page.hides(&["Close without"]);
        let answer = cos.post(&format!("{address}/resolve"), &fields).await;
        assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY);
    }

    /// Words to the student go with what ends a case, or by themselves; a form that was refused keeps them.
    async fn cos_writes_to_the_student_on_the_page_of_the_case(db: TestDb) {
        let (world, pages, mut cos, case, ours) = desk(&db).await;
        let reply = async |student: &str| lookup::by_external(&world.office, student).await.unwrap().said[0].reply.clone();
        let address = format!("/cases/{case}");
        cos.get(&address).await.shows(&["Answer to the student", "Notes and reasons they do not see."]);
        let resolve = format!("{address}/resolve");
        let words = ("reply", "We <b>cannot</b> wait.");
        let refused = cos.post(&resolve, &[("kind", "none"), ("why", " "), words]).await;
        assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY);
        assert!(refused.text.contains("rows=\"3\" maxlength=\"1000\">We &#60;b&#62;cannot&#60;/b&#62; wait.</textarea>"), "{}", refused.text);
        assert_eq!(reply("ada").await, None);
        cos.post(&resolve, &[("kind", "none"), ("why", "talked over"), words]).await.leads(&address);
        assert_eq!(reply("ada").await.as_deref(), Some(words.1));
        // Also when it has ended.
        cos.get(&address).await.shows(&["closed", "We &#60;b&#62;cannot&#60;/b&#62; wait.", "Give this answer"]);
        cos.post(&format!("{address}/reply"), &[("reply", "Come and see us.")]).await.leads(&address);
        assert_eq!(reply("ada").await.as_deref(), Some("Come and see us."));

        // With a decision, whose effect is seen before.
        let case = dispute(&world, "bartek").await;
        let fields = [("kind", "extend"), ("fee", "F-bartek"), ("day", "2026-11-30"), ("why", "loan"), ("reply", "Until the loan comes.")];
        let first = [&fields[..4], &[("preview", "1")]].concat();
        cos.post(&format!("/cases/{case}/resolve"), &first).await.shows(&["due 30 Nov 2026", "name=\"reply\""]);
        cos.post(&format!("/cases/{case}/resolve"), &fields).await.leads("/cases/");
        assert_eq!(reply("bartek").await.as_deref(), Some("Until the loan comes."));

        // Where no student asked there is nobody to read it.
        let mut bursar = as_role(&pages, &world.office, Role::Bursar).await;
        bursar.get(&format!("/cases/{ours}")).await.hides(&["Answer to the student"]);
        let refused = bursar.post(&format!("/cases/{ours}/reply"), &[("reply", "hello")]).await;
        assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY);
    }

    /// Whoever works on a case sees what was written to its student, and to nobody else.
    async fn a_case_shows_what_was_written_to_its_student(db: TestDb) {
        let (world, _, mut cos, case, _) = desk(&db).await;
        let address = format!("/cases/{case}");
        cos.get(&address).await.shows(&["Messages to the student", "Nothing was sent or decided yet."]);
        let mut written = Vec::new();
        for student in ["ada", "bartek"] {
            let mut tx = world.office.db.write().await.unwrap();
            let person = tx.persons_by_external(&[student.to_owned()]).await.unwrap()[0].id;
            let id = tx.add_student_message(person, ("reminder", "pl"), october(13), 1).await.unwrap();
            tx.commit().await.unwrap();
            written.push(format!("href=\"/messages/{id}\""));
        }
        cos.get(&address).await.shows(&[&written[0]]).hides(&[&written[1], "Nothing was sent"]);
    }

    /// It steps back until its day, and is then the first, without anybody's doing.
    async fn a_case_sleeps_until_the_students_day_and_comes_back_at_the_head(db: TestDb) {
        let (world, pages, mut cos, ada, _) = desk(&db).await;
        let bartek = dispute(&world, "bartek").await;
        let (first, second) = (format!("/cases/{bartek}\""), format!("/cases/{ada}\""));
        let order = |text: &str| text.find(&first).unwrap() < text.find(&second).unwrap();
        // The request is due on the 20th, the dispute a week later.
        assert!(!order(&cos.get("/cases").await.text));
        let wait = format!("/cases/{bartek}/wait");
        for day in ["2026-10-13", "2026-10-12", "", "soon"] {
            let answer = cos.post(&wait, &[("day", day), ("why", "a paper")]).await;
            assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY, "{day}");
            for words in ["role=\"alert\"", "value=\"a paper\"", &format!("value=\"{day}\""), "Wait for the student"] {
                assert!(answer.text.contains(words), "{words}: {}", answer.text);
            }
        }
        cos.post(&wait, &[("day", "2026-10-16"), ("why", "a paper")]).await.leads("/cases/");
        // Whoever has it, it sleeps on.
        cos.post(&format!("/cases/{bartek}/take"), &[("seen_owner", "")]).await.leads("/cases/");
        let page = cos.get("/cases").await;
        page.shows(&["waits until 16 Oct 2026"]);
        assert!(!order(&page.text));
        pages.later(3 * 24 * 60);
        let mut cos = signed_in(&pages, &world.office, "cos").await;
        let page = cos.get("/cases").await;
        page.shows(&["is back"]).hides(&["waits until"]);
        assert!(order(&page.text), "at the head");
        cos.post(&format!("/cases/{bartek}/take"), &[("seen_owner", "cos")]).await.leads("/cases/");
        cos.get("/cases").await.hides(&["is back"]);
    }

    /// What would come of it is shown for each of them, and a refusal of one keeps none of the others.
    async fn many_cases_are_worked_off_at_once_with_their_effect_seen_before(db: TestDb) {
        let (world, pages, mut cos, ada, ours) = desk(&db).await;
        let bartek = dispute(&world, "bartek").await;
        let (ada_seen, bartek_seen) = (format!("{ada}:"), format!("{bartek}:"));
        let fields = [
            ("action", "extend"), ("day", "2026-11-30"), ("why", "strike"),
            ("case", ada_seen.as_str()), ("case", bartek_seen.as_str()),
        ];
        let first = [&fields[..], &[("preview", "1")]].concat();
        cos.post("/cases/many", &first).await.shows(&["F-ada", "F-bartek", "due 30 Nov 2026", "Do it (2)"]);
        // S19: whoever sees what it would change has looked at those students.
        for student in ["ada", "bartek"] {
            let log = audit::list(&world.office, None, Some(student), 100).await.unwrap();
            assert!(log.iter().any(|row| row.what == "viewed" && row.who == "cos"), "{student}");
        }
        assert_eq!(world.receivable("ada", "F-ada").await.due_on, october(12));
        // Somebody takes one of them meanwhile.
        hire(&world.office, "eva", Role::Cos).await;
        let mut eva = signed_in(&pages, &world.office, "eva").await;
        eva.post(&format!("/cases/{bartek}/take"), &[("seen_owner", "")]).await.leads("/cases/");
        cos.post("/cases/many", &fields).await.shows(&["eva works on it meanwhile", "due 30 Nov 2026"]);
        assert_eq!(world.receivable("ada", "F-ada").await.due_on.to_string(), "2026-11-30");
        assert_eq!(world.receivable("bartek", "F-bartek").await.due_on, october(12));
        cos.get(&format!("/cases/{ada}")).await.shows(&["resolved", "strike"]);

        let by_eva = format!("{bartek}:eva");
        let both = [("case", ada_seen.as_str()), ("case", by_eva.as_str())];
        for (action, more, words) in [
            ("take", ("owner", ""), "eva → cos"),
            ("assign", ("owner", "ewa"), "eva → ewa"),
            ("wait", ("day", "2026-10-20"), "waits until 20 Oct 2026"),
            ("close", ("owner", ""), "goes on"),
        ] {
            let fields = [("action", action), ("why", "x"), more, both[0], both[1], ("preview", "1")];
            let page = cos.post("/cases/many", &fields).await;
            page.shows(&[words, "has ended", "Do it (1)"]);
        }
        let close = [("action", "close"), ("why", "all talked over"), both[0], both[1]];
        cos.post("/cases/many", &close).await.shows(&["has ended", "goes on"]);
        cos.post("/cases/many", &close).await.shows(&["has ended"]).hides(&["goes on"]);
        let (row, _) = desk::show(&world.office, bartek).await.unwrap();
        assert_eq!((row.state.as_str(), row.outcome.as_str()), ("closed", "none"));

        // What is missing is asked for, and what was chosen and typed stays.
        let undated = [("action", "wait"), ("why", "is abroad"), both[0], both[1]];
        let page = cos.post("/cases/many", &undated).await;
        page.refuses(&["Give a date like", "is abroad", r#"value="wait" selected"#, &format!(r#"value="{ada_seen}""#), &by_eva]);

        // What is of another desk, is missing or is not said.
        let foreign = format!("{ours}:");
        let answer = cos.post("/cases/many", &[("action", "take"), ("case", &foreign)]).await;
        assert_eq!(answer.status, StatusCode::NOT_FOUND);
        let mut bursar = as_role(&pages, &world.office, Role::Bursar).await;
        for fields in [
            vec![("action", "take")],
            vec![("action", "burn"), ("case", &foreign)],
            vec![("action", "close"), ("case", &foreign)],
        ] {
            let answer = bursar.post("/cases/many", &fields).await;
            assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY, "{fields:?}");
        }
    }

    async fn the_dossier_is_a_paper_with_all_that_is_known(db: TestDb) {
        let (world, pages, mut cos, case, ours) = desk(&db).await;
        cos.post(&format!("/cases/{case}/note"), &[("why", "called her")]).await.leads("/cases/");
        let address = format!("/cases/{case}/dossier.pdf");
        cos.get(&format!("/cases/{case}")).await.shows(&[&address]);
        let text = read(&cos.get(&address).await);
        for words in ["Dossier of case", "Request for more time", "ada Testowa", "900001", "F-ada", "PLN 500.00", "called her"] {
            assert!(text.contains(words), "{words} in {text}");
        }
        assert!(!text.contains("bartek"), "{text}");
        let hidden = cos.get(&format!("/cases/{ours}/dossier.pdf")).await;
        assert_eq!(hidden.status, StatusCode::NOT_FOUND);
        // A case about no student has one, too.
        let mut bursar = as_role(&pages, &world.office, Role::Bursar).await;
        let text = read(&bursar.get(&format!("/cases/{ours}/dossier.pdf")).await);
        assert!(text.contains("Statements missing"), "{text}");
    }

    /// A mail's link leads over the sign-in to its case, and never to another site.
    async fn the_link_of_a_mail_lands_on_its_case_after_the_sign_in(db: TestDb) {
        let (_, pages, _, case, _) = desk(&db).await;
        let address = format!("/cases/{case}");
        let mut clerk = pages.stranger();
        let asked = clerk.get(&address).await;
        asked.leads(&format!("/sign-in?to=%2Fcases%2F{case}"));
        clerk.get(asked.to()).await.shows(&[&format!("name=\"to\" value=\"{address}\"")]);
        let typed = |to| [("login", "cos"), ("password", PASSWORD), ("to", to)];
        clerk.post("/sign-in", &typed(address.as_str())).await.leads(&address);
        clerk.get(&address).await.shows(&["Request for more time"]);
        for to in ["https://evil.example", "//evil.example/cases/1", "/\\evil.example", "javascript:alert(1)", "cases"] {
            let mut other = pages.stranger();
            let answer = other.get(&format!("/sign-in?to={}", kwestura::text::in_address(to))).await;
            answer.shows(&["name=\"to\" value=\"/\""]);
            assert_eq!(other.post("/sign-in", &typed(to)).await.to(), "/", "{to}");
        }
    }

    /// The office cannot tell whose a credit is; COS asks, answers or assigns it.
    async fn a_credit_is_handed_to_cos_and_comes_back_with_its_answer(db: TestDb) {
        let (mut world, _, _, _, _) = desk(&db).await;
        world.bank(13, vec![line(13, 20_000, "").title("RATA od brata")]).await;
        world.today(14);
        let credit = world.only_in_queue().await;
        let pages = Pages::of(&world);
        let mut bursar = as_role(&pages, &world.office, Role::Bursar).await;
        let mut cos = signed_in(&pages, &world.office, "cos").await;
        let hand = format!("/review/{credit}/hand-over");
        let fields = [("why", "which brother?"), ("mark", "0.0")];
        bursar.post(&hand, &fields).await.leads("/review");
        let answer = bursar.post(&hand, &fields).await;
        assert_eq!(answer.status, StatusCode::CONFLICT);

        let case = only_handed(&world).await;
        let address = format!("/cases/{case}");
        bursar.get("/review").await.shows(&["COS asks"]);
        bursar.get(&format!("/review/{credit}")).await.shows(&[&address, "COS asks about this credit"]);
        cos.get("/cases").await.shows(&[&address, "The office asks whose credit it is"]);
        let page = cos.get(&address).await;
        page.shows(&["bursar asks: which brother?", "RATA od brata", "200.00"]).hides(&["href=\"/review"]);
        assert_eq!(cos.get(&format!("/review/{credit}")).await.status, StatusCode::NOT_FOUND);

        // A word is an answer: the case ends, and the credit waits on for the office.
        let close = [("kind", "none"), ("why", "nobody knows him")];
        cos.post(&format!("{address}/resolve"), &close).await.leads(&address);
        bursar.get(&format!("/review/{credit}")).await.shows(&["COS has answered", "cos: nobody knows him"]);
        escalate::run(&world.office, world.office.now.today, false).await.unwrap();
        assert!(handed(&world).await.is_empty(), "it is not asked again by itself");
        bursar.post(&hand, &[("why", "ask her again"), ("mark", "1.0")]).await.leads("/review");

        // Or COS says whose it is, and sees before what that settles.
        let case = only_handed(&world).await;
        let address = format!("/cases/{case}");
        let resolve = format!("{address}/resolve");
        let named = |student| [("kind", "assign"), ("student", student), ("preview", "1")];
        cos.post(&resolve, &named("900001")).await.shows(&["F-ada", "300.00", "ada Testowa, 900001"]);
        let answer = cos.post(&resolve, &named("nobody")).await;
        assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY);
        for words in ["role=\"alert\"", "value=\"nobody\""] {
            assert!(answer.text.contains(words), "{words}: {}", answer.text);
        }
        assert_eq!(world.owes("ada").await, (50_000, 0));
        let assign = [("kind", "assign"), ("student", "900001"), ("why", "she showed the order")];
        cos.post(&format!("{address}/resolve"), &assign).await.leads(&address);
        assert_eq!(world.owes("ada").await, (30_000, 0));
        assert!(world.queue().await.is_empty());
        cos.get(&address).await.shows(&["resolved"]);
        // Of no other case is a credit assigned.
        let other = format!("/cases/{}/resolve", open(&world, "deferral").await);
        assert_eq!(cos.post(&other, &assign).await.status, StatusCode::NOT_FOUND);
    }

    async fn two_clerks_never_take_one_case_unknowingly(db: TestDb) {
        let (world, pages, mut one, case, _) = desk(&db).await;
        hire(&world.office, "eva", Role::Cos).await;
        let mut two = signed_in(&pages, &world.office, "eva").await;
        let take = format!("/cases/{case}/take");
        one.post(&take, &[("seen_owner", "")]).await.leads("/cases/");
        let answer = two.post(&take, &[("seen_owner", "")]).await;
        assert_eq!(answer.status, StatusCode::CONFLICT);
        assert!(answer.text.contains("taken this case already: cos"), "{}", answer.text);
        two.post(&take, &[("seen_owner", "cos")]).await.leads("/cases/");
        let (row, _) = desk::show(&world.office, case).await.unwrap();
        assert_eq!(row.owner, "eva");
    }

    async fn s01_a_case_of_the_office_is_not_there_for_cos(db: TestDb) {
        let (world, pages, mut cos, _, ours) = desk(&db).await;
        let missing = cos.get("/cases/99999").await;
        let hidden = cos.get(&format!("/cases/{ours}")).await;
        assert_eq!(hidden.status, StatusCode::NOT_FOUND);
        let named = [format!("/cases/{ours}"), format!("case={ours}\"")];
        let [address, live] = &named;
        assert_eq!(hidden.text.replace(address, "/cases/99999").replace(live, "case=99999\""), missing.text);
        for way in ["take", "assign", "wait", "note", "resolve"] {
            let fields = [("why", "x"), ("kind", "none"), ("owner", "cos")];
            let answer = cos.post(&format!("/cases/{ours}/{way}"), &fields).await;
            assert_eq!(answer.status, StatusCode::NOT_FOUND, "{way}");
        }
        cos.get("/cases?queue=bursar").await.hides(&["Statements missing", "Brak"]);
        cos.get("/cases.csv?queue=bursar").await.hides(&["statements"]);
        let mut bursar = as_role(&pages, &world.office, Role::Bursar).await;
        bursar.get(&format!("/cases/{ours}")).await.shows(&["Statements missing"]);
        // No word ends what only statements end.
        let answer = bursar.post(&format!("/cases/{ours}/resolve"), &[("kind", "none"), ("why", "x")]).await;
        assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY);
    }
}
