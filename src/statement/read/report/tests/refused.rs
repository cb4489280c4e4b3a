//! What is told about reports that must not be taken.

use super::{read_all, sample};
use crate::statement::read::report::*;

/// A change of a sample, and the faults that it is refused for.
#[track_caller]
fn refused(name: &str, from: &str, to: &str, expected: &[&str]) {
    let (layout, text) = sample(name);
    assert!(text.contains(from), "{from} is not in the sample");
    let (_, summary) = read_all(&text.replacen(from, to, 1), &layout);
    let faults: Vec<String> = summary.faults.iter().map(Fault::to_string).collect();
    assert_eq!(faults, expected, "{from} → {to}");
}

#[test]
fn every_bad_line_is_told_with_its_column_and_what_was_expected() {
    refused(
        "elixir-0",
        "20261012,195000",
        "12102026,1950.00",
        &[
            "line 1, column 3 (amount): `1950.00` is no amount; expected is the amount in grosze, digits alone",
            "line 1, column 2 (booking_date): `12102026` is no date; expected is YYYYMMDD",
        ],
    );
    refused(
        "elixir-0",
        "20261012,195000",
        "20260231,-195000",
        &[
            "line 1, column 3 (amount): `-195000` has a minus; this report has none",
            "line 1, column 2 (booking_date): there is no day 20260231 (YYYYMMDD)",
        ],
    );
    refused(
        "elixir-0",
        "110,",
        "210,",
        &["line 1, column 1 (record_type): `210` is none of: 110"],
    );
    refused(
        "elixir-0",
        "\"51\",\"\"",
        "\"51\",\"\",,x",
        &["line 1: the line has 18 columns; 15 to 16 are expected"],
    );
    refused(
        "csv",
        "\"450,50\";\"PLN\";\"C\"",
        "\"450,505\";\"zł\";\"X\"",
        &[
            "line 3, column 5 `Waluta` (currency): `zł` is no currency; expected is a code like PLN",
            "line 3, column 4 `Kwota` (amount): `450,505` has more decimals than its currency; nothing is rounded",
        ],
    );
    refused(
        "csv",
        "\"2026-10-09\"",
        "\"9.10.2026\"",
        &[
            "line 2, column 3 `Data zlecenia` (order_date): `9.10.2026` is no date; expected is YYYY-MM-DD",
        ],
    );
    refused(
        "fixed",
        "121026000000000195000",
        "121026         195,00",
        &[
            "line 2, signs 14-28 (amount): `195,00` is no amount; expected is the amount in grosze, digits alone",
        ],
    );
}

#[test]
fn what_is_wrong_with_the_report_as_a_whole_is_told() {
    let (layout, text) = sample("csv");
    let footer = text.rfind("\"S\"").unwrap();
    let told = |text: &str| -> Vec<String> {
        let (_, summary) = read_all(text, &layout);
        summary.faults.iter().map(Fault::to_string).collect()
    };
    assert_eq!(
        told(&text[..footer]),
        ["line 5: the report has no footer (`S`): it was cut off"]
    );
    assert_eq!(
        told(&format!("{text}{}", &text[footer..])),
        ["line 7: it stands behind the footer of line 6"]
    );
    assert_eq!(
        told(""),
        ["line 1: the file is empty: ask the bank for it again"]
    );
    assert_eq!(
        told(&text.replace("\"Kwota\"", "\"Waluta\"")),
        [
            "line 1: there is no column `Kwota`; there are `Typ`, `Data księgowania`, `Data zlecenia`, `Waluta`, `Waluta`, `Strona`, `Rachunek wirtualny`, `Rachunek nadawcy`, `Nadawca`, `Tytuł 1`, `Tytuł 2`, `Referencja`",
            "line 1: the column `Waluta` stands 2 times",
        ]
    );
    assert_eq!(
        told(&text.replace("\"Zwrot\"", "\"Zwrot")),
        ["line 5, column 10 `Tytuł 1`: text stands behind the closing quotation mark"]
    );
    assert_eq!(
        told(&text.replace("\"EL0044\"", "\"EL0044")),
        [
            "line 5, column 12 `Referencja`: text stands behind the closing quotation mark",
            "line 6: the report has no footer (`S`): it was cut off",
        ]
    );
    assert_eq!(
        told(&text.replace("\"1 950,00\"\r\n", "\"1 950,00\r\n")),
        ["line 6, column 3 `Data zlecenia`: a quotation mark is opened here and never closed"]
    );
    assert_eq!(
        told(&text.replace("EL0042", "EL\0")),
        ["line 2: a NUL byte: the file is damaged"]
    );
}

