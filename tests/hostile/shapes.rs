//! Rows B10, B12 to B16, B21, B42, B46, B49: how messages, pages and files begin and end.

use super::{OWN, amounts, assert_clean, assert_quarantined, column, mt940, one, read, statement};
use crate::support::camt;
use serde_json::{Value, json};

/// Without its closing balance a statement is not whole; dated on the next day it is.
#[test]
fn b10_a_closing_balance_may_be_of_the_next_day_but_not_missing() {
    let text = mt940(":61:2610121012C1,00NTRFX", "1001,00");
    let next_day = one(text.replace(":62F:C261012", ":62F:C261013"));
    assert_clean(&next_day);
    assert_eq!(next_day["closing_date"], "2026-10-13");
    let without = text.replace(":62F:C261012PLN1001,00\n", "");
    assert_quarantined(&one(without), 1, "closing balance");
}

/// A page of statement 7.
fn page(number: u32, opening: &str, line: &str, closing: &str) -> String {
    format!(":20:A\n:25:{OWN}\n:28C:7/{number}\n:60{opening}\n{line}\n:62{closing}\n-\n")
}

fn pages() -> [String; 3] {
    [
        page(1, "F:C261012PLN0,", ":61:261012C1,NTRFA", "M:C261012PLN1,"),
        page(2, "M:C261012PLN1,", ":61:261012C2,NTRFB", "M:C261012PLN3,"),
        page(3, "M:C261012PLN3,", ":61:261012C4,NTRFC", "F:C261012PLN7,"),
    ]
}

/// Pages are one statement whose chain of balances is checked; where a page is missing nothing
/// of it may be posted.
#[test]
fn b12_pages_are_joined_and_a_missing_one_is_noticed() {
    let [first, second, third] = pages();
    let whole = one(format!("{first}{second}{third}"));
    assert_clean(&whole);
    assert_eq!(amounts(&whole), [100, 200, 400]);
    assert_eq!(
        (&whole["opening_minor"], &whole["closing_minor"]),
        (&json!(0), &json!(700))
    );
    for part in [
        format!("{first}{third}"),
        format!("{second}{third}"),
        format!("{first}{second}"),
        first.clone(),
        second.clone(),
        third.clone(),
        format!(
            "{first}{}{third}",
            second.replace("60M:C261012PLN1,", "60M:C261012PLN2,")
        ),
        format!("{first}{}{third}", second.replace("28C:7/2", "28C:7/4")),
    ] {
        for found in read(&part) {
            assert_eq!(found["status"], "quarantine", "{part}: {found}");
        }
    }
}

/// Statements and accounts of one file stay apart, each with its own balances.
#[test]
fn b13_every_statement_of_a_file_has_its_own_balances() {
    let message = |account: &str, number: u32, opening: u32, line: &str, closing: u32| {
        format!(
            ":20:SAME\n:25:{account}\n:28C:{number}\n:60F:C261012PLN{opening},\n{line}:62F:C261012PLN{closing},\n-\n"
        )
    };
    let text = message("A", 1, 0, ":61:261012C1,NTRFX\n", 1)
        + &message("B", 1, 5, "", 5)
        + &message("A", 2, 1, ":61:261012C2,NTRFX\n", 3);
    let found = read(text);
    let told = |one: &Value| {
        assert_clean(one);
        (
            one["account"].clone(),
            one["opening_minor"].clone(),
            one["closing_minor"].clone(),
        )
    };
    let found: Vec<_> = found.iter().map(told).collect();
    assert_eq!(
        found,
        [
            (json!("A"), json!(0), json!(100)),
            (json!("B"), json!(500), json!(500)),
            (json!("A"), json!(100), json!(300))
        ]
    );
}

/// Without `:20:` the account is the head of a message.
#[test]
fn b14_without_a_reference_messages_are_split_at_the_account() {
    let message = |account: &str| {
        format!(
            ":25:{account}\n:28C:1\n:60F:C261012PLN1,\n:61:261012C1,NTRFX\n:86:TEXT\n:62F:C261012PLN2,\n-\n"
        )
    };
    let found = read(message("A") + &message("B"));
    assert_eq!(found.len(), 2);
    for (one, account) in found.iter().zip(["A", "B"]) {
        assert_clean(one);
        assert_eq!(
            (&one["account"], &one["reference"]),
            (&json!(account), &json!(null))
        );
        assert_eq!(amounts(one), [100]);
    }
}

/// A day without movements is a statement too.
#[test]
fn b15_a_statement_without_entries_is_accepted() {
    let empty = mt940("", "1000,00").replace("\n\n", "\n");
    for text in [empty, camt::statement(1, "2026-10-12", 100_000, &[])] {
        let found = one(text);
        assert_clean(&found);
        assert_eq!(
            (amounts(&found), &found["closing_minor"]),
            (vec![], &json!(100_000))
        );
    }
}

