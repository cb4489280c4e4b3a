//! Real processes, told to stop or put to sleep in the middle of what they do: it is finished or handed
//! back, whoever comes next completes it, and nothing happens twice.

use super::bank::{self, line};
use super::world::World;
use crate::support::mail::MailServer;
use crate::support::service::{clock, millis, names, worker};
use crate::support::{TestDb, on_both_engines};
use kwestura::config::Job;
use kwestura::engine::Office;
use kwestura::engine::remind::{self, Mode};
use kwestura::store::jobs::JobRow;
use std::fs;
use std::io::{BufRead, BufReader, Read as _, Write as _};
use std::net::TcpStream;
use std::path::Path;
use std::process::{Child, ChildStderr, Command, Output, Stdio};
use std::sync::Arc;
use std::time::Duration;

const ADA: &str = "s900001@student.example.edu";
const ALL: [&str; 3] = [
    ADA,
    "s900002@student.example.edu",
    "s900003@student.example.edu",
];

/// A command in the story's folder, whose clock stands at a time where one is named.
fn command(db: &TestDb, time: Option<&str>, arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_kwestura"));
    command
        .args(arguments)
        .env("KWESTURA_DATABASE", db.url())
        .current_dir(db.folder())
        .env("USER", "kwestor")
        .env("KWESTURA_SMTP_PASSWORD", "secret")
        .env_remove("KWESTURA_CONFIG")
        .env_remove("KWESTURA_NOW");
    command.envs(time.map(|time| ("KWESTURA_NOW", millis(time).to_string())));
    command
}

fn run(db: &TestDb, arguments: &[&str]) -> (i32, String) {
    ended(command(db, None, arguments).output().unwrap())
}

/// How a command ended, and what it said.
fn ended(output: Output) -> (i32, String) {
    let Output {
        status,
        stdout,
        stderr,
    } = output;
    let told = String::from_utf8([stdout, stderr].concat()).unwrap();
    (status.code().unwrap(), told)
}

/// A process that serves, and its log.
struct Serving {
    child: Child,
    log: BufReader<ChildStderr>,
}

impl Serving {
    fn start(db: &TestDb, time: Option<&str>, more: &[&str]) -> Serving {
        let arguments = [&["serve", "--log", "json"], more].concat();
        let mut child = command(db, time, &arguments)
            .stdout(Stdio::null())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let log = BufReader::new(child.stderr.take().unwrap());
        Serving { child, log }
    }

    /// Until it says something; the line in which it does.
    fn says(&mut self, words: &str) -> String {
        let mut said = String::new();
        loop {
            let from = said.len();
            assert!(
                self.log.read_line(&mut said).unwrap() > 0,
                "{words}? {said}"
            );
            if said[from..].contains(words) {
                return said[from..].to_owned();
            }
        }
    }

    /// Tells it to stop, and waits until it has heard that.
    fn is_told_to_stop(&mut self) {
        signal(&self.child, "TERM");
        self.says("stopping");
    }

    /// It ends well by itself.
    fn ends(mut self) {
        let mut left = String::new();
        self.log.read_to_string(&mut left).unwrap();
        assert!(self.child.wait().unwrap().success(), "{left}");
    }
}

fn signal(process: &Child, name: &str) {
    let mut kill = Command::new("kill");
    kill.args([&format!("-{name}"), &process.id().to_string()]);
    assert!(kill.status().unwrap().success());
}

async fn row(office: &Office, job: Job) -> JobRow {
    let mut tx = office.db.read().await.unwrap();
    let rows = tx.jobs().await.unwrap();
    tx.rollback().await.unwrap();
    rows.into_iter().find(|row| row.name == job.name()).unwrap()
}

/// Three students are to be written to on Monday the 5th, and their mail server takes ada's message and
/// does not say so. The jobs are known since eight.
async fn stalling(db: &TestDb) -> Option<(World, MailServer)> {
    let server = MailServer::start(db.folder())?;
    let settings = bank::toml("") + "\n[policy.dunning]\nbrake_percent = 100\n" + &server.toml();
    fs::write(db.folder().join("kwestura.toml"), settings).unwrap();
    let mut world = World::begin(db).await;
    world.office.config.policy.dunning.brake_percent = 100;
    world.office.config.mail = Some(server.settings());
    world.today(5);
    let mode = Mode::Write { confirmed: None };
    remind::run(&world.office, world.office.now.today, mode)
        .await
        .unwrap();
    let (clock, _) = clock("2026-10-05 08:00");
    let (worker, _) = worker(&world.office, "worker", &clock, Path::new("nowhere"));
    worker.rows().await.unwrap();
    server.rules(&[(ADA, "stall")]);
    Some((world, server))
}

