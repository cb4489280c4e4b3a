//! Nobody is blocked for ever: what a rule cannot decide is a case, and closes when its cause is gone.

use super::bank::{line, october};
use super::world::{World, assign, refusal};
use crate::support::{TestDb, on_both_engines};
use kwestura::calendar::is_bank_day;
use kwestura::cases::{Kind, Queue};
use kwestura::engine::decide::Request;
use kwestura::engine::desk::{self, Wanted};
use kwestura::engine::escalate::{self, Escalation};
use kwestura::engine::remind::{self, Mode};
use kwestura::engine::send;
use kwestura::engine::statements::Said;
use kwestura::engine::{Moment, Office};
use kwestura::mail::Post;
use kwestura::store::cases::CaseRow;

const EVA: Said<'static> = Said {
    by: "eva",
    why: "a story",
};

/// Three students who owe 500.00 due on Monday the 12th, no brakes, and a folder for mail.
async fn world(db: &TestDb) -> (World, Post) {
    let mut world = World::begin(db).await;
    world.office.config.policy.dunning.brake_percent = 100;
    world.office.config.policy.dunning.brake_times = 100;
    world.office.config.mail = Some(crate::support::mail::folder_settings());
    (world, Post::Folder(db.folder().join("outbox")))
}

/// A day's work: the bank's statement of the day before is there, then run by run.
async fn work(world: &mut World, post: &mut Post, day: u32) -> Escalation {
    world.today(day);
    let office = &world.office;
    remind::run(office, october(day), Mode::Write { confirmed: None })
        .await
        .unwrap();
    let now = office.now;
    send::run(office, post, || now, |_, _| {}).await.unwrap();
    escalate(office).await
}

async fn escalate(office: &Office) -> Escalation {
    let done = escalate::run(office, office.now.today, false)
        .await
        .unwrap();
    let again = escalate::run(office, office.now.today, false)
        .await
        .unwrap();
    let nothing = Escalation {
        written: true,
        ..Escalation::default()
    };
    assert_eq!(again, nothing, "a second run on a day does nothing");
    done
}

async fn open(office: &Office) -> Vec<CaseRow> {
    desk::list(office, &Wanted::default()).await.unwrap()
}

/// The open cases: kind and subject.
async fn kinds(office: &Office) -> Vec<(String, String)> {
    let mut kinds: Vec<(String, String)> = open(office)
        .await
        .into_iter()
        .map(|row| (row.kind, row.subject))
        .collect();
    kinds.sort();
    kinds
}

fn pairs(pairs: &[(&str, &str)]) -> Vec<(String, String)> {
    pairs
        .iter()
        .map(|(kind, subject)| ((*kind).to_owned(), (*subject).to_owned()))
        .collect()
}

/// Every bank day of October through a day has a statement without lines.
async fn quiet_through(world: &mut World, from: u32, through: u32) {
    for day in (from..=through).filter(|day| is_bank_day(october(*day))) {
        world.bank(day, vec![]).await;
    }
}

