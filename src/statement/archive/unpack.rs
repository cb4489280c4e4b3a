//! A member as a stream: unpacked while it is read, counted, and held to what it promised.
//!
//! In: the archive, where the member lies in it, the most it may have, and what it must turn out
//! to be. Out: its bytes, then an end if size and checksum are right, else an error. More than the
//! cap never comes out, however long the packed bytes would go on.

use flate2::Crc;
use flate2::bufread::{DeflateDecoder, MultiGzDecoder};
use std::fmt;
use std::io::{self, BufRead as _, BufReader, ErrorKind, Read, Seek, SeekFrom, Take};

/// Where the packed bytes lie in the archive, and how they are packed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Place {
    /// The whole file.
    Gzip,
    /// As they are.
    Stored { start: u64, packed: u64 },
    /// RFC 1951.
    Deflated { start: u64, packed: u64 },
}

/// What the bytes of a member must turn out to be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Seal {
    pub bytes: u64,
    pub crc: u32,
}

/// How many bytes may come out, and what is said when there are more.
#[derive(Debug)]
pub(super) struct Cap {
    pub bytes: u64,
    pub exceeded: String,
}

/// What came out of a member.
#[derive(Debug)]
pub(super) struct Measured {
    pub seal: Seal,
    /// The first bytes, at most [`super::HEAD_BYTES`].
    pub head: Vec<u8>,
}

/// A member of an archive, unpacked while it is read. See [`super::Member::open`].
///
/// An error of kind [`ErrorKind::InvalidData`] says which member is wrong and what to do; any
/// other is the input's own.
#[derive(Debug)]
pub struct Unpacked<R: Read> {
    stream: Stream<R>,
    called: String,
    cap: Cap,
    seal: Option<Seal>,
    bytes: u64,
    crc: Crc,
}

#[derive(Debug)]
enum Stream<R: Read> {
    Gzip(MultiGzDecoder<BufReader<R>>),
    Stored(Take<R>),
    Deflated(DeflateDecoder<BufReader<Take<R>>>),
}

/// Unpacked at a time when nobody wants the bytes.
const CHUNK_BYTES: usize = 64 * 1024;

impl<R: Read + Seek> Unpacked<R> {
    pub(super) fn new(
        mut input: R,
        place: Place,
        called: String,
        cap: Cap,
        seal: Option<Seal>,
    ) -> io::Result<Self> {
        let stream = match place {
            Place::Gzip => {
                input.rewind()?;
                Stream::Gzip(MultiGzDecoder::new(BufReader::new(input)))
            }
            Place::Stored { start, packed } => {
                input.seek(SeekFrom::Start(start))?;
                Stream::Stored(input.take(packed))
            }
            Place::Deflated { start, packed } => {
                input.seek(SeekFrom::Start(start))?;
                Stream::Deflated(DeflateDecoder::new(BufReader::new(input.take(packed))))
            }
        };
        Ok(Unpacked {
            stream,
            called,
            cap,
            seal,
            bytes: 0,
            crc: Crc::new(),
        })
    }
}

impl<R: Read> Unpacked<R> {
    /// Reads to the end and keeps nothing.
    pub(super) fn measure(mut self) -> io::Result<Measured> {
        let mut chunk = vec![0; CHUNK_BYTES];
        let mut head = Vec::with_capacity(super::HEAD_BYTES);
        loop {
            let read = match self.read(&mut chunk) {
                Ok(0) => break,
                Ok(read) => read,
                Err(error) if error.kind() == ErrorKind::Interrupted => continue,
                Err(error) => return Err(error),
            };
            let missing = super::HEAD_BYTES.saturating_sub(head.len());
            head.extend(chunk.iter().take(read.min(missing)));
        }
        let seal = Seal {
            bytes: self.bytes,
            crc: self.crc.sum(),
        };
        Ok(Measured { seal, head })
    }

    /// The end is right if every packed byte was used and size and checksum are as promised.
    fn check_end(&mut self) -> io::Result<()> {
        if let Stream::Deflated(decoder) = &mut self.stream
            && !decoder.get_mut().fill_buf()?.is_empty()
        {
            return Err(verdict(format!(
                "{} has bytes behind its end: ask the bank for the file again",
                self.called
            )));
        }
        match self.seal {
            Some(seal) if seal.bytes != self.bytes => Err(verdict(format!(
                "{} has {} bytes where {} were declared: ask the bank for the file again",
                self.called, self.bytes, seal.bytes
            ))),
            Some(seal) if seal.crc != self.crc.sum() => Err(verdict(format!(
                "{} is damaged (its checksum is wrong): ask the bank for the file again",
                self.called
            ))),
            _ => Ok(()),
        }
    }
}

impl<R: Read> Read for Unpacked<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if buffer.is_empty() {
            return Ok(0);
        }
        let read = match &mut self.stream {
            Stream::Gzip(decoder) => decoder.read(buffer),
            Stream::Stored(bytes) => bytes.read(buffer),
            Stream::Deflated(decoder) => decoder.read(buffer),
        };
        let read = read.map_err(|error| self.damaged(error))?;
        self.bytes = self.bytes.saturating_add(read as u64);
        if self.bytes > self.cap.bytes {
            return Err(verdict(self.cap.exceeded.clone()));
        }
        self.crc.update(buffer.get(..read).unwrap_or_default());
        if read == 0 {
            self.check_end()?;
        }
        Ok(read)
    }
}

impl<R: Read> Unpacked<R> {
    /// The decoder's complaints become a verdict on the member; the input's stay what they are.
    fn damaged(&self, error: io::Error) -> io::Error {
        match error.kind() {
            ErrorKind::InvalidInput | ErrorKind::InvalidData | ErrorKind::UnexpectedEof => {
                verdict(format!(
                    "{} is damaged or cut off ({error}): ask the bank for the file again",
                    self.called
                ))
            }
            _ => error,
        }
    }
}

/// What is wrong with a member, in words for the one who imports it.
#[derive(Debug)]
struct Verdict(String);

impl fmt::Display for Verdict {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for Verdict {}

fn verdict(message: String) -> io::Error {
    io::Error::new(ErrorKind::InvalidData, Verdict(message))
}

/// Whether the error is a word about the member, not about the disk it lies on.
pub(super) fn is_verdict(error: &io::Error) -> bool {
    matches!(error.get_ref(), Some(inner) if inner.is::<Verdict>())
}
