//! Money of which a person has to tell whose it is.

use super::bank::{self, PAYER, line, october};
use super::damage;
use super::world::{OTHER_PAYER, World, assign, refusal, said};
use crate::support::on_both_engines;
use kwestura::engine::decide::{self, Request, Standing};
use kwestura::engine::review::{self, At, Wanted};
use kwestura::engine::{Office, desk, escalate, identify, statements, students, verify};
use kwestura::identify::evidence::Grade;
use kwestura::store::{Db, migrate};

fn split(credit: &str, parts: &[(&str, &str)]) -> Request {
    let part = |(student, amount): &(&str, &str)| ((*student).to_owned(), (*amount).to_owned());
    Request::Split {
        credit: credit.to_owned(),
        parts: parts.iter().map(part).collect(),
    }
}

fn ignore(credit: &str, rule: bool) -> Request {
    Request::Ignore {
        credit: credit.to_owned(),
        rule,
    }
}

fn designate(credit: &str, fees: &[(&str, Option<&str>)]) -> Request {
    let fee = |(fee, share): &(&str, Option<&str>)| ((*fee).to_owned(), share.map(str::to_owned));
    Request::Designate {
        credit: credit.to_owned(),
        student: None,
        fees: fees.iter().map(fee).collect(),
    }
}

async fn undo(world: &World, entry: &str) -> Result<decide::Answer, kwestura::engine::EngineError> {
    decide::undo(&world.office, entry, "ada", "a story", false).await
}

/// Two entries of the queue.
async fn look(office: &Office, wanted: &Wanted, at: At<'_>) -> review::Looked {
    review::look(office, wanted, at, 2).await.unwrap()
}

/// The queue as it is printed.
async fn printed(office: &Office) -> Vec<String> {
    let queue = review::list(office, &Wanted::default()).await.unwrap();
    let lines = queue.iter().map(|row| serde_json::to_string(row).unwrap());
    lines.collect()
}

