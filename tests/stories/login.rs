//! Students sign in: by a link in a mail, by a login that stays theirs, and with one that nobody knows.

use super::bank::{BOSS, october};
use super::world::{World, refusal};
use crate::support::university::file;
use crate::support::{TestDb, on_both_engines};
use kwestura::engine::desk::{self, Wanted};
use kwestura::engine::login::{self, Claims, Known, Provider};
use kwestura::engine::send::{self, Sending};
use kwestura::engine::sessions::{self, Whose};
use kwestura::engine::{Moment, escalate, outbox, students};
use kwestura::mail::Post;
use std::path::PathBuf;

const ADA: &str = "s900001@student.example.edu";

/// Three students, a folder for mail, and pages at an address.
async fn world(db: &TestDb) -> World {
    let mut world = World::begin(db).await;
    world.office.config.mail = Some(crate::support::mail::folder_settings());
    world.office.config.sign_in.address = Some("http://127.0.0.1:8080/".to_owned());
    world
}

fn folder(db: &TestDb) -> PathBuf {
    db.folder().join("outbox")
}

async fn send(world: &World, db: &TestDb) -> Sending {
    let now = world.office.now;
    let mut post = Post::Folder(folder(db));
    send::run(&world.office, &mut post, || now, |_, _| {})
        .await
        .unwrap()
}

/// The links in all mails, in the order of the mails.
fn links(db: &TestDb) -> Vec<String> {
    let Ok(files) = std::fs::read_dir(folder(db)) else {
        return Vec::new();
    };
    let mut files: Vec<PathBuf> = files.map(|file| file.unwrap().path()).collect();
    files.sort();
    let texts = files
        .iter()
        .map(|file| std::fs::read_to_string(file).unwrap().replace("=\r\n", ""));
    let link = |text: String| {
        let at = text.find("http://127.0.0.1:8080/link/")?;
        Some(
            text[at + 27..]
                .chars()
                .take_while(char::is_ascii_hexdigit)
                .collect::<String>(),
        )
    };
    texts.filter_map(link).collect()
}

fn later(world: &mut World, minutes: i64) {
    let zone = world.office.config.institution.time_zone;
    world.office.now = Moment::of(world.office.now.millis + minutes * 60_000, zone);
}

fn claims(login: &str, student: Option<&str>) -> Claims {
    Claims {
        provider: Provider::Cas,
        login: login.to_owned(),
        student: student.map(str::to_owned),
        email: None,
        name: "Ada Testowa".to_owned(),
    }
}

async fn known(world: &World, claims: &Claims) -> Known {
    login::known(&world.office, claims).await.unwrap()
}

async fn person(world: &World, student: &str) -> i64 {
    kwestura::engine::lookup::by_external(&world.office, student)
        .await
        .unwrap()
        .person
}

async fn cases(world: &World) -> Vec<(String, String)> {
    let rows = desk::list(&world.office, &Wanted::default()).await.unwrap();
    rows.into_iter()
        .map(|row| (row.kind, row.subject))
        .collect()
}

