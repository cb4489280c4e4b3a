//! What one bank means by the fields that the standard leaves open.
//!
//! A profile is data: which encoding, how `:86:` is cut up, where the credited virtual account
//! and the bank's reference stand, and which date counts. Sub-field numbers have no meaning
//! outside a profile: `63` is a virtual account at PKO and a line of an address at ING.

use super::encoding::Encoding;
use chrono_tz::Tz;

/// Names of the built-in profiles.
const NAMES: [&str; 13] = [
    "mbank",
    "german",
    "camt",
    "generic",
    "pko",
    "pekao",
    "ing",
    "santander",
    "bnp",
    "millennium",
    "bs",
    "nordea",
    "dutch",
];

/// Code words with which the `:86:` of a Dutch bank begins. `/OCMT/` and `/CHGS/` are not among
/// them: ING writes them in Poland as well.
pub(super) const STARTS_OF_CODE_WORDS: [&str; 9] = [
    "TRTP", "EREF", "CNTP", "ORDP", "BENM", "REMI", "MARF", "PREF", "RTRN",
];

/// How one bank writes its statements.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Profile {
    /// The name under which the configuration chooses it.
    pub name: String,
    /// The encoding of its MT940 files; `None` where the bank's customers see several.
    pub encoding: Option<Encoding>,
    /// How the text of `:86:` is cut up.
    pub details: DetailsShape,
    /// Where the credited virtual account stands; the first place that holds one wins.
    pub virtual_account: Vec<Place>,
    /// Where the bank's reference stands; what follows `//` in `:61:` is always the last resort.
    pub bank_reference: Option<Place>,
    /// Whether the transaction type of `:61:` is four digits.
    pub numeric_type: bool,
    /// Whether that reference names the same operation in every file, so that it is an identity.
    pub reliable_reference: bool,
    /// Which date counts where the value date lies before the booking date.
    pub value_before_booking: CreditingRule,
    /// Where the bank's days are; a timestamp is converted before its date is taken.
    pub time_zone: Tz,
}

/// Which date credits an entry whose value date lies before its booking date (an instant
/// transfer at the weekend).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CreditingRule {
    /// The booking date.
    Booking,
    /// The value date.
    Value,
}

/// The shape of `:86:`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum DetailsShape {
    /// Labels in free text (mBank: `ID IPH: …; Z RACH.: …; OD: …; TYT.: …`).
    Labels,
    /// Numbered sub-fields (`?20…?32…`), or plain text where an entry has none.
    Subfields(Subfields),
    /// Code words between slashes (Dutch banks: `/TRTP/…/IBAN/…/NAME/…/REMI/…/EREF/…`).
    CodeWords,
}

/// Numbered sub-fields of `:86:` and what they mean.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Subfields {
    /// The sign before each number; `None` takes the sign that stands directly after the
    /// operation code, before two known digits.
    pub separator: Option<u8>,
    /// Whether every sub-field begins a line, so that the sign inside a title is text.
    pub at_line_start: bool,
    /// Remittance information, in the order of the file.
    pub title: Numbers,
    /// The other party's name.
    pub name: Numbers,
    /// The other party's account; the first that holds one wins.
    pub account: Vec<u8>,
    /// Bank code before an account without one; only where `account` holds nothing.
    pub split_account: Option<(u8, u8)>,
    /// When the payer ordered it, as `DDMMYY`.
    pub order_date: Option<u8>,
}

/// A set of sub-field numbers, which have two digits.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
pub struct Numbers(u128);

impl Numbers {
    /// Whether the number is one of them.
    pub fn contains(self, number: u8) -> bool {
        1_u128
            .checked_shl(u32::from(number))
            .is_some_and(|bit| self.0 & bit != 0)
    }

    /// Adds a number.
    pub fn insert(&mut self, number: u8) {
        self.0 |= 1_u128.checked_shl(u32::from(number)).unwrap_or(0);
    }
}

impl FromIterator<u8> for Numbers {
    fn from_iter<T: IntoIterator<Item = u8>>(numbers: T) -> Self {
        let bits = numbers
            .into_iter()
            .filter_map(|number| 1_u128.checked_shl(u32::from(number)));
        Numbers(bits.fold(0, |all, bit| all | bit))
    }
}

/// A place where banks put a number.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Place {
    /// After a label in the free text of `:86:`.
    Label(Label),
    /// A numbered sub-field of `:86:`.
    Subfield(u8),
    /// After `//` in `:61:`.
    AfterSlashes,
    /// camt `RltdPties/CdtrAcct`.
    CreditorAccount,
    /// camt `RltdPties/UltmtCdtr/Id`.
    UltimateCreditor,
    /// camt `RmtInf/Strd/CdtrRefInf/Ref`.
    StructuredReference,
    /// camt second `RmtInf/Ustrd`.
    SecondUnstructured,
    /// camt `Refs/*`.
    References,
    /// camt `AddtlTxInf`, then `AddtlNtryInf`.
    AdditionalInformation,
}

