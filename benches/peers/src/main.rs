//! How fast the readers are beside their peers, as ratios of one run.
//!
//! `kwestura-peers ENTRIES [ROUNDS]` makes files of so many entries, lets every contender read
//! them in turn, and prints the median processor time of each, the ratios with the goals beside
//! them, and how memory grows with the file. It judges nothing: the machine may be shared, so no
//! number of it is worth anything outside of its run.

mod contenders;
mod data;

use anyhow::{Context, Result, bail, ensure};
use contenders::{line_scan, ours_camt, ours_mt940, xml_events};
use rustix::time::{ClockId, clock_gettime};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

const ROUNDS: usize = 5;
/// How many times the entries of the small file go into the large one, where memory is measured.
const GROWTH: usize = 100;
/// The word by which this program calls itself to learn how much memory one reading takes.
const PEAK: &str = "--peak-of-reading";

fn main() -> Result<()> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let words: Vec<&str> = arguments.iter().map(String::as_str).collect();
    let (entries, rounds) = match words.as_slice() {
        [PEAK, file] => return print_peak(Path::new(file)),
        [entries] => (entries.parse()?, ROUNDS),
        [entries, rounds] => (entries.parse()?, rounds.parse()?),
        _ => bail!("usage: kwestura-peers ENTRIES [ROUNDS]"),
    };
    ensure!(
        0 < entries && 0 < rounds,
        "there has to be something to measure"
    );
    let files = Files::new(entries)?;
    let in_memory = std::fs::read(&files.mt940)?;
    let scan = |_: &Path| Ok(line_scan(&in_memory));
    let mut races = vec![
        Race {
            goal: "P2  MT940, speed against the scan for lines",
            least: "1/12 = 0.083",
            ours: Contender::new("kwestura, MT940, one statement", &files.mt940, &ours_mt940),
            theirs: Contender::new("memchr and `:61:`, the same in memory", &files.mt940, &scan),
        },
        Race {
            goal: "P3  camt, speed against quick-xml's events",
            least: "0.5",
            ours: Contender::new("kwestura, camt.053.001.08", &files.camt, &ours_camt),
            theirs: Contender::new("quick-xml, events streamed", &files.camt, &xml_events),
        },
    ];
    #[cfg(feature = "swift-mt-message")]
    races.insert(0, against_swift_mt_message(&files));
    measure(&mut races, entries, rounds)?;
    print_races(&races, entries, rounds)?;
    print_growth(&files)
}

/// Few peers can read a file that a university gets, so this one decides its form.
#[cfg(feature = "swift-mt-message")]
fn against_swift_mt_message(files: &Files) -> Race<'_> {
    let peer = &contenders::swift_mt_message;
    Race {
        goal: "P1  MT940, speed against swift-mt-message",
        least: "3",
        ours: Contender::new(
            "kwestura, MT940, 500 lines a message",
            &files.messages,
            &ours_mt940,
        ),
        theirs: Contender::new("swift-mt-message, the same file", &files.messages, peer),
    }
}

/// The files to be read, in a folder that goes away with this.
struct Files {
    folder: PathBuf,
    messages: PathBuf,
    mt940: PathBuf,
    camt: PathBuf,
    small_camt: PathBuf,
}

impl Files {
    fn new(entries: usize) -> Result<Files> {
        let folder = std::env::temp_dir().join(format!("kwestura-peers-{}", std::process::id()));
        std::fs::create_dir_all(&folder)?;
        let files = Files {
            messages: folder.join("messages.sta"),
            mt940: folder.join("statement.sta"),
            camt: folder.join("statement.xml"),
            small_camt: folder.join("small.xml"),
            folder,
        };
        data::mt940_messages(&files.messages, entries)?;
        data::mt940(&files.mt940, entries)?;
        data::camt(&files.camt, entries)?;
        data::camt(&files.small_camt, entries.div_ceil(GROWTH))?;
        Ok(files)
    }
}

impl Drop for Files {
    fn drop(&mut self) {
        // What is left in a folder for temporary files harms nobody.
        let _ = std::fs::remove_dir_all(&self.folder);
    }
}

/// Two who read the same, and how much of the other's speed ours should have.
struct Race<'a> {
    goal: &'static str,
    least: &'static str,
    ours: Contender<'a>,
    theirs: Contender<'a>,
}

