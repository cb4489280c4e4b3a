//! What people type into forms, and addresses made of it.

use crate::text::{Language, in_address};
use chrono::NaiveDate;

/// A text with something in it.
pub fn filled(text: &str) -> Option<&str> {
    Some(text.trim()).filter(|text| !text.is_empty())
}

/// A day, ISO as browsers send it or `dd.mm.yyyy`.
pub fn day(text: &str) -> Option<NaiveDate> {
    crate::roster::parse_date(text.trim())
}

/// A path on this site, and nothing that a browser could take for another.
pub fn local(to: &str) -> &str {
    let is_local = to.starts_with('/')
        && !to.starts_with("//")
        && !to.contains('\\')
        && to.bytes().all(|byte| byte.is_ascii_graphic());
    if is_local { to } else { "/" }
}

/// What is looked for as it stands in an address, without what is not filled in.
pub fn query(pairs: &[(&str, &str)]) -> String {
    let filled = pairs.iter().filter(|(_, value)| !value.trim().is_empty());
    let pairs: Vec<String> = filled
        .map(|(name, value)| format!("{name}={}", in_address(value)))
        .collect();
    pairs.join("&")
}

/// What stands where nothing is known.
pub fn day_or_dash(language: Language, day: Option<NaiveDate>) -> String {
    day.map_or_else(
        || "–".to_owned(),
        |day| super::figures::short(language, day),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_way_back_never_leads_to_another_site() {
        for to in [
            "//evil.example",
            "https://evil.example",
            "/\\evil.example",
            "evil",
            "/a\r\nb",
            "",
        ] {
            assert_eq!(local(to), "/", "{to}");
        }
        assert_eq!(local("/review?id=1"), "/review?id=1");
    }
}
