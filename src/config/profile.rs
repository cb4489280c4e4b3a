//! `[[profile]]`: banks that write their files in a way that is not built in.
//!
//! In: sections of the file. Out: declared profiles, each either a way of writing MT940 and camt
//! that is based on a built-in one, or the layout of a report. Names of built-in profiles are
//! never taken.

mod report;

use super::account;
use super::reader::{Reader, Section, suggestion};
use crate::statement::read::declared::{Declared, DeclaredKind};
use crate::statement::read::report::Layout;
use crate::statement::read::{CreditingRule, DetailsShape, Encoding, Place, Profile, Subfields};
use toml_edit::Value;

/// What the sections say.
#[derive(Default)]
pub(super) struct Profiles {
    /// Those without mistakes.
    pub declared: Vec<Declared>,
    /// The names of the others. Whoever chooses one is not told about their mistakes again.
    pub unread: Vec<String>,
}

/// The names that the rest of the configuration may choose from.
pub(super) struct Names<'a> {
    /// Profiles of statements.
    pub statements: Vec<&'a str>,
    /// Profiles of reports.
    pub reports: Vec<&'a str>,
    /// Profiles with mistakes of their own.
    pub unread: &'a [String],
}

impl<'a> Names<'a> {
    /// The built-in names and the declared ones.
    pub(super) fn new(known: &[&'a str], profiles: &'a Profiles) -> Names<'a> {
        let mut names = Names {
            statements: known.to_vec(),
            reports: Layout::names().to_vec(),
            unread: &profiles.unread,
        };
        for profile in &profiles.declared {
            let name = profile.name.as_str();
            match &profile.kind {
                DeclaredKind::Report(_) => names.reports.push(name),
                DeclaredKind::Dialect(_) => names.statements.push(name),
            }
        }
        names
    }
}

/// Reads all sections; `known` are the built-in profiles of statements.
pub(super) fn profiles(
    root: &mut Section<'_>,
    known: &[&str],
    reader: &mut Reader<'_>,
) -> Profiles {
    let mut profiles = Profiles::default();
    for mut section in root.sections("profile", reader).unwrap_or_default() {
        let name = name(&mut section, known, &profiles, reader);
        let kind = if section.keys().contains(&"based_on") {
            dialect(&mut section, name.as_deref(), known, reader)
        } else {
            report::layout(&mut section, reader)
                .map(|layout| DeclaredKind::Report(Box::new(layout)))
        };
        section.finish(reader);
        match (name, kind) {
            (Some(name), Some(kind)) => profiles.declared.push(Declared { name, kind }),
            (Some(name), None) => profiles.unread.push(name),
            (None, _) => {}
        }
    }
    profiles
}

fn name(
    section: &mut Section<'_>,
    known: &[&str],
    others: &Profiles,
    reader: &mut Reader<'_>,
) -> Option<String> {
    let name = section.required("name", reader)?;
    let plain =
        |letter: char| letter.is_ascii_lowercase() || letter.is_ascii_digit() || letter == '-';
    let message = if !name.chars().all(plain) {
        format!("`{name}` is no name for a profile; write it in small letters, digits and -")
    } else if known.contains(&name.as_str())
        || Profile::names().contains(&name.as_str())
        || Layout::names().contains(&name.as_str())
    {
        format!("`{name}` is built in; choose another name")
    } else if others.declared.iter().any(|other| other.name == name)
        || others.unread.contains(&name)
    {
        format!("the profile `{name}` stands twice")
    } else {
        return Some(name);
    };
    section.mistake("name", message, reader);
    None
}

/// MT940 and camt as a built-in profile reads them, but for what the section says.
fn dialect(
    section: &mut Section<'_>,
    name: Option<&str>,
    known: &[&str],
    reader: &mut Reader<'_>,
) -> Option<DeclaredKind> {
    let base = base(section, known, reader);
    let mut profile = base.clone().unwrap_or_else(Profile::generic);
    name.unwrap_or_default().clone_into(&mut profile.name);
    profile.encoding = encoding(section, reader).or(profile.encoding);
    details(section, &mut profile, base.is_some(), reader);
    let places = section.strings("virtual_account", reader);
    let places: Vec<Place> = places
        .iter()
        .filter_map(|text| place(section, "virtual_account", text, reader))
        .collect();
    if !places.is_empty() {
        profile.virtual_account = places;
    }
    if let Some(text) = section.string("bank_reference", reader) {
        let found = place(section, "bank_reference", &text, reader);
        if matches!(found, Some(Place::Subfield(_) | Place::Label(_))) {
            profile.bank_reference = found;
        } else if found.is_some() {
            let message = "a reference stands in a sub-field, as \"subfield 10\", or is \"tnr\"; what follows // and camt's own element are always read";
            section.mistake("bank_reference", message, reader);
        }
    }
    let rules = [
        ("booking", CreditingRule::Booking),
        ("value", CreditingRule::Value),
    ];
    if let Some(rule) = section.choice("value_before_booking", &rules, reader) {
        profile.value_before_booking = rule;
    }
    if let Some(reliable) = section.boolean("reference_is_identity", reader) {
        profile.reliable_reference = reliable;
    }
    base.map(|_| DeclaredKind::Dialect(Box::new(profile)))
}

