//! Money: integer minor units with a currency.
//!
//! In: decimals as banks and spreadsheets write them. Out: minor units, or a refusal. Nothing
//! here rounds: more decimals than the currency has are refused.

use rust_decimal::Decimal;
use rust_decimal::prelude::ToPrimitive;
use std::fmt;
use thiserror::Error;

/// The largest amount taken from a file, in minor units: fifteen digits, the width of an
/// MT940 amount. Sums of thousands of them still fit an `i64`; sums over statements are made in `i128`.
pub const MINOR_MAX: i64 = 999_999_999_999_999;

/// The no-break space that Polish typography puts between groups of digits.
const NBSP: char = '\u{a0}';

/// An ISO 4217 currency code.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Currency([u8; 3]);

impl Currency {
    /// The Polish złoty.
    pub const PLN: Currency = Currency(*b"PLN");
    /// The euro.
    pub const EUR: Currency = Currency(*b"EUR");

    /// Three capital letters; lower case is accepted.
    pub fn parse(text: &str) -> Option<Currency> {
        let upper = text.trim().to_ascii_uppercase();
        let bytes: [u8; 3] = upper.into_bytes().try_into().ok()?;
        let letters = bytes.iter().all(u8::is_ascii_uppercase);
        letters.then_some(Currency(bytes))
    }

    /// The code.
    pub fn as_str(&self) -> &str {
        std::str::from_utf8(&self.0).unwrap_or("???")
    }

    /// Decimals of the minor unit: 2 unless ISO 4217 says otherwise (JPY 0, KWD 3 …).
    pub fn exponent(self) -> u32 {
        match &self.0 {
            b"BIF" | b"CLP" | b"DJF" | b"GNF" | b"ISK" | b"JPY" | b"KMF" | b"KRW" | b"PYG"
            | b"RWF" | b"UGX" | b"UYI" | b"VND" | b"VUV" | b"XAF" | b"XOF" | b"XPF" => 0,
            b"BHD" | b"IQD" | b"JOD" | b"KWD" | b"LYD" | b"OMR" | b"TND" => 3,
            _ => 2,
        }
    }
}

impl fmt::Display for Currency {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// An amount of one currency.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Money {
    /// Minor units: grosze, cents.
    pub minor: i64,
    /// The currency of `minor`.
    pub currency: Currency,
}

impl Money {
    /// `minor` units of `currency`.
    pub fn new(minor: i64, currency: Currency) -> Money {
        Money { minor, currency }
    }

    /// The sum; `None` where the currencies differ or the sum does not fit.
    pub fn checked_add(self, other: Money) -> Option<Money> {
        let same = self.currency == other.currency;
        let minor = self.minor.checked_add(other.minor).filter(|_| same)?;
        Some(Money { minor, ..self })
    }

    /// The difference; `None` where the currencies differ or it does not fit.
    pub fn checked_sub(self, other: Money) -> Option<Money> {
        let same = self.currency == other.currency;
        let minor = self.minor.checked_sub(other.minor).filter(|_| same)?;
        Some(Money { minor, ..self })
    }
}

impl fmt::Display for Money {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let plain = format_plain(self.minor, self.currency);
        write!(f, "{plain} {}", self.currency)
    }
}

/// Why a text is not an amount.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum AmountError {
    /// Nothing is written.
    #[error("the amount is empty")]
    Empty,
    /// Something else than a sign, digits, a decimal mark and groups of three.
    #[error("`{text}` is not an amount; write it like 1234.50 or 1 234,50")]
    NotAnAmount {
        /// As it was written.
        text: String,
    },
    /// `1.234` may be one and a bit, or one thousand two hundred and thirty-four.
    #[error(
        "`{text}` can be read in two ways; write the thousands without a mark and two decimals"
    )]
    Ambiguous {
        /// As it was written.
        text: String,
    },
    /// Money is never rounded when it is read.
    #[error("`{text}` has more decimals than {currency} has ({exponent})")]
    TooManyDecimals {
        /// As it was written.
        text: String,
        /// The currency it was read in.
        currency: Currency,
        /// The currency's decimals.
        exponent: u32,
    },
    /// More than [`MINOR_MAX`], either way.
    #[error("`{text}` is too large an amount")]
    TooLarge {
        /// As it was written.
        text: String,
    },
}

