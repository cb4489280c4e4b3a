//! mBank's `:86:`: labels in free text.
//!
//! `911 TRANSAKCJA COLLECT; ID IPH: XX000000102345; Z RACH.: …; OD: …; TYT.: …; DATA STEMPLA: …;
//! TNR: …`. The payer writes the name and the title, so what looks like a label inside them is
//! text: labels count only in the bank's order, and the two that end the line count at its end.

/// What the labels say; empty where a label is absent.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
pub(super) struct Labelled<'a> {
    pub virtual_account: &'a str,
    pub account: &'a str,
    pub name: &'a str,
    /// Title; where there is no label for it, the text in front of the labels that end the line.
    pub title: &'a str,
    pub order_date: &'a str,
    pub operation_number: &'a str,
}

/// The labels in front of the title and its own, in the order in which mBank writes them.
const HEAD: [(&str, Rank); 7] = [
    ("ID IPH:", Rank::VirtualAccount),
    ("Z RACH.:", Rank::Account),
    ("NA RACH.:", Rank::Account),
    ("DO RACH.:", Rank::Account),
    ("OD:", Rank::Name),
    ("DLA:", Rank::Name),
    ("TYT.:", Rank::Title),
];

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Rank {
    VirtualAccount,
    Account,
    Name,
    Title,
}

/// Cuts up the text, its lines already joined.
pub(super) fn parse(text: &str) -> Labelled<'_> {
    let mut found = Labelled::default();
    let body = take_tail(text, &mut found);
    let mut last: Option<Rank> = None;
    let mut rest = body;
    while last != Some(Rank::Title) {
        let (segment, behind) = rest.split_once(';').unwrap_or((rest, ""));
        if let Some((rank, value)) =
            head_label(segment).filter(|&(rank, _)| last.is_none_or(|last| last < rank))
        {
            last = Some(rank);
            let whole = if rank == Rank::Title {
                rest_of(body, value)
            } else {
                value
            };
            *found.field(rank) = whole.trim();
        }
        if behind.is_empty() {
            break;
        }
        rest = behind;
    }
    if last != Some(Rank::Title) {
        found.title = body.trim();
    }
    found
}

impl<'a> Labelled<'a> {
    fn field(&mut self, rank: Rank) -> &mut &'a str {
        match rank {
            Rank::VirtualAccount => &mut self.virtual_account,
            Rank::Account => &mut self.account,
            Rank::Name => &mut self.name,
            Rank::Title => &mut self.title,
        }
    }
}

/// Takes `DATA STEMPLA` and `TNR` off the end, each once; what is left ends with the title.
fn take_tail<'a>(text: &'a str, found: &mut Labelled<'a>) -> &'a str {
    let mut rest = text.trim_end_matches([';', ' ']);
    loop {
        let (before, last) = rest.rsplit_once(';').unwrap_or(("", rest));
        let last = last.trim();
        if let Some(value) = last
            .strip_prefix("TNR:")
            .filter(|_| found.operation_number.is_empty())
        {
            found.operation_number = value.trim();
        } else if let Some(value) = last
            .strip_prefix("DATA STEMPLA:")
            .filter(|_| found.order_date.is_empty())
        {
            found.order_date = value.trim();
        } else {
            return rest;
        }
        rest = before.trim_end();
    }
}

/// Everything from the start of `part`, a part of `text`, to the end.
fn rest_of<'a>(text: &'a str, part: &str) -> &'a str {
    text.get(part.as_ptr().addr() - text.as_ptr().addr()..)
        .unwrap_or_default()
}

fn head_label(segment: &str) -> Option<(Rank, &str)> {
    let segment = segment.trim_start();
    HEAD.iter()
        .find_map(|(label, rank)| Some((*rank, segment.strip_prefix(label)?)))
}

/// The name in front of the address: mBank separates them by two spaces, or not at all; then
/// the word for a street does.
pub(super) fn name_of(party: &str) -> &str {
    const STREETS: [&str; 6] = [" ", "UL.", "UL ", "AL.", "OS.", "PL."];
    let mut spaces = party.match_indices(' ');
    let end = spaces.find_map(|(at, _)| {
        let behind = party.get(at + 1..)?;
        STREETS
            .iter()
            .any(|street| behind.starts_with(street))
            .then_some(at)
    });
    party
        .get(..end.unwrap_or(party.len()))
        .unwrap_or(party)
        .trim()
}

#[cfg(test)]
mod tests {
    use super::*;

    const START: &str = "911 TRANSAKCJA COLLECT; ID IPH: XX000000102345; Z RACH.: 61109010140000071219812874; OD: JAN TESTOWY UL. PRZYKLADOWA 1; TYT.: ";

    #[test]
    fn every_label_is_found() {
        let text =
            format!("{START}CZESNE SEM 1; DATA STEMPLA: 09.10.2026; TNR: 100000000000001.000001");
        assert_eq!(
            parse(&text),
            Labelled {
                virtual_account: "XX000000102345",
                account: "61109010140000071219812874",
                name: "JAN TESTOWY UL. PRZYKLADOWA 1",
                title: "CZESNE SEM 1",
                order_date: "09.10.2026",
                operation_number: "100000000000001.000001",
            }
        );
    }

    #[test]
    fn a_payer_cannot_write_labels() {
        let table = [
            ("A; ID IPH: XX000000999999", "A; ID IPH: XX000000999999"),
            ("A; TNR: 9.9", "A; TNR: 9.9"),
            (
                "A; DATA STEMPLA: 01.01.2020; TNR: 9.9",
                "A; DATA STEMPLA: 01.01.2020; TNR: 9.9",
            ),
            ("A; TNR: 9.9; B", "A; TNR: 9.9; B"),
            ("A; TYT.: B; OD: C", "A; TYT.: B; OD: C"),
            ("A; B; C", "A; B; C"),
        ];
        for (title, expected) in table {
            let text = format!("{START}{title}; DATA STEMPLA: 09.10.2026; TNR: 1.1");
            let found = parse(&text);
            assert_eq!(found.title, expected);
            assert_eq!(
                (
                    found.virtual_account,
                    found.order_date,
                    found.operation_number
                ),
                ("XX000000102345", "09.10.2026", "1.1"),
                "{title}"
            );
        }
        let ordinary =
            parse("112 PRZELEW; OD: JAN; TYT.: ID IPH: XX1; ID IPH: XX000000999999; TNR: 1.1");
        assert_eq!(ordinary.virtual_account, "");
    }

    #[test]
    fn text_without_labels_is_the_title() {
        for text in ["PROWIZJA; ZA PRZELEW ", "PROWIZJA; ZA PRZELEW; TNR: 1.1"] {
            assert_eq!(parse(text).title, "PROWIZJA; ZA PRZELEW");
        }
    }

    #[test]
    fn a_name_ends_where_the_address_begins() {
        let table = [
            ("JAN TESTOWY UL. PRZYKLADOWA 1", "JAN TESTOWY"),
            ("JAN TESTOWY  PRZYKLADOWA 1", "JAN TESTOWY"),
            ("PAULINA TESTOWA", "PAULINA TESTOWA"),
        ];
        for (party, name) in table {
            assert_eq!(name_of(party), name);
        }
    }
}
