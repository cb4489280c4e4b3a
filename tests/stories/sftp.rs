//! Files lie on a bank's server: each comes into the inbox once, whole, whatever is cut, moved or forged
//! on the way (F21). The server is a real sshd.

use super::bank::{self, line, monday};
use super::damage;
use super::world::World;
use crate::support::service::{Hands, clock, names, worker};
use crate::support::sshd::{Between, Sshd, keygen};
use crate::support::{TestDb, on_both_engines};
use kwestura::config::{HostKey, Inbox, Job, Proof, Sftp};
use kwestura::engine::arming;
use kwestura::engine::statements::Said;
use kwestura::service::jobs::Outcome;
use kwestura::service::{Ran, Worker};
use std::ffi::OsStr;
use std::fs;
use std::os::unix::ffi::OsStrExt as _;
use std::os::unix::fs::{PermissionsExt as _, symlink};
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

/// Seconds that a file has to look the same.
const STILL: i64 = 10;
const MIB: u64 = 1024 * 1024;

/// An office that fetches from a server, at ten on Monday the 12th.
struct Pickup {
    world: World,
    worker: Worker,
    hands: Hands,
    inbox: PathBuf,
    sshd: Sshd,
}

impl Pickup {
    /// None where there is no server.
    async fn begin(db: &TestDb) -> Option<Pickup> {
        let sshd = Sshd::start(db.folder())?;
        Some(Pickup::at(db, sshd).await)
    }

    async fn at(db: &TestDb, sshd: Sshd) -> Pickup {
        let mut world = World::begin(db).await;
        let inbox = db.folder().join("inbox");
        fs::create_dir(&inbox).unwrap();
        world.office.config.service.inbox = Some(Inbox {
            folder: inbox.clone(),
            still_seconds: u32::try_from(STILL).unwrap(),
            names: Vec::new(),
        });
        world.office.config.service.sftp = vec![sshd.settings()];
        let (clock, hands) = clock("2026-10-12 10:00");
        let (worker, _) = worker(&world.office, "worker", &clock, &db.folder().join("mails"));
        // Notes the jobs.
        worker.rows().await.unwrap();
        Pickup {
            world,
            worker,
            hands,
            inbox,
            sshd,
        }
    }

    /// The server as the office knows it.
    fn server(&mut self) -> &mut Sftp {
        &mut self.worker.office.config.service.sftp[0]
    }

    fn lay(&self, name: impl AsRef<Path>, bytes: &[u8]) {
        fs::write(self.sshd.outgoing().join(name), bytes).unwrap();
    }

    /// The job runs once.
    async fn run(&mut self) -> Ran {
        self.worker.run(Job::Fetch, true).await.unwrap().unwrap()
    }

    /// Once, which goes well; what came of it.
    async fn good(&mut self) -> String {
        let ran = self.run().await;
        assert_eq!(ran.outcome, Outcome::Done, "{ran:?}");
        ran.said
    }

    /// Once, which does not go well; why.
    async fn refused(&mut self) -> String {
        let ran = self.run().await;
        assert_eq!(ran.outcome, Outcome::Refused, "{ran:?}");
        assert_eq!(self.lying(), Vec::<String>::new(), "{ran:?}");
        ran.said
    }

    /// A look, and a run when what was seen has stood still.
    async fn look_and_fetch(&mut self) -> String {
        self.good().await;
        self.hands.move_by(STILL);
        self.good().await
    }

    /// What others may take for files in the inbox.
    fn lying(&self) -> Vec<String> {
        let mut names = names(&self.inbox);
        names.retain(|name| !name.starts_with('.') && name != "archive");
        names
    }

    /// What has come of files that are not whole: bytes.
    fn parts(&self) -> Vec<u64> {
        let names = names(&self.inbox).into_iter();
        let parts = names.filter(|name| name.starts_with(".fetch.bank."));
        parts
            .map(|name| fs::metadata(self.inbox.join(name)).unwrap().len())
            .collect()
    }