on_both_engines! {
    /// It is stopped in the middle of a message for longer than a job is believed to be its own; another
    /// goes on. When it wakes up it finishes that message, begins no other, and notes nothing (F16).
    async fn who_slept_beyond_the_lease_ends_the_message_and_notes_nothing(db: TestDb) {
        let Some((world, server)) = stalling(&db).await else { return };
        let sleeper = command(&db, Some("2026-10-05 12:31"), &["jobs", "run", "send", "--json"])
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        server.has_arrived(ADA).await;
        signal(&sleeper, "STOP");

        let (clock, _) = clock("2026-10-05 12:35");
        let (mut other, _stop) = worker(&world.office, "other", &clock, Path::new("nowhere"));
        let server = Arc::new(server);
        let way = server.clone();
        other.way = Arc::new(move |_: &Office| Ok(Some(way.post())));
        let ran = other.run(Job::Send, false).await.unwrap().unwrap();
        assert!(ran.noted && ran.said.starts_with("2 sent"), "{ran:?}");
        let noted = row(&world.office, Job::Send).await;

        signal(&sleeper, "CONT");
        server.rules(&[]);
        let Output { status, stdout, .. } = sleeper.wait_with_output().unwrap();
        let told = String::from_utf8(stdout).unwrap();
        assert!(status.success() && told.contains(r#""said":"1 sent"#), "{told}");
        assert!(told.contains(r#""noted":false"#), "{told}");
        let after = row(&world.office, Job::Send).await;
        assert_eq!((after.said, after.fence, after.ended_at), (noted.said, noted.fence, noted.ended_at));
        assert_eq!(server.recipients(), ALL);
    }

    /// The message that is under way is finished, the others are the next one's.
    async fn who_is_told_to_stop_while_sending_ends_the_message(db: TestDb) {
        let Some((world, server)) = stalling(&db).await else { return };
        let mut first = Serving::start(&db, Some("2026-10-05 12:31"), &["--only", "worker"]);
        server.has_arrived(ADA).await;
        first.is_told_to_stop();
        server.rules(&[]);
        first.ends();
        assert_eq!(server.recipients(), [ADA]);
        let left = row(&world.office, Job::Send).await;
        assert!(left.holder.is_none() && left.said.starts_with("1 sent"), "{left:?}");

        let second = Serving::start(&db, Some("2026-10-05 12:40"), &["--only", "worker"]);
        for address in ALL {
            server.has_arrived(address).await;
        }
        signal(&second.child, "TERM");
        second.ends();
        assert_eq!(server.recipients(), ALL);
        let mut tx = world.office.db.read().await.unwrap();
        assert_eq!(tx.message_counts().await.unwrap(), [("sent".to_owned(), 3)]);
    }

    /// Files of a month lie there. What was imported is imported, the rest is the next one's.
    async fn who_is_told_to_stop_while_importing_hands_back(db: TestDb) {
        let world = World::begin(&db).await;
        let settings = bank::toml("") + "\n[inbox]\nfolder = \"inbox\"\nstill_seconds = 1\n";
        fs::write(db.folder().join("kwestura.toml"), settings).unwrap();
        let inbox = db.folder().join("inbox");
        fs::create_dir(&inbox).unwrap();
        let mut opening = 0;
        for day in 1..=31 {
            let statement = bank::day(day, day, opening, vec![line(day, 100 + i64::from(day), "ada")]);
            opening = statement.sum();
            fs::write(inbox.join(format!("{day:02}.sta")), statement.file()).unwrap();
        }
        let archived = || {
            let days = names(&inbox.join("archive")).into_iter();
            days.map(|day| names(&inbox.join("archive").join(day)).len()).sum::<usize>()
        };
        let mut first = Serving::start(&db, None, &["--only", "worker"]);
        while archived() == 0 {
            std::thread::sleep(Duration::from_millis(1));
        }
        first.is_told_to_stop();
        first.ends();
        assert!(row(&world.office, Job::Import).await.holder.is_none());
        let left = archived();
        let second = Serving::start(&db, None, &["--only", "worker"]);
        while archived() < 31 {
            std::thread::sleep(Duration::from_millis(10));
        }
        signal(&second.child, "TERM");
        second.ends();
        assert_eq!((names(&inbox.join("quarantine")).len(), archived()), (0, 31), "{left} at first");
        let (status, told) = run(&db, &["jobs", "run", "settle"]);
        assert_eq!(status, 0, "{told}");
        let mut credited = bank::credits(&world.office, "ada").await;
        credited.sort_unstable();
        assert_eq!(credited, (101..=131).collect::<Vec<i64>>(), "{left} at first");
        let (status, told) = run(&db, &["verify"]);
        assert_eq!(status, 0, "{told}");
    }

    /// Each part tells how it is, on a port of its own, and on none that other machines reach.
    async fn the_pages_alone_tell_how_they_are(db: TestDb) {
        let settings = bank::toml("") + "\n[service]\nhealth = \"127.0.0.1:1\"\n";
        fs::write(db.folder().join("kwestura.toml"), settings).unwrap();
        let only_web = ["--only", "web", "--listen", "127.0.0.1:0", "--health", "127.0.0.1:0"];
        let mut web = Serving::start(&db, None, &only_web);
        let said = web.says("health");
        let said: serde_json::Value = serde_json::from_str(&said).unwrap();
        let address = said["address"].as_str().unwrap();
        for (path, expected) in [("/healthz", "ok"), ("/readyz", r#""ready":true"#), ("/metrics", "kwestura_alerts")] {
            let mut line = TcpStream::connect(address).unwrap();
            write!(line, "GET {path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n").unwrap();
            let mut answer = String::new();
            line.read_to_string(&mut answer).unwrap();
            assert!(answer.starts_with("HTTP/1.1 200") && answer.contains(expected), "{answer}");
        }
        web.is_told_to_stop();
        web.ends();
        let (status, told) = run(&db, &["serve", "--health", "0.0.0.0:9464"]);
        assert!(status == 2 && told.contains("can be reached from other machines"), "{told}");
    }

    /// The server is tried before anybody waits for a message.
    async fn the_mail_server_is_tried_from_the_command_line(db: TestDb) {
        let Some(server) = MailServer::start(db.folder()) else { return };
        fs::write(db.folder().join("kwestura.toml"), bank::toml("") + &server.toml()).unwrap();
        let (status, told) = run(&db, &["mail", "test", ADA]);
        assert!(status == 0 && told.contains("The mail server took it for"), "{told}");
        assert_eq!(server.recipients(), [ADA]);
        server.rules(&[(ADA, "never")]);
        let (status, told) = run(&db, &["mail", "test", ADA]);
        assert!(status == 2 && told.contains("the test did not leave: ") && told.contains("550"), "{told}");
        let (status, told) = run(&db, &["mail", "test", "nobody"]);
        assert!(status == 2 && !told.contains("secret"), "{told}");
        assert_eq!(server.recipients(), [ADA]);
    }

    /// The books go through a file into another place, and are the same there, by the command line alone.
    async fn a_backup_is_restored_and_verified_from_the_command_line(db: TestDb) {
        let mut world = World::begin(&db).await;
        fs::write(db.folder().join("kwestura.toml"), bank::toml("")).unwrap();
        world.bank(5, vec![line(5, 50_000, "ada")]).await;
        let (status, told) = run(&db, &["backup", "books"]);
        assert_eq!(status, 0, "{told}");
        let place = db.vacant();
        let elsewhere = |arguments: &[&str]| {
            let mut command = command(&db, None, arguments);
            ended(command.env("KWESTURA_DATABASE", place.url()).output().unwrap())
        };
        let (status, told) = elsewhere(&["restore", "books"]);
        assert!(status == 0 && told.contains("are restored"), "{told}");
        let (status, told) = elsewhere(&["verify"]);
        assert_eq!(status, 0, "{told}");
        let (status, told) = elsewhere(&["mail", "status"]);
        assert!(status == 1 && told.contains("unarmed by restore"), "{told}");
    }

    /// The settings that `init --systemd` shows are settings with which the service runs.
    async fn the_example_of_the_unit_is_right(db: TestDb) {
        let Output { stdout, stderr, .. } = command(&db, None, &["init", "--systemd"]).output().unwrap();
        let (unit, told) = (String::from_utf8(stdout).unwrap(), String::from_utf8(stderr).unwrap());
        assert!(unit.contains("[Service]") && !unit.contains("[institution]"), "{unit}");
        let (_, example) = told.split_once("\n[institution]").unwrap();
        fs::write(db.folder().join("kwestura.toml"), format!("[institution]{example}")).unwrap();
        for folder in ["inbox", "backups"] {
            fs::create_dir(db.folder().join(folder)).unwrap();
        }
        assert_eq!(run(&db, &["init"]).0, 0);
        let (status, told) = run(&db, &["config", "check"]);
        assert_eq!(status, 0, "{told}");
    }
}