on_both_engines! {
    /// Reminded, reminded again, demanded, and the fortnight is over: exactly one case for each of the
    /// two who have not paid. The one pays; the other's is answered with instalments.
    async fn the_end_of_the_ladder_is_one_case_for_each_student(db: TestDb) {
        let (mut world, mut post) = world(&db).await;
        world.office.config.policy.dunning.demand_days = 1;
        for day in 5..=30 {
            if is_bank_day(october(day)) {
                work(&mut world, &mut post, day).await;
                let lines = if day == 9 { vec![line(9, 50_000, "celina")] } else { vec![] };
                world.bank(day, lines).await;
            }
        }
        assert_eq!(kinds(&world.office).await, []);
        // The demand left on the 29th; its term, a day in this story, ended on the 30th.
        world.today(31);
        escalate(&world.office).await;
        assert_eq!(kinds(&world.office).await, pairs(&[("end_of_ladder", "ada"), ("end_of_ladder", "bartek")]));
        let cases = open(&world.office).await;
        assert!(cases[0].causes.contains("500.00 PLN open, due on 2026-10-12"), "{}", cases[0].causes);
        assert_eq!((cases[0].queue.as_str(), cases[0].state.as_str()), ("cos", "new"));
        // The statement of Monday, 2 November is late: the cases stay as they are.
        let (zone, now) = (world.office.config.institution.time_zone, world.office.now);
        world.office.now = Moment::of(now.millis + 3 * 86_400_000, zone);
        let late = escalate(&world.office).await;
        assert_eq!((late.opened.len(), late.refreshed, late.gone.len()), (0, 0, 0));
        world.office.now = now;
        // Ada pays; bartek agrees on instalments.
        world.bank(31, vec![line(31, 50_000, "ada")]).await;
        let parts = [(20, "200"), (25, "300")];
        let november = |day: u32| chrono::NaiveDate::from_ymd_opt(2026, 11, day).unwrap();
        let parts = parts.map(|(day, amount)| (november(day), amount.to_owned())).to_vec();
        assert_eq!(escalate(&world.office).await.gone, [cases[0].id]);
        world.fact(Request::Plan { fee: "F-bartek".to_owned(), parts }).await;
        assert_eq!(escalate(&world.office).await.gone, [cases[1].id]);
        assert_eq!(kinds(&world.office).await, []);
    }

    /// A claim stops messages until the statements reach its day and three more; then it is a case.
    async fn a_claim_ends_and_is_a_case_when_the_money_does_not_come(db: TestDb) {
        let (mut world, mut post) = world(&db).await;
        quiet_through(&mut world, 5, 14).await;
        world.today(15);
        world.fact(Request::Claim { fee: "F-ada".to_owned(), paid_on: october(12), amount: None }).await;
        work(&mut world, &mut post, 15).await;
        assert_eq!(kinds(&world.office).await, []);
        let sent = remind::run(&world.office, october(15), Mode::DryRun).await.unwrap();
        let held: Vec<&str> = sent.held_back.iter().map(|held| held.reason.as_str()).collect();
        assert_eq!(held, ["the student says that it was paid on 2026-10-12, until they reach 2026-10-15"]);
        quiet_through(&mut world, 15, 15).await;
        let escalation = work(&mut world, &mut post, 16).await;
        assert_eq!(escalation.opened.len(), 1);
        assert_eq!(kinds(&world.office).await, pairs(&[("claim_not_found", "F-ada")]));
        // The claim is over, so the reminder left.
        let told = kwestura::engine::outbox::list(&world.office, Some("sent")).await.unwrap();
        let to_ada = told.iter().filter(|one| one.row.student.as_deref() == Some("ada"));
        assert_eq!(to_ada.count(), 1);
        // A second claim needs a person: it stops nothing, and the case knows of it.
        world.fact(Request::Claim { fee: "F-ada".to_owned(), paid_on: october(13), amount: None }).await;
        let again = escalate(&world.office).await;
        assert_eq!((again.opened.len(), again.refreshed), (0, 1));
        let refused = world.refused(Request::Claim { fee: "F-ada".to_owned(), paid_on: october(30), amount: None }).await;
        assert!(refused.contains("has not come"), "{refused}");
    }

    /// A dispute holds messages back for its days; the desk answers, and the hold is over at once.
    async fn a_dispute_is_a_case_and_ends_with_its_answer(db: TestDb) {
        let (mut world, mut post) = world(&db).await;
        quiet_through(&mut world, 5, 14).await;
        world.today(15);
        world.fact(Request::Dispute { fee: "F-ada".to_owned(), until: october(30) }).await;
        world.fact(Request::Defer { fee: "F-bartek".to_owned(), until: october(30), instalments: true }).await;
        let escalation = work(&mut world, &mut post, 15).await;
        assert_eq!(escalation.told, ["cos"]);
        assert_eq!(kinds(&world.office).await, pairs(&[("dispute", "F-ada"), ("instalments", "F-bartek")]));
        let held = remind::run(&world.office, october(15), Mode::DryRun).await.unwrap().held_back;
        assert_eq!(held.len(), 2);
        let dispute = open(&world.office).await.into_iter().find(|row| row.kind == "dispute").unwrap();
        desk::assign(&world.office, dispute.id, "eva", EVA).await.unwrap();
        desk::note(&world.office, dispute.id, EVA).await.unwrap();
        desk::wait(&world.office, dispute.id, october(20), EVA).await.unwrap();
        desk::resolve(&world.office, dispute.id, ("none", ""), EVA).await.unwrap();
        let refused = refusal(desk::resolve(&world.office, dispute.id, ("none", ""), EVA).await);
        assert!(refused.contains("has ended"), "{refused}");
        let (_, events) = desk::show(&world.office, dispute.id).await.unwrap();
        let what: Vec<&str> = events.iter().map(|event| event.what.as_str()).collect();
        assert_eq!(what, ["new", "told", "assigned", "note", "waiting", "closed"]);
        let now = remind::run(&world.office, october(15), Mode::DryRun).await.unwrap();
        assert_eq!(now.messages.len(), 1);
        assert_eq!(now.messages[0].student, "ada");
        // Not opened again for the same words; a new dispute is a new case.
        escalate(&world.office).await;
        assert_eq!(kinds(&world.office).await, pairs(&[("instalments", "F-bartek")]));
        world.today(16);
        world.fact(Request::Dispute { fee: "F-ada".to_owned(), until: october(31) }).await;
        escalate(&world.office).await;
        assert_eq!(kinds(&world.office).await, pairs(&[("dispute", "F-ada"), ("instalments", "F-bartek")]));
    }

    /// A desk is read a part at a time: what sleeps stands behind the others, and whoever looked at a case
    /// that ended meanwhile goes on where it stood.
    async fn a_desk_is_read_part_by_part(db: TestDb) {
        let (mut world, mut post) = world(&db).await;
        quiet_through(&mut world, 5, 14).await;
        world.today(15);
        let until = october(30);
        world.fact(Request::Dispute { fee: "F-ada".to_owned(), until }).await;
        world.fact(Request::Defer { fee: "F-bartek".to_owned(), until, instalments: true }).await;
        world.fact(Request::Defer { fee: "F-celina".to_owned(), until, instalments: false }).await;
        work(&mut world, &mut post, 15).await;
        let office = &world.office;
        let subjects = |rows: &[CaseRow]| -> Vec<String> { rows.iter().map(|row| row.subject.clone()).collect() };
        let all = open(office).await;
        let [first, second, third] = all.as_slice() else { panic!("{all:?}") };
        let any = Wanted::default();
        let part = desk::look(office, &any, None, 2).await.unwrap();
        assert_eq!(subjects(&part.rows), subjects(&all[..2]));
        assert_eq!((part.has_more, part.all), (true, 3));
        let rest = desk::look(office, &any, Some(second.id), 2).await.unwrap();
        assert_eq!(subjects(&rest.rows), subjects(&all[2..]));
        assert_eq!((rest.has_more, rest.all), (false, 3));

        desk::wait(office, first.id, october(20), EVA).await.unwrap();
        desk::resolve(office, second.id, ("none", ""), EVA).await.unwrap();
        let rest = desk::look(office, &any, Some(second.id), 2).await.unwrap();
        assert_eq!(subjects(&rest.rows), [third.subject.as_str(), first.subject.as_str()]);
        assert_eq!((rest.has_more, rest.all), (false, 2));
        let ever = Wanted { all: true, ..Wanted::default() };
        let order = [&third.subject, &first.subject, &second.subject].map(String::as_str);
        assert_eq!(subjects(&desk::list(office, &ever).await.unwrap()), order);
        world.today(20);
        let back = desk::look(&world.office, &any, None, 1).await.unwrap();
        assert_eq!(subjects(&back.rows), [first.subject.as_str()]);

        let office = &world.office;
        let ended = Wanted { kinds: vec![Kind::of(&second.kind).unwrap()], ..ever.clone() };
        assert_eq!(subjects(&desk::list(office, &ended).await.unwrap()), [second.subject.as_str()]);
        let still = Wanted { all: false, ..ended };
        assert_eq!(desk::look(office, &still, None, 5).await.unwrap().all, 0);
        for (wanted, count) in [(any, 1), (ever, 2)] {
            let of_third = Wanted { student: third.student.clone(), ..wanted.clone() };
            assert_eq!(subjects(&desk::list(office, &of_third).await.unwrap()), [third.subject.as_str()]);
            let of_second = Wanted { student: second.student.clone(), ..wanted };
            assert_eq!(desk::list(office, &of_second).await.unwrap().len(), count - 1);
        }
    }

    /// Money with bartek's album waits five business days, then a case decides: it is not his, so the
    /// reminder leaves.
    async fn strong_evidence_is_a_case_after_its_days(db: TestDb) {
        let (mut world, mut post) = world(&db).await;
        quiet_through(&mut world, 5, 9).await;
        world.bank(12, vec![line(12, 50_000, "nobody").title("CZESNE ALBUM 900002")]).await;
        quiet_through(&mut world, 13, 19).await;
        world.today(20);
        let credit = world.only_in_queue().await;
        let escalation = work(&mut world, &mut post, 20).await;
        assert_eq!(escalation.opened.len(), 1);
        assert_eq!(kinds(&world.office).await, pairs(&[("unidentified", credit.as_str())]));
        assert_eq!(open(&world.office).await[0].queue, "bursar");
        let case = open(&world.office).await[0].id;
        let reminded = |dry: &remind::Reminding| -> Vec<String> {
            dry.messages.iter().map(|told| told.student.clone()).collect()
        };
        let dry = remind::run(&world.office, october(20), Mode::DryRun).await.unwrap();
        assert_eq!(reminded(&dry), [] as [&str; 0]);
        desk::resolve(&world.office, case, ("none", ""), EVA).await.unwrap();
        let dry = remind::run(&world.office, october(20), Mode::DryRun).await.unwrap();
        assert_eq!(reminded(&dry), ["bartek"]);
        // It is not opened again for the same credit.
        assert_eq!(escalate(&world.office).await.opened.len(), 0);
        let bursar = Wanted { queue: Some(Queue::Bursar), all: true, ..Wanted::default() };
        assert_eq!(desk::list(&world.office, &bursar).await.unwrap().len(), 1);
    }

    /// An address that is refused is a case; once somebody has sent a letter, the ladder goes on.
    async fn a_dead_address_is_a_case_and_the_ladder_goes_on_behind_it(db: TestDb) {
        let (mut world, mut post) = world(&db).await;
        quiet_through(&mut world, 5, 14).await;
        world.today(15);
        let office = &world.office;
        remind::run(office, october(15), Mode::Write { confirmed: None }).await.unwrap();
        let ada = kwestura::engine::outbox::list(office, None).await.unwrap()[0].row.id;
        let mut tx = office.db.write().await.unwrap();
        assert!(tx.move_message(ada, ("due", "refused"), office.now.millis).await.unwrap());
        tx.commit().await.unwrap();
        let now = office.now;
        send::run(office, &mut post, || now, |_, _| {}).await.unwrap();
        escalate(office).await;
        assert_eq!(kinds(office).await, pairs(&[("address", "ada")]));
        quiet_through(&mut world, 15, 21).await;
        world.today(22);
        let dry = remind::run(&world.office, october(22), Mode::DryRun).await.unwrap();
        let told: Vec<&str> = dry.messages.iter().map(|told| told.student.as_str()).collect();
        assert_eq!(told, ["bartek", "celina"]);
        let case = open(&world.office).await[0].id;
        desk::resolve(&world.office, case, ("none", ""), EVA).await.unwrap();
        let dry = remind::run(&world.office, october(22), Mode::DryRun).await.unwrap();
        let told: Vec<&str> = dry.messages.iter().map(|told| told.template.as_str()).collect();
        assert_eq!(told, ["second", "second", "second"]);
        escalate(&world.office).await;
        assert_eq!(kinds(&world.office).await, []);
    }

    /// What is in the outbox already and meets something that a person has to decide is taken back, so
    /// that it is a case; and the case stays between the steps of the ladder.
    async fn a_message_that_meets_a_bar_becomes_a_case(db: TestDb) {
        let (mut world, mut post) = world(&db).await;
        quiet_through(&mut world, 5, 14).await;
        world.today(15);
        let office = &world.office;
        remind::run(office, october(15), Mode::Write { confirmed: None }).await.unwrap();
        world.fact(Request::Court { fee: "F-ada".to_owned() }).await;
        let now = office.now;
        let sending = send::run(office, &mut post, || now, |_, _| {}).await.unwrap();
        assert_eq!((sending.sent, sending.withdrawn, sending.waiting), (2, 1, 0));
        escalate(office).await;
        assert_eq!(kinds(office).await, pairs(&[("court", "F-ada")]));
        quiet_through(&mut world, 15, 16).await;
        world.today(19);
        let escalation = escalate(&world.office).await;
        assert_eq!((escalation.opened.len(), escalation.gone.len()), (0, 0));
    }

    /// A credit that a person found out about is the case's end; one that is about something else is
    /// refused as its answer.
    async fn a_case_closes_itself_when_the_money_finds_its_student(db: TestDb) {
        let (mut world, mut post) = world(&db).await;
        quiet_through(&mut world, 5, 9).await;
        world.bank(12, vec![line(12, 50_000, "nobody").title("CZESNE ALBUM 900002")]).await;
        quiet_through(&mut world, 13, 19).await;
        world.today(20);
        let credit = world.only_in_queue().await;
        work(&mut world, &mut post, 20).await;
        let case = open(&world.office).await.remove(0);
        let refused = refusal(desk::must_fit(&case, "F-ada"));
        assert!(refused.contains("is about"), "{refused}");
        assert!(desk::must_fit(&case, &credit).is_ok());
        world.fact(assign(&credit, "bartek", false)).await;
        assert_eq!(escalate(&world.office).await.gone, [case.id]);
        assert_eq!(kinds(&world.office).await, []);
        // It was a mistake: in review again, and a case again.
        world.today(21);
        kwestura::engine::decide::undo(&world.office, &credit, "ada", "a mistake", false).await.unwrap();
        assert_eq!(escalate(&world.office).await.opened.len(), 1);
    }

    /// One list for each desk on a working day; it names students by id alone.
    async fn a_desk_hears_of_its_cases_once_a_day(db: TestDb) {
        let (mut world, mut post) = world(&db).await;
        quiet_through(&mut world, 5, 14).await;
        world.today(15);
        world.fact(Request::Dispute { fee: "F-ada".to_owned(), until: october(30) }).await;
        assert_eq!(work(&mut world, &mut post, 15).await.told, ["cos"]);
        let now = world.office.now;
        assert_eq!(send::run(&world.office, &mut post, || now, |_, _| {}).await.unwrap().sent, 1);
        let mails = crate::support::mail::laid(&db.folder().join("outbox"));
        let digest = mails.iter().find(|mail| mail.header("To") == "cos@example.edu").unwrap();
        assert!(digest.body().contains("spór o opłatę: F-ada"), "{}", digest.body());
        assert!(!digest.body().contains("Testowa"), "no names");
        // On Saturday nobody is told what can wait.
        world.today(17);
        world.fact(Request::Dispute { fee: "F-bartek".to_owned(), until: october(30) }).await;
        assert_eq!(escalate(&world.office).await.told, [] as [&str; 0]);
        world.today(19);
        assert_eq!(escalate(&world.office).await.told, ["cos"]);
        // The bank has been silent for three days.
        world.today(20);
        assert_eq!(escalate(&world.office).await.told, ["cos", "bursar"]);
        assert_eq!(kinds(&world.office).await, pairs(&[("dispute", "F-ada"), ("dispute", "F-bartek"), ("statements", "PLN")]));
    }

    /// Several at once open each case once.
    async fn escalations_at_the_same_time_open_each_case_once(db: TestDb) {
        let (mut world, _) = world(&db).await;
        world.today(15);
        for fee in ["F-ada", "F-bartek", "F-celina"] {
            world.fact(Request::Dispute { fee: fee.to_owned(), until: october(30) }).await;
        }
        let mut runs = Vec::new();
        for _ in 0..6 {
            let office = world.office.clone();
            runs.push(tokio::spawn(async move { escalate::run(&office, october(15), false).await }));
        }
        let mut opened = 0;
        for run in runs {
            opened += run.await.unwrap().unwrap().opened.len();
        }
        // The disputes, and the statements that nobody has seen.
        assert_eq!((opened, open(&world.office).await.len()), (4, 4));
        let refused = refusal(escalate::run(&world.office, october(16), false).await);
        assert!(refused.contains("has not come"), "{refused}");
        let refused = refusal(escalate::run(&world.office, october(14), false).await);
        assert!(refused.contains("is over"), "{refused}");
    }
}