/// The number 0 is a number.
#[test]
fn b16_zero_is_a_statement_number() {
    let found = one(mt940("", "1000,00").replace("197/1", "0"));
    assert_clean(&found);
    assert_eq!(found["sequence"], "0");
}

/// SWIFT's envelope is no part of the statement, wherever its blocks break.
#[test]
fn b21_the_envelope_is_ignored() {
    let bare = mt940(":61:2610121012C1,00NTRFX\n:86:TEXT", "1001,00");
    let plain = one(&bare);
    let body = bare.strip_suffix("-\n").unwrap();
    let head = "{1:F01WZORPLPWAXXX0000000001}{2:O9401200261012WZORPLPWAXXX00000000012610121200N}";
    for text in [
        format!("{head}{{4:\n{body}-}}\n"),
        format!("{head}{{3:{{108:A}}}}{{4:\n{body}-}}{{5:{{CHK:0A}}}}\n"),
        format!("{}\n{{4:\n{body}-}}\n", head.replace("}{", "}\n{")),
        format!("{head}{{4:{body}-}}"),
        format!("\u{1}{head}{{4:\n{body}-}}\u{3}"),
    ] {
        let mut found = one(&text);
        assert_clean(&found);
        assert_eq!(column(&found, "remittance"), ["TEXT"], "{text}");
        found["entries"][0]["line"] = plain["entries"][0]["line"].clone();
        assert_eq!(found, plain, "{text}");
    }
    let two = format!("{head}{{4:\n{body}-}}{head}{{4:\n{body}-}}").replace("-}{", "-}\n{");
    assert_eq!(read(two).len(), 2);
}

/// The closing balance of the statement before is an opening balance.
#[test]
fn b42_a_previous_closing_balance_opens_the_statement() {
    let text = camt::statement(1, "2026-10-12", 500, &[(100, "")]).replace("OPBD", "PRCD");
    let found = one(text.replacen("<Dt><Dt>2026-10-12", "<Dt><Dt>2026-10-09", 1));
    assert_clean(&found);
    assert_eq!(
        (&found["opening_minor"], &found["opening_date"]),
        (&json!(500), &json!("2026-10-09"))
    );
}

/// Documents behind each other are all read, also of several versions and behind marks.
#[test]
fn b46_concatenated_documents_are_all_read() {
    let first = camt::statement(1, "2026-10-12", 0, &[(100, "")]);
    let second = camt::statement(2, "2026-10-13", 100, &[(200, "")]).replace("001.08", "001.02");
    for between in ["", "\n\n", "\u{FEFF}", "\u{1A}\n", "\n<!-- next -->\n"] {
        let found = read(format!("{first}{between}{second}"));
        assert_eq!(found.len(), 2, "{between:?}");
        let closing: Vec<&Value> = found.iter().map(|one| &one["closing_minor"]).collect();
        assert_eq!(closing, [100, 300]);
        found.iter().for_each(assert_clean);
    }
    let declared = second.replace("UTF-8", "ISO-8859-2");
    let refused = one(format!("{first}{declared}"));
    assert!(
        refused["error"]["message"]
            .as_str()
            .unwrap()
            .contains("encoded differently")
    );
}

/// Of two accounts in one file, one without movements, both are read.
#[test]
fn b49_an_account_without_movements_is_read_beside_another() {
    let text = camt::statement(1, "2026-10-12", 0, &[(100, "")]);
    let other = format!(
        "<Stmt><Id>S-9</Id><Acct><Id><IBAN>PL83999000090000000000001003</IBAN></Id><Ccy>PLN</Ccy></Acct>{}{}</Stmt>",
        camt::balance("OPBD", 700, "2026-10-12"),
        camt::balance("CLBD", 700, "2026-10-12")
    );
    let found = read(text.replace("</BkToCstmrStmt>", &format!("{other}</BkToCstmrStmt>")));
    found.iter().for_each(assert_clean);
    let told: Vec<_> = found
        .iter()
        .map(|one| (amounts(one), one["closing_minor"].clone()))
        .collect();
    assert_eq!(told, [(vec![100], json!(100)), (vec![], json!(700))]);
}

/// A line whose mark cannot be read quarantines its own statement and no other of the file.
#[test]
fn one_statement_that_cannot_be_read_leaves_the_others_whole() {
    let bad = mt940(":61:2610121012X1,00NTRFX", "1001,00");
    let good = mt940(":61:2610121012C1,00NTRFX", "1001,00");
    let found = read(format!("{good}{bad}{good}"));
    let told: Vec<&Value> = found.iter().map(|one| &one["status"]).collect();
    assert_eq!(told, ["final", "quarantine", "final"]);
    assert_quarantined(&statement(":61:2610121012X1,00NTRFX", "1001,00"), 5, "mark");
}
