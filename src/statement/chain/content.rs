//! Lines as a multiset, so that statements can be compared without any of them at hand.

use chrono::{Datelike, NaiveDate};
use sha2::{Digest, Sha256};

/// A multiset of lines, each being (day, signed amount, reversal).
///
/// The digest is the wrapping sum of one hash per line, so it does not depend on their order, and
/// the content of joined statements is the sum of their contents. A line's hash is that of its
/// amount times that of its day, so that lines can be added up before their day is known.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default)]
pub struct Content {
    /// How many lines.
    pub count: u32,
    /// The sum of their hashes.
    pub digest: u128,
}

impl Content {
    /// A single line.
    pub fn of_line(day: NaiveDate, amount_minor: i64, reversal: bool) -> Content {
        Content::undated(amount_minor, reversal).on(day)
    }

    /// A line whose day is not known yet.
    pub(super) fn undated(amount_minor: i64, reversal: bool) -> Content {
        let mut hash = Sha256::new();
        hash.update(amount_minor.to_be_bytes());
        hash.update([u8::from(reversal)]);
        Content {
            count: 1,
            digest: first_half(hash),
        }
    }

    /// The same lines on a day. The factor is odd, so that nothing is lost.
    pub(super) fn on(self, day: NaiveDate) -> Content {
        let mut hash = Sha256::new();
        hash.update(day.num_days_from_ce().to_be_bytes());
        let digest = self.digest.wrapping_mul(first_half(hash) | 1);
        Content { digest, ..self }
    }

    /// The lines of both.
    #[must_use]
    pub fn join(self, other: Content) -> Content {
        Content {
            count: self.count.saturating_add(other.count),
            digest: self.digest.wrapping_add(other.digest),
        }
    }

    /// No lines at all?
    pub fn is_empty(self) -> bool {
        self.count == 0
    }

    /// The digest as 32 hexadecimal digits, as it is stored.
    pub fn digest_hex(self) -> String {
        format!("{:032x}", self.digest)
    }

    /// The reverse of [`Content::digest_hex`].
    pub fn from_stored(count: u32, digest_hex: &str) -> Option<Content> {
        let digest = u128::from_str_radix(digest_hex, 16).ok()?;
        (digest_hex.len() == 32).then_some(Content { count, digest })
    }
}

fn first_half(hash: Sha256) -> u128 {
    let hash = hash.finalize();
    let bytes = hash.iter().take(16);
    bytes.fold(0, |sum, &byte| (sum << 8) | u128::from(byte))
}
