//! camt as banks really write it, read through the public door.

use crate::statement::entry::{Detail, Entry, EntryStatus, Format, Statement, StatementKind};
use crate::statement::read::{Profile, ReadError, Reading, read};

const OWN: &str = "PL40999000090000000000001001";
const PAYER: &str = "PL61109010140000071219812874";
const VIRTUAL: &str = "PL64999000097777000000102345";

fn read_text(text: &str) -> Result<Reading, ReadError> {
    read(text.as_bytes(), None)
}

fn balance(code: &str, amount: &str) -> String {
    format!(
        "<Bal><Tp><CdOrPrtry><Cd>{code}</Cd></CdOrPrtry></Tp><Amt Ccy=\"PLN\">{amount}</Amt><CdtDbtInd>CRDT</CdtDbtInd><Dt><Dt>2026-10-12</Dt></Dt></Bal>"
    )
}

fn document(version: &str, body: &str) -> String {
    let message = match &version[5..8] {
        "052" => ("BkToCstmrAcctRpt", "Rpt"),
        "054" => ("BkToCstmrDbtCdtNtfctn", "Ntfctn"),
        _ => ("BkToCstmrStmt", "Stmt"),
    };
    let (root, part) = message;
    format!(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<Document xmlns=\"urn:iso:std:iso:20022:tech:xsd:{version}\"><{root}><GrpHdr><MsgId>M</MsgId></GrpHdr><{part}><Id>S1</Id><ElctrncSeqNb>7</ElctrncSeqNb><Acct><Id><IBAN>{OWN}</IBAN></Id><Ccy>PLN</Ccy></Acct>{body}</{part}></{root}></Document>\n"
    )
}

/// The one statement around these entries, from 1000.00 to `closing`.
fn statement(entries: &str, closing: &str) -> Statement {
    let body = format!(
        "{}{}{entries}",
        balance("OPBD", "1000.00"),
        balance("CLBD", closing)
    );
    let mut statements = read_text(&document("camt.053.001.08", &body))
        .unwrap()
        .statements;
    assert_eq!(statements.len(), 1);
    statements.remove(0)
}

fn entry(amount: &str, mark: &str, rest: &str) -> String {
    format!(
        "<Ntry><Amt Ccy=\"PLN\">{amount}</Amt><CdtDbtInd>{mark}</CdtDbtInd><Sts><Cd>BOOK</Cd></Sts><BookgDt><Dt>2026-10-12</Dt></BookgDt><ValDt><Dt>2026-10-12</Dt></ValDt>{rest}</Ntry>"
    )
}

fn details(transactions: &[&str]) -> String {
    let inner = transactions
        .iter()
        .map(|tx| format!("<TxDtls>{tx}</TxDtls>"));
    let inner = inner.collect::<Vec<_>>().concat();
    format!("<NtryDtls>{inner}</NtryDtls>")
}

fn one(entry: &str, closing: &str) -> Entry<'static> {
    let mut read = statement(entry, closing);
    assert!(read.outline.is_sound(), "{:?}", read.outline.faults);
    assert_eq!(read.entries.len(), 1);
    read.entries.remove(0)
}

fn amounts(details: &[Detail]) -> Vec<(Option<i64>, bool)> {
    details
        .iter()
        .map(|detail| (detail.amount_minor, detail.charge))
        .collect()
}

