//! The `:86:` of Dutch banks: code words between slashes.
//!
//! In: the text of `:86:`, its line ends removed. Out: the parts of it that the words announce,
//! borrowed. It decides nothing about money, and a word that is not in the lists here is text.
//!
//! | bank | form |
//! |---|---|
//! | ABN AMRO, Knab | `/TRTP/…/IBAN/…/BIC/…/NAME/…/REMI/…/EREF/…` |
//! | ING | `/EREF/…//CNTP/account/bic/name///REMI/USTD//…/` |
//! | Rabobank | `/EREF/…/ORDP//NAME/…/REMI/…/ISDT/…`, the account below `:61:` |
//!
//! The payer writes the remittance information and the end-to-end reference, and may write
//! `/IBAN/…` into either. Two rules keep that from becoming an account or a name:
//!
//! 1. Nothing behind `/REMI/` is a party. Only the words that the bank of this form writes there
//!    end it, each once, counted from the end: what the bank wrote stands behind what the payer
//!    did. The one exception is a direct debit at ABN AMRO (`/CSID/` stands in front of it), which
//!    has the creditor's `/IBAN/` behind its text and takes money out.
//! 2. In front of it, a word for a party that follows something written by the payer counts only
//!    with a double slash (`//CNTP/`, `/ORDP//NAME/`): a reference in SEPA must not contain one,
//!    nor begin or end with a slash (EPC, clarification paper on the use of slashes in
//!    references, identifications and identifiers).
//!
//! A payer can so spoil no more than the reading of their own text.

use super::details::some;
use super::line::Line;
use crate::statement::entry::Entry;
use crate::statement::read::profile::STARTS_OF_CODE_WORDS;
use std::borrow::Cow;

/// What the code words say; empty where a word is absent.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
pub(super) struct CodeWords<'a> {
    pub account: &'a str,
    pub name: &'a str,
    pub end_to_end_id: &'a str,
    pub remittance: &'a str,
}

/// Words in front of the remittance information, and how far they can be believed.
const HEAD: [(&str, Trust); 17] = [
    ("TRTP", Trust::Bank),
    ("RTRN", Trust::Bank),
    ("CSID", Trust::Bank),
    ("BIC", Trust::Bank),
    ("IBAN", Trust::Party),
    ("BBAN", Trust::Party),
    ("ORDP", Trust::Party),
    ("BENM", Trust::Party),
    ("CNTP", Trust::PartyAndPayer),
    ("NAME", Trust::PartyAndPayer),
    ("ADDR", Trust::Payer),
    ("EREF", Trust::Payer),
    ("PREF", Trust::Payer),
    ("CREF", Trust::Payer),
    ("IREF", Trust::Payer),
    ("MARF", Trust::Payer),
    (REMITTANCE, Trust::Payer),
];

const REMITTANCE: &str = "REMI";

/// Words that ABN AMRO writes behind the remittance information.
const TAIL_TYPED: [&str; 3] = ["EREF", "ULTD", "ULTC"];
/// The same in its direct debits.
const TAIL_DIRECT_DEBIT: [&str; 5] = ["EREF", "BIC", "IBAN", "ULTD", "ULTC"];
/// Words that ING and Rabobank write behind it.
const TAIL: [&str; 6] = ["ISDT", "CSID", "PURP", "ULTD", "ULTC", "ULTB"];

/// Customer references of `:61:` that only name the word under which the reference stands.
const POINTERS: [&str; 3] = ["EREF", "PREF", "MARF"];

/// Who a word speaks of and who writes what follows it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Trust {
    Bank,
    Payer,
    Party,
    PartyAndPayer,
}

impl Trust {
    fn names_party(self) -> bool {
        matches!(self, Trust::Party | Trust::PartyAndPayer)
    }

    fn is_written_by_payer(self) -> bool {
        matches!(self, Trust::Payer | Trust::PartyAndPayer)
    }
}

/// Whether the text begins with a code word and not with anybody's sentence.
pub(super) fn begins(text: &str) -> bool {
    let word = word_at(text.trim_start(), 0);
    word.is_some_and(|word| STARTS_OF_CODE_WORDS.contains(&word))
}

/// Fills the entry from a text that [`begins`] so, its line ends removed.
pub(super) fn fill<'t>(entry: &mut Entry<'t>, text: &'t str) {
    let found = parse(text.trim_start());
    entry.end_to_end_id = some(super::super::reference(found.end_to_end_id));
    entry.counterparty_name = some(found.name);
    // The line below `:61:` is the bank's alone, so an account from there stays.
    if entry.counterparty_account.is_none() {
        entry.counterparty_account = some(found.account);
    }
    entry.remittance = Cow::Borrowed(found.remittance);
}

/// Reads what these banks mean by `:61:`: a customer reference `EREF` says "see there", and the
/// account below the line is the other party's.
pub(super) fn statement_line<'t>(entry: &mut Entry<'t>, line: &Line<'t>, below: &'t str) {
    if POINTERS.contains(&line.customer_reference) {
        entry.customer_reference = None;
    }
    let below = below.split('\n').next().unwrap_or_default().trim();
    if is_account(below) {
        entry.counterparty_account = some(below);
    }
}