impl Race<'_> {
    fn ratio(&self) -> f64 {
        self.theirs.median().as_secs_f64() / self.ours.median().as_secs_f64()
    }
}

/// Who is measured: a name, the file to read, how, and the processor time of each round.
struct Contender<'a> {
    name: &'static str,
    file: &'a Path,
    read: &'a dyn Fn(&Path) -> Result<usize>,
    times: Vec<Duration>,
}

impl<'a> Contender<'a> {
    fn new(
        name: &'static str,
        file: &'a Path,
        read: &'a dyn Fn(&Path) -> Result<usize>,
    ) -> Contender<'a> {
        let times = Vec::new();
        Contender {
            name,
            file,
            read,
            times,
        }
    }

    fn read(&mut self, entries: usize) -> Result<()> {
        let began = processor_time()?;
        let read = (self.read)(self.file).context(self.name)?;
        self.times.push(processor_time()?.saturating_sub(began));
        ensure!(read == entries, "{} read {read} of {entries}", self.name);
        Ok(())
    }

    fn median(&self) -> Duration {
        let mut times = self.times.clone();
        times.sort();
        times.get(times.len() / 2).copied().unwrap_or_default()
    }

    fn print(&self, entries: usize) -> Result<()> {
        let kilobytes = u32::try_from(std::fs::metadata(self.file)?.len() / 1000)?;
        let seconds = self.median().as_secs_f64();
        println!(
            "{:<42} {:>9.1} ms {:>6.0} MB/s {:>7.0} k entries/s",
            self.name,
            seconds * 1e3,
            f64::from(kilobytes) / 1e3 / seconds,
            f64::from(u32::try_from(entries)?) / 1e3 / seconds
        );
        Ok(())
    }
}

/// Lets every contender read in turn, round after round.
fn measure(races: &mut [Race], entries: usize, rounds: usize) -> Result<()> {
    for _ in 0..rounds {
        for race in &mut *races {
            race.ours.read(entries)?;
            race.theirs.read(entries)?;
        }
    }
    Ok(())
}

fn print_races(races: &[Race], entries: usize, rounds: usize) -> Result<()> {
    println!("{entries} entries, medians of {rounds} rounds, processor time:\n");
    for race in races {
        race.ours.print(entries)?;
        race.theirs.print(entries)?;
    }
    println!("\nRatios of this run alone; the machine may be shared:\n");
    println!("{:<45} {:>14} {:>10}", "", "goal", "this run");
    for race in races {
        let least = format!("≥ {}", race.least);
        println!("{:<45} {least:>14} {:>10.3}", race.goal, race.ratio());
    }
    Ok(())
}

/// What all threads of this process have used so far.
fn processor_time() -> Result<Duration> {
    Ok(clock_gettime(ClockId::ProcessCPUTime).try_into()?)
}

/// How much more memory the large file takes than the small one, each in a process of its own.
fn print_growth(files: &Files) -> Result<()> {
    let small = peak_of(&files.small_camt)?;
    let large = peak_of(&files.camt)?;
    let growth = format!("+ {} MiB", large.saturating_sub(small) / 1024);
    let goal = format!("M2  camt, peak memory at {GROWTH} times the entries");
    println!("{goal:<45} {:>14} {growth:>10}", "≤ + 16 MiB");
    Ok(())
}

/// The peak of a process that reads the file and does nothing else, in KiB.
fn peak_of(file: &Path) -> Result<u64> {
    let child = Command::new(std::env::current_exe()?)
        .arg(PEAK)
        .arg(file)
        .output()?;
    ensure!(
        child.status.success(),
        "{}",
        String::from_utf8_lossy(&child.stderr)
    );
    Ok(String::from_utf8(child.stdout)?.trim().parse()?)
}

/// Reads the file and prints the peak of this process's resident memory, as Linux keeps it.
fn print_peak(file: &Path) -> Result<()> {
    ours_camt(file)?;
    let status = std::fs::read_to_string("/proc/self/status")?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    let peak = line.and_then(|line| line.split_whitespace().next());
    println!("{}", peak.context("the system does not tell VmHWM")?);
    Ok(())
}