#[test]
fn every_version_reads_alike() {
    let party = |v08: bool, name: &str| {
        if v08 {
            format!("<Pty><Nm>{name}</Nm></Pty>")
        } else {
            format!("<Nm>{name}</Nm>")
        }
    };
    let text = |version: &str, v08: bool| {
        let status = if v08 { "<Cd>BOOK</Cd>" } else { "BOOK" };
        let amount = if v08 {
            "<Amt Ccy=\"PLN\">1950.00</Amt><CdtDbtInd>CRDT</CdtDbtInd>"
        } else {
            "<AmtDtls><TxAmt><Amt Ccy=\"PLN\">1950.00</Amt></TxAmt></AmtDtls>"
        };
        document(
            version,
            &format!(
                "{}{}<Ntry><Amt Ccy=\"PLN\">1950.00</Amt><CdtDbtInd>CRDT</CdtDbtInd><Sts>{status}</Sts><BookgDt><Dt>2026-10-12</Dt></BookgDt><AcctSvcrRef>EL1</AcctSvcrRef><BkTxCd><Domn><Cd>PMNT</Cd><Fmly><Cd>RCDT</Cd><SubFmlyCd>DMCT</SubFmlyCd></Fmly></Domn></BkTxCd>{}</Ntry>",
                balance("OPBD", "0"),
                balance("CLBD", "1950.0"),
                details(&[&format!(
                    "<Refs><AcctSvcrRef>EL1</AcctSvcrRef><EndToEndId>NOTPROVIDED</EndToEndId></Refs>{amount}<RltdPties><Dbtr>{}</Dbtr><DbtrAcct><Id><IBAN>{PAYER}</IBAN></Id></DbtrAcct><CdtrAcct><Id><IBAN>{VIRTUAL}</IBAN></Id></CdtrAcct></RltdPties><RmtInf><Ustrd>CZESNE</Ustrd></RmtInf><RltdDts><AccptncDtTm>2026-10-09T18:22:00+02:00</AccptncDtTm></RltdDts>",
                    party(v08, "JAN &amp; ŁUCJA")
                )])
            ),
        )
    };
    let expected = read_text(&text("camt.053.001.08", true)).unwrap();
    assert_eq!(expected.format.to_string(), "camt.053.001.08");
    let entry = &expected.statements[0].entries[0];
    assert!(expected.statements[0].outline.is_sound());
    assert_eq!(entry.counterparty_name.as_deref(), Some("JAN & ŁUCJA"));
    assert_eq!(entry.counterparty_account.as_deref(), Some(PAYER));
    assert_eq!(entry.virtual_account.as_deref(), Some(VIRTUAL));
    assert_eq!(entry.transaction_code.as_deref(), Some("PMNT/RCDT/DMCT"));
    assert_eq!(
        (
            entry.end_to_end_id.as_deref(),
            entry.bank_reference.as_deref()
        ),
        (None, Some("EL1"))
    );
    assert_eq!(entry.order_date, "2026-10-09".parse().ok());
    assert_eq!(entry.line, 2);
    assert!(entry.details.is_empty());
    for number in 2..=13 {
        let version = format!("camt.053.001.{number:02}");
        let read = read_text(&text(&version, number >= 8)).unwrap();
        let mut expected = expected.statements.clone();
        expected[0].outline.format = Format::Camt(version.clone());
        assert_eq!(
            (read.format.to_string(), read.statements),
            (version, expected)
        );
    }
    let prefixed = text("camt.053.001.08", true)
        .replace("xmlns=", "xmlns:n=")
        .replace('<', "<n:")
        .replace("<n:/", "</n:")
        .replace("<n:?", "<?");
    assert_eq!(read_text(&prefixed).unwrap(), expected);
}

#[test]
fn a_batch_is_as_many_credits_as_it_has_transactions() {
    let tx = |amount: &str, name: &str| {
        format!(
            "<Amt Ccy=\"PLN\">{amount}</Amt><RltdPties><Dbtr><Nm>{name}</Nm></Dbtr></RltdPties>"
        )
    };
    let text = entry(
        "30.00",
        "CRDT",
        &details(&[&tx("10.00", "A"), &tx("20.00", "B")]),
    );
    let read = one(&text, "1030.00");
    assert_eq!(
        amounts(&read.details),
        [(Some(1000), false), (Some(2000), false)]
    );
    assert_eq!(read.details[1].counterparty_name.as_deref(), Some("B"));
    assert!(read.split().is_some());

    let lump = one(
        &entry(
            "30.00",
            "CRDT",
            "<NtryDtls><Btch><NbOfTxs>2</NbOfTxs></Btch></NtryDtls><AddtlNtryInf>LUMP</AddtlNtryInf>",
        ),
        "1030",
    );
    assert!(lump.details.is_empty());
    assert_eq!(lump.remittance, "LUMP");
}

#[test]
fn a_charge_explains_a_difference_and_nothing_else_does() {
    let charge = "<Chrgs><TtlChrgsAndTaxAmt Ccy=\"PLN\">26</TtlChrgsAndTaxAmt><Rcrd><Amt Ccy=\"PLN\">26.00</Amt><CdtDbtInd>DBIT</CdtDbtInd></Rcrd></Chrgs>";
    let tx = "<Amt Ccy=\"PLN\">1500.00</Amt>";
    let inside = entry("1526.00", "DBIT", &details(&[&format!("{tx}{charge}")]));
    let beside = entry("1526.00", "DBIT", &format!("{charge}{}", details(&[tx])));
    let opening = balance("OPBD", "1526.00");
    for text in [inside, beside] {
        let body = format!("{opening}{}{text}", balance("CLBD", "0.00"));
        let read = read_text(&document("camt.053.001.08", &body)).unwrap();
        let read = &read.statements[0].entries[0];
        assert_eq!(
            amounts(&read.details),
            [(Some(-150_000), false), (Some(-2600), true)]
        );
        assert!(read.split().is_some());
    }

    let unexplained = statement(&entry("1526.00", "CRDT", &details(&[tx])), "2526.00");
    assert!(unexplained.outline.is_sound() && unexplained.entries[0].split().is_none());
    assert!(
        unexplained.outline.warnings[0]
            .message
            .contains("one credit")
    );

    let informative = one(
        &entry("1500.00", "CRDT", &details(&[&format!("{tx}{charge}")])),
        "2500",
    );
    assert!(
        informative.details.is_empty(),
        "nothing was taken out of this entry"
    );
}

