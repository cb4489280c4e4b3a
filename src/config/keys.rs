//! The keys under which secrets lie in the database. They stand in a file of their own, so that whoever
//! has a copy of the database has no secret.

use crate::text::hex::{from_hexadecimal, hexadecimal};
use sha2::{Digest as _, Sha256};
use std::fmt;

/// A key of 256 bits.
#[derive(Clone, PartialEq, Eq)]
pub struct Key {
    name: String,
    bytes: [u8; 32],
}

impl Key {
    /// From random bytes.
    pub fn of(bytes: [u8; 32]) -> Key {
        let mut name = hexadecimal(&Sha256::digest(bytes));
        name.truncate(8);
        Key { name, bytes }
    }

    /// What it is called where it may be seen: eight digits that tell nothing of it.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The key itself.
    pub fn bytes(&self) -> &[u8; 32] {
        &self.bytes
    }

    /// As it stands in a file of keys.
    pub fn line(&self) -> String {
        hexadecimal(&self.bytes)
    }

    fn parse(line: &str) -> Option<Key> {
        Some(Key::of(from_hexadecimal(line)?.try_into().ok()?))
    }
}

impl fmt::Debug for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Key({})", self.name)
    }
}

/// The keys of a house: the first seals, the others open what was sealed before.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Keys(Vec<Key>);

impl Keys {
    /// Reads a file of keys: 64 hexadecimal digits a line, the newest first; lines that begin with `#`
    /// are for people.
    ///
    /// # Errors
    ///
    /// The number of the line that is none, from 1; never what stands in it.
    pub fn parse(text: &str) -> Result<Keys, usize> {
        let lines = text.lines().map(str::trim).zip(1_usize..);
        let lines = lines.filter(|(line, _)| !line.is_empty() && !line.starts_with('#'));
        let keys = lines.map(|(line, number)| Key::parse(line).ok_or(number));
        Ok(Keys(keys.collect::<Result<_, _>>()?))
    }

    /// The key that seals; none where there is none.
    pub fn newest(&self) -> Option<&Key> {
        self.0.first()
    }

    /// A key by its name.
    pub fn called(&self, name: &str) -> Option<&Key> {
        self.0.iter().find(|key| key.name == name)
    }

    /// All of them, the newest first.
    pub fn iter(&self) -> impl Iterator<Item = &Key> {
        self.0.iter()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_line_seals_and_the_others_open() {
        let (old, new) = (Key::of([1; 32]), Key::of([2; 32]));
        let text = format!("# newest first\n{}\n\n{}\n", new.line(), old.line());
        let keys = Keys::parse(&text).unwrap();
        assert_eq!(keys.newest(), Some(&new));
        assert_eq!(keys.called(old.name()), Some(&old));
        assert_eq!(keys.called("00000000"), None);
    }

    #[test]
    fn a_line_that_is_no_key_is_named_and_no_key_is_shown() {
        let good = Key::of([3; 32]);
        for wrong in [
            "secret",
            &good.line()[1..],
            &format!("{}0", good.line()),
            &"ż".repeat(32),
        ] {
            assert_eq!(Keys::parse(&format!("#\n{wrong}\n")), Err(2), "{wrong}");
        }
        assert!(!format!("{good:?}").contains(&good.line()));
        assert_eq!(Keys::parse(""), Ok(Keys::default()));
    }
}
