//! The Python whose packages some stories need.

use super::skipped::Need;
use std::process::{Command, Stdio};

/// The Python that `KWESTURA_TEST_PYTHON` names, or `python3`, where it can import some packages; else
/// the story is counted as one that lacks what it needs.
pub fn that_knows(packages: &str, need: &Need) -> Option<String> {
    let python = std::env::var("KWESTURA_TEST_PYTHON").unwrap_or_else(|_| "python3".to_owned());
    let known = Command::new(&python)
        .args(["-c", &format!("import {packages}")])
        .stderr(Stdio::null())
        .status();
    if known.is_ok_and(|status| status.success()) {
        return Some(python);
    }
    need.count();
    None
}
