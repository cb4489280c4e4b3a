//! Files on another server, by SFTP: listed, read from any place on, renamed.
//!
//! In: a server as the settings name it, and the secret that we prove ourselves by. Out: what lies there,
//! and bytes. The server proves itself by the one key of the settings before anything is said to it.
//! Nothing is decided here of what is fetched, and nothing is written on this machine.
//!
//! It is built with the feature `sftp` alone. Without it there is a [`Line`] that nobody can open, so that
//! whoever uses one need not know.

#[cfg(not(feature = "sftp"))]
mod absent;
#[cfg(feature = "sftp")]
mod line;

#[cfg(not(feature = "sftp"))]
pub use absent::Line;
#[cfg(feature = "sftp")]
pub use line::Line;

use crate::config::{Proof, Sftp};
use std::fmt;
use std::fs;
use std::os::unix::fs::MetadataExt as _;
use thiserror::Error;

/// Whether this program can fetch anything.
pub const IS_BUILT_IN: bool = cfg!(feature = "sftp");
/// What is said where it cannot.
pub const ABSENT: &str = "[[sftp]]: this kwestura was built without SFTP and fetches nothing; build it with \
                          `cargo build --release --features sftp`";

/// Something that lies in a folder of a server.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Found {
    /// Its name; what is no UTF-8 in it stands as U+FFFD.
    pub name: String,
    /// What it is; nothing is followed.
    pub kind: Kind,
    /// Bytes.
    pub size: u64,
    /// When it was changed, by the server's clock. Seconds since 1970.
    pub modified: i64,
}

/// What lies in a folder.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// A file.
    File,
    /// A folder.
    Folder,
    /// A symbolic link.
    Link,
    /// Something else: a pipe, a device.
    Other,
}

/// What did not work, and what to do about it.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("{0}")]
pub struct Trouble(String);

/// Signs of what is said about a trouble.
const WORDS_MAX: usize = 600;

impl Trouble {
    /// In words, some of which may be the server's own: they stay on one line, and in bounds.
    pub fn new(words: impl AsRef<str>) -> Trouble {
        let plain = words.as_ref().chars().filter(|sign| !sign.is_control());
        Trouble(plain.take(WORDS_MAX).collect())
    }
}

/// What we prove ourselves by: the text of a private key, or a password.
#[derive(Clone)]
pub struct Secret(
    #[cfg_attr(
        not(feature = "sftp"),
        expect(dead_code, reason = "shown on the line that is not there")
    )]
    String,
);

impl fmt::Debug for Secret {
    /// Without it.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret")
    }
}

impl Secret {
    /// Reads what a server is to be shown.
    ///
    /// # Errors
    ///
    /// The file cannot be read, or everybody on this machine can.
    pub fn of(server: &Sftp) -> Result<Secret, Trouble> {
        let (what, path) = match &server.proof {
            Proof::Key(path) => ("key_file", path),
            Proof::Password(path) => ("password_file", path),
        };
        let shown = path.display();
        let cannot = |error| Trouble::new(format!("{what}: {shown}: {error}"));
        if fs::metadata(path).map_err(cannot)?.mode() & 0o007 != 0 {
            return Err(Trouble::new(format!(
                "{what}: {shown} can be read by everybody on this machine: `chmod 600 {shown}`"
            )));
        }
        let text = fs::read_to_string(path).map_err(cannot)?;
        Ok(match server.proof {
            Proof::Key(_) => Secret(text),
            Proof::Password(_) => Secret(text.trim_end_matches(['\r', '\n']).to_owned()),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::{Trouble, WORDS_MAX};

    #[test]
    fn what_a_server_says_stays_on_one_line_and_in_bounds() {
        let said = Trouble::new(format!("a\u{1b}[2J\r\nb{}", "ż".repeat(WORDS_MAX))).to_string();
        assert!(
            said.starts_with("a[2Jbż") && said.chars().count() == WORDS_MAX,
            "{said}"
        );
    }
}
