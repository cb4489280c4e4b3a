//! What the engine says in English, in the reader's language. A sentence that is not known here stands
//! as it is; a test holds every kind of evidence against the table.

use crate::text::Language;

/// What stands before and behind a name or number.
type Around = (&'static str, &'static str);

/// English before and behind a name or number, and the same in Polish.
const TABLE: &[(Around, Around)] = &[
    (("the account ", " in the text"), ("numer ", " w tytule")),
    (("the fee ", " in the text"), ("opłata ", " w tytule")),
    (("the album ", " in the text"), ("album ", " w tytule")),
    (
        ("the credited account", ""),
        ("rachunek, na który wpłynęło", ""),
    ),
    (
        ("the sender has so far paid for this student alone", ""),
        ("nadawca płacił dotąd tylko za tę osobę", ""),
    ),
    (("the name", ""), ("imię i nazwisko", "")),
    (
        ("an open fee of this amount", ""),
        ("otwarta opłata na tę kwotę", ""),
    ),
    (
        ("the account ", " was never issued"),
        ("numer ", " nigdy nie został nadany"),
    ),
    (
        ("it came without a student's account", ""),
        ("wpłynęło bez rachunku studenta", ""),
    ),
    (
        ("the bank took back a credit, and it is not clear which", ""),
        ("bank cofnął wpłatę i nie wiadomo, którą", ""),
    ),
    (
        (
            "its text names several fees whose open amounts do not add up to it",
            "",
        ),
        (
            "tytuł wymienia kilka opłat, które nie sumują się do kwoty",
            "",
        ),
    ),
];

/// A sentence of the engine for a reader.
pub fn in_language(language: Language, words: &str) -> String {
    // Behind a semicolon stands a command; a page has a button.
    let words = words
        .split_once("; `kwestura")
        .map_or(words, |(words, _)| words);
    if language == Language::En {
        return words.to_owned();
    }
    let said = TABLE.iter().find_map(|((before, behind), (przed, za))| {
        let name = words.strip_prefix(before)?.strip_suffix(behind)?;
        (behind.is_empty() == name.is_empty()).then(|| format!("{przed}{name}{za}"))
    });
    said.unwrap_or_else(|| words.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::identify::evidence::{Beside, proposals};
    use crate::identify::whose::{Known, Said};

    #[test]
    fn every_kind_of_evidence_has_its_polish() {
        let mut known = Known::default();
        known.albums.insert("102345".to_owned(), [1].into());
        known.fees.insert("F-7".to_owned(), 1);
        let beside = Beside {
            proven_sender: Some(1),
            by_name: vec![1],
            equal_amount: vec![1],
        };
        let said = Said {
            remittance: "102345 F-7",
            ..Said::default()
        };
        let evidence = proposals(&said, &known, &beside).remove(0).evidence;
        assert_eq!(evidence.len(), 5);
        for words in evidence {
            assert_ne!(in_language(Language::Pl, &words), words);
            assert_eq!(in_language(Language::En, &words), words);
        }
        let command = "it waits; `kwestura decide designate` says what it is for";
        assert_eq!(in_language(Language::En, command), "it waits");
    }
}
