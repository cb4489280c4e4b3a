//! Orders become files that say the same, to the grosz.

use super::*;
use crate::statement::read::report::{self, Layout};
use quick_xml::events::Event;

const OURS: &str = "PL40999000090000000000001001";
const POLISH: &str = "PL61109010140000071219812874";
const GERMAN: &str = "DE89370400440532013000";

fn batch(currency: Currency, accounts: &[&str]) -> Batch {
    let orders = accounts.iter().zip(1..).map(|(account, number)| Order {
        reference: format!("KWREF{number}"),
        to: Party {
            name: "Łucja \"Lu\" Ćwik & Synowie".to_owned(),
            account: (*account).to_owned(),
        },
        amount_minor: 10_001 * number,
        title: format!("Zwrot nadpłaty <{number}>\nKWREF{number}"),
    });
    Batch {
        id: "KW-7".to_owned(),
        made_at: DateTime::from_timestamp(1_790_856_000, 0).unwrap(),
        payer: Party {
            name: "Akademia Przykładowa w Bardzo Długim Mieście nad Rzeką, Kwestura".to_owned(),
            account: OURS.to_owned(),
        },
        pay_on: NaiveDate::from_ymd_opt(2026, 10, 14).unwrap(),
        currency,
        orders: orders.collect(),
    }
}

#[test]
fn elixir_tells_each_order_in_a_line() {
    let bytes = elixir::write(&batch(
        Currency::PLN,
        &[POLISH, "61 1090 1014 0000 0712 1981 2874"],
    ));
    let (text, _, _) = encoding_rs::WINDOWS_1250.decode(bytes.as_ref().unwrap());
    let payer = "Akademia Przykładowa w Bardzo|Długim Mieście nad Rzeką, Kwestura";
    let line = |number: i64, grosze: i64| {
        format!(
            "110,20261014,{grosze},99900009,0,\"40999000090000000000001001\",\
             \"61109010140000071219812874\",\"{payer}\",\"Łucja Lu Ćwik & Synowie\",0,10901014,\
             \"Zwrot nadpłaty <{number}> KWREF{number}\",\"\",\"\",\"51\",\"KWREF{number}\"\r\n"
        )
    };
    assert_eq!(text, line(1, 10_001) + &line(2, 20_002));
}

/// The engine's own reader of such files finds the same in it.
#[test]
fn elixir_is_read_as_it_was_written() {
    let bytes = elixir::write(&batch(Currency::PLN, &[POLISH, POLISH])).unwrap();
    let text = encoding_rs::WINDOWS_1250.decode(&bytes).0.into_owned();
    let layout = Layout::by_name("elixir-0").unwrap();
    let mut lines = Vec::new();
    let sink = |line: report::ReportLine<'_>| {
        lines.push((
            line.amount_minor,
            line.virtual_account.unwrap().into_owned(),
            line.remittance.into_owned(),
        ));
    };
    let summary = report::read(text.as_bytes(), &layout, sink).unwrap();
    assert!(summary.is_sound(), "{summary:?}");
    let line = |number: i64| {
        (
            10_001 * number,
            POLISH[2..].to_owned(),
            format!("Zwrot nadpłaty <{number}> KWREF{number}"),
        )
    };
    assert_eq!(lines, [line(1), line(2)]);
}

#[test]
fn a_format_refuses_what_it_cannot_carry() {
    let abroad = elixir::write(&batch(Currency::PLN, &[POLISH, GERMAN])).unwrap_err();
    assert!(abroad.to_string().contains("KWREF2") && abroad.to_string().contains("pain001"));
    let euro = elixir::write(&batch(Currency::EUR, &[POLISH])).unwrap_err();
    assert_eq!(euro, Unfit::Currency(Currency::EUR));
    for write in [
        |batch: &Batch| elixir::write(batch).map(|_| ()),
        |batch: &Batch| pain001::write(batch).map(|_| ()),
    ] {
        assert_eq!(write(&batch(Currency::PLN, &[])), Err(Unfit::Nothing));
        assert!(matches!(
            write(&batch(Currency::PLN, &["PL61109010140000071219812875"])),
            Err(Unfit::Account { .. })
        ));
        let mut none = batch(Currency::PLN, &[POLISH]);
        none.orders[0].amount_minor = 0;
        assert_eq!(write(&none), Err(Unfit::Amount("KWREF1".to_owned())));
        let mut much = batch(Currency::PLN, &[POLISH, POLISH]);
        much.orders[0].amount_minor = i64::MAX;
        assert_eq!(write(&much), Err(Unfit::Amount("KWREF2".to_owned())));
    }
}

