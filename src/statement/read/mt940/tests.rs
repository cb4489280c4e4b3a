//! MT940 as banks really write it, read through the public door.

use crate::statement::entry::{EntryStatus, Statement, StatementKind};
use crate::statement::read::{Format, Profile, Reading, read};
use chrono::NaiveDate;
use proptest::prelude::*;

fn read_text(text: &str) -> Reading {
    read(text.as_bytes(), None).unwrap()
}

fn date(text: &str) -> Option<NaiveDate> {
    text.parse().ok()
}

/// A statement of one day around these lines, from 1000,00.
fn statement(lines: &str, closing: &str) -> Statement {
    let text = format!(
        ":20:ST261012CYC/1\n:25:PL40999000090000000000001001\n:28C:197/1\n:60F:C261012PLN1000,00\n{lines}\n:62F:{closing}\n-\n"
    );
    let mut statements = read_text(&text).statements;
    assert_eq!(statements.len(), 1);
    statements.remove(0)
}

fn messages(statement: &Statement) -> String {
    let all = statement
        .outline
        .warnings
        .iter()
        .chain(&statement.outline.faults);
    let lines = all.map(|warning| format!("{}: {}\n", warning.line, warning.message));
    lines.collect::<Vec<_>>().concat()
}

const MBANK: &str = ":61:2610121012CN1950,00NTRFNONREF//EL000001-000042
911-TRANSAKCJA IPH
:86:911 TRANSAKCJA COLLECT; ID IPH: XX000000102345; Z RACH.: 
61109010140000071219812874; OD: JAN TESTOWY UL. PRZYKLADOWA 1; 
TYT.: CZESNE SEM 1; DATA STEMPLA: 09.10.2026; TNR: 
100000000000001.000001";

#[test]
fn a_mass_payment_of_mbank_is_read_whole() {
    let read = statement(MBANK, "C261012PLN2950,00");
    assert!(read.outline.is_sound(), "{}", messages(&read));
    let entry = &read.entries[0];
    assert_eq!(entry.line, 5);
    assert_eq!(entry.amount_minor, 195_000);
    assert_eq!(entry.booking_date, date("2026-10-12"));
    assert_eq!(entry.order_date, date("2026-10-09"));
    assert_eq!(entry.virtual_account.as_deref(), Some("XX000000102345"));
    assert_eq!(entry.counterparty_name.as_deref(), Some("JAN TESTOWY"));
    assert_eq!(
        entry.counterparty_account.as_deref(),
        Some("61109010140000071219812874")
    );
    assert_eq!(entry.remittance, "CZESNE SEM 1");
    assert_eq!(
        entry.bank_reference.as_deref(),
        Some("100000000000001.000001")
    );
    assert_eq!(entry.customer_reference, None);
}

#[test]
fn line_ends_marks_and_framing_change_nothing() {
    let plain = format!(
        ":20:A\n:25:PL40999000090000000000001001\n:28C:1/1\n:60F:C261012PLN0,00\n{MBANK}\n:62F:C261012PLN1950,00\n-\n"
    );
    let expected = read_text(&plain).statements;
    let table = [
        plain.replace('\n', "\r\n"),
        plain.replace('\n', "\r"),
        format!("\u{FEFF}{plain}"),
        format!("\u{1}\n{}\u{3}\n", plain.trim_end()),
        format!("{}\u{1A}", plain.trim_end()),
        format!(
            "{{1:F01XXXXXXXXXXXX0000000000}}{{2:O9400000}}{{4:\n{}}}",
            plain.trim_end()
        ),
    ];
    for text in table {
        let mut statements = read_text(&text).statements;
        let shift = statements[0].outline.line - expected[0].outline.line;
        statements[0].outline.line -= shift;
        statements[0].entries[0].line -= shift;
        assert_eq!(statements, expected, "{text:?}");
    }
}

#[test]
fn the_effect_of_a_mark_is_its_sign() {
    let lines = ":61:2610121012C10,00NTRFA\n:61:2610121012D1,00NTRFB\n:61:2610121012RC2,00NTRFC\n:61:2610121012RD3,00NTRFD\n:61:2610121012EC50,00NTRFE";
    let read = statement(lines, "C261012PLN1010,00");
    let found: Vec<(i64, bool, &str)> = read
        .entries
        .iter()
        .map(|entry| (entry.amount_minor, entry.reversal, entry.mark))
        .collect();
    assert_eq!(
        found,
        [
            (1000, false, "C"),
            (-100, false, "D"),
            (-200, true, "RC"),
            (300, true, "RD"),
            (5000, false, "EC")
        ]
    );
    assert_eq!(read.entries[4].status, EntryStatus::Pending);
    assert_eq!(
        read.outline.difference_minor(),
        Some(0),
        "what is expected is no money"
    );
}