on_both_engines! {
    /// The link arrives at the alias, works once, and nobody finds it in the database.
    async fn a_link_signs_in_once(db: TestDb) {
        let mut world = world(&db).await;
        login::request(&world.office, " s900001@STUDENT.example.edu ", "10.0.0.1").await.unwrap();
        let shown = outbox::list(&world.office, None).await.unwrap();
        let outbox::InWords::Spoken { text, to, .. } = outbox::in_words(&world.office, &shown[0]).await.unwrap() else {
            panic!("it is said");
        };
        assert_eq!(to, ADA);
        assert!(text.contains("http://127.0.0.1:8080/link/...\n"), "{text}");
        assert_eq!(send(&world, &db).await.sent, 1);
        assert_eq!(send(&world, &db).await, Sending::default());
        // What other messages said is kept; with this one's words anybody could sign in.
        let shown = outbox::show(&world.office, shown[0].row.id).await.unwrap();
        assert_eq!((shown.listed.row.state.as_str(), shown.said), ("sent", None));
        let links = links(&db);
        assert_eq!((links.len(), links[0].len()), (1, 64));
        later(&mut world, 14);
        let entered = login::enter(&world.office, &links[0]).await.unwrap();
        assert_eq!(entered, Some((Known::Student(person(&world, "ada").await), ADA.to_owned())));
        assert_eq!(login::enter(&world.office, &links[0]).await.unwrap(), None);
        assert_eq!(login::enter(&world.office, "0000").await.unwrap(), None);
    }

    /// Where mails go nowhere, somebody hands a link over; it ends when they said.
    async fn a_link_that_was_handed_over_signs_in_once(db: TestDb) {
        let mut world = world(&db).await;
        let ends_at = world.office.now.millis + 60 * 60 * 1_000;
        let link = login::by_hand(&world.office, "ada", ends_at).await.unwrap();
        let late = login::by_hand(&world.office, "ada", ends_at).await.unwrap();
        let token = link.strip_prefix("/link/").unwrap();
        later(&mut world, 59);
        let (known, _) = login::enter(&world.office, token).await.unwrap().unwrap();
        assert_eq!(known, Known::Student(person(&world, "ada").await));
        assert_eq!(login::enter(&world.office, token).await.unwrap(), None);
        later(&mut world, 60);
        assert_eq!(login::enter(&world.office, late.strip_prefix("/link/").unwrap()).await.unwrap(), None);
        assert!(login::by_hand(&world.office, "nobody", ends_at).await.is_err());
        assert_eq!(send(&world, &db).await, Sending::default());
    }

    /// It is too old after a quarter of an hour, counted from when it left.
    async fn a_link_is_soon_too_old(db: TestDb) {
        let mut world = world(&db).await;
        login::request(&world.office, ADA, "10.0.0.1").await.unwrap();
        later(&mut world, 30);
        assert_eq!(send(&world, &db).await.sent, 1);
        later(&mut world, 15);
        assert_eq!(login::enter(&world.office, &links(&db)[0]).await.unwrap(), None);
        // A mail that stayed for hours says nothing that anybody waits for.
        login::request(&world.office, ADA, "10.0.0.1").await.unwrap();
        later(&mut world, 61);
        assert_eq!(send(&world, &db).await.withdrawn, 1);
    }

    /// S03: known or not, the same is noted; and nobody is flooded.
    async fn whoever_is_unknown_gets_no_mail_and_nobody_gets_many(db: TestDb) {
        let mut world = world(&db).await;
        for address in ["s900009@student.example.edu", "S900001@student.example.edu", "900001", "", "ada@gmail.example", "s900001@phd.example.edu"] {
            login::request(&world.office, address, "10.0.0.1").await.unwrap();
        }
        assert_eq!(send(&world, &db).await, Sending::default());
        for _ in 0..9 {
            login::request(&world.office, ADA, "10.0.0.1").await.unwrap();
        }
        // One was asked for above with a capital, which counts as the same address.
        assert_eq!(send(&world, &db).await.sent, 4);
        later(&mut world, 61);
        login::request(&world.office, ADA, "10.0.0.1").await.unwrap();
        assert_eq!(send(&world, &db).await.sent, 1);
    }

    /// Whoever goes on asking in somebody's name does not lock them out for longer than an hour.
    async fn what_comes_above_the_limit_is_not_counted(db: TestDb) {
        let mut world = world(&db).await;
        let mut sent = 0;
        for minutes in [0, 1, 1, 1, 1, 1, 10, 20, 20, 8, 1] {
            later(&mut world, minutes);
            login::request(&world.office, ADA, "10.0.0.1").await.unwrap();
            sent += send(&world, &db).await.sent;
        }
        // Five in the first minutes, then none until the first of them is an hour old.
        assert_eq!(sent, 7);
        // Nor does one network's flood cost another network anything.
        for number in 0..205 {
            let stranger = format!("nobody-{number}@student.example.edu");
            login::request(&world.office, &stranger, "10.0.0.2").await.unwrap();
        }
        later(&mut world, 61);
        login::request(&world.office, ADA, "10.0.0.2").await.unwrap();
        assert_eq!(send(&world, &db).await.sent, 1);
    }

    /// S02: whoever had a login before is signed out when it becomes another's, whichever way.
    async fn s02_a_login_that_is_lost_takes_its_sessions_along(db: TestDb) {
        let world = world(&db).await;
        let (ada, bartek) = (person(&world, "ada").await, person(&world, "bartek").await);
        let signed_in = async |person: i64| {
            let whose = Whose::Student { login: "jkowalski", person_id: Some(person) };
            sessions::begin(&world.office, whose, None, None).await.unwrap()
        };
        let is_in = async |token: &str| sessions::find(&world.office, token).await.unwrap().is_some();
        assert_eq!(known(&world, &claims("jkowalski", Some("ada"))).await, Known::Student(ada));
        let one = signed_in(ada).await;
        assert!(is_in(&one).await);
        // The provider names somebody else.
        assert_eq!(known(&world, &claims("jkowalski", Some("bartek"))).await, Known::Refused);
        assert!(!is_in(&one).await);
        // The office links it to another student.
        let two = signed_in(ada).await;
        login::link(&world.office, "cas:jkowalski", "bartek", BOSS).await.unwrap();
        assert!(!is_in(&two).await);
        // Whoever it is now stays, also when they sign in once more; until the office takes it away.
        let three = signed_in(bartek).await;
        assert_eq!(known(&world, &claims("jkowalski", Some("bartek"))).await, Known::Student(bartek));
        assert!(is_in(&three).await);
        login::unlink(&world.office, "cas:jkowalski", BOSS).await.unwrap();
        assert!(!is_in(&three).await);
    }

    /// When students came last is when a file came, also one that said nothing new.
    async fn a_transfer_without_news_is_a_transfer(db: TestDb) {
        let mut world = world(&db).await;
        assert_eq!(known(&world, &claims("nowak", None)).await, Known::Stray);
        let last = async |world: &World| login::waiting(&world.office, "nowak").await.unwrap().unwrap().last_transfer_at;
        let before = last(&world).await.unwrap();
        later(&mut world, 5 * 24 * 60);
        let again = "external_id;album;given_name;family_name;population;email;language;status\n\
                     ada;900001;ada;Testowa;student;;pl;active\n";
        let loaded = students::import(&world.office, &file("students.csv", again, "2026-09-01")).await.unwrap();
        assert_eq!(loaded.counts.unchanged, 1, "{loaded:?}");
        assert_eq!(last(&world).await, Some(world.office.now.millis));
        assert!(before < world.office.now.millis);
    }

    /// Whoever is unknown reads when students come next: as it is written, else on a business day.
    async fn the_next_transfer_is_as_written_or_on_a_business_day(db: TestDb) {
        let mut world = world(&db).await;
        assert_eq!(known(&world, &claims("nowak", None)).await, Known::Stray);
        let zone = world.office.config.institution.time_zone;
        let next = async |world: &World| {
            let waiting = login::waiting(&world.office, "nowak").await.unwrap().unwrap();
            chrono::DateTime::from_timestamp_millis(waiting.next_transfer_at).unwrap().with_timezone(&zone)
        };
        // Students came on Thursday the 1st; now it is Saturday.
        world.today(3);
        assert_eq!(next(&world).await.date_naive(), october(5));
        // A machine does it in the night.
        world.office.config.sign_in.transfer = kwestura::config::Schedule::parse("30 2 * * *");
        assert_eq!(next(&world).await.naive_local().to_string(), "2026-10-04 02:30:00");
    }

    /// Whoever waits at a screen is served before whoever gets a reminder.
    async fn a_link_leaves_before_everything_else(db: TestDb) {
        let mut world = world(&db).await;
        world.today(5);
        world.office.config.policy.dunning.brake_percent = 100;
        world.office.config.policy.dunning.brake_times = 100;
        let mode = kwestura::engine::remind::Mode::Write { confirmed: None };
        kwestura::engine::remind::run(&world.office, world.office.now.today, mode).await.unwrap();
        login::request(&world.office, ADA, "10.0.0.1").await.unwrap();
        let mut order = Vec::new();
        let now = world.office.now;
        let mut post = Post::Folder(folder(&db));
        let done = send::run(&world.office, &mut post, || now, |done, _| order.push(done)).await.unwrap();
        assert_eq!(done.sent, 4);
        let sent = outbox::list(&world.office, Some("sent")).await.unwrap();
        let mut events = Vec::new();
        for listed in sent {
            let shown = outbox::show(&world.office, listed.row.id).await.unwrap();
            events.push((shown.events.len(), listed.row.template));
        }
        assert_eq!(events.iter().filter(|(_, template)| template == "link").count(), 1);
        assert_eq!(links(&db).len(), 1);
    }

    /// S02: the login of somebody who left is given to somebody else.
    async fn a_login_stays_with_its_student_until_the_office_says_otherwise(db: TestDb) {
        let mut world = world(&db).await;
        let (ada, bartek) = (person(&world, "ada").await, person(&world, "bartek").await);
        assert_eq!(known(&world, &claims("jkowalski", Some("ada"))).await, Known::Student(ada));
        // Also when the provider says nothing of ids any more.
        assert_eq!(known(&world, &claims("jkowalski", None)).await, Known::Student(ada));
        // Capitals count.
        assert_eq!(known(&world, &claims("JKowalski", None)).await, Known::Stray);
        assert_eq!(known(&world, &claims("jkowalski", Some("bartek"))).await, Known::Refused);
        escalate::run(&world.office, world.office.now.today, false).await.unwrap();
        assert_eq!(cases(&world).await, [("sign_in".to_owned(), "cas:jkowalski".to_owned())]);
        let waiting = login::waiting(&world.office, "jkowalski").await.unwrap().unwrap();
        assert!(waiting.is_refused);
        // COS links it to whom it is now.
        login::link(&world.office, "cas:jkowalski", "bartek", BOSS).await.unwrap();
        assert_eq!(cases(&world).await, []);
        assert_eq!(known(&world, &claims("jkowalski", Some("bartek"))).await, Known::Student(bartek));
        later(&mut world, 1);
        assert_eq!(known(&world, &claims("jkowalski", Some("ada"))).await, Known::Refused);
    }

    /// Semantics, section 11: signed in but unknown, up to the mail that says it works now.
    async fn an_unknown_login_waits_a_day_asks_and_is_linked(db: TestDb) {
        let mut world = world(&db).await;
        let stray = claims("nowak", None);
        assert_eq!(known(&world, &stray).await, Known::Stray);
        let first = login::waiting(&world.office, "nowak").await.unwrap().unwrap();
        let now = world.office.now.millis;
        assert!(first.last_transfer_at.is_some_and(|at| at <= now) && now < first.next_transfer_at);
        assert!(first.next_transfer_at <= now + 24 * 3_600_000);
        assert!(!first.may_ask);
        assert!(!login::ask(&world.office, "nowak", "please").await.unwrap());
        escalate::run(&world.office, world.office.now.today, false).await.unwrap();
        assert_eq!(cases(&world).await, []);
        later(&mut world, 24 * 60);
        assert_eq!(known(&world, &stray).await, Known::Stray);
        assert!(login::waiting(&world.office, "nowak").await.unwrap().unwrap().may_ask);
        assert!(login::ask(&world.office, "nowak", "I am Celina").await.unwrap());
        assert!(!login::ask(&world.office, "nowak", "hello?").await.unwrap());
        let case = desk::list(&world.office, &Wanted::default()).await.unwrap().remove(0);
        assert!(desk::evidence(&case)[0].contains("I am Celina"), "{case:?}");
        let run = escalate::run(&world.office, world.office.now.today, false).await.unwrap();
        assert_eq!((run.opened.len(), run.refreshed, run.gone.len()), (0, 0, 0));
        assert!(refusal(login::link(&world.office, "nowak", "celina", BOSS).await).contains("cas:jkowalski"));
        login::link(&world.office, "cas:nowak", "celina", BOSS).await.unwrap();
        assert!(refusal(login::link(&world.office, "cas:nowak", "celina", BOSS).await).contains("already"));
        assert_eq!(cases(&world).await, []);
        assert_eq!(login::waiting(&world.office, "nowak").await.unwrap(), None);
        assert_eq!(known(&world, &stray).await, Known::Student(person(&world, "celina").await));
        // She is told, by mail, where to go.
        send(&world, &db).await;
        let mails = std::fs::read_dir(folder(&db)).unwrap().count();
        assert!(mails >= 1);
        let listed = outbox::list(&world.office, Some("sent")).await.unwrap();
        assert!(listed.iter().any(|one| one.row.template == "linked" && one.row.student.as_deref() == Some("celina")));
        // The office takes it back.
        login::unlink(&world.office, "cas:nowak", BOSS).await.unwrap();
        assert_eq!(known(&world, &stray).await, Known::Stray);
    }
}
