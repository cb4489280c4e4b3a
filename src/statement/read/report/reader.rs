//! Lines → payments, by what each line is.
//!
//! In: the lines of a report, one after another. Out: each payment to the sink as soon as it is
//! read, and at the end what was found beside them. Which lines are head, foot, header and footer
//! is decided here; what a payment says is decided in `payment`.

mod end;

use super::cells::{Cells, Cut};
use super::layout::{Column, Container, Layout, TotalsAt};
use super::payment::{self, shown};
use super::source::{Line, RECORD_BYTES_MAX, is_blank};
use super::totals::Found;
use super::{Fault, ReportLine, Summary};
use std::borrow::Cow;
use std::collections::VecDeque;

/// A person mends what is wrong with a file at its first mistakes; the rest would only be long.
const FAULTS_MAX: usize = 100;

/// Reads a report line by line.
pub(super) struct Reader<'l, S> {
    layout: Cow<'l, Layout>,
    /// The column names of the head, where columns are known by name.
    names: Vec<String>,
    sink: S,
    cells: Cells,
    /// The record that was read last.
    record: Record,
    /// A quotation mark is open in it.
    is_open: bool,
    /// The last records, which may be the foot.
    held: VecDeque<Record>,
    /// How many columns a payment has, once it is known.
    width: Option<usize>,
    /// The line that may have been cut off, since it has no line end.
    cut_off: Option<u32>,
    footer: Option<u32>,
    totals: Option<Found>,
    has_text: bool,
    last_line: u32,
    /// The rest of the file cannot be trusted.
    stopped: bool,
    summary: Summary,
}

/// A record as it stands in the file.
#[derive(Debug, Default)]
struct Record {
    /// The line on which it starts.
    line: u32,
    text: String,
    /// Whether its last line had a line end.
    ended: bool,
}

/// What a record is.
enum Kind {
    Payment,
    Header,
    Footer,
    /// Nothing that the layout knows, and it says that such records do not matter.
    Silent,
    Unknown,
}