#[test]
fn a_funds_code_is_no_reversal() {
    let text = ":20:A\n:25:PL40999000090000000000001001\n:28C:1/1\n:60F:C261012EUR0,00\n:61:261012CR20,00NTRFX\n:61:261012CD5,00NTRFX\n:62F:C261012EUR25,00\n";
    let read = &read_text(text).statements[0];
    assert!(read.outline.is_sound());
    assert!(read.entries.iter().all(|entry| !entry.reversal));
    assert_eq!(
        messages(read),
        "6: the funds code D is not the third letter of EUR\n"
    );
}

#[test]
fn an_impossible_value_date_moves_and_an_impossible_booking_date_does_not() {
    let value = statement(":61:2602301012C1,00NTRFX", "C261012PLN1001,00");
    assert_eq!(value.entries[0].value_date, date("2026-02-28"));
    assert!(value.outline.is_sound() && value.outline.warnings.len() == 1);

    let booking = statement(":61:2610120230C1,00NTRFX", "C261012PLN1001,00");
    assert_eq!(booking.entries[0].booking_date, None);
    assert!(!booking.outline.is_sound());
    assert_eq!(booking.outline.faults[0].line, 5);
}

#[test]
fn a_line_that_cannot_be_read_quarantines_the_statement() {
    for line in [
        ":61:261012D-104,12NTRFX",
        ":61:261012D1,123NTRFX",
        ":61:X",
        ":61:362268C1,00NTRFX",
    ] {
        let read = statement(line, "C261012PLN1000,00");
        assert!(!read.outline.is_sound(), "{line}");
        assert_eq!(read.outline.faults[0].line, 5, "{line}");
    }
}

#[test]
fn an_overdrawn_balance_is_negative_once() {
    let text = ":20:A\n:25:X\n:28C:0\n:60F:D261012PLN10,50\n:62F:D261013PLN10,50\n";
    let read = &read_text(text).statements[0];
    assert_eq!(
        (read.outline.opening_minor, read.outline.closing_minor),
        (Some(-1050), Some(-1050))
    );
    assert_eq!(read.outline.sequence.as_deref(), Some("0"));
    assert!(read.outline.is_sound());
}

#[test]
fn what_a_booked_statement_lacks_is_a_fault() {
    let head = ":20:A\n:25:X\n:28C:1\n";
    let table = [
        (format!("{head}:60F:C261012PLN1,00\n"), "no closing balance"),
        (format!("{head}:62F:C261012PLN1,00\n"), "no opening balance"),
        (
            ":20:A\n:60F:C261012PLN1,00\n:62F:C261012PLN1,00\n".to_owned(),
            "no account",
        ),
        (
            format!("{head}:60F:C261012PLN1,00\n:62F:C261131PLN1,00\n"),
            "no such day",
        ),
        (
            format!("{head}:60F:C261012PLN1,00\n:62F:C261012EUR1,00\n"),
            "another currency",
        ),
        (
            format!("{head}:60F:C261012PLN1,00\n:62F:C261012105,00\n"),
            "no currency",
        ),
        (
            format!("{head}:60F:C261012PLN1,00\n:60F:C261012PLN1,00\n:62F:C261012PLN1,00\n"),
            "second opening",
        ),
        (
            format!("{head}:60F:C261013PLN1,00\n:62F:C261012PLN1,00\n"),
            "dated before",
        ),
        (
            format!("{head}:60F:C261012PLN1,00\n:62F:C261012PLN1,00\n\0"),
            "NUL",
        ),
    ];
    for (text, reason) in table {
        let read = &read_text(&text).statements[0];
        assert!(!read.outline.is_sound(), "{text}");
        assert!(
            messages(read).contains(reason),
            "{text}: {}",
            messages(read)
        );
    }
}