#[test]
fn a_reversal_has_the_sign_that_adds_up() {
    let reversal = |mark| entry("5.00", mark, "<RvslInd>true</RvslInd>");
    let posted = statement(&reversal("DBIT"), "995.00");
    assert_eq!(posted.entries[0].amount_minor, -500);
    let repeated = statement(&reversal("CRDT"), "995.00");
    assert_eq!(repeated.entries[0].amount_minor, -500);
    assert!(repeated.outline.is_sound() && repeated.entries[0].reversal);
    assert_eq!(repeated.entries[0].mark, "CRDT");
    assert!(!statement(&reversal("CRDT"), "990.00").outline.is_sound());
}

#[test]
fn what_is_not_booked_is_no_money() {
    let pending = entry("5.00", "CRDT", "").replace("BOOK", "PDNG");
    let information = entry("6.00", "CRDT", "").replace("BOOK", "INFO");
    let read = statement(&format!("{pending}{information}"), "1000.00");
    assert!(read.outline.is_sound());
    let statuses: Vec<EntryStatus> = read.entries.iter().map(|entry| entry.status).collect();
    assert_eq!(statuses, [EntryStatus::Pending, EntryStatus::Information]);
}

#[test]
fn a_foreign_amount_is_never_taken_for_the_accounts_currency() {
    let foreign = "<Amt Ccy=\"EUR\">100.00</Amt><AmtDtls><TxAmt><Amt Ccy=\"PLN\">430.00</Amt></TxAmt></AmtDtls>";
    let none = "<AmtDtls><InstdAmt><Amt Ccy=\"EUR\">100.00</Amt></InstdAmt></AmtDtls>";
    let read = one(
        &entry("860.00", "CRDT", &details(&[foreign, none])),
        "1860.00",
    );
    assert_eq!(
        amounts(&read.details),
        [(Some(43_000), false), (None, false)]
    );
    assert!(read.split().is_none());

    let single = one(&entry("430.00", "CRDT", &details(&[none])), "1430.00");
    assert!(single.details.is_empty());

    let other = statement(
        &entry("430.00", "CRDT", "").replace("Ccy=\"PLN\">430", "Ccy=\"EUR\">430"),
        "1430.00",
    );
    assert!(other.outline.faults[0].message.contains("EUR"));
}

#[test]
fn an_amount_is_never_rounded() {
    let exact = one(&entry("33.95000", "CRDT", ""), "1033.95");
    assert_eq!(exact.amount_minor, 3395);
    for amount in ["33.951", "12..34", "-1", "", "9999999999999999"] {
        let read = statement(&entry(amount, "CRDT", ""), "1000.00");
        assert!(
            !read.outline.is_sound() && read.entries.is_empty(),
            "{amount}"
        );
        assert_eq!(read.outline.faults[0].line, 2);
    }
}

#[test]
fn balances_are_found_under_their_other_names() {
    let body = format!("{}{}", balance("PRCD", "5.00"), balance("CLBD", "5.00"));
    let read = read_text(&document("camt.053.001.02", &body)).unwrap();
    assert_eq!(read.statements[0].outline.opening_minor, Some(500));
    assert!(read.statements[0].outline.is_sound());
}

#[test]
fn pages_are_joined_and_a_missing_page_is_found() {
    let page = |number: u32, last: bool, opening: &str, closing: &str, entries: &str| {
        let text = document("camt.053.001.08", &format!("{opening}{closing}{entries}"));
        text.replace(
            "<Acct>",
            &format!(
                "<StmtPgntn><PgNb>{number}</PgNb><LastPgInd>{last}</LastPgInd></StmtPgntn><Acct>"
            ),
        )
    };
    let ten = entry("10.00", "CRDT", "");
    let first = page(
        1,
        false,
        &balance("OPBD", "0.00"),
        &balance("ITBD", "10.00"),
        &ten,
    );
    let second = page(
        2,
        false,
        &balance("ITBD", "10.00"),
        &balance("ITBD", "20.00"),
        &ten,
    );
    let third = page(
        3,
        true,
        &balance("ITBD", "20.00"),
        &balance("CLBD", "30.00"),
        &ten,
    );
    let read = read_text(&format!("{first}{second}{third}"))
        .unwrap()
        .statements;
    assert_eq!(read.len(), 1);
    assert!(read[0].outline.is_sound(), "{:?}", read[0].outline.faults);
    assert_eq!(read[0].entries.len(), 3);
    for text in [
        format!("{first}{third}"),
        format!("{second}{third}"),
        format!("{first}{second}"),
    ] {
        assert!(!read_text(&text).unwrap().statements[0].outline.is_sound());
    }
}

