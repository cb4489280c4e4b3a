//! The second factor: six digits from a shared secret and the time (RFC 6238 over RFC 4226, SHA-1,
//! 30 seconds), as authenticator applications make them.

use hmac::{Hmac, Mac};
use sha1::Sha1;

/// Milliseconds of a time step.
const STEP_MILLIS: i64 = 30_000;
const DIGITS: u32 = 6;
/// RFC 4648, section 6.
const ALPHABET: &[u8; 32] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";

/// The step whose code this is: the present one, or a neighbour, since clocks differ.
pub(super) fn step_of(secret: &str, code: &str, now_millis: i64) -> Option<i64> {
    let key = from_base32(secret)?;
    let code = code.trim().replace(' ', "");
    let now = now_millis / STEP_MILLIS;
    [now, now - 1, now + 1]
        .into_iter()
        .find(|&step| code_of(&key, step).as_deref() == Some(code.as_str()))
}

/// The code of a step.
fn code_of(key: &[u8], step: i64) -> Option<String> {
    let mut mac = Hmac::<Sha1>::new_from_slice(key).ok()?;
    mac.update(&step.to_be_bytes());
    let hash = mac.finalize().into_bytes();
    let at = usize::from(hash.last()? & 0x0f);
    let four: [u8; 4] = hash.get(at..at + 4)?.try_into().ok()?;
    let number = (u32::from_be_bytes(four) & 0x7fff_ffff) % 10_u32.pow(DIGITS);
    Some(format!("{number:06}"))
}

/// The code of a moment, as the application on a phone shows it.
pub(super) fn code_at(secret: &str, now_millis: i64) -> Option<String> {
    code_of(&from_base32(secret)?, now_millis / STEP_MILLIS)
}

/// A secret as it is typed into an application.
pub(super) fn base32(bytes: &[u8]) -> String {
    let mut text = String::new();
    let (mut bits, mut waiting) = (0_u32, 0);
    for &byte in bytes {
        bits = (bits << 8) | u32::from(byte);
        waiting += 8;
        while waiting >= 5 {
            waiting -= 5;
            let letter = ALPHABET.get(((bits >> waiting) & 31) as usize);
            text.extend(letter.map(|&letter| char::from(letter)));
        }
    }
    if waiting > 0 {
        let letter = ALPHABET.get(((bits << (5 - waiting)) & 31) as usize);
        text.extend(letter.map(|&letter| char::from(letter)));
    }
    text
}

fn from_base32(text: &str) -> Option<Vec<u8>> {
    let mut bytes = Vec::new();
    let (mut bits, mut waiting) = (0_u32, 0);
    for letter in text.bytes() {
        let value = ALPHABET.iter().position(|&known| known == letter)?;
        bits = (bits << 5) | u32::try_from(value).ok()?;
        waiting += 5;
        if waiting >= 8 {
            waiting -= 8;
            bytes.push(u8::try_from((bits >> waiting) & 255).ok()?);
        }
    }
    Some(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// RFC 6238, appendix B, cut to six digits.
    #[test]
    fn the_codes_are_those_of_the_standard() {
        let secret = base32(b"12345678901234567890");
        assert_eq!(secret, "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ");
        for (seconds, code) in [
            (59, "287082"),
            (1_111_111_109, "081804"),
            (1_111_111_111, "050471"),
            (1_234_567_890, "005924"),
            (2_000_000_000, "279037"),
            (20_000_000_000, "353130"),
        ] {
            assert_eq!(code_at(&secret, seconds * 1_000).as_deref(), Some(code));
        }
    }

    #[test]
    fn a_code_of_the_neighbouring_half_minute_is_taken_and_no_older_one() {
        let secret = base32(b"12345678901234567890");
        let at = 1_111_111_111_000;
        let code = code_at(&secret, at).unwrap();
        let step = at / STEP_MILLIS;
        for (later, found) in [
            (0, Some(step)),
            (30_000, Some(step)),
            (-30_000, Some(step)),
            (90_000, None),
        ] {
            assert_eq!(step_of(&secret, &code, at + later), found);
        }
        assert_eq!(step_of(&secret, "", at), None);
        assert_eq!(step_of("not base32!", &code, at), None);
    }

    #[test]
    fn base32_goes_there_and_back() {
        for bytes in [&b""[..], b"f", b"fo", b"foo", b"foobar"] {
            assert_eq!(from_base32(&base32(bytes)).unwrap(), bytes);
        }
    }
}