#[test]
fn pages_are_joined_and_a_missing_page_is_found() {
    let page = |number: &str, opening: &str, line: &str, closing: &str| {
        format!(":20:A\n:25:X\n:28C:7/{number}\n:60{opening}\n{line}\n:62{closing}\n-\n")
    };
    let first = page(
        "1",
        "F:C261012PLN0,00",
        ":61:261012C1,00NTRFX",
        "M:C261012PLN1,00",
    );
    let second = page(
        "2",
        "M:C261012PLN1,00",
        ":61:261012C2,00NTRFX",
        "M:C261012PLN3,00",
    );
    let third = page(
        "3",
        "M:C261012PLN3,00",
        ":61:261012C4,00NTRFX",
        "F:C261012PLN7,00",
    );

    let whole = read_text(&format!("{first}{second}{third}")).statements;
    assert_eq!(whole.len(), 1);
    assert!(whole[0].outline.is_sound(), "{}", messages(&whole[0]));
    assert_eq!(whole[0].entries.len(), 3);
    assert_eq!(
        (
            whole[0].outline.opening_minor,
            whole[0].outline.closing_minor
        ),
        (Some(0), Some(700))
    );

    for (text, reason) in [
        (format!("{first}{third}"), "a page is missing"),
        (format!("{second}{third}"), "the page before is missing"),
        (format!("{first}{second}"), "the page behind is missing"),
    ] {
        let read = &read_text(&text).statements[0];
        assert!(
            messages(read).contains(reason),
            "{reason}: {}",
            messages(read)
        );
        assert!(!read.outline.is_sound());
    }
}

#[test]
fn a_missing_page_is_found_even_if_it_moved_no_money() {
    let text = ":20:A\n:25:X\n:28C:7/1\n:60F:C261012PLN1,00\n:62M:C261012PLN1,00\n-\n:20:A\n:25:X\n:28C:7/3\n:60M:C261012PLN1,00\n:62F:C261012PLN1,00\n";
    let read = &read_text(text).statements[0];
    assert_eq!(read.outline.difference_minor(), Some(0));
    assert!(!read.outline.is_sound());
}

#[test]
fn several_statements_and_accounts_stay_apart_even_without_a_reference() {
    let one = |account: &str| {
        format!(":25:{account}\n:28C:1\n:60F:C261012PLN1,00\n:62F:C261012PLN1,00\n")
    };
    let read = read_text(&format!("{}{}", one("A"), one("B"))).statements;
    let accounts: Vec<&str> = read
        .iter()
        .map(|statement| statement.outline.account.as_str())
        .collect();
    assert_eq!(accounts, ["A", "B"]);
    assert!(read.iter().all(|statement| statement.outline.is_sound()));
}

#[test]
fn intraday_and_balance_reports_are_named() {
    let table = [
        (
            ":20:A\n:25:X\n:28C:1\n:34F:PLN0,\n:13D:2610121815+0200\n:61:261012C1,00NTRFX\n:90D:0PLN0,00\n:90C:1PLN1,00\n-\n",
            Format::Mt942,
            StatementKind::Intraday,
        ),
        (
            ":20:A\n:25:X\n:28C:1\n:60F:C261012PLN1,00\n:90D:0PLN0,00\n:90C:0PLN0,00\n:62F:C261012PLN1,00\n-\n",
            Format::Mt941,
            StatementKind::Intraday,
        ),
        (
            "{1:F01X}{2:O9500000}{4:\n:20:A\n:25:X\n:28C:1\n:60F:C261012PLN1,00\n:62F:C261012PLN1,00\n-}\n",
            Format::Mt950,
            StatementKind::Final,
        ),
        (
            ":20:STARTDISP\n:25:X\n:28C:1\n:60F:C261012PLN1,00\n:62F:C261012PLN1,00\n-\n",
            Format::Mt940,
            StatementKind::Intraday,
        ),
    ];
    for (text, format, kind) in table {
        let reading = read_text(text);
        assert_eq!(
            (reading.format, reading.statements[0].outline.kind),
            (format, kind),
            "{text}"
        );
        assert!(
            reading.statements[0].outline.is_sound(),
            "{}",
            messages(&reading.statements[0])
        );
        assert_eq!(reading.statements[0].outline.currency, "PLN");
    }
}

#[test]
fn notes_and_stray_texts_make_no_entry() {
    let read = statement(
        ":86:STRAY\n:61:2610121012C1,00NTRFX",
        "C261012PLN1001,00\n:64:C261012PLN1,00\n:86:A NOTE\nIN TWO LINES",
    );
    assert_eq!(read.entries.len(), 1);
    assert_eq!(read.entries[0].remittance, "");
    assert!(read.outline.is_sound());
    assert!(messages(&read).contains("STRAY") && messages(&read).contains("A NOTEIN TWO LINES"));
}

