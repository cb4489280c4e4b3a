//! Files arrive in a folder: each is taken once, when it is complete, and none is lost.

use super::bank::{self, BOSS, line, monday};
use super::world::World;
use crate::support::books::{assert_same, image};
use crate::support::process::{command, ended, started};
use crate::support::semester::{Semester, now_millis};
use crate::support::service::{Hands, clock, names, open_alerts, worker};
use crate::support::{TestDb, on_both_engines};
use kwestura::config::{Inbox, Job};
use kwestura::engine::kill::PLACES;
use kwestura::engine::{Clock, Office, quarantine, students};
use kwestura::roster::FileKind;
use kwestura::service::Worker;
use kwestura::service::inbox::Looks;
use kwestura::service::jobs::Outcome;
use std::ffi::OsStr;
use std::fs;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::symlink;
use std::os::unix::process::ExitStatusExt;
use std::path::{Path, PathBuf};
use std::process::Command;

/// Seconds that a file has to stand still.
const STILL: i64 = 10;
const SIGABRT: i32 = 6;

/// An office with an inbox, at ten on Monday the 12th.
struct Arrivals {
    world: World,
    worker: Worker,
    clock: Clock,
    hands: Hands,
    inbox: PathBuf,
}

impl Arrivals {
    async fn begin(db: &TestDb) -> Arrivals {
        let mut world = World::begin(db).await;
        let inbox = db.folder().join("inbox");
        fs::create_dir(&inbox).unwrap();
        world.office.config.service.inbox = Some(settings(&inbox));
        let (clock, hands) = clock("2026-10-12 10:00");
        let worker = another(&world.office, &clock, db);
        Arrivals {
            world,
            worker,
            clock,
            hands,
            inbox,
        }
    }

    fn lay(&self, name: impl AsRef<Path>, bytes: &[u8]) {
        fs::write(self.inbox.join(name), bytes).unwrap();
    }

    /// Looks, waits, and looks again; how often files were taken.
    async fn rounds(&mut self) -> usize {
        let mut imports = 0;
        for _ in 0..2 {
            let ran = self.worker.tick().await.unwrap();
            imports += ran.iter().filter(|ran| ran.job == "import").count();
            self.hands.move_by(STILL);
        }
        imports
    }

    /// What lies in the inbox, without the folders of the service.
    fn lying(&self) -> Vec<String> {
        let ours = ["archive", "quarantine", ".work"];
        let mut names = names(&self.inbox);
        names.retain(|name| !ours.contains(&name.as_str()));
        names
    }

    fn archived(&self) -> Vec<String> {
        names(&self.inbox.join("archive/2026-10-12"))
    }

    fn quarantined(&self) -> Vec<String> {
        names(&self.inbox.join("quarantine"))
    }

    async fn alerts(&self) -> Vec<(String, String)> {
        open_alerts(&self.world.office).await
    }
}

fn settings(folder: &Path) -> Inbox {
    Inbox {
        folder: folder.to_path_buf(),
        still_seconds: u32::try_from(STILL).unwrap(),
        names: FileKind::ALL
            .map(|kind| (format!("{}*", kind.as_str()), kind))
            .into(),
    }
}

fn another(office: &Office, clock: &Clock, db: &TestDb) -> Worker {
    worker(office, "worker", clock, &db.folder().join("mails")).0
}

