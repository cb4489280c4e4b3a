//! What people call an entry: a short name made from its content.
//!
//! In: what a line of a statement says. Out: ten hexadecimal digits. The name is the same in every
//! database and in whatever order the statements came; of lines that are alike in all of this the
//! second is `<name>.2`, the third `<name>.3`.

use chrono::NaiveDate;
use sha2::{Digest, Sha256};

/// Forty bits: short enough to be typed. Should two lines ever share a name by chance, they are told
/// apart like lines that are alike.
const DIGITS: usize = 10;

/// What names a line.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Content<'a> {
    /// The institution's account.
    pub bank_account: &'a str,
    /// Its day in the chain of statements.
    pub day: NaiveDate,
    /// Signed effect, minor units.
    pub amount_minor: i64,
    /// Whether it undoes an earlier entry.
    pub reversal: bool,
    /// The bank's reference; empty where there is none.
    pub bank_reference: &'a str,
    /// The credited virtual account; empty where there is none.
    pub virtual_account: &'a str,
    /// The other party's account; empty where there is none.
    pub payer_account: &'a str,
    /// Remittance information.
    pub remittance: &'a str,
}

/// The name of a line.
pub fn of(content: &Content<'_>) -> String {
    // A unit separator cannot stand in a field, so no two contents run together.
    let text = [
        content.bank_account,
        &content.day.to_string(),
        &content.amount_minor.to_string(),
        if content.reversal { "reversal" } else { "" },
        content.bank_reference,
        content.virtual_account,
        content.payer_account,
        content.remittance,
    ]
    .join("\u{1f}");
    let mut name = format!("{:x}", Sha256::digest(text.as_bytes()));
    name.truncate(DIGITS);
    name
}

/// The name of the n-th of several lines that are alike, counted from zero.
pub fn with_ordinal(name: &str, place: usize) -> String {
    match place {
        0 => name.to_owned(),
        _ => format!("{name}.{}", place + 1),
    }
}

/// Name and place of what a person wrote: `3f09a1c2d4.2` is the second of its kind. Nothing where it
/// cannot be the name of an entry.
pub fn parse(written: &str) -> Option<(String, usize)> {
    let written = written.trim().to_lowercase();
    let (name, ordinal) = match written.split_once('.') {
        Some((name, ordinal)) => (name, ordinal.parse::<usize>().ok()?),
        None => (written.as_str(), 1),
    };
    let is_name = name.len() == DIGITS && name.bytes().all(|byte| byte.is_ascii_hexdigit());
    (is_name && ordinal >= 1).then(|| (name.to_owned(), ordinal - 1))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn content(remittance: &str) -> Content<'_> {
        Content {
            bank_account: "PL64999000097777000000102345",
            day: NaiveDate::from_ymd_opt(2026, 10, 8).unwrap(),
            amount_minor: 50_000,
            reversal: false,
            bank_reference: "",
            virtual_account: "",
            payer_account: "",
            remittance,
        }
    }

    #[test]
    fn a_name_stands_for_the_content_alone() {
        let name = of(&content("czesne"));
        assert_eq!(name, of(&content("czesne")));
        assert_ne!(name, of(&content("czesne 2")));
        let reversal = Content {
            reversal: true,
            ..content("czesne")
        };
        assert_ne!(name, of(&reversal));
        let moved = Content {
            payer_account: "czesne",
            ..content("")
        };
        assert_ne!(name, of(&moved));
    }

    #[test]
    fn what_is_shown_is_read_back() {
        let name = of(&content("czesne"));
        for place in [0, 1, 11] {
            assert_eq!(
                parse(&with_ordinal(&name, place)),
                Some((name.clone(), place))
            );
        }
        for wrong in ["", "F-1", "3f09a1c2d4.0", "3f09a1c2d4.x", "3f09a1c2dz"] {
            assert_eq!(parse(wrong), None, "{wrong}");
        }
    }
}