/// Reads an amount as people and spreadsheets write it: `1234.50`, `1 234,50` (also with
/// no-break spaces), `1.234,50`, `1,234.50`, `-12`, `12,`.
///
/// A single mark before exactly three digits is read as a decimal mark only where it cannot be
/// a thousands mark or where the currency has three decimals. Decimals beyond the currency's
/// must be zeros.
///
/// # Errors
///
/// [`AmountError`]: what is written is not one exact amount within [`MINOR_MAX`].
pub fn parse_minor(text: &str, currency: Currency) -> Result<i64, AmountError> {
    let trimmed = text.trim();
    let (negative, unsigned) = match trimmed.strip_prefix(['-', '\u{2212}']) {
        Some(rest) => (true, rest.trim_start()),
        None => (false, trimmed.strip_prefix('+').unwrap_or(trimmed)),
    };
    if trimmed.is_empty() {
        return Err(AmountError::Empty);
    }
    let not_an_amount = || AmountError::NotAnAmount {
        text: trimmed.to_owned(),
    };
    let ambiguous = || AmountError::Ambiguous {
        text: trimmed.to_owned(),
    };
    let (whole, fraction) = split_at_mark(unsigned, currency).ok_or_else(ambiguous)?;
    let digits = ungrouped(whole).ok_or_else(not_an_amount)?;
    if !fraction.bytes().all(|byte| byte.is_ascii_digit()) || digits.len() + fraction.len() == 0 {
        return Err(not_an_amount());
    }
    let exact = exact_decimal(&digits, fraction, currency, trimmed)?;
    from_decimal_exact(if negative { -exact } else { exact }, currency)
}

/// Minor units of a decimal that must be exact.
///
/// # Errors
///
/// [`AmountError::TooManyDecimals`] and [`AmountError::TooLarge`].
pub fn from_decimal_exact(value: Decimal, currency: Currency) -> Result<i64, AmountError> {
    let exponent = currency.exponent();
    let value = value.normalize();
    let text = || value.to_string();
    if value.scale() > exponent {
        return Err(AmountError::TooManyDecimals {
            text: text(),
            currency,
            exponent,
        });
    }
    let minor = value
        .checked_mul(Decimal::from(10_u32.pow(exponent)))
        .and_then(|scaled| scaled.to_i64())
        .filter(|minor| (-MINOR_MAX..=MINOR_MAX).contains(minor));
    minor.ok_or_else(|| AmountError::TooLarge { text: text() })
}

/// The decimal with the currency's decimals: 195000 PLN minor units are `1950.00`.
pub fn to_decimal(minor: i64, currency: Currency) -> Decimal {
    Decimal::new(minor, currency.exponent())
}

/// For machines: `1234.50`, `-0.05`, no groups.
pub fn format_plain(minor: i64, currency: Currency) -> String {
    to_decimal(minor, currency).to_string()
}

/// For Polish readers: `1 234,50 zł`, `1 234,50 EUR`, with no-break spaces.
pub fn format_pl(minor: i64, currency: Currency) -> String {
    let unit = if currency == Currency::PLN {
        "zł"
    } else {
        currency.as_str()
    };
    let amount = grouped(minor, currency, NBSP, ',');
    format!("{amount}{NBSP}{unit}")
}

/// For English readers: `PLN 1,234.50`, with a no-break space.
pub fn format_en(minor: i64, currency: Currency) -> String {
    let amount = grouped(minor, currency, ',', '.');
    format!("{currency}{NBSP}{amount}")
}

fn grouped(minor: i64, currency: Currency, group: char, mark: char) -> String {
    let plain = format_plain(minor, currency);
    let (sign, unsigned) = plain.split_at(usize::from(plain.starts_with('-')));
    let (whole, fraction) = unsigned.split_once('.').unwrap_or((unsigned, ""));
    let mut text = sign.to_owned();
    for (place, digit) in whole.chars().enumerate() {
        if place > 0 && (whole.len() - place) % 3 == 0 {
            text.push(group);
        }
        text.push(digit);
    }
    if !fraction.is_empty() {
        text.push(mark);
        text.push_str(fraction);
    }
    text
}

/// Cuts at the decimal mark: the last mark, if it stands there once. Marks of which there are
/// several are thousands marks. `None` where the only mark may be either.
fn split_at_mark(text: &str, currency: Currency) -> Option<(&str, &str)> {
    let Some((whole, fraction)) = text.rsplit_once(['.', ',']) else {
        return Some((text, ""));
    };
    let mark = text.get(whole.len()..text.len() - fraction.len());
    if mark.is_some_and(|mark| whole.contains(mark)) {
        return Some((text, ""));
    }
    let three_decimals = currency.exponent() == 3;
    let ambiguous = fraction.len() == 3 && !three_decimals && may_be_thousands(whole);
    (!ambiguous).then_some((whole, fraction))
}

