//! Rows B38 and B44 of camt: references that say nothing, and every piece of what a payer wrote.

use super::{VIRTUAL, assert_clean, one};
use crate::support::camt::{self, amount, details};
use serde_json::{Value, json};

/// The only entry of a statement with one transaction.
#[track_caller]
fn entry(more: &str) -> Value {
    let transaction = details(&[amount(1000) + more]);
    let read = one(camt::statement(7, "2026-10-12", 0, &[(1000, &transaction)]));
    assert_clean(&read);
    read["entries"][0].clone()
}

/// `NOTPROVIDED` and its kin, or nothing at all, identify nothing.
#[test]
fn b38_an_id_that_was_not_provided_is_none() {
    for written in [
        "NOTPROVIDED",
        "NotProvided",
        "NOT PROVIDED",
        "NONREF",
        " ",
        "",
    ] {
        let refs = format!(
            "<Refs><AcctSvcrRef>{written}</AcctSvcrRef><EndToEndId>{written}</EndToEndId></Refs>"
        );
        for more in [refs.as_str(), ""] {
            let found = entry(more);
            assert_eq!(
                (&found["end_to_end_id"], &found["bank_reference"]),
                (&Value::Null, &Value::Null),
                "{written}"
            );
        }
    }
}

/// All unstructured and structured pieces are kept, in their order.
#[test]
fn b44_every_piece_of_the_remittance_is_kept() {
    let long = "X".repeat(140);
    let found = entry(&format!(
        "<RmtInf><Ustrd>{long}</Ustrd><Ustrd>Y</Ustrd><Ustrd>CZESNE</Ustrd>\
         <Strd><RfrdDocInf><Nb>FA 7</Nb></RfrdDocInf><CdtrRefInf><Ref>RF18539007547034</Ref></CdtrRefInf>\
         <AddtlRmtInf>UWAGA</AddtlRmtInf></Strd><Strd><RfrdDocInf><Nb>FA 8</Nb></RfrdDocInf></Strd></RmtInf>"
    ));
    assert_eq!(
        found["remittance"],
        format!("{long}Y CZESNE FA 7 RF18539007547034 UWAGA FA 8")
    );
}

/// A number is found in the structured reference also where free text stands beside it, and in
/// the second structured block as in the first.
#[test]
fn b44_a_number_in_a_structured_reference_is_found() {
    let number = format!(
        "<Strd><CdtrRefInf><Ref>{}</Ref></CdtrRefInf></Strd>",
        &VIRTUAL[2..]
    );
    for inside in [
        format!("<Ustrd>CZESNE</Ustrd>{number}"),
        format!("{number}<Ustrd>CZESNE</Ustrd>"),
        format!(
            "<Ustrd>CZESNE</Ustrd><Strd><CdtrRefInf><Ref>RF18539007547034</Ref></CdtrRefInf></Strd>{number}"
        ),
    ] {
        let found = entry(&format!("<RmtInf>{inside}</RmtInf>"));
        assert_eq!(found["virtual_account"], json!(&VIRTUAL[2..]), "{inside}");
    }
}