on_both_engines! {
    /// A file that grows is not taken; when it stands still it is, once, and lies in the archive with
    /// its hash. The same again changes nothing (B76).
    async fn a_statement_is_taken_when_it_is_complete(db: TestDb) {
        let mut arrivals = Arrivals::begin(&db).await;
        arrivals.worker.tick().await.unwrap();
        let whole = monday();
        for part in [20, 60, whole.len()] {
            arrivals.lay("ST261012.sta", &whole[..part]);
            assert_eq!(arrivals.worker.tick().await.unwrap().len(), 0);
            arrivals.hands.move_by(STILL - 1);
            assert_eq!(arrivals.lying(), ["ST261012.sta"]);
        }
        arrivals.hands.move_by(1);
        assert_eq!(arrivals.rounds().await, 1);
        assert_eq!(arrivals.lying(), Vec::<String>::new());
        let archived = arrivals.archived();
        assert!(archived.len() == 1 && archived[0].ends_with("-ST261012.sta"), "{archived:?}");
        arrivals.world.today(12);
        assert_eq!(arrivals.world.owes("ada").await, (0, 0));

        arrivals.lay("again.sta", &whole);
        assert_eq!(arrivals.rounds().await, 1);
        assert_eq!(arrivals.archived().len(), 2);
        assert_eq!(bank::credits(&arrivals.world.office, "ada").await, [50_000]);
        assert_eq!(names(&arrivals.inbox.join(".work")), Vec::<String>::new());
    }

    /// Links, pipes, folders and empty files stay where they lie and are told; a name is data (B77, B78).
    async fn what_is_no_file_is_left_and_told(db: TestDb) {
        let mut arrivals = Arrivals::begin(&db).await;
        let inbox = arrivals.inbox.clone();
        let secret = db.folder().join("secret.sta");
        fs::write(&secret, monday()).unwrap();
        std::os::unix::fs::symlink(&secret, inbox.join("link.sta")).unwrap();
        assert!(Command::new("mkfifo").arg(inbox.join("pipe.sta")).status().unwrap().success());
        fs::create_dir(inbox.join("folder.sta")).unwrap();
        arrivals.lay("empty.sta", b"");
        for unfinished in ["a.sta.filepart", "b.PART", "~c.sta", "d.tmp", ".e.sta"] {
            arrivals.lay(unfinished, &monday());
        }
        arrivals.lay("x..\\..\n\u{1b}[2J.sta", &monday());
        arrivals.lay(OsStr::from_bytes(b"\xff\xfe.sta"), b"no statement");
        let left = ["link.sta", "pipe.sta", "folder.sta", "empty.sta"];
        assert_eq!(arrivals.rounds().await, 1);
        let lying = arrivals.lying();
        assert!(left.iter().all(|name| lying.contains(&(*name).to_owned())), "{lying:?}");
        assert_eq!(lying.len(), left.len() + 5, "{lying:?}");
        assert!(secret.exists() && fs::symlink_metadata(inbox.join("link.sta")).unwrap().is_symlink());

        let taken = [arrivals.archived(), arrivals.quarantined()].concat();
        let is_plain = |name: &String| name.chars().all(|sign| sign.is_ascii_alphanumeric() || "-._".contains(sign));
        assert!(taken.len() == 3 && taken.iter().all(is_plain), "{taken:?}");
        let report = arrivals.worker.run(Job::Alerts, true).await.unwrap().unwrap();
        assert_eq!(report.outcome, Outcome::Done);
        let told = arrivals.alerts().await;
        for name in left {
            assert!(told.contains(&("inbox".to_owned(), name.to_owned())), "{told:?}");
        }
    }

    /// What cannot be taken lies in quarantine with the reason beside it, and is an alert until a
    /// person has looked at it.
    async fn what_cannot_be_taken_waits_for_a_person(db: TestDb) {
        let mut arrivals = Arrivals::begin(&db).await;
        let wrong = bank::day(1, 12, 0, vec![line(12, 50_000, "ada")]).closing(1);
        arrivals.lay("wrong.sta", &wrong.file());
        arrivals.lay("noise.sta", b"Dear bank");
        arrivals.lay("fees-2026-10-12.csv", b"external_id;amount\nF-1;x\n");
        assert_eq!(arrivals.rounds().await, 1);
        let lying = arrivals.quarantined();
        for (name, reason) in [
            ("wrong.sta.held-back.txt", "does not add up"),
            ("noise.sta.refused.txt", "noise.sta"),
            ("fees-2026-10-12.csv.refused.txt", "mistake(s)"),
        ] {
            let found = lying.iter().find(|file| file.ends_with(name)).unwrap();
            let words = fs::read_to_string(arrivals.inbox.join("quarantine").join(found)).unwrap();
            assert!(words.contains(reason), "{name}: {words}");
        }
        assert_eq!(lying.len(), 6, "{lying:?}");
        arrivals.worker.run(Job::Alerts, true).await.unwrap().unwrap();
        let kinds: Vec<String> = arrivals.alerts().await.into_iter().map(|(kind, _)| kind).collect();
        let count = |kind: &str| kinds.iter().filter(|one| *one == kind).count();
        assert_eq!((count("statement"), count("file")), (1, 2), "{kinds:?}");

        quarantine::reject(&arrivals.world.office, &bank::name(&wrong), BOSS).await.unwrap();
        fs::remove_dir_all(arrivals.inbox.join("quarantine")).unwrap();
        arrivals.worker.run(Job::Alerts, true).await.unwrap().unwrap();
        let open = arrivals.alerts().await;
        assert!(open.iter().all(|(kind, _)| kind == "statement_late"), "{open:?}");
    }

    /// Students, then fees, then statements, whatever came first.
    async fn files_of_the_student_system_are_known_by_their_names(db: TestDb) {
        let mut arrivals = Arrivals::begin(&db).await;
        arrivals.lay("a.sta", &monday());
        arrivals.lay("Fees_2026-10-12.csv",
            b"external_id;student_external_id;kind;category;amount;currency;published_on;nominal_due_on\n\
              F-new;dorota;tuition;tuition;120,00;PLN;2026-10-12;2026-11-30\n");
        arrivals.lay("students 2026-10-12.csv",
            b"external_id;album;given_name;family_name;status\ndorota;900004;Dorota;Testowa;active\n");
        assert_eq!(arrivals.rounds().await, 1);
        assert_eq!(arrivals.quarantined(), Vec::<String>::new());
        assert_eq!(arrivals.archived().len(), 3);
        arrivals.world.today(12);
        assert_eq!(arrivals.world.owes("dorota").await, (12_000, 0));
        assert_eq!(students::list(&arrivals.world.office, None).await.unwrap().len(), 4);
    }

    /// Somebody claimed files and died; the next run takes them from where they lie.
    async fn what_somebody_died_over_is_taken_by_the_next(db: TestDb) {
        let mut arrivals = Arrivals::begin(&db).await;
        arrivals.lay("ST261012.sta", &monday());
        let (inbox, mut looks) = (settings(&arrivals.inbox), Looks::default());
        for at in [0, STILL * 1000] {
            looks.look(&inbox, at).unwrap();
        }
        assert_eq!(looks.claim(&inbox, 7).unwrap().len(), 1);
        drop(looks);
        assert_eq!(arrivals.lying(), Vec::<String>::new());
        assert_eq!(arrivals.rounds().await, 0);
        arrivals.hands.set("2026-10-12 10:15");
        assert_eq!(arrivals.rounds().await, 1);
        let archived = arrivals.archived();
        assert!(archived.len() == 1 && archived[0].ends_with("-ST261012.sta"), "{archived:?}");
        assert_eq!(bank::credits(&arrivals.world.office, "ada").await, [50_000]);
    }

    /// What lies among the claimed files and is none is set aside without being opened: a pipe would be
    /// read for ever, and a link leads anywhere.
    async fn what_is_no_file_among_the_claimed_is_set_aside(db: TestDb) {
        let mut arrivals = Arrivals::begin(&db).await;
        let work = arrivals.inbox.join(".work");
        fs::create_dir(&work).unwrap();
        fs::create_dir(work.join("00000001-0000-folder")).unwrap();
        symlink("/etc/hostname", work.join("00000001-0001-link.sta")).unwrap();
        assert!(Command::new("mkfifo").arg(work.join("00000001-0002-pipe.sta")).status().unwrap().success());
        arrivals.lay("ST261012.sta", &monday());
        assert_eq!(arrivals.rounds().await, 1);
        let told = arrivals.quarantined();
        for name in ["folder", "link.sta", "pipe.sta"] {
            let reason = told.iter().find(|file| file.contains(name) && file.ends_with(".refused.txt"));
            let words = fs::read_to_string(arrivals.inbox.join("quarantine").join(reason.unwrap())).unwrap();
            assert!(words.starts_with(name) && words.contains("not opened"), "{words}");
        }
        assert_eq!(names(&work), Vec::<String>::new());
        assert_eq!(bank::credits(&arrivals.world.office, "ada").await, [50_000]);
    }

    /// Three runs die over a file: it waits for a person, and keeps nothing else from being taken.
    async fn a_file_over_which_runs_die_waits_for_a_person(db: TestDb) {
        let mut arrivals = Arrivals::begin(&db).await;
        arrivals.lay("deadly.sta", b"it kills");
        arrivals.lay("ST261012.sta", &monday());
        let (inbox, mut looks) = (settings(&arrivals.inbox), Looks::default());
        for at in [0, STILL * 1000] {
            looks.look(&inbox, at).unwrap();
        }
        for death in 0..3 {
            let claimed = looks.claim(&inbox, 7 + death).unwrap();
            let deadly = claimed.iter().find(|file| file.name == "deadly.sta").unwrap();
            assert_eq!(deadly.is_deadly(), None, "{death}");
            deadly.begin().unwrap();
        }
        arrivals.worker.tick().await.unwrap();
        arrivals.hands.set("2026-10-12 10:15");
        arrivals.worker.run(Job::Import, true).await.unwrap().unwrap();
        let told = arrivals.quarantined();
        let reason = told.iter().find(|file| file.ends_with("deadly.sta.refused.txt")).unwrap();
        let words = fs::read_to_string(arrivals.inbox.join("quarantine").join(reason)).unwrap();
        assert!(words.contains("3 runs died over it"), "{words}");
        assert_eq!(names(&arrivals.inbox.join(".work")), Vec::<String>::new());
        assert_eq!(bank::credits(&arrivals.world.office, "ada").await, [50_000]);
    }

    /// A file is known by the name that it had, also to whoever finds it behind somebody who died.
    async fn a_claimed_file_keeps_its_name(db: TestDb) {
        let arrivals = Arrivals::begin(&db).await;
        arrivals.lay("opłaty 2026-10-12.csv", b"x");
        let (inbox, mut looks) = (settings(&arrivals.inbox), Looks::default());
        for at in [0, STILL * 1000] {
            looks.look(&inbox, at).unwrap();
        }
        for fence in [7, 8] {
            let claimed = looks.claim(&inbox, fence).unwrap();
            assert_eq!(claimed[0].name, "opłaty 2026-10-12.csv");
        }
    }

    /// A file that grew between the last look and the claim is laid back, and stands still there first.
    async fn a_file_that_grew_while_it_was_claimed_is_laid_back(db: TestDb) {
        let arrivals = Arrivals::begin(&db).await;
        arrivals.lay("growing.sta", b"half");
        let (inbox, mut looks) = (settings(&arrivals.inbox), Looks::default());
        for at in [0, STILL * 1000] {
            looks.look(&inbox, at).unwrap();
        }
        arrivals.lay("growing.sta", b"half and more");
        assert!(looks.claim(&inbox, 7).unwrap().is_empty());
        assert_eq!(arrivals.lying(), ["growing.sta"]);
        assert_eq!(names(&arrivals.inbox.join(".work")), Vec::<String>::new());
        looks.look(&inbox, 2 * STILL * 1000).unwrap();
        assert!(!looks.is_ripe());
        looks.look(&inbox, 3 * STILL * 1000).unwrap();
        assert_eq!(looks.claim(&inbox, 8).unwrap().len(), 1);
    }

    /// Four workers see the same files (F12).
    async fn of_several_workers_one_takes_a_file(db: TestDb) {
        let mut arrivals = Arrivals::begin(&db).await;
        arrivals.worker.tick().await.unwrap();
        let mut balance = 0;
        for day in 1..=9 {
            let statement = bank::day(day, day, balance, vec![line(day, 1_000, "ada")]);
            balance = statement.sum();
            arrivals.lay(format!("{day}.sta"), &statement.file());
        }
        let mut workers: Vec<Worker> = (0..4)
            .map(|_| another(&arrivals.world.office, &arrivals.clock, &db))
            .collect();
        for worker in &mut workers {
            worker.tick().await.unwrap();
        }
        arrivals.hands.move_by(STILL);
        let rounds: Vec<_> = workers
            .into_iter()
            .map(|mut worker| tokio::spawn(async move { worker.tick().await.unwrap() }))
            .collect();
        for round in rounds {
            let ran = round.await.unwrap();
            assert!(ran.iter().all(|ran| ran.outcome == Outcome::Done), "{ran:?}");
        }
        assert_eq!(arrivals.archived().len(), 9);
        assert_eq!(bank::credits(&arrivals.world.office, "ada").await, [1_000; 9]);
    }

    /// The disk is gone for an hour; nothing is made in its place, and somebody hears of it (F21).
    async fn an_inbox_that_is_gone_is_told_and_comes_back(db: TestDb) {
        let mut arrivals = Arrivals::begin(&db).await;
        arrivals.worker.tick().await.unwrap();
        let away = db.folder().join("away");
        fs::rename(&arrivals.inbox, &away).unwrap();
        arrivals.hands.set("2026-10-12 10:15");
        let ran = arrivals.worker.tick().await.unwrap();
        let import = ran.iter().find(|ran| ran.job == "import").unwrap();
        assert_eq!(import.outcome, Outcome::Refused);
        assert!(!arrivals.inbox.exists());
        let folder = arrivals.inbox.display().to_string();
        assert!(arrivals.alerts().await.contains(&("inbox".to_owned(), folder.clone())));

        fs::rename(&away, &arrivals.inbox).unwrap();
        arrivals.lay("ST261012.sta", &monday());
        arrivals.hands.set("2026-10-12 10:30");
        assert!(arrivals.rounds().await > 0);
        assert_eq!(arrivals.archived().len(), 1);
        arrivals.worker.run(Job::Alerts, true).await.unwrap().unwrap();
        assert!(!arrivals.alerts().await.iter().any(|(kind, _)| kind == "inbox"));
    }

    /// The process dies with `kill -9` at every named place, with the files of a week in its inbox;
    /// whoever comes next ends with the books of a week that nothing disturbed (F01, F15).
    async fn a_service_that_died_anywhere_is_finished_by_the_next(db: TestDb) {
        let undisturbed = db.another();
        let (semester, office) = week(&undisturbed).await;
        let (died, told) = pick_up(&undisturbed, &semester, None, 0);
        assert!(!died, "{told}");
        let expected = image(&office, &[]).await;
        office.db.close().await;
        for place in PLACES {
            let db = db.another();
            let (semester, office) = week(&db).await;
            let (died, told) = pick_up(&db, &semester, Some(place), 0);
            assert!(died, "{place}: {told}");
            // Nobody else is let in before the dead one was silent for long.
            let (_, told) = pick_up(&db, &semester, None, 60);
            assert!(told.contains("is run by"), "{place}: {told}");
            let (died, told) = pick_up(&db, &semester, None, 240);
            assert!(!died && told.contains("done: "), "{place}: {told}");
            assert_same(&expected, &image(&office, &[]).await, place);
            let inbox = semester.path().join("inbox");
            assert_eq!(names(&inbox), [".work", "archive"], "{place}");
            assert_eq!(names(&inbox.join(".work")), Vec::<String>::new(), "{place}");
            office.db.close().await;
        }
    }
}

