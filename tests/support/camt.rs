//! camt messages as tests need them: elements put together, nothing checked.

use std::fmt::Write as _;

/// The account of the tests.
pub const OWN: &str = "PL40999000090000000000001001";

/// `<Amt>` with its direction; a negative amount goes out.
pub fn amount(minor: i64) -> String {
    amount_in("PLN", minor)
}

/// The same in another currency.
pub fn amount_in(currency: &str, minor: i64) -> String {
    let mark = if minor < 0 { "DBIT" } else { "CRDT" };
    let (whole, rest) = (minor.abs() / 100, minor.abs() % 100);
    format!("<Amt Ccy=\"{currency}\">{whole}.{rest:02}</Amt><CdtDbtInd>{mark}</CdtDbtInd>")
}

/// `<Bal>` of a day.
pub fn balance(code: &str, minor: i64, day: &str) -> String {
    format!(
        "<Bal><Tp><CdOrPrtry><Cd>{code}</Cd></CdOrPrtry></Tp>{}<Dt><Dt>{day}</Dt></Dt></Bal>\n",
        amount(minor)
    )
}

/// A booked `<Ntry>` of a day with more inside.
pub fn entry(minor: i64, day: &str, more: &str) -> String {
    format!(
        "<Ntry>{}<Sts><Cd>BOOK</Cd></Sts><BookgDt><Dt>{day}</Dt></BookgDt><ValDt><Dt>{day}</Dt></ValDt>{more}</Ntry>\n",
        amount(minor)
    )
}

/// `<NtryDtls>` around transactions.
pub fn details(transactions: &[String]) -> String {
    let mut text = String::from("<NtryDtls>");
    for transaction in transactions {
        let _ = write!(text, "<TxDtls>{transaction}</TxDtls>");
    }
    text + "</NtryDtls>"
}

/// Who paid, and to which number.
pub fn parties(name: &str, from: &str, to: &str) -> String {
    format!(
        "<RltdPties><Dbtr><Pty><Nm>{name}</Nm></Pty></Dbtr><DbtrAcct><Id><IBAN>{from}</IBAN></Id></DbtrAcct>\
         <CdtrAcct><Id><IBAN>{to}</IBAN></Id></CdtrAcct></RltdPties>"
    )
}

/// A message with one statement, report or notification of the account.
pub fn document(version: &str, number: u32, body: &str) -> String {
    document_of(version, number, OWN, body)
}

/// The same for another account.
pub fn document_of(version: &str, number: u32, account: &str, body: &str) -> String {
    let (message, part) = match version.get(5..8) {
        Some("052") => ("BkToCstmrAcctRpt", "Rpt"),
        Some("054") => ("BkToCstmrDbtCdtNtfctn", "Ntfctn"),
        _ => ("BkToCstmrStmt", "Stmt"),
    };
    format!(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n\
         <Document xmlns=\"urn:iso:std:iso:20022:tech:xsd:{version}\"><{message}><GrpHdr><MsgId>M</MsgId></GrpHdr>\
         <{part}><Id>S-{number}</Id><ElctrncSeqNb>{number}</ElctrncSeqNb>\
         <Acct><Id><IBAN>{account}</IBAN></Id><Ccy>PLN</Ccy></Acct>\n{body}</{part}></{message}></Document>\n"
    )
}

/// A camt.053 of one day: from `opening` over entries to where they lead.
pub fn statement(number: u32, day: &str, opening: i64, entries: &[(i64, &str)]) -> String {
    let closing = opening + entries.iter().map(|(minor, _)| minor).sum::<i64>();
    let mut body = balance("OPBD", opening, day) + &balance("CLBD", closing, day);
    for (minor, more) in entries {
        body += &entry(*minor, day, more);
    }
    document("camt.053.001.08", number, &body)
}
