//! Mail that comes back later: the report of a mail server opens the case of the address, once.

use super::bank::{BOSS, october};
use super::world::World;
use crate::support::mail::{folder_settings, laid};
use crate::support::service::{Hands, clock, open_alerts, worker};
use crate::support::{TestDb, on_both_engines};
use kwestura::config::Job;
use kwestura::engine::desk::{self, Wanted};
use kwestura::engine::outbox::{self, Listed};
use kwestura::engine::remind::{self, Mode};
use kwestura::engine::returned::{Reader, Returning};
use kwestura::engine::{Office, escalate, send};
use kwestura::mail::Post;
use kwestura::service::{Ran, Worker};
use std::path::{Path, PathBuf};

const ADA: &str = "s900001@student.example.edu";
const BARTEK: &str = "s900002@student.example.edu";
const CELINA: &str = "s900003@student.example.edu";

/// Three students to whom a notice was sent, and the folder in which the mails lie.
async fn world(db: &TestDb) -> (World, PathBuf) {
    let mut world = World::begin(db).await;
    world.office.config.policy.dunning.brake_percent = 100;
    world.office.config.policy.dunning.brake_times = 100;
    world.office.config.mail = Some(folder_settings());
    world.today(5);
    let mode = Mode::Write { confirmed: None };
    remind::run(&world.office, october(5), mode).await.unwrap();
    let mails = db.folder().join("mails");
    sent(&world.office, &mails).await;
    (world, mails)
}

async fn sent(office: &Office, mails: &Path) -> usize {
    let now = office.now;
    let mut post = Post::Folder(mails.to_path_buf());
    send::run(office, &mut post, || now, |_, _| {})
        .await
        .unwrap()
        .sent
}

/// The id of the mail to an address, with its angle brackets.
fn id_of(mails: &Path, to: &str) -> String {
    let mails = laid(mails);
    let mail = mails.iter().find(|mail| mail.header("To") == to).unwrap();
    mail.header("Message-ID").to_owned()
}

async fn states(office: &Office) -> Vec<String> {
    let listed = outbox::list(office, None).await.unwrap();
    let state = |Listed { row, .. }: Listed| format!("{} {}", row.student.unwrap(), row.state);
    listed.into_iter().map(state).collect()
}

async fn taken(office: &Office, mails: &[&str]) -> Returning {
    let mut reader = Reader::new(office);
    for (mail, number) in mails.iter().zip(1..) {
        let place = format!("reports.mbox, mail {number}");
        reader.mail(mail.as_bytes(), &place).await.unwrap();
    }
    reader.came_to
}

/// As Postfix writes it: the head of the message alone.
fn postfix(to: &str, id: &str, action: &str, status: &str) -> String {
    format!(
        "From: MAILER-DAEMON@mx.example.edu (Mail Delivery System)\nSubject: Undelivered Mail\n\
         Auto-Submitted: auto-replied\nMIME-Version: 1.0\n\
         Content-Type: multipart/report; report-type=delivery-status;\n\tboundary=\"4F.17/mx.example.edu\"\n\
         Message-Id: <20261005.{status}@mx.example.edu>\n\nThis is a MIME-encapsulated message.\n\n\
         --4F.17/mx.example.edu\nContent-Description: Notification\nContent-Type: text/plain; charset=us-ascii\n\n\
         I'm sorry to have to inform you.\n\n\
         --4F.17/mx.example.edu\nContent-Description: Delivery report\nContent-Type: message/delivery-status\n\n\
         Reporting-MTA: dns; mx.example.edu\nX-Postfix-Queue-ID: 4F\nArrival-Date: Mon,  5 Oct 2026 09:31:02 +0200\n\n\
         Final-Recipient: rfc822; {to}\nOriginal-Recipient: rfc822;{to}\nAction: {action}\nStatus: {status}\n\
         Remote-MTA: dns; mail.example.edu\nDiagnostic-Code: smtp; 550 {status} <{to}>: Recipient address\n    rejected: User unknown\n\n\
         --4F.17/mx.example.edu\nContent-Description: Undelivered Message Headers\nContent-Type: text/rfc822-headers\n\n\
         From: Kwestura <kwestura@example.edu>\nTo: {to}\nMessage-ID: {id}\n\n--4F.17/mx.example.edu--\n"
    )
}