fn base(section: &mut Section<'_>, known: &[&str], reader: &mut Reader<'_>) -> Option<Profile> {
    let text = section.required("based_on", reader)?;
    let found = Profile::by_name(&text).filter(|_| known.contains(&text.as_str()));
    if found.is_none() {
        let message = if Layout::names().contains(&text.as_str()) {
            format!(
                "`{text}` is a report; name it as it is, or write a report of your own with all its columns"
            )
        } else {
            let hint = suggestion(&text, known.iter().copied());
            format!("`{text}` is none of: {}{hint}", known.join(", "))
        };
        section.mistake("based_on", message, reader);
    }
    found
}

/// How `:86:` is cut up.
fn details(
    section: &mut Section<'_>,
    profile: &mut Profile,
    is_based: bool,
    reader: &mut Reader<'_>,
) {
    const KEYS: [&str; 7] = [
        "separator",
        "subfields_at_line_start",
        "title_subfields",
        "name_subfields",
        "account_subfields",
        "split_account_subfields",
        "order_date_subfield",
    ];
    let written = section.keys();
    let mut unused = no_subfields();
    let labels = !matches!(profile.details, DetailsShape::Subfields(_));
    let subfields = match &mut profile.details {
        DetailsShape::Subfields(subfields) => subfields,
        DetailsShape::Labels | DetailsShape::CodeWords => &mut unused,
    };
    if let Some(sign) = sign(section, "separator", reader) {
        match u8::try_from(sign) {
            Ok(byte) if byte.is_ascii_punctuation() && !matches!(byte, b'/' | b':') => {
                subfields.separator = Some(byte);
            }
            _ => section.mistake(
                "separator",
                "sub-fields begin with a sign like ?, ~, ^, < or +",
                reader,
            ),
        }
    }
    if let Some(at_line_start) = section.boolean("subfields_at_line_start", reader) {
        subfields.at_line_start = at_line_start;
    }
    if let Some(numbers) = numbers(section, "title_subfields", reader) {
        subfields.title = numbers.into_iter().collect();
    }
    if let Some(numbers) = numbers(section, "name_subfields", reader) {
        subfields.name = numbers.into_iter().collect();
    }
    if let Some(numbers) = numbers(section, "account_subfields", reader) {
        subfields.account = numbers;
    }
    match numbers(section, "split_account_subfields", reader).as_deref() {
        None => {}
        Some(&[bank, account]) => subfields.split_account = Some((bank, account)),
        Some(_) => {
            let message = "two numbers are expected here: bank code and account";
            section.mistake("split_account_subfields", message, reader);
        }
    }
    if let Some(number) = section.integer("order_date_subfield", 0..100, reader) {
        subfields.order_date = Some(number);
        known_number(section, "order_date_subfield", number, reader);
    }
    if labels && is_based {
        for key in KEYS.into_iter().filter(|key| written.contains(key)) {
            let message = "the profile on which this one is based has no numbered sub-fields; `german` has them";
            section.mistake(key, message, reader);
        }
    }
}

/// Stands in where a profile has labels, so that mistakes are told all the same.
fn no_subfields() -> Subfields {
    Subfields {
        separator: None,
        at_line_start: false,
        title: std::iter::empty().collect(),
        name: std::iter::empty().collect(),
        account: Vec::new(),
        split_account: None,
        order_date: None,
    }
}

/// Numbers of sub-fields; `None` if the key is not written.
fn numbers(section: &mut Section<'_>, key: &str, reader: &mut Reader<'_>) -> Option<Vec<u8>> {
    let expected = "a list of sub-fields like [20, 21]";
    let numbers: Vec<u8> = section.value(key, expected, reader, |value| {
        let numbers = value.as_array()?.iter();
        numbers
            .map(|number| u8::try_from(number.as_integer()?).ok())
            .collect()
    })?;
    for &number in &numbers {
        known_number(section, key, number, reader);
    }
    Some(numbers)
}

fn known_number(section: &Section<'_>, key: &str, number: u8, reader: &mut Reader<'_>) {
    if !Subfields::is_known(number) {
        let message =
            format!("no bank has a sub-field {number}; they are 0, 10, 20 to 34, 38 and 60 to 65");
        section.mistake(key, message, reader);
    }
}

fn place(section: &Section<'_>, key: &str, text: &str, reader: &mut Reader<'_>) -> Option<Place> {
    let found = Place::by_name(text);
    if found.is_none() {
        let all: Vec<&str> = Place::names().collect();
        let hint = suggestion(text, all.iter().copied());
        let message = format!("`{text}` is none of: {}{hint}", all.join(", "));
        section.mistake(key, message, reader);
    }
    found
}

fn encoding(section: &mut Section<'_>, reader: &mut Reader<'_>) -> Option<Encoding> {
    let text = section.string("encoding", reader)?;
    let name = account::encoding(section, &text, reader)?;
    Encoding::by_name(&name)
}

/// One sign, which may be a space or a tab.
fn sign(section: &mut Section<'_>, key: &str, reader: &mut Reader<'_>) -> Option<char> {
    section.value(
        key,
        "one sign in quotation marks",
        reader,
        |value: &Value| {
            let mut signs = value.as_str()?.chars();
            signs.next().filter(|_| signs.next().is_none())
        },
    )
}

#[cfg(test)]
mod tests;