impl Place {
    /// The number, if it is a sub-field.
    pub fn subfield(self) -> Option<u8> {
        match self {
            Place::Subfield(number) => Some(number),
            _ => None,
        }
    }
}

/// A label of mBank's free text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Label {
    /// `ID IPH`: the virtual account as `XX` and twelve digits.
    VirtualAccount,
    /// `TNR`: the operation's number, the same in MT942 and MT940.
    OperationNumber,
}

/// Where virtual accounts are found in camt: the credited account first, then the places into
/// which banks squeeze a number that has no element of its own.
const IN_CAMT: [Place; 5] = [
    Place::CreditorAccount,
    Place::UltimateCreditor,
    Place::StructuredReference,
    Place::References,
    Place::AdditionalInformation,
];

impl Profile {
    /// The names that [`Profile::by_name`] knows.
    pub fn names() -> &'static [&'static str] {
        &NAMES
    }

    /// A built-in profile.
    pub fn by_name(name: &str) -> Option<Profile> {
        let generic = Profile {
            name: name.to_owned(),
            ..Profile::generic()
        };
        Some(match name {
            "generic" => generic,
            "santander" => Profile {
                numeric_type: true,
                ..generic
            },
            "camt" => Profile {
                reliable_reference: true,
                ..generic
            },
            "german" => Profile {
                details: DetailsShape::Subfields(Subfields::german(Some(b'?'))),
                ..generic
            },
            // CompanyNet: mass payments by `ID IPH`; `TNR` is the same in MT942 and MT940.
            "mbank" => Profile {
                encoding: Some(Encoding::Iso8859_2),
                details: DetailsShape::Labels,
                virtual_account: first(Place::Label(Label::VirtualAccount)),
                bank_reference: Some(Place::Label(Label::OperationNumber)),
                reliable_reference: true,
                ..generic
            },
            // iPKO biznes: `~60` date of the document, `~63` number of the mass payment (SWRK).
            "pko" => Profile {
                encoding: Some(Encoding::Iso8859_2),
                details: DetailsShape::Subfields(Subfields {
                    at_line_start: true,
                    order_date: Some(60),
                    ..Subfields::polish(b'~')
                }),
                virtual_account: first(Place::Subfield(63)),
                ..generic
            },
            // `^62` and `^63` go on with the address.
            "pekao" => Profile {
                encoding: Some(Encoding::Cp852),
                details: DetailsShape::Subfields(Subfields::polish(b'^')),
                ..generic
            },
            // The number of the mass payment (SIMP) stands behind `//`; `~29` is an account too.
            "ing" => Profile {
                details: DetailsShape::Subfields(Subfields {
                    account: vec![38, 29],
                    ..Subfields::polish(b'~')
                }),
                virtual_account: first(Place::AfterSlashes),
                ..generic
            },
            // camt: the virtual account is the second piece of the remittance information.
            "bnp" => Profile {
                virtual_account: first(Place::SecondUnstructured),
                ..generic
            },
            // Cooperative banks, and Millennium, which writes the same: `<10` number of the
            // operation, `<27` name, `<63` reference.
            "bs" | "millennium" => Profile {
                encoding: Some(Encoding::Cp852),
                details: DetailsShape::Subfields(Subfields {
                    title: (20..=26).collect(),
                    name: [27, 32, 33].into_iter().collect(),
                    ..Subfields::polish(b'<')
                }),
                virtual_account: first(Place::Subfield(63)),
                bank_reference: Some(Place::Subfield(10)),
                ..generic
            },
            "nordea" => Profile {
                details: DetailsShape::Subfields(Subfields::polish(b'+')),
                ..generic
            },
            // ABN AMRO, ING and Rabobank in the Netherlands; `EREF` in `:61:` only points to the
            // word in `:86:`, and an account below that line is the other party's.
            "dutch" => Profile {
                details: DetailsShape::CodeWords,
                time_zone: chrono_tz::Europe::Amsterdam,
                ..generic
            },
            _ => return None,
        })
    }

    /// The name of the built-in profile for an MT940 file that nobody named one for, by its first
    /// part.
    pub(super) fn detect(head: &[u8]) -> &'static str {
        let text = String::from_utf8_lossy(head);
        if ["ID IPH: ", "; TYT.: ", " TNR: "]
            .iter()
            .any(|label| text.contains(label))
        {
            "mbank"
        } else {
            by_separator(&text)
        }
    }

    /// The profile that means nothing special.
    pub fn generic() -> Profile {
        Profile {
            name: "generic".to_owned(),
            encoding: None,
            details: DetailsShape::Subfields(Subfields::german(None)),
            virtual_account: IN_CAMT.to_vec(),
            bank_reference: None,
            numeric_type: false,
            reliable_reference: false,
            value_before_booking: CreditingRule::Booking,
            time_zone: chrono_tz::Europe::Warsaw,
        }
    }
}