/// A few files of a semester in its inbox.
pub async fn week(db: &TestDb) -> (Semester, Office) {
    // So many students that a statement has lines for several chunks.
    let semester = Semester::new(60, 22);
    let office = semester.office(db).await;
    let inbox = semester.path().join("inbox");
    fs::create_dir(&inbox).unwrap();
    for path in semester.files().into_iter().take(5) {
        fs::copy(&path, inbox.join(path.file_name().unwrap())).unwrap();
    }
    let settings = semester.path().join("kwestura.toml");
    let text = fs::read_to_string(&settings).unwrap();
    let more = "\n[inbox]\nfolder = \"inbox\"\nstill_seconds = 1\n";
    fs::write(settings, text + more).unwrap();
    (semester, office)
}

/// `kwestura jobs run import`, so many seconds after noon, through another program where its words are
/// given.
pub fn picking_up(through: &[&str], db: &TestDb, semester: &Semester, seconds: i64) -> Command {
    let now = now_millis() + seconds * 1000;
    let mut command = command(through, db, semester);
    command
        .args(["jobs", "run", "import"])
        .env("KWESTURA_NOW", now.to_string());
    command
}

/// The same, dying at a place; whether it did, and its words.
fn pick_up(db: &TestDb, semester: &Semester, at: Option<&str>, seconds: i64) -> (bool, String) {
    let mut command = picking_up(&[], db, semester, seconds);
    if let Some(at) = at {
        command.env("KWESTURA_KILL_AT", at);
    }
    let (status, told) = ended(started(&mut command));
    (status.signal() == Some(SIGABRT), told)
}
