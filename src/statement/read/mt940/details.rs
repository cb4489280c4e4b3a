//! The text of `:86:` → who, what for, and which virtual account, by the bank's profile.

use super::codewords;
use super::labels;
use super::line::Line;
use crate::statement::entry::Entry;
use crate::statement::read::account_like;
use crate::statement::read::profile::{
    DetailsShape, Label, Numbers, Place, Profile, Subfields, is_subfield, separator_after_code,
};
use crate::statement::read::scalar::{Day, number};
use chrono::NaiveDate;
use std::borrow::Cow;

/// Lines that are this long were wrapped by the bank, not ended by it (SWIFT: `6*65x`).
const LINE_WIDTH: usize = 65;

/// A part of a name that is this long goes on in the next (sub-fields of 27 signs).
const NAME_WIDTH: usize = 27;

/// Room for texts that are put together, kept from line to line.
#[derive(Debug, Default)]
pub(super) struct Scratch {
    title: String,
    name: String,
    account: String,
    starts: Vec<(usize, u8)>,
}

/// Fills the entry from `:61:` and the text of its `:86:` fields, line ends included.
pub(super) fn fill<'t>(
    entry: &mut Entry<'t>,
    line: &Line<'t>,
    details: &'t str,
    profile: &Profile,
    scratch: &'t mut Scratch,
) {
    entry.bank_reference = some(line.bank_reference);
    match &profile.details {
        DetailsShape::Labels => by_labels(entry, details, profile, &mut scratch.title),
        DetailsShape::CodeWords if codewords::begins(details) => {
            scratch.title.clear();
            push_joined(&mut scratch.title, details);
            codewords::fill(entry, &scratch.title);
        }
        // Where `:86:` is missing the text is what stands below `:61:`, and may be read already.
        DetailsShape::CodeWords
            if entry.counterparty_account.as_deref() == Some(details.trim()) => {}
        DetailsShape::CodeWords => entry.remittance = unwrapped(details, &mut scratch.title),
        DetailsShape::Subfields(subfields) => {
            let text = details.trim_start();
            match subfields.separator.or_else(|| separator_after_code(text)) {
                Some(sign) if holds_subfields(text, sign) => {
                    starts(text, sign, subfields, &mut scratch.starts);
                    by_subfields(entry, text, subfields, profile, scratch);
                }
                _ => entry.remittance = unwrapped(details, &mut scratch.title),
            }
        }
    }
    // What goes out credits no number of ours.
    let comes_in = entry.amount_minor > 0 || entry.reversal;
    if comes_in
        && entry.virtual_account.is_none()
        && profile.virtual_account.contains(&Place::AfterSlashes)
        && account_like(line.bank_reference)
    {
        entry.virtual_account = some(line.bank_reference);
    }
}

fn by_labels<'t>(entry: &mut Entry<'t>, details: &str, profile: &Profile, text: &'t mut String) {
    text.clear();
    push_joined(text, details);
    let text: &'t str = text;
    let found = labels::parse(text);
    if profile
        .virtual_account
        .contains(&Place::Label(Label::VirtualAccount))
        && account_like(found.virtual_account)
    {
        entry.virtual_account = some(found.virtual_account);
    }
    if profile.bank_reference == Some(Place::Label(Label::OperationNumber))
        && !found.operation_number.is_empty()
    {
        entry.bank_reference = Some(without_spaces(found.operation_number));
    }
    entry.counterparty_account =
        Some(without_spaces(found.account)).filter(|account| !account.is_empty());
    entry.counterparty_name = some(labels::name_of(found.name));
    entry.order_date = Day::dotted(found.order_date).exact();
    entry.remittance = Cow::Borrowed(found.title);
}

/// Whether the sign begins a sub-field anywhere near the start.
fn holds_subfields(text: &str, sign: u8) -> bool {
    separator_after_code(text) == Some(sign)
        || text
            .lines()
            .any(|line| starts_subfield(line.as_bytes(), sign))
}

fn starts_subfield(bytes: &[u8], sign: u8) -> bool {
    matches!(bytes, [first, tens, ones, ..] if *first == sign && subfield_number(*tens, *ones).is_some())
}

