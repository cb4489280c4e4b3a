//! The text of a two-dimensional code that a banking app reads into a transfer.
//!
//! Source: recommendation of the Polish Bank Association on 2D codes, version 1.0 of 3 December 2013:
//! `NIP|PL|account|amount|recipient|title|||`, the amount in grosze with six digits at least, at
//! most 160 signs in all. What a field cannot hold is cut off or left out, never guessed.

use crate::iban::Nrb;

/// Signs of the recipient's name.
const RECIPIENT_MAX: usize = 20;
/// Signs of the title.
const TITLE_MAX: usize = 32;
/// The largest amount of six digits: apps differ on more, so the payer writes it.
const GROSZE_MAX: i64 = 999_999;

/// A transfer in złoty.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Payment<'a> {
    /// The account that is credited.
    pub to: &'a Nrb,
    /// Grosze; what is too large for the code is left for the payer to write.
    pub grosze: i64,
    /// Who receives it.
    pub recipient: &'a str,
    /// What for.
    pub title: &'a str,
}

/// Whether the code of a transfer in złoty holds an amount in grosze; else the payer is told to write it.
pub fn has_room_for(grosze: i64) -> bool {
    (0..=GROSZE_MAX).contains(&grosze)
}

impl Payment<'_> {
    /// The text of the code.
    pub fn text(&self) -> String {
        let has_room = has_room_for(self.grosze);
        let grosze = if has_room { self.grosze } else { 0 };
        format!(
            "|PL|{}|{grosze:06}|{}|{}|||",
            self.to.as_str(),
            field(self.recipient, RECIPIENT_MAX),
            field(self.title, TITLE_MAX)
        )
    }
}

/// Signs of the recipient's name and of the text in a code for euros.
const EPC_NAME_MAX: usize = 70;
const EPC_TEXT_MAX: usize = 140;
/// Cents of the largest amount that such a code takes.
const CENTS_MAX: i64 = 99_999_999_999;

/// The text of a code for a transfer in euros; none where the amount is none. `payment` counts in
/// cents here.
///
/// Source: EPC069-12, version 002: lines, without a BIC inside the European Economic Area.
pub fn epc_text(payment: &Payment<'_>) -> Option<String> {
    let cents = payment.grosze;
    if !(1..=CENTS_MAX).contains(&cents) {
        return None;
    }
    Some(format!(
        "BCD\n002\n1\nSCT\n\n{}\n{}\nEUR{}.{:02}\n\n\n{}",
        field(payment.recipient, EPC_NAME_MAX),
        payment.to.iban(),
        cents / 100,
        cents % 100,
        field(payment.title, EPC_TEXT_MAX)
    ))
}

/// Letters, digits and a few signs that every app takes; runs of anything else are one space.
fn field(text: &str, signs_max: usize) -> String {
    let kept = text.chars().map(|sign| match sign {
        '.' | ',' | '/' => sign,
        sign if sign.is_alphanumeric() => sign,
        _ => ' ',
    });
    let kept: String = kept.collect();
    let words: Vec<&str> = kept.split_whitespace().collect();
    let cut: String = words.join(" ").chars().take(signs_max).collect();
    cut.trim_end().to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn account() -> Nrb {
        Nrb::from_bban("999000097777000000102345").unwrap()
    }

    fn text(grosze: i64, recipient: &str, title: &str) -> String {
        let to = account();
        let payment = Payment {
            to: &to,
            grosze,
            recipient,
            title,
        };
        payment.text()
    }

    #[test]
    fn a_code_is_what_the_recommendation_says() {
        assert_eq!(
            text(195_000, "Politechnika Opolska", "F-1 ALBUM 102345"),
            "|PL|64999000097777000000102345|195000|Politechnika Opolska|F 1 ALBUM 102345|||"
        );
        assert_eq!(
            text(
                5,
                "Żółć | Sp. z o.o. i bardzo długa nazwa",
                "Czesne\r\nza\tsemestr"
            ),
            "|PL|64999000097777000000102345|000005|Żółć Sp. z o.o. i ba|Czesne za semestr|||"
        );
        // Ten thousand złoty do not fit, so the payer writes the amount.
        assert!(text(1_000_000, "A", "B").contains("|000000|"));
    }

    #[test]
    fn a_code_for_euros_is_what_epc069_12_says() {
        let to = account();
        let mut payment = Payment {
            to: &to,
            grosze: 120_005,
            recipient: "Politechnika Opolska",
            title: "F-1 ALBUM 102345",
        };
        let text = epc_text(&payment).unwrap();
        let lines: Vec<&str> = text.split('\n').collect();
        assert_eq!(
            lines,
            [
                "BCD",
                "002",
                "1",
                "SCT",
                "",
                "Politechnika Opolska",
                "PL64999000097777000000102345",
                "EUR1200.05",
                "",
                "",
                "F 1 ALBUM 102345"
            ]
        );
        payment.grosze = 0;
        assert_eq!(epc_text(&payment), None);
    }

    proptest! {
        #[test]
        fn whatever_is_written_makes_nine_fields_of_their_lengths(
            recipient in any::<String>(), title in any::<String>(), grosze in any::<i64>(),
        ) {
            let text = text(grosze, &recipient, &title);
            let fields: Vec<&str> = text.split('|').collect();
            prop_assert_eq!(fields.len(), 9);
            let longest = [10, 2, 26, 6, 20, 32, 20, 12, 24];
            for (field, most) in fields.iter().zip(longest) {
                prop_assert!(field.chars().count() <= most, "{}", text);
            }
            prop_assert!(text.chars().count() <= 160 && !text.chars().any(char::is_control));
        }
    }
}
