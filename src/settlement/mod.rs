//! One student's facts → what settles what, since when.
//!
//! [`facts`] is what goes in; [`fold`] applies it event by event; [`state`] is what it carries;
//! [`account`] is what a reader sees on a day, [`asked`] what of it is asked for; [`interest`] and [`rebooking`] are rules with a page
//! of their own.

pub mod account;
pub mod asked;
pub mod facts;
pub mod fold;
pub mod interest;
pub mod rebooking;
pub mod state;
#[cfg(test)]
mod tests;
#[cfg(test)]
mod tests_review;
