//! Stories of single accounts; see [`story`] for the language they are told in.

mod allocation;
mod changes;
mod counterexamples;
mod interest;
mod order;
pub(super) mod story;

use crate::policy::{InterestRule, Policy};
use story::Story;

pub(super) fn tell(text: &str) {
    Story::tell(Policy::default(), text);
}

pub(super) fn statutory() -> Policy {
    let mut policy = Policy::default();
    policy.default_kind.interest = InterestRule::Statutory;
    policy
}
