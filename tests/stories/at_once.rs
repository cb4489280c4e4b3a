//! Two at once: the second comes while the first, of whom nobody can see anything yet, is under way.

use super::bank::{line, october};
use super::world::{World, refund, refusal};
use crate::support::on_both_engines;
use crate::support::service::millis;
use kwestura::engine::desk::{self, Wanted};
use kwestura::engine::login::{self, Claims, Known, Provider};
use kwestura::engine::staff::{self, Attempt, Typed};
use kwestura::engine::statements::Said;
use kwestura::engine::{Moment, escalate, lookup, mass_mail, outbox, period, retention};
use kwestura::store::Tx;
use kwestura::store::cases::NewCase;
use std::sync::Mutex;
use std::time::Duration;

/// Lets something begin, and commits the first only then.
async fn behind<T>(first: Tx, second: impl Future<Output = T>) -> T {
    let commit = async {
        tokio::time::sleep(Duration::from_millis(200)).await;
        first.commit().await.unwrap();
    };
    tokio::join!(second, commit).0
}

/// Lets something begin, commits the first only then, and says who ended before whom.
async fn order<T>(first: Tx, second: impl Future<Output = T>) -> [&'static str; 2] {
    let ended = Mutex::new(Vec::new());
    let commit = async {
        tokio::time::sleep(Duration::from_millis(200)).await;
        // Before it is committed: the second may be told so before the first is.
        ended.lock().unwrap().push("first");
        first.commit().await.unwrap();
    };
    let second = async {
        second.await;
        ended.lock().unwrap().push("second");
    };
    tokio::join!(second, commit);
    ended.into_inner().unwrap().try_into().unwrap()
}

fn ada() -> Claims {
    Claims {
        provider: Provider::Cas,
        login: "jkowalski".to_owned(),
        student: Some("ada".to_owned()),
        email: None,
        name: "Ada Testowa".to_owned(),
    }
}

async fn person(world: &World, student: &str) -> i64 {
    lookup::by_external(&world.office, student)
        .await
        .unwrap()
        .person
}

