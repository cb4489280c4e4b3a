//! Reports as banks write them, and what is told about those that must not be taken.

mod forms;
mod random;
mod refused;

use super::*;
use crate::statement::read::Encoding;

/// The profile that a university would declare for a bank's CSV with a footer.
pub(super) fn declared_csv() -> Layout {
    let named = |name: &str| Column::Named(name.to_owned());
    let texts = |texts: &[&str]| texts.iter().map(|&text| text.to_owned()).collect();
    Layout {
        encoding: Some(Encoding::Windows1250),
        container: Container::Separated {
            separator: ';',
            quote: Some('"'),
            columns: None,
        },
        records: Records {
            head_lines: 1,
            foot_lines: 0..=0,
            types: Some(RecordTypes {
                column: named("Typ"),
                detail: texts(&["D"]),
                header: Vec::new(),
                footer: texts(&["S"]),
                others: false,
            }),
        },
        columns: Columns {
            amount: named("Kwota"),
            booking_date: Some(named("Data księgowania")),
            order_date: Some(named("Data zlecenia")),
            virtual_account: Some(named("Rachunek wirtualny")),
            bank_reference: Some(named("Referencja")),
            payer_name: Some(named("Nadawca")),
            payer_account: Some(named("Rachunek nadawcy")),
            title: vec![named("Tytuł 1"), named("Tytuł 2")],
        },
        amount: AmountForm::Decimal {
            mark: DecimalMark::Comma,
            thousands: Some(' '),
        },
        date: DateForm::by_name("YYYY-MM-DD").unwrap(),
        direction: Direction::Column {
            column: named("Strona"),
            credit: texts(&["C"]),
            debit: texts(&["D"]),
        },
        currency: CurrencySource::Column(named("Waluta")),
        account: AccountSource::Constant("PL40999000090000000000001001".to_owned()),
        lines_in_column: None,
        virtual_account_is_tail: false,
        totals: Some(Totals {
            at: TotalsAt::Footer,
            count: Some(Column::Number(2)),
            sum: Some(Column::Number(3)),
        }),
        role: Role::Entries,
    }
}

/// The same for fixed places: type, number, date, grosze, virtual account, name, title.
pub(super) fn declared_fixed() -> Layout {
    Layout {
        encoding: Some(Encoding::Cp852),
        container: Container::Fixed,
        records: Records {
            head_lines: 0,
            foot_lines: 0..=0,
            types: Some(RecordTypes {
                column: Column::Span(1, 1),
                detail: vec!["1".to_owned()],
                header: vec!["0".to_owned()],
                footer: vec!["9".to_owned()],
                others: false,
            }),
        },
        columns: Columns {
            amount: Column::Span(14, 28),
            booking_date: Some(Column::Span(8, 13)),
            order_date: None,
            virtual_account: Some(Column::Span(29, 54)),
            bank_reference: None,
            payer_name: Some(Column::Span(55, 74)),
            payer_account: None,
            title: vec![Column::Span(75, 104)],
        },
        amount: AmountForm::Minor,
        date: DateForm::by_name("DDMMYY").unwrap(),
        direction: Direction::Credit,
        currency: CurrencySource::Constant(Currency::PLN),
        account: AccountSource::Unsaid,
        lines_in_column: None,
        virtual_account_is_tail: false,
        totals: Some(Totals {
            at: TotalsAt::Footer,
            count: Some(Column::Span(2, 7)),
            sum: Some(Column::Span(8, 22)),
        }),
        role: Role::Entries,
    }
}

