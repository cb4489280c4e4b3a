//! What in a remittance text may be an album, a fee's number, an account number or a name.
//!
//! A word is a run of letters, digits and `- _ / .`; it is taken whole and in its parts, so that
//! `ALBUM/102345` shows the album and `F-2026-000123` is found as it stands. Capitals do not
//! matter. Numbers shorter than four digits say nothing.

use crate::iban;
use crate::roster::fold_name;
use std::collections::BTreeSet;

/// The longest word that is looked at.
const WORD_MAX: usize = 40;
/// Shorter runs of digits are dates, semesters and counts.
const DIGITS_MIN: usize = 4;

/// The words of a text that may be a number of ours, capitalised, and whole account numbers.
pub fn tokens(text: &str) -> BTreeSet<String> {
    let mut tokens = BTreeSet::new();
    for word in words(text) {
        for part in std::iter::once(word.as_str()).chain(word.split(['-', '_', '/', '.'])) {
            if says_something(part) {
                tokens.insert(part.to_owned());
            }
        }
    }
    tokens.extend(
        iban::find_numbers(text)
            .into_iter()
            .map(|nrb| nrb.as_str().to_owned()),
    );
    tokens
}

/// Does a fee's number stand in the text as a word of its own? A number of digits alone has to
/// have six of them, and must not be the album.
pub fn names_fee(text: &str, external_id: &str, album: &str) -> bool {
    let id = external_id.trim().to_uppercase();
    let digits_only = id.chars().all(|c| c.is_ascii_digit());
    if !says_something(&id) || digits_only && (id.len() < 6 || id == album) {
        return false;
    }
    words(text).any(|word| word == id)
}

/// Do both names stand in the text as words of their own? Polish letters may be missing.
pub fn names_person(text: &str, given_name: &str, family_name: &str) -> bool {
    NameWords::of(text).name(&NameWords::of(given_name), &NameWords::of(family_name))
}

/// The words of a text or a name, folded once to be compared with many.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NameWords(BTreeSet<String>);

impl NameWords {
    /// Of a text or a name.
    pub fn of(text: &str) -> NameWords {
        let folded = fold_name(text);
        let words = folded.split(' ').filter(|word| !word.is_empty());
        NameWords(words.map(str::to_owned).collect())
    }

    /// Do both names stand in this text? One without words does not.
    pub fn name(&self, given: &NameWords, family: &NameWords) -> bool {
        let stands = |name: &NameWords| !name.0.is_empty() && name.0.is_subset(&self.0);
        stands(family) && stands(given)
    }
}

fn words(text: &str) -> impl Iterator<Item = String> {
    let inside = |c: char| c.is_alphanumeric() || matches!(c, '-' | '_' | '/' | '.');
    text.split(move |c: char| !inside(c))
        .map(|word| word.trim_matches(['-', '_', '/', '.']).to_uppercase())
        .filter(|word| !word.is_empty() && word.len() <= WORD_MAX)
}

fn says_something(word: &str) -> bool {
    let digits = word.chars().filter(char::is_ascii_digit).count();
    let letters = word.chars().any(char::is_alphabetic);
    digits > 0 && (letters && word.len() >= 2 || digits >= DIGITS_MIN)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn albums_fee_numbers_and_accounts_are_found_and_small_numbers_are_not() {
        let found =
            tokens("Czesne sem 1, album/102345; F-2026-000123. 64 9990 0009 7777 0000 0010 2345");
        for token in [
            "102345",
            "F-2026-000123",
            "000123",
            "64999000097777000000102345",
        ] {
            assert!(found.contains(token), "{token} in {found:?}");
        }
        assert!(!found.contains("1"));
    }

    #[test]
    fn a_fee_is_named_only_by_a_word_of_its_own() {
        for (text, id, named) in [
            ("za F-12 dziekuje", "F-12", true),
            ("za f-12", "F-12", true),
            ("za F-123", "F-12", false),
            ("czesne 2026", "2026", false),
            ("czesne 102345", "102345", false),
            ("oplata 770077", "770077", true),
            ("F1", "F1", true),
        ] {
            assert_eq!(names_fee(text, id, "102345"), named, "{id} in `{text}`");
        }
    }

    #[test]
    fn a_name_is_found_without_its_polish_letters_and_never_inside_another() {
        assert!(names_person("OPLATA LUKASZ ZOLC", "Łukasz", "Żółć"));
        assert!(names_person(
            "Anna Nowak-Kowalska czesne",
            "Anna",
            "Nowak-Kowalska"
        ));
        assert!(!names_person("JANOWSKI JANEK", "Jan", "Janowski"));
        assert!(!names_person("NOWAK", "Anna", "Nowak"));
    }
}