on_both_engines! {
    /// However long the queue is, somebody sees a part of it, with what stands beside.
    async fn the_queue_is_read_page_by_page_and_searched_without_polish_letters(db: TestDb) {
        let mut world = World::begin(&db).await;
        let lines = (0..5).map(|place| line(8, 10_000 + place, "").title("CZESNE ŻÓŁĆ")).collect();
        world.bank(8, lines).await;
        world.bank(9, vec![line(9, 50_000, "").title("INNE 900001")]).await;
        world.today(14);
        let all: Vec<String> = world.queue().await.into_iter().map(|row| row.id).collect();
        assert_eq!(all.len(), 6);
        let office = &world.office;
        let every = Wanted::default();
        let mut seen: Vec<String> = Vec::new();
        loop {
            let last = seen.last().cloned().unwrap_or_default();
            let page = look(office, &every, At::Behind(&last)).await;
            assert_eq!((page.all, page.place), (6, seen.len() + 1));
            assert_eq!(page.previous, seen.last().cloned());
            seen.extend(page.rows.into_iter().map(|row| row.id));
            assert_eq!(page.next, all.get(seen.len()).cloned());
            if page.next.is_none() {
                break;
            }
        }
        assert_eq!(seen, all);
        let on = look(office, &every, At::On(&all[3])).await;
        assert_eq!((on.place, on.rows[0].id.as_str()), (4, all[3].as_str()));
        assert_eq!(on.previous.as_ref(), Some(&all[2]));
        assert!(look(office, &every, At::On("0123456789")).await.rows.is_empty());
        // An entry that waits no more: from the first again.
        assert_eq!(look(office, &every, At::Behind("0123456789")).await.place, 1);
        let count = async |words: &str| {
            let wanted = Wanted { words: words.to_owned(), ..Wanted::default() };
            look(office, &wanted, At::Behind("")).await.all
        };
        assert_eq!(count("zolc czesne").await, 5);
        assert_eq!(count("100,03").await, 1);
        assert_eq!(count("500.00").await, 1);
        assert_eq!(count("nothing of this").await, 0);
        assert_eq!(count(&all[0]).await, 1);
        // More words than are looked for in the database, and one of them that is not there.
        assert_eq!(count("przelew zolc czesne 100 pln").await, count("pln 100 czesne zolc przelew").await);
        let (few, many) = ("zolc 100.03", &format!("zolc 100.03 100 03 czesne {PAYER}"));
        assert_eq!((count(few).await, count(many).await), (1, 1));
        assert_eq!(count(&format!("{many} nothing")).await, 0);
        // Page by page, and on an entry, of what is found.
        let found = Wanted { words: "czesne".to_owned(), ..Wanted::default() };
        let page = look(office, &found, At::Behind(&all[1])).await;
        assert_eq!((page.all, page.place, page.previous.as_ref()), (5, 3, Some(&all[1])));
        let (last, other) = (&all[4], &all[5]);
        assert_eq!(look(office, &found, At::On(last)).await.next, None);
        assert!(look(office, &found, At::On(other)).await.rows.is_empty());
        let strong = look(office, &Wanted { strong: true, ..Wanted::default() }, At::Behind("")).await;
        assert_eq!((strong.all, strong.rows[0].amount_minor), (1, 50_000));
    }

    /// Handing over decides nothing about the money, and is taken back like any other word.
    async fn a_credit_handed_over_is_a_case_until_it_is_taken_back_or_assigned(db: TestDb) {
        let mut world = World::begin(&db).await;
        world.bank(8, vec![line(8, 20_000, "").title("RATA"), line(8, 50_000, "bartek")]).await;
        world.today(14);
        let credit = world.only_in_queue().await;
        let hand_over = || Request::HandOver { credit: credit.clone() };
        let cases = async || desk::list(&world.office, &desk::Wanted::default()).await.unwrap();
        let handed = async || {
            let handed = cases().await.into_iter().filter(|row| row.kind == "handed_over");
            handed.map(|row| row.subject).collect::<Vec<_>>()
        };
        let number = world.fact(hand_over()).await;
        world.already(hand_over()).await;
        assert_eq!(handed().await, [credit.as_str()]);
        assert_eq!(world.only_in_queue().await, credit);
        let mut office = world.office.clone();
        for day in [14, 15] {
            office.now.today = october(day);
            let done = escalate::run(&office, october(day), true).await.unwrap();
            assert!(done.gone.is_empty() && done.opened.iter().all(|case| case.kind != "handed_over"));
        }
        let undone = undo(&world, &credit).await.unwrap();
        assert_eq!(undone.numbers, [number]);
        assert!(handed().await.is_empty());
        assert!(world.queue().await[0].handed.is_none());
        world.fact(hand_over()).await;
        assert_eq!(handed().await.len(), 1);
        world.fact(assign(&credit, "ada", false)).await;
        assert!(handed().await.is_empty(), "nothing is asked any more");
        let known = world.refused(hand_over()).await;
        assert!(known.contains("is not in review"), "{known}");
        // What was assigned by mistake waits again, and so does the question.
        undo(&world, &credit).await.unwrap();
        assert_eq!(handed().await.len(), 1);
    }

    async fn a_credit_to_the_main_account_waits_until_it_is_assigned_and_counts_from_its_day(db: TestDb) {
        let mut world = World::begin(&db).await;
        world.bank(8, vec![line(8, 50_000, "").title("CZESNE 900001")]).await;
        world.today(14);
        let queue = world.queue().await;
        assert_eq!(queue.len(), 1);
        let proposed = &queue[0].proposals[0];
        assert_eq!((proposed.grade, proposed.student.as_str()), (Grade::Strong, "ada"));
        assert_eq!(
            proposed.evidence,
            ["the album 900001 in the text", "an open fee of this amount"]
        );
        assert_eq!(world.owes("ada").await, (50_000, 0));

        let credit = &queue[0].id;
        world.fact(assign(credit, "ada", false)).await;
        assert!(world.queue().await.is_empty());
        let fee = world.receivable("ada", "F-ada").await;
        assert_eq!((fee.settled_on, fee.late_days), (Some(october(8)), 0));
        assert_eq!(world.why_credit(credit).await.went[0].external_id, "F-ada");
        world.already(assign(credit, "900001", false)).await;

        undo(&world, credit).await.unwrap();
        assert_eq!(world.only_in_queue().await, *credit);
        assert_eq!(world.owes("ada").await, (50_000, 0));
        assert!(refusal(undo(&world, credit).await).contains("nothing to undo"));
        let why = world.why_credit(credit).await;
        let was: Vec<&str> = why.before.iter().map(|row| row.outcome.as_str()).collect();
        assert_eq!(was, ["review", "student"]);
    }

    async fn a_transfer_of_an_employer_is_split_between_students(db: TestDb) {
        let mut world = World::begin(&db).await;
        world.bank(8, vec![line(8, 70_000, "").title("LISTA")]).await;
        let credit = world.only_in_queue().await;
        let told = world.refused(split(&credit, &[("ada", "500"), ("bartek", "100")])).await;
        assert!(told.contains("add up to 600.00"), "{told}");
        let told = world.refused(split(&credit, &[("ada", "700")])).await;
        assert!(told.contains("review assign"), "{told}");
        let told = world.refused(split(&credit, &[("ada", "-100"), ("bartek", "800")])).await;
        assert!(told.contains("not more than nothing"), "{told}");

        let parts = [("ada", "500,00"), ("bartek", "200,00")];
        world.fact(split(&credit, &parts)).await;
        assert_eq!(world.owes("ada").await, (0, 0));
        assert_eq!(world.owes("bartek").await, (30_000, 0));
        let went = world.why_credit(&credit).await.went;
        let went: Vec<(&str, i64)> = went.iter().map(|row| (row.external_id.as_str(), row.amount_minor)).collect();
        assert_eq!(went, [("F-ada", 50_000), ("F-bartek", 20_000)]);
        world.already(split(&credit, &parts)).await;
        undo(&world, &credit).await.unwrap();
        assert_eq!(world.owes("bartek").await, (50_000, 0));
    }

    async fn what_is_no_students_leaves_the_queue_and_comes_back(db: TestDb) {
        let mut world = World::begin(&db).await;
        let card = |amount| line(8, amount, "").from(OTHER_PAYER).title("KARTY");
        world.bank(8, vec![card(1_200), card(3_400)]).await;
        let queue = world.queue().await;
        assert_eq!(queue.len(), 2);
        world.fact(ignore(&queue[0].id, false)).await;
        assert_eq!(world.only_in_queue().await, queue[1].id);
        world.already(ignore(&queue[0].id, false)).await;

        // The rule is made beside the decision that stands.
        world.fact(ignore(&queue[0].id, true)).await;
        assert!(world.queue().await.is_empty());
        world.already(ignore(&queue[0].id, true)).await;
        world.bank(9, vec![line(9, 5_600, "").from(OTHER_PAYER).title("KARTY")]).await;
        assert!(world.queue().await.is_empty());
        undo(&world, &queue[0].id).await.unwrap();
        assert_eq!(world.queue().await.len(), 3);
    }

    async fn a_standing_rule_tells_of_all_money_of_a_payer(db: TestDb) {
        let mut world = World::begin(&db).await;
        let from_mother = |day, amount| line(day, amount, "").from(OTHER_PAYER).title("OD MAMY");
        world.bank(8, vec![from_mother(8, 10_000), from_mother(8, 20_000)]).await;
        let queue = world.queue().await;
        world.fact(assign(&queue[0].id, "ada", true)).await;
        assert!(world.queue().await.is_empty());
        assert_eq!(world.owes("ada").await, (20_000, 0));
        world.bank(9, vec![from_mother(9, 5_000)]).await;
        assert_eq!(world.owes("ada").await, (15_000, 0));
        world.already(assign(&queue[0].id, "ada", true)).await;
        undo(&world, &queue[0].id).await.unwrap();
        assert_eq!(world.queue().await.len(), 3);
        assert_eq!(world.owes("ada").await, (50_000, 0));
    }

    async fn a_payer_who_paid_for_one_student_alone_is_strong_evidence_and_a_name_is_weak(db: TestDb) {
        let mut world = World::begin(&db).await;
        let text = "external_id;album;given_name;family_name;as_of\n\
                    zofia;900009;Zofia;Żółć-Kowalska;2026-09-20\n";
        let upload = crate::support::university::file("students.csv", text, "");
        students::import(&world.office, &upload).await.unwrap();
        world.bank(7, vec![line(7, 50_000, "ada").from(OTHER_PAYER)]).await;
        world.bank(8, vec![
            line(8, 10_000, "").from(OTHER_PAYER).title("WPLATA"),
            line(8, 20_000, "").title("ZOLC KOWALSKA ZOFIA CZESNE"),
            line(8, 30_000, "").title("BEZ TYTULU"),
        ]).await;
        let queue = world.queue().await;
        let meant: Vec<Vec<(Grade, &str)>> = queue
            .iter()
            .map(|row| row.proposals.iter().map(|one| (one.grade, one.student.as_str())).collect())
            .collect();
        let of = |amount: i64| {
            let place = queue.iter().position(|row| row.amount_minor == amount).unwrap();
            meant[place].clone()
        };
        assert_eq!(of(10_000), [(Grade::Strong, "ada")]);
        assert_eq!(of(20_000), [(Grade::Weak, "zofia")]);
        assert_eq!(of(30_000), []);
        let wanted = Wanted { strong: true, bank_account: Some(bank::IBAN.to_owned()), words: String::new() };
        let strong = review::list(&world.office, &wanted).await.unwrap();
        assert_eq!(strong.len(), 1);
        let wanted = Wanted { strong: false, bank_account: Some(OTHER_PAYER.to_owned()), words: String::new() };
        assert!(review::list(&world.office, &wanted).await.unwrap().is_empty());
    }

    async fn a_credit_that_names_fees_which_do_not_add_up_is_asked_about(db: TestDb) {
        let mut world = World::begin(&db).await;
        world.fee("G-1", "ada", "300,00", "2026-10-20").await;
        world.fee("G-2", "ada", "200,00", "2026-10-21").await;
        world.bank(8, vec![line(8, 60_000, "ada").title("G-1 I G-2")]).await;
        assert_eq!(world.owes("ada").await, (100_000, 60_000));
        let queue = world.queue().await;
        assert_eq!(queue.len(), 1);
        assert_eq!(queue[0].student.as_deref(), Some("ada"));
        assert!(queue[0].reason.contains("several fees"));
        let credit = &queue[0].id;
        let told = world.refused(designate(credit, &[("G-1", Some("300")), ("G-2", Some("400"))])).await;
        assert!(told.contains("700.00"), "{told}");
        let told = world.refused(designate(credit, &[("F-bartek", None)])).await;
        assert!(told.contains("another student's"), "{told}");
        world.fact(designate(credit, &[("G-2", None), ("G-1", Some("250"))])).await;
        assert!(world.queue().await.is_empty());
        assert_eq!(world.receivable("ada", "G-2").await.open_minor, 0);
        assert_eq!(world.receivable("ada", "G-1").await.open_minor, 5_000);
        assert_eq!(world.owes("ada").await, (55_000, 15_000));
    }

    async fn a_reversal_that_may_undo_two_credits_is_attached_by_a_person(db: TestDb) {
        let mut world = World::begin(&db).await;
        world.bank(8, vec![line(8, 50_000, "ada"), line(8, 50_000, "bartek")]).await;
        world.bank(9, vec![line(9, -50_000, "").reversed()]).await;
        let reversal = world.only_in_queue().await;
        assert_eq!((world.owes("ada").await, world.owes("bartek").await), ((0, 0), (0, 0)));
        let credit = world.credits("bartek").await.remove(0);
        let told = world.refused(assign(&reversal, "bartek", false)).await;
        assert!(told.contains("attach-reversal"), "{told}");
        let attach = || Request::AttachReversal { reversal: reversal.clone(), credit: credit.clone() };
        let number = world.fact(attach()).await;
        assert!(world.queue().await.is_empty());
        assert_eq!((world.owes("ada").await, world.owes("bartek").await), ((0, 0), (50_000, 0)));
        let why = world.why_credit(&credit).await;
        assert_eq!((why.reversed_minor, why.reversals[0].id.as_str()), (50_000, reversal.as_str()));
        world.already(attach()).await;
        decide::revoke(&world.office, number, "ada", "the other one", false).await.unwrap();
        assert_eq!(world.only_in_queue().await, reversal);
        assert_eq!(world.owes("bartek").await, (0, 0));
    }

    /// Of a statement that is withdrawn nothing waits, and with the statement it is back in its place.
    async fn what_a_withdrawn_statement_brought_waits_no_more_and_comes_back_with_it(db: TestDb) {
        let mut world = World::begin(&db).await;
        world.bank(8, vec![line(8, 10_000, "").title("CO TO?")]).await;
        world.bank(9, vec![line(9, 20_000, "").title("A TO?")]).await;
        world.today(14);
        let all = printed(&world.office).await;
        assert_eq!(all.len(), 2);
        let first = statements::list(&world.office, &["published"]).await.unwrap().remove(0).row;
        let first = statements::name(&first);
        for _ in 0..2 {
            statements::withdraw(&world.office, &first, bank::BOSS).await.unwrap();
            assert_eq!(printed(&world.office).await, all[1..]);
            assert!(verify::run(&world.office).await.unwrap().findings.is_empty());
            statements::restore(&world.office, &first, bank::BOSS).await.unwrap();
            assert_eq!(printed(&world.office).await, all);
            assert!(verify::run(&world.office).await.unwrap().findings.is_empty());
        }
    }

    /// Books that an older program left have the same queue.
    async fn the_queue_of_older_books_is_concluded_when_their_schema_is_brought_up(db: TestDb) {
        let mut world = World::begin(&db).await;
        world.bank(8, vec![line(8, 10_000, "").title("CO TO?"), line(8, 50_000, "ada")]).await;
        world.bank(9, vec![line(9, 20_000, "").title("A TO?"), line(9, 700, "").title("TEŻ")]).await;
        world.today(14);
        let ignored = world.queue().await[0].id.clone();
        world.fact(ignore(&ignored, false)).await;
        let all = printed(&world.office).await;
        assert_eq!(all.len(), 2);
        damage::run(db.url(), "DROP TABLE waiting_entry").await.unwrap();
        damage::run(db.url(), "DELETE FROM _sqlx_migrations WHERE version IN (76, 84)").await.unwrap();
        migrate::migrate(&world.office.db).await.unwrap();
        assert_eq!(printed(&world.office).await, all);
        assert!(verify::run(&world.office).await.unwrap().findings.is_empty());
        // Its words are folded by the next job or import, and until then it is found by reading it.
        let unfolded = "SELECT COUNT(*) FROM waiting_entry WHERE words IS NULL";
        for left in [2, 0] {
            assert_eq!(damage::number(db.url(), unfolded).await, left);
            let wanted = Wanted { words: "tez".to_owned(), ..Wanted::default() };
            let found = look(&world.office, &wanted, At::Behind("")).await;
            assert_eq!((found.all, found.rows[0].amount_minor), (1, 700));
            identify::fold_words(&world.office).await.unwrap();
        }
        assert!(verify::run(&world.office).await.unwrap().findings.is_empty());
    }

    /// Names of entries and the order of proposals come from content alone.
    async fn the_queue_is_the_same_in_every_database_and_in_whatever_order_statements_came(db: TestDb) {
        let statements = [
            bank::day(1, 8, 0, vec![
                line(8, 10_000, "").title("900002 900001"),
                line(8, 10_000, "").title("900002 900001"),
                line(8, 700, "").from(OTHER_PAYER).title("900003"),
            ]),
            bank::day(2, 9, 20_700, vec![line(9, 10_000, "").title("BEZ"), line(9, -500, "").reversed()]),
        ];
        let here = bank::office(db.url(), 10).await;
        bank::students(&here).await;
        let file = db.folder().join("beside.db").into_os_string().into_string().unwrap();
        let beside = Db::connect(&file, true).await.unwrap();
        migrate::migrate(&beside).await.unwrap();
        let there = bank::office(&file, 10).await;
        bank::students(&there).await;
        for statement in &statements {
            bank::import(&here, statement).await;
        }
        for statement in statements.iter().rev() {
            bank::import(&there, statement).await;
        }
        let queue = printed(&here).await;
        assert_eq!(queue.len(), 5);
        assert_eq!(queue, printed(&there).await);
        let twins: Vec<String> = review::list(&here, &Wanted::default()).await.unwrap().into_iter()
            .filter(|row| row.remittance.contains("900002"))
            .map(|row| row.id)
            .collect();
        assert_eq!(format!("{}.2", twins[0]), twins[1]);
        // The second of its kind is assigned, and the first stays.
        let answer = decide::decide(&here, &assign(&twins[1], "bartek", false), &said("ada", None), false).await;
        assert_eq!(answer.unwrap().standing, Standing::Fact);
        assert_eq!(printed(&here).await.len(), 4);
        assert!(refusal(review::show(&here, &twins[1]).await).contains("not in review"));
        assert_eq!(review::show(&here, &twins[0]).await.unwrap().payer_account, Some(format!("PL{PAYER}")));
    }
}
