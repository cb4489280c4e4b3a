//! Students and what each of them owes.

use super::days::{self, AS_OF, AS_OF_REPEATS, day};
use super::rng::Rng;
use super::{Category, Currency, DEAD_ADDRESS, Paying, Plan, number};
use chrono::{Days, NaiveDate};

/// A student.
pub(super) struct Student {
    /// From 0.
    pub(super) index: u32,
    /// The student system's id of the person.
    pub(super) external_id: String,
    /// Student number.
    pub(super) album: u32,
    /// Given name.
    pub(super) given_name: &'static str,
    /// Family name.
    pub(super) family_name: &'static str,
    /// What the student studies, and so pays.
    pub(super) studies: Studies,
    /// Who pays, if anybody does.
    pub(super) manner: Manner,
    /// The mail server knows no such address.
    pub(super) dead_address: bool,
}

/// Who pays for a student.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Manner {
    /// The household, well or badly.
    Household,
    /// An employer, for several students with one transfer.
    Employer,
    /// Nobody, ever.
    Silent,
}

/// Who pays for what.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Studies {
    /// Free of charge but for the card, the dormitory and repeated classes.
    FullTime,
    /// Pays for the semester, whole or in instalments.
    PartTime,
    /// From abroad: pays for the semester in euros.
    Foreign,
    /// A doctoral student.
    Doctoral,
}

impl Student {
    /// Given and family name.
    pub(super) fn name(&self) -> String {
        format!("{} {}", self.given_name, self.family_name)
    }

    /// A row of `students.csv`, without the line's end.
    pub(super) fn row(&self) -> String {
        let (population, domain) = match self.studies {
            Studies::Doctoral => ("doctoral", "doktorant"),
            _ => ("student", "student"),
        };
        let language = if self.studies == Studies::Foreign {
            "en"
        } else {
            "pl"
        };
        format!(
            "{};{};{};{};{population};{}s{}@{domain}.politechnika.example;{language};active;{};{AS_OF}",
            self.external_id,
            self.album,
            self.given_name,
            self.family_name,
            if self.dead_address { DEAD_ADDRESS } else { "" },
            self.album,
            day(2026, 9, 15),
        )
    }
}

/// The header of `students.csv`.
pub(super) const STUDENTS_HEADER: &str =
    "external_id;album;given_name;family_name;population;email;language;status;valid_from;as_of";

/// The header of `fees.csv`.
pub(super) const FEES_HEADER: &str = "external_id;student_external_id;kind;category;title_pl;title_en;amount;currency;published_on;nominal_due_on;as_of";

/// Something to pay.
#[derive(Debug, Clone)]
pub(super) struct Fee {
    /// The student system's id of the receivable.
    pub(super) external_id: String,
    /// Names the policy.
    pub(super) kind: &'static str,
    /// Names the virtual account.
    pub(super) category: Category,
    /// Title in Polish.
    pub(super) title_pl: String,
    /// Title in English.
    pub(super) title_en: String,
    /// Minor units.
    pub(super) amount_minor: i64,
    /// Currency of the amount.
    pub(super) currency: Currency,
    /// When the student system published it.
    pub(super) published_on: NaiveDate,
    /// The due date as written.
    pub(super) nominal_due_on: NaiveDate,
    /// The day of the export.
    pub(super) as_of: NaiveDate,
}

impl Fee {
    /// From when it takes part in the settlement.
    pub(super) fn visible_from(&self) -> NaiveDate {
        self.published_on.max(self.as_of)
    }

    /// The due date after notice and holidays.
    pub(super) fn due_on(&self) -> NaiveDate {
        days::due_on(self.nominal_due_on, self.visible_from())
    }

    /// A row of `fees.csv`, without the line's end.
    pub(super) fn row(&self, student: &Student) -> String {
        format!(
            "{};{};{};{};{};{};{},{:02};{};{};{};{}",
            self.external_id,
            student.external_id,
            self.kind,
            self.category.name(),
            quoted(&self.title_pl),
            quoted(&self.title_en),
            self.amount_minor / 100,
            self.amount_minor % 100,
            self.currency.code(),
            self.published_on,
            self.nominal_due_on,
            self.as_of,
        )
    }
}

/// A field as RFC 4180 wants it where it holds the separator or a quotation mark.
fn quoted(field: &str) -> String {
    if field.contains([';', '"']) {
        format!("\"{}\"", field.replace('"', "\"\""))
    } else {
        field.to_owned()
    }
}

/// Given names of made-up Polish students and their parents.
pub(super) const GIVEN_NAMES: [&str; 24] = [
    "Anna",
    "Łukasz",
    "Zofia",
    "Michał",
    "Żaneta",
    "Paweł",
    "Świętosława",
    "Jan",
    "Małgorzata",
    "Stanisław",
    "Ewa",
    "Wojciech",
    "Agnieszka",
    "Rafał",
    "Joanna",
    "Błażej",
    "Kinga",
    "Tomasz",
    "Róża",
    "Grzegorz",
    "Helena",
    "Maciej",
    "Dominika",
    "Jędrzej",
];

