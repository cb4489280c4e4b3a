//! Processes of the service, a clock that stands in a file, and a mail server.

use super::{Month, STUDENTS, Staff};
use crate::support::TestDb;
use crate::support::dice::Dice;
use crate::support::mail::MailServer;
use crate::support::semester::Semester;
use crate::support::service::{Hands, clock};
use kwestura::config::Job;
use kwestura::simulate::DEAD_ADDRESS;
use kwestura::store::Db;
use std::collections::BTreeMap;
use std::fs::{self, File};
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::time::Duration;
use tokio::time::{Instant, sleep};

/// How the mail server is when it is not well: busy, gone, or gone with the mail or without it once it has
/// been taken.
const TROUBLES: [&str; 4] = ["later", "gone", "lost", "drop"];
/// So long is waited at most until all is at rest. Whoever is slower sees the next moment; that is no mistake.
const PATIENCE: Duration = Duration::from_secs(20);

/// Processes, each of which may be killed.
pub struct Processes {
    database: String,
    db: Db,
    folder: PathBuf,
    inbox: PathBuf,
    server: MailServer,
    dead: String,
    running: Vec<Child>,
}

impl Processes {
    /// A month with so many of them; none where there is no mail server.
    pub async fn month(db: &TestDb, count: usize, dice: Dice) -> Option<Month<Processes>> {
        let server = MailServer::start(db.folder())?;
        let semester = Semester::new(STUDENTS, dice.0);
        let (folder, inbox) = (db.folder().to_path_buf(), db.folder().join("inbox"));
        fs::create_dir(&inbox).unwrap();
        let settings = semester.path().join("kwestura.toml");
        let more = "\n[service]\nadministrator = \"admin@example.edu\"\ndisk_free_mib = 0\n\
                    [inbox]\nfolder = \"inbox\"\nstill_seconds = 30\n";
        let settings_here = fs::read_to_string(&settings).unwrap() + &server.toml() + more;
        for place in [settings, folder.join("kwestura.toml")] {
            fs::write(place, &settings_here).unwrap();
        }
        let office = semester.empty_office(db).await;
        let (_, hands) = clock("2026-09-01 00:00");
        let mut staff = Processes {
            database: db.url().to_owned(),
            db: office.db.clone(),
            folder,
            inbox: inbox.clone(),
            server,
            dead: format!("{DEAD_ADDRESS}*"),
            running: Vec::new(),
        };
        staff.mail_server_is(None);
        staff.show(&hands);
        for _ in 0..count {
            let process = staff.start();
            staff.running.push(process);
        }
        Some(Month::begin((semester, office), hands, dice, inbox, staff))
    }

    /// A process that has just been started; its log lies beside the database.
    fn start(&self) -> Child {
        let mut log = File::options();
        let log = log.create(true).append(true).open(self.folder.join("log"));
        Command::new(env!("CARGO_BIN_EXE_kwestura"))
            .args(["serve", "--only", "worker", "--workers", "1"])
            .current_dir(&self.folder)
            .env("KWESTURA_DATABASE", &self.database)
            .env("KWESTURA_SMTP_PASSWORD", "secret")
            .env("KWESTURA_NOW", self.folder.join("now"))
            .env_remove("KWESTURA_CONFIG")
            .stdout(Stdio::null())
            .stderr(log.unwrap())
            .spawn()
            .unwrap()
    }

    /// The clock that all of them read shows a time.
    fn show(&self, now: &Hands) {
        let part = self.folder.join("now.part");
        fs::write(&part, now.millis().to_string()).unwrap();
        fs::rename(part, self.folder.join("now")).unwrap();
    }

    fn mail_server_is(&self, trouble: Option<&str>) {
        let mut rules = vec![(self.dead.as_str(), "never")];
        rules.extend(trouble.map(|trouble| ("*", trouble)));
        self.server.rules(&rules);
    }

    /// Whether there is nothing to do at a time, or it is done. A job is somebody's as long as that process
    /// lives, whatever the clock says.
    async fn is_at_rest(&self, now: i64) -> bool {
        let mut tx = self.db.read().await.unwrap();
        let rows = tx.jobs().await.unwrap();
        tx.rollback().await.unwrap();
        rows.len() == Job::ALL.len()
            && (rows.iter()).all(|row| {
                let holder = row.holder.as_deref().unwrap_or_default();
                let is_held = |process: &Child| holder.contains(&format!("/{}/", process.id()));
                // A dead one's is taken over when its lease has ended, and by nobody before.
                let is_waiting = row.holder.is_some() && row.held_until >= now;
                let is_due = row.next_at.is_some_and(|next| next <= now);
                !self.running.iter().any(is_held) && (is_waiting || !is_due)
            })
    }
}

impl Staff for Processes {
    const MOMENTS: &[&str] = &["07:40", "07:42", "09:46", "15:00"];

    fn mail_server(&mut self, is_well: bool, dice: &mut Dice) {
        let trouble = usize::try_from(dice.roll(4)).unwrap();
        self.mail_server_is((!is_well).then(|| TROUBLES[trouble]));
    }

    async fn wake(&mut self, now: &Hands, dice: &mut Dice, may_die: bool) -> usize {
        self.show(now);
        // Something lands, so that nobody rests for seconds.
        let bell = self.inbox.join(".bell");
        fs::write(&bell, "").unwrap();
        fs::remove_file(bell).unwrap();
        let mut killed = 0;
        if may_die && dice.roll(4) == 0 {
            sleep(Duration::from_millis(400 + dice.roll(400))).await;
            let at = usize::try_from(dice.roll(self.running.len() as u64)).unwrap();
            let next = self.start();
            let mut dying = std::mem::replace(&mut self.running[at], next);
            dying.kill().unwrap();
            dying.wait().unwrap();
            killed = 1;
        }
        // They wake half a second behind the bell.
        let since = Instant::now();
        sleep(Duration::from_millis(700)).await;
        while since.elapsed() < PATIENCE && !self.is_at_rest(now.millis()).await {
            sleep(Duration::from_millis(50)).await;
        }
        for process in &mut self.running {
            let ended = process.try_wait().unwrap();
            let log = || fs::read_to_string(self.folder.join("log")).unwrap();
            assert!(ended.is_none(), "{ended:?}: {}", log());
        }
        killed
    }

    fn arrived(&self) -> BTreeMap<String, usize> {
        let mut arrived = BTreeMap::new();
        for mail in self.server.arrived() {
            let name = mail.header("Message-ID").trim_matches(['<', '>']);
            *arrived.entry(name.to_owned()).or_default() += 1;
        }
        arrived
    }
}

impl Drop for Processes {
    fn drop(&mut self) {
        for process in &mut self.running {
            let _ = process.kill();
            let _ = process.wait();
        }
    }
}
