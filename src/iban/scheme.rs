//! The scheme of virtual accounts: which numbers the bank credits to one main account.
//!
//! `check digits 2 | settlement number 8 | client code | category | payer`, the last three
//! together sixteen digits. Their lengths are agreed with the bank, so they are settings. The
//! scheme makes numbers and recognises what statements leave of them; it never knows which of
//! them were issued.

use super::{Nrb, compact};
use std::collections::BTreeMap;
use thiserror::Error;

/// Digits of an account within its settlement number.
const ACCOUNT_DIGITS: usize = 16;

/// Fewer digits than this say too little to look a number up by: banks that shorten numbers
/// leave at least eight.
const TAIL_DIGITS_MIN: usize = 8;

/// Who makes the numbers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum IssueMode {
    /// We do, by the mask.
    Generate,
    /// The bank does; its list is imported.
    List,
}

/// What the payer's digits are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PayerNumber {
    /// The album number.
    Album,
    /// A number that only counts.
    Running,
}

/// The mask of one collecting account.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct VirtualScheme {
    /// Settlement number of the bank's unit: eight digits.
    pub settlement: String,
    /// The client code that the bank gave: the first digits of the account. May be empty only
    /// where the bank's list is used.
    pub client_code: String,
    /// Digits that name the fee category; 0 where a student has one number for all.
    pub category_digits: usize,
    /// Digits that name the payer.
    pub payer_digits: usize,
    /// What the payer's digits are.
    pub payer: PayerNumber,
    /// Who makes the numbers.
    pub mode: IssueMode,
    /// Fee category → its digits.
    pub categories: BTreeMap<String, String>,
}

/// A setting of the scheme that cannot be right.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SchemeFault {
    /// Name of the field.
    pub field: &'static str,
    /// The category meant, where `field` is `categories`.
    pub category: Option<String>,
    /// What is wrong.
    pub message: String,
}

/// Why a number cannot be made.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum SchemeError {
    /// The bank makes them.
    #[error("account numbers come from the bank's list here, none can be made")]
    FromList,
    /// No digits were configured for it.
    #[error("no account numbers are configured for the category `{category}`")]
    UnknownCategory {
        /// The category asked for.
        category: String,
    },
    /// An album with letters cannot stand in an account number.
    #[error("`{payer}` cannot be put into an account number: digits only")]
    PayerNotDigits {
        /// The album or running number.
        payer: String,
    },
    /// Never cut: the rest would be somebody else's.
    #[error("`{payer}` does not fit into the {digits} payer digits of an account number")]
    PayerTooLong {
        /// The album or running number.
        payer: String,
        /// How many digits there are.
        digits: usize,
    },
    /// The settings contradict each other; see [`VirtualScheme::faults`].
    #[error("the mask of the virtual accounts does not make 26 digits")]
    Mask,
}

/// What a text on a statement says about one of our numbers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Recognised {
    /// One of our numbers, whole or rebuilt. Whether it was ever issued is another question.
    Number(Nrb),
    /// Last digits of a number; what is missing cannot be known from the mask.
    Tail(String),
    /// A number, and not of this scheme.
    NotOurs,
    /// No number: mistyped, cut or something else.
    Malformed,
}

impl SchemeFault {
    fn new(field: &'static str, category: Option<&String>, message: String) -> SchemeFault {
        let category = category.cloned();
        SchemeFault {
            field,
            category,
            message,
        }
    }
}

impl VirtualScheme {
    /// Every setting that cannot be right; empty if numbers can be made.
    pub fn faults(&self) -> Vec<SchemeFault> {
        let mut faults = Vec::new();
        let mut fault =
            |field, message: String| faults.push(SchemeFault::new(field, None, message));
        if !is_settlement_number(&self.settlement) {
            fault(
                "settlement",
                format!(
                    "`{}` is no settlement number: eight digits, the last of them a check digit",
                    self.settlement
                ),
            );
        }
        if !is_digits(&self.client_code) {
            fault(
                "client_code",
                format!("`{}` is not made of digits", self.client_code),
            );
        }
        if self.client_code.is_empty() && self.mode == IssueMode::Generate {
            fault(
                "client_code",
                "numbers cannot be made without the bank's client code".to_owned(),
            );
        }
        if self.payer_digits == 0 {
            fault(
                "payer_digits",
                "the payer needs at least one digit".to_owned(),
            );
        }
        let digits = [
            self.client_code.len(),
            self.category_digits,
            self.payer_digits,
        ];
        let sum = digits.into_iter().fold(0, usize::saturating_add);
        if sum != ACCOUNT_DIGITS {
            let [code, category, payer] = digits;
            fault(
                "payer_digits",
                format!(
                    "client code {code} + category {category} + payer {payer} digits are {sum}, not 16"
                ),
            );
        }
        if self.category_digits > 0
            && self.categories.is_empty()
            && self.mode == IssueMode::Generate
        {
            fault(
                "categories",
                "the mask has category digits, but no category has any".to_owned(),
            );
        }
        faults.extend(self.category_faults());
        faults
    }

