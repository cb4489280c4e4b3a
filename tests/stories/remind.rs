//! Reminders are decided: whoever has paid hears nothing, and nobody is held back without a reason.

use super::bank::{BOSS, line, october};
use super::world::{World, assign, refusal};
use crate::support::TestDb;
use crate::support::on_both_engines;
use kwestura::dunning::run::Brake;
use kwestura::engine::decide::Request;
use kwestura::engine::outbox;
use kwestura::engine::remind::{self, Mode, Reminding};
use kwestura::engine::{Office, settle};

const WRITE: Mode = Mode::Write { confirmed: None };

/// Three students who owe 500.00 due on Monday the 12th, and no brakes.
async fn world(db: &TestDb) -> World {
    let mut world = World::begin(db).await;
    world.office.config.policy.dunning.brake_percent = 100;
    world.office.config.policy.dunning.brake_times = 100;
    world
}

async fn remind(office: &Office, day: u32, mode: Mode) -> Reminding {
    remind::run(office, october(day), mode).await.unwrap()
}

/// Who is written to what.
fn told(reminding: &Reminding) -> Vec<(&str, &str)> {
    let messages = reminding.messages.iter();
    messages
        .map(|told| (told.student.as_str(), told.template.as_str()))
        .collect()
}

/// Who is held back why.
fn held(reminding: &Reminding) -> Vec<(&str, &str)> {
    let held = reminding.held_back.iter();
    held.map(|held| (held.student.as_str(), held.reason.as_str()))
        .collect()
}

