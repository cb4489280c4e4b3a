//! Messages leave the house: each once, none that is no longer right, whatever the server does.

use super::bank::{BOSS, line, october};
use super::world::{World, assign, refusal};
use crate::support::mail::{MailServer, folder_settings};
use crate::support::service::{clock, worker};
use crate::support::{TestDb, on_both_engines};
use kwestura::calendar::is_bank_day;
use kwestura::config::{Job, Security};
use kwestura::engine::decide::{self, Request};
use kwestura::engine::outbox::{self, Listed};
use kwestura::engine::remind::{self, Mode, Reminding};
use kwestura::engine::send::{self, Sending};
use kwestura::engine::{EngineError, Moment, Office, arming, trial};
use kwestura::mail::{Handed, Post, Smtp};
use std::future::ready;
use std::path::Path;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};
use tokio::io::{AsyncBufReadExt as _, AsyncWriteExt as _, BufReader};
use tokio::net::TcpListener;

const ADA: &str = "s900001@student.example.edu";
const BARTEK: &str = "s900002@student.example.edu";
const CELINA: &str = "s900003@student.example.edu";
/// What tokens are asked for.
const SCOPE: &str = "https://mail.example.edu/.default";

/// Three students who owe 500.00 due on Monday the 12th, no brakes, and a mail server.
async fn world(db: &TestDb) -> Option<(World, MailServer)> {
    let server = MailServer::start(db.folder())?;
    let mut world = World::begin(db).await;
    world.office.config.policy.dunning.brake_percent = 100;
    world.office.config.policy.dunning.brake_times = 100;
    world.office.config.mail = Some(server.settings());
    Some((world, server))
}

async fn remind(office: &Office) -> Reminding {
    let mode = Mode::Write { confirmed: None };
    remind::run(office, office.now.today, mode).await.unwrap()
}

async fn send(office: &Office, post: &mut Post) -> Result<Sending, EngineError> {
    let now = office.now;
    send::run(office, post, || now, |_, _| {}).await
}

/// The same clock, so many minutes later.
fn later(world: &mut World, minutes: i64) {
    let zone = world.office.config.institution.time_zone;
    let millis = world.office.now.millis + minutes * 60_000;
    world.office.now = Moment::of(millis, zone);
}

async fn states(office: &Office) -> Vec<(String, String)> {
    let listed = outbox::list(office, None).await.unwrap();
    let state = |Listed { row, .. }: Listed| (row.student.unwrap_or_default(), row.state);
    listed.into_iter().map(state).collect()
}

fn owned(states: &[(&str, &str)]) -> Vec<(String, String)> {
    let states = states.iter();
    states
        .map(|(student, state)| ((*student).to_owned(), (*state).to_owned()))
        .collect()
}

async fn message_of(office: &Office, student: &str) -> i64 {
    let listed = outbox::list(office, None).await.unwrap();
    let mut of_student = listed
        .iter()
        .rev()
        .filter(|one| one.row.student.as_deref() == Some(student));
    of_student.next().unwrap().row.id
}

/// A mail server that speaks in the open alone: its port, and the lines that it hears.
async fn in_the_open() -> (u16, Arc<Mutex<Vec<String>>>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    let heard: Arc<Mutex<Vec<String>>> = Arc::default();
    let hears = heard.clone();
    tokio::spawn(async move {
        while let Ok((line, _)) = listener.accept().await {
            let (read, mut write) = line.into_split();
            let mut lines = BufReader::new(read).lines();
            write.write_all(b"220 ready\r\n").await.unwrap();
            let mut is_data = false;
            while let Ok(Some(line)) = lines.next_line().await {
                let answer: &[u8] = match line.as_str() {
                    "." => b"250 taken\r\n",
                    _ if is_data => continue,
                    "DATA" => b"354 go on\r\n",
                    _ => b"250 well\r\n",
                };
                is_data = line == "DATA";
                hears.lock().unwrap().push(line);
                if write.write_all(answer).await.is_err() {
                    break;
                }
            }
        }
    });
    (port, heard)
}