    fn category_faults(&self) -> Vec<SchemeFault> {
        let mut owner: BTreeMap<&str, &str> = BTreeMap::new();
        let mut faults = Vec::new();
        for (name, digits) in &self.categories {
            let mut fault = |message| {
                faults.push(SchemeFault::new("categories", Some(name), message));
            };
            if !is_digits(digits) || digits.len() != self.category_digits {
                fault(format!(
                    "`{digits}` must be {} digits",
                    self.category_digits
                ));
            } else if let Some(other) = owner.insert(digits, name) {
                fault(format!("`{digits}` is already the category `{other}`"));
            }
        }
        faults
    }

    /// The number of a payer for a category. `payer` is the album or the running number;
    /// `category` plays no part where the mask has no category digits.
    ///
    /// # Errors
    ///
    /// [`SchemeError`]: nothing is cut or replaced to make it fit.
    pub fn make(&self, category: &str, payer: &str) -> Result<Nrb, SchemeError> {
        let payer = payer.trim();
        let digits = self.payer_digits;
        if self.mode == IssueMode::List {
            return Err(SchemeError::FromList);
        }
        let category_digits = match self.category_digits {
            0 => "",
            _ => self
                .categories
                .get(category)
                .ok_or_else(|| SchemeError::UnknownCategory {
                    category: category.to_owned(),
                })?,
        };
        if payer.is_empty() || !is_digits(payer) {
            return Err(SchemeError::PayerNotDigits {
                payer: payer.to_owned(),
            });
        }
        if payer.len() > digits {
            return Err(SchemeError::PayerTooLong {
                payer: payer.to_owned(),
                digits,
            });
        }
        let account = format!("{}{category_digits}{payer:0>digits$}", self.client_code);
        self.with_account(&account).ok_or(SchemeError::Mask)
    }

    /// Whether a number lies within the mask: settlement number and client code agree.
    pub fn owns(&self, nrb: &Nrb) -> bool {
        nrb.settlement() == self.settlement && nrb.account().starts_with(&self.client_code)
    }

    /// Reads what a statement leaves of a number: the whole of it; the sixteen digits of the
    /// account; or its last digits behind `X`s, as in mBank's `ID IPH: XX000000102345`. Digits
    /// that are missing are rebuilt only if they are all of the client code, and digits that
    /// overlap it must agree with it.
    pub fn recognise(&self, raw: &str) -> Recognised {
        let compact = compact(raw);
        if let Ok(nrb) = Nrb::parse(&compact) {
            return self.if_ours(Some(nrb));
        }
        let digits = compact
            .trim_start_matches("PL")
            .trim_start_matches(['X', '*']);
        if !is_digits(digits) {
            let foreign = compact.parse::<::iban::BaseIban>().is_ok();
            return if foreign {
                Recognised::NotOurs
            } else {
                Recognised::Malformed
            };
        }
        match digits.len() {
            24 => self.if_ours(Nrb::from_bban(digits)),
            TAIL_DIGITS_MIN..=ACCOUNT_DIGITS => self.rebuild(digits),
            _ => Recognised::Malformed,
        }
    }

    fn if_ours(&self, nrb: Option<Nrb>) -> Recognised {
        let ours = nrb.filter(|nrb| self.owns(nrb));
        ours.map_or(Recognised::NotOurs, Recognised::Number)
    }

    fn rebuild(&self, tail: &str) -> Recognised {
        let missing = ACCOUNT_DIGITS.saturating_sub(tail.len());
        let Some((gone, kept)) = self.client_code.split_at_checked(missing) else {
            return Recognised::Tail(tail.to_owned());
        };
        if !tail.starts_with(kept) {
            return Recognised::NotOurs;
        }
        self.if_ours(self.with_account(&format!("{gone}{tail}")))
    }

    fn with_account(&self, account: &str) -> Option<Nrb> {
        Nrb::from_bban(&format!("{}{account}", self.settlement))
    }
}

fn is_digits(text: &str) -> bool {
    text.bytes().all(|byte| byte.is_ascii_digit())
}

