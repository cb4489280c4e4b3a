//! Rows B30 to B37, B39, B41, B43, B47, B48: what camt says about money.

use super::{
    OWN, PAYER, VIRTUAL, amounts, assert_clean, assert_quarantined, assert_warned, column, one,
};
use crate::support::camt::{self, amount, amount_in, details, document, parties};
use serde_json::{Value, json};

const DAY: &str = "2026-10-12";

/// The reading of a statement from 1000.00 around these entries.
#[track_caller]
fn statement(entries: &[(i64, &str)]) -> Value {
    one(camt::statement(7, DAY, 100_000, entries))
}

/// Amount and charge of the details of the only entry.
fn parts(statement: &Value) -> Vec<(Value, bool)> {
    let details = statement["entries"][0]["details"]
        .as_array()
        .unwrap()
        .iter();
    let part = |one: &Value| (one["amount_minor"].clone(), one["charge"] == true);
    details.map(part).collect()
}

/// Each transaction of a batch has its own amount, payer and number.
#[test]
fn b30_every_transaction_of_a_batch_has_its_own_amount() {
    let one = amount(1000) + &parties("A", PAYER, VIRTUAL);
    let two = amount(2000) + &parties("B", PAYER, OWN);
    let read = statement(&[(3000, &details(&[one, two]))]);
    assert_clean(&read);
    assert_eq!(parts(&read), [(json!(1000), false), (json!(2000), false)]);
    let entry = &read["entries"][0];
    assert_eq!(entry["details"][0]["virtual_account"], VIRTUAL);
    assert_eq!(
        entry["details"][1]["virtual_account"],
        Value::Null,
        "the main account is nobody's"
    );
    assert_eq!(entry["details"][1]["counterparty_name"], "B");
}

/// A difference that a charge explains makes the charge a line of its own.
#[test]
fn b31_an_explicit_charge_is_a_line_of_its_own() {
    let charge =
        "<Chrgs><Rcrd><Amt Ccy=\"PLN\">26.00</Amt><CdtDbtInd>DBIT</CdtDbtInd></Rcrd></Chrgs>";
    let inside = details(&[amount(-150_000) + charge]);
    let beside = charge.to_owned() + &details(&[amount(-150_000)]);
    for more in [inside, beside] {
        let read = one(camt::statement(7, DAY, 200_000, &[(-152_600, &more)]));
        assert_clean(&read);
        assert_eq!(
            parts(&read),
            [(json!(-150_000), false), (json!(-2600), true)]
        );
    }
    let two = details(&[amount(100_000), amount(50_000) + charge]);
    let read = statement(&[(147_400, &two)]);
    assert_clean(&read);
    assert_eq!(
        parts(&read),
        [
            (json!(100_000), false),
            (json!(50_000), false),
            (json!(-2600), true)
        ]
    );
}

/// A difference that nothing explains leaves the entry one credit, and the statement stands.
#[test]
fn b31_an_unexplained_difference_leaves_one_credit() {
    let read = statement(&[(152_600, &details(&[amount(100_000), amount(50_000)]))]);
    assert_warned(&read, "one credit");
    assert_eq!(amounts(&read), [152_600]);
}

/// A batch without details is one credit.
#[test]
fn b32_a_batch_without_details_is_one_credit() {
    let batch = "<NtryDtls><Btch><PmtInfId>L-7</PmtInfId><NbOfTxs>9</NbOfTxs></Btch></NtryDtls>";
    let read = statement(&[(90_000, batch)]);
    assert_clean(&read);
    assert_eq!((amounts(&read), parts(&read)), (vec![90_000], vec![]));
    assert_eq!(read["entries"][0]["customer_reference"], "L-7");
}

