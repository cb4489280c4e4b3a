//! Named places at which a test makes the process die, to see that whoever comes next goes on.
//!
//! `KWESTURA_KILL_AT=name` or `name:3` (the third time) ends the process there as `kill -9` would:
//! nothing is flushed, no destructor runs. Only in debug builds; a release has no such places.

/// Every place, in the order in which an import passes them.
pub const PLACES: &[&str] = &[
    "record.file-kept",
    "record.begun",
    "record.chunk-written",
    "record.chunk-committed",
    "record.entries-written",
    "record.before-publish",
    "record.published",
    "settle.facts-read",
    "settle.booked",
    "settle.before-commit",
    "settle.committed",
];

/// The places of a copy of the books into another database.
pub const COPY_PLACES: &[&str] = &[
    "copy.table-begun",
    "copy.table-poured",
    "copy.table-kept",
    "copy.compared",
];

/// The places of bringing the schema of a file up to date. A server does each step of it by itself.
pub const MIGRATE_PLACES: &[&str] = &[
    "migrate.begun",
    "migrate.before-commit",
    "migrate.committed",
];

/// Dies here if a test asked for it.
pub fn point(name: &'static str) {
    #[cfg(debug_assertions)]
    {
        use std::sync::atomic::{AtomicU32, Ordering};
        static PASSED: AtomicU32 = AtomicU32::new(0);
        debug_assert!(
            [PLACES, COPY_PLACES, MIGRATE_PLACES]
                .concat()
                .contains(&name),
            "{name} is not in the list of places"
        );
        let Ok(wanted) = std::env::var("KWESTURA_KILL_AT") else {
            return;
        };
        let (place, count) = wanted.split_once(':').unwrap_or((&wanted, "1"));
        if place == name && PASSED.fetch_add(1, Ordering::SeqCst) + 1 == count.parse().unwrap_or(1)
        {
            std::process::abort();
        }
    }
    #[cfg(not(debug_assertions))]
    let _ = name;
}