/// Whether a thousands mark could follow: one to three digits without a leading zero.
fn may_be_thousands(whole: &str) -> bool {
    let digits = whole.bytes().all(|byte| byte.is_ascii_digit());
    digits && (1..=3).contains(&whole.len()) && !whole.starts_with('0')
}

/// The digits of the whole part, without thousands marks; `None` where the marks are of
/// several kinds or the groups are not of three.
fn ungrouped(whole: &str) -> Option<String> {
    let is_mark = |letter: char| {
        matches!(
            letter,
            ' ' | NBSP | '\u{2009}' | '\u{202f}' | '.' | ',' | '\''
        )
    };
    let mut marks = whole.chars().filter(|&letter| is_mark(letter));
    if let Some(mark) = marks.next() {
        let mut groups = whole.split(mark);
        let first_fits = groups
            .next()
            .is_some_and(|first| (1..=3).contains(&first.len()));
        if marks.any(|other| other != mark) || !first_fits || groups.any(|group| group.len() != 3) {
            return None;
        }
    }
    let digits: String = whole.chars().filter(|&letter| !is_mark(letter)).collect();
    digits
        .bytes()
        .all(|byte| byte.is_ascii_digit())
        .then_some(digits)
}

/// Bounds the lengths first, so that any run of digits is answered in the same words.
fn exact_decimal(
    whole: &str,
    fraction: &str,
    currency: Currency,
    text: &str,
) -> Result<Decimal, AmountError> {
    let whole = whole.trim_start_matches('0');
    let fraction = fraction.trim_end_matches('0');
    let exponent = currency.exponent();
    let text = text.to_owned();
    if fraction.len() > exponent as usize {
        return Err(AmountError::TooManyDecimals {
            text,
            currency,
            exponent,
        });
    }
    Decimal::from_str_exact(&format!("0{whole}.{fraction}0"))
        .ok()
        .filter(|_| whole.len() <= 15)
        .ok_or(AmountError::TooLarge { text })
}