/// Family names that do not change with gender.
pub(super) const FAMILY_NAMES: [&str; 30] = [
    "Nowak",
    "Wójcik",
    "Woźniak",
    "Mazur",
    "Krawczyk",
    "Zając",
    "Król",
    "Wróbel",
    "Dudek",
    "Stępień",
    "Pająk",
    "Bąk",
    "Gęsiarz",
    "Źrebiec",
    "Ćwikła",
    "Śliwa",
    "Żak",
    "Kołodziej",
    "Kowal",
    "Gołąb",
    "Sroka",
    "Jeż",
    "Dąb",
    "Łoś",
    "Próba-Przykład",
    "Testowy",
    "Kaczmarek",
    "Walczak",
    "Piętka",
    "Gwóźdź",
];

const FOREIGN_GIVEN_NAMES: [&str; 10] = [
    "Olena", "Mehmet", "Priya", "Andrii", "Maria", "Yusuf", "Chidi", "Lin", "Aiko", "Sean",
];

const FOREIGN_FAMILY_NAMES: [&str; 10] = [
    "Bondar",
    "Yildiz",
    "Sharma",
    "Kravets",
    "Garcia Ruiz",
    "Demir",
    "Okafor",
    "Chen",
    "Sato",
    "O'Brien",
];

/// The student with this index, from 0.
pub(super) fn student(seed: u64, index: u32) -> Student {
    let mut rng = Rng::new(seed, (1 << 32) + u64::from(index));
    let studies = match rng.below(100) {
        0..48 => Studies::FullTime,
        48..85 => Studies::PartTime,
        85..94 => Studies::Foreign,
        _ => Studies::Doctoral,
    };
    let (given_name, family_name) = match studies {
        Studies::Foreign => (
            rng.pick(&FOREIGN_GIVEN_NAMES),
            rng.pick(&FOREIGN_FAMILY_NAMES),
        ),
        _ => (rng.pick(&GIVEN_NAMES), rng.pick(&FAMILY_NAMES)),
    };
    let album = number::album(seed, index);
    // From a stream of its own, so that nobody's studies or name depend on it.
    let mut rng = Rng::new(seed, (64 << 32) + u64::from(index));
    let manner = match rng.below(100) {
        0..4 => Manner::Silent,
        4..20 if studies == Studies::PartTime => Manner::Employer,
        _ => Manner::Household,
    };
    Student {
        index,
        manner,
        dead_address: rng.chance(2),
        external_id: format!("P-{index:07}"),
        album,
        given_name,
        family_name,
        studies,
    }
}

/// What a student owes in this semester; at least one fee.
pub(super) fn fees(plan: &Plan, student: &Student) -> Vec<Fee> {
    let mut rng = Rng::new(plan.seed, (2 << 32) + u64::from(student.index));
    let (card, dormitory, repeat) = match (student.studies, plan.paying) {
        (Studies::FullTime, Paying::AsAgreed) => (100, 50, 10),
        (Studies::FullTime, Paying::Monthly) => (100, 100, 10),
        (Studies::PartTime, Paying::AsAgreed) => (30, 10, 8),
        (Studies::PartTime, Paying::Monthly) => (30, 25, 8),
        (Studies::Foreign, Paying::AsAgreed) => (0, 60, 0),
        (Studies::Foreign, Paying::Monthly) => (0, 100, 0),
        (Studies::Doctoral, Paying::AsAgreed) => (100, 40, 0),
        (Studies::Doctoral, Paying::Monthly) => (100, 100, 0),
    };
    let mut fees = Vec::new();
    match student.studies {
        Studies::PartTime => tuition(&mut rng, plan.paying, Currency::Pln, &mut fees),
        Studies::Foreign => tuition(&mut rng, plan.paying, Currency::Eur, &mut fees),
        Studies::FullTime | Studies::Doctoral => {}
    }
    if rng.chance(card) {
        fees.push(student_card());
    }
    if rng.chance(dormitory) {
        dormitory_months(&mut rng, &mut fees);
    }
    if rng.chance(repeat) {
        fees.push(repeated_class(&mut rng));
    }
    for (at, fee) in fees.iter_mut().enumerate() {
        fee.external_id = format!("F-26Z-{:07}{}", student.index, at + 1);
        if fee.as_of == AS_OF {
            fee.published_on = day(2026, 9, 15) + Days::new(rng.below(4));
        }
    }
    fees
}

