//! Writes camt.053.001.08: one statement for some days, an entry per transfer, the virtual number
//! as the creditor's account.

use super::Currency;
use super::days::day;
use super::line::{Business, Frame, Line, amount};
use chrono::NaiveDate;

/// What comes before the first entry.
pub(super) fn head(frame: &Frame, currency: Currency) -> Vec<u8> {
    let code = currency.code();
    let made_at = format!(
        "{}T23:10:00{}",
        frame.closing_date,
        offset(frame.closing_date)
    );
    let duplicate = if frame.copy > 1 {
        "<CpyDplctInd>DUPL</CpyDplctInd>"
    } else {
        ""
    };
    let id = format!("{}-{}", frame.closing_date.format("%Y%m%d"), frame.number);
    format!(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n\
         <Document xmlns=\"urn:iso:std:iso:20022:tech:xsd:camt.053.001.08\"><BkToCstmrStmt>\n\
         <GrpHdr><MsgId>M{id}-{copy}</MsgId><CreDtTm>{made_at}</CreDtTm>\
         <MsgPgntn><PgNb>1</PgNb><LastPgInd>true</LastPgInd></MsgPgntn></GrpHdr>\n\
         <Stmt><Id>S{id}</Id><ElctrncSeqNb>{number}</ElctrncSeqNb><CreDtTm>{made_at}</CreDtTm>\
         <FrToDt><FrDtTm>{from}T00:00:00</FrDtTm><ToDtTm>{to}T23:59:59</ToDtTm></FrToDt>{duplicate}\n\
         <Acct><Id><IBAN>{iban}</IBAN></Id><Ccy>{code}</Ccy></Acct>\n{opening}{closing}",
        copy = frame.copy,
        number = frame.number,
        from = frame.opening_date,
        to = frame.closing_date,
        iban = frame.iban,
        opening = balance("OPBD", code, frame.opening_minor, frame.opening_date),
        closing = balance("CLBD", code, frame.closing_minor, frame.closing_date),
    )
    .into_bytes()
}

/// What comes after the last entry.
pub(super) fn foot() -> Vec<u8> {
    b"</Stmt></BkToCstmrStmt></Document>\n".to_vec()
}

/// Polish time: summer time ends on 25 October 2026.
fn offset(date: NaiveDate) -> &'static str {
    if date < day(2026, 10, 25) {
        "+02:00"
    } else {
        "+01:00"
    }
}

fn balance(code: &str, currency: &str, minor: i64, date: NaiveDate) -> String {
    format!(
        "<Bal><Tp><CdOrPrtry><Cd>{code}</Cd></CdOrPrtry></Tp><Amt Ccy=\"{currency}\">{}</Amt><CdtDbtInd>{}</CdtDbtInd>\
         <Dt><Dt>{date}</Dt></Dt></Bal>\n",
        amount(minor, '.'),
        direction(minor),
    )
}

fn direction(minor: i64) -> &'static str {
    if minor < 0 { "DBIT" } else { "CRDT" }
}

/// One `Ntry`.
pub(super) fn line(line: &Line, currency: Currency, main_iban: &str) -> Vec<u8> {
    let money = format!(
        "<Amt Ccy=\"{}\">{}</Amt><CdtDbtInd>{}</CdtDbtInd>",
        currency.code(),
        amount(line.effect_minor, '.'),
        direction(line.effect_minor),
    );
    let reversal = if line.reversal {
        "<RvslInd>true</RvslInd>"
    } else {
        ""
    };
    let reference = line.bank_reference().map_or(String::new(), |reference| {
        format!("<AcctSvcrRef>{reference}</AcctSvcrRef>")
    });
    let (domain, family, sub_family) = match (line.business, line.effect_minor < 0) {
        (Business::Charge, _) => ("ACMT", "MDOP", "CHRG"),
        (Business::Interest, _) => ("ACMT", "MCOP", "INTR"),
        (Business::Outgoing, _) => ("PMNT", "ICDT", "ESCT"),
        (Business::Collect | Business::Incoming, _) => ("PMNT", "RCDT", "ESCT"),
    };
    format!(
        "<Ntry>{money}{reversal}<Sts><Cd>BOOK</Cd></Sts><BookgDt><Dt>{}</Dt></BookgDt><ValDt><Dt>{}</Dt></ValDt>\
         {reference}<BkTxCd><Domn><Cd>{domain}</Cd><Fmly><Cd>{family}</Cd><SubFmlyCd>{sub_family}</SubFmlyCd></Fmly>\
         </Domn></BkTxCd>\n {}</Ntry>\n",
        line.booked_on,
        line.value_on,
        details(line, &money, &reference, main_iban),
    )
    .into_bytes()
}

