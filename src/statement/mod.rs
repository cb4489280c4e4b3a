//! Bytes → statements → which of their lines are new.
//!
//! [`archive`] unpacks files that come packed; [`read`] turns a file into [`entry::Statement`]s, [`inspect`] shows them;
//! [`chain`] tells where a statement stands among those already known: the same, overlapping, next, or after a gap.

pub mod archive;
pub mod chain;
pub mod entry;
pub mod inspect;
pub mod read;
