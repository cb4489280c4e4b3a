//! `[columns]` and `[[file]]`: what other systems call the columns of their files.
//!
//! `[columns.KIND]` holds for every file of a kind. A `[[file]]` holds for files of one name alone, and
//! goes before it: the dormitories' system writes its fees otherwise than the deans'.

use super::reader::{Reader, Section};
use crate::roster::{Columns, FileKind};
use std::collections::BTreeMap;
use std::path::Path;

/// How files of rows are read.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Files {
    /// Of each kind, where no name says otherwise.
    pub usual: BTreeMap<FileKind, Columns>,
    /// Of files with a name of their own; the first that fits holds.
    pub named: Vec<NamedFiles>,
}

/// Files of one system.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NamedFiles {
    /// Their name; `*` stands for any signs.
    pub name: String,
    /// What they hold.
    pub kind: FileKind,
    /// How they say it.
    pub columns: Columns,
}

impl Files {
    /// How a file is read; of its path only the name counts.
    pub fn columns(&self, kind: FileKind, path: &str) -> Columns {
        let name = Path::new(path).file_name().unwrap_or_default();
        let name = name.to_string_lossy();
        let mut named = self.named.iter();
        let own = named.find(|file| file.kind == kind && fits(&file.name, &name));
        own.map(|file| &file.columns)
            .or_else(|| self.usual.get(&kind))
            .cloned()
            .unwrap_or_default()
    }
}

/// Whether a name is one of a pattern: `*` stands for any signs, and letters are the same large and
/// small.
pub fn fits(pattern: &str, name: &str) -> bool {
    let (pattern, name) = (pattern.to_lowercase(), name.to_lowercase());
    let mut parts = pattern.split('*');
    let Some(mut rest) = parts.next().and_then(|first| name.strip_prefix(first)) else {
        return false;
    };
    let mut parts = parts.peekable();
    if parts.peek().is_none() {
        return rest.is_empty();
    }
    while let Some(part) = parts.next() {
        if parts.peek().is_none() {
            return rest.ends_with(part);
        }
        let Some((_, behind)) = rest.split_once(part) else {
            return false;
        };
        rest = behind;
    }
    true
}

pub(super) fn files(root: &mut Section<'_>, reader: &mut Reader<'_>) -> Files {
    let mut files = Files::default();
    if let Some(mut section) = root.section("columns", reader) {
        for kind in FileKind::ALL {
            if let Some(names) = texts(&mut section, kind.as_str(), kind, reader) {
                let columns = Columns {
                    names,
                    ..Columns::default()
                };
                files.usual.insert(kind, columns);
            }
        }
        section.finish(reader);
    }
    let sections = root.sections("file", reader).unwrap_or_default();
    let named = sections.into_iter();
    files.named = named.filter_map(|section| one(section, reader)).collect();
    files
}

fn one(mut section: Section<'_>, reader: &mut Reader<'_>) -> Option<NamedFiles> {
    let name = section.required("name", reader);
    section.need("kind", reader);
    let kinds = FileKind::ALL.map(|kind| (kind.as_str(), kind));
    // Without a kind nobody knows which columns there may be; one mistake is enough.
    let kind = section.choice("kind", &kinds, reader)?;
    let names = texts(&mut section, "columns", kind, reader).unwrap_or_default();
    let values = texts(&mut section, "values", kind, reader).unwrap_or_default();
    for both in values.keys().filter(|column| names.contains_key(*column)) {
        let message = format!("`{both}` stands under `columns` too; a file has it or has it not");
        section.mistake("values", message, reader);
    }
    section.finish(reader);
    Some(NamedFiles {
        name: name?,
        kind,
        columns: Columns { names, values },
    })
}

/// A section whose keys are columns.
fn texts(
    section: &mut Section<'_>,
    key: &str,
    kind: FileKind,
    reader: &mut Reader<'_>,
) -> Option<BTreeMap<String, String>> {
    let mut below = section.section(key, reader)?;
    let columns = kind.columns();
    let found =
        columns.filter_map(|column| Some((column.to_owned(), below.string(column, reader)?)));
    let found = found.collect();
    below.finish(reader);
    Some(found)
}

#[cfg(test)]
mod tests {
    use super::fits;

    #[test]
    fn a_star_stands_for_any_signs() {
        for (pattern, name, expected) in [
            ("a*b*c", "axxbyyc", true),
            ("a*b*c", "acb", false),
            ("a", "ab", false),
            ("STUD*.csv", "students-2026.CSV", true),
        ] {
            assert_eq!(fits(pattern, name), expected, "{pattern} {name}");
        }
    }
}