/// Every sample with its layout, decoded.
pub(super) fn samples() -> [(&'static str, Layout, String); 5] {
    let latin2 = |bytes: &[u8]| encoding_rs::ISO_8859_2.decode(bytes).0.into_owned();
    let windows = |bytes: &[u8]| encoding_rs::WINDOWS_1250.decode(bytes).0.into_owned();
    let table = &oem_cp::code_table::DECODING_TABLE_CP852;
    let dos = |bytes: &[u8]| oem_cp::decode_string_complete_table(bytes, table);
    let built_in = |name| Layout::by_name(name).unwrap();
    [
        (
            "elixir-0",
            built_in("elixir-0"),
            dos(include_bytes!(
                "../../../../statements/report-elixir-0/collect.txt"
            )),
        ),
        (
            "bzwbk-collect",
            built_in("bzwbk-collect"),
            latin2(include_bytes!(
                "../../../../statements/report-bzwbk/collect.txt"
            )),
        ),
        (
            "bph-collect",
            built_in("bph-collect"),
            latin2(include_bytes!(
                "../../../../statements/report-bph/collect.txt"
            )),
        ),
        (
            "csv",
            declared_csv(),
            windows(include_bytes!(
                "../../../../statements/report-declared/columns.csv"
            )),
        ),
        (
            "fixed",
            declared_fixed(),
            dos(include_bytes!(
                "../../../../statements/report-declared/fixed.txt"
            )),
        ),
    ]
}

fn sample(name: &str) -> (Layout, String) {
    let found = samples().into_iter().find(|(other, ..)| *other == name);
    let (_, layout, text) = found.unwrap();
    (layout, text)
}

pub(super) fn read_all(text: &str, layout: &Layout) -> (Vec<ReportLine<'static>>, Summary) {
    let mut lines = Vec::new();
    let sink = |line: ReportLine<'_>| lines.push(line.into_owned());
    let summary = read(text.as_bytes(), layout, sink).unwrap();
    (lines, summary)
}

/// Line, day, grosze, virtual account, reference, name, payer's account and title of each payment.
fn told(name: &str) -> Vec<String> {
    let (layout, text) = sample(name);
    let (lines, summary) = read_all(&text, &layout);
    assert_eq!(summary.faults, []);
    let mut told: Vec<String> = lines.iter().map(one_told).collect();
    let sums: Vec<String> = summary
        .sums
        .iter()
        .map(|(currency, sum)| format!("{sum} {currency}"))
        .collect();
    let control = (summary.control_count, summary.control_sum_minor);
    told.push(format!("{} {} {control:?}", summary.count, sums.join(" ")));
    told
}

fn one_told(line: &ReportLine<'_>) -> String {
    let day = |day: Option<NaiveDate>| day.map_or("-".to_owned(), |day| day.to_string());
    let text = |text: &Option<Cow<'_, str>>| text.as_deref().unwrap_or("-").to_owned();
    [
        line.line.to_string(),
        day(line.booking_date),
        day(line.order_date),
        line.amount_minor.to_string(),
        line.currency.to_string(),
        text(&line.account),
        text(&line.virtual_account),
        text(&line.bank_reference),
        text(&line.counterparty_name),
        text(&line.counterparty_account),
        line.remittance.to_string(),
    ]
    .join(" / ")
}

#[test]
fn elixir_0_is_read_as_what_came_in() {
    let expected = [
        "1 / 2026-10-12 / - / 195000 / PLN / - / 64999000097777000000102345 / - / JAN TESTOWY / 06999000090000000000002001 / CZESNE SEM 1 STUDIA NIESTACJONARNE ZA ROK 2026/27, ALBUM 102345",
        "2 / 2026-10-12 / - / 45050 / PLN / - / 37999000097777000000102346 / - / FUNDACJA WSPIERANIA NAUKI I ROZWOJU STUDENTÓW / 76999000090000000000002002 / RATA 1 Z 4, ŹREBIĘ \"ŁATEK\"",
        "3 / 2026-10-12 / - / 45050 / PLN / - / 37999000097777000000102346 / - / FUNDACJA WSPIERANIA NAUKI I ROZWOJU STUDENTÓW / 76999000090000000000002002 / RATA 2 Z 4",
        "3 285100 PLN (None, None)",
    ];
    assert_eq!(told("elixir-0"), expected);
}

#[test]
fn a_report_of_bz_wbk_is_read() {
    let expected = [
        "2 / 2026-10-12 / - / 195000 / PLN / - / 64999000097777000000102345 / 000000000000042 / JAN TESTOWY / - / CZESNE SEM 1",
        "3 / 2026-10-12 / - / 45050 / PLN / - / 37999000097777000000102346 / 000000000000043 / ŻANETA PRZYKŁADOWA / - / akademik, październik; pokój \"7\"",
        "4 / 2026-10-13 / - / 45050 / PLN / - / 37999000097777000000102346 / 000000000000044 / ŻANETA PRZYKŁADOWA / - / akademik, październik; pokój \"7\"",
        "3 285100 PLN (None, None)",
    ];
    assert_eq!(told("bzwbk-collect"), expected);
}

#[test]
fn a_report_of_bph_is_read_and_its_numbers_are_the_ends_of_virtual_accounts() {
    let expected = [
        "2 / 2026-10-12 / - / 195000 / PLN / - / XX000000102345 / 0000000000000042 / JAN TESTOWY / - / CZESNE SEM 1",
        "3 / 2026-10-12 / - / 45050 / PLN / - / XX000000102346 / 0000000000000043 / ŻANETA PRZYKŁADOWA / - / AKADEMIK PAŹDZIERNIK",
        "2 240050 PLN (None, None)",
    ];
    assert_eq!(told("bph-collect"), expected);
}

#[test]
fn a_declared_csv_is_read_by_the_names_of_its_columns() {
    let account = "PL40999000090000000000001001";
    let expected = [
        format!(
            "2 / 2026-10-12 / 2026-10-09 / 195000 / PLN / {account} / 64999000097777000000102345 / EL0042 / Jan Testowy / 06999000090000000000002001 / Czesne; semestr 1 album 102345"
        ),
        format!(
            "3 / 2026-10-12 / - / 45050 / PLN / {account} / 37999000097777000000102346 / - / Żaneta Przykładowa / 76999000090000000000002002 / Akademik październik"
        ),
        format!(
            "5 / 2026-10-13 / - / -45050 / PLN / {account} / 37999000097777000000102346 / EL0044 / Żaneta Przykładowa / 76999000090000000000002002 / Zwrot"
        ),
        "3 195000 PLN (Some(3), Some(195000))".to_owned(),
    ];
    assert_eq!(told("csv"), expected);
}

#[test]
fn fixed_places_are_read_by_their_signs() {
    let expected = [
        "2 / 2026-10-12 / - / 195000 / PLN / - / 64999000097777000000102345 / - / JAN TESTOWY / - / CZESNE SEM 1",
        "3 / 2026-10-12 / - / 45050 / PLN / - / 37999000097777000000102346 / - / ŻANETA PRZYKŁADOWA / - / AKADEMIK",
        "2 240050 PLN (Some(2), Some(240050))",
    ];
    assert_eq!(told("fixed"), expected);
}

#[test]
fn line_ends_marks_and_empty_lines_change_nothing() {
    for (name, layout, text) in samples() {
        let texts = |text: &str| {
            let (mut lines, summary) = read_all(text, &layout);
            for line in &mut lines {
                line.line = 0;
            }
            (lines, summary)
        };
        let expected = texts(&text);
        let unix = text.replace("\r\n", "\n");
        for same in [
            unix.clone(),
            format!("\u{FEFF}{text}"),
            format!("{text}\r\n \r\n"),
            format!("{text}\u{1A}"),
        ] {
            assert_eq!(texts(&same), expected, "{name}");
        }
    }
}

#[test]
fn every_prefix_of_a_sample_is_refused_or_complete() {
    for (name, layout, text) in samples() {
        let (all, _) = read_all(&text, &layout);
        for (end, _) in text.char_indices() {
            let (lines, summary) = read_all(&text[..end], &layout);
            if !summary.is_sound() {
                continue;
            }
            // Without totals a report of fewer payments is as good as one of more; then the
            // statement's lump sum tells. But no payment is ever read in part.
            let whole = text[..end].ends_with('\n') && all.starts_with(&lines);
            let ends_anywhere = matches!(name, "elixir-0" | "bph-collect");
            assert!(
                lines == all || ends_anywhere && whole,
                "{name} passes for whole when cut at {end}"
            );
        }
    }
}

/// A source that makes its lines as they are asked for, and then fails.
struct Endless {
    lines_left: u32,
    line: &'static [u8],
    at: usize,
}

impl io::Read for Endless {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if self.lines_left == 0 {
            return Err(io::Error::other("the disk is gone"));
        }
        let rest = &self.line[self.at..];
        let length = rest.len().min(buffer.len());
        buffer[..length].copy_from_slice(&rest[..length]);
        self.at += length;
        if self.at == self.line.len() {
            (self.at, self.lines_left) = (0, self.lines_left - 1);
        }
        Ok(length)
    }
}

