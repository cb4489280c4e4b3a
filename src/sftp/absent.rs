//! Stands where the program was built without SFTP: a line that nobody can open.

#![expect(
    clippy::unused_async,
    reason = "it is used as the line is that there is with the feature"
)]

use super::{ABSENT, Found, Secret, Trouble};
use crate::config::Sftp;

/// There is none.
#[derive(Debug)]
pub enum Line {}

impl Line {
    /// Says that there is none.
    pub fn examine(_server: &Sftp, _secret: &Secret) -> Result<(), Trouble> {
        Err(Trouble::new(ABSENT))
    }

    /// Says that there is none.
    pub async fn open(_server: &Sftp, _secret: &Secret) -> Result<Line, Trouble> {
        Err(Trouble::new(ABSENT))
    }

    /// Never called.
    pub async fn list(&self, _folder: &str) -> Result<Vec<Found>, Trouble> {
        match *self {}
    }

    /// Never called.
    pub async fn look(&self, _path: &str) -> Result<Option<Found>, Trouble> {
        match *self {}
    }

    /// Never called.
    pub async fn read(
        &self,
        _path: &str,
        _place: (u64, u64),
        _take: impl FnMut(&[u8]) -> Result<(), Trouble> + Send,
    ) -> Result<(), Trouble> {
        match *self {}
    }

    /// Never called.
    pub async fn rename(&self, _from: &str, _to: &str) -> Result<(), Trouble> {
        match *self {}
    }

    /// Never called.
    pub async fn close(self) {
        match self {}
    }
}
