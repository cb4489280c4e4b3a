//! A reading as `inspect` prints it, and what must hold for it.
//!
//! In: a file, and perhaps a profile. Out: the lines of JSON and what they say, after the checks
//! that every reading has to pass. What needs two readings or the bytes is asked for by name.

use kwestura::statement::inspect::{inspect_error_json, inspect_json};
use kwestura::statement::read::{Profile, read};
use serde::Deserialize;

/// The largest amount of a statement: fifteen digits of minor units.
const MINOR_MAX: u64 = 999_999_999_999_999;

/// What was read from a file.
pub struct Seen {
    lines: Vec<String>,
    /// Empty where the file was refused.
    statements: Vec<Statement>,
}

/// One line of JSON: either an error or a statement.
#[derive(Deserialize)]
struct Refused {
    error: Message,
}

#[derive(Deserialize)]
struct Statement {
    format: String,
    encoding: String,
    status: String,
    account: String,
    currency: String,
    opening_minor: Option<i64>,
    opening_date: Option<String>,
    closing_minor: Option<i64>,
    closing_date: Option<String>,
    balanced: Option<bool>,
    entries: Vec<Entry>,
    warnings: Vec<Message>,
}

#[derive(Deserialize)]
struct Entry {
    line: u32,
    status: String,
    amount_minor: i64,
    mark: String,
    details: Vec<Detail>,
}

#[derive(Deserialize)]
struct Detail {
    amount_minor: Option<i64>,
}

#[derive(Deserialize)]
struct Message {
    line: u32,
    message: String,
}

impl Seen {
    /// Reads the file twice and checks that it was read alike, and what was read.
    pub fn twice_in_file(file: &[u8], profile: Option<&Profile>) -> Seen {
        let seen = Seen::in_file(file, profile);
        assert_eq!(
            seen.lines,
            inspected(file, profile),
            "read twice, read differently"
        );
        seen
    }

    /// Reads the file and checks what was read.
    pub fn in_file(file: &[u8], profile: Option<&Profile>) -> Seen {
        let lines = inspected(file, profile);
        let first = lines.first().expect("a reading has statements");
        let last_line = lines_of(file).count();
        if first.starts_with("{\"file\":\"\",\"error\":") {
            let refused: Refused = serde_json::from_str(first).expect("an error is JSON");
            refused.error.check(last_line);
            let statements = Vec::new();
            return Seen { lines, statements };
        }
        let statements: Vec<Statement> = lines
            .iter()
            .map(|line| serde_json::from_str(line).expect("a statement is JSON"))
            .collect();
        for statement in &statements {
            statement.check(last_line);
        }
        Seen { lines, statements }
    }

    /// The same file with other line ends.
    pub fn assert_same(&self, other: &Seen) {
        assert_eq!(self.lines, other.lines, "other line ends, another reading");
    }

    /// Every `:61:` that begins a line became an entry, or there is a word about it.
    pub fn assert_no_line_is_dropped(&self, file: &[u8]) {
        let told = |line| {
            self.statements
                .iter()
                .any(|statement| statement.tells_of(line))
        };
        let bare = file.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(file);
        for (text, line) in lines_of(bare).zip(1..) {
            let silent = text.starts_with(b":61:") && !told(line);
            assert!(!silent, "line {line} was dropped without a word");
        }
    }

    /// This is the start of a file up to a line's end, `whole` the file: only the last statement
    /// may still change.
    pub fn assert_statements_do_not_depend_on_what_follows(&self, whole: &Seen) {
        let before_last = self
            .statements
            .split_last()
            .map_or(&[][..], |(_, before)| before);
        for (here, there) in before_last.iter().zip(&whole.statements) {
            if here.encoding == there.encoding {
                assert_eq!(here.money(), there.money(), "changed by what follows");
            }
        }
    }

    /// This is the start of a file, `whole` the file: of a document that is cut off nothing was
    /// taken, and what stood before is there unchanged.
    pub fn assert_documents_are_whole(&self, whole: &Seen) {
        for (here, there) in self.statements.iter().zip(&whole.statements) {
            let same = here.encoding == there.encoding;
            assert!(
                !same || there.begins_with(here),
                "taken from a cut document"
            );
        }
    }
}

impl Statement {
    /// What must hold for every statement.
    fn check(&self, last_line: usize) {
        for warning in &self.warnings {
            warning.check(last_line);
        }
        for entry in &self.entries {
            let words = self
                .warnings
                .iter()
                .any(|warning| warning.line == entry.line);
            entry.check(last_line, words);
        }
        match self.status.as_str() {
            "final" => self.check_final(),
            "quarantine" => assert!(
                self.balanced == Some(false) || !self.warnings.is_empty(),
                "in quarantine without a reason"
            ),
            // A report does not list all that moved between its balances.
            "intraday" | "details" => {}
            other => panic!("the status {other} means nothing"),
        }
    }