#[test]
fn payments_are_handed_on_as_they_are_read_and_a_source_that_fails_is_no_fault_of_the_report() {
    let (layout, _) = sample("elixir-0");
    let line =
        b"110,20261012,1,99900009,0,\"1\",\"2\",\"A\",\"B\",0,99900009,\"C\",\"\",\"\",\"51\"\r\n";
    let source = Endless {
        lines_left: 20_000,
        line,
        at: 0,
    };
    let mut count = 0;
    let result = read(io::BufReader::new(source), &layout, |_| count += 1);
    assert_eq!(count, 20_000);
    assert_eq!(result.unwrap_err().to_string(), "the disk is gone");
}

#[test]
fn a_report_is_known_by_its_first_lines_and_a_statement_is_never_taken_for_one() {
    let samples = samples();
    for (name, layout, text) in &samples {
        for (other, _, theirs) in &samples {
            assert_eq!(
                looks_like(theirs, layout),
                name == other,
                "{other} by {name}"
            );
        }
        let (middle, _) = text.char_indices().nth(text.chars().count() - 25).unwrap();
        assert!(looks_like(&text[..middle], layout), "{name} cut off");
        for statement in [
            format!(":20:X\r\n{text}"),
            format!("{{1:F01}}{text}"),
            format!("\u{1}\n:61:2610121012C1,00NTRF\r\n{text}"),
            format!("<?xml version=\"1.0\"?>{text}"),
            format!("{text}:86:020~00152\r\n"),
            String::new(),
            "\r\n".to_owned(),
        ] {
            assert!(!looks_like(&statement, layout), "{name}: {statement}");
        }
    }
}