    /// The inbox is emptied by the import; how many files lie in the archive.
    async fn import(&mut self) -> usize {
        for _ in 0..2 {
            self.worker.look();
            self.hands.move_by(STILL);
        }
        self.worker.run(Job::Import, true).await.unwrap().unwrap();
        assert_eq!(self.lying(), Vec::<String>::new());
        names(&self.inbox.join("archive/2026-10-12")).len()
    }

    /// Jobs of which the administrator hears, and why.
    async fn alerts(&mut self) -> Vec<(String, String)> {
        self.alerts_of("job").await
    }

    /// What the administrator hears of a kind.
    async fn alerts_of(&mut self, kind: &str) -> Vec<(String, String)> {
        self.worker.run(Job::Alerts, true).await.unwrap().unwrap();
        let mut tx = self.world.office.db.read().await.unwrap();
        let open = tx.open_alerts().await.unwrap().into_iter();
        let open = open.filter(|row| row.kind == kind);
        open.map(|row| (row.subject, row.said)).collect()
    }
}

/// So many bytes of which none is like its neighbours.
fn noise(length: u64) -> Vec<u8> {
    let mut state = 88_172_645_463_325_252_u64;
    let words = std::iter::from_fn(|| {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        Some(state.to_le_bytes())
    });
    words
        .flatten()
        .take(usize::try_from(length).unwrap())
        .collect()
}