/// The semester at once, in two unequal instalments, or in four.
fn tuition(rng: &mut Rng, paying: Paying, currency: Currency, fees: &mut Vec<Fee>) {
    let whole = match currency {
        Currency::Pln => rng.between(32, 49) * 5_000,
        Currency::Eur => rng.between(18, 50) * 5_000,
    };
    let days_due = [
        day(2026, 10, 15),
        day(2026, 11, 15),
        day(2026, 12, 15),
        day(2027, 1, 15),
    ];
    let shares: &[i64] = match (rng.below(10), paying) {
        (0..4, Paying::AsAgreed) => &[100],
        (4..7, Paying::AsAgreed) => &[60, 40],
        _ => &[25, 25, 25, 25],
    };
    for (at, (share, nominal)) in shares.iter().zip(days_due).enumerate() {
        let (title_pl, title_en) = if shares.len() == 1 {
            (
                "Czesne, semestr zimowy".to_owned(),
                "Tuition, winter semester".to_owned(),
            )
        } else {
            (
                format!("Czesne; rata {}", at + 1),
                format!("Tuition; instalment {}", at + 1),
            )
        };
        let fee = blank("tuition", Category::Tuition, whole * share / 100, nominal);
        fees.push(Fee {
            title_pl,
            title_en,
            currency,
            ..fee
        });
    }
}

/// Four months of a room.
fn dormitory_months(rng: &mut Rng, fees: &mut Vec<Fee>) {
    let rent = rng.between(48, 72) * 1_000;
    for (month_pl, month_en, nominal) in [
        ("październik", "October", day(2026, 10, 10)),
        ("listopad", "November", day(2026, 11, 11)),
        ("grudzień", "December", day(2026, 12, 10)),
        ("styczeń", "January", day(2027, 1, 6)),
    ] {
        let fee = blank("dormitory", Category::Dormitory, rent, nominal);
        let title_pl = format!("Akademik \"Pod Lipą\", {month_pl}");
        fees.push(Fee {
            title_pl,
            title_en: format!("Dormitory, {month_en}"),
            ..fee
        });
    }
}

/// The card, due before the notice is over.
fn student_card() -> Fee {
    let fee = blank("card", Category::Tuition, 2_200, day(2026, 9, 30));
    Fee {
        title_pl: "Legitymacja studencka".to_owned(),
        title_en: "Student card".to_owned(),
        ..fee
    }
}

/// A fee that a later export announces.
fn repeated_class(rng: &mut Rng) -> Fee {
    let nominal = rng.pick(&[day(2026, 11, 10), day(2026, 11, 30), day(2026, 12, 24)]);
    let fee = blank(
        "repeat",
        Category::Tuition,
        rng.between(15, 60) * 1_000,
        nominal,
    );
    Fee {
        title_pl: "Powtarzanie zajęć".to_owned(),
        title_en: "Repeated class".to_owned(),
        published_on: day(2026, 11, 3),
        as_of: AS_OF_REPEATS,
        ..fee
    }
}

/// A fee of the September export in złotys that still lacks its id and titles.
fn blank(
    kind: &'static str,
    category: Category,
    amount_minor: i64,
    nominal_due_on: NaiveDate,
) -> Fee {
    Fee {
        external_id: String::new(),
        kind,
        category,
        title_pl: String::new(),
        title_en: String::new(),
        amount_minor,
        currency: Currency::Pln,
        published_on: AS_OF,
        nominal_due_on,
        as_of: AS_OF,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_student_owes_something_and_ids_are_unique() {
        let mut ids = std::collections::BTreeSet::new();
        for index in 0..500 {
            let fees = fees(&Plan::of(500, 4), &student(4, index));
            assert!(!fees.is_empty());
            for fee in fees {
                assert!(fee.amount_minor > 0 && fee.due_on() >= fee.visible_from());
                assert!(ids.insert(fee.external_id));
            }
        }
    }

    #[test]
    fn the_instalments_of_a_semester_are_its_whole_price() {
        let mut seen = std::collections::BTreeSet::new();
        for index in 0..200 {
            let mut fees = Vec::new();
            let mut rng = Rng::new(1, index);
            tuition(&mut rng, Paying::AsAgreed, Currency::Pln, &mut fees);
            assert_eq!(
                fees.iter().map(|fee| fee.amount_minor).sum::<i64>() % 5_000,
                0
            );
            seen.insert(fees.len());
        }
        assert_eq!(seen.into_iter().collect::<Vec<_>>(), [1, 2, 4]);
    }

    #[test]
    fn some_students_are_silent_some_have_an_employer_and_some_a_dead_address() {
        let students = || (0..500).map(|index| student(4, index));
        for manner in [Manner::Silent, Manner::Employer, Manner::Household] {
            let seen = students().filter(|student| student.manner == manner);
            assert!(seen.count() > 5, "{manner:?}");
        }
        let dead = students().filter(|student| student.dead_address);
        let rows: Vec<String> = dead.map(|student| student.row()).collect();
        assert!(rows.len() > 2 && rows.iter().all(|row| row.contains(";dead.s")));
    }

    #[test]
    fn a_field_with_the_separator_is_quoted() {
        assert_eq!(quoted("Czesne; rata 1"), "\"Czesne; rata 1\"");
        assert_eq!(
            quoted("Akademik \"Pod Lipą\""),
            "\"Akademik \"\"Pod Lipą\"\"\""
        );
        assert_eq!(quoted("Czesne"), "Czesne");
    }
}
