//! A line → the texts in its columns.
//!
//! In: physical lines and the layout's container. Out: the columns, each by its number or its
//! place. The csv crate is lenient where a report has to be strict (a quotation mark that stays
//! open, text behind a closed one, the numbers of lines), so the columns are cut here.

use super::layout::{Column, Container};

/// The columns of one record, and the memory for the next.
#[derive(Debug, Default)]
pub(super) struct Cells {
    /// The texts behind each other, without quotation marks.
    text: String,
    /// Where each of them ends; empty where the columns have fixed places.
    ends: Vec<usize>,
    /// Where each sign begins, where the columns have fixed places and not all signs are one byte.
    signs: Vec<usize>,
    /// The record goes on behind the line's end, since a quotation mark is open.
    open: bool,
    fixed: bool,
}

/// What a line did to its record.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Cut {
    /// It is complete.
    Complete,
    /// It goes on: a quotation mark is open.
    Open,
    /// Text stands behind a closing quotation mark, in the column of this number.
    BehindQuote(usize),
}

/// Where in a column the cutting stands.
enum State {
    Start,
    Quoted,
    BehindQuote,
}

impl Cells {
    /// Cuts a line. A record that was left open goes on.
    pub fn take(&mut self, line: &str, container: &Container) -> Cut {
        match *container {
            Container::Fixed => {
                self.place(line);
                Cut::Complete
            }
            Container::Separated {
                separator, quote, ..
            } => self.split(line, separator, quote),
        }
    }

    fn place(&mut self, line: &str) {
        self.fixed = true;
        self.text.clear();
        self.text.push_str(line);
        self.signs.clear();
        if !line.is_ascii() {
            self.signs.extend(line.char_indices().map(|(at, _)| at));
        }
    }

    fn split(&mut self, line: &str, separator: char, quote: Option<char>) -> Cut {
        let mut state = if self.open {
            self.text.push('\n');
            State::Quoted
        } else {
            self.fixed = false;
            self.text.clear();
            self.ends.clear();
            State::Start
        };
        let mut rest = line;
        loop {
            match (state, quote) {
                (State::Quoted, Some(quote)) => {
                    let Some((inside, behind)) = rest.split_once(quote) else {
                        self.text.push_str(rest);
                        self.open = true;
                        return Cut::Open;
                    };
                    self.text.push_str(inside);
                    rest = behind;
                    state = State::BehindQuote;
                }
                (State::BehindQuote, Some(quote)) if rest.starts_with(quote) => {
                    self.text.push(quote);
                    rest = rest.get(quote.len_utf8()..).unwrap_or_default();
                    state = State::Quoted;
                }
                (State::BehindQuote, _) => {
                    let (blank, behind) = until(rest, separator);
                    if !blank.trim().is_empty() {
                        self.open = false;
                        return Cut::BehindQuote(self.ends.len() + 1);
                    }
                    match self.ended(behind) {
                        Some(behind) => rest = behind,
                        None => return Cut::Complete,
                    }
                    state = State::Start;
                }
                (State::Start, Some(quote)) if rest.starts_with(quote) => {
                    rest = rest.get(quote.len_utf8()..).unwrap_or_default();
                    state = State::Quoted;
                }
                (State::Start | State::Quoted, _) => {
                    let (cell, behind) = until(rest, separator);
                    self.text.push_str(cell);
                    match self.ended(behind) {
                        Some(behind) => rest = behind,
                        None => return Cut::Complete,
                    }
                    state = State::Start;
                }
            }
        }
    }

