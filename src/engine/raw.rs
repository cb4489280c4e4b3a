//! What the bank wrote of an entry, line by line, from the bytes that are kept of its file.

use super::source::Source;
use super::statements::find;
use super::{EngineError, Office};
use crate::statement::read::encoding::Encoding;
use std::io::{BufRead, BufReader, Read};
use std::sync::Arc;

/// So many lines of one entry are shown.
const LINES_MAX: usize = 60;
/// So many bytes of a line are read; what is longer holds more than an entry.
const LINE_BYTES_MAX: u64 = 64 * 1024;
/// Bytes of all that are shown.
const BYTES_MAX: usize = 16 * 1024;

/// The lines of the bank's file that tell of the entry on a line of a statement, in its encoding; none where
/// the file is not kept, or has no lines of its own for each entry.
///
/// # Errors
///
/// Refused where there is no such statement.
pub async fn lines(
    office: &Office,
    statement: &str,
    line: u64,
) -> Result<Option<String>, EngineError> {
    let mut tx = office.db.read().await?;
    let row = find(&mut tx, statement).await?;
    let content = tx.file_content(&row.file_sha256).await?;
    tx.rollback().await?;
    let encoding = Encoding::by_name(&row.encoding).unwrap_or(Encoding::Utf8);
    if content.is_empty() || line == 0 || matches!(encoding, Encoding::Utf16Le | Encoding::Utf16Be)
    {
        return Ok(None);
    }
    let format = row.format;
    let read = tokio::task::spawn_blocking(move || {
        let kept = Source::Kept(Arc::from(content)).open().ok()?;
        entry(BufReader::new(kept), line, &format)
    });
    let bytes = read.await.unwrap_or_default();
    Ok(bytes.map(|bytes| encoding.text(&bytes)))
}

/// From a line on, counted from 1, what belongs to its entry.
fn entry(mut file: impl BufRead, line: u64, format: &str) -> Option<Vec<u8>> {
    for _ in 1..line {
        // Not into memory: a line may be as long as the file.
        if file.skip_until(b'\n').ok()? == 0 {
            return None;
        }
    }
    let mut told = Vec::new();
    for number in 0..LINES_MAX {
        let mut next = Vec::new();
        let read = (&mut file)
            .take(LINE_BYTES_MAX)
            .read_until(b'\n', &mut next)
            .ok()?;
        if read == 0 || LINE_BYTES_MAX <= u64::try_from(read).unwrap_or(u64::MAX) {
            return Some(told).filter(|told| !told.is_empty());
        }
        if number > 0 && begins_another(format, &next) {
            break;
        }
        let is_last = closes(format, &next)?;
        told.extend(next);
        if is_last || BYTES_MAX <= told.len() {
            break;
        }
    }
    Some(told).filter(|told| !told.is_empty())
}

/// Whether a line belongs to something else: of SWIFT's messages an entry is a `:61:` with its `:86:`, of a
/// report a line.
fn begins_another(format: &str, line: &[u8]) -> bool {
    if format.starts_with("camt") {
        return false;
    }
    if !format.starts_with("MT") {
        return true;
    }
    line.starts_with(b"-") || line.starts_with(b":") && !line.starts_with(b":86:")
}

/// Whether an entry of XML ends on a line; none where several stand on it.
fn closes(format: &str, line: &[u8]) -> Option<bool> {
    if !format.starts_with("camt") {
        return Some(false);
    }
    let text = String::from_utf8_lossy(line);
    let tags = text.split('<').skip(1);
    let tags = tags.filter_map(|tag| Some(tag.split_once('>')?.0));
    let of_entries: Vec<&str> = tags
        .filter(|tag| tag.rsplit([':', '/']).next() == Some("Ntry"))
        .collect();
    // Of one there are two at most, its beginning and its end.
    (of_entries.len() <= 2).then(|| of_entries.iter().any(|tag| tag.starts_with('/')))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn told(file: &str, line: u64, format: &str) -> Option<String> {
        let bytes = entry(file.as_bytes(), line, format)?;
        Some(String::from_utf8(bytes).unwrap())
    }

    #[test]
    fn an_entry_is_told_from_its_neighbours() {
        let swift = ":25:X\r\n:61:2610121012C1,NTRF1\r\nSUP\r\n:86:020~20A\r\n~21B\r\n:61:2610121012C2,NTRF2\r\n:86:x\r\n:62F:C1\r\n-\r\n";
        for (line, expected) in [
            (
                2,
                ":61:2610121012C1,NTRF1\r\nSUP\r\n:86:020~20A\r\n~21B\r\n",
            ),
            (6, ":61:2610121012C2,NTRF2\r\n:86:x\r\n"),
        ] {
            assert_eq!(told(swift, line, "MT940").as_deref(), Some(expected));
        }
        assert_eq!(told(swift, 99, "MT940"), None);
        let xml = "<Stmt>\n<Ntry>\n <Amt>1</Amt>\n</Ntry>\n<n:Ntry><Amt>2</Amt></n:Ntry>\n<Bal/>\n";
        assert_eq!(
            told(xml, 2, "camt.053.001.02").as_deref(),
            Some("<Ntry>\n <Amt>1</Amt>\n</Ntry>\n")
        );
        assert_eq!(
            told(xml, 5, "camt.053.001.02").as_deref(),
            Some("<n:Ntry><Amt>2</Amt></n:Ntry>\n")
        );
        // All on one line: nothing tells one from another.
        let flat = "<Stmt><Ntry>1</Ntry><Ntry>2</Ntry></Stmt>";
        assert_eq!(told(flat, 1, "camt.053.001.02"), None);
        assert_eq!(
            told("a;1\nb;2\n", 2, "some-report").as_deref(),
            Some("b;2\n")
        );
    }

    #[test]
    fn nothing_grows_without_end() {
        let long = format!(":61:{}", "x".repeat(200_000));
        assert_eq!(told(&long, 1, "MT940"), None);
        let many = ":61:x\n".to_owned() + &"more\n".repeat(10_000);
        assert_eq!(told(&many, 1, "MT940").unwrap().lines().count(), LINES_MAX);
    }
}