/// Every element with its path and text, in order.
fn elements(xml: &str) -> Vec<(String, String)> {
    let mut reader = quick_xml::Reader::from_str(xml);
    let (mut path, mut found): (Vec<String>, Vec<(String, String)>) = (Vec::new(), Vec::new());
    let mut text = String::new();
    loop {
        match reader.read_event().unwrap() {
            Event::Start(start) => {
                let mut name = start.name().as_ref().to_owned();
                for attribute in start.attributes() {
                    let attribute = attribute.unwrap();
                    name.extend(["@", attribute.key.as_ref(), "=", &attribute.value]);
                }
                path.push(name);
                text.clear();
            }
            Event::Text(piece) => text += &piece.into_inner(),
            Event::GeneralRef(entity) => {
                text += quick_xml::escape::resolve_predefined_entity(&entity.into_inner()).unwrap();
            }
            Event::End(_) => {
                let leaf = path.pop().unwrap();
                if !text.trim().is_empty() {
                    let path = path.join("/");
                    found.push((format!("{path}/{leaf}"), std::mem::take(&mut text)));
                }
                text.clear();
            }
            Event::Eof => return found,
            _ => {}
        }
    }
}

/// The order of the elements is that of the schema, which is a sequence.
#[test]
fn pain001_holds_every_element_in_its_place() {
    let xml = pain001::write(&batch(Currency::EUR, &[POLISH, GERMAN])).unwrap();
    let root = "Document@xmlns=urn:iso:std:iso:20022:tech:xsd:pain.001.001.09/CstmrCdtTrfInitn/";
    let payer = "Akademia Przykładowa w Bardzo Długim Mieście nad Rzeką, Kwestura";
    let payee = "Łucja \"Lu\" Ćwik & Synowie";
    let of = |block: &str, leaves: &[(&str, &str)]| -> Vec<(String, String)> {
        let leaves = leaves.iter();
        leaves
            .map(|(leaf, text)| (format!("{root}{block}{leaf}"), (*text).to_owned()))
            .collect()
    };
    let header = of(
        "GrpHdr/",
        &[
            ("MsgId", "KW-7"),
            ("CreDtTm", "2026-10-01T12:00:00Z"),
            ("NbOfTxs", "2"),
            ("CtrlSum", "300.03"),
            ("InitgPty/Nm", payer),
        ],
    );
    let block = of(
        "PmtInf/",
        &[
            ("PmtInfId", "KW-7"),
            ("PmtMtd", "TRF"),
            ("BtchBookg", "false"),
            ("NbOfTxs", "2"),
            ("CtrlSum", "300.03"),
            ("PmtTpInf/SvcLvl/Cd", "SEPA"),
            ("ReqdExctnDt/Dt", "2026-10-14"),
            ("Dbtr/Nm", payer),
            ("DbtrAcct/Id/IBAN", OURS),
            ("DbtrAcct/Ccy", "EUR"),
            ("DbtrAgt/FinInstnId/ClrSysMmbId/ClrSysId/Cd", "PLKNR"),
            ("DbtrAgt/FinInstnId/ClrSysMmbId/MmbId", "99900009"),
            ("ChrgBr", "SLEV"),
        ],
    );
    let first = of(
        "PmtInf/CdtTrfTxInf/",
        &[
            ("PmtId/InstrId", "KWREF1"),
            ("PmtId/EndToEndId", "KWREF1"),
            ("Amt/InstdAmt@Ccy=EUR", "100.01"),
            ("CdtrAgt/FinInstnId/ClrSysMmbId/ClrSysId/Cd", "PLKNR"),
            ("CdtrAgt/FinInstnId/ClrSysMmbId/MmbId", "10901014"),
            ("Cdtr/Nm", payee),
            ("CdtrAcct/Id/IBAN", POLISH),
            ("RmtInf/Ustrd", "Zwrot nadpłaty <1> KWREF1"),
        ],
    );
    let second = of(
        "PmtInf/CdtTrfTxInf/",
        &[
            ("PmtId/InstrId", "KWREF2"),
            ("PmtId/EndToEndId", "KWREF2"),
            ("Amt/InstdAmt@Ccy=EUR", "200.02"),
            ("Cdtr/Nm", payee),
            ("CdtrAcct/Id/IBAN", GERMAN),
            ("RmtInf/Ustrd", "Zwrot nadpłaty <2> KWREF2"),
        ],
    );
    assert_eq!(elements(&xml), [header, block, first, second].concat());
    let zloty = pain001::write(&batch(Currency::PLN, &[POLISH])).unwrap();
    assert!(!zloty.contains("SEPA") && zloty.contains("<InstdAmt Ccy=\"PLN\">100.01</InstdAmt>"));
}