#[test]
fn every_piece_of_the_remittance_is_kept() {
    let long = "X".repeat(140);
    let text = format!(
        "<Amt Ccy=\"PLN\">1</Amt><RmtInf><Ustrd>{long}</Ustrd><Ustrd>Y</Ustrd><Ustrd>CZESNE</Ustrd><Strd><RfrdDocInf><Nb>FA 7</Nb></RfrdDocInf><CdtrRefInf><Ref>RF18539007547034</Ref></CdtrRefInf><AddtlRmtInf>NOTE</AddtlRmtInf></Strd></RmtInf>"
    );
    let read = one(&entry("1.00", "CRDT", &details(&[&text])), "1001.00");
    assert_eq!(
        read.remittance,
        format!("{long}Y CZESNE FA 7 RF18539007547034 NOTE")
    );
    assert_eq!(read.counterparty_name, None);
}

#[test]
fn the_virtual_account_is_found_wherever_banks_put_it() {
    let bare = &VIRTUAL[2..];
    let own = format!("<CdtrAcct><Id><IBAN>{OWN}</IBAN></Id></CdtrAcct>");
    let table = [
        (
            format!(
                "<RltdPties>{own}<UltmtCdtr><Pty><Id><PrvtId><Othr><Id>{bare}</Id></Othr></PrvtId></Id></Pty></UltmtCdtr></RltdPties>"
            ),
            "",
        ),
        (
            format!(
                "<RltdPties><CdtrAcct><Id><Othr><Id>{bare}</Id></Othr></Id></CdtrAcct></RltdPties>"
            ),
            "",
        ),
        (
            format!("<RmtInf><Strd><CdtrRefInf><Ref>{bare}</Ref></CdtrRefInf></Strd></RmtInf>"),
            "",
        ),
        (
            format!("<Refs><MsgId>M1</MsgId><TxId>{bare}</TxId></Refs>"),
            "",
        ),
        (format!("<AddtlTxInf>NA RACHUNEK {bare}</AddtlTxInf>"), ""),
        (String::new(), bare),
    ];
    for (place, note) in table {
        let note = format!("<AddtlNtryInf>{note}</AddtlNtryInf>");
        let text = format!("{}{note}", details(&[&place]));
        let read = one(&entry("1.00", "CRDT", &text), "1001.00");
        assert_eq!(read.virtual_account.as_deref(), Some(bare), "{place}");
    }
    let none = one(
        &entry(
            "1.00",
            "CRDT",
            &details(&[&format!("<RltdPties>{own}</RltdPties>")]),
        ),
        "1001.00",
    );
    assert_eq!(
        none.virtual_account, None,
        "the main account is nobody's virtual account"
    );

    let second = details(&[&format!(
        "<RmtInf><Ustrd>CZESNE</Ustrd><Ustrd>{bare}</Ustrd></RmtInf>"
    )]);
    let body = format!(
        "{}{}{}",
        balance("OPBD", "0"),
        balance("CLBD", "1"),
        entry("1", "CRDT", &second)
    );
    let bnp = read(
        document("camt.053.001.08", &body).as_bytes(),
        Profile::by_name("bnp").as_ref(),
    )
    .unwrap();
    assert_eq!(
        bnp.statements[0].entries[0].virtual_account.as_deref(),
        Some(bare)
    );
}

#[test]
fn who_paid_is_the_other_side() {
    let parties = format!(
        "<RltdPties><Dbtr><Nm>D</Nm></Dbtr><DbtrAcct><Id><IBAN>{PAYER}</IBAN></Id></DbtrAcct><Cdtr><Nm>C</Nm></Cdtr><CdtrAcct><Id><IBAN>{VIRTUAL}</IBAN></Id></CdtrAcct></RltdPties>"
    );
    let text = |mark, more: &str| format!("{}{more}", entry("1.00", mark, &details(&[&parties])));
    let credit = one(&text("CRDT", ""), "1001.00");
    assert_eq!(
        (
            credit.counterparty_name.as_deref(),
            credit.virtual_account.as_deref()
        ),
        (Some("D"), Some(VIRTUAL))
    );
    let debit = one(&text("DBIT", ""), "999.00");
    assert_eq!(
        (
            debit.counterparty_name.as_deref(),
            debit.virtual_account.as_deref()
        ),
        (Some("C"), None)
    );
    let reversed = text("DBIT", "").replace("<Sts>", "<RvslInd>true</RvslInd><Sts>");
    let reversed = one(&reversed, "999.00");
    assert_eq!(
        (
            reversed.counterparty_name.as_deref(),
            reversed.virtual_account.as_deref()
        ),
        (Some("D"), Some(VIRTUAL))
    );
}

