//! Statements to be read: credits to the account numbers of an invented university's students.
//!
//! In: how many. Out: files, the same for the same number. The settlement number 99900009 belongs
//! to no bank; check digits are right. A line is as long as those that Polish banks write: MT940
//! about 350 bytes with its sub-fields, camt.053.001.08 about 1150.

use anyhow::Result;
use std::fs::File;
use std::io::{BufWriter, Write};
use std::path::Path;

/// What SWIFT allows in a message.
const LINES_PER_MESSAGE: usize = 500;
const NAMES: [&str; 4] = ["ŻANETA", "JAN", "PAULINA", "WŁODZIMIERZ"];
const SURNAMES: [&str; 4] = ["PRÓBNA", "TESTOWY", "WZORCOWA-PRZYKŁADNA", "ZMYŚLONY"];

/// One credit.
struct Credit {
    number: usize,
    grosze: u64,
    from: String,
    to: String,
    name: String,
}

impl Credit {
    fn new(number: usize) -> Credit {
        // The multiplier of Knuth's MMIX generator; its high bits are scattered well enough.
        let seed = u64::try_from(number).unwrap_or_default() + 1;
        let dice = seed.wrapping_mul(6_364_136_223_846_793_005) >> 33;
        let pick = |from: [&'static str; 4], by: u64| from[usize::try_from(by % 4).unwrap_or(0)];
        Credit {
            number,
            grosze: 5_000 + dice % 400_000,
            from: nrb(1_000_000_000_000 + dice),
            to: nrb(7_777_000_000_000_000 + 100_000 + seed),
            name: format!("{} {}", pick(NAMES, dice), pick(SURNAMES, dice / 4)),
        }
    }

    fn zloty(&self, comma: char) -> String {
        format!("{}{comma}{:02}", self.grosze / 100, self.grosze % 100)
    }

    fn mt940(&self, out: &mut impl Write) -> Result<()> {
        let Credit {
            number,
            from,
            to,
            name,
            ..
        } = self;
        write!(
            out,
            ":61:2610121012CN{}NTRFNONREF//EL261012{number:08}\r\n",
            self.zloty(',')
        )?;
        write!(
            out,
            ":86:166?00PRZELEW PRZYCHODZACY ELIXIR?10{number:08}\r\n"
        )?;
        write!(
            out,
            "?20CZESNE ZA STUDIA STACJONARN?21E SEMESTR ZIMOWY 2026/2027 \r\n"
        )?;
        write!(
            out,
            "?22NR ALBUMU {number:08} RATA 1?30{}\r\n",
            &from[2..10]
        )?;
        write!(
            out,
            "?31{from}?32{name}\r\n?33UL. PRZYKŁADOWA {}\r\n",
            number % 200
        )?;
        write!(out, "?38PL{from}?62{to}\r\n")?;
        Ok(())
    }

    fn camt(&self, out: &mut impl Write) -> Result<()> {
        let Credit {
            number,
            from,
            to,
            name,
            ..
        } = self;
        let amount = self.zloty('.');
        write!(
            out,
            "<Ntry><NtryRef>{number}</NtryRef><Amt Ccy=\"PLN\">{amount}</Amt><CdtDbtInd>CRDT</CdtDbtInd>\
             <Sts><Cd>BOOK</Cd></Sts><BookgDt><Dt>2026-10-12</Dt></BookgDt><ValDt><Dt>2026-10-12</Dt></ValDt>\
             <AcctSvcrRef>EL261012{number:08}</AcctSvcrRef><BkTxCd><Domn><Cd>PMNT</Cd><Fmly><Cd>RCDT</Cd>\
             <SubFmlyCd>DMCT</SubFmlyCd></Fmly></Domn></BkTxCd><NtryDtls><TxDtls><Refs>\
             <AcctSvcrRef>EL261012{number:08}</AcctSvcrRef><InstrId>NOTPROVIDED</InstrId><EndToEndId>NOTPROVIDED</EndToEndId></Refs>\
             <Amt Ccy=\"PLN\">{amount}</Amt><CdtDbtInd>CRDT</CdtDbtInd><RltdPties>\
             <Dbtr><Pty><Nm>{name}</Nm><PstlAdr><Ctry>PL</Ctry><AdrLine>UL. PRZYKŁADOWA {}</AdrLine></PstlAdr></Pty></Dbtr>\
             <DbtrAcct><Id><IBAN>PL{from}</IBAN></Id></DbtrAcct><Cdtr><Pty><Nm>UCZELNIA PRZYKŁADOWA</Nm></Pty></Cdtr>\
             <CdtrAcct><Id><IBAN>PL{to}</IBAN></Id></CdtrAcct></RltdPties>\
             <RltdAgts><DbtrAgt><FinInstnId><BICFI>TESTPLPWXXX</BICFI></FinInstnId></DbtrAgt></RltdAgts><RmtInf>\
             <Ustrd>CZESNE ZA STUDIA STACJONARNE SEMESTR ZIMOWY 2026/2027 NR ALBUMU {number:08} RATA 1</Ustrd></RmtInf>\
             <RltdDts><AccptncDtTm>2026-10-12T08:15:00+02:00</AccptncDtTm></RltdDts></TxDtls></NtryDtls></Ntry>",
            number % 200,
        )?;
        Ok(())
    }
}

/// MT940 in messages as SWIFT sends them, each a statement of at most 500 lines.
pub fn mt940_messages(file: &Path, entries: usize) -> Result<()> {
    let mut out = BufWriter::new(File::create(file)?);
    let mut balance = 0;
    for (first, message) in (0..entries).step_by(LINES_PER_MESSAGE).zip(1_u32..) {
        write!(
            out,
            "{{1:F01TESTPLPWAXXX0000000000}}{{2:I940TESTPLPWXXXXN}}{{4:\r\n"
        )?;
        let credits = first..entries.min(first + LINES_PER_MESSAGE);
        balance = statement(&mut out, message, balance, credits)?;
        write!(out, "-}}\r\n")?;
    }
    Ok(out.flush()?)
}

/// MT940 as a bank exports it: one statement, however long.
pub fn mt940(file: &Path, entries: usize) -> Result<()> {
    let mut out = BufWriter::new(File::create(file)?);
    statement(&mut out, 1, 0, 0..entries)?;
    write!(out, "-\r\n")?;
    Ok(out.flush()?)
}

/// Writes the fields of a statement and returns the closing balance.
fn statement(
    out: &mut impl Write,
    number: u32,
    opening: u64,
    credits: std::ops::Range<usize>,
) -> Result<u64> {
    let account = nrb(1_001);
    let zloty = |grosze: u64| format!("{},{:02}", grosze / 100, grosze % 100);
    write!(
        out,
        ":20:ST{number:06}\r\n:25:PL{account}\r\n:28C:{number:05}/001\r\n"
    )?;
    write!(out, ":60F:C261012PLN{}\r\n", zloty(opening))?;
    let mut balance = opening;
    for credit in credits.map(Credit::new) {
        balance += credit.grosze;
        credit.mt940(out)?;
    }
    write!(out, ":62F:C261012PLN{}\r\n", zloty(balance))?;
    Ok(balance)
}

/// One statement of camt.053.001.08.
pub fn camt(file: &Path, entries: usize) -> Result<()> {
    let mut out = BufWriter::new(File::create(file)?);
    let sum: u64 = (0..entries).map(|number| Credit::new(number).grosze).sum();
    write!(
        out,
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n\
         <Document xmlns=\"urn:iso:std:iso:20022:tech:xsd:camt.053.001.08\"><BkToCstmrStmt><GrpHdr><MsgId>M1</MsgId></GrpHdr>\
         <Stmt><Id>ST1</Id><ElctrncSeqNb>1</ElctrncSeqNb><Acct><Id><IBAN>PL{}</IBAN></Id><Ccy>PLN</Ccy></Acct>",
        nrb(1_001)
    )?;
    for (code, grosze) in [("OPBD", 0), ("CLBD", sum)] {
        write!(
            out,
            "<Bal><Tp><CdOrPrtry><Cd>{code}</Cd></CdOrPrtry></Tp><Amt Ccy=\"PLN\">{}.{:02}</Amt>\
             <CdtDbtInd>CRDT</CdtDbtInd><Dt><Dt>2026-10-12</Dt></Dt></Bal>",
            grosze / 100,
            grosze % 100
        )?;
    }
    for credit in (0..entries).map(Credit::new) {
        credit.camt(&mut out)?;
    }
    writeln!(out, "</Stmt></BkToCstmrStmt></Document>")?;
    Ok(out.flush()?)
}

/// A Polish account number of 26 digits at the invented bank, with its check digits (ISO 13616:
/// 98 less the remainder by 97 of the number with the country's digits behind it).
fn nrb(account: u64) -> String {
    let own = 99_900_009 * 10_u128.pow(16) + u128::from(account);
    let check = 98 - (own * 1_000_000 + 252_100) % 97;
    format!("{check:02}{own:024}")
}
