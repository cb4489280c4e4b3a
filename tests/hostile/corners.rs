//! Corners in which readers of other people went astray.

use super::{OWN, VIRTUAL, assert_clean, column, mt940, one, read, statement, warnings};
use crate::support::camt::{self, amount, details};
use crate::support::readings::{self, By};
use serde_json::{Value, json};

/// NUL is no character of XML: the file is damaged, as it is where MT940 holds one.
#[test]
fn b25_a_nul_byte_in_xml_quarantines() {
    let text = camt::statement(
        1,
        "2026-10-12",
        0,
        &[(100, "<AddtlNtryInf>A\0B</AddtlNtryInf>")],
    );
    let found = one(text);
    assert!(
        found["status"] == "quarantine" || found["error"]["line"] == 5,
        "{found}"
    );
}

/// `-}` ends a message only where nothing of it follows; a payer may write it.
#[test]
fn b18_the_end_of_a_block_inside_text_is_text() {
    let lines = ":61:2610121012C1,00NTRFX\n:86:CZESNE\n-}DZIWNE\nDALEJ\n:61:2610121012C2,00NTRFY";
    let found = statement(lines, "1003,00");
    let text = found["entries"][0]["remittance"].as_str().unwrap();
    assert!(text.contains("DZIWNE") && text.contains("DALEJ"), "{text}");
}

/// Files put behind each other may leave 0x1A between `-` and the next message, on one line.
#[test]
fn a_message_may_begin_behind_the_hyphen_of_the_one_before() {
    let text = mt940(":61:2610121012C1,00NTRFX\n:86:TEXT", "1001,00");
    let found = read(format!("{}\u{1A}{text}", text.trim_end()));
    assert_eq!(found.len(), 2);
    found.iter().for_each(assert_clean);
    assert_eq!(found[1]["reference"], "ST261012");
}

/// The envelope names the type also where each of its blocks has a line of its own.
#[test]
fn b21_blocks_on_lines_of_their_own_still_name_the_type() {
    let body = mt940(":61:2610121012C1,00NTRFX", "1001,00");
    let body = body.strip_suffix("-\n").unwrap();
    let head = "{1:F01WZORPLPWAXXX0000000001}\n{2:O9501200261012}\n{4:\n";
    assert_eq!(one(format!("{head}{body}-}}\n"))["format"], "MT950");
}

/// What looks like a sub-field inside a title is title: the bank's own sub-field, which it writes
/// behind, tells the number.
#[test]
fn a_payer_cannot_write_sub_fields() {
    for (sign, title, number) in [
        ("<", "A <6347999000097777000000102360 B", 63),
        ("^", "A ^3876999000090000000000002002 B", 38),
    ] {
        let lines = format!(
            ":61:2610121012C1,00N110NONREF\n:86:110{sign}00PRZELEW{sign}20{title}{sign}32JAN{sign}{number}{}",
            &VIRTUAL[2..]
        );
        let found = statement(&lines, "1001,00");
        let key = if number == 63 {
            "virtual_account"
        } else {
            "counterparty_account"
        };
        assert_eq!(found["entries"][0][key], json!(&VIRTUAL[2..]), "{found}");
        assert_eq!(found["entries"][0]["remittance"], title);
    }
}

/// What goes out credits no number of ours: digits behind `//` are the bank's reference then.
#[test]
fn an_outgoing_line_has_no_virtual_account() {
    let text = mt940(
        ":61:2610121012D1,00S020NONREF//261012000001\n:86:020\n:86:020~00VE02~20OPLATA",
        "999,00",
    );
    let found = readings::of(text.as_bytes(), &By::dialect("ing"));
    assert_eq!(found[0]["entries"][0]["virtual_account"], Value::Null);
}

