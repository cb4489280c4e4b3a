//! Rows B01 to B09, B11, B26: dates, amounts and marks of `:61:`.

use super::{amounts, assert_clean, assert_quarantined, assert_warned, column, one, statement};
use crate::support::camt;
use serde_json::json;

/// The reading of a statement over the turn of a year.
#[track_caller]
fn over_new_year(line: &str, opened: &str, closed: &str) -> serde_json::Value {
    one(format!(
        ":20:A\n:25:X\n:28C:1\n:60F:C{opened}PLN0,00\n{line}\n:62F:C{closed}PLN1,00\n"
    ))
}

/// An entry date in January beside a value date in December is of the next year.
#[test]
fn b01_an_entry_in_january_of_a_value_in_december_is_of_the_next_year() {
    let read = over_new_year(":61:1412310105C1,00NTRFX", "141231", "150105");
    assert_clean(&read);
    let entry = &read["entries"][0];
    assert_eq!(entry["booking_date"], "2015-01-05");
    assert_eq!(entry["value_date"], "2014-12-31");
}

/// An entry date in December beside a value date in January is of the year before.
#[test]
fn b02_an_entry_in_december_of_a_value_in_january_is_of_the_year_before() {
    let read = over_new_year(":61:2601011230C1,00NTRFX", "251230", "251231");
    assert_clean(&read);
    let entry = &read["entries"][0];
    assert_eq!(entry["booking_date"], "2025-12-30");
    assert_eq!(entry["value_date"], "2026-01-01");
}

/// A value date that does not exist is the last day of its month, and said.
#[test]
fn b03_an_impossible_value_date_moves_to_the_end_of_its_month() {
    for (written, meant) in [
        ("260230", "2026-02-28"),
        ("260229", "2026-02-28"),
        ("240230", "2024-02-29"),
        ("261131", "2026-11-30"),
    ] {
        let read = statement(&format!(":61:{written}1012C1,00NTRFX"), "1001,00");
        assert_warned(&read, written);
        assert_eq!(read["entries"][0]["value_date"], meant);
    }
    let moved = camt::entry(100, "2026-10-12", "")
        .replace("<ValDt><Dt>2026-10-12</Dt>", "<ValDt><Dt>2026-02-30</Dt>");
    let body = camt::balance("OPBD", 0, "2026-10-12") + &camt::balance("CLBD", 100, "2026-10-12");
    let read = one(camt::document("camt.053.001.08", 1, &(body + &moved)));
    assert_warned(&read, "no such value date");
    assert_eq!(read["entries"][0]["value_date"], "2026-02-28");
}

/// A booking date that does not exist decides nothing: the statement is quarantined.
#[test]
fn b03_an_impossible_booking_date_quarantines() {
    for written in ["0230", "0229", "1131", "1301"] {
        let read = statement(&format!(":61:261012{written}C1,00NTRFX"), "1001,00");
        assert_quarantined(&read, 5, written);
        assert_eq!(read["entries"][0]["booking_date"], json!(null));
    }
    let read = one(camt::statement(1, "2026-02-29", 0, &[(100, "")]));
    assert_eq!(read["status"], "quarantine", "{read}");
}

/// Decimals may be missing behind the comma.
#[test]
fn b04_decimals_may_be_missing_behind_the_comma() {
    let lines = ":61:2610121012C30,NTRFA\n:61:2610121012C0,NTRFB\n:61:2610121012C0,7NTRFC";
    let read = statement(lines, "1030,7");
    assert_clean(&read);
    assert_eq!(amounts(&read), [3000, 0, 70]);
    assert_eq!(read["closing_minor"], 103_070);
}

/// An amount without a comma is whole units, and said.
#[test]
fn b05_an_amount_without_a_comma_is_whole_units() {
    let text =
        ":20:A\n:25:X\n:28C:1\n:60F:C261012EUR0,00\n:61:261012CR20NTRFX\n:62F:C261012EUR20,00\n";
    let read = one(text);
    assert_warned(&read, "no decimal comma");
    assert_eq!(amounts(&read), [2000]);
    assert_eq!(read["entries"][0]["transaction_code"], "NTRF");
}