fn subfield_number(tens: u8, ones: u8) -> Option<u8> {
    let digits = tens.is_ascii_digit() && ones.is_ascii_digit();
    let number = digits.then(|| (tens - b'0') * 10 + (ones - b'0'))?;
    is_subfield(u32::from(number)).then_some(number)
}

/// Chunks are cut in the middle of words, so they are put together as they are.
fn by_subfields<'t>(
    entry: &mut Entry<'t>,
    text: &'t str,
    map: &Subfields,
    profile: &Profile,
    scratch: &'t mut Scratch,
) {
    let Scratch {
        title,
        name,
        account: joined_account,
        starts,
    } = scratch;
    title.clear();
    name.clear();
    let mut last_name = "";
    let mut account: Option<(usize, &'t str)> = None;
    let (mut bank_code, mut short_account) = ("", "");
    let places = profile.virtual_account.iter();
    let virtual_account: Numbers = places.filter_map(|place| place.subfield()).collect();
    for (number, value) in chunks(text, starts) {
        if is_empty_mark(value) {
            continue;
        }
        if map.title.contains(number) {
            push_joined(title, value);
        } else if map.name.contains(number) {
            // A name is followed by an address as often as by its own rest.
            if !name.is_empty() && !is_full(last_name) {
                name.push(' ');
            }
            push_joined(name, value);
            last_name = value;
        } else if let Some(rank) = map.account.iter().position(|&place| place == number) {
            if account.is_none_or(|(best, _)| rank < best) {
                account = Some((rank, value));
            }
        } else if map.split_account.is_some_and(|(code, _)| code == number) {
            bank_code = value;
        } else if map.split_account.is_some_and(|(_, short)| short == number) {
            short_account = value;
        }
        if virtual_account.contains(number) && account_like(value.trim()) {
            entry.virtual_account = Some(one_line(value));
        }
        other_places(entry, number, value, map, profile);
    }
    entry.remittance = Cow::Borrowed(title.trim());
    entry.counterparty_name = some(name.trim());
    let account = match account {
        Some((_, account)) => without_spaces(account),
        None if bank_code.is_empty() => without_spaces(short_account),
        None => {
            joined_account.clear();
            joined_account.push_str(&without_spaces(bank_code));
            joined_account.push_str(&without_spaces(short_account));
            Cow::Borrowed(joined_account.as_str())
        }
    };
    entry.counterparty_account = Some(account).filter(|account| !account.is_empty());
}

/// Sub-fields that only some profiles read.
fn other_places<'t>(
    entry: &mut Entry<'t>,
    number: u8,
    value: &'t str,
    map: &Subfields,
    profile: &Profile,
) {
    if map.order_date == Some(number) {
        entry.order_date = ddmmyy(value.trim());
    }
    if profile.bank_reference == Some(Place::Subfield(number)) {
        let reference = without_spaces(value);
        if !super::super::reference(&reference).is_empty() {
            entry.bank_reference = Some(reference);
        }
    }
}

/// Where the bank's own sub-fields begin, with their numbers, in the order of the text.
///
/// The payer writes the title and the name, and may write there what looks like a sub-field. In
/// front of the title nothing is the payer's; there the first of each number counts. Behind it
/// banks write their numbers in ascending order, so that a number that a smaller one follows, or
/// that comes again, is text. Parts of the title itself (`60` to `63` of the German form) may
/// stand anywhere.
fn starts(text: &str, sign: u8, map: &Subfields, found: &mut Vec<(usize, u8)>) {
    found.clear();
    let bytes = text.as_bytes();
    let is_title = |number: u8| map.title.contains(number);
    let (mut before, mut title) = (Numbers::default(), None);
    for at in memchr::memchr_iter(sign, bytes) {
        let placed = !map.at_line_start || at == 0 || bytes.get(at - 1) == Some(&b'\n');
        let number = match bytes.get(at + 1..at + 3) {
            Some([tens, ones]) => subfield_number(*tens, *ones),
            _ => None,
        };
        let Some(number) = number.filter(|_| placed || found.is_empty()) else {
            continue;
        };
        if title.is_none() {
            if before.contains(number) {
                continue;
            }
            before.insert(number);
            title = is_title(number).then_some((found.len(), number));
        }
        found.push((at, number));
    }
    let Some((title, first)) = title else {
        return;
    };
    let mut seen = Numbers::default();
    let mut next = u8::MAX;
    let mut place = found.len();
    // From the end: what follows a number decides about it.
    while let Some(behind) = place.checked_sub(1) {
        place = behind;
        let Some(&(_, number)) = found.get(place) else {
            break;
        };
        if place <= title {
            break;
        }
        let late_title = is_title(number) && 60 <= number;
        if late_title && !seen.contains(number) {
            seen.insert(number);
        } else if first < number && number < next && !late_title {
            next = number;
        } else {
            found.remove(place);
        }
    }
}

