//! Texts as the banks write them, and as a payer might.

use super::*;
use crate::statement::read::{Profile, read};

const ELS: &str = "NL56WZRB0000002002";

#[test]
fn the_words_of_every_bank_are_read() {
    // Text, account, name, end-to-end id, remittance information.
    let table = [
        (
            "/TRTP/SEPA OVERBOEKING/IBAN/NL56WZRB0000002002/BIC/WZRBNL2A/NAME/ELS/REMI/GELD 1/2/EREF/E-1",
            ELS,
            "ELS",
            "E-1",
            "GELD 1/2",
        ),
        (
            "/TRTP/BETAALAUTOMAAT/NAME/WINKEL/REMI/PAS 1",
            "",
            "WINKEL",
            "",
            "PAS 1",
        ),
        (
            "/TRTP/INCASSO/CSID/NL01ZZZ/NAME/ELS/MARF/M-1/REMI/FACTUUR/IBAN/NL56WZRB0000002002/BIC/WZRBNL2A/EREF/E-1",
            ELS,
            "ELS",
            "E-1",
            "FACTUUR",
        ),
        (
            "/EREF/E-1//CNTP/NL56WZRB0000002002/WZRBNL2A/ELS/AMSTERDAM//REMI/USTD//GELD/",
            ELS,
            "ELS",
            "E-1",
            "GELD",
        ),
        (
            "/EREF/E-1//MARF/M-1//CSID/NL01ZZZ//CNTP/NL56WZRB0000002002/WZRBNL2A/ELS///REMI/STRD/CUR/1234/",
            ELS,
            "ELS",
            "E-1",
            "1234",
        ),
        (
            "/CNTP/NL56WZRB0000002002/WZRBNL2A/ELS///REMI/USTD//GELD//PURP/CD/SALA/",
            ELS,
            "ELS",
            "",
            "GELD",
        ),
        ("/REMI/USTD//KOSTEN/", "", "", "", "KOSTEN"),
        (
            "/EREF/E-1/ORDP//NAME/ELS/ADDR/LAAN 7/REMI/GELD/ISDT/2026-12-08",
            "",
            "ELS",
            "E-1",
            "GELD",
        ),
        ("/BENM//NAME/ELS/REMI//ISDT/2026-12-08", "", "ELS", "", ""),
    ];
    for (text, account, name, end_to_end_id, remittance) in table {
        let expected = CodeWords {
            account,
            name,
            end_to_end_id,
            remittance,
        };
        assert_eq!(parse(text), expected, "{text}");
    }
}

#[test]
fn a_payer_writes_no_account_and_no_name() {
    let table = [
        // In the remittance information.
        (
            "/TRTP/SEPA/IBAN/NL56WZRB0000002002/NAME/ELS/REMI/A/IBAN/NL1/NAME/X/EREF/F/EREF/E-1",
            ELS,
            "ELS",
            "E-1",
            "A/IBAN/NL1/NAME/X/EREF/F",
        ),
        (
            "/TRTP/SEPA/NAME/ELS/REMI/A/IBAN/NL1/EREF/E-1",
            "",
            "ELS",
            "E-1",
            "A/IBAN/NL1",
        ),
        (
            "/ORDP//NAME/ELS/REMI/A/EREF/F/ISDT/1/BENM//NAME/X/ISDT/2026-12-08",
            "",
            "ELS",
            "",
            "A/EREF/F/ISDT/1/BENM//NAME/X",
        ),
        (
            "/EREF/E-1/REMI/A//CNTP/NL1/B/X/ISDT/2026-12-08",
            "",
            "",
            "E-1",
            "A//CNTP/NL1/B/X",
        ),
        (
            "/REMI/USTD//A//CNTP/NL1/B/X//",
            "",
            "",
            "",
            "A//CNTP/NL1/B/X",
        ),
        // In the reference.
        (
            "/EREF/A/CNTP/NL1/B/X//CNTP/NL56WZRB0000002002/WZRBNL2A/ELS///REMI/USTD//GELD/",
            ELS,
            "ELS",
            "A/CNTP/NL1/B/X",
            "GELD",
        ),
        (
            "/EREF/A/ORDP/NAME/X/ORDP//NAME/ELS/REMI/GELD/ISDT/1",
            "",
            "ELS",
            "A/ORDP/NAME/X",
            "GELD",
        ),
        // Words that nobody knows, or that are none.
        (
            "/TRTP/SEPA/NAME/A/B/ABCD/C/REMI/x/eref/1/ÉREF/2",
            "",
            "A/B/ABCD/C",
            "",
            "x/eref/1/ÉREF/2",
        ),
    ];
    for (text, account, name, end_to_end_id, remittance) in table {
        let expected = CodeWords {
            account,
            name,
            end_to_end_id,
            remittance,
        };
        assert_eq!(parse(text), expected, "{text}");
    }
}

#[test]
fn only_a_word_that_such_a_text_begins_with_counts() {
    for text in [
        "/TRTP/SEPA",
        " /EREF/A/",
        "/CNTP/",
        "/ORDP//NAME/",
        "/REMI/USTD//",
    ] {
        assert!(begins(text), "{text}");
    }
    for text in [
        "",
        "/",
        "//",
        "/OCMT/EUR1,00/",
        "/CHGS/EUR1,00/",
        "EREF/A/",
        "/IBAN",
        "020~00",
    ] {
        assert!(!begins(text), "{text}");
    }
}

#[test]
fn the_account_below_the_line_is_the_other_partys_by_this_profile_only() {
    let text = ":20:A\n:25:NL20WZRB0000001001\n:28C:0\n:60F:C261209EUR0,00\n:61:261209C1,00N541EREF\nNL56WZRB0000002002\n:62F:C261209EUR1,00\n";
    for (name, account, reference) in [("dutch", Some(ELS), None), ("generic", None, Some("EREF"))]
    {
        let profile = Profile::by_name(name).unwrap();
        let reading = read(text.as_bytes(), Some(&profile)).unwrap();
        let entry = &reading.statements[0].entries[0];
        assert_eq!(entry.counterparty_account.as_deref(), account, "{name}");
        assert_eq!(entry.customer_reference.as_deref(), reference, "{name}");
        assert_eq!(entry.remittance.is_empty(), name == "dutch", "{name}");
    }
}

#[test]
fn an_account_below_the_line_looks_like_one() {
    for text in [ELS, "P001234567", "0123456789"] {
        assert!(is_account(text), "{text}");
    }
    for text in [
        "",
        "/TRCD/00100/",
        "911-TRANSAKCJA IPH",
        "NL56",
        "123456",
        "P",
        "ÉN56WZRB0000002002",
    ] {
        assert!(!is_account(text), "{text}");
    }
}