/// A sign inside an amount is no amount.
#[test]
fn b06_a_negative_amount_quarantines() {
    let read = statement(":61:2610121012D-104,12NTRFX", "1104,12");
    assert_quarantined(&read, 5, "-104,12");
}

/// RC takes a credit back, RD gives a debit back, with and without a funds code.
#[test]
fn b07_a_reversal_of_a_credit_takes_money_out_and_of_a_debit_puts_it_back() {
    let lines = ":61:2610121012RC1,00NTRFA\n:61:2610121012RCN2,00NTRFB\n:61:2610121012RD4,00NTRFC\n:61:2610121012RDN8,00NTRFD";
    let read = statement(lines, "1009,00");
    assert_clean(&read);
    assert_eq!(amounts(&read), [-100, -200, 400, 800]);
    assert_eq!(column(&read, "mark"), ["RC", "RC", "RD", "RD"]);
    assert!(
        column(&read, "reversal")
            .into_iter()
            .all(|reversal| reversal == true)
    );
}

/// What is only expected is no money and does not count in the balance.
#[test]
fn b08_expected_entries_are_no_money() {
    let lines = ":61:2610121012EC50,00NTRFA\n:61:2610121012ED70,00NTRFB";
    let read = statement(lines, "1000,00");
    assert_clean(&read);
    assert_eq!(column(&read, "status"), ["pending", "pending"]);
}

/// A letter behind the mark is the third one of the currency: `CR` and `CD` are credits.
#[test]
fn b09_a_funds_code_is_no_reversal() {
    for (currency, line, effect) in [
        ("EUR", "CR20,00", 2000),
        ("EUR", "DR20,00", -2000),
        ("USD", "CD20,00", 2000),
        ("USD", "DD20,00", -2000),
        ("PLN", "CN20,00", 2000),
        ("EUR", "RCR20,00", -2000),
        ("USD", "RDD20,00", 2000),
    ] {
        let closing = 100 + effect / 100;
        let text = format!(
            ":20:A\n:25:X\n:28C:1\n:60F:C261012{currency}100,00\n:61:2610121012{line}NTRFX\n:62F:C261012{currency}{closing},00\n"
        );
        let read = one(text);
        assert_clean(&read);
        assert_eq!(amounts(&read), [effect], "{line}");
        assert_eq!(read["entries"][0]["reversal"], line.starts_with('R'));
    }
}

/// An overdrawn balance is negative, once.
#[test]
fn b11_an_overdrawn_balance_is_negated_once() {
    let text =
        ":20:A\n:25:X\n:28C:1\n:60F:D261012PLN10,50\n:61:261012D1,00NTRFX\n:62F:D261012PLN11,50\n";
    let camt = camt::statement(1, "2026-10-12", -1050, &[(-100, "")]);
    for text in [text, camt.as_str()] {
        let read = one(text);
        assert_clean(&read);
        assert_eq!(
            (&read["opening_minor"], &read["closing_minor"]),
            (&json!(-1050), &json!(-1150))
        );
    }
}

/// A technical line of nothing is kept as it stands.
#[test]
fn b26_a_zero_amount_is_kept() {
    let read = statement(":61:2610121012C0,00S940NONREF\n:86:INFORMACJA", "1000,00");
    assert_clean(&read);
    assert_eq!(amounts(&read), [0]);
    assert_eq!(read["entries"][0]["remittance"], "INFORMACJA");
}

/// The traits of real files: a decimal point is read and said, thousands are not guessed at.
#[test]
fn a_decimal_point_is_read_and_thousands_are_not_guessed() {
    let read = statement(":61:2610121012C482.41NTRFX", "1482.41");
    assert_warned(&read, "decimal point");
    assert_eq!(
        (amounts(&read), &read["closing_minor"]),
        (vec![48_241], &json!(148_241))
    );
    for odd in ["1.482,41", "1,482.41", "1 482,41", "482,411"] {
        let read = statement(&format!(":61:2610121012C{odd}NTRFX"), "1482,41");
        assert_eq!(read["status"], "quarantine", "{odd}");
    }
}
