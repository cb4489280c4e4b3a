//! Account numbers: IBAN, the Polish NRB, and the scheme of virtual accounts.
//!
//! In: numbers as people, banks and statements write them. Out: numbers whose check digits are
//! right, or a refusal. A wrong number is never mended: a typing error may lead to another
//! student's account.
//!
//! Sources: ISO 13616; PN-F-01102 (an NRB is two check digits, the settlement number of eight,
//! the account of sixteen; with `PL` before it, it is the IBAN).

mod scheme;

pub use scheme::{IssueMode, PayerNumber, Recognised, SchemeError, SchemeFault, VirtualScheme};

use std::fmt;
use std::str::FromStr;
use thiserror::Error;

/// Digits of an NRB.
const NRB_DIGITS: usize = 26;

/// `PL` as digits (P is 25, L is 21), as ISO 13616 moves it to the end.
const COUNTRY_DIGITS: &str = "2521";

/// A Polish account number: 26 digits, check digits right.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Nrb([u8; NRB_DIGITS]);

/// Why a text is not a Polish account number.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum NrbError {
    /// An IBAN of another country.
    #[error("`{text}` is not a Polish account number")]
    Foreign {
        /// As it was written.
        text: String,
    },
    /// Letters or signs where digits belong.
    #[error("`{text}` is not an account number: 26 digits, PL before them or not")]
    NotDigits {
        /// As it was written.
        text: String,
    },
    /// Too many digits, or too few.
    #[error("`{text}` has {count} digits, an account number has 26")]
    Length {
        /// As it was written.
        text: String,
        /// How many there are.
        count: usize,
    },
    /// Mistyped: the check digits belong to another number.
    #[error("`{text}` is mistyped: its check digits are wrong")]
    CheckDigits {
        /// As it was written.
        text: String,
    },
}

impl Nrb {
    /// Reads 26 digits, with `PL` before them or not, with spaces, no-break spaces, hyphens and
    /// the leading `/` of SWIFT fields or not.
    ///
    /// # Errors
    ///
    /// [`NrbError`]: it is not 26 digits, or mistyped.
    pub fn parse(text: &str) -> Result<Nrb, NrbError> {
        let compact = compact(text);
        let digits = compact.strip_prefix("PL").unwrap_or(&compact);
        let text = || text.trim().to_owned();
        if !digits.bytes().all(|byte| byte.is_ascii_digit()) {
            let foreign = compact.parse::<::iban::BaseIban>().is_ok();
            return Err(if foreign {
                NrbError::Foreign { text: text() }
            } else {
                NrbError::NotDigits { text: text() }
            });
        }
        let count = digits.len();
        let bytes = digits.as_bytes().try_into().map_err(|_| NrbError::Length {
            text: text(),
            count,
        })?;
        let nrb = Nrb(bytes);
        nrb.checks()
            .then_some(nrb)
            .ok_or_else(|| NrbError::CheckDigits { text: text() })
    }

    /// Puts the check digits before a settlement number and account of 24 digits together.
    pub fn from_bban(bban: &str) -> Option<Nrb> {
        let check = check_digits(bban)?;
        Nrb::parse(&format!("{check:02}{bban}")).ok()
    }

    /// The 26 digits.
    pub fn as_str(&self) -> &str {
        std::str::from_utf8(&self.0).unwrap_or_default()
    }

    /// `PL` and the digits, without spaces.
    pub fn iban(&self) -> String {
        format!("PL{}", self.as_str())
    }

    /// The settlement number: eight digits that name the bank and its unit.
    pub fn settlement(&self) -> &str {
        self.as_str().get(2..10).unwrap_or_default()
    }

    /// The account at that unit: sixteen digits.
    pub fn account(&self) -> &str {
        self.as_str().get(10..).unwrap_or_default()
    }

    /// Checked by a library, and by our own arithmetic: check digits such as 01 and 98 leave the
    /// same remainder, only one of them is ever issued.
    fn checks(&self) -> bool {
        let issued = check_digits(self.as_str().get(2..).unwrap_or_default());
        let written = self
            .as_str()
            .get(..2)
            .and_then(|digits| digits.parse().ok());
        issued.is_some() && issued == written && self.iban().parse::<::iban::Iban>().is_ok()
    }
}

impl fmt::Display for Nrb {
    /// As it is printed: `64 9990 0009 7777 0000 0010 2345`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (check, rest) = self.as_str().split_at(2);
        f.write_str(check)?;
        for (place, digit) in rest.chars().enumerate() {
            let space = if place % 4 == 0 { " " } else { "" };
            write!(f, "{space}{digit}")?;
        }
        Ok(())
    }
}

impl fmt::Debug for Nrb {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Nrb({self})")
    }
}

impl FromStr for Nrb {
    type Err = NrbError;

    fn from_str(text: &str) -> Result<Nrb, NrbError> {
        Nrb::parse(text)
    }
}