#[test]
fn totals_that_disagree_are_told() {
    refused(
        "csv",
        "\"S\";\"3\";\"1 950,00\"",
        "\"S\";\"4\";\"1 950,01\"",
        &[
            "line 6: the bank counts 4 payments, the report has 3",
            "line 6: the bank's sum is 195001, the payments add up to 195000 (in grosze or cents)",
        ],
    );
    refused(
        "csv",
        "\"S\";\"3\";\"1 950,00\"",
        "\"S\";\"three\";\"195000\"",
        &["line 6, column 2 `Data księgowania` (count): `three` is no number of payments"],
    );
    refused(
        "csv",
        "\"2026-10-13\";\"\";\"450,50\";\"PLN\"",
        "\"2026-10-13\";\"\";\"450,50\";\"EUR\"",
        &["line 6: the sum of amounts in several currencies proves nothing"],
    );
}

#[test]
fn a_day_without_payments_is_a_report_too() {
    let (layout, text) = sample("csv");
    let header = text.lines().next().unwrap();
    let (lines, summary) = read_all(&format!("{header}\r\n\"S\";\"0\";\"0\"\r\n"), &layout);
    assert_eq!((lines, summary.faults), (vec![], vec![]));
    let (layout, _) = sample("fixed");
    let (_, summary) = read_all("9000000000000000000000", &layout);
    assert!(summary.is_sound(), "{:?}", summary.faults);
    let (layout, _) = sample("bzwbk-collect");
    for text in ["RAPORT\nRAZEM|0\n", "RAPORT\nRAZEM|0\nKONIEC\n"] {
        assert_eq!(read_all(text, &layout).1.faults, []);
    }
}

#[test]
fn a_payment_never_passes_for_a_closing_line() {
    let (layout, text) = sample("bzwbk-collect");
    let told = |text: &str| -> Vec<String> {
        let (_, summary) = read_all(text, &layout);
        summary.faults.iter().map(Fault::to_string).collect()
    };
    assert_eq!(
        told(&text.replace("RAZEM|3\r\nKONIEC\r\n", "")),
        ["line 4: a payment stands where a closing line should: the report was cut off"]
    );
    assert_eq!(
        told(
            &text
                .replace("13102026", "13132026")
                .replace("KONIEC\r\n", "")
        ),
        ["line 4, column 2 (booking_date): `13132026` is no date; expected is DDMMYYYY"]
    );
    assert_eq!(
        told(text.trim_end()),
        [
            "line 6: the last line has no line end, so it may have been cut off: download the report again"
        ]
    );
    assert_eq!(
        told("RAPORT\r\n"),
        ["line 1: the report should end with 1 closing lines: it was cut off"]
    );
}

#[test]
fn a_record_of_another_type_that_reads_like_a_payment_is_not_dropped() {
    refused(
        "bph-collect",
        "\r\n02,2",
        "\r\n04,2",
        &[
            "line 3: it reads like a payment, but is of another type: ask the bank what this record is",
        ],
    );
}

#[test]
fn a_wrong_profile_is_told_with_the_first_mistakes_only() {
    let (layout, _) = sample("elixir-0");
    let (_, summary) = read_all(&"a;b;c\n".repeat(10_000), &layout);
    assert_eq!(summary.faults.len(), 101);
    assert_eq!(
        summary.faults[100].to_string(),
        "line 101: there are too many mistakes; what is behind was not read"
    );
    let (_, summary) = read_all(&"x".repeat(200_000), &layout);
    assert_eq!(
        summary.faults[0].to_string(),
        "line 1: the line is too long for a report"
    );
    let endless = format!("110,\"{}", "x\n".repeat(100_000));
    let (_, summary) = read_all(&endless, &layout);
    assert_eq!(summary.faults.len(), 1);
    assert!(
        summary.faults[0]
            .to_string()
            .starts_with("line 1, column 2: a quotation mark")
    );
    let summary = read(&b"110,\xFF\n"[..], &layout, |_| {}).unwrap();
    assert_eq!(
        summary.faults[0].to_string(),
        "line 1: a byte on this line is not UTF-8"
    );
}