/// Eight digits; weighted 3, 9, 7, 1, 3, 9, 7, 1 their sum ends in 0.
fn is_settlement_number(text: &str) -> bool {
    let weighted = text.chars().zip([3, 9, 7, 1, 3, 9, 7, 1]);
    let sum: Option<u32> = weighted
        .map(|(digit, weight)| Some(digit.to_digit(10)? * weight))
        .sum();
    text.len() == 8 && sum.is_some_and(|sum| sum % 10 == 0)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn scheme(client_code: &str, category_digits: usize) -> VirtualScheme {
        let codes = [("tuition", 1), ("dormitory", 3)];
        let categories =
            codes.map(|(name, code)| (name.to_owned(), format!("{code:0category_digits$}")));
        VirtualScheme {
            settlement: "99900009".to_owned(),
            client_code: client_code.to_owned(),
            category_digits,
            payer_digits: ACCOUNT_DIGITS - client_code.len() - category_digits,
            payer: PayerNumber::Album,
            mode: IssueMode::Generate,
            categories: if category_digits > 0 {
                categories.into()
            } else {
                BTreeMap::new()
            },
        }
    }

    fn bank_list() -> VirtualScheme {
        VirtualScheme {
            mode: IssueMode::List,
            ..scheme("", 0)
        }
    }

    #[test]
    fn an_album_becomes_the_number_of_its_category() {
        for (client_code, category_digits, category, number) in [
            ("7777", 0, "", "64 9990 0009 7777 0000 0010 2345"),
            ("7777", 0, "tuition", "64 9990 0009 7777 0000 0010 2345"),
            ("7777", 2, "tuition", "02 9990 0009 7777 0100 0010 2345"),
            ("7777", 2, "dormitory", "72 9990 0009 7777 0300 0010 2345"),
        ] {
            let scheme = scheme(client_code, category_digits);
            assert_eq!(scheme.faults(), []);
            let nrb = scheme.make(category, "102345").unwrap();
            assert_eq!(nrb.to_string(), number);
            assert!(scheme.owns(&nrb));
        }
    }

    #[test]
    fn a_number_that_cannot_be_made_says_why() {
        let scheme = scheme("7777", 2);
        for (category, payer, words) in [
            ("parking", "102345", "category `parking`"),
            ("tuition", "D-12", "digits only"),
            ("tuition", "", "digits only"),
            ("tuition", "12345678901", "does not fit into the 10"),
        ] {
            let error = scheme.make(category, payer).unwrap_err().to_string();
            assert!(error.contains(words), "{error}");
        }
        assert_eq!(bank_list().make("", "1"), Err(SchemeError::FromList));
        let broken = VirtualScheme {
            settlement: "9".to_owned(),
            ..scheme
        };
        assert_eq!(broken.make("tuition", "1"), Err(SchemeError::Mask));
    }

    #[test]
    fn what_statements_leave_of_a_number_is_recognised() {
        let plain = scheme("7777", 0);
        let categories = scheme("7777", 2);
        let cooperative = scheme("12345678", 0);
        let number = |scheme: &VirtualScheme, category| {
            Recognised::Number(scheme.make(category, "102345").unwrap())
        };
        let tail = |digits: &str| Recognised::Tail(digits.to_owned());
        for (scheme, raw, expected) in [
            (&plain, "PL64999000097777000000102345", number(&plain, "")),
            (
                &plain,
                "64 9990 0009 7777 0000 0010 2345",
                number(&plain, ""),
            ),
            (&plain, "/64999000097777000000102345", number(&plain, "")),
            (&plain, "XX999000097777000000102345", number(&plain, "")),
            (&plain, "7777000000102345", number(&plain, "")),
            (&plain, "7777 0000 0010 2345", number(&plain, "")),
            (&plain, "XX000000102345", number(&plain, "")),
            (&plain, "000000102345", number(&plain, "")),
            (
                &categories,
                "XX010000102345",
                number(&categories, "tuition"),
            ),
            (
                &categories,
                "XX030000102345",
                number(&categories, "dormitory"),
            ),
            (&cooperative, "XX567800102345", number(&cooperative, "")),
            (&cooperative, "XX00102345", number(&cooperative, "")),
            (&cooperative, "XX567900102345", Recognised::NotOurs),
            (&plain, "XX00102345", tail("00102345")),
            (&bank_list(), "XX000000102345", tail("000000102345")),
            (&plain, "8888000000102345", Recognised::NotOurs),
            (&plain, "PL61109010140000071219812874", Recognised::NotOurs),
            (&plain, "DE89370400440532013000", Recognised::NotOurs),
            (
                &plain,
                "PL64999000097777000000102346",
                Recognised::Malformed,
            ),
            (&plain, "102345", Recognised::Malformed),
            (&plain, "XX", Recognised::Malformed),
            (&plain, "", Recognised::Malformed),
            (&plain, "album 102345", Recognised::Malformed),
            (&plain, "00000000000000000000", Recognised::Malformed),
        ] {
            assert_eq!(scheme.recognise(raw), expected, "{raw}");
        }
    }

    #[test]
    fn every_wrong_setting_is_named() {
        let good = scheme("7777", 2);
        let codes = |pairs: &[(&str, &str)]| {
            pairs
                .iter()
                .map(|&(name, code)| (name.to_owned(), code.to_owned()))
                .collect()
        };
        for (scheme, fields) in [
            (
                VirtualScheme {
                    settlement: "99900008".to_owned(),
                    ..good.clone()
                },
                vec!["settlement"],
            ),
            (
                VirtualScheme {
                    settlement: "9990000".to_owned(),
                    ..good.clone()
                },
                vec!["settlement"],
            ),
            (
                VirtualScheme {
                    client_code: "77x7".to_owned(),
                    ..good.clone()
                },
                vec!["client_code"],
            ),
            (
                VirtualScheme {
                    client_code: String::new(),
                    ..good.clone()
                },
                vec!["client_code", "payer_digits"],
            ),
            (
                VirtualScheme {
                    payer_digits: 9,
                    ..good.clone()
                },
                vec!["payer_digits"],
            ),
            (
                VirtualScheme {
                    payer_digits: usize::MAX,
                    ..good.clone()
                },
                vec!["payer_digits"],
            ),
            (
                VirtualScheme {
                    categories: BTreeMap::new(),
                    ..good.clone()
                },
                vec!["categories"],
            ),
            (
                VirtualScheme {
                    categories: codes(&[("a", "1"), ("b", "x1")]),
                    ..good.clone()
                },
                vec!["categories", "categories"],
            ),
            (
                VirtualScheme {
                    categories: codes(&[("a", "01"), ("b", "01")]),
                    ..good.clone()
                },
                vec!["categories"],
            ),
            (bank_list(), vec![]),
        ] {
            let found: Vec<_> = scheme
                .faults()
                .into_iter()
                .map(|fault| fault.field)
                .collect();
            assert_eq!(found, fields, "{scheme:?}");
        }
    }

    #[test]
    fn settlement_numbers_carry_a_check_digit() {
        for number in ["99900009", "10901014", "10500464", "16001462", "11401081"] {
            assert!(is_settlement_number(number), "{number}");
        }
        for number in [
            "99900008",
            "10901041",
            "1090101",
            "109010140",
            "1090101x",
            "",
        ] {
            assert!(!is_settlement_number(number), "{number}");
        }
    }

    proptest! {
        #[test]
        fn whatever_is_made_is_recognised_from_all_that_banks_leave(
            code_digits in 3..9_usize,
            category_digits in prop::sample::select(vec![0_usize, 1, 2]),
            payer in 0..99_999_u32,
        ) {
            let scheme = scheme(&"7".repeat(code_digits), category_digits);
            let nrb = scheme.make("tuition", &payer.to_string()).unwrap();
            let digits = nrb.as_str();
            let account = nrb.account();
            let tail = &account[code_digits.min(4)..];
            for raw in [digits.to_owned(), nrb.iban(), nrb.to_string(), account.to_owned(), format!("XX{}", &digits[2..])] {
                prop_assert_eq!(scheme.recognise(&raw), Recognised::Number(nrb), "{}", raw);
            }
            prop_assert_eq!(scheme.recognise(&format!("XX{tail}")), Recognised::Number(nrb));
        }

        #[test]
        fn two_payers_never_share_a_number(one in 0..1_000_000_u32, other in 0..1_000_000_u32) {
            let scheme = scheme("7777", 2);
            let numbers = [one, other].map(|payer| scheme.make("tuition", &payer.to_string()).unwrap());
            prop_assert_eq!(one == other, numbers[0] == numbers[1]);
        }

        #[test]
        fn anything_may_stand_on_a_statement(raw in ".{0,40}") {
            if let Recognised::Number(nrb) = scheme("7777", 0).recognise(&raw) {
                prop_assert!(scheme("7777", 0).owns(&nrb));
            }
        }
    }
}
