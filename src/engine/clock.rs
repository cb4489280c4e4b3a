//! The time of the shell: an instant for a command, a clock for what runs for long.
//!
//! Neither reads the time by itself; the edge does, and hands it on.

use chrono::{DateTime, NaiveDate};
use chrono_tz::Tz;
use std::fmt;
use std::sync::Arc;

/// The instant at which a command runs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Moment {
    /// Milliseconds since 1970 in UTC.
    pub millis: i64,
    /// The day in the institution's time zone.
    pub today: NaiveDate,
}

impl Moment {
    /// The instant in an institution's time zone.
    pub fn of(millis: i64, zone: Tz) -> Moment {
        let instant = DateTime::from_timestamp_millis(millis).unwrap_or_default();
        Moment {
            millis,
            today: instant.with_timezone(&zone).date_naive(),
        }
    }
}

/// Tells the instant whenever it is asked: the machine's clock, or one that a test sets.
#[derive(Clone)]
pub struct Clock(Arc<dyn Fn() -> i64 + Send + Sync>);

impl Clock {
    /// A clock that is read by calling `millis`: milliseconds since 1970 in UTC.
    pub fn new(millis: impl Fn() -> i64 + Send + Sync + 'static) -> Clock {
        Clock(Arc::new(millis))
    }

    /// Milliseconds since 1970 in UTC.
    pub fn millis(&self) -> i64 {
        (self.0)()
    }

    /// Now, in an institution's time zone.
    pub fn now(&self, zone: Tz) -> Moment {
        Moment::of(self.millis(), zone)
    }
}

impl fmt::Debug for Clock {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Clock({})", self.millis())
    }
}
