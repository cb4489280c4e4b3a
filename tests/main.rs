//! All integration tests in one binary: one link, one PostgreSQL server, one run.
//!
//! `cfg(test)` on the modules tells clippy that their helper functions are tests too.

#[cfg(test)]
mod support;

#[cfg(test)]
mod conformance;
#[cfg(test)]
mod golden;
#[cfg(test)]
mod hostile;
#[cfg(test)]
mod stories;
#[cfg(test)]
mod tidy;