/// As Exim writes it: the whole message, and only the address that failed.
fn exim(to: &str, id: &str) -> String {
    format!(
        "X-Failed-Recipients: {to}\nAuto-Submitted: auto-replied\nFrom: Mail Delivery System <Mailer-Daemon@exim.example.edu>\n\
         Content-Type: multipart/report; report-type=delivery-status; boundary=1728-eximdsn-1\nMIME-Version: 1.0\n\n\
         --1728-eximdsn-1\nContent-type: text/plain; charset=us-ascii\n\nThis message was created automatically.\n\n\
         --1728-eximdsn-1\nContent-type: message/delivery-status\n\nReporting-MTA: dns; exim.example.edu\n\n\
         Action: failed\nFinal-Recipient: rfc822;{to}\nStatus: 5.0.0\nRemote-MTA: dns; mail.example.edu\n\
         Diagnostic-Code: smtp; 550 No such person at this address\n\n\
         --1728-eximdsn-1\nContent-type: message/rfc822\n\nMessage-ID: {id}\nTo: {to}\nSubject: x\n\nBody\n\n--1728-eximdsn-1--\n"
    )
}

/// As Exchange Online writes it, in other letters; with what it gives back, if anything.
fn exchange(to: &str, id: Option<&str>) -> String {
    let given_back = id.map(|id| {
        format!(
            "--d2c5-55\r\nContent-Type: message/rfc822\r\n\r\nFrom: <kwestura@example.edu>\r\nTo: <{to}>\r\n\
             Message-ID:\r\n\t{id}\r\nSubject: x\r\n\r\n"
        )
    });
    let given_back = given_back.unwrap_or_default();
    format!(
        "From: <postmaster@example.onmicrosoft.com>\r\nMIME-Version: 1.0\r\nX-MS-Exchange-Message-Is-Ndr:\r\n\
         Content-Type: multipart/report; report-type=delivery-status;\r\n\tboundary=\"d2c5-55\"\r\n\
         Message-ID: <77@AM0.example.onmicrosoft.com>\r\n\r\n\
         --d2c5-55\r\nContent-Type: text/html; charset=\"utf-8\"\r\nContent-Transfer-Encoding: base64\r\n\r\nPGI+bmllPC9iPg==\r\n\
         --d2c5-55\r\nContent-Type: message/delivery-status\r\n\r\nReporting-MTA: dns;AM0.example.onmicrosoft.com\r\n\
         Received-From-MTA: dns;smtp.example.edu\r\n\r\nFinal-Recipient: rfc822;{to}\r\nAction: failed\r\nStatus: 5.1.10\r\n\
         Diagnostic-Code: smtp;550 5.1.10 RESOLVER.ADR.RecipientNotFound; not found by SMTP address lookup\r\n\r\n\
         {given_back}--d2c5-55--\r\n"
    )
}

/// A folder of mail that comes back, and whoever reads it on the day the mails went out.
fn served(world: &World, db: &TestDb, mails: &Path) -> (PathBuf, Worker, Hands) {
    let folder = db.folder().join("returned");
    std::fs::create_dir(&folder).unwrap();
    let mut office = world.office.clone();
    office.config.mail.as_mut().unwrap().returned = Some(folder.clone());
    let (clock, hands) = clock("2026-10-05 10:00");
    let (worker, _) = worker(&office, "first", &clock, mails);
    (folder, worker, hands)
}

/// The alerts about files and folders.
async fn of_files(office: &Office) -> Vec<(String, String)> {
    let mut open = open_alerts(office).await;
    open.retain(|(kind, _)| kind != "statement_late");
    open
}

fn ran(jobs: &[Ran]) -> bool {
    jobs.iter().any(|ran| ran.job == "returned")
}

