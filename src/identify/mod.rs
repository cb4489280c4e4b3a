//! A credit → whose it is, with graded evidence.
//!
//! In: what a credit says, and who has the numbers that stand in it. Out: a student, nobody, or
//! the review queue with proposals. A person's decision comes before all of this and is the
//! caller's to apply; nothing here posts anything.
//!
//! [`text`] finds what in a text may be a number or a name of ours; [`whose`] decides;
//! [`evidence`] ranks proposals for a person; [`reversal`] finds the credit that a reversal undoes;
//! [`public_id`] is what people call an entry.

pub mod evidence;
pub mod public_id;
pub mod reversal;
pub mod text;
pub mod whose;
