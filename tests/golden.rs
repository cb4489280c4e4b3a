//! Every sample statement is read exactly as the reading beside it says.
//!
//! A folder with a `kwestura.toml` is read by the profiles that are declared there.
//!
//! `statements/a/b.sta` is read to `statements/a/b.expected.jsonl`, byte by byte. With
//! `KWESTURA_BLESS=1` the readings are written anew; the difference is then in the commit. What
//! holds for every sample holds for it cut off and damaged as well.

use crate::support::readings::{self, By};
use kwestura::config;
use kwestura::statement::read::Profile;
use kwestura::statement::read::declared::Declared;
use kwestura::statement::read::report::Layout;
use serde_json::Value;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicUsize, Ordering};

const READING: &str = "expected.jsonl";

/// Folders whose samples are read with the bank's profile, since nothing in a file names its bank.
const WITH_PROFILE: [(&str, &str); 3] = [
    ("camt053-bnp", "bnp"),
    ("mt940-millennium", "millennium"),
    ("mt940-santander", "santander"),
];

/// Reports of mass payments, and the profile that each is read by.
const REPORTS: [(&str, &str); 5] = [
    ("report-bph/collect.txt", "bph-collect"),
    ("report-bzwbk/collect.txt", "bzwbk-collect"),
    ("report-declared/columns.csv", "bank-columns"),
    ("report-declared/fixed.txt", "bank-fixed"),
    ("report-elixir-0/collect.txt", "elixir-0"),
];

/// Bytes up to which a sample is short, and from which on it is long.
const SHORT: usize = 900;
const LONG: usize = 1_500;
/// Bits that are flipped in a byte.
const MASKS: [u8; 4] = [0x01, 0x20, 0x80, 0xFF];

#[test]
fn every_sample_is_read_as_expected() {
    let mut complaints = Vec::new();
    for sample in samples() {
        let name = sample.file_name().unwrap().to_str().unwrap();
        let bytes = std::fs::read(&sample).unwrap();
        let lines = readings::lines(name, &bytes, &by(&sample));
        let found = lines.join("\n") + "\n";
        let beside = sample.with_extension(READING);
        if std::env::var_os("KWESTURA_BLESS").is_some() {
            std::fs::write(&beside, &found).unwrap();
        }
        match std::fs::read_to_string(&beside) {
            Ok(expected) if expected == found => {}
            Ok(expected) => complaints.push(format!(
                "{}: read as\n{found}expected\n{expected}",
                sample.display()
            )),
            Err(error) => complaints.push(format!("{}: {error}", beside.display())),
        }
    }
    assert!(complaints.is_empty(), "{}", complaints.join("\n"));
}

#[test]
fn the_same_letters_are_read_from_every_encoding() {
    for folder in ["mt940-encodings", "camt053-encodings"] {
        let mut readings = Vec::new();
        for sample in samples()
            .iter()
            .filter(|path| path.parent().unwrap().ends_with(folder))
        {
            let mut found = readings::of(&std::fs::read(sample).unwrap(), &By::Detection);
            for one in &mut found {
                one["encoding"] = Value::Null;
            }
            readings.push(found);
        }
        assert!(4 < readings.len());
        assert!(
            readings.iter().all(|one| *one == readings[0]),
            "{folder}: {readings:#?}"
        );
    }
}

#[test]
fn a_sample_cut_off_anywhere_is_refused_or_whole() {
    every_sample(|sample, bytes, by| {
        for end in 0..bytes.len() {
            let what = || format!("{} cut off at {end}", sample.display());
            holds(&readings::of(&bytes[..end], by), &what);
        }
    });
}

#[test]
fn a_sample_with_any_byte_flipped_is_still_read_or_refused() {
    every_sample(|sample, bytes, by| {
        let mut bytes = bytes.to_vec();
        // The time grows with the square of the length: of a short sample every byte gets all
        // masks, of a longer one each gets one, of a long one every third.
        let masks = if bytes.len() <= SHORT { 4 } else { 1 };
        let step = if bytes.len() <= LONG { 1 } else { 3 };
        for at in (0..bytes.len()).step_by(step) {
            for mask in MASKS.iter().cycle().skip(at % 4).take(masks) {
                bytes[at] ^= mask;
                let what = || format!("{} flipped by {mask} at {at}", sample.display());
                holds(&readings::of(&bytes, by), &what);
                bytes[at] ^= mask;
            }
        }
    });
}

/// Tries something on every sample, on as many threads as there are cores.
fn every_sample(attempt: impl Fn(&Path, &[u8], &By) + Sync) {
    let samples = samples();
    let next = AtomicUsize::new(0);
    let work = || {
        while let Some(sample) = samples.get(next.fetch_add(1, Ordering::Relaxed)) {
            let bytes = std::fs::read(sample).unwrap();
            attempt(sample, &bytes, &by(sample));
        }
    };
    let cores = std::thread::available_parallelism().map_or(1, usize::from);
    std::thread::scope(|scope| {
        for _ in 0..cores {
            scope.spawn(work);
        }
    });
}

/// What holds for whatever bytes: there is a statement or a reason; a statement that passes for a
/// final one has both balances, and its own booked lines lead from the one to the other.
fn holds(found: &[Value], what: &dyn Fn() -> String) {
    assert!(!found.is_empty(), "{}: neither read nor refused", what());
    for one in found {
        if let Some(error) = one.get("error") {
            let said = error["line"] != 0 && error["message"] != "";
            assert!(said, "{}: refused without a reason: {one}", what());
            continue;
        }
        let adds_up = readings::adds_up(one);
        assert_eq!(one["balanced"], adds_up, "{}: {one}", what());
        if one["status"] == "final" {
            assert_eq!(adds_up, true, "{} passes for whole: {one}", what());
        }
    }
}

/// How a sample is read, where its bytes do not tell.
fn by(sample: &Path) -> By {
    let folder = sample.parent().unwrap();
    let report = REPORTS.iter().find(|(named, _)| sample.ends_with(named));
    if let Some((_, name)) = report {
        let layout = Declared::report(&declared(folder), name).unwrap();
        return By::Report((*name).to_owned(), Box::new(layout));
    }
    let dialect = (WITH_PROFILE.iter()).find(|(named, _)| folder.ends_with(named));
    dialect.map_or(By::Detection, |(_, name)| {
        By::Dialect(Profile::by_name(name).unwrap())
    })
}

/// The profiles that are declared beside samples.
fn declared(folder: &Path) -> Vec<Declared> {
    let Ok(text) = std::fs::read_to_string(folder.join("kwestura.toml")) else {
        return Vec::new();
    };
    let built_in = [Profile::names(), Layout::names()].concat();
    config::parse(&text, &built_in).unwrap().profiles
}

/// The samples, without the readings beside them and without descriptions; there are some.
fn samples() -> Vec<PathBuf> {
    let mut waiting = vec![Path::new(env!("CARGO_MANIFEST_DIR")).join("statements")];
    let mut files = Vec::new();
    while let Some(folder) = waiting.pop() {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            let name = path.file_name().unwrap().to_str().unwrap();
            if path.is_dir() {
                waiting.push(path);
            } else if !name.ends_with(READING) && !matches!(name, "README.md" | "kwestura.toml") {
                files.push(path);
            }
        }
    }
    files.sort();
    assert!(!files.is_empty(), "there are no sample statements");
    files
}