fn by_separator(text: &str) -> &'static str {
    let details = text.split(":86:").skip(1);
    let signs: Vec<Option<u8>> = details.map(separator_after_code).collect();
    match signs.iter().flatten().next() {
        Some(b'?') => "german",
        // ING writes the operation code in a `:86:` of its own before the sub-fields.
        Some(b'~') if signs.iter().any(Option::is_none) => "ing",
        Some(b'~') => "pko",
        Some(b'^') => "pekao",
        Some(b'<') => "bs",
        Some(b'+') => "nordea",
        None if text.split(['\n', '\r']).any(begins_with_code_word) => "dutch",
        _ => "generic",
    }
}

/// Whether the line is a `:86:` that begins with a code word of the Dutch banks.
fn begins_with_code_word(line: &str) -> bool {
    let word = line.strip_prefix(":86:").map(str::trim_start);
    let word = word.and_then(|text| text.strip_prefix('/')?.split_once('/'));
    word.is_some_and(|(word, _)| STARTS_OF_CODE_WORDS.contains(&word))
}

/// The sign that separates sub-fields: directly after the operation code (up to four letters or
/// digits), before two known digits. The same sign anywhere else proves nothing.
pub(super) fn separator_after_code(details: &str) -> Option<u8> {
    let code = details
        .bytes()
        .take_while(u8::is_ascii_alphanumeric)
        .count();
    let sign = *details.as_bytes().get(code)?;
    let known = sign.is_ascii_punctuation() && code <= 4 && sign != b'/' && sign != b':';
    let number = super::scalar::number(details, code + 1..code + 3)?;
    (known && is_subfield(number)).then_some(sign)
}

/// Numbers that any bank uses for a sub-field.
pub(super) fn is_subfield(number: u32) -> bool {
    matches!(number, 0 | 10 | 20..=34 | 38 | 60..=65)
}

fn first(place: Place) -> Vec<Place> {
    std::iter::once(place).chain(IN_CAMT).collect()
}

impl Subfields {
    /// `?20`–`?29` and `?60`–`?63` title, `?32`–`?33` name, `?31` account (German banks' DFÜ
    /// agreement, and everybody who copied it).
    fn german(separator: Option<u8>) -> Subfields {
        Subfields {
            separator,
            at_line_start: false,
            title: (20..=29).chain(60..=63).collect(),
            name: [32, 33].into_iter().collect(),
            account: vec![38, 31],
            split_account: None,
            order_date: None,
        }
    }

    /// The same numbers as Polish banks use them: the full account in `38`, else bank code and
    /// account in `30` and `31`; what stands from `60` on differs from bank to bank.
    fn polish(separator: u8) -> Subfields {
        Subfields {
            separator: Some(separator),
            title: (20..=28).collect(),
            account: vec![38],
            split_account: Some((30, 31)),
            ..Subfields::german(None)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_name_has_a_profile_of_that_name() {
        for name in Profile::names() {
            assert_eq!(
                Profile::by_name(name)
                    .map(|profile| profile.name)
                    .as_deref(),
                Some(*name)
            );
        }
        assert_eq!(Profile::by_name("monopoly"), None);
    }

    #[test]
    fn a_separator_counts_only_directly_after_the_operation_code() {
        let table = [
            ("020~00152", Some(b'~')),
            ("166?00GUTSCHRIFT", Some(b'?')),
            ("641^00TYPE", Some(b'^')),
            ("<20CZESNE", Some(b'<')),
            ("CZESNE?20", None),
            ("020~99", None),
            ("/OCMT/CAD47", None),
            ("020", None),
        ];
        for (details, expected) in table {
            assert_eq!(separator_after_code(details), expected, "{details}");
        }
    }

    #[test]
    fn the_dialect_is_told_from_the_text() {
        let table = [
            (
                "mbank",
                ":86:911 TRANSAKCJA COLLECT; ID IPH: XX000000102345; Z RACH.: \n",
            ),
            ("german", ":86:166?00GUTSCHRIFT?20CZESNE\n"),
            ("pko", ":86:020~00152\n~20CZESNE\n"),
            ("ing", ":86:020\n:86:020~00152\n~20CZESNE\n"),
            ("pekao", ":86:641^00PRZELEW^20CZESNE\n"),
            ("bs", ":86:110<00PRZELEW<20CZESNE\n"),
            ("nordea", ":86:110+00PRZELEW+20CZESNE\n"),
            ("generic", ":86:CZESNE ZA SEMESTR\n"),
            ("dutch", ":86:/TRTP/SEPA OVERBOEKING/IBAN/\n"),
            ("dutch", ":86:GELD\r\n:86:/EREF/A//CNTP/\r\n"),
            ("dutch", ":86:/ORDP//NAME/ELS/REMI/\n"),
            ("generic", ":86:/OCMT/EUR1,00/\n:86:/CHGS/EUR1,00/\n"),
            ("generic", ":86:CZESNE\n/REMI/USTD//\n"),
            ("ing", ":86:/REMI/CZESNE\n:86:020~00152\n~20CZESNE\n"),
        ];
        for (name, text) in table {
            assert_eq!(Profile::detect(text.as_bytes()), name);
        }
    }
}