/// Brings an account number of any country into one form, so that two spellings compare equal:
/// a Polish number gets its `PL`, everything loses spaces and the leading `/`. What is no IBAN
/// is kept as it is written.
pub fn normalise_account(text: &str) -> String {
    if let Ok(nrb) = Nrb::parse(text) {
        return nrb.iban();
    }
    let compact = compact(text);
    if compact.parse::<::iban::BaseIban>().is_ok() {
        return compact;
    }
    let kept = text.trim().trim_start_matches('/').chars();
    kept.filter(|letter| !letter.is_whitespace())
        .collect::<String>()
        .to_uppercase()
}

/// The account of a statement as its IBAN, in whatever clothes the bank writes it: with spaces, a
/// slash before it, without its country (Polish numbers), or with its currency behind it
/// (`NL20…1001EUR`). What is no IBAN stays as it is written.
pub fn canonical_account(text: &str) -> String {
    let text = text.trim().trim_start_matches('/');
    let bare: String = text
        .chars()
        .filter(|letter| !letter.is_whitespace())
        .collect();
    let without_currency = bare
        .len()
        .checked_sub(3)
        .and_then(|end| bare.split_at_checked(end))
        .filter(|(_, code)| code.bytes().all(|byte| byte.is_ascii_uppercase()))
        .map(|(number, _)| number);
    for number in [Some(bare.as_str()), without_currency]
        .into_iter()
        .flatten()
    {
        if let Ok(nrb) = Nrb::parse(number) {
            return nrb.iban();
        }
        if number.parse::<::iban::BaseIban>().is_ok() {
            return number.to_owned();
        }
    }
    if bare.bytes().all(|byte| byte.is_ascii_alphanumeric()) {
        bare
    } else {
        text.to_owned()
    }
}

/// Every Polish account number in a free text, in order, each once. Spaces and hyphens may stand
/// between the digits; a longer run of digits holds none.
pub fn find_numbers(text: &str) -> Vec<Nrb> {
    let letters: Vec<char> = text.chars().collect();
    let mut found = Vec::new();
    let mut rest = letters.as_slice();
    let mut before = None;
    while let Some((&first, after)) = rest.split_first() {
        let starts =
            first.is_ascii_digit() && !before.is_some_and(|letter: char| letter.is_ascii_digit());
        let number = if starts { leading_number(rest) } else { None };
        let taken = number.map_or(1, |(_, taken)| taken);
        found.extend(
            number
                .map(|(nrb, _)| nrb)
                .filter(|nrb| !found.contains(nrb)),
        );
        before = rest.get(taken - 1).copied();
        rest = rest.get(taken..).unwrap_or(after);
    }
    found
}

/// The number with which `letters` begin, and how many of them it takes.
fn leading_number(letters: &[char]) -> Option<(Nrb, usize)> {
    let is_gap = |letter: &char| letter.is_whitespace() || *letter == '-';
    let run = letters
        .iter()
        .take_while(|letter| letter.is_ascii_digit() || is_gap(letter));
    let digits = run
        .enumerate()
        .filter(|(_, letter)| letter.is_ascii_digit());
    let (places, digits): (Vec<usize>, String) = digits.take(NRB_DIGITS).unzip();
    let taken = places.last()? + 1;
    let ends = !letters.get(taken).is_some_and(char::is_ascii_digit);
    let nrb = Nrb::parse(&digits).ok().filter(|_| ends)?;
    Some((nrb, taken))
}

/// Upper case without spaces, hyphens and the leading `/`.
fn compact(text: &str) -> String {
    let inner = text.trim().trim_start_matches('/').chars();
    let kept = inner.filter(|letter| !letter.is_whitespace() && *letter != '-');
    kept.collect::<String>().to_uppercase()
}

/// `98 − (BBAN ‖ "252100" mod 97)`; `None` unless `bban` is 24 digits.
fn check_digits(bban: &str) -> Option<u32> {
    let fits = bban.len() == NRB_DIGITS - 2;
    let remainder = mod_97(&format!("{bban}{COUNTRY_DIGITS}00"))?;
    fits.then_some(98 - remainder)
}