on_both_engines! {
    /// A month of one fee: notices before the due date, a reminder to the two who have not paid, a
    /// second one to the last. Every run is made twice.
    async fn whoever_has_paid_hears_nothing_more(db: TestDb) {
        let mut world = world(&db).await;
        let paid = |day: u32, student: &str| vec![line(day, 50_000, student)];
        let expected = [
            (5, vec![], vec![("ada", "notice"), ("bartek", "notice"), ("celina", "notice")]),
            (6, paid(6, "ada"), vec![]),
            (8, vec![], vec![("bartek", "order_now"), ("celina", "order_now")]),
            (12, vec![], vec![]),
            (13, vec![], vec![]),
            (14, vec![], vec![]),
            (15, paid(15, "bartek"), vec![("bartek", "reminder"), ("celina", "reminder")]),
            (16, vec![], vec![]),
            (21, vec![], vec![]),
            (22, vec![], vec![("celina", "second")]),
            (28, vec![], vec![]),
            (29, vec![], vec![("celina", "demand")]),
            (31, vec![], vec![]),
        ];
        let mut today = 1;
        for (day, lines, messages) in expected {
            // In the morning the statements of the days before are there.
            for before in today..day {
                if kwestura::calendar::is_bank_day(october(before)) && before >= 5 {
                    world.bank(before, Vec::new()).await;
                }
            }
            world.today(day);
            let dry = remind(&world.office, day, Mode::DryRun).await;
            assert_eq!((told(&dry), dry.written), (messages.clone(), false), "{day} October, tried");
            let reminding = remind(&world.office, day, WRITE).await;
            assert_eq!(told(&reminding), messages, "{day} October");
            assert_eq!(held(&reminding), [], "{day} October");
            assert_eq!(told(&remind(&world.office, day, WRITE).await), [], "{day} October, again");
            sent(&world.office).await;
            world.bank(day, lines).await;
            today = day + 1;
        }
    }

    /// Until the statements reach the bank day before, nobody knows who is late.
    async fn a_reminder_waits_for_the_statements_and_a_notice_does_not(db: TestDb) {
        let mut world = world(&db).await;
        world.bank(9, vec![line(9, 50_000, "ada")]).await;
        world.bank(12, vec![]).await;
        world.today(15);
        let reminding = remind(&world.office, 15, WRITE).await;
        assert_eq!(told(&reminding), []);
        let why = "statements reach only 2026-10-12, until they reach 2026-10-14";
        assert_eq!(held(&reminding), [("bartek", why), ("celina", why)]);
        world.today(20);
        let reminding = remind(&world.office, 20, WRITE).await;
        let why = "statements reach only 2026-10-12: a person has to decide";
        assert_eq!(held(&reminding), [("bartek", why), ("celina", why)]);
        // What bartek ordered was under way all the time.
        world.bank(13, vec![line(13, 50_000, "bartek")]).await;
        for day in [14, 15, 16, 19] {
            world.bank(day, vec![]).await;
        }
        world.today(20);
        assert_eq!(told(&remind(&world.office, 20, WRITE).await), [("celina", "reminder")]);
    }

    /// A credit with bartek's album in its text may be his: five business days for a person to look.
    async fn money_that_may_be_theirs_holds_a_reminder_back(db: TestDb) {
        let mut world = world(&db).await;
        let lost = line(12, 50_000, "nobody").title("CZESNE ALBUM 900002");
        for (day, lines) in [(9, vec![]), (12, vec![lost]), (13, vec![]), (14, vec![])] {
            world.bank(day, lines).await;
        }
        world.today(15);
        let credit = world.only_in_queue().await;
        let reminding = remind(&world.office, 15, WRITE).await;
        assert_eq!(told(&reminding), [("ada", "reminder"), ("celina", "reminder")]);
        let why = format!("the credit {credit} in review is very likely this student's, until 2026-10-19");
        assert_eq!(held(&reminding), [("bartek", why.as_str())]);
        world.fact(assign(&credit, "bartek", false)).await;
        let reminding = remind(&world.office, 15, WRITE).await;
        assert_eq!((told(&reminding), held(&reminding)), (vec![], vec![]));
    }

    /// A credit with bartek's name may be his: two business days for a person to look, and then a message asks
    /// him to check the number, however many such credits there are.
    async fn money_with_their_name_asks_them_to_check_the_number(db: TestDb) {
        let mut world = world(&db).await;
        let named = |day: u32, amount: i64| line(day, amount, "nobody").title("BARTEK TESTOWA");
        let days = [(9, vec![]), (12, vec![named(12, 50_000), named(12, 60_000)]), (13, vec![]), (14, vec![named(14, 70_000)])];
        for (day, lines) in days {
            world.bank(day, lines).await;
        }
        world.today(15);
        let reminding = remind(&world.office, 15, WRITE).await;
        assert_eq!(told(&reminding), [("ada", "reminder"), ("celina", "reminder")]);
        let [held] = &held(&reminding)[..] else { panic!("one: {:?}", held(&reminding)) };
        assert!(held.0 == "bartek" && held.1.contains("may be this student's, until 2026-10-16"), "{held:?}");
        for day in [15, 16] {
            world.bank(day, vec![]).await;
        }
        world.today(19);
        assert_eq!(told(&remind(&world.office, 19, WRITE).await), [("bartek", "reminder")]);
        world.office.config.mail = Some(crate::support::mail::folder_settings());
        let mut asking = Vec::new();
        for message in outbox::list(&world.office, None).await.unwrap() {
            let text = match outbox::in_words(&world.office, &message).await.unwrap() {
                outbox::InWords::Spoken { text, .. } => text,
                outbox::InWords::Not(why) => panic!("{why}"),
            };
            asking.extend(text.contains("Prosimy sprawdzić").then_some(text));
        }
        assert!(asking.len() == 1 && asking[0].contains("ALBUM 900002"), "{asking:?}");
    }

    /// The office stops messages to ada until a day.
    async fn a_hold_has_its_day(db: TestDb) {
        let mut world = world(&db).await;
        for day in [9, 12, 13, 14, 15, 16] {
            world.bank(day, vec![]).await;
        }
        world.today(15);
        world.fact(Request::Hold { student: "ada".to_owned(), until: october(16) }).await;
        let reminding = remind(&world.office, 15, WRITE).await;
        assert_eq!(told(&reminding), [("bartek", "reminder"), ("celina", "reminder")]);
        assert_eq!(held(&reminding), [("ada", "the office holds messages back, until 2026-10-16")]);
        world.today(19);
        assert_eq!(told(&remind(&world.office, 19, WRITE).await), [("ada", "reminder")]);
    }

    /// A fee before a court is written about no more, and a hold stops notices too.
    async fn a_court_and_a_hold_stop_every_message(db: TestDb) {
        let mut world = world(&db).await;
        world.today(5);
        world.fact(Request::Court { fee: "F-ada".to_owned() }).await;
        world.fact(Request::Hold { student: "bartek".to_owned(), until: october(6) }).await;
        let reminding = remind(&world.office, 5, WRITE).await;
        assert_eq!(told(&reminding), [("celina", "notice")]);
        let why = [("ada", "a court has it: a person has to decide"), ("bartek", "the office holds messages back, until 2026-10-06")];
        assert_eq!(held(&reminding), why);
    }

    /// What was said to a student who is another's record by now was said.
    async fn a_merged_student_is_not_told_twice(db: TestDb) {
        let mut world = world(&db).await;
        world.today(5);
        assert_eq!(remind(&world.office, 5, WRITE).await.messages.len(), 3);
        world.today(6);
        world.fact(Request::Merge { from: "ada".to_owned(), into: "bartek".to_owned() }).await;
        assert_eq!(told(&remind(&world.office, 6, WRITE).await), []);
        world.today(8);
        let reminding = remind(&world.office, 8, WRITE).await;
        assert_eq!(told(&reminding), [("bartek", "order_now"), ("celina", "order_now")]);
        assert_eq!(reminding.messages[0].items.len(), 2);
        world.fact(Request::Hold { student: "ada".to_owned(), until: october(9) }).await;
        world.today(9);
        assert_eq!(told(&remind(&world.office, 9, WRITE).await), []);
    }

    /// A due date that moved begins the ladder anew.
    async fn an_extended_fee_gets_its_notice_again(db: TestDb) {
        let mut world = world(&db).await;
        for day in [5, 6, 7, 8, 9, 12, 13, 14] {
            world.bank(day, vec![]).await;
        }
        world.today(15);
        assert_eq!(remind(&world.office, 15, WRITE).await.messages.len(), 3);
        sent(&world.office).await;
        let extend = Request::Extend { fee: "F-ada".to_owned(), to: october(23), forgive_interest: false };
        world.fact(extend).await;
        world.today(16);
        let reminding = remind(&world.office, 16, WRITE).await;
        assert_eq!(told(&reminding), [("ada", "notice")]);
        assert_eq!(told(&remind(&world.office, 16, WRITE).await), []);
    }

    /// A message that was taken out is decided anew, and once.
    async fn a_withdrawn_message_opens_the_next_round(db: TestDb) {
        let mut world = world(&db).await;
        world.today(5);
        remind(&world.office, 5, WRITE).await;
        let first = outbox::list(&world.office, None).await.unwrap();
        assert_eq!((first.len(), first[0].row.state.as_str()), (3, "due"));
        outbox::withdraw(&world.office, first[0].row.id, BOSS).await.unwrap();
        let refused = refusal(outbox::withdraw(&world.office, first[0].row.id, BOSS).await);
        assert!(refused.contains("is withdrawn"), "{refused}");
        for messages in [vec![("ada", "notice")], vec![]] {
            assert_eq!(told(&remind(&world.office, 5, WRITE).await), messages);
        }
        let all = outbox::list(&world.office, None).await.unwrap();
        let rounds: Vec<i64> = all.iter().map(|listed| listed.items[0].round).collect();
        assert_eq!(rounds, [1, 1, 1, 2]);
        let events = outbox::show(&world.office, first[0].row.id).await.unwrap().events;
        let states: Vec<&str> = events.iter().map(|event| event.state.as_str()).collect();
        assert_eq!(states, ["due", "withdrawn"]);
    }

    /// A run that is larger than usual waits until a person names the number.
    async fn a_brake_waits_for_a_word(db: TestDb) {
        let mut world = world(&db).await;
        world.office.config.policy.dunning.brake_percent = 10;
        world.today(5);
        let reminding = remind(&world.office, 5, WRITE).await;
        assert_eq!((reminding.brake, reminding.written), (Some(Brake::Share { percent: 10 }), false));
        assert_eq!(outbox::list(&world.office, None).await.unwrap().len(), 0);
        let wrong = Mode::Write { confirmed: Some(2) };
        let refused = refusal(remind::run(&world.office, october(5), wrong).await);
        assert!(refused.contains("3 messages would be written, not 2"), "{refused}");
        let right = remind(&world.office, 5, Mode::Write { confirmed: Some(3) }).await;
        assert!(right.written);
        assert_eq!(outbox::list(&world.office, Some("due")).await.unwrap().len(), 3);
    }

    /// Not before the institution goes live, not for a day to come, not while accounts wait.
    async fn a_run_that_would_guess_is_refused(db: TestDb) {
        let mut world = world(&db).await;
        world.today(5);
        let refused = refusal(remind::run(&world.office, october(6), WRITE).await);
        assert!(refused.contains("has not come"), "{refused}");
        let refused = refusal(remind::run(&world.office, october(2), WRITE).await);
        assert!(refused.contains("2026-10-02 is over"), "{refused}");
        world.office.config.institution.go_live_on = Some(october(6));
        let refused = refusal(remind::run(&world.office, october(5), WRITE).await);
        assert!(refused.contains("nothing is sent before 2026-10-06"), "{refused}");
        assert_eq!(remind(&world.office, 5, Mode::DryRun).await.messages.len(), 3);
        world.office.config.institution.go_live_on = None;
        let mut tx = world.office.db.write().await.unwrap();
        let persons = tx.all_persons().await.unwrap();
        tx.mark([persons[0].id]).await.unwrap();
        tx.commit().await.unwrap();
        let refused = refusal(remind::run(&world.office, october(5), WRITE).await);
        assert!(refused.contains("1 account(s) wait to be settled"), "{refused}");
        settle::run(&world.office, |_, _| {}).await.unwrap();
        assert!(remind(&world.office, 5, WRITE).await.written);
    }

    /// Several at once decide each message once.
    async fn runs_at_the_same_time_write_each_message_once(db: TestDb) {
        let mut world = world(&db).await;
        world.today(5);
        let runs = (0..6).map(|_| {
            let office = world.office.clone();
            tokio::spawn(async move { remind::run(&office, october(5), WRITE).await })
        });
        let runs: Vec<_> = runs.collect();
        let mut written = 0;
        for run in runs {
            written += run.await.unwrap().unwrap().messages.len();
        }
        assert_eq!(written, 3);
        assert_eq!(outbox::list(&world.office, None).await.unwrap().len(), 3);
    }
}

/// What is due was handed over.
async fn sent(office: &Office) {
    let mut tx = office.db.write().await.unwrap();
    for message in tx.messages(Some("due")).await.unwrap() {
        let moved = tx.move_message(message.id, ("due", "sent"), office.now.millis);
        assert!(moved.await.unwrap());
    }
    tx.commit().await.unwrap();
}
