//! Profiles that somebody declared for a bank that is not known here.
//!
//! In: data from the configuration, which alone can read its own file. Out: the profile of a
//! name. A declared name is never one of those that are built in.

use super::profile::{Label, Place, Profile, Subfields, is_subfield};
use super::report::Layout;

/// A profile with a name of its own.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Declared {
    /// The name under which the rest of the configuration chooses it.
    pub name: String,
    /// What it reads.
    pub kind: DeclaredKind,
}

/// What a declared profile reads.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum DeclaredKind {
    /// Reports that are neither MT940 nor camt.
    Report(Box<Layout>),
    /// MT940 and camt of a bank that writes them in a way of its own. Its name is the declared
    /// one.
    Dialect(Box<Profile>),
}

impl Declared {
    /// The report of a name, declared or built in.
    pub fn report(declared: &[Declared], name: &str) -> Option<Layout> {
        let found = declared.iter().find(|profile| profile.name == name);
        match found.map(|profile| &profile.kind) {
            Some(DeclaredKind::Report(layout)) => Some(Layout::clone(layout)),
            Some(DeclaredKind::Dialect(_)) => None,
            None => Layout::by_name(name),
        }
    }

    /// The dialect of MT940 and camt of a name, declared or built in.
    pub fn dialect(declared: &[Declared], name: &str) -> Option<Profile> {
        let found = declared.iter().find(|profile| profile.name == name);
        match found.map(|profile| &profile.kind) {
            Some(DeclaredKind::Dialect(profile)) => Some(Profile::clone(profile)),
            Some(DeclaredKind::Report(_)) => None,
            None => Profile::by_name(name),
        }
    }
}

/// The names of places that need no number.
const PLACES: [(&str, Place); 9] = [
    ("id iph", Place::Label(Label::VirtualAccount)),
    ("tnr", Place::Label(Label::OperationNumber)),
    ("after slashes", Place::AfterSlashes),
    ("creditor account", Place::CreditorAccount),
    ("ultimate creditor", Place::UltimateCreditor),
    ("structured reference", Place::StructuredReference),
    ("second unstructured", Place::SecondUnstructured),
    ("references", Place::References),
    ("additional information", Place::AdditionalInformation),
];

impl Place {
    /// The names that [`Place::by_name`] knows; sub-fields are named by their number.
    pub fn names() -> impl Iterator<Item = &'static str> {
        std::iter::once("subfield 63").chain(PLACES.iter().map(|(name, _)| *name))
    }

    /// The place of a name: `subfield 63`, `after slashes`, `creditor account` …
    pub fn by_name(name: &str) -> Option<Place> {
        if let Some(number) = name.strip_prefix("subfield ") {
            let number = number.parse().ok()?;
            return Subfields::is_known(number).then_some(Place::Subfield(number));
        }
        PLACES
            .iter()
            .find(|(known, _)| *known == name)
            .map(|(_, place)| *place)
    }
}

impl Subfields {
    /// Whether any bank uses this number for a sub-field; others are text.
    pub fn is_known(number: u8) -> bool {
        is_subfield(u32::from(number))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places_are_named_by_words_and_sub_fields_by_their_number() {
        for name in Place::names() {
            assert!(Place::by_name(name).is_some(), "{name}");
        }
        assert_eq!(Place::by_name("subfield 63"), Some(Place::Subfield(63)));
        for name in [
            "subfield 99",
            "subfield",
            "subfield 263",
            "behind slashes",
            "",
        ] {
            assert_eq!(Place::by_name(name), None, "{name}");
        }
    }
}