on_both_engines! {
    /// What was fetched is remembered: it is fetched once, however often the job runs, and once more
    /// where it is another by then. Whoever died before remembering fetches it again, and the engine
    /// knows the same bytes.
    async fn a_statement_is_fetched_once(db: TestDb) {
        let Some(mut pickup) = Pickup::begin(&db).await else { return };
        pickup.lay("ST261012.sta", &monday());
        assert!(pickup.good().await.starts_with("0 file(s) fetched, 0 moved, 1 to stand still"));
        assert_eq!(pickup.lying(), Vec::<String>::new());
        pickup.hands.move_by(STILL);
        assert!(pickup.good().await.starts_with("1 file(s) fetched, 0 moved, 0 to stand still"));
        assert_eq!(fs::read(pickup.inbox.join("ST261012.sta")).unwrap(), monday());
        assert!(pickup.good().await.starts_with("0 file(s) fetched, 0 moved, 0 to stand still"));
        assert_eq!(pickup.import().await, 1);
        assert_eq!(bank::credits(&pickup.world.office, "ada").await, [50_000]);
        pickup.hands.move_by(STILL);
        assert!(pickup.good().await.starts_with("0 file(s) fetched"));
        assert!(pickup.sshd.outgoing().join("ST261012.sta").exists());

        damage::run(db.url(), "UPDATE remote_file SET fetched_at = NULL").await.unwrap();
        assert!(pickup.good().await.starts_with("1 file(s) fetched"));
        assert_eq!(pickup.import().await, 1);
        assert_eq!(bank::credits(&pickup.world.office, "ada").await, [50_000]);

        pickup.hands.set("2026-10-13 10:00");
        let tuesday = bank::day(2, 13, 50_000, vec![line(13, 20_000, "bartek")]);
        pickup.lay("ST261012.sta", &tuesday.file());
        assert!(pickup.look_and_fetch().await.starts_with("1 file(s) fetched"));
        pickup.import().await;
        assert_eq!(bank::credits(&pickup.world.office, "bartek").await, [20_000]);
        assert_eq!(pickup.parts(), Vec::<u64>::new());
    }

    /// What was fetched is moved on the server, never onto another file. Where it cannot be, that is
    /// told, and it is not fetched again for that.
    async fn what_was_fetched_is_moved(db: TestDb) {
        let Some(mut pickup) = Pickup::begin(&db).await else { return };
        pickup.server().moved_to = Some("outgoing/fetched/".to_owned());
        pickup.lay("ST261012.sta", &monday());
        pickup.good().await;
        pickup.hands.move_by(STILL);
        let ran = pickup.run().await;
        assert_eq!(ran.outcome, Outcome::Refused, "{ran:?}");
        assert!(ran.said.contains("was fetched and cannot be moved to `outgoing/fetched/ST261012.sta`"), "{ran:?}");
        assert_eq!(pickup.lying(), ["ST261012.sta"]);
        assert_eq!(pickup.import().await, 1);
        let moved = pickup.sshd.outgoing().join("fetched");
        fs::create_dir(&moved).unwrap();
        assert!(pickup.good().await.starts_with("0 file(s) fetched, 1 moved"));
        assert!(pickup.good().await.starts_with("0 file(s) fetched, 0 moved"));
        assert_eq!(names(&pickup.sshd.outgoing()), ["fetched"]);

        // A copy of the books takes nothing away from the others.
        let said = Said { by: "bursar", why: "a copy to try things on" };
        arming::say(&pickup.world.office, false, said).await.unwrap();
        pickup.lay("ST261012.sta", b"another");
        assert!(pickup.look_and_fetch().await.starts_with("1 file(s) fetched, 0 moved"));
        arming::say(&pickup.world.office, true, said).await.unwrap();
        assert!(pickup.good().await.starts_with("0 file(s) fetched, 1 moved"));
        assert_eq!(names(&moved), ["ST261012.sta", "ST261012.sta.2"]);
        assert_eq!(fs::read(moved.join("ST261012.sta")).unwrap(), monday());
        assert_eq!(fs::read(moved.join("ST261012.sta.2")).unwrap(), b"another");
        assert_eq!(pickup.lying(), ["ST261012.sta"]);
    }

    /// A server that shows another key than the one that is known, or none of its kind, is told nothing
    /// and brings nothing.
    async fn s21_a_server_with_another_key_is_told_nothing(db: TestDb) {
        let Some(mut pickup) = Pickup::begin(&db).await else { return };
        pickup.lay("ST261012.sta", &monday());
        pickup.server().host_key = pickup.sshd.key("another");
        for _ in 0..2 {
            let why = pickup.refused().await;
            assert!(why.starts_with("bank: the server shows another key than `host_key`: SHA256:"), "{why}");
            pickup.hands.move_by(STILL);
        }
        let kind = "ecdsa-sha2-nistp256".to_owned();
        pickup.server().host_key = HostKey { kind, bytes: vec![0; 104] };
        let why = pickup.refused().await;
        assert!(why.contains("no key of the kind of `host_key` (ecdsa-sha2-nistp256); it offers ssh-ed25519"), "{why}");
        let log = pickup.sshd.end();
        assert!(!log.contains("Accepted") && !log.contains("Failed"), "{log}");
    }

    /// Each way of not being let in has a sentence of its own, and no secret stands in it.
    async fn who_is_not_let_in_is_told_why(db: TestDb) {
        let Some(mut pickup) = Pickup::begin(&db).await else { return };
        let closed = db.folder().join("closed");
        keygen(&closed, "passphrase");
        let open = db.folder().join("open");
        fs::copy(pickup.sshd.file("id"), &open).unwrap();
        fs::set_permissions(&open, fs::Permissions::from_mode(0o644)).unwrap();
        for (proof, expected) in [
            (Proof::Key(pickup.sshd.file("another")), "does not let `"),
            (Proof::Key(pickup.sshd.file("nothing")), "No such file"),
            (Proof::Key(pickup.sshd.file("password")), "holds no private key"),
            (Proof::Key(closed), "opens with a passphrase"),
            (Proof::Key(open), "can be read by everybody on this machine"),
            (Proof::Password(pickup.sshd.file("password")), "does not let `"),
        ] {
            pickup.server().proof = proof;
            let why = pickup.refused().await;
            assert!(why.contains(expected) && !why.contains("secret") && !why.contains("BEGIN"), "{why}");
        }
        pickup.server().proof = Proof::Key(pickup.sshd.file("id"));
        pickup.good().await;
    }

    async fn a_password_opens_as_a_key_does(db: TestDb) {
        let Some(sshd) = Sshd::with_password(db.folder()) else { return };
        let mut pickup = Pickup::at(&db, sshd).await;
        pickup.server().proof = Proof::Password(pickup.sshd.file("password"));
        pickup.lay("ST261012.sta", &monday());
        assert!(pickup.look_and_fetch().await.starts_with("1 file(s) fetched"));
        assert_eq!(fs::read(pickup.inbox.join("ST261012.sta")).unwrap(), monday());

        fs::remove_file(pickup.inbox.join("ST261012.sta")).unwrap();
        fs::write(pickup.sshd.file("password"), "another").unwrap();
        let why = pickup.refused().await;
        assert!(why.contains("does not let `kwestura-bank` in with the password of"), "{why}");
        let log = pickup.sshd.end();
        assert!(log.contains("Accepted password for kwestura-bank"), "{log}");
    }

    /// The line is cut in the middle of a file: nothing of it is in the inbox, the next run goes on from
    /// there, and the file is whole (F21).
    async fn a_cut_line_is_gone_on_from_where_it_was_cut(db: TestDb) {
        let Some(mut pickup) = Pickup::begin(&db).await else { return };
        let between = Between::begin(pickup.sshd.port()).await;
        pickup.server().port = between.port();
        let whole = noise(6 * MIB + 12_345);
        pickup.lay("large.sta", &whole);
        pickup.good().await;
        pickup.hands.move_by(STILL);

        between.sent();
        between.at(4 * MIB, || true);
        let why = pickup.refused().await;
        assert!(why.contains("`outgoing/large.sta` cannot be read to its end"), "{why}");
        let [part] = pickup.parts().try_into().unwrap();
        assert!((MIB..=4 * MIB).contains(&part), "{part}");

        between.sent();
        assert!(pickup.good().await.starts_with("1 file(s) fetched"));
        assert!(fs::read(pickup.inbox.join("large.sta")).unwrap() == whole);
        assert_eq!(pickup.parts(), Vec::<u64>::new());
        // A step of what was there is fetched again, and a line has words of its own.
        let (sent, rest) = (between.sent(), whole.len() as u64 - part);
        assert!(sent < rest + MIB / 2, "{sent} bytes for {rest}");

        let fetched = pickup.good().await;
        assert!(fetched.starts_with("0 file(s) fetched"), "{fetched}");
    }

    /// A file that grows is left until it stands still; one that becomes another while it is fetched is
    /// thrown away, and fetched when it has stood still again.
    async fn a_file_that_changes_is_left(db: TestDb) {
        let Some(mut pickup) = Pickup::begin(&db).await else { return };
        let whole = noise(MIB);
        for length in [10, 20, whole.len()] {
            pickup.lay("growing.sta", &whole[..length]);
            assert!(pickup.good().await.ends_with("1 to stand still first"));
            pickup.hands.move_by(STILL - 1);
            assert!(pickup.good().await.ends_with("1 to stand still first"));
        }
        let between = Between::begin(pickup.sshd.port()).await;
        pickup.server().port = between.port();
        let file = pickup.sshd.outgoing().join("growing.sta");
        let longer = [whole.clone(), b"more".to_vec()].concat();
        let (at, bytes) = (file.clone(), longer.clone());
        pickup.hands.move_by(1);
        between.at(MIB / 2, move || {
            fs::write(at, bytes).unwrap();
            false
        });
        assert!(pickup.good().await.starts_with("0 file(s) fetched, 0 moved, 1 to stand still"));
        assert_eq!((pickup.lying(), pickup.parts()), (Vec::new(), Vec::new()));
        assert!(pickup.look_and_fetch().await.starts_with("1 file(s) fetched"));
        assert!(fs::read(pickup.inbox.join("growing.sta")).unwrap() == longer);
    }

    /// Names are data, and what is no file is left and told. Nothing is written anywhere but into the
    /// inbox.
    async fn what_is_no_plain_file_is_left_and_told(db: TestDb) {
        let Some(mut pickup) = Pickup::begin(&db).await else { return };
        let outgoing = pickup.sshd.outgoing();
        for name in ["good 1ż.sta", ".hidden", "x.part", "X.FILEPART", "archive", "a\nb", "a\\..\\c", "-rf"] {
            pickup.lay(name, b"bytes");
        }
        pickup.lay(OsStr::from_bytes(b"a\xff.sta"), b"bytes");
        pickup.lay("empty.sta", b"");
        fs::create_dir(outgoing.join("folder.sta")).unwrap();
        symlink(pickup.sshd.file("id"), outgoing.join("link.sta")).unwrap();
        assert!(Command::new("mkfifo").arg(outgoing.join("pipe.sta")).status().unwrap().success());
        for expected in ["0 file(s)", "3 file(s)", "0 file(s)"] {
            let ran = pickup.run().await;
            assert_eq!(ran.outcome, Outcome::Attention, "{ran:?}");
            assert!(ran.said.starts_with(expected) && ran.said.contains("; 6 left: "), "{ran:?}");
            for told in [
                "bank/archive: it is called like a folder of the inbox",
                "bank/empty.sta: empty",
                "bank/link.sta: a symbolic link",
                "bank/pipe.sta: no regular file",
            ] {
                assert!(ran.said.contains(told), "{told}: {ran:?}");
            }
            assert!(!ran.said.contains('\n'), "{ran:?}");
            pickup.hands.move_by(STILL);
        }
        assert_eq!(names(&pickup.inbox), ["-rf", "a\\..\\c", "good 1ż.sta"]);
        let told = pickup.alerts_of("file").await;
        assert_eq!(told.len(), 6, "{told:?}");
        let of_empty = ("bank/empty.sta".to_owned(), "empty: it is left on the server".to_owned());
        assert!(told.contains(&of_empty) && told.iter().all(|(file, _)| !file.contains('\n')), "{told:?}");

        // While the server is away nothing is known to be over; what is mended or gone there is.
        fs::rename(&outgoing, pickup.sshd.file("away")).unwrap();
        assert_eq!(pickup.run().await.outcome, Outcome::Refused);
        assert_eq!(pickup.alerts_of("file").await.len(), 6);
        fs::rename(pickup.sshd.file("away"), &outgoing).unwrap();
        pickup.lay("empty.sta", b"filled");
        for name in ["archive", "link.sta", "pipe.sta", "a\nb"] {
            fs::remove_file(outgoing.join(name)).unwrap();
        }
        fs::remove_file(outgoing.join(OsStr::from_bytes(b"a\xff.sta"))).unwrap();
        pickup.good().await;
        assert!(pickup.alerts_of("file").await.is_empty());
    }

    /// A file that may not be read, and one that cannot be moved, keep no other from coming; each is named.
    async fn a_file_that_cannot_be_read_keeps_no_other(db: TestDb) {
        let Some(mut pickup) = Pickup::begin(&db).await else { return };
        for name in ["a.sta", "b.sta", "c.sta"] {
            pickup.lay(name, name.as_bytes());
        }
        pickup.good().await;
        pickup.hands.move_by(STILL);
        let locked = pickup.sshd.outgoing().join("a.sta");
        fs::set_permissions(&locked, fs::Permissions::from_mode(0o0)).unwrap();
        let may_read_all = fs::read(&locked).is_ok();
        pickup.server().moved_to = Some("/nowhere".to_owned());
        let ran = pickup.run().await;
        assert_eq!(ran.outcome, Outcome::Refused, "{ran:?}");
        for name in ["bank/b.sta", "bank/c.sta"] {
            assert!(ran.said.contains(name), "{ran:?}");
        }
        // Whoever is root reads what nobody may.
        assert!(ran.said.contains("bank/a.sta"), "{ran:?}");
        let come: &[&str] = if may_read_all { &["a.sta", "b.sta", "c.sta"] } else { &["b.sta", "c.sta"] };
        assert_eq!(names(&pickup.inbox).into_iter().filter(|name| !name.starts_with('.')).collect::<Vec<_>>(), come);
    }

    /// A folder that is gone, and a server that is gone, are loud after two runs, and quiet again when
    /// they are back.
    async fn what_is_gone_is_loud_until_it_is_back(db: TestDb) {
        let Some(mut pickup) = Pickup::begin(&db).await else { return };
        pickup.lay("ST261012.sta", &monday());
        pickup.good().await;
        let (outgoing, away) = (pickup.sshd.outgoing(), pickup.sshd.file("away"));
        fs::rename(&outgoing, &away).unwrap();
        pickup.hands.move_by(STILL);
        let why = pickup.refused().await;
        assert!(why.starts_with("bank: there is no folder `outgoing` on the server any more; ask"), "{why}");
        assert!(pickup.alerts().await.is_empty());
        pickup.refused().await;
        let [(job, said)] = pickup.alerts().await.try_into().unwrap();
        assert!(job == "fetch" && said == why, "{job}: {said}");
        fs::rename(&away, &outgoing).unwrap();
        assert!(pickup.good().await.starts_with("1 file(s) fetched"));
        assert!(pickup.alerts().await.is_empty());
        fs::remove_file(pickup.inbox.join("ST261012.sta")).unwrap();

        // Another server is fetched from all the same.
        let mut gone = pickup.sshd.settings();
        gone.name = "another".to_owned();
        gone.port = 1;
        pickup.worker.office.config.service.sftp.insert(0, gone);
        pickup.lay("ST261013.sta", &monday());
        for _ in 0..2 {
            let ran = pickup.run().await;
            assert!(ran.outcome == Outcome::Refused && ran.said.starts_with("another: 127.0.0.1, port 1, cannot be reached: "), "{ran:?}");
            pickup.hands.move_by(STILL);
        }
        assert_eq!(pickup.lying(), ["ST261013.sta"]);
        assert_eq!(pickup.alerts().await.len(), 1);
    }

    /// The settings are checked before anybody waits for a file, and a person who wants it now looks
    /// twice in one command.
    async fn a_person_checks_the_settings_and_fetches_now(db: TestDb) {
        let Some(sshd) = Sshd::start(db.folder()) else { return };
        let (folder, settings) = (db.folder(), db.folder().join("kwestura.toml"));
        let written = |settings_of_server: &str| {
            let inbox = "[inbox]\nfolder = \"inbox\"\nstill_seconds = 1\n";
            fs::write(&settings, format!("{}\n{inbox}{settings_of_server}", bank::toml(""))).unwrap();
        };
        let run = |arguments: &[&str]| {
            let Output { status, stdout, stderr } = Command::new(env!("CARGO_BIN_EXE_kwestura"))
                .args(["--database", db.url()])
                .args(arguments)
                .current_dir(folder)
                .env_remove("KWESTURA_CONFIG")
                .env_remove("KWESTURA_NOW")
                .output()
                .unwrap();
            (status.code().unwrap(), String::from_utf8([stdout, stderr].concat()).unwrap())
        };
        written(&sshd.toml().replace("/id\"", "/nothing\""));
        fs::create_dir(folder.join("inbox")).unwrap();
        assert_eq!(run(&["init"]).0, 0);
        let (status, told) = run(&["config", "check"]);
        assert!(status == 1 && told.contains("sftp, bank: key_file: ") && told.contains("No such file"), "{told}");
        written(&sshd.toml());
        let (status, told) = run(&["config", "check"]);
        assert!(status == 0 && told.contains("is right"), "{told}");

        fs::write(sshd.outgoing().join("ST261012.sta"), monday()).unwrap();
        let (status, told) = run(&["jobs", "run", "fetch"]);
        assert!(status == 0 && told.starts_with("done: 1 file(s) fetched"), "{told}");
        assert_eq!(fs::read(folder.join("inbox/ST261012.sta")).unwrap(), monday());
        let (status, told) = run(&["jobs", "run", "fetch"]);
        assert!(status == 0 && told.starts_with("done: 0 file(s) fetched"), "{told}");
    }
}
