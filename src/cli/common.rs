//! Arguments and answers that several commands share.

use crate::engine::EngineError;
use crate::engine::record::Recorded;
use crate::engine::statements::Said;
pub use crate::money::format_with_code as money;
use comfy_table::{ContentArrangement, Table, presets};
use serde::Serialize;
use std::ops::Deref;
use std::path::Path;

/// Who does it. A command for which other words are better than these changes them by `mut_arg`.
#[derive(Debug, Clone, clap::Args)]
pub struct By {
    /// Who says so.
    #[arg(
        long,
        value_name = "WHO",
        env = "USER",
        default_value = "operator",
        hide_env_values = true
    )]
    by: String,
}

impl Deref for By {
    type Target = str;

    fn deref(&self) -> &str {
        &self.by
    }
}

/// Who does it, and why.
#[derive(Debug, Clone, clap::Args)]
pub struct Words {
    /// Who.
    #[command(flatten)]
    pub by: By,
    /// Why; it stands in the books beside what is done.
    #[arg(long, visible_alias = "reason", value_name = "TEXT")]
    pub why: String,
}

impl Words {
    /// For the engine.
    pub fn said(&self) -> Said<'_> {
        Said {
            by: &self.by,
            why: &self.why,
        }
    }
}

/// A table for people.
pub fn table(head: &[&str]) -> Table {
    let mut table = Table::new();
    table
        .load_style(presets::UTF8_FULL_CONDENSED)
        .set_content_arrangement(ContentArrangement::Dynamic)
        .set_header(head);
    table
}

/// Writes a file that is whole or not there.
pub fn whole_file(out: &Path, bytes: &[u8]) -> Result<(), EngineError> {
    let part = out.with_extension("part");
    let written = std::fs::write(&part, bytes).and_then(|()| std::fs::rename(&part, out));
    written
        .map_err(|error| EngineError::refused(format!("cannot write {}: {error}", out.display())))
}

/// One line of JSON, its keys in the order of the struct.
pub fn json(line: &impl Serialize) -> String {
    serde_json::to_string(line).unwrap_or_default()
}

/// What became of a statement, in words.
pub fn outcome(outcome: &Recorded) -> String {
    match outcome {
        Recorded::Published(new) => format!("stands, {new} new line(s)"),
        Recorded::Known => "says what others said already".to_owned(),
        Recorded::AlreadyImported(status) => format!("recorded before, it is {status}"),
        Recorded::Waiting(why) => format!("waits: {why}"),
        Recorded::Quarantined(why) => format!("quarantined: {why}"),
        Recorded::NotPosted(why) => format!("not posted: {why}"),
    }
}