on_both_engines! {
    /// Three programs say so in their ways; each message is refused, each address a case, once.
    async fn a_mail_that_comes_back_is_the_case_of_its_address(db: TestDb) {
        let (world, mails) = world(&db).await;
        let office = &world.office;
        let ada = postfix(ADA, &id_of(&mails, ADA), "failed", "5.1.1");
        let bartek = exim(BARTEK, &id_of(&mails, BARTEK));
        let celina = exchange(&CELINA.to_uppercase(), Some(&id_of(&mails, CELINA)));
        let all = [ada.as_str(), &bartek, &celina];
        let came_to = taken(office, &all).await;
        assert_eq!((came_to.refused.len(), came_to.known, came_to.told), (3, 0, Vec::new()));
        let first = came_to.refused[0];
        assert_eq!(states(office).await, ["ada refused", "bartek refused", "celina refused"]);
        let shown = outbox::show(office, first).await.unwrap();
        let detail = &shown.events.last().unwrap().detail;
        assert!(detail.starts_with("it came back: 5.1.1 550 5.1.1 <s900001@"), "{detail}");
        escalate::run(office, october(5), false).await.unwrap();
        let cases = desk::list(office, &Wanted { all: true, ..Wanted::default() }).await.unwrap();
        assert_eq!(cases.len(), 3);
        assert!(cases.iter().all(|case| case.kind == "address"));
        let again = taken(office, &all).await;
        assert_eq!((again.refused.len(), again.known), (0, 3));
        assert_eq!(escalate::run(office, october(5), false).await.unwrap().opened.len(), 0);
    }

    /// Once the address is corrected the message leaves again: the old report changes nothing, a new
    /// one does.
    async fn a_report_does_once_what_it_does(db: TestDb) {
        let (world, mails) = world(&db).await;
        let office = &world.office;
        let old = postfix(ADA, &id_of(&mails, ADA), "failed", "5.1.1");
        let id = taken(office, &[&old]).await.refused[0];
        outbox::retry(office, id, BOSS).await.unwrap();
        assert_eq!(sent(office, &mails).await, 1);
        assert_eq!(taken(office, &[&old]).await.known, 1);
        assert_eq!(states(office).await[0], "ada sent");
        let new = postfix(ADA, &id_of(&mails, ADA), "failed", "5.2.1");
        assert_eq!(taken(office, &[&new]).await.refused, [id]);
    }

    /// A server that tried for days and gave up did not deliver, whatever its reason was.
    async fn what_was_given_up_did_not_arrive(db: TestDb) {
        let (world, mails) = world(&db).await;
        let report = postfix(ADA, &id_of(&mails, ADA), "failed", "4.4.7");
        let came_to = taken(&world.office, &[&report]).await;
        assert_eq!((came_to.refused.len(), came_to.told), (1, Vec::new()));
        assert_eq!(states(&world.office).await[0], "ada refused");
    }

    /// What is late may still arrive; what is no report is counted; what is another's, or gives nothing
    /// back, is shown. An id that somebody made up after ours is not ours.
    async fn what_is_late_or_anothers_changes_nothing(db: TestDb) {
        let (world, mails) = world(&db).await;
        let office = &world.office;
        let id = id_of(&mails, ADA);
        let number = id.trim_start_matches('<').split('.').next().unwrap();
        let came_to = taken(office, &[
            &postfix(ADA, &id, "delayed", "4.4.1"),
            &postfix(ADA, &id, "relayed", "2.0.0"),
            &postfix(ADA, &format!("<{number}.0000@example.edu>"), "failed", "5.1.1"),
            &postfix(ADA, "<newsletter-1@example.edu>", "failed", "5.1.1"),
            &exchange(ADA, None),
            &postfix(ADA, &id, "failed", "5.1.1").replace("Action:", "Acting:"),
            "Subject: I am away\n\nUntil Monday.\n",
        ]).await;
        let counts = (came_to.refused.len(), came_to.delayed, came_to.unknown, came_to.others);
        assert_eq!((counts, came_to.mails), ((0, 1, 4, 1), 7));
        let [made_up, newsletter, nothing, unclear] = came_to.told.as_slice() else {
            panic!("{:?}", came_to.told)
        };
        assert!(made_up.starts_with(&format!("reports.mbox, mail 3: about no message of ours: <{number}.0000@example.edu>: 5.1.1 ")), "{made_up}");
        assert!(newsletter.contains("<newsletter-1@example.edu>"), "{newsletter}");
        assert!(nothing.contains(&format!("a message to {ADA}: 5.1.10 ")), "{nothing}");
        assert_eq!(unclear, "reports.mbox, mail 6: a report of which nothing can be read");
        assert_eq!(states(office).await, ["ada sent", "bartek sent", "celina sent"]);
    }

    /// In a trial everything goes to one address. That it is wrong says nothing about a student's.
    async fn a_trial_that_comes_back_is_nobodys_case(db: TestDb) {
        let mut world = World::begin(&db).await;
        world.office.config.policy.dunning.brake_percent = 100;
        let mut mail = folder_settings();
        mail.trial_address = Some("tester@example.edu".to_owned());
        world.office.config.mail = Some(mail);
        world.today(5);
        let mode = Mode::Write { confirmed: None };
        remind::run(&world.office, october(5), mode).await.unwrap();
        let mails = db.folder().join("mails");
        sent(&world.office, &mails).await;
        let report = postfix("tester@example.edu", &id_of(&mails, "tester@example.edu"), "failed", "5.1.1");
        let came_to = taken(&world.office, &[&report]).await;
        assert_eq!((came_to.refused.len(), came_to.unknown, came_to.told.len()), (0, 1, 1));
        assert!(states(&world.office).await.iter().all(|state| state.ends_with(" sent")));
    }

    /// A mailbox export is read mail by mail.
    async fn a_mailbox_export_is_read(db: TestDb) {
        let (world, mails) = world(&db).await;
        let office = &world.office;
        let reports = [
            postfix(ADA, &id_of(&mails, ADA), "failed", "5.1.1"),
            exim(BARTEK, &id_of(&mails, BARTEK)),
        ];
        let mailbox = reports.map(|report| format!("From MAILER-DAEMON Mon Oct  5 09:31:02 2026\n{report}\n"));
        let file = db.folder().join("returned.mbox");
        std::fs::write(&file, mailbox.concat()).unwrap();
        let mut reader = Reader::new(office);
        reader.file(&file, "returned.mbox").await.unwrap();
        reader.file(&db.folder().join("none.eml"), "none.eml").await.unwrap();
        assert_eq!((reader.came_to.mails, reader.came_to.refused.len()), (2, 2));
        assert_eq!((reader.came_to.unreadable, reader.came_to.told.len()), (1, 1));
        assert_eq!(states(office).await, ["ada refused", "bartek refused", "celina sent"]);
    }

    /// The service takes what is laid into its folder, once, and puts it away.
    async fn what_comes_back_into_the_folder_is_read_by_itself(db: TestDb) {
        let (world, mails) = world(&db).await;
        let (folder, mut worker, hands) = served(&world, &db, &mails);
        worker.tick().await.unwrap();
        let report = postfix(ADA, &id_of(&mails, ADA), "failed", "5.1.1");
        for name in ["one.eml", "two.eml"] {
            std::fs::write(folder.join(name), &report).unwrap();
            assert!(!ran(&worker.tick().await.unwrap()));
            hands.move_by(10);
            assert!(ran(&worker.tick().await.unwrap()));
            hands.move_by(10);
            assert!(!ran(&worker.tick().await.unwrap()));
        }
        assert_eq!(states(&world.office).await, ["ada refused", "bartek sent", "celina sent"]);
        let archived = std::fs::read_dir(folder.join("archive/2026-10-05")).unwrap();
        assert_eq!(archived.count(), 2);
        let row = worker.rows().await.unwrap().remove(&Job::Returned).unwrap();
        assert_eq!((row.outcome.as_str(), row.failures), ("done", 0));
        assert!(row.counts.contains("\"known\":1"), "{}", row.counts);
    }

    /// What nobody can do anything with lies in quarantine, and the administrator hears of it.
    async fn what_a_person_has_to_look_at_is_an_alert(db: TestDb) {
        let (world, mails) = world(&db).await;
        let (folder, mut worker, hands) = served(&world, &db, &mails);
        std::fs::write(folder.join("strange.eml"), exchange(ADA, None)).unwrap();
        worker.tick().await.unwrap();
        hands.move_by(10);
        assert!(ran(&worker.tick().await.unwrap()));
        hands.move_by(60);
        worker.tick().await.unwrap();
        let open = of_files(&world.office).await;
        let [(kind, name)] = open.as_slice() else { panic!("{open:?}") };
        assert!(kind == "file" && name.ends_with("strange.eml"), "{open:?}");
        let why = folder.join("quarantine").join(format!("{name}.refused.txt"));
        let why = std::fs::read_to_string(&why).unwrap();
        assert!(why.contains("a message to s900001@student.example.edu"), "{why}");
        // Whoever has looked takes it away, and the alert with it.
        std::fs::remove_dir_all(folder.join("quarantine")).unwrap();
        hands.move_by(60);
        worker.tick().await.unwrap();
        assert_eq!(of_files(&world.office).await, []);
        // A folder that is gone is told as well.
        std::fs::remove_dir_all(&folder).unwrap();
        hands.move_by(60);
        worker.tick().await.unwrap();
        assert_eq!(of_files(&world.office).await, [("inbox".to_owned(), folder.display().to_string())]);
    }
}