impl<'l, S: FnMut(ReportLine<'_>)> Reader<'l, S> {
    pub fn new(layout: &'l Layout, sink: S) -> Self {
        Reader {
            layout: Cow::Borrowed(layout),
            names: Vec::new(),
            sink,
            cells: Cells::default(),
            record: Record::default(),
            is_open: false,
            held: VecDeque::new(),
            width: None,
            cut_off: None,
            footer: None,
            totals: None,
            has_text: false,
            last_line: 0,
            stopped: false,
            summary: Summary::default(),
        }
    }

    pub fn is_stopped(&self) -> bool {
        self.stopped
    }

    /// What was found so far, without the doubts that only the end of the file raises.
    pub fn so_far(&self) -> &Summary {
        &self.summary
    }

    /// How many payments were found so far, those that may turn out to be the foot included.
    pub fn payments_so_far(&mut self) -> u64 {
        let held = std::mem::take(&mut self.held);
        let reads = |record: &&Record| {
            self.cut_again(record);
            self.reads_as_payment()
        };
        let more = u64::try_from(held.iter().filter(reads).count()).unwrap_or_default();
        self.summary.count + more
    }

    /// A fault behind which nothing can be trusted.
    pub fn stop(&mut self, fault: Fault) {
        self.summary.faults.push(fault);
        self.stopped = true;
    }

    /// Takes the next line of the file.
    pub fn take(&mut self, line: Line<'_>) {
        self.last_line = line.number;
        if self.is_open {
            self.record.text.push('\n');
            self.record.text.push_str(line.text);
            self.record.ended = line.ended;
            return self.cut(line.text);
        }
        let blank = is_blank(line.text);
        self.has_text |= !blank;
        if usize::try_from(line.number).is_ok_and(|number| number <= self.layout.records.head_lines)
        {
            self.head_line(line);
        } else if !blank {
            self.record.line = line.number;
            self.record.text.clear();
            self.record.text.push_str(line.text);
            self.record.ended = line.ended;
            self.cut(line.text);
        }
    }

    /// The file is over.
    pub fn finish(mut self) -> Summary {
        if self.is_open {
            self.never_closed();
        }
        if self.stopped {
            return self.summary;
        }
        let head_lines = self.layout.records.head_lines;
        if !self.has_text {
            self.fault(1, "the file is empty: ask the bank for it again");
        } else if usize::try_from(self.last_line).is_ok_and(|lines| lines < head_lines) {
            let message = format!("the head of this report has {head_lines} lines: it was cut off");
            self.fault(self.last_line, message);
        } else {
            self.foot();
            self.end();
            self.check_totals();
        }
        self.summary
    }

    // ── What a line is ──

    fn head_line(&mut self, line: Line<'_>) {
        if !line.ended {
            self.cut_off = Some(line.number);
        }
        let place = usize::try_from(line.number).unwrap_or(usize::MAX);
        let totals = self.layout.totals.as_ref().map(|totals| totals.at);
        let is_last = place == self.layout.records.head_lines;
        let has_totals = totals == Some(TotalsAt::HeadLine(place));
        let has_names = is_last && self.layout.has_names();
        if !(has_totals || has_names) {
            return;
        }
        // A head is one line: a quotation mark that stays open there stays open for good.
        match self.cells.take(line.text, &self.layout.container) {
            Cut::Complete => {}
            Cut::Open => {
                self.record.line = line.number;
                return self.never_closed();
            }
            Cut::BehindQuote(number) => {
                return self.behind_quote(line.number, number);
            }
        }
        if has_totals {
            self.take_totals(line.number);
        }
        if has_names {
            self.bind(line.number);
        }
    }

    /// The header gives the names their numbers.
    fn bind(&mut self, line: u32) {
        self.names = self.cells.all();
        self.width = Some(self.names.len());
        for name in self.layout.to_mut().bind(&self.names) {
            let many = self.names.iter().filter(|known| **known == name).count();
            let all: Vec<String> = self.names.iter().map(|name| shown(name)).collect();
            let message = match many {
                0 => format!("there is no column `{name}`; there are {}", all.join(", ")),
                _ => format!("the column `{name}` stands {many} times"),
            };
            self.stop(Fault::new(line, message));
        }
    }

    /// Cuts the newest line of the record into columns; goes on with it if it is complete.
    fn cut(&mut self, newest: &str) {
        let cut = self.cells.take(newest, &self.layout.container);
        self.is_open = cut == Cut::Open;
        if self.is_open {
            if self.cells.len() > RECORD_BYTES_MAX {
                self.never_closed();
            }
        } else if *self.layout.records.foot_lines.end() == 0 {
            let record = std::mem::take(&mut self.record);
            self.record(&record, cut);
            self.record = record;
        } else {
            self.hold();
        }
    }

    /// Keeps the record back, since it may be of the foot; the oldest one kept is not.
    fn hold(&mut self) {
        let foot_lines_max = *self.layout.records.foot_lines.end();
        let mut spare = Record::default();
        if self.held.len() >= foot_lines_max
            && let Some(oldest) = self.held.pop_front()
        {
            let cut = self.cut_again(&oldest);
            self.record(&oldest, cut);
            spare = oldest;
        }
        std::mem::swap(&mut self.record, &mut spare);
        self.held.push_back(spare);
    }

    fn cut_again(&mut self, record: &Record) -> Cut {
        let mut cut = Cut::Open;
        for line in record.text.split('\n') {
            cut = self.cells.take(line, &self.layout.container);
        }
        cut
    }

    /// A record that is not of the foot, cut into columns.
    fn record(&mut self, record: &Record, cut: Cut) {
        let line = record.line;
        if let Cut::BehindQuote(number) = cut {
            return self.behind_quote(line, number);
        }
        let kind = self.kind();
        if !record.ended && !matches!(kind, Kind::Footer) {
            self.cut_off = Some(line);
        }
        let totals = self.layout.totals.as_ref().map(|totals| totals.at);
        match (kind, totals, self.footer) {
            (Kind::Payment | Kind::Footer, _, Some(footer)) => {
                self.fault(
                    line,
                    format!("it stands behind the footer of line {footer}"),
                );
            }
            (Kind::Payment, ..) => self.payment(line),
            (Kind::Footer, totals, None) => {
                self.footer = Some(line);
                if totals == Some(TotalsAt::Footer) {
                    self.take_totals(line);
                }
            }
            (Kind::Header, Some(TotalsAt::Header), _) => self.take_totals(line),
            (Kind::Silent, ..) if self.reads_as_payment() => {
                self.fault(line, "it reads like a payment, but is of another type: ask the bank what this record is");
            }
            (Kind::Header | Kind::Silent, ..) => {}
            (Kind::Unknown, ..) => self.unknown(line),
        }
    }

    fn kind(&self) -> Kind {
        let Some(types) = &self.layout.records.types else {
            return Kind::Payment;
        };
        let found = self.cells.get(&types.column).unwrap_or_default();
        let is = |list: &[String]| list.iter().any(|known| known == found);
        if is(&types.detail) {
            Kind::Payment
        } else if is(&types.header) {
            Kind::Header
        } else if is(&types.footer) {
            Kind::Footer
        } else if types.others {
            Kind::Silent
        } else {
            Kind::Unknown
        }
    }

    fn unknown(&mut self, line: u32) {
        let Some(types) = self.layout.records.types.clone() else {
            return;
        };
        let found = shown(self.cells.get(&types.column).unwrap_or_default());
        let lists = [types.header, types.detail, types.footer].concat();
        let message = format!("{found} is none of: {}", lists.join(", "));
        self.wrong(line, &types.column, Some("record_type"), &message);
    }

    // ── Payments ──

    fn payment(&mut self, line: u32) {
        if let Some(message) = self.other_width() {
            return self.fault(line, message);
        }
        self.width.get_or_insert(self.cells.count());
        let Reader {
            layout,
            cells,
            sink,
            summary,
            ..
        } = self;
        match payment::read(layout, cells, line) {
            Ok(payment) => {
                summary.count += 1;
                *summary.sums.entry(payment.currency).or_default() +=
                    i128::from(payment.amount_minor);
                sink(payment);
            }
            Err(wrong) => {
                for wrong in wrong {
                    self.wrong(line, &wrong.column, Some(wrong.key), &wrong.message);
                }
            }
        }
    }

    /// Why a line has too few columns for a payment, or too many that are not empty.
    fn other_width(&self) -> Option<String> {
        let Container::Separated { columns, .. } = &self.layout.container else {
            return None;
        };
        let found = self.cells.count();
        let (least, most) = match (columns, self.width) {
            (Some(columns), _) => (*columns.start(), *columns.end()),
            (None, Some(width)) => (width, width),
            (None, None) => return None,
        };
        let beyond = || (most + 1..=found).all(|number| self.is_empty(number));
        if least <= found && beyond() {
            return None;
        }
        let expected = if least == most {
            format!("{least} are expected")
        } else {
            format!("{least} to {most} are expected")
        };
        Some(format!("the line has {found} columns; {expected}"))
    }

    fn is_empty(&self, number: usize) -> bool {
        self.cells.get(&Column::Number(number)) == Some("")
    }

    fn reads_as_payment(&self) -> bool {
        self.other_width().is_none() && payment::read(&self.layout, &self.cells, 0).is_ok()
    }

    // ── Faults ──

    fn never_closed(&mut self) {
        let column = Column::Number(self.cells.count() + 1);
        let line = self.record.line;
        self.wrong(
            line,
            &column,
            None,
            "a quotation mark is opened here and never closed",
        );
        self.is_open = false;
        self.stopped = true;
    }

    fn behind_quote(&mut self, line: u32, number: usize) {
        let message = "text stands behind the closing quotation mark";
        self.wrong(line, &Column::Number(number), None, message);
    }

    fn fault(&mut self, line: u32, message: impl Into<String>) {
        self.push(Fault::new(line, message));
    }

    fn wrong(&mut self, line: u32, column: &Column, key: Option<&str>, message: &str) {
        let place = match column {
            Column::Number(number) => match self.names.get(number.saturating_sub(1)) {
                Some(name) => format!("column {number} `{name}`"),
                None => format!("column {number}"),
            },
            Column::Named(name) => format!("column `{name}`"),
            Column::Span(first, last) => format!("signs {first}-{last}"),
        };
        let column = key.map_or_else(|| place.clone(), |key| format!("{place} ({key})"));
        self.push(Fault {
            line,
            column: Some(column),
            message: message.to_owned(),
        });
    }

    fn push(&mut self, fault: Fault) {
        if self.summary.faults.len() < FAULTS_MAX {
            self.summary.faults.push(fault);
        } else if !self.stopped {
            let line = fault.line;
            self.stop(Fault::new(
                line,
                "there are too many mistakes; what is behind was not read",
            ));
        }
    }
}
