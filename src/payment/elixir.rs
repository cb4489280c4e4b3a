//! Elixir-0: the file of transfers that Polish banks take in, a line for each.
//!
//! Sixteen columns: 110 (a transfer), the day, grosze, the payer's sort code, nothing, both accounts,
//! both names of up to four lines of 35 signs, nothing, the payee's sort code, the title likewise,
//! nothing twice, 51 (an ordinary transfer), a word for the bank. Windows-1250, lines end with CR LF.
//! The format is the interbank clearing house's; what the columns mean to banks is as public code that
//! writes and reads them has it.

use super::{Batch, Order, Unfit, iban, line, sort_code};
use crate::money::Currency;
use encoding_rs::WINDOWS_1250;

const LINES: usize = 4;
const SIGNS: usize = 35;

/// Writes the file.
///
/// # Errors
///
/// For money or accounts that the format does not know, and amounts that are none.
pub fn write(batch: &Batch) -> Result<Vec<u8>, Unfit> {
    batch.sum()?;
    if batch.currency != Currency::PLN {
        return Err(Unfit::Currency(batch.currency));
    }
    let lines: Result<Vec<String>, Unfit> = (batch.orders.iter())
        .map(|order| transfer(batch, order))
        .collect();
    Ok(encoded(&lines?.concat()))
}

fn transfer(batch: &Batch, order: &Order) -> Result<String, Unfit> {
    let (from, to) = (&batch.payer, &order.to);
    let reference = &order.reference;
    let (from_bank, from_account) = number(&batch.id, &from.account)?;
    let (to_bank, to_account) = number(reference, &to.account)?;
    let (day, grosze) = (batch.pay_on.format("%Y%m%d"), order.amount_minor);
    let (from_name, to_name) = (lines(&from.name), lines(&to.name));
    let title = lines(&order.title);
    Ok(format!(
        "110,{day},{grosze},{from_bank},0,\"{from_account}\",\"{to_account}\",\"{from_name}\",\
         \"{to_name}\",0,{to_bank},\"{title}\",\"\",\"\",\"51\",\"{reference}\"\r\n"
    ))
}

/// Sort code and the 26 digits.
fn number(reference: &str, account: &str) -> Result<(String, String), Unfit> {
    let iban = iban(reference, account)?;
    let found = sort_code(&iban).zip(iban.get(2..));
    let owned = found.map(|(bank, number)| (bank.to_owned(), number.to_owned()));
    owned.ok_or_else(|| Unfit::Abroad {
        reference: reference.to_owned(),
        account: account.to_owned(),
    })
}

/// Up to four lines of 35 signs, broken between words; what the format uses as marks is left out.
fn lines(text: &str) -> String {
    let plain: String = text
        .chars()
        .filter(|sign| !matches!(sign, '"' | '|'))
        .collect();
    let mut lines: Vec<String> = vec![String::new()];
    for word in line(&plain, LINES * SIGNS).split(' ') {
        let fits = |line: &String| line.chars().count() + 1 + word.chars().count() <= SIGNS;
        match lines.last_mut() {
            Some(line) if line.is_empty() => line.push_str(word),
            Some(line) if fits(line) => {
                line.push(' ');
                line.push_str(word);
            }
            _ => lines.push(word.to_owned()),
        }
    }
    let lines = lines.iter().take(LINES).map(|whole| line(whole, SIGNS));
    lines.collect::<Vec<_>>().join("|")
}

/// What Windows-1250 does not know is a question mark.
fn encoded(text: &str) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(text.len());
    let mut sign = [0; 4];
    for one in text.chars() {
        let (known, _, is_unknown) = WINDOWS_1250.encode(one.encode_utf8(&mut sign));
        bytes.extend_from_slice(if is_unknown { b"?" } else { &known });
    }
    bytes
}