    /// What is posted: an account, two balances, and lines that explain the difference.
    fn check_final(&self) {
        assert!(!self.account.is_empty(), "posted without an account");
        let letters = self.currency.bytes().filter(u8::is_ascii_uppercase).count();
        assert_eq!((letters, self.currency.len()), (3, 3), "no currency");
        let (Some(opening), Some(closing)) = (self.opening_minor, self.closing_minor) else {
            panic!("posted without a balance");
        };
        let booked = self.entries.iter().filter(|entry| entry.status == "booked");
        let sum: i128 = booked.map(|entry| i128::from(entry.amount_minor)).sum();
        assert_eq!(
            i128::from(opening) + sum,
            i128::from(closing),
            "posted although it does not add up"
        );
        assert_eq!(self.balanced, Some(true));
        if let (Some(opening), Some(closing)) = (&self.opening_date, &self.closing_date) {
            assert!(opening <= closing, "closed before it was opened");
        }
    }

    /// Whether an entry or a word stands at the line.
    fn tells_of(&self, line: u32) -> bool {
        let entries = self.entries.iter().map(|entry| entry.line);
        let warnings = self.warnings.iter().map(|warning| warning.line);
        entries.chain(warnings).any(|told| told == line)
    }

    /// Balances and amounts.
    fn money(&self) -> (&str, Option<i64>, Option<i64>, Vec<i64>) {
        let amounts = self.entries.iter().map(|entry| entry.amount_minor);
        (
            &self.currency,
            self.opening_minor,
            self.closing_minor,
            amounts.collect(),
        )
    }

    /// Whether the entries begin with those of `part`, whose pages may not all be there.
    fn begins_with(&self, part: &Statement) -> bool {
        let lines = |statement: &Statement| -> Vec<(u32, i64)> {
            let entries = statement.entries.iter();
            entries
                .map(|entry| (entry.line, entry.amount_minor))
                .collect()
        };
        self.format == part.format && lines(self).starts_with(&lines(part))
    }
}

impl Entry {
    /// What must hold for every entry; `words` says whether there is a warning at its line.
    fn check(&self, last_line: usize, words: bool) {
        check_line(self.line, last_line);
        assert!(
            self.amount_minor.unsigned_abs() <= MINOR_MAX,
            "an amount without end"
        );
        match self.mark.as_str() {
            "C" | "RD" | "EC" => assert!(0 <= self.amount_minor, "money in that goes out"),
            "D" | "RC" | "ED" => assert!(self.amount_minor <= 0, "money out that comes in"),
            "CRDT" | "DBIT" => {}
            other => panic!("the mark {other} means nothing"),
        }
        if matches!(self.mark.as_str(), "EC" | "ED") {
            assert_eq!(self.status, "pending", "what is expected is no money");
        }
        let amounts = self
            .details
            .iter()
            .map(|detail| detail.amount_minor.map(i128::from));
        let sum = amounts.sum::<Option<i128>>();
        let whole = self.details.is_empty() || sum == Some(i128::from(self.amount_minor));
        assert!(
            whole || words,
            "details that do not add up, and no word about it"
        );
    }
}

impl Message {
    fn check(&self, last_line: usize) {
        check_line(self.line, last_line);
        assert!(
            !self.message.trim().is_empty(),
            "a message that says nothing"
        );
    }
}

fn check_line(line: u32, last_line: usize) {
    let line = usize::try_from(line).expect("a line is a small number");
    assert!(
        (1..=last_line).contains(&line),
        "line {line} of a file of {last_line}"
    );
}

/// The lines of a file, whose ends are `\n`, `\r\n` or `\r`, without their ends.
pub fn lines_of(file: &[u8]) -> impl Iterator<Item = &[u8]> {
    let mut rest = Some(file);
    std::iter::from_fn(move || {
        let text = rest?;
        let Some(end) = memchr::memchr2(b'\r', b'\n', text) else {
            return rest.take();
        };
        let width = if text[end..].starts_with(b"\r\n") {
            2
        } else {
            1
        };
        rest = Some(&text[end + width..]);
        Some(&text[..end])
    })
}

fn inspected(file: &[u8], profile: Option<&Profile>) -> Vec<String> {
    match read(file, profile) {
        Ok(reading) => inspect_json("", &reading),
        Err(error) => vec![inspect_error_json("", &error)],
    }
}
