//! Rows B17 to B20, B22, B23, B38, B68, and the message types: what is a field, what is text.

use super::{amounts, assert_clean, assert_warned, column, mt940, one, read, statement, warnings};
use serde_json::{Value, json};

/// Inside free text a line that looks like a tag is text.
#[test]
fn b17_text_that_looks_like_a_tag_is_text() {
    for odd in [
        ":26:37 UHR",
        ":08 BILET",
        ":20:15 SPOTKANIE",
        ":25:30",
        ":99:X",
        ":FOO:BAR",
    ] {
        let lines =
            format!(":61:2610121012C1,00NTRFX\n:86:ZA GODZINE\n{odd}\n:61:2610121012C2,00NTRFY");
        let read = statement(&lines, "1003,00");
        assert_clean(&read);
        assert_eq!(amounts(&read), [100, 200], "{odd}");
        let text = read["entries"][0]["remittance"].as_str().unwrap();
        assert!(
            text.starts_with("ZA GODZINE") && text.ends_with(odd),
            "{odd}: {text}"
        );
    }
}

/// A hyphen inside free text ends no message.
#[test]
fn b18_a_hyphen_in_text_ends_no_message() {
    for odd in ["- BEZ TYTULU", "-", "-1,00 RABATU", "--"] {
        let lines =
            format!(":61:2610121012C1,00NTRFX\n:86:CZESNE\n{odd}\nDALEJ\n:61:2610121012C2,00NTRFY");
        let read = statement(&lines, "1003,00");
        assert_eq!(read["status"], "final", "{odd}: {read}");
        assert_eq!(amounts(&read), [100, 200], "{odd}");
        let text = read["entries"][0]["remittance"].as_str().unwrap();
        assert!(
            text.contains("CZESNE") && text.contains("DALEJ"),
            "{odd}: {text}"
        );
    }
}

/// Text behind the balances is a note on the statement and none of the last entry.
#[test]
fn b19_text_behind_the_balances_is_a_note_on_the_statement() {
    for behind in [
        "",
        ":64:C261012PLN1001,00\n",
        ":64:C261012PLN1001,00\n:65:C261013PLN1001,00\n",
    ] {
        let text = mt940(":61:2610121012C1,00NTRFX\n:86:CZESNE", "1001,00");
        let text = text.replace("\n-\n", &format!("\n{behind}:86:SALDO DO UZGODNIENIA\n-\n"));
        let read = one(text);
        assert_warned(&read, "SALDO DO UZGODNIENIA");
        assert_eq!(column(&read, "remittance"), ["CZESNE"]);
    }
}

/// An entry without text is kept, and text without an entry makes none.
#[test]
fn b20_an_entry_without_text_is_kept_and_text_alone_is_no_entry() {
    let lines = ":86:OBCY TEKST\n:61:2610121012C1,00NTRFX\n:61:2610121012C2,00NTRFY\n:86:DRUGI";
    let read = statement(lines, "1003,00");
    assert_warned(&read, "OBCY TEKST");
    assert_eq!(amounts(&read), [100, 200]);
    assert_eq!(column(&read, "remittance"), ["", "DRUGI"]);
}

/// What stands below `:61:` is nobody's account unless the bank's profile says so.
#[test]
fn b22_an_account_below_the_line_counts_only_by_the_banks_profile() {
    let lines = ":61:2610121012C1,00NTRFX\nPL61109010140000071219812874\n:86:CZESNE";
    let read = statement(lines, "1001,00");
    assert_clean(&read);
    let entry = &read["entries"][0];
    assert_eq!(entry["counterparty_account"], json!(null));
    assert_eq!(entry["virtual_account"], json!(null));
    assert_eq!(entry["remittance"], "CZESNE");
}

/// A reference longer than the standard's sixteen signs is kept whole, and said.
#[test]
fn b23_an_over_long_reference_is_kept_whole() {
    let lines = ":61:2610121012C1,00NTRFABCDEFGHIJKLMNOPQRST//0123456789012345678901234";
    let read = statement(lines, "1001,00");
    assert_warned(&read, "sixteen");
    let entry = &read["entries"][0];
    assert_eq!(entry["customer_reference"], "ABCDEFGHIJKLMNOPQRST");
    assert_eq!(entry["bank_reference"], "0123456789012345678901234");
}