/// `NtryDtls`; none for what the bank itself books.
fn details(line: &Line, money: &str, reference: &str, main_iban: &str) -> String {
    let own = match &line.virtual_number {
        Some(number) => format!("PL{number}"),
        None => main_iban.to_owned(),
    };
    let account = |role: &str, iban: &str| format!("<{role}><Id><IBAN>{iban}</IBAN></Id></{role}>");
    let party = |role: &str| {
        format!(
            "<{role}><Pty><Nm>{}</Nm></Pty></{role}>",
            escaped(&line.party_name)
        )
    };
    let parties = match line.business {
        Business::Charge | Business::Interest => return String::new(),
        Business::Outgoing => [
            account("DbtrAcct", &own),
            party("Cdtr"),
            account("CdtrAcct", &line.party_account),
        ],
        Business::Collect | Business::Incoming => [
            party("Dbtr"),
            account("DbtrAcct", &line.party_account),
            account("CdtrAcct", &own),
        ],
    };
    let title = if line.title.is_empty() {
        String::new()
    } else {
        format!("<RmtInf><Ustrd>{}</Ustrd></RmtInf>", escaped(&line.title))
    };
    let dates = line.ordered_on.map_or(String::new(), |date| {
        format!(
            "<RltdDts><AccptncDtTm>{date}T12:00:00{}</AccptncDtTm></RltdDts>",
            offset(date)
        )
    });
    let returned = if line.reversal {
        "<RtrInf><Rsn><Cd>AC04</Cd></Rsn></RtrInf>"
    } else {
        ""
    };
    format!(
        "<NtryDtls><TxDtls><Refs>{reference}<EndToEndId>NOTPROVIDED</EndToEndId></Refs>{money}\
         <RltdPties>{}</RltdPties>{title}{dates}{returned}</TxDtls></NtryDtls>",
        parties.concat(),
    )
}

/// XML's own characters as entities.
fn escaped(text: &str) -> String {
    text.replace('&', "&amp;")
        .replace('<', "&lt;")
        .replace('>', "&gt;")
}

#[cfg(test)]
mod tests {
    use super::super::days::day;
    use super::*;

    fn credit() -> Line {
        Line {
            business: Business::Collect,
            reversal: false,
            effect_minor: 90_050,
            booked_on: day(2026, 10, 12),
            value_on: day(2026, 10, 12),
            ordered_on: None,
            virtual_number: Some("02999000097777010000102345".to_owned()),
            party_name: "ZAKŁAD & SYN".to_owned(),
            party_address: String::new(),
            party_account: "DE00".to_owned(),
            title: String::new(),
            operation: Some("R1".to_owned()),
            short: None,
        }
    }

    fn written(of: &Line) -> String {
        String::from_utf8(line(of, Currency::Eur, "PL00")).expect("UTF-8")
    }

    #[test]
    fn a_credit_names_the_virtual_number_as_the_creditors_account() {
        let entry = written(&credit());
        for part in [
            "<Ntry><Amt Ccy=\"EUR\">900.50</Amt><CdtDbtInd>CRDT</CdtDbtInd><Sts><Cd>BOOK</Cd></Sts>",
            "<CdtrAcct><Id><IBAN>PL02999000097777010000102345</IBAN></Id></CdtrAcct>",
            "<Nm>ZAKŁAD &amp; SYN</Nm>",
            "<AcctSvcrRef>R1</AcctSvcrRef>",
        ] {
            assert!(entry.contains(part), "{part} in {entry}");
        }
        assert!(!entry.contains("RmtInf"));
    }

    #[test]
    fn a_reversed_credit_is_a_debit_with_the_reversal_indicator() {
        let entry = written(&Line {
            reversal: true,
            effect_minor: -90_050,
            ..credit()
        });
        assert!(entry.starts_with(
            "<Ntry><Amt Ccy=\"EUR\">900.50</Amt><CdtDbtInd>DBIT</CdtDbtInd><RvslInd>true</RvslInd>"
        ));
    }

    #[test]
    fn without_a_reference_none_is_written() {
        assert!(
            !written(&Line {
                operation: None,
                ..credit()
            })
            .contains("AcctSvcrRef")
        );
    }
}