/// The sub-fields between such places: number and value, line ends included.
fn chunks<'a>(text: &'a str, starts: &[(usize, u8)]) -> impl Iterator<Item = (u8, &'a str)> {
    let ends = starts.iter().skip(1).map(|&(at, _)| at);
    let ends = ends.chain(std::iter::once(text.len()));
    let parts = starts.iter().zip(ends);
    parts.filter_map(move |(&(at, number), end)| Some((number, text.get(at + 3..end)?)))
}

/// An empty sub-field is the byte 0xFF in some exports, read as one of these signs.
fn is_empty_mark(value: &str) -> bool {
    if value.starts_with(|sign: char| sign.is_ascii_graphic()) {
        return false;
    }
    matches!(value.trim(), "" | "ÿ" | "˙" | "\u{FFFD}")
}

/// Whether a part of a name is as wide as it can be, without its line ends.
fn is_full(part: &str) -> bool {
    let signs = part.trim_end().chars();
    NAME_WIDTH <= part.len() && NAME_WIDTH <= signs.filter(|sign| !sign.is_control()).count()
}

/// Text without its line ends.
pub(super) fn joined(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    push_joined(&mut out, text);
    out
}

/// The same, kept where it stands if that is possible.
fn one_line(text: &str) -> Cow<'_, str> {
    let bare = text.trim_end_matches(['\r', '\n']);
    if is_one_line(bare) {
        Cow::Borrowed(bare)
    } else {
        Cow::Owned(joined(bare))
    }
}

/// Whether a text holds no control sign of ASCII.
fn is_one_line(text: &str) -> bool {
    // Counted, not searched: that goes many bytes at a time.
    text.bytes().filter(|byte| *byte < b' ').count() == 0
}

/// A line without the control signs around it.
fn without_controls(line: &str) -> &str {
    let line = line.strip_suffix('\r').unwrap_or(line);
    match line.as_bytes() {
        [b' '..=b'~', .., b' '..=b'~'] => line,
        _ => line.trim_matches(|letter: char| letter.is_control()),
    }
}

fn push_joined(out: &mut String, text: &str) {
    let text = text.trim_end_matches(['\r', '\n']);
    if is_one_line(text) {
        return out.push_str(text);
    }
    for line in text.split('\n') {
        out.push_str(without_controls(line));
    }
}

/// Free text: full lines were wrapped and are joined as they are, shorter ones get a space.
fn unwrapped<'t>(text: &str, out: &'t mut String) -> Cow<'t, str> {
    out.clear();
    let mut wrapped = true;
    for line in text.split('\n') {
        let line = without_controls(line);
        if line.is_empty() {
            continue;
        }
        if !wrapped && !out.ends_with(' ') {
            out.push(' ');
        }
        out.push_str(line);
        wrapped = line.chars().count() >= LINE_WIDTH;
    }
    Cow::Borrowed(out.trim())
}

fn without_spaces(text: &str) -> Cow<'_, str> {
    let bare = text.trim_ascii_end();
    if bare.bytes().all(|byte| byte.is_ascii_graphic()) {
        return Cow::Borrowed(bare);
    }
    let unwanted = |letter: char| letter.is_whitespace() || letter.is_control();
    Cow::Owned(text.replace(unwanted, ""))
}

pub(super) fn some(text: &str) -> Option<Cow<'_, str>> {
    (!text.is_empty()).then_some(Cow::Borrowed(text))
}

/// `DDMMYY` of a document date.
fn ddmmyy(text: &str) -> Option<NaiveDate> {
    let (day, month, year) = (
        number(text, 0..2)?,
        number(text, 2..4)?,
        number(text, 4..6)?,
    );
    Day::new(2000 + i32::try_from(year).ok()?, month, day)
        .exact()
        .filter(|_| text.len() == 6)
}