on_both_engines! {
    /// Three notices arrive at the aliases, and a second run sends nothing.
    async fn a_message_arrives_once(db: TestDb) {
        let Some((mut world, server)) = world(&db).await else { return };
        world.today(5);
        assert_eq!(remind(&world.office).await.messages.len(), 3);
        let mut post = server.post();
        assert_eq!(send(&world.office, &mut post).await.unwrap().sent, 3);
        assert_eq!(send(&world.office, &mut post).await.unwrap(), Sending::default());
        assert_eq!(server.recipients(), [ADA, BARTEK, CELINA]);
        let mail = &server.arrived()[0];
        assert_eq!(mail.header("From"), "\"Kwestura Akademii\" <kwestura@example.edu>");
        assert_eq!(mail.header("To"), ADA);
        assert_eq!(mail.header("Reply-To"), "cos@example.edu");
        assert_eq!(mail.header("Auto-Submitted"), "auto-generated");
        assert!(mail.header("Message-ID").ends_with("@example.edu>"), "{}", mail.text);
        assert!(mail.text.contains("Content-ID: <code-1>"), "{}", mail.text);
        post.close().await;
    }

    /// F09: ada's money is credited after the decision and before the sending.
    async fn whoever_paid_meanwhile_gets_nothing(db: TestDb) {
        let Some((mut world, server)) = world(&db).await else { return };
        world.today(5);
        remind(&world.office).await;
        world.bank(5, vec![line(5, 50_000, "ada"), line(5, 20_000, "bartek")]).await;
        let sending = send(&world.office, &mut server.post()).await.unwrap();
        assert_eq!((sending.sent, sending.withdrawn), (2, 1));
        assert_eq!(server.recipients(), [BARTEK, CELINA]);
        let bartek = server.arrived()[0].body();
        // What he still owes.
        assert!(bartek.contains("300,00"), "{bartek}");
        let ada = outbox::show(&world.office, message_of(&world.office, "ada").await).await.unwrap();
        assert_eq!(ada.events.last().unwrap().detail, "nothing is open for F-ada any more");
        assert_eq!(remind(&world.office).await.messages.len(), 0);
    }

    /// A hold that came in between keeps the message where it is; it leaves when the hold is over.
    async fn a_message_that_is_held_back_waits_in_the_outbox(db: TestDb) {
        let Some((mut world, server)) = world(&db).await else { return };
        world.today(5);
        remind(&world.office).await;
        world.fact(Request::Hold { student: "ada".to_owned(), until: october(6) }).await;
        let sending = send(&world.office, &mut server.post()).await.unwrap();
        assert_eq!((sending.sent, sending.waiting), (2, 1));
        world.today(7);
        assert_eq!(send(&world.office, &mut server.post()).await.unwrap().sent, 1);
        assert_eq!(server.recipients(), [ADA, BARTEK, CELINA]);
    }

    /// F06: one address is refused and one is put off; the third gets its mail all the same. What
    /// was put off is tried again later, and a person corrects what was refused.
    async fn one_bad_address_holds_nobody_else_up(db: TestDb) {
        let Some((mut world, server)) = world(&db).await else { return };
        world.today(5);
        remind(&world.office).await;
        server.rules(&[(ADA, "never"), (BARTEK, "later")]);
        let sending = send(&world.office, &mut server.post()).await.unwrap();
        assert_eq!((sending.sent, sending.refused, sending.failed), (1, 1, 1));
        assert_eq!(states(&world.office).await, owned(&[("ada", "refused"), ("bartek", "failed"), ("celina", "sent")]));
        // Not at once again.
        later(&mut world, 14);
        assert_eq!(send(&world.office, &mut server.post()).await.unwrap(), Sending::default());
        later(&mut world, 2);
        assert_eq!(send(&world.office, &mut server.post()).await.unwrap().failed, 1);
        server.rules(&[]);
        later(&mut world, 59);
        assert_eq!(send(&world.office, &mut server.post()).await.unwrap(), Sending::default());
        later(&mut world, 2);
        assert_eq!(send(&world.office, &mut server.post()).await.unwrap().sent, 1);
        let ada = message_of(&world.office, "ada").await;
        outbox::retry(&world.office, ada, BOSS).await.unwrap();
        assert_eq!(send(&world.office, &mut server.post()).await.unwrap().sent, 1);
        assert_eq!(server.recipients(), [ADA, BARTEK, CELINA]);
        let refused = refusal(outbox::retry(&world.office, ada, BOSS).await);
        assert!(refused.contains("is sent"), "{refused}");
    }

    /// An address that is put off for three business days is as good as refused.
    async fn an_address_that_fails_for_days_is_refused(db: TestDb) {
        let Some((mut world, server)) = world(&db).await else { return };
        for day in (5..=26).filter(|day| is_bank_day(october(*day))) {
            world.bank(day, vec![]).await;
        }
        world.today(22);
        remind(&world.office).await;
        server.rules(&[(ADA, "later"), (BARTEK, "full"), (CELINA, "never")]);
        let sending = send(&world.office, &mut server.post()).await.unwrap();
        assert_eq!((sending.failed, sending.refused), (1, 2));
        for (day, failed, refused) in [(23, 1, 0), (26, 1, 0), (27, 0, 1)] {
            world.today(day);
            let sending = send(&world.office, &mut server.post()).await.unwrap();
            assert_eq!((sending.failed, sending.refused), (failed, refused), "{day} October: {sending:?}");
        }
        assert_eq!(server.recipients(), [] as [&str; 0]);
    }

    /// F07: behind the data only an answer tells. Nothing is sent again by itself.
    async fn a_line_that_breaks_behind_the_data_leaves_it_uncertain(db: TestDb) {
        let Some((mut world, server)) = world(&db).await else { return };
        world.today(5);
        remind(&world.office).await;
        server.rules(&[(ADA, "drop"), (BARTEK, "lost"), (CELINA, "stall")]);
        let sending = send(&world.office, &mut server.post()).await.unwrap();
        assert_eq!((sending.sent, sending.uncertain), (0, 3));
        // Three in a row say something about the server.
        assert!(sending.stopped.unwrap().contains("broke the line"), "it stops");
        server.rules(&[]);
        world.today(6);
        assert_eq!(send(&world.office, &mut server.post()).await.unwrap(), Sending::default());
        assert_eq!(remind(&world.office).await.messages.len(), 0);
        assert_eq!(server.recipients(), [ADA, CELINA]);
        // A person asks: ada has it, bartek does not.
        let (ada, bartek) = (message_of(&world.office, "ada").await, message_of(&world.office, "bartek").await);
        outbox::confirm(&world.office, ada, BOSS).await.unwrap();
        outbox::retry(&world.office, bartek, BOSS).await.unwrap();
        assert_eq!(send(&world.office, &mut server.post()).await.unwrap().sent, 1);
        // Hers left a day before somebody knew of it, his leaves today.
        let mut tx = world.office.db.read().await.unwrap();
        let mut left = Vec::new();
        for id in [ada, bartek] {
            left.extend(tx.message(id).await.unwrap().unwrap().sent_on);
        }
        tx.rollback().await.unwrap();
        assert_eq!(left, [october(5), october(6)]);
        assert_eq!(server.recipients(), [ADA, BARTEK, CELINA]);
        assert_eq!(states(&world.office).await, owned(&[("ada", "sent"), ("bartek", "sent"), ("celina", "uncertain")]));
    }

    /// Behind a run that the server's behaviour stopped little is tried: three that are refused, or one of
    /// which nobody knows. Who has no address says nothing about the server.
    async fn whoever_is_wary_stops_soon(db: TestDb) {
        let Some((mut world, server)) = world(&db).await else { return };
        world.today(5);
        remind(&world.office).await;
        let wary = async |world: &World| {
            let now = world.office.now;
            let going_on = (|| ready(Ok(true)), true);
            send::while_going_on(&world.office, &mut server.post(), || now, |_, _| {}, going_on).await.unwrap()
        };
        server.rules(&[(ADA, "never"), (BARTEK, "drop")]);
        let sending = wary(&world).await;
        assert_eq!((sending.refused, sending.uncertain, sending.sent, sending.rests), (1, 1, 0, true));
        assert!(sending.stopped.unwrap().contains("outbox retry"));
        // It is over: all the rest leaves.
        server.rules(&[]);
        let sending = wary(&world).await;
        assert_eq!((sending.sent, sending.rests, sending.stopped), (1, false, None));
        // Everybody is refused.
        world.today(15);
        remind(&world.office).await;
        server.rules(&[(ADA, "never"), (BARTEK, "never"), (CELINA, "never")]);
        let due = states(&world.office).await.iter().filter(|(_, state)| state == "due").count();
        let sending = wary(&world).await;
        assert_eq!((sending.refused, sending.rests), (due, 3 <= due), "{sending:?}");
    }

    /// Whoever disarms the mail stops a run that is under way.
    async fn a_run_stops_when_the_mail_is_disarmed(db: TestDb) {
        let Some((mut world, server)) = world(&db).await else { return };
        world.today(5);
        remind(&world.office).await;
        let (now, office) = (world.office.now, world.office.clone());
        let mut post = server.post();
        let (tell, told) = tokio::sync::oneshot::channel();
        let mut tell = Some(tell);
        let sending = send::run(&world.office, &mut post, || now, |done, _| {
            if done == 1 {
                tell.take().unwrap().send(()).unwrap();
            }
        });
        let disarming = async {
            told.await.unwrap();
            arming::say(&office, false, BOSS).await.unwrap();
        };
        let (sent, ()) = tokio::join!(sending, disarming);
        assert!(refusal(sent).contains("no mail may leave"));
        assert_eq!(server.recipients().len() + states(&office).await.iter().filter(|(_, state)| state == "due").count(), 3);
        assert!(server.recipients().len() < 3);
    }

    /// A clock ran ahead for a moment: what it dated is no mystery for a year (F17).
    async fn what_a_clock_that_ran_ahead_was_sending_is_found(db: TestDb) {
        let Some((mut world, server)) = world(&db).await else { return };
        world.today(5);
        remind(&world.office).await;
        let ada = message_of(&world.office, "ada").await;
        let next_year = world.office.now.millis + 365 * 24 * 3_600_000;
        let mut tx = world.office.db.write().await.unwrap();
        assert!(tx.move_message(ada, ("due", "sending"), next_year).await.unwrap());
        tx.commit().await.unwrap();
        let sending = send(&world.office, &mut server.post()).await.unwrap();
        assert_eq!((sending.sent, sending.uncertain), (2, 1));
    }

    /// A sender that died leaves a message behind of which nobody knows.
    async fn a_dead_sender_leaves_an_uncertain_message(db: TestDb) {
        let Some((mut world, server)) = world(&db).await else { return };
        world.today(5);
        remind(&world.office).await;
        let ada = message_of(&world.office, "ada").await;
        let mut tx = world.office.db.write().await.unwrap();
        assert!(tx.move_message(ada, ("due", "sending"), world.office.now.millis).await.unwrap());
        tx.commit().await.unwrap();
        assert_eq!(send(&world.office, &mut server.post()).await.unwrap().sent, 2);
        later(&mut world, 16);
        let sending = send(&world.office, &mut server.post()).await.unwrap();
        assert_eq!((sending.sent, sending.uncertain), (0, 1));
        assert_eq!(server.recipients(), [BARTEK, CELINA]);
    }

    /// Office 365 takes no password but a token. It is asked for once, and anew when the server takes it
    /// no more.
    async fn a_token_opens_the_line_in_place_of_a_password(db: TestDb) {
        let Some((mut world, server)) = world(&db).await else { return };
        world.today(5);
        remind(&world.office).await;
        server.rules(&[(BARTEK, "later"), (CELINA, "drop")]);
        let mut post = server.post_by_token(SCOPE, "s&cret=");
        let sending = send(&world.office, &mut post).await.unwrap();
        assert_eq!((sending.sent, sending.failed, sending.uncertain), (1, 1, 1));
        server.rules(&[("token-1", "withdrawn")]);
        later(&mut world, 15);
        assert_eq!(send(&world.office, &mut post).await.unwrap().sent, 1);
        assert_eq!(server.recipients(), [ADA, BARTEK, CELINA]);
    }

    /// Whose fault it is that there is no token, or that it opens nothing, is said; no secret is.
    async fn a_token_that_is_not_given_or_not_taken_changes_nothing(db: TestDb) {
        let Some((mut world, server)) = world(&db).await else { return };
        world.today(5);
        remind(&world.office).await;
        server.rules(&[("token-1", "withdrawn")]);
        let table = [
            (SCOPE, "gu&ess", "it does not know the client, or the secret is wrong"),
            ("https://graph.example.edu", "s&cret=", "it gives none for this scope"),
            (SCOPE, "s&cret=", "it does not take the token for kwestura"),
        ];
        for (scope, secret, why) in table {
            let sending = send(&world.office, &mut server.post_by_token(scope, secret)).await.unwrap();
            let stopped = sending.stopped.unwrap();
            assert!(stopped.contains(why), "{stopped}");
            let is_told = ["gu&ess", "s&cret", "token-1"].iter().any(|secret| stopped.contains(secret));
            assert!(!is_told, "{stopped}");
        }
        let due = owned(&[("ada", "due"), ("bartek", "due"), ("celina", "due")]);
        assert_eq!(states(&world.office).await, due);
    }

    /// F05: nobody listens, or somebody else does; nothing changes, and it is said what to do.
    async fn a_server_that_cannot_be_used_changes_nothing(db: TestDb) {
        let Some((mut world, server)) = world(&db).await else { return };
        world.today(5);
        remind(&world.office).await;
        let sending = send(&world.office, &mut server.post_with("guess")).await.unwrap();
        assert!(sending.stopped.unwrap().contains("535"));
        let mut settings = server.settings();
        settings.server.authority = None;
        let stranger = kwestura::mail::Smtp::new(&settings.server, Some("secret".to_owned())).unwrap();
        let sending = send(&world.office, &mut Post::Smtp(Box::new(stranger))).await.unwrap();
        let why = sending.stopped.unwrap();
        assert!(why.contains("certificate"), "{why}");
        let mut gone = server.post();
        drop(server);
        let sending = send(&world.office, &mut gone).await.unwrap();
        assert!(sending.stopped.unwrap().contains("cannot be used"));
        let due = owned(&[("ada", "due"), ("bartek", "due"), ("celina", "due")]);
        assert_eq!(states(&world.office).await, due);
    }

    /// Without STARTTLS nothing is said, unless the settings want it so.
    async fn s21_mail_leaves_in_the_open_only_where_that_is_wanted(db: TestDb) {
        let mut world = World::begin(&db).await;
        world.office.config.policy.dunning.brake_percent = 100;
        world.office.config.mail = Some(folder_settings());
        world.today(5);
        remind(&world.office).await;
        let (port, heard) = in_the_open().await;
        let mut settings = folder_settings().server;
        (settings.port, settings.user) = (port, None);
        let mut post = Post::Smtp(Box::new(Smtp::new(&settings, None).unwrap()));
        let sending = send(&world.office, &mut post).await.unwrap();
        let why = sending.stopped.unwrap();
        assert!(why.contains("STARTTLS"), "{why}");
        assert!(!heard.lock().unwrap().iter().any(|line| line.starts_with("MAIL")), "{heard:?}");
        settings.security = Security::None;
        let mut post = Post::Smtp(Box::new(Smtp::new(&settings, None).unwrap()));
        assert_eq!(send(&world.office, &mut post).await.unwrap().sent, 3);
        assert_eq!(heard.lock().unwrap().iter().filter(|line| line.starts_with("MAIL")).count(), 3);
    }

    /// However many work, one of them sends, and leaves half a second between two messages.
    async fn several_workers_together_send_no_more_in_a_minute_than_may(db: TestDb) {
        let Some((mut world, server)) = world(&db).await else { return };
        world.office.config.mail.as_mut().unwrap().per_minute = 120;
        world.today(5);
        remind(&world.office).await;
        let (server, (clock, hands)) = (Arc::new(server), clock("2026-10-05 12:00"));
        let workers = ["a", "b", "c", "d"].map(|name| {
            let (mut worker, _) = worker(&world.office, name, &clock, Path::new("nowhere"));
            let server = server.clone();
            worker.way = Arc::new(move |_: &Office| Ok(Some(server.post())));
            worker
        });
        workers[0].rows().await.unwrap();
        hands.set("2026-10-05 12:01");
        let began = Instant::now();
        let runs = workers.map(|mut worker| {
            tokio::spawn(async move { worker.run(Job::Send, false).await.unwrap() })
        });
        let mut ran = Vec::new();
        for run in runs {
            ran.extend(run.await.unwrap());
        }
        assert!(ran.len() == 1 && ran[0].said.starts_with("3 sent"), "{ran:?}");
        assert!(Duration::from_secs(1) <= began.elapsed());
        assert_eq!(server.recipients(), [ADA, BARTEK, CELINA]);
    }

    /// F08: eight senders at once.
    async fn eight_senders_deliver_each_message_once(db: TestDb) {
        let Some((mut world, server)) = world(&db).await else { return };
        world.today(5);
        remind(&world.office).await;
        let mut senders = Vec::new();
        for _ in 0..8 {
            let office = Office { now: world.office.now, ..World::another(&db, 5).await };
            let office = Office { config: world.office.config.clone(), ..office };
            let mut post = server.post();
            senders.push(tokio::spawn(async move { send(&office, &mut post).await }));
        }
        let mut sent = 0;
        for sender in senders {
            sent += sender.await.unwrap().unwrap().sent;
        }
        assert_eq!(sent, 3);
        assert_eq!(server.recipients(), [ADA, BARTEK, CELINA]);
    }

    /// Nobody but the tester gets a message, and none can be taken for the real one.
    async fn in_a_trial_everything_goes_to_one_address(db: TestDb) {
        let Some((mut world, server)) = world(&db).await else { return };
        let mail = world.office.config.mail.as_mut().unwrap();
        mail.trial_address = Some("tester@example.edu".to_owned());
        world.today(5);
        assert_eq!(remind(&world.office).await.messages.len(), 3);
        assert_eq!(send(&world.office, &mut server.post()).await.unwrap().sent, 3);
        assert_eq!(server.recipients(), ["tester@example.edu"; 3]);
        for student in [ADA, BARTEK, CELINA] {
            let words = format!("TRIAL: this message was not sent to {student}.");
            let of_student: Vec<_> = server.arrived().into_iter()
                .filter(|mail| mail.body().matches(&words).count() == 2)
                .collect();
            assert_eq!(of_student.len(), 1, "{student}: once as text, once as HTML");
            assert_eq!(of_student[0].header("To"), "tester@example.edu");
            assert!(!of_student[0].header("Subject").is_empty());
        }
        let id = message_of(&world.office, "ada").await;
        let shown = outbox::show(&world.office, id).await.unwrap();
        let detail = &shown.events.last().unwrap().detail;
        assert!(detail.starts_with("in a trial, to tester@example.edu alone: "), "{detail}");
    }

    /// The test says whether the server takes mail, and leaves nothing in the outbox.
    async fn the_mail_server_is_tested_with_one_message(db: TestDb) {
        let Some((world, server)) = world(&db).await else { return };
        let mut post = server.post();
        let handed = trial::test(&world.office, &mut post, "ada@example.edu").await.unwrap();
        assert!(matches!(handed, Handed::Taken(_)), "{handed:?}");
        assert_eq!(server.recipients(), ["ada@example.edu"]);
        assert!(server.arrived()[0].body().contains("A test of the mail server."));
        assert_eq!(states(&world.office).await, []);
        server.rules(&[("nobody@example.edu", "never")]);
        let handed = trial::test(&world.office, &mut post, "nobody@example.edu").await.unwrap();
        assert!(matches!(handed, Handed::Refused(_)), "{handed:?}");
        refusal(trial::test(&world.office, &mut post, "no address").await);
    }

    /// Money of bartek's had lain in review since the 9th, and nobody knew. When a person finds out,
    /// he is told once that the reminder was wrong.
    async fn a_reminder_that_was_wrong_is_taken_back(db: TestDb) {
        let Some((mut world, server)) = world(&db).await else { return };
        for day in [5, 6, 7, 8, 9, 12, 13, 14] {
            let lost = line(9, 50_000, "nobody").to("000000999999").title("CZESNE BARTEK TESTOWA");
            world.bank(day, if day == 9 { vec![lost] } else { vec![] }).await;
        }
        world.today(15);
        assert_eq!(remind(&world.office).await.messages.len(), 3);
        assert_eq!(send(&world.office, &mut server.post()).await.unwrap().sent, 3);
        let reminded = server.arrived();
        assert!(reminded[1].body().contains("na podany wyżej numer"), "it asks for the number");
        world.today(16);
        let credit = world.only_in_queue().await;
        world.fact(assign(&credit, "bartek", false)).await;
        let reminding = remind(&world.office).await;
        let told: Vec<(&str, &str)> = (reminding.messages.iter())
            .map(|told| (told.student.as_str(), told.template.as_str()))
            .collect();
        assert_eq!(told, [("bartek", "correction")]);
        assert_eq!(remind(&world.office).await.messages.len(), 0);
        assert_eq!(send(&world.office, &mut server.post()).await.unwrap().sent, 1);
        assert_eq!(server.recipients(), [ADA, BARTEK, BARTEK, CELINA]);
        let of_bartek = server.arrived().into_iter().filter(|mail| mail.to == [BARTEK]);
        let corrections = of_bartek.filter(|mail| mail.body().contains("jest nieważna"));
        assert_eq!(corrections.count(), 1);
        // The assignment was wrong after all: the ladder begins anew.
        world.today(19);
        decide::undo(&world.office, &credit, "ada", "a mistake", false).await.unwrap();
        for day in [15, 16] {
            world.bank(day, vec![]).await;
        }
        world.today(19);
        let reminding = remind(&world.office).await;
        let steps: Vec<&str> = reminding.messages.iter().map(|told| told.items[0].step.as_str()).collect();
        assert_eq!(steps, ["reminder"]);
    }
}
