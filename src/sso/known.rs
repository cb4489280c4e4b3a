//! What an `OpenID` provider says of itself, and its keys: kept for a while, so that it is not asked for
//! both at every sign-in.
//!
//! | kept | how long |
//! |---|---|
//! | what it says of itself, for whoever leaves | a minute: that it does not answer is told before they go |
//! | the same, for whoever comes back | ten minutes |
//! | its keys | ten minutes; a token of none of them makes them read again, once a minute at most |

use super::jwt::Keys;
use super::openid::Itself;
use std::sync::{Arc, Mutex};

pub(super) const MINUTE_MILLIS: i64 = 60_000;
pub(super) const WHILE_MILLIS: i64 = 10 * MINUTE_MILLIS;

/// What is kept; those who share it share what was read.
#[derive(Debug, Clone, Default)]
pub struct Known(Arc<Mutex<Kept>>);

#[derive(Debug, Default)]
struct Kept {
    itself: Option<Read<Itself>>,
    keys: Option<Read<Keys>>,
}

/// What was read, and when; milliseconds.
#[derive(Debug)]
struct Read<T>(i64, Arc<T>);

impl<T> Read<T> {
    /// Where it is not older than so long, nor of a time to come.
    fn young(&self, now: i64, within: i64) -> Option<Arc<T>> {
        let age = now - self.0;
        (0..within).contains(&age).then(|| self.1.clone())
    }
}

impl Known {
    pub(super) fn itself(&self, now: i64, within: i64) -> Option<Arc<Itself>> {
        self.0.lock().ok()?.itself.as_ref()?.young(now, within)
    }

    pub(super) fn keys(&self, now: i64, within: i64) -> Option<Arc<Keys>> {
        self.0.lock().ok()?.keys.as_ref()?.young(now, within)
    }

    pub(super) fn keep_itself(&self, now: i64, itself: Itself) -> Arc<Itself> {
        let itself = Arc::new(itself);
        if let Ok(mut kept) = self.0.lock() {
            kept.itself = Some(Read(now, itself.clone()));
        }
        itself
    }

    pub(super) fn keep_keys(&self, now: i64, keys: Keys) -> Arc<Keys> {
        let keys = Arc::new(keys);
        if let Ok(mut kept) = self.0.lock() {
            kept.keys = Some(Read(now, keys.clone()));
        }
        keys
    }
}