/// The remainder of a number of any length, digit by digit.
fn mod_97(digits: &str) -> Option<u32> {
    digits.chars().try_fold(0, |remainder, digit| {
        Some((remainder * 10 + digit.to_digit(10)?) % 97)
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const ALBUM_102345: &str = "64999000097777000000102345";

    #[test]
    fn a_number_is_read_in_every_way_it_is_written() {
        for text in [
            "64999000097777000000102345",
            "PL64999000097777000000102345",
            "pl64999000097777000000102345",
            "64 9990 0009 7777 0000 0010 2345",
            "PL64 9990 0009 7777 0000 0010 2345",
            "PL 64 9990 0009 7777 0000 0010 2345",
            "64\u{a0}9990\u{a0}0009\u{a0}7777\u{a0}0000\u{a0}0010\u{a0}2345",
            "64-9990-0009-7777-0000-0010-2345",
            "/PL64999000097777000000102345",
            "  /64999000097777000000102345 ",
        ] {
            let nrb = Nrb::parse(text).expect(text);
            assert_eq!(nrb.as_str(), ALBUM_102345);
            assert_eq!(nrb.iban(), "PL64999000097777000000102345");
            assert_eq!(nrb.to_string(), "64 9990 0009 7777 0000 0010 2345");
            assert_eq!(
                (nrb.settlement(), nrb.account()),
                ("99900009", "7777000000102345")
            );
        }
        let specimen = Nrb::parse("PL61 1090 1014 0000 0712 1981 2874").unwrap();
        assert_eq!(specimen.settlement(), "10901014");
    }

    #[test]
    fn what_is_no_polish_number_is_refused_in_words() {
        for (text, words) in [
            ("", "has 0 digits"),
            ("6499900009777700000010234", "has 25 digits"),
            ("649990000977770000001023450", "has 27 digits"),
            ("64999000097777000000102346", "mistyped"),
            ("PL00999000097777000000102345", "mistyped"),
            ("DE89370400440532013000", "not a Polish"),
            ("DE89370400440532013001", "not an account number"),
            ("konto 64999000097777000000102345", "not an account number"),
            ("６4999000097777000000102345", "not an account number"),
        ] {
            let error = Nrb::parse(text).expect_err(text).to_string();
            assert!(error.contains(words), "{text}: {error}");
        }
    }

    #[test]
    fn of_check_digits_that_leave_one_remainder_only_the_issued_ones_count() {
        let mut aliases = 0;
        for account in 0..300 {
            let nrb = Nrb::from_bban(&format!("99900009{account:016}")).unwrap();
            let check: u32 = nrb.as_str()[..2].parse().unwrap();
            for alias in [check + 97, check.wrapping_sub(97)] {
                if alias <= 99 {
                    aliases += 1;
                    let text = format!("{alias:02}{}", &nrb.as_str()[2..]);
                    assert!(Nrb::parse(&text).is_err(), "{text}");
                }
            }
        }
        assert!(aliases > 0, "no account among these has an alias");
    }

    #[test]
    fn two_spellings_of_an_account_compare_equal() {
        for (text, normal) in [
            (
                "/PL64 9990 0009 7777 0000 0010 2345",
                "PL64999000097777000000102345",
            ),
            ("64999000097777000000102345", "PL64999000097777000000102345"),
            ("de89 3704 0044 0532 0130 00", "DE89370400440532013000"),
            ("19-2000145399/0800", "19-2000145399/0800"),
            (" / 12 34 ab", "1234AB"),
            ("", ""),
        ] {
            assert_eq!(normalise_account(text), normal, "{text}");
        }
    }

    #[test]
    fn numbers_are_found_in_free_text_and_nothing_else_is() {
        let number = "64 9990 0009 7777 0000 0010 2345";
        let other = "PL61109010140000071219812874";
        for (text, count) in [
            (number.to_owned(), 1),
            (format!("czesne {number} album 102345"), 1),
            (format!("12.10.2026 {number}"), 1),
            (format!("za 12 {number} i 3"), 1),
            (format!("{number}, {other}; {number}"), 2),
            (format!("NR{ALBUM_102345}CZESNE"), 1),
            (format!("1{ALBUM_102345}"), 0),
            (format!("{ALBUM_102345}1"), 0),
            ("64 9990 0009 7777 0000 0010 2346".to_owned(), 0),
            ("64 9990 0009 7777".to_owned(), 0),
            ("żółć".to_owned(), 0),
            (String::new(), 0),
        ] {
            assert_eq!(find_numbers(&text).len(), count, "{text}");
        }
        let found = find_numbers(&format!("{number} {other}"));
        assert_eq!(
            found.iter().map(Nrb::iban).collect::<Vec<_>>(),
            ["PL64999000097777000000102345", other]
        );
    }

    proptest! {
        #[test]
        fn a_number_we_make_passes_the_library_and_reads_back(bban in "[0-9]{24}") {
            let nrb = Nrb::from_bban(&bban).unwrap();
            prop_assert!(nrb.iban().parse::<::iban::Iban>().is_ok());
            prop_assert_eq!(Nrb::parse(&nrb.to_string()), Ok(nrb));
            prop_assert_eq!(find_numbers(&nrb.to_string()), vec![nrb]);
        }

        #[test]
        fn one_wrong_digit_is_noticed(bban in "[0-9]{24}", place in 0..26_usize, shift in 1..10_u8) {
            let mut digits = Nrb::from_bban(&bban).unwrap().as_str().to_owned().into_bytes();
            digits[place] = b'0' + (digits[place] - b'0' + shift) % 10;
            prop_assert!(Nrb::parse(std::str::from_utf8(&digits).unwrap()).is_err());
        }

        #[test]
        fn two_neighbours_swapped_are_noticed(bban in "[0-9]{24}", place in 0..25_usize) {
            let mut digits = Nrb::from_bban(&bban).unwrap().as_str().to_owned().into_bytes();
            prop_assume!(digits[place] != digits[place + 1]);
            digits.swap(place, place + 1);
            prop_assert!(Nrb::parse(std::str::from_utf8(&digits).unwrap()).is_err());
        }

        #[test]
        fn any_text_is_searched_without_harm(text in ".{0,80}") {
            for nrb in find_numbers(&text) {
                prop_assert!(Nrb::parse(nrb.as_str()).is_ok());
            }
        }
    }
}