/// A reversal has the sign with which the statement adds up, and no sign is guessed.
#[test]
fn b34_a_reversal_has_the_sign_that_closes_the_balance() {
    let reversal = "<RvslInd>true</RvslInd>";
    let with_closing = |minor: i64, closing: &str| {
        let text = camt::statement(7, DAY, 100_000, &[(minor, reversal)]);
        let closed = amount(100_000 + minor);
        one(text.replace(
            &closed,
            &format!("<Amt Ccy=\"PLN\">{closing}</Amt><CdtDbtInd>CRDT</CdtDbtInd>"),
        ))
    };
    let posted = with_closing(-500, "995.00");
    assert_clean(&posted);
    let repeated = with_closing(500, "995.00");
    assert_warned(&repeated, "opposite");
    for read in [&posted, &repeated] {
        assert_eq!(amounts(read), [-500]);
        assert_eq!(column(read, "reversal"), [&json!(true)]);
    }
    let neither = with_closing(500, "990.00");
    assert_eq!(neither["status"], "quarantine");
    assert_eq!(neither["balanced"], false);
}

/// What is pending or only information does not count.
#[test]
fn b35_what_is_not_booked_is_no_money() {
    let entries = ["PDNG", "INFO", "FUTR"].map(|status| {
        let entry = camt::entry(5000, DAY, "");
        entry.replace("BOOK", status)
    });
    let balances = camt::balance("OPBD", 0, DAY) + &camt::balance("CLBD", 0, DAY);
    for version in ["camt.053.001.08", "camt.053.001.02"] {
        let read = one(document(
            version,
            7,
            &(balances.clone() + &entries.concat()),
        ));
        assert_eq!(
            (&read["status"], &read["balanced"]),
            (&json!("final"), &json!(true))
        );
        let statuses = column(&read, "status");
        assert!(
            statuses.iter().all(|status| *status != "booked"),
            "{statuses:?}"
        );
        assert_eq!(statuses.len(), 3);
    }
}

/// Reports and notifications are named, and their entries are there.
#[test]
fn b36_reports_and_notifications_are_named_and_never_final() {
    for (version, status) in [
        ("camt.052.001.08", "intraday"),
        ("camt.054.001.08", "details"),
    ] {
        let entries = camt::entry(100, DAY, "") + &camt::entry(200, DAY, "");
        let balances = camt::balance("OPBD", 0, DAY) + &camt::balance("CLBD", 300, DAY);
        for body in [entries.clone(), balances + &entries] {
            let read = one(document(version, 7, &body));
            assert_eq!(
                (&read["format"], &read["status"]),
                (&json!(version), &json!(status))
            );
            assert_eq!(amounts(&read), [100, 200]);
        }
    }
}

/// An amount in another currency is never taken for one of the account.
#[test]
fn b37_a_foreign_amount_is_never_the_accounts() {
    let foreign = amount_in("EUR", 10_000);
    let value = "<AmtDtls><InstdAmt><Amt Ccy=\"EUR\">100.00</Amt></InstdAmt><CntrValAmt><Amt Ccy=\"PLN\">430.00</Amt></CntrValAmt></AmtDtls>";
    let known = statement(&[(
        86_000,
        &details(&[foreign.clone() + value, foreign.clone() + value]),
    )]);
    assert_clean(&known);
    assert_eq!(
        parts(&known),
        [(json!(43_000), false), (json!(43_000), false)]
    );

    let unknown = statement(&[(86_000, &details(&[foreign.clone(), foreign.clone()]))]);
    assert_warned(&unknown, "one credit");
    assert_eq!(
        parts(&unknown),
        [(Value::Null, false), (Value::Null, false)]
    );

    let single = statement(&[(43_000, &details(std::slice::from_ref(&foreign)))]);
    assert_clean(&single);
    assert_eq!((amounts(&single), parts(&single)), (vec![43_000], vec![]));

    let text = camt::statement(7, DAY, 100_000, &[(43_000, "")]);
    let other = one(text.replace(&amount(43_000), &amount_in("EUR", 43_000)));
    assert_quarantined(&other, 5, "EUR");
}

