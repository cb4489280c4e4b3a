//! The service as a process: it starts, takes what lies in its inbox, says nothing about anybody, and
//! ends when it is told to.

use super::bank::{self, line};
use crate::support::{TestDb, on_both_engines};
use kwestura::config::Job;
use std::fs;
use std::io::{BufRead, BufReader, Read as _, Write as _};
use std::net::TcpStream;
use std::process::{Child, Command, Output, Stdio};

/// What must stand in no log: a name, a transfer's text, an account number, and its student's.
const CANARIES: [&str; 5] = [
    "Kanarkowska",
    "KANAREK TITLE",
    "99900009000000000000",
    "61109010140000071219812874",
    "kanarek@",
];

/// A command in the story's folder.
fn command(db: &TestDb, arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_kwestura"));
    command
        .args(["--database", db.url()])
        .args(arguments)
        .current_dir(db.folder())
        .env("USER", "kwestor")
        .env_remove("KWESTURA_CONFIG")
        .env_remove("KWESTURA_NOW");
    command
}

fn run(db: &TestDb, arguments: &[&str]) -> (i32, String) {
    let Output {
        status,
        stdout,
        stderr,
    } = command(db, arguments).output().unwrap();
    let told = String::from_utf8([stdout, stderr].concat()).unwrap();
    (status.code().unwrap(), told)
}

/// Ends a process cleanly; what it still said.
fn end(mut service: Child, lines: impl Iterator<Item = String>) -> Vec<String> {
    let id = service.id().to_string();
    assert!(
        Command::new("kill")
            .args(["-TERM", &id])
            .status()
            .unwrap()
            .success()
    );
    let left: Vec<String> = lines.collect();
    assert!(service.wait().unwrap().success(), "{left:?}");
    left
}

fn settle_here(db: &TestDb) {
    let settings = bank::toml("") + "\n[inbox]\nfolder = \"inbox\"\nstill_seconds = 1\n";
    fs::write(db.folder().join("kwestura.toml"), settings).unwrap();
    fs::create_dir(db.folder().join("inbox")).unwrap();
}