/// What says that there is no reference is none, in every spelling.
#[test]
fn b38_a_reference_that_says_nothing_is_none() {
    for (written, customer, bank) in [
        ("NONREF", Value::Null, Value::Null),
        ("NONREF//NONREF", Value::Null, Value::Null),
        ("NOTPROVIDED//", Value::Null, Value::Null),
        ("", Value::Null, Value::Null),
        ("NONREF//EL1", Value::Null, json!("EL1")),
        ("ABC//NONREF", json!("ABC"), Value::Null),
    ] {
        let read = statement(&format!(":61:2610121012C1,00NTRF{written}"), "1001,00");
        let entry = &read["entries"][0];
        assert_eq!(entry["customer_reference"], customer, "{written}");
        assert_eq!(entry["bank_reference"], bank, "{written}");
        assert_eq!(entry["end_to_end_id"], Value::Null);
    }
}

/// The reference of a line is its own, not the one of the message, which all lines share.
#[test]
fn b68_a_lines_reference_is_not_the_messages() {
    let lines = ":61:2610121012C1,00NTRFNONREF//EL1\n:61:2610121012C1,00NTRFNONREF//EL2\n:61:2610121012C1,00NTRFNONREF";
    let read = statement(lines, "1003,00");
    assert_clean(&read);
    assert_eq!(read["reference"], "ST261012");
    assert_eq!(
        column(&read, "bank_reference"),
        [&json!("EL1"), &json!("EL2"), &Value::Null]
    );
}

/// The types of message that are no final statement are told by name, with and without an
/// envelope.
#[test]
fn mt941_mt942_and_mt950_are_told_by_name() {
    let body =
        ":20:A\n:25:X\n:28C:1\n:60F:C261012PLN1,00\n:61:261012C1,00NTRFX\n:62F:C261012PLN2,00\n";
    let report = ":20:A\n:25:X\n:28C:1\n:60F:C261012PLN1,00\n:90D:0PLN0,00\n:90C:0PLN0,00\n:62F:C261012PLN1,00\n-\n";
    let intraday = ":20:A\n:25:X\n:28C:1\n:34F:PLN0,\n:13D:2610121815+0200\n:61:261012C1,00NTRFX\n:90D:0PLN0,00\n:90C:1PLN1,00\n-\n";
    let old = ":20:STARTDISP\n:25:X\n:28C:1\n:60F:C261012PLN1,00\n:62F:C261012PLN1,00\n-\n";
    let swift = |kind: u32, body: &str| {
        format!("{{1:F01WZORPLPWAXXX0000000001}}{{2:O{kind}1200261012}}{{4:\n{body}-}}\n")
    };
    for (text, format, status) in [
        (body.to_owned() + "-\n", "MT940", "final"),
        (swift(940, body), "MT940", "final"),
        (swift(950, body), "MT950", "final"),
        (swift(942, body), "MT942", "intraday"),
        (report.to_owned(), "MT941", "intraday"),
        (intraday.to_owned(), "MT942", "intraday"),
        (old.to_owned(), "MT940", "intraday"),
        (format!(":942:\n{body}-\n"), "MT942", "intraday"),
    ] {
        let read = one(&text);
        assert_eq!(
            (&read["format"], &read["status"]),
            (&json!(format), &json!(status)),
            "{text}"
        );
    }
}

/// Sub-fields behind `<` are read like those behind any other sign, and the sign alone is text.
#[test]
fn sub_fields_behind_a_less_than_sign_are_read() {
    let lines = ":61:2610121012C1,00N110NONREF\n:86:110<00PRZELEW<10OP-17<20RATA 1 < RATA 2\n<27JAN TESTOWY<38PL61109010140000071219812874\n<6364999000097777000000102345";
    let read = statement(lines, "1001,00");
    assert_clean(&read);
    let entry = &read["entries"][0];
    assert_eq!(entry["remittance"], "RATA 1 < RATA 2");
    assert_eq!(entry["counterparty_name"], "JAN TESTOWY");
    assert_eq!(entry["counterparty_account"], super::PAYER);
    assert_eq!(
        entry["virtual_account"],
        super::VIRTUAL.trim_start_matches("PL")
    );
    assert_eq!(entry["bank_reference"], "OP-17");
}

/// Control characters between messages frame them and belong to none.
#[test]
fn control_characters_between_messages_are_no_text() {
    let first = mt940(":61:2610121012C1,00NTRFX\n:86:TEXT", "1001,00");
    let first = first.trim_end();
    for between in [
        "\n",
        "\u{3}\n\u{1}",
        "\u{3}\n\u{1}\n",
        "\n\u{1A}\n",
        "\r\n\u{1}\r\n",
        "\n\u{FEFF}",
    ] {
        let text = format!("\u{1}{first}{between}{first}\u{3}\u{1A}");
        let found = read(&text);
        assert_eq!(found.len(), 2, "{between:?}: {found:?}");
        for one in &found {
            assert_eq!(
                (&one["status"], warnings(one).as_str()),
                (&json!("final"), ""),
                "{between:?}"
            );
            assert_eq!(column(one, "remittance"), ["TEXT"]);
        }
    }
}