#[test]
fn sub_fields_mean_what_the_bank_means_by_them() {
    let line = ":61:2610121012C1950,00N110NONREF//0000000000000042";
    let payer = Some("PL61109010140000071219812874");
    let virtual_account = Some("64999000097777000000102345");
    let table = [
        (
            "german",
            format!(
                "{line}\n:86:166?00GUTSCHRIFT?20CZESNE S?21EM 1?31PL61109010140000071219812874?32JAN TESTOWY"
            ),
            payer,
            None,
        ),
        (
            "pko",
            format!(
                "{line}\n110 0\n:86:020~00110\n~20CZESNE SEM ~63 1\n~21ÿ\n~32JAN TESTOWY\n~33ÿ\n~38PL61109010140000071219812874\n~60091026\n~6364999000097777000000102345"
            ),
            payer,
            virtual_account,
        ),
        (
            "pekao",
            format!(
                "{line}\n:86:641^00PRZELEW^34000^38PL61109010140000071219812874^20CZESNE S^21EM 1^32JAN TESTOWY^62UL. X"
            ),
            payer,
            None,
        ),
        (
            "ing",
            format!(
                "{line}\n:86:020\n:86:020~00VE02~20CZESNE S~21EM 1~29PL61109010140000071219812874~32JAN TESTOWY~63UL. X"
            ),
            payer,
            Some("0000000000000042"),
        ),
        (
            "bs",
            format!(
                "{line}\n:86:110<00PRZELEW<10123456<20CZESNE S<21EM 1<27JAN TESTOWY<38PL61109010140000071219812874<6364999000097777000000102345"
            ),
            payer,
            virtual_account,
        ),
        (
            "nordea",
            format!(
                "{line}\n:86:110+00PRZELEW+20CZESNE S+21EM 1+32JAN TESTOWY+38PL61109010140000071219812874"
            ),
            payer,
            None,
        ),
    ];
    for (name, lines, account, credited) in table {
        let text = format!(
            ":20:A\n:25:/PL40999000090000000000001001\n:28C:1\n:60F:C261012PLN0,00\n{lines}\n:62F:C261012PLN1950,00\n"
        );
        let reading = read_text(&text);
        assert_eq!(reading.profile, name);
        let read = &reading.statements[0];
        assert_eq!(read.outline.account, "PL40999000090000000000001001");
        let entry = &read.entries[0];
        assert_eq!(
            entry.counterparty_name.as_deref(),
            Some("JAN TESTOWY"),
            "{name}"
        );
        assert_eq!(entry.counterparty_account.as_deref(), account, "{name}");
        assert_eq!(entry.virtual_account.as_deref(), credited, "{name}");
        let title = if name == "pko" {
            "CZESNE SEM ~63 1"
        } else {
            "CZESNE SEM 1"
        };
        assert_eq!(entry.remittance, title, "{name}");
        assert_eq!(entry.order_date.is_some(), name == "pko");
    }
}

#[test]
fn an_empty_sub_field_may_be_the_byte_ff() {
    let text = b":20:A\n:25:X\n:28C:1\n:60F:C261012PLN0,00\n:61:261012C1,00N110NONREF\n:86:020~00110\n~20CZESNE \xA6R\xD3DA\n~21\xFF\n~32\xFF\n:62F:C261012PLN1,00\n";
    for profile in [None, Profile::by_name("pko")] {
        let reading = read(text, profile.as_ref()).unwrap();
        assert_eq!(reading.encoding, "ISO-8859-2");
        let entry = &reading.statements[0].entries[0];
        assert_eq!(entry.remittance, "CZESNE ŚRÓDA");
        assert_eq!(entry.counterparty_name, None);
    }
}

#[test]
fn the_year_of_a_late_booking_comes_from_the_period() {
    let text = ":20:A\n:25:X\n:28C:1\n:60F:C260103PLN0,00\n:61:2506150104C1,00NTRFX\n:62F:C260104PLN1,00\n";
    assert_eq!(
        read_text(text).statements[0].entries[0].booking_date,
        date("2026-01-04")
    );
}

#[test]
fn a_file_of_another_kind_is_refused_by_name() {
    for bytes in [
        &b"Date;Amount\n2026-10-12;1,00\n"[..],
        b"PK\x03\x04",
        b"\x00\x01",
        b"-\n",
        b"  \n",
    ] {
        let error = read(bytes, None).unwrap_err();
        assert_eq!(error.line, 1);
        assert!(!error.message.is_empty());
    }
}

proptest! {
    #[test]
    fn any_bytes_are_read_or_refused(bytes in proptest::collection::vec(any::<u8>(), 0..300)) {
        let mut text = b":20:A\n:25:X\n:60F:C261012PLN0,00\n:61:".to_vec();
        text.extend(bytes);
        prop_assert!(!read(&text, None).unwrap().statements.is_empty());
    }
}
