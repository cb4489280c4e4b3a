//! pain.001.001.09: customer credit transfers, ISO 20022.
//!
//! One group, one payment information block of one account, each order booked by itself
//! (`BtchBookg` false), so that the statement confirms each. A Polish payee's bank is named by its sort
//! code (`PLKNR`); elsewhere the IBAN alone says it. Transfers in euro are SEPA's (EPC132-08).

use super::{Batch, Order, Unfit, iban, line, sort_code};
use crate::money::{Currency, format_plain};
use quick_xml::escape::escape;

const NAMESPACE: &str = "urn:iso:std:iso:20022:tech:xsd:pain.001.001.09";
/// `Max35Text`.
const ID_SIGNS: usize = 35;
/// SEPA takes names of 70 signs; ISO 20022 would take 140.
const NAME_SIGNS: usize = 70;
/// One line of unstructured remittance information.
const TITLE_SIGNS: usize = 140;

/// Writes the file, as UTF-8.
///
/// # Errors
///
/// For accounts that are no IBAN, and amounts that are none.
pub fn write(batch: &Batch) -> Result<String, Unfit> {
    let sum = format_plain(batch.sum()?, batch.currency);
    let count = batch.orders.len().to_string();
    let id = line(&batch.id, ID_SIGNS);
    let account = iban(&batch.id, &batch.payer.account)?;
    let name = line(&batch.payer.name, NAME_SIGNS);
    let mut xml = Xml::default();
    xml.within("CstmrCdtTrfInitn", |xml| {
        xml.within("GrpHdr", |xml| {
            xml.leaf("MsgId", &id);
            xml.leaf(
                "CreDtTm",
                &batch.made_at.format("%Y-%m-%dT%H:%M:%SZ").to_string(),
            );
            xml.leaf("NbOfTxs", &count);
            xml.leaf("CtrlSum", &sum);
            xml.within("InitgPty", |xml| xml.leaf("Nm", &name));
        });
        xml.within("PmtInf", |xml| {
            xml.leaf("PmtInfId", &id);
            xml.leaf("PmtMtd", "TRF");
            xml.leaf("BtchBookg", "false");
            xml.leaf("NbOfTxs", &count);
            xml.leaf("CtrlSum", &sum);
            if is_sepa(batch) {
                xml.within("PmtTpInf", |xml| {
                    xml.within("SvcLvl", |xml| xml.leaf("Cd", "SEPA"));
                });
            }
            xml.within("ReqdExctnDt", |xml| {
                xml.leaf("Dt", &batch.pay_on.to_string());
            });
            xml.within("Dbtr", |xml| xml.leaf("Nm", &name));
            xml.within("DbtrAcct", |xml| {
                xml.within("Id", |xml| xml.leaf("IBAN", &account));
                xml.leaf("Ccy", &batch.currency.to_string());
            });
            xml.within("DbtrAgt", |xml| institution(xml, &account));
            xml.leaf("ChrgBr", "SLEV");
            for order in &batch.orders {
                xml.within("CdtTrfTxInf", |xml| transfer(xml, batch, order));
            }
        });
    });
    for order in &batch.orders {
        iban(&order.reference, &order.to.account)?;
    }
    Ok(format!(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<Document xmlns=\"{NAMESPACE}\">\n{}</Document>\n",
        xml.0
    ))
}

fn is_sepa(batch: &Batch) -> bool {
    batch.currency == Currency::EUR
}

fn transfer(xml: &mut Xml, batch: &Batch, order: &Order) {
    let account = crate::iban::normalise_account(&order.to.account);
    let amount = format_plain(order.amount_minor, batch.currency);
    xml.within("PmtId", |xml| {
        xml.leaf("InstrId", &line(&order.reference, ID_SIGNS));
        xml.leaf("EndToEndId", &line(&order.reference, ID_SIGNS));
    });
    xml.within("Amt", |xml| {
        xml.with("InstdAmt", ("Ccy", &batch.currency.to_string()), &amount);
    });
    if sort_code(&account).is_some() {
        xml.within("CdtrAgt", |xml| institution(xml, &account));
    }
    xml.within("Cdtr", |xml| {
        xml.leaf("Nm", &line(&order.to.name, NAME_SIGNS));
    });
    xml.within("CdtrAcct", |xml| {
        xml.within("Id", |xml| xml.leaf("IBAN", &account));
    });
    xml.within("RmtInf", |xml| {
        xml.leaf("Ustrd", &line(&order.title, TITLE_SIGNS));
    });
}

fn institution(xml: &mut Xml, account: &str) {
    xml.within("FinInstnId", |xml| match sort_code(account) {
        Some(code) => xml.within("ClrSysMmbId", |xml| {
            xml.within("ClrSysId", |xml| xml.leaf("Cd", "PLKNR"));
            xml.leaf("MmbId", code);
        }),
        None => xml.within("Othr", |xml| xml.leaf("Id", "NOTPROVIDED")),
    });
}

/// Elements, each in its place.
#[derive(Default)]
struct Xml(String);

impl Xml {
    fn within(&mut self, name: &str, inside: impl FnOnce(&mut Xml)) {
        self.0.extend(["<", name, ">"]);
        inside(self);
        self.0.extend(["</", name, ">\n"]);
    }

    fn leaf(&mut self, name: &str, text: &str) {
        self.0
            .extend(["<", name, ">", &escape(text), "</", name, ">"]);
    }

    fn with(&mut self, name: &str, (key, value): (&str, &str), text: &str) {
        self.0
            .extend(["<", name, " ", key, "=\"", &escape(value), "\">"]);
        self.0.extend([&*escape(text), "</", name, ">"]);
    }
}
