//! A lump sum, and the transactions behind it: one money, whichever statement came first.

use super::bank::{IBAN, import_file, office};
use crate::support::on_both_engines;
use kwestura::engine::record::Recorded;
use std::fmt::Write as _;

on_both_engines! {
    /// The statement with the lump first, and the one with its transactions first.
    async fn a_lump_and_its_transactions_are_never_added_up(db: TestDb) {
        let office = office(db.url(), 20).await;
        for (day, first, second, lines) in [(12, &[][..], &[1000, 2000][..], 1), (13, &[1000, 2000], &[], 2)] {
            let report = import_file(&office, "first.xml", &camt(day, first)).await;
            assert_eq!(report.statements[0].outcome, Recorded::Published(lines));
            let report = import_file(&office, "second.xml", &camt(day, second)).await;
            assert!(matches!(report.statements[0].outcome, Recorded::Waiting(_)), "{report:?}");
        }
    }
}

/// One day with one entry of 3000, as a lump or with its transactions.
fn camt(day: u32, parts: &[u32]) -> Vec<u8> {
    let date = format!("<Dt><Dt>2026-10-{day}</Dt></Dt>");
    let amount =
        |minor: u32| format!("<Amt Ccy=\"PLN\">{minor}.00</Amt><CdtDbtInd>CRDT</CdtDbtInd>");
    let opening = 1000 + (day - 12) * 3000;
    let balance = |kind: &str, sum: u32| {
        format!(
            "<Bal><Tp><CdOrPrtry><Cd>{kind}</Cd></CdOrPrtry></Tp>{}{date}</Bal>",
            amount(sum)
        )
    };
    let mut details = String::new();
    for part in parts {
        write!(
            details,
            "<TxDtls><Refs><EndToEndId>E{part}</EndToEndId></Refs>{}</TxDtls>",
            amount(*part)
        )
        .unwrap();
    }
    let number = 197 + day - 12;
    format!(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\
         <Document xmlns=\"urn:iso:std:iso:20022:tech:xsd:camt.053.001.08\"><BkToCstmrStmt>\
         <GrpHdr><MsgId>M{number}-{parts}</MsgId><CreDtTm>2026-10-{day}T23:10:00+02:00</CreDtTm></GrpHdr>\
         <Stmt><Id>S{number}</Id><ElctrncSeqNb>{number}</ElctrncSeqNb><CreDtTm>2026-10-{day}T23:10:00+02:00</CreDtTm>\
         <Acct><Id><IBAN>{IBAN}</IBAN></Id><Ccy>PLN</Ccy></Acct>{}{}\
         <Ntry>{}<Sts><Cd>BOOK</Cd></Sts><BookgDt><Dt>2026-10-{day}</Dt></BookgDt>\
         <ValDt><Dt>2026-10-{day}</Dt></ValDt><BkTxCd><Prtry><Cd>X</Cd></Prtry></BkTxCd>\
         <NtryDtls>{details}</NtryDtls></Ntry></Stmt></BkToCstmrStmt></Document>",
        balance("OPBD", opening),
        balance("CLBD", opening + 3000),
        amount(3000),
        parts = parts.len(),
    )
    .into_bytes()
}
