//! A file's statements, each read with the profile of its own account.
//!
//! A file is looked over, then looked through for what its statements come to, and only then are
//! the lines of those read that are to be written: three times through the bytes, never more of
//! them in memory than a block, and reading goes on beside writing.

use super::digest::{Checked, Digest, Digested};
use super::line::{Line, Making};
use super::source::Source;
use super::{EngineError, Office};
use crate::calendar;
use crate::config::{BankAccount, ValueBeforeBooking};
use crate::money::Currency;
use crate::statement::chain::{Gathered, Place, Rhythm, Unplaceable};
use crate::statement::entry::{Entry, Outline};
use crate::statement::read::{
    self, CreditingRule, Encoding, Profile, ReadError, Seen, Sink, Survey, declared::Declared,
};
use chrono::NaiveDate;
use std::collections::VecDeque;
use std::sync::Arc;
use tokio::sync::{Mutex, mpsc};

/// A statement as it was read, without its lines.
#[derive(Debug, Clone)]
pub struct Read {
    /// All but the lines.
    pub outline: Outline,
    /// Where it stands among others, or why it stands nowhere.
    pub place: Result<Place, Unplaceable>,
    /// Its day, where it is of one day only.
    pub single: Option<NaiveDate>,
    /// The profile.
    pub profile: Profile,
    /// The encoding.
    pub encoding: String,
    /// Its place in the file, from 0.
    pub nth: usize,
}

/// Which profile reads a statement.
#[derive(Debug, Clone)]
pub enum Way {
    /// That of its account, as configured.
    Configured,
    /// This one.
    By(Box<Profile>),
}

/// A file that was looked through.
#[derive(Debug)]
pub struct Looked {
    /// Its bytes.
    pub source: Source,
    /// What it is known by.
    pub digest: Digest,
    /// What all of its bytes told.
    pub survey: Survey,
    /// Its statements, in its order.
    pub statements: Vec<Read>,
    way: Way,
    stream: Mutex<Option<Stream>>,
}

/// Looks a file through.
///
/// # Errors
///
/// What makes the whole file unreadable.
pub async fn look(office: &Office, source: Source, way: Way) -> Result<Arc<Looked>, ReadError> {
    let office = office.clone();
    let looked = tokio::task::spawn_blocking(move || look_now(&office, source, way));
    match looked.await {
        Ok(looked) => looked.map(Arc::new),
        Err(died) => Err(ReadError {
            line: 0,
            message: format!("the reader died ({died}): please report this file's kind"),
        }),
    }
}

fn look_now(office: &Office, source: Source, way: Way) -> Result<Looked, ReadError> {
    let mut input = Digested::new(source.open()?);
    let survey = Survey::of(&mut input)?;
    let digest = input.digest();
    if let Some(name) = survey.report(&office.config.profiles) {
        return Err(ReadError {
            line: 1,
            message: format!(
                "this is a report of mass payments without balances ({name}) and is never posted; `kwestura statement inspect --profile {name}` shows it. Import the statement beside it"
            ),
        });
    }
    let mut all = Outlines::default();
    let seen = through(office, &source, (&digest, &survey), &way, &mut all)?;
    for read in &mut all.statements {
        seen.encoding.clone_into(&mut read.encoding);
    }
    Ok(Looked {
        source,
        digest,
        survey,
        statements: all.statements,
        way,
        stream: Mutex::new(None),
    })
}

/// Reads a file that was looked over. The bytes have to be the same as then.
fn through(
    office: &Office,
    source: &Source,
    (digest, survey): (&Digest, &Survey),
    way: &Way,
    sink: &mut dyn Sink,
) -> Result<Seen, ReadError> {
    let choose = |account: &str, detected: &str| {
        Some(match way {
            Way::Configured => profile_of(office, account, detected),
            Way::By(profile) => profile.as_ref().clone(),
        })
    };
    let mut input = Checked::new(source.open()?);
    let seen = read::stream(&mut input, survey, &choose, sink)?;
    if !sink.is_done() && !input.is(digest) {
        return Err(ReadError {
            line: 0,
            message: "the file changed while it was read: import it again when it is complete"
                .to_owned(),
        });
    }
    Ok(seen)
}

/// Keeps what statements come to.
#[derive(Default)]
struct Outlines {
    gathered: Gathered,
    statements: Vec<Read>,
}

impl Sink for Outlines {
    fn entry(&mut self, entry: Entry<'_>) {
        self.gathered.take(&entry);
    }