/// A Polish account number without its country code, and one with its currency behind it, are the
/// account.
#[test]
fn an_account_in_other_clothes_is_the_account() {
    for written in [
        &OWN[2..],
        "/40999000090000000000001001",
        "PL40 9990 0009 0000 0000 0000 1001",
        "40\u{A0}9990\u{A0}0009\u{A0}0000\u{A0}0000\u{A0}0000\u{A0}1001",
        "PL40999000090000000000001001PLN",
    ] {
        let found = one(mt940("", "1000,00").replace(OWN, written));
        assert_eq!(found["account"], OWN, "{written}");
    }
    let xml = camt::document_of("camt.053.001.08", 1, "@", "").replace(
        "<IBAN>@</IBAN>",
        "<Othr><Id>40999000090000000000001001</Id></Othr>",
    );
    assert_eq!(read(xml)[0]["account"], OWN);
}

/// A structured reference that holds the number counts wherever it stands among several.
#[test]
fn b44_the_number_may_stand_in_the_first_of_several_structured_references() {
    let number = format!(
        "<Strd><CdtrRefInf><Ref>{}</Ref></CdtrRefInf></Strd>",
        &VIRTUAL[2..]
    );
    let other = "<Strd><CdtrRefInf><Ref>RF18539007547034</Ref></CdtrRefInf></Strd>";
    let transaction = details(&[format!("{}<RmtInf>{number}{other}</RmtInf>", amount(1000))]);
    let found = one(camt::statement(7, "2026-10-12", 0, &[(1000, &transaction)]));
    assert_eq!(column(&found, "virtual_account"), [&json!(&VIRTUAL[2..])]);
}

/// A balance report has no lines that could add up; it is a report and no damaged statement.
#[test]
fn mt941_with_movements_is_a_report() {
    let found = one(
        ":20:A\n:25:X\n:28C:1\n:60F:C261012PLN1,00\n:90D:0PLN0,00\n:90C:1PLN2,00\n:62F:C261012PLN3,00\n-\n",
    );
    assert_eq!(
        (&found["format"], &found["status"]),
        (&json!("MT941"), &json!("intraday"))
    );
}

/// Four digits behind an amount with two decimals are the type, where the bank writes it so.
#[test]
fn four_digits_behind_the_amount_are_the_type() {
    let text = mt940(
        ":61:2610121012CN1,000110NONREF//EL1\n:86:0110?00UZNANIE?20CZESNE",
        "1001,00",
    );
    let found = readings::of(text.as_bytes(), &By::dialect("santander")).remove(0);
    assert_eq!(
        (&found["status"], warnings(&found).as_str()),
        (&json!("final"), "")
    );
    assert_eq!(found["entries"][0]["transaction_code"], "0110");
    assert_eq!(found["entries"][0]["amount_minor"], 100);
}

/// ING writes the original amount behind the operation code; the sub-fields of the second `:86:`
/// are sub-fields also where none of them begins a line.
#[test]
fn the_first_text_of_ing_may_hold_the_original_amount() {
    let lines = ":61:2610121012C430,00S076NONREF//ZA1\n:86:076/OCMT/EUR100,00\n:86:076~00COCG~20TUITION FEE~32JAN TESTOWY~38PL61109010140000071219812874";
    let found = readings::of(mt940(lines, "1430,00").as_bytes(), &By::dialect("ing"));
    let entry = &found[0]["entries"][0];
    assert_eq!(entry["remittance"], "TUITION FEE");
    assert_eq!(entry["counterparty_name"], "JAN TESTOWY");
}

/// A byte above 0x7F of a Nordic file is its own letter where Latin 1 is the profile's encoding, and
/// no Polish one where nobody said so.
#[test]
fn b24_nordic_letters_are_not_turned_into_polish_ones() {
    let text = mt940(":61:2610121012C1,00NTRFX\n:86:M@LLER, @SE", "1001,00");
    let bytes: Vec<u8> = text
        .bytes()
        .map(|byte| if byte == b'@' { 0xD8 } else { byte })
        .collect();
    let found = one(bytes);
    let text = found["entries"][0]["remittance"].as_str().unwrap();
    assert!(
        text == "MØLLER, ØSE" || !warnings(&found).is_empty(),
        "{text}, and nothing is said"
    );
}
