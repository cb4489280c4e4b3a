//! Secrets that nobody can guess, from the operating system, and how they are kept.
//!
//! The only randomness of the program beside its edge: a secret that a caller could choose is none.

use super::EngineError;
pub use crate::text::hex::{from_hexadecimal, hexadecimal};
use sha2::{Digest, Sha256};

/// So many random bytes.
pub fn bytes<const N: usize>() -> Result<[u8; N], EngineError> {
    let mut bytes = [0; N];
    getrandom::fill(&mut bytes).map_err(|error| {
        EngineError::refused(format!("the system gives no random numbers: {error}"))
    })?;
    Ok(bytes)
}

/// A token of 256 bits, hexadecimal.
pub fn token() -> Result<String, EngineError> {
    Ok(hexadecimal(&bytes::<32>()?))
}

/// What is kept of a token.
pub fn sha256(text: &str) -> String {
    hexadecimal(&Sha256::digest(text.as_bytes()))
}

/// Of several texts, each told from the next.
pub fn sha256_of(parts: &[&[u8]]) -> String {
    let mut hash = Sha256::new();
    for part in parts {
        hash.update(part.len().to_be_bytes());
        hash.update(part);
    }
    hexadecimal(&hash.finalize())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn s17_two_tokens_differ_and_a_hash_is_the_known_one() {
        assert_ne!(token().unwrap(), token().unwrap());
        assert_eq!(token().unwrap().len(), 64);
        let of_nothing = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";
        assert_eq!(sha256(""), of_nothing);
    }
}