    /// A column ends here; what stands behind its separator.
    fn ended<'l>(&mut self, behind: Option<&'l str>) -> Option<&'l str> {
        self.ends.push(self.text.len());
        self.open = false;
        behind
    }

    /// How many columns there are; one where they have fixed places.
    pub fn count(&self) -> usize {
        if self.fixed { 1 } else { self.ends.len() }
    }

    /// How many bytes of text the record has so far.
    pub fn len(&self) -> usize {
        self.text.len()
    }

    /// The text of a column, trimmed; `None` where the line has no such column. On a line with
    /// fixed places what lies behind its end is empty: trailing spaces are often left out.
    pub fn get(&self, column: &Column) -> Option<&str> {
        let text = match *column {
            Column::Number(number) => {
                let end = *self.ends.get(number.checked_sub(1)?)?;
                let before = number.checked_sub(2).and_then(|place| self.ends.get(place));
                self.text.get(before.copied().unwrap_or(0)..end)?
            }
            Column::Span(first, last) => {
                let start = self.offset(first.checked_sub(1)?);
                self.text.get(start..self.offset(last))?
            }
            Column::Named(_) => return None,
        };
        Some(text.trim())
    }

    /// All columns, trimmed.
    pub fn all(&self) -> Vec<String> {
        (1..=self.ends.len())
            .filter_map(|number| self.get(&Column::Number(number)))
            .map(str::to_owned)
            .collect()
    }

    /// Where a sign begins, counted from 0.
    fn offset(&self, sign: usize) -> usize {
        let at = if self.signs.is_empty() {
            Some(sign)
        } else {
            self.signs.get(sign).copied()
        };
        at.map_or(self.text.len(), |at| at.min(self.text.len()))
    }
}

/// What stands before the separator and, if there is one, behind it.
fn until(text: &str, separator: char) -> (&str, Option<&str>) {
    text.split_once(separator)
        .map_or((text, None), |(before, behind)| (before, Some(behind)))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn separated(separator: char, quote: Option<char>) -> Container {
        Container::Separated {
            separator,
            quote,
            columns: None,
        }
    }

    #[test]
    fn a_line_is_cut_at_its_separators() {
        let table: [(&str, Option<char>, &[&str]); 9] = [
            ("1,2", Some('"'), &["1", "2"]),
            ("", Some('"'), &[""]),
            (",", Some('"'), &["", ""]),
            ("\"a,b\" , c ", Some('"'), &["a,b", "c"]),
            ("\"a\"\"b\",\"\"", Some('"'), &["a\"b", ""]),
            ("a\"b,c", Some('"'), &["a\"b", "c"]),
            ("\"a,b\"", None, &["\"a", "b\""]),
            ("'a,b','ź'", Some('\''), &["a,b", "ź"]),
            ("ż,\"ł\"", Some('"'), &["ż", "ł"]),
        ];
        let mut cells = Cells::default();
        for (line, quote, expected) in table {
            let cut = cells.take(line, &separated(',', quote));
            assert_eq!(
                (cut, cells.all()),
                (
                    Cut::Complete,
                    expected.iter().map(|&text| text.to_owned()).collect()
                ),
                "{line}"
            );
        }
    }

    #[test]
    fn a_quoted_text_goes_on_in_the_next_line() {
        let form = separated(';', Some('"'));
        let mut cells = Cells::default();
        assert_eq!(cells.take("1;\"a;", &form), Cut::Open);
        assert_eq!(cells.take("", &form), Cut::Open);
        assert_eq!(cells.take("b\"\"c\";2", &form), Cut::Complete);
        assert_eq!(cells.all(), ["1", "a;\n\nb\"c", "2"]);
        assert_eq!(cells.take("3", &form), Cut::Complete);
        assert_eq!(cells.all(), ["3"]);
    }

    #[test]
    fn text_behind_a_closing_quotation_mark_is_told() {
        let form = separated(';', Some('"'));
        let mut cells = Cells::default();
        assert_eq!(cells.take("1;\"a\"b;2", &form), Cut::BehindQuote(2));
        assert_eq!(cells.take("1;2", &form), Cut::Complete);
    }

    #[test]
    fn fixed_places_are_counted_in_signs() {
        let mut cells = Cells::default();
        for (line, first, last, expected) in [
            ("GAWEŁ  12", 1, 7, "GAWEŁ"),
            ("GAWEŁ  12", 8, 9, "12"),
            ("GAWEŁ  12", 9, 20, "2"),
            ("GAWEL", 8, 9, ""),
            ("GAWEL 12", 1, 6, "GAWEL"),
        ] {
            cells.take(line, &Container::Fixed);
            assert_eq!(
                cells.get(&Column::Span(first, last)),
                Some(expected),
                "{line} {first}-{last}"
            );
        }
    }
}
