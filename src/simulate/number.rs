//! Album and account numbers, with check digits worked out here and nowhere else.

use super::rng::Rng;
use super::{Category, Currency};

/// The sort code of the made-up bank that keeps the university's accounts.
pub(super) const SETTLEMENT: &str = "99900009";
/// Albums stand about this far apart, so that some slips of a digit hit nobody and some hit
/// another student.
const ALBUM_STEP: u32 = 4;
/// The lowest album.
const ALBUM_FIRST: u32 = 100_000;
/// More students would need a seventh digit.
pub(super) const STUDENTS_MAX: u32 = 200_000;

/// The album of the student with this index, from 0.
pub(super) fn album(seed: u64, index: u32) -> u32 {
    let jitter = Rng::new(seed, u64::from(index)).below(u64::from(ALBUM_STEP));
    ALBUM_FIRST + index * ALBUM_STEP + u32::try_from(jitter).unwrap_or(0)
}

/// Does a student of this world have the album?
pub(super) fn is_album(seed: u64, students: u32, number: u32) -> bool {
    number.checked_sub(ALBUM_FIRST).is_some_and(|above| {
        let index = above / ALBUM_STEP;
        index < students && album(seed, index) == number
    })
}

/// An album with one digit mistyped or two neighbours swapped that no student has.
pub(super) fn mistyped_album(rng: &mut Rng, seed: u64, students: u32, album: u32) -> u32 {
    for _ in 0..100 {
        let place = 10_u32.pow(u32::try_from(rng.below(6)).unwrap_or(0));
        let digit = album / place % 10;
        let slip = if rng.chance(60) {
            let other = u32::try_from(rng.below(10)).unwrap_or(0);
            album - digit * place + other * place
        } else {
            let neighbour = album / (place * 10) % 10;
            let pair = album - digit * place - neighbour * place * 10;
            pair + neighbour * place + digit * place * 10
        };
        if slip != album && slip < 1_000_000 && !is_album(seed, students, slip) {
            return slip;
        }
    }
    999_999
}

/// The 26 digits of the virtual account of an album in a category.
pub(super) fn virtual_number(currency: Currency, category: Category, album: u32) -> String {
    nrb(&format!(
        "{SETTLEMENT}{}{}{album:010}",
        currency.client_code(),
        category.digits()
    ))
}

/// The last digits of a virtual number, which mBank shows as `ID IPH: XX…`.
pub(super) fn collect_id(number: &str) -> &str {
    number.get(14..).unwrap_or_default()
}

/// The main account of a currency, as an IBAN.
pub(super) fn main_account(currency: Currency) -> String {
    let account = match currency {
        Currency::Pln => "0000000000001001",
        Currency::Eur => "0000000000002002",
    };
    format!("PL{}", nrb(&format!("{SETTLEMENT}{account}")))
}

/// An account of the university elsewhere.
pub(super) fn treasury_account(currency: Currency) -> String {
    let account = match currency {
        Currency::Pln => "0000000000009001",
        Currency::Eur => "0000000000009002",
    };
    format!(
        "PL{}",
        nrb(&format!("{}{account}", settlement_number(9_991_999)))
    )
}

/// A payer's account at a bank that does not exist: Polish, or German for euros.
pub(super) fn payer_account(rng: &mut Rng, currency: Currency) -> String {
    match currency {
        Currency::Pln => {
            let bank = settlement_number(9_991_000 + rng.below(40));
            format!(
                "PL{}",
                nrb(&format!("{bank}{:016}", rng.below(10_000_000_000_000_000)))
            )
        }
        Currency::Eur => iban("DE", &format!("99990000{:010}", rng.below(10_000_000_000))),
    }
}

/// Settlement number (8) and account (16) with the two check digits before them.
fn nrb(bban: &str) -> String {
    iban("PL", bban).split_off(2)
}

/// ISO 13616: country, check digits, account.
fn iban(country: &str, bban: &str) -> String {
    format!(
        "{country}{:02}{bban}",
        98 - remainder(&format!("{bban}{country}00"))
    )
}

/// The number modulo 97, letters read as 10 to 35 (ISO 7064).
pub(super) fn remainder(text: &str) -> u32 {
    text.chars()
        .filter_map(|char| char.to_digit(36))
        .fold(0, |rest, value| {
            let shifted = if value < 10 { rest * 10 } else { rest * 100 };
            (shifted + value) % 97
        })
}

/// Seven digits of a sort code and its check digit, weights 3, 9, 7, 1.
fn settlement_number(bank: u64) -> String {
    let digits = format!("{bank:07}");
    let sum: u32 = digits
        .chars()
        .filter_map(|char| char.to_digit(10))
        .zip([3, 9, 7, 1, 3, 9, 7])
        .map(|(d, w)| d * w)
        .sum();
    format!("{digits}{}", (10 - sum % 10) % 10)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    #[test]
    fn numbers_have_the_check_digits_worked_out_by_hand() {
        assert_eq!(
            virtual_number(Currency::Pln, Category::Tuition, 102_345),
            "02999000097777010000102345"
        );
        assert_eq!(
            virtual_number(Currency::Pln, Category::Dormitory, 102_345),
            "72999000097777030000102345"
        );
        assert_eq!(main_account(Currency::Pln), "PL40999000090000000000001001");
        assert_eq!(collect_id("02999000097777010000102345"), "010000102345");
        assert_eq!(settlement_number(9_990_000), SETTLEMENT);
    }

    #[test]
    fn every_number_divides_by_97_with_remainder_1() {
        let mut rng = Rng::new(5, 0);
        let mut numbers = vec![main_account(Currency::Eur)];
        for index in 0..500 {
            for category in [Category::Tuition, Category::Dormitory] {
                numbers.push(format!(
                    "PL{}",
                    virtual_number(Currency::Eur, category, album(5, index))
                ));
            }
            numbers.push(payer_account(&mut rng, Currency::Pln));
            numbers.push(payer_account(&mut rng, Currency::Eur));
        }
        for number in numbers {
            assert_eq!(
                remainder(&format!("{}{}", &number[4..], &number[..4])),
                1,
                "{number}"
            );
        }
    }

    #[test]
    fn albums_are_unique_and_have_six_digits() {
        let albums: BTreeSet<u32> = (0..STUDENTS_MAX).map(|index| album(9, index)).collect();
        assert_eq!(albums.len(), STUDENTS_MAX as usize);
        assert!(
            albums
                .iter()
                .all(|album| (100_000..1_000_000).contains(album))
        );
        assert!(
            albums
                .iter()
                .all(|number| is_album(9, STUDENTS_MAX, *number))
        );
    }

    #[test]
    fn some_slips_of_a_digit_hit_another_student_and_mistyped_albums_never_do() {
        let issued = |number| is_album(9, 1000, number);
        let hits = (0..1000)
            .filter(|index| issued(album(9, *index) + 1))
            .count();
        assert!((1..1000).contains(&hits));
        let mut rng = Rng::new(9, 0);
        for index in 0..1000 {
            let slip = mistyped_album(&mut rng, 9, 1000, album(9, index));
            assert!(!issued(slip), "{slip}");
        }
    }
}