#[test]
fn impossible_days_move_or_quarantine() {
    let value = entry("1", "CRDT", "").replace("<ValDt><Dt>2026-10-12", "<ValDt><Dt>2026-02-30");
    let read = statement(&value, "1001.00");
    assert!(read.outline.is_sound() && read.entries[0].value_date == "2026-02-28".parse().ok());
    let booking =
        entry("1", "CRDT", "").replace("<BookgDt><Dt>2026-10-12", "<BookgDt><Dt>2026-02-30");
    assert!(!statement(&booking, "1001.00").outline.is_sound());
}

#[test]
fn intraday_reports_and_notifications_are_named() {
    for (version, kind) in [
        ("camt.052.001.08", StatementKind::Intraday),
        ("camt.054.001.08", StatementKind::Details),
    ] {
        let read = read_text(&document(version, &entry("1.00", "CRDT", ""))).unwrap();
        assert_eq!(read.statements[0].outline.kind, kind);
        assert_eq!(read.statements[0].entries.len(), 1);
        assert!(read.statements[0].outline.is_sound());
    }
}

#[test]
fn documents_behind_each_other_are_all_read() {
    let text = document(
        "camt.053.001.02",
        &format!("{}{}", balance("OPBD", "0"), balance("CLBD", "0")),
    );
    let read = read_text(&format!("{text}\u{FEFF}{text}")).unwrap();
    let lines: Vec<u32> = read
        .statements
        .iter()
        .map(|statement| statement.outline.line)
        .collect();
    assert_eq!(lines, [2, 4]);
    let other = text.replace("UTF-8", "windows-1250");
    let error = read_text(&format!("{other}{text}")).unwrap_err();
    assert_eq!(error.line, 3);
    assert!(error.message.contains("encoded differently"));
}

#[test]
fn a_file_that_is_no_whole_statement_is_refused_with_a_line() {
    let text = document(
        "camt.053.001.02",
        &format!("{}{}", balance("OPBD", "0"), balance("CLBD", "0")),
    );
    for end in 1..text.trim_end().len() {
        assert!(read_text(&text[..end]).is_err(), "cut off at {end}");
    }
    let table = [
        (
            "<Document xmlns='urn:x:pain.001.001.03'>\n<CstmrCdtTrfInitn/></Document>".to_owned(),
            2,
            "CstmrCdtTrfInitn",
        ),
        (
            "<Document><BkToCstmrStmt/></Document>".to_owned(),
            1,
            "no statement",
        ),
        (
            "<html><body>404</body></html>".to_owned(),
            1,
            "accepted are",
        ),
        (
            text.replace("<Document", "<!DOCTYPE x>\n<Document"),
            2,
            "DOCTYPE",
        ),
        (format!("{text}rubbish"), 3, "outside"),
    ];
    for (text, line, reason) in table {
        let error = read_text(&text).unwrap_err();
        assert!(error.message.contains(reason), "{text}: {}", error.message);
        assert_eq!(error.line, line, "{text}");
    }
}

#[test]
fn the_declared_encoding_is_honoured() {
    let text = document(
        "camt.053.001.02",
        &format!(
            "{}{}{}",
            balance("OPBD", "0"),
            balance("CLBD", "1"),
            entry("1", "CRDT", "<AddtlNtryInf>ŚRODA</AddtlNtryInf>")
        ),
    );
    let text = text.replace("UTF-8", "windows-1250");
    let (bytes, ..) = encoding_rs::WINDOWS_1250.encode(&text);
    let reading = read(&bytes, None).unwrap();
    assert_eq!(
        (
            reading.encoding,
            reading.statements[0].entries[0].remittance.as_ref()
        ),
        ("windows-1250", "ŚRODA")
    );
    assert!(reading.statements[0].outline.is_sound());
    let lying = read(text.as_bytes(), None).unwrap();
    assert_eq!(lying.statements[0].entries[0].remittance, "ŚRODA");
    assert!(!lying.statements[0].outline.is_sound());
}