on_both_engines! {
    /// Good files and wrong ones, and a log for people and for programs.
    async fn s18_no_log_says_anything_about_anybody(db: TestDb) {
        settle_here(&db);
        let inbox = db.folder().join("inbox");
        let mut opening = 0;
        for (day, format) in [(1, "human"), (2, "json")] {
            let transfer = line(day, 50_000, "ada").title("KANAREK TITLE Kanarkowska");
            let statement = bank::day(day, day, opening, vec![transfer]);
            opening = statement.sum();
            fs::write(inbox.join(format!("{}.sta", bank::IBAN)), statement.file()).unwrap();
            let wrong = bank::day(day + 10, day + 10, 1, vec![line(day + 10, 5, "ada").title("KANAREK TITLE")]);
            fs::write(inbox.join("Kanarkowska.sta"), wrong.closing(9).file()).unwrap();
            fs::write(inbox.join(format!("students-2026-10-0{day}.csv")),
                "external_id;album;given_name;family_name;email;status\n\
                 k1;900001;Ada;Kanarkowska;kanarek@example.edu;active\nk1;900002;Ada;Kanarkowska;;odd\n").unwrap();

            let mut service = command(&db, &["serve", "--listen", "127.0.0.1:0", "--log", format])
                .stdout(Stdio::null())
                .stderr(Stdio::piped())
                .spawn()
                .unwrap();
            let mut lines = BufReader::new(service.stderr.take().unwrap()).lines().map(Result::unwrap);
            let mut said = Vec::new();
            for line in lines.by_ref() {
                let is_over = line.contains("files") && line.contains("import");
                said.push(line);
                if is_over {
                    break;
                }
            }
            said.extend(end(service, lines));
            assert!(said.last().unwrap().contains("stopped"), "{said:#?}");
            for canary in CANARIES {
                assert!(!said.iter().any(|line| line.contains(canary)), "{canary}\n{said:#?}");
            }
            let left = fs::read_dir(&inbox).unwrap().filter(|entry| entry.as_ref().unwrap().path().is_file());
            assert_eq!(left.count(), 0);
        }
        let (status, told) = run(&db, &["status", "--json"]);
        assert!(status <= 1 && told.contains(r#""fees …1001":"2026-10-02""#), "{told}");
    }

    /// Three services on the same books: each job is noted once.
    async fn several_that_start_at_once_share_the_jobs(db: TestDb) {
        settle_here(&db);
        let services: Vec<Child> = (0..3)
            .map(|_| command(&db, &["serve", "--listen", "127.0.0.1:0", "--log", "json"]).stdout(Stdio::null()).stderr(Stdio::piped()).spawn().unwrap())
            .collect();
        for mut service in services {
            let mut lines = BufReader::new(service.stderr.take().unwrap()).lines().map(Result::unwrap);
            assert!(lines.by_ref().any(|line| line.contains("serving")));
            end(service, lines);
        }
        let (status, told) = run(&db, &["jobs", "list", "--json"]);
        assert_eq!((status, told.lines().count()), (0, Job::ALL.len()), "{told}");
    }

    /// What the interface was used for outlives a service that is killed behind its answer, and the next
    /// one leaves nothing but the books.
    async fn s19_a_use_outlives_the_service_that_answered(db: TestDb) {
        settle_here(&db);
        let token = command(&db, &["token", "add", "app", "--scope", "accounts"]).output().unwrap().stdout;
        let token = String::from_utf8(token).unwrap();
        for (round, student) in ["P-1", "P-2"].into_iter().enumerate() {
            let mut service = command(&db, &["serve", "--only", "web", "--listen", "127.0.0.1:0"])
                .stdout(Stdio::piped()).stderr(Stdio::null()).spawn().unwrap();
            let mut lines = BufReader::new(service.stdout.take().unwrap()).lines().map(Result::unwrap);
            let address = lines.find_map(|line| Some(line.split_once("http://")?.1.split(',').next()?.to_owned()));
            let asked = format!("GET /api/v1/students/{student}/account HTTP/1.0\r\nHost: kwestura\r\nAuthorization: Bearer {}\r\n\r\n", token.trim());
            let mut stream = TcpStream::connect(address.unwrap()).unwrap();
            stream.write_all(asked.as_bytes()).unwrap();
            let mut answer = String::new();
            stream.read_to_string(&mut answer).unwrap();
            assert!(answer.contains("404"), "nobody has that id: {answer}");
            if round == 0 {
                service.kill().unwrap();
                service.wait().unwrap();
            } else {
                end(service, lines);
            }
        }
        let left = fs::read_dir(db.folder()).unwrap().map(|entry| entry.unwrap().file_name());
        assert_eq!(left.filter(|name| name.to_string_lossy().contains("-uses")).count(), 0);
        let mut tx = bank::office(db.url(), 1).await.db.read().await.unwrap();
        let noted = tx.audit(i64::MAX, None, 10).await.unwrap();
        tx.rollback().await.unwrap();
        let noted: Vec<_> = noted.iter().rev().map(|event| (event.what.as_str(), event.about.as_str())).collect();
        assert_eq!(noted, [("read-account", "P-1"), ("read-account", "P-2")]);
    }

    /// Every mistake at once, and no secret.
    async fn settings_are_checked_as_a_whole(db: TestDb) {
        settle_here(&db);
        let (status, told) = run(&db, &["config", "check"]);
        assert!(status == 1 && told.contains("kwestura.key"), "{told}");
        assert_eq!(run(&db, &["init"]).0, 0);
        let (status, told) = run(&db, &["config", "check"]);
        assert_eq!(status, 0, "{told}");
        let text = bank::toml("") + "\n[inbox]\nfolder = \"gone\"\n[service]\nadministrator = \"a@example.edu\"\n";
        fs::write(db.folder().join("kwestura.toml"), &text).unwrap();
        let (status, told) = run(&db, &["config", "check"]);
        assert!(status == 1 && told.contains("inbox.folder: gone") && told.contains("without [mail]"), "{told}");

        let mail = "[mail]\nhost = \"mail.example.edu\"\nfrom = \"k@example.edu\"\nuser = \"k\"\n";
        let jobs = "[jobs]\nremind = \"often\"\nsned = \"never\"\n";
        fs::write(db.folder().join("kwestura.toml"), text.clone() + mail).unwrap();
        let (_, told) = run(&db, &["config", "check"]);
        assert!(told.contains("wants a password for `k`"), "{told}");
        let credentials = db.folder().join("credentials");
        fs::create_dir(&credentials).unwrap();
        fs::write(credentials.join("smtp-password"), "hush\n").unwrap();
        let output = command(&db, &["config", "check"]).env("CREDENTIALS_DIRECTORY", &credentials).output().unwrap();
        let told = String::from_utf8(output.stdout).unwrap();
        assert!(!told.contains("password") && !told.contains("hush"), "{told}");

        fs::write(db.folder().join("kwestura.toml"), text + mail + jobs).unwrap();
        let (status, told) = run(&db, &["config", "check"]);
        assert!(status == 2 && told.contains("2 mistake(s)"), "{told}");
        assert!(told.contains("jobs.remind: `often` is no schedule") && told.contains("did you mean `send`"), "{told}");
    }
}