on_both_engines! {
    /// Five an hour, however many ask in one instant; and nobody's link is lost for another's.
    async fn links_are_asked_for_at_once(db: TestDb) {
        let mut world = World::begin(&db).await;
        world.office.config.mail = Some(crate::support::mail::folder_settings());
        let mut asking = tokio::task::JoinSet::new();
        for _ in 0..4 {
            for student in 1..=3 {
                let (office, address) = (world.office.clone(), format!("s90000{student}@student.example.edu"));
                asking.spawn(async move { login::request(&office, &address, "10.0.0.1").await });
            }
        }
        for _ in 0..4 {
            let office = world.office.clone();
            asking.spawn(async move { login::request(&office, "s900001@student.example.edu", "10.0.0.2").await });
        }
        while let Some(asked) = asking.join_next().await {
            asked.unwrap().unwrap();
        }
        let listed = outbox::list(&world.office, None).await.unwrap();
        let of = async |student| {
            let person = Some(person(&world, student).await);
            listed.iter().filter(|one| one.row.person_id == person).count()
        };
        assert_eq!([of("ada").await, of("bartek").await, of("celina").await], [5, 4, 4]);
    }

    async fn a_login_is_bound_by_two_first_sign_ins(db: TestDb) {
        let world = World::begin(&db).await;
        let (ada_is, bartek_is) = (person(&world, "ada").await, person(&world, "bartek").await);
        let key = ("cas", "jkowalski");
        let mut first = world.office.db.write().await.unwrap();
        assert!(first.bind(key, ada_is, "first sign-in", 0).await.unwrap());
        let claims = ada();
        let second = behind(first, login::known(&world.office, &claims)).await;
        assert_eq!(second.unwrap(), Known::Student(ada_is));

        // The office gives it to another while its student signs in for the first time.
        let mut first = world.office.db.write().await.unwrap();
        assert!(first.unbind(key, 1).await.unwrap());
        first.commit().await.unwrap();
        let mut first = world.office.db.write().await.unwrap();
        assert!(first.bind(key, bartek_is, "the office", 2).await.unwrap());
        let second = behind(first, login::known(&world.office, &claims)).await;
        assert_eq!(second.unwrap(), Known::Refused);
    }

    /// Five wrong ones are looked at, also of those who try them all in one instant.
    async fn passwords_are_guessed_at_once(db: TestDb) {
        let world = World::begin(&db).await;
        let mut guesses = tokio::task::JoinSet::new();
        for guess in 0..12 {
            let office = world.office.clone();
            guesses.spawn(async move {
                let password = format!("guess {guess}");
                let typed = Typed { login: "ola", password: &password, code: "", network: "there" };
                staff::attempt(&office, typed).await
            });
        }
        let mut wrong = 0;
        while let Some(attempt) = guesses.join_next().await {
            wrong += usize::from(attempt.unwrap().unwrap() == Attempt::Wrong);
        }
        assert_eq!(wrong, 5);
    }

    async fn mass_mail_is_dropped_while_it_is_approved(db: TestDb) {
        let mut world = World::begin(&db).await;
        for day in 14..=16 {
            world.bank(day, vec![]).await;
        }
        world.today(19);
        let said = Said { by: "ola", why: "a story" };
        let begun = mass_mail::begin(&world.office, 3, said).await.unwrap();
        assert_eq!(begun, mass_mail::Begun::Asked);
        let asked = mass_mail::asked(&world.office).await.unwrap().unwrap();
        let mut first = world.office.db.write().await.unwrap();
        assert!(first.end_mass_mail(asked.id, ("dropped", "ola"), 0).await.unwrap());
        let second = behind(first, mass_mail::approve(&world.office, "eve")).await;
        assert!(refusal(second).contains("nobody asks"));
        assert!(outbox::list(&world.office, None).await.unwrap().is_empty());
        assert!(refusal(mass_mail::drop_it(&world.office, "ola").await).contains("nobody asks"));
    }

    /// A run that looked before a case was opened does not know why it is there.
    async fn a_case_is_opened_while_the_others_are_looked_for(db: TestDb) {
        let mut world = World::begin(&db).await;
        world.bank(14, vec![]).await;
        world.today(15);
        let mut first = world.office.db.write().await.unwrap();
        let new = NewCase {
            kind: "sign_in",
            queue: "cos",
            subject: "jkowalski",
            student: None,
            causes: "{\"asks\":\"who I am\"}",
            opened_on: october(15),
            deadline: october(20),
        };
        let id = first.add_case(&new, 0).await.unwrap();
        let run = behind(first, escalate::run(&world.office, october(15), false)).await;
        assert!(run.unwrap().written);
        let open = async || {
            let rows = desk::list(&world.office, &Wanted::default()).await.unwrap();
            rows.into_iter().any(|row| row.id == id)
        };
        assert!(open().await);
        // The next one looks again, and nothing asks for it.
        escalate::run(&world.office, october(15), false).await.unwrap();
        assert!(!open().await);
    }

    async fn everybody_is_held_while_what_is_old_is_erased(db: TestDb) {
        let mut world = World::begin(&db).await;
        world.bank(5, vec![line(5, 50_000, "ada"), line(5, 50_000, "bartek"), line(5, 50_000, "celina")]).await;
        let zone = world.office.config.institution.time_zone;
        world.office.now = Moment::of(millis("2033-01-02 12:00"), zone);
        let due = retention::run(&world.office, "ola", true).await.unwrap();
        assert!(due.iter().any(|one| one.count > 0));
        let mut first = world.office.db.write().await.unwrap();
        first.add_hold(None, "ola", "a court asks", 0).await.unwrap();
        let ran = behind(first, retention::run(&world.office, "ola", false)).await.unwrap();
        let erased: Vec<&str> = ran.iter().filter(|one| one.count > 0).map(|one| one.class.name()).collect();
        assert_eq!(erased, Vec::<&str>::new());
    }

    /// Whoever changes the rules from a day on has read that its month is open.
    async fn a_month_is_closed_while_its_rules_change(db: TestDb) {
        let mut world = World::begin(&db).await;
        world.bank(30, vec![]).await;
        let zone = world.office.config.institution.time_zone;
        world.office.now = Moment::of(millis("2026-11-05 12:00"), zone);
        let mut first = world.office.db.write().await.unwrap();
        first.lock_policies().await.unwrap();
        let close = async { period::close(&world.office, "2026-10", "ola", true).await.unwrap() };
        assert_eq!(order(first, close).await, ["first", "second"]);
    }

    /// What is being recorded may be the payment of a refund that nobody has decided yet.
    async fn a_refund_is_decided_while_the_bank_tells_of_it(db: TestDb) {
        let mut world = World::begin(&db).await;
        world.bank(5, vec![line(5, 60_000, "ada")]).await;
        world.today(6);
        let credit = world.credits("ada").await.remove(0);
        let mut first = world.office.db.write().await.unwrap();
        let account = first.bank_accounts().await.unwrap()[0].id;
        first.lock_bank_account(account).await.unwrap();
        let decide = async { world.decide(refund(&credit, "100", None)).await.unwrap() };
        assert_eq!(order(first, decide).await, ["first", "second"]);
    }
}