/// An IBAN, or an old Dutch number of up to ten digits (`P` before that of the Postbank).
fn is_account(text: &str) -> bool {
    let is_number = |text: &str, length: std::ops::RangeInclusive<usize>| {
        length.contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_digit())
    };
    if is_number(text.strip_prefix('P').unwrap_or(text), 7..=10) {
        return true;
    }
    let Some((country, rest)) = text.split_at_checked(2) else {
        return false;
    };
    let checked = rest.get(..2).is_some_and(|digits| is_number(digits, 2..=2));
    let letters = text
        .bytes()
        .all(|byte| byte.is_ascii_uppercase() || byte.is_ascii_digit());
    let country = country.bytes().all(|byte| byte.is_ascii_uppercase());
    country && checked && letters && (15..=34).contains(&text.len())
}

/// Cuts up the text, its lines already joined.
pub(super) fn parse(text: &str) -> CodeWords<'_> {
    let mut found = CodeWords::default();
    let (mut is_typed, mut is_direct_debit) = (false, false);
    let mut rest = text;
    while let Some(word) = word_at(rest, 0) {
        let trust = trust(word).unwrap_or(Trust::Bank);
        let behind = rest.get(word.len() + 2..).unwrap_or_default();
        if word == REMITTANCE {
            let tail: &[&str] = match (is_typed, is_direct_debit) {
                (true, true) => &TAIL_DIRECT_DEBIT,
                (true, false) => &TAIL_TYPED,
                (false, _) => &TAIL,
            };
            found.remittance = plain_text(take_tail(behind, tail, &mut found));
            break;
        }
        is_typed |= word == "TRTP";
        is_direct_debit |= word == "CSID";
        let (value, next) = behind
            .split_at_checked(next_word(behind, trust))
            .unwrap_or((behind, ""));
        found.take(word, value);
        rest = next;
    }
    found
}

impl<'a> CodeWords<'a> {
    /// Takes the value of a word that was not there before.
    fn take(&mut self, word: &str, value: &'a str) {
        let first = |place: &mut &'a str, value: &'a str| {
            if place.is_empty() {
                *place = value.trim();
            }
        };
        match word {
            "IBAN" | "BBAN" => first(&mut self.account, value),
            "NAME" => first(&mut self.name, value),
            "EREF" => first(&mut self.end_to_end_id, value.trim_end_matches('/')),
            "CNTP" => {
                let mut parts = value.split('/');
                first(&mut self.account, parts.next().unwrap_or_default());
                first(&mut self.name, parts.nth(1).unwrap_or_default());
            }
            _ => {}
        }
    }
}

/// Where the value of a word ends: at the next word that the bank wrote, else with the text.
fn next_word(text: &str, before: Trust) -> usize {
    let mut slashes = text.match_indices('/').map(|(at, _)| at);
    let next = slashes.find(|&at| {
        let Some((word, trust)) = word_at(text, at).and_then(|word| Some((word, trust(word)?)))
        else {
            return false;
        };
        let is_doubled = text.get(..at).is_some_and(|text| text.ends_with('/'))
            || matches!(word, "ORDP" | "BENM")
                && text.as_bytes().get(at + word.len() + 2) == Some(&b'/');
        is_doubled || !(before.is_written_by_payer() && trust.names_party())
    });
    next.unwrap_or(text.len())
}

/// Takes the bank's words off the end of the remittance information, each once.
fn take_tail<'a>(text: &'a str, words: &[&str], found: &mut CodeWords<'a>) -> &'a str {
    let mut rest = text;
    let mut left = words.to_vec();
    loop {
        let mut slashes = rest.rmatch_indices('/').map(|(at, _)| at);
        let last = slashes
            .find_map(|at| Some((at, word_at(rest, at).filter(|word| left.contains(word))?)));
        let Some((at, word)) = last else {
            return rest;
        };
        left.retain(|other| *other != word);
        found.take(word, rest.get(at + word.len() + 2..).unwrap_or_default());
        rest = rest.get(..at).unwrap_or_default();
    }
}

/// The remittance information without what ING puts around it: `USTD//text/` is free text,
/// `STRD/CUR/reference/` a reference and who defined its form.
fn plain_text(text: &str) -> &str {
    let inner = text.strip_prefix("USTD//").or_else(|| {
        let (_, reference) = text.strip_prefix("STRD/")?.split_once('/')?;
        Some(reference)
    });
    let text = inner.map_or(text, |inner| inner.trim_end_matches('/'));
    text.trim()
}

/// What stands between the slash at an offset and the next, if it can be a word.
fn word_at(text: &str, at: usize) -> Option<&str> {
    let (word, _) = text.get(at..)?.strip_prefix('/')?.split_once('/')?;
    let letters = word.bytes().all(|byte| byte.is_ascii_uppercase());
    (letters && (3..=4).contains(&word.len())).then_some(word)
}

fn trust(word: &str) -> Option<Trust> {
    let known = HEAD.iter().find(|(known, _)| *known == word);
    known.map(|&(_, trust)| trust)
}

#[cfg(test)]
mod tests;
