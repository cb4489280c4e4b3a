//! A simulated semester and the office that keeps its books.

use super::TestDb;
use super::dice::Dice;
use kwestura::cli::score;
use kwestura::config;
use kwestura::engine::import::Import;
use kwestura::engine::roster::Upload;
use kwestura::engine::{Moment, Office, fees, settle, students};
use kwestura::roster::parse_date;
use kwestura::simulate::{Plan, simulate};
use kwestura::statement::read::Profile;
use kwestura::store::Db;
use std::path::{Path, PathBuf};
use tempfile::TempDir;

/// A folder as `kwestura simulate` leaves it.
pub struct Semester {
    folder: TempDir,
}

impl Semester {
    /// Makes one up.
    pub fn new(students: u32, seed: u64) -> Semester {
        Semester::of(&Plan::of(students, seed))
    }

    /// Makes one up that is not as usual.
    pub fn of(plan: &Plan) -> Semester {
        let folder = TempDir::with_prefix("kwestura-semester-").unwrap();
        simulate(plan, folder.path()).unwrap();
        Semester { folder }
    }

    /// Where it is.
    pub fn path(&self) -> &Path {
        self.folder.path()
    }

    /// The statement files, by name.
    pub fn files(&self) -> Vec<PathBuf> {
        let folder = std::fs::read_dir(self.path().join("statements")).unwrap();
        let mut files: Vec<PathBuf> = folder.map(|entry| entry.unwrap().path()).collect();
        files.sort();
        files
    }

    /// Only those statement files are left whose name says so.
    pub fn leave(&self, is_left: impl Fn(&str) -> bool) {
        for path in self.files() {
            if !is_left(path.file_name().unwrap().to_str().unwrap()) {
                std::fs::remove_file(path).unwrap();
            }
        }
    }

    /// A few weeks of a few students: days, weeks and copies.
    pub fn of_weeks(seed: u64) -> Semester {
        let semester = Semester::new(25, seed);
        let early = ["2026-10", "2026-W40", "2026-W41", "2026-W42"];
        semester.leave(|name| early.iter().any(|part| name.contains(part)));
        semester
    }

    /// The files of one account, whatever repeats others left out: each line is in one of them.
    pub fn plain_files(&self) -> Vec<PathBuf> {
        let mut files = self.files();
        files.retain(|path| {
            let name = path.file_name().unwrap().to_str().unwrap();
            let weekly = name.contains("-W");
            !name.contains("ponownie") && (name.starts_with("EUR") == weekly)
        });
        files
    }

    /// An office that knows no student yet, after the semester.
    pub async fn empty_office(&self, db: &TestDb) -> Office {
        let text = std::fs::read_to_string(self.path().join("kwestura.toml")).unwrap();
        let config = config::parse(&text, Profile::names()).unwrap();
        Office {
            db: Db::connect(db.url(), false).await.unwrap(),
            now: Moment::of(now_millis(), config.institution.time_zone),
            config: config.into(),
        }
    }

    /// An office that has loaded students and fees.
    pub async fn office(&self, db: &TestDb) -> Office {
        let office = self.empty_office(db).await;
        for name in ["students.csv", "fees.csv"] {
            let bytes = std::fs::read(self.path().join(name)).unwrap();
            let upload = Upload {
                name,
                bytes: &bytes,
                as_of: None,
                opening: false,
                dry_run: false,
            };
            if name == "students.csv" {
                students::import(&office, &upload).await.unwrap();
            } else {
                fees::import(&office, &upload).await.unwrap();
            }
        }
        settle::run(&office, |_, _| {}).await.unwrap();
        office
    }

    /// Fails where the books say something that is not so.
    pub async fn score(&self, office: &Office) {
        let truth = std::fs::read(self.path().join("truth.jsonl")).unwrap();
        let score = score::against(office, "truth.jsonl", &truth).await.unwrap();
        assert!(!score.is_wrong(), "{score}");
    }
}

/// An instant after the semester.
pub fn now_millis() -> i64 {
    let day = parse_date("2027-03-01").unwrap();
    day.and_hms_opt(11, 0, 0)
        .unwrap()
        .and_utc()
        .timestamp_millis()
}

/// Imports files and settles, as `kwestura import` does.
pub async fn import(office: &Office, files: &[PathBuf]) -> Import {
    let mut import = Import::begin(office).await.unwrap();
    for path in files {
        import.path(office, path).await.unwrap();
    }
    import.settle(office, |_, _| {}).await.unwrap();
    import
}

/// The same in another order; a seed always gives the same one.
pub fn shuffled<T: Clone>(things: &[T], seed: u64) -> Vec<T> {
    let mut things = things.to_vec();
    let mut dice = Dice(seed);
    for last in (1..things.len()).rev() {
        let other = dice.roll(last as u64 + 1);
        things.swap(last, usize::try_from(other).unwrap());
    }
    things
}
