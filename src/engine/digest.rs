//! What a file is known by, and whether its bytes are still the same when they are read again.

use crate::statement::read::ReadError;
use crate::text::hex::hexadecimal;
use flate2::Crc;
use sha2::{Digest as _, Sha256};
use std::io::{self, Read};

/// What a file is known by.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Digest {
    /// Hexadecimal SHA-256: two files of the same are one file.
    pub sha256: String,
    /// Length.
    pub size_bytes: u64,
    /// CRC-32. It tells a file that is still being written from one that is complete, at a small
    /// part of what SHA-256 costs; nobody is kept from anything by it.
    checksum: u32,
}

impl Digest {
    /// The digest of bytes, which are read to their end.
    ///
    /// # Errors
    ///
    /// The bytes cannot be had.
    pub fn of(input: impl Read) -> Result<Digest, ReadError> {
        let mut digested = Digested::new(input);
        let through = io::copy(&mut digested, &mut io::sink());
        through.map_err(|error| ReadError {
            line: 0,
            message: format!("it cannot be read: {error}; try it again"),
        })?;
        Ok(digested.digest())
    }
}

/// Bytes that are digested as they pass.
pub struct Digested<R> {
    checked: Checked<R>,
    sha256: Sha256,
}

/// Bytes that are only counted into the checksum as they pass.
pub struct Checked<R> {
    input: R,
    size_bytes: u64,
    crc: Crc,
}

impl<R> Digested<R> {
    /// Bytes that are to be digested.
    pub fn new(input: R) -> Self {
        Digested {
            checked: Checked::new(input),
            sha256: Sha256::new(),
        }
    }

    /// The digest of what has passed.
    pub fn digest(self) -> Digest {
        Digest {
            sha256: hexadecimal(&self.sha256.finalize()),
            size_bytes: self.checked.size_bytes,
            checksum: self.checked.crc.sum(),
        }
    }
}

impl<R: Read> Read for Digested<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let length = self.checked.read(buffer)?;
        self.sha256.update(buffer.get(..length).unwrap_or_default());
        Ok(length)
    }
}

impl<R> Checked<R> {
    /// Bytes that are to be checked.
    pub fn new(input: R) -> Self {
        Checked {
            input,
            size_bytes: 0,
            crc: Crc::new(),
        }
    }

    /// Whether what has passed is the file of this digest.
    pub fn is(&self, digest: &Digest) -> bool {
        self.size_bytes == digest.size_bytes && self.crc.sum() == digest.checksum
    }
}

impl<R: Read> Read for Checked<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let length = self.input.read(buffer)?;
        self.crc.update(buffer.get(..length).unwrap_or_default());
        self.size_bytes += length as u64;
        Ok(length)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn passed(bytes: &[u8]) -> Checked<&[u8]> {
        let mut checked = Checked::new(bytes);
        io::copy(&mut checked, &mut io::sink()).unwrap();
        checked
    }

    #[test]
    fn a_file_that_grew_or_changed_is_another() {
        let digest = Digest::of(b":20:START\r\n".as_slice()).unwrap();
        let known = "17db6ed286790ff1";
        assert!(digest.sha256.starts_with(known), "{}", digest.sha256);
        assert!(passed(b":20:START\r\n").is(&digest));
        for other in [":20:START\r\n:25:", ":20:STORT\r\n", ""] {
            assert!(!passed(other.as_bytes()).is(&digest), "{other:?}");
        }
    }
}