/// An id that several payments bear is theirs, each of them.
#[test]
fn b39_a_repeated_end_to_end_id_is_two_payments() {
    let tx = details(&["<Refs><EndToEndId>ROK-1</EndToEndId></Refs>".to_owned() + &amount(1000)]);
    let read = statement(&[(1000, &tx), (1000, &tx)]);
    assert_clean(&read);
    assert_eq!(amounts(&read), [1000, 1000]);
    assert_eq!(column(&read, "end_to_end_id"), ["ROK-1", "ROK-1"]);
}

/// Every version from 02 to 13 reads alike, whatever it wraps around a party or a status.
#[test]
fn b41_every_version_reads_alike() {
    let inner = details(&["<Refs><EndToEndId>E1</EndToEndId></Refs>".to_owned()
        + &amount(1000)
        + &parties("JAN &amp; ŁUCJA", PAYER, VIRTUAL)]);
    let newer = camt::statement(7, DAY, 0, &[(1000, &inner)]);
    let older = newer.replace("<Pty>", "").replace("</Pty>", "");
    let older = older.replace("<Sts><Cd>BOOK</Cd></Sts>", "<Sts>BOOK</Sts>");
    let expected = one(&newer);
    assert_clean(&expected);
    assert_eq!(expected["entries"][0]["counterparty_name"], "JAN & ŁUCJA");
    for number in 2..=13 {
        let version = format!("camt.053.001.{number:02}");
        let text = if number < 8 { &older } else { &newer };
        let mut read = one(text.replace("camt.053.001.08", &version));
        assert_eq!(read["format"], version.as_str());
        read["format"] = expected["format"].clone();
        assert_eq!(read, expected);
    }
}

/// A timestamp is converted to local time before its day is taken.
#[test]
fn b43_a_timestamp_is_local_before_its_day_is_taken() {
    for (written, day) in [
        ("2014-01-04T23:00Z", "2014-01-05"),
        ("2014-01-04T22:59:59Z", "2014-01-04"),
        ("2014-07-04T22:00:00Z", "2014-07-05"),
        ("2014-01-05T23:30:00+01:00", "2014-01-05"),
        ("2014-01-05T00:30:00+05:00", "2014-01-04"),
        ("2014-01-05T23:59:59", "2014-01-05"),
    ] {
        let text = camt::statement(7, "2014-01-05", 0, &[(100, "")]);
        let text = text.replace(
            "<BookgDt><Dt>2014-01-05</Dt>",
            &format!("<BookgDt><DtTm>{written}</DtTm>"),
        );
        assert_eq!(one(text)["entries"][0]["booking_date"], day, "{written}");
    }
}

/// Amounts are whole minor units; what does not fit is not rounded.
#[test]
fn b47_amounts_are_never_rounded() {
    let with = |written: &str| {
        let text = camt::statement(7, DAY, 0, &[(3395, "")]);
        one(text.replace(
            "<Ntry><Amt Ccy=\"PLN\">33.95<",
            &format!("<Ntry><Amt Ccy=\"PLN\">{written}<"),
        ))
    };
    for written in ["33.95", "33.95000", "0033.95", "+33.95"] {
        let read = with(written);
        assert_clean(&read);
        assert_eq!(amounts(&read), [3395], "{written}");
    }
    for written in [
        "33.951",
        "33,95",
        "3.395E1",
        "33.95 PLN",
        "-33.95",
        "",
        "9999999999999999",
        "NaN",
    ] {
        let read = with(written);
        assert_eq!(read["status"], "quarantine", "{written}");
        assert_eq!(read["entries"], json!([]), "{written}");
    }
}

/// A payer without a name is a payer.
#[test]
fn b48_a_payer_needs_no_name() {
    let account =
        format!("<RltdPties><DbtrAcct><Id><IBAN>{PAYER}</IBAN></Id></DbtrAcct></RltdPties>");
    for (parties, from) in [(account, json!(PAYER)), (String::new(), Value::Null)] {
        let read = statement(&[(1000, &details(&[amount(1000) + &parties]))]);
        assert_clean(&read);
        let entry = &read["entries"][0];
        assert_eq!(
            (&entry["counterparty_name"], &entry["counterparty_account"]),
            (&Value::Null, &from)
        );
    }
}