    fn statement(&mut self, outline: Outline, profile: &Profile) {
        let gathered = std::mem::take(&mut self.gathered);
        self.statements.push(Read {
            place: Place::gathered(0, &outline, &gathered),
            single: gathered.one_day(&outline),
            outline,
            profile: profile.clone(),
            encoding: String::new(),
            nth: self.statements.len(),
        });
    }
}

/// Lines that go from the reader to the writer at once, and are written in one transaction. Debug
/// builds are content with less, so that what tests record is recorded in chunks.
pub const CHUNK: usize = if cfg!(debug_assertions) { 4 } else { 500 };

/// Lines of one statement; the last chunk is of none, and says that the file came to its end.
struct Chunk {
    nth: usize,
    lines: Vec<Line>,
}

/// The lines of a file on their way.
#[derive(Debug)]
struct Stream {
    chunks: mpsc::Receiver<Result<Chunk, ReadError>>,
    /// What was taken and not passed on yet.
    held: VecDeque<Chunk>,
    /// The earliest statement whose lines have not been passed.
    at: usize,
}

impl std::fmt::Debug for Chunk {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} lines of statement {}", self.lines.len(), self.nth)
    }
}

/// Makes lines of entries and sends them.
struct Sender {
    chunks: mpsc::Sender<Result<Chunk, ReadError>>,
    /// How the lines of each statement are made.
    makings: Vec<Making>,
    nth: usize,
    lines: Vec<Line>,
    gone: bool,
}

impl Sender {
    fn send(&mut self) {
        let lines = std::mem::replace(&mut self.lines, Vec::with_capacity(CHUNK));
        let chunk = Chunk {
            nth: self.nth,
            lines,
        };
        self.gone |= self.chunks.blocking_send(Ok(chunk)).is_err();
    }
}

impl Sink for Sender {
    fn entry(&mut self, entry: Entry<'_>) {
        if let Some(making) = self.makings.get(self.nth) {
            making.push(entry, &mut self.lines);
        }
        if CHUNK <= self.lines.len() {
            self.send();
        }
    }

    fn statement(&mut self, _: Outline, _: &Profile) {
        if !self.lines.is_empty() {
            self.send();
        }
        self.nth += 1;
    }

    fn is_done(&self) -> bool {
        self.gone
    }
}

impl Looked {
    /// Passes the lines of a statement on, chunk by chunk, beside which the reader goes on. Asked
    /// for in the order of the file, all statements together are read once.
    pub async fn lines(&self, office: &Office, nth: usize) -> Result<Lines<'_>, EngineError> {
        let mut stream = self.stream.lock().await;
        if stream.as_ref().is_none_or(|stream| nth < stream.at) {
            *stream = Some(self.send(office));
        }
        Ok(Lines { stream, nth })
    }

    fn send(&self, office: &Office) -> Stream {
        let (sender, chunks) = mpsc::channel(1);
        let makings = self.statements.iter().map(|read| {
            let account = bank_account(office, &read.outline.account);
            Making::of(read, account.and_then(|row| row.virtual_scheme.as_ref()))
        });
        let mut sink = Sender {
            chunks: sender.clone(),
            makings: makings.collect(),
            nth: 0,
            lines: Vec::with_capacity(CHUNK),
            gone: false,
        };
        // Not the whole of `self`, which holds the other end: who drops it lets the reader stop.
        let (source, way) = (self.source.clone(), self.way.clone());
        let (digest, survey) = (self.digest.clone(), self.survey.clone());
        let office = office.clone();
        tokio::task::spawn_blocking(move || {
            let all = (&digest, &survey);
            let end = through(&office, &source, all, &way, &mut sink).map(|_| Chunk {
                nth: usize::MAX,
                lines: Vec::new(),
            });
            // Nobody may be waiting any more.
            let _ = sender.blocking_send(end);
        });
        Stream {
            chunks,
            held: VecDeque::new(),
            at: 0,
        }
    }
}

/// The lines of one statement on their way.
pub struct Lines<'a> {
    stream: tokio::sync::MutexGuard<'a, Option<Stream>>,
    nth: usize,
}

