//! The end of a report: its foot, its footer, its totals.
//!
//! In: a reader that has seen every line. Out: its last payments, and every doubt that only the
//! end of the file raises.

use super::super::ReportLine;
use super::super::layout::TotalsAt;
use super::super::payment::shown;
use super::super::totals::{Found, Odd};
use super::Reader;

impl<S: FnMut(ReportLine<'_>)> Reader<'_, S> {
    /// The records that were kept back: the foot, and payments before it where the bank wrote
    /// fewer closing lines than it may.
    pub(super) fn foot(&mut self) {
        let fewest = *self.layout.records.foot_lines.start();
        while self.held.len() > fewest
            && let Some(oldest) = self.held.pop_front()
        {
            let cut = self.cut_again(&oldest);
            // As many columns as a payment has make a payment of it, perhaps one with mistakes.
            let same_width = self.width == Some(self.cells.count());
            if !same_width && !self.reads_as_payment() {
                self.held.push_front(oldest);
                break;
            }
            self.record(&oldest, cut);
        }
        let foot = std::mem::take(&mut self.held);
        if foot.len() < fewest {
            let message =
                format!("the report should end with {fewest} closing lines: it was cut off");
            self.fault(self.last_line, message);
        }
        let totals = self.layout.totals.as_ref().map(|totals| totals.at);
        for (place, record) in (1..).zip(&foot) {
            self.cut_again(record);
            if self.reads_as_payment() {
                self.fault(
                    record.line,
                    "a payment stands where a closing line should: the report was cut off",
                );
            } else if totals == Some(TotalsAt::FootLine(place)) {
                self.take_totals(record.line);
            }
            // Without totals nothing tells a closing line from a payment that was cut off.
            if !record.ended && totals.is_none() {
                self.cut_off = Some(record.line);
            }
        }
    }

    pub(super) fn end(&mut self) {
        let types = self.layout.records.types.as_ref();
        let footer = types.and_then(|types| types.footer.first());
        match (footer, self.footer, self.cut_off) {
            (Some(footer), None, _) => {
                let message = format!("the report has no footer ({}): it was cut off", shown(footer));
                self.fault(self.last_line, message);
            }
            (_, _, Some(line)) => self.fault(
                line,
                "the last line has no line end, so it may have been cut off: download the report again",
            ),
            _ => {}
        }
    }

    /// Keeps the totals of this record for the end.
    pub(super) fn take_totals(&mut self, line: u32) {
        if let Some(found) = &self.totals {
            let message = format!("the totals stand on line {} already", found.line);
            return self.fault(line, message);
        }
        let Some(totals) = &self.layout.totals else {
            return;
        };
        let (found, wrong) = Found::read(totals, &self.cells, line);
        self.totals = Some(found);
        if let Some(wrong) = wrong {
            self.wrong(line, &wrong.column, Some(wrong.key), &wrong.message);
        }
    }

    pub(super) fn check_totals(&mut self) {
        let Some(found) = self.totals.take() else {
            // Whoever lacks a foot or a footer was told so.
            let totals = self.layout.totals.as_ref().map(|totals| totals.at);
            if totals == Some(TotalsAt::Header) {
                self.fault(self.last_line, "no header with the totals was found");
            }
            return;
        };
        let line = found.line;
        for odd in found.check(&self.layout, &mut self.summary) {
            match odd {
                Odd::Column(wrong) => {
                    self.wrong(line, &wrong.column, Some(wrong.key), &wrong.message);
                }
                Odd::Line(message) => self.fault(line, message),
            }
        }
    }
}