/// An amount with its currency as it is stored, `500.00 PLN`; what is no currency is shown as it is.
pub fn format_with_code(minor: i64, code: &str) -> String {
    match Currency::parse(code) {
        Some(currency) => format!("{} {currency}", format_plain(minor, currency)),
        None => format!("{minor} {code}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn pln(text: &str) -> Result<i64, AmountError> {
        parse_minor(text, Currency::PLN)
    }

    #[test]
    fn an_amount_is_read_in_every_way_people_write_it() {
        for (text, minor) in [
            ("1234.50", 123_450),
            ("1234,50", 123_450),
            ("1 234,50", 123_450),
            ("1\u{a0}234,50", 123_450),
            ("1\u{202f}234,50", 123_450),
            ("1.234,50", 123_450),
            ("1,234.50", 123_450),
            ("1'234.50", 123_450),
            ("1.234.567", 123_456_700),
            ("1,234,567.8", 123_456_780),
            (" 12 ", 1_200),
            ("12,", 1_200),
            (",5", 50),
            ("-12.30", -1_230),
            ("- 12.30", -1_230),
            ("\u{2212}0,01", -1),
            ("+7", 700),
            ("0", 0),
            ("007,10", 710),
            ("0,500", 50),
            ("1234,500", 123_450),
            ("1 234,500", 123_450),
            ("2,5000000000000000000000000000000000000", 250),
            ("9999999999999,99", MINOR_MAX),
        ] {
            assert_eq!(pln(text), Ok(minor), "{text}");
        }
    }

    #[test]
    fn what_is_not_one_exact_amount_is_refused_in_words() {
        for (text, words) in [
            ("", "empty"),
            ("   ", "empty"),
            ("-", "not an amount"),
            (",", "not an amount"),
            ("zł", "not an amount"),
            ("12 zł", "not an amount"),
            ("1e3", "not an amount"),
            ("0x10", "not an amount"),
            ("--5", "not an amount"),
            ("5-", "not an amount"),
            ("1 23,50", "not an amount"),
            ("12 34", "not an amount"),
            ("1234 567", "not an amount"),
            ("1. 234,50", "not an amount"),
            ("1.234,56.78", "not an amount"),
            ("1,23,4", "not an amount"),
            ("１２", "not an amount"),
            ("1.234", "two ways"),
            ("1,950", "two ways"),
            ("-12.500", "two ways"),
            ("1.005", "two ways"),
            ("0,005", "more decimals than PLN"),
            ("12.3456", "more decimals than PLN"),
            (
                "0.00000000000000000000000000000000001",
                "more decimals than PLN",
            ),
            ("10000000000000,00", "too large"),
            ("-10000000000000,00", "too large"),
            ("99999999999999999999999999999999999999", "too large"),
        ] {
            let error = pln(text).expect_err(text).to_string();
            assert!(error.contains(words), "{text}: {error}");
        }
    }

    #[test]
    fn decimals_are_those_of_the_currency() {
        let jpy = Currency::parse("JPY").unwrap();
        let kwd = Currency::parse(" kwd ").unwrap();
        assert_eq!(parse_minor("1200", jpy), Ok(1_200));
        assert_eq!(parse_minor("1200,00", jpy), Ok(1_200));
        assert!(parse_minor("1200,5", jpy).is_err());
        assert!(parse_minor("1.200", jpy).is_err(), "ambiguous");
        assert_eq!(parse_minor("1.234", kwd), Ok(1_234));
        assert_eq!(format_plain(1_200, jpy), "1200");
        assert_eq!(format_plain(-5, kwd), "-0.005");
    }

    #[test]
    fn amounts_are_shown_to_machines_and_to_readers_of_both_languages() {
        let rows = [
            (0, "0.00", "0,00 zł", "PLN 0.00"),
            (5, "0.05", "0,05 zł", "PLN 0.05"),
            (-5, "-0.05", "-0,05 zł", "PLN -0.05"),
            (99_999, "999.99", "999,99 zł", "PLN 999.99"),
            (123_450, "1234.50", "1 234,50 zł", "PLN 1,234.50"),
            (
                -100_000_000,
                "-1000000.00",
                "-1 000 000,00 zł",
                "PLN -1,000,000.00",
            ),
        ];
        for (minor, plain, polish, english) in rows {
            assert_eq!(format_plain(minor, Currency::PLN), plain);
            assert_eq!(
                format_pl(minor, Currency::PLN),
                polish.replace(' ', "\u{a0}")
            );
            assert_eq!(
                format_en(minor, Currency::PLN),
                english.replace(' ', "\u{a0}")
            );
        }
        assert_eq!(format_pl(1_000, Currency::EUR), "10,00\u{a0}EUR");
    }

    #[test]
    fn a_code_is_three_letters() {
        assert_eq!(Currency::parse("eur"), Some(Currency::EUR));
        for text in ["", "PL", "PLNN", "P1N", "zł"] {
            assert_eq!(Currency::parse(text), None, "{text}");
        }
    }

    #[test]
    fn currencies_do_not_mix_and_sums_do_not_wrap() {
        let ten = Money::new(1_000, Currency::PLN);
        assert_eq!(ten.checked_add(ten), Some(Money::new(2_000, Currency::PLN)));
        assert_eq!(ten.checked_sub(ten), Some(Money::new(0, Currency::PLN)));
        assert_eq!(ten.checked_add(Money::new(1, Currency::EUR)), None);
        assert_eq!(ten.checked_sub(Money::new(1, Currency::EUR)), None);
        assert_eq!(Money::new(i64::MAX, Currency::PLN).checked_add(ten), None);
        assert_eq!(ten.to_string(), "10.00 PLN");
    }

    proptest! {
        #[test]
        fn what_is_shown_reads_back_as_the_same_amount(
            minor in -MINOR_MAX..=MINOR_MAX,
            code in prop::sample::select(vec!["PLN", "EUR", "JPY", "KWD"]),
        ) {
            let currency = Currency::parse(code).unwrap();
            prop_assert_eq!(parse_minor(&format_plain(minor, currency), currency), Ok(minor));
            let polish = format_pl(minor, currency);
            let amount = polish.rsplit_once('\u{a0}').unwrap().0;
            prop_assert_eq!(parse_minor(amount, currency), Ok(minor));
        }

        #[test]
        fn any_text_is_an_amount_or_a_refusal(text in "[-+0-9., \u{a0}a]{0,20}") {
            if let Ok(minor) = pln(&text) {
                prop_assert!((-MINOR_MAX..=MINOR_MAX).contains(&minor));
            }
        }
    }
}