impl Lines<'_> {
    /// The next lines; none at the end of the statement.
    pub async fn next(&mut self) -> Result<Option<Vec<Line>>, EngineError> {
        let nth = self.nth;
        let Some(stream) = self.at_statement().await? else {
            return Ok(None);
        };
        match stream.held.pop_front_if(|chunk| chunk.nth == nth) {
            Some(chunk) => {
                stream.at = nth + 1;
                Ok(Some(chunk.lines))
            }
            None => Ok(None),
        }
    }

    /// Whether what is still to come of the statement is one chunk at most. Nothing is passed on by
    /// that.
    pub async fn are_few(&mut self) -> Result<bool, EngineError> {
        let nth = self.nth;
        let Some(stream) = self.at_statement().await? else {
            return Ok(true);
        };
        if stream.held.front().is_some_and(|chunk| chunk.nth == nth) && stream.held.len() == 1 {
            // Behind the last of a statement there is always another, be it the end of the file.
            stream.receive().await?;
        }
        Ok(stream.held.get(1).is_none_or(|chunk| chunk.nth != nth))
    }

    /// Goes on to the first chunk that is of this statement or of a later one, and holds it.
    async fn at_statement(&mut self) -> Result<Option<&mut Stream>, EngineError> {
        let Some(stream) = self.stream.as_mut() else {
            return Ok(None);
        };
        loop {
            while stream
                .held
                .pop_front_if(|chunk| chunk.nth < self.nth)
                .is_some()
            {}
            if !stream.held.is_empty() {
                return Ok(Some(stream));
            }
            stream.receive().await?;
        }
    }
}

impl Stream {
    async fn receive(&mut self) -> Result<(), EngineError> {
        match self.chunks.recv().await {
            Some(Ok(chunk)) => self.held.push_back(chunk),
            Some(Err(error)) => {
                let words = format!("the file cannot be read again: {error}");
                return Err(EngineError::refused(words));
            }
            None => return Err(EngineError::refused("the reader stopped; try it again")),
        }
        Ok(())
    }
}

/// The profile by which a statement was read when it was recorded, whatever is configured by now.
pub fn profile_as_recorded(office: &Office, account: &str, name: &str, encoding: &str) -> Profile {
    let mut profile = profile_named(office, account, name);
    profile.encoding = Encoding::by_name(encoding);
    profile
}

/// The profile for an account: the configured one with the account's own settings, else what the
/// file looked like.
pub fn profile_of(office: &Office, account: &str, detected: &str) -> Profile {
    // A bank that moves from MT940 to camt keeps the account; camt needs no dialect.
    let name = match bank_account(office, account) {
        Some(row) if detected != CAMT || speaks_camt(&row.profile) => row.profile.as_str(),
        _ => detected,
    };
    profile_named(office, account, name)
}

/// A built-in profile with the account's own settings.
pub fn profile_named(office: &Office, account: &str, name: &str) -> Profile {
    let configured = bank_account(office, account);
    let named = Declared::dialect(&office.config.profiles, name);
    let mut profile = named.unwrap_or_else(Profile::generic);
    profile.time_zone = office.config.institution.time_zone;
    if let Some(row) = configured {
        if let Some(encoding) = row.encoding.as_deref().and_then(Encoding::by_name) {
            profile.encoding = Some(encoding);
        }
        match row.value_before_booking {
            Some(ValueBeforeBooking::Booking) => {
                profile.value_before_booking = CreditingRule::Booking;
            }
            Some(ValueBeforeBooking::Value) => profile.value_before_booking = CreditingRule::Value,
            None => {}
        }
        if let Some(reliable) = row.reference_is_identity {
            profile.reliable_reference = reliable;
        }
    }
    profile
}

/// The profile of camt files without peculiarities.
const CAMT: &str = "camt";

/// Profiles that say where camt files of that bank have their numbers.
fn speaks_camt(profile: &str) -> bool {
    matches!(profile, CAMT | "bnp")
}

/// The configuration of an account, by IBAN.
pub fn bank_account<'a>(office: &'a Office, account: &str) -> Option<&'a BankAccount> {
    office
        .config
        .bank_accounts
        .iter()
        .find(|row| row.iban == account)
}

/// On which days a statement of this account is to be expected: the bank days of Elixir, and for
/// an account in another currency those on which TARGET is open too.
pub fn rhythm(office: &Office, account: &str) -> Rhythm<'static> {
    let configured = bank_account(office, account);
    let foreign = configured.is_some_and(|row| row.currency != Currency::PLN);
    Rhythm {
        bank_day: if foreign {
            &calendar::is_euro_bank_day
        } else {
            &calendar::is_bank_day
        },
        silent_days: configured.is_some_and(|row| row.silent_days),
    }
}
