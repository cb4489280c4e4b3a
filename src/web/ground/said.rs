//! What the engine says in English, in the reader's language. A sentence that is not known here stands
//! as it is; a test holds every kind of evidence against the table.

use super::on_pages::ON_PAGES;
use super::refusals::REFUSALS;
use crate::text::Language;

/// English and Polish; `{}` stands for a name, a number, or another sentence of the table. What is
/// made of parts stands last.
const TABLE: &[(&str, &str)] = &[
    // Whose a credit is.
    ("the account {} in the text", "numer {} w tytule"),
    ("the fee {} in the text", "opłata {} w tytule"),
    ("the album {} in the text", "album {} w tytule"),
    ("the credited account", "rachunek, na który wpłynęło"),
    (
        "the sender has so far paid for this student alone",
        "nadawca płacił dotąd tylko za tę osobę",
    ),
    ("the name", "imię i nazwisko"),
    ("an open fee of this amount", "otwarta opłata na tę kwotę"),
    (
        "the account {} was never issued",
        "numer {} nigdy nie został nadany",
    ),
    (
        "it came without a student's account",
        "wpłynęło bez rachunku studenta",
    ),
    (
        "the bank took back a credit, and it is not clear which",
        "bank cofnął wpłatę i nie wiadomo, którą",
    ),
    (
        "its text names several fees whose open amounts do not add up to it",
        "tytuł wymienia kilka opłat, które nie sumują się do kwoty",
    ),
    // Statements.
    (
        "it does not add up: opening and entries give {} more than the closing balance",
        "nie zgadza się: saldo początkowe i pozycje dają o {} więcej niż saldo końcowe",
    ),
    ("a balance is missing", "brakuje salda"),
    // Cases.
    ("{} works on it meanwhile", "zajął się tym ktoś inny: {}"),
    (
        "it is not about one fee alone; decide it by itself, on the page of case {}",
        "nie dotyczy jednej opłaty; rozstrzygnij ją osobno, na stronie sprawy {}",
    ),
    ("it is about no student", "nie dotyczy studenta"),
    (
        "a case waits for a day to come, and {} is none",
        "sprawa czeka na dzień, który nadejdzie, a {} już był",
    ),
    (
        "{} credited on {}, from {}: {}",
        "{}, wpłynęło {}, od: {}: {}",
    ),
    (
        "the bank's reference {} stands already with another amount",
        "numer operacji {} jest już zapisany z inną kwotą",
    ),
    (
        "on {} both have {}, but a line differs in amount or reversal; ask the bank which is right, then supersede the wrong one or reject this one",
        "{}: oba mają {}, ale jedna pozycja różni się kwotą albo storno; zapytaj bank, który jest dobry, potem zastąp zły albo odrzuć ten",
    ),
    (
        "on {} this statement has {}, the other {}; ask the bank which is right, then supersede the wrong one or reject this one",
        "{}: ten wyciąg ma {}, a tamten {}; zapytaj bank, który jest dobry, potem zastąp zły albo odrzuć ten",
    ),
    (
        "on {} this statement has {}, the other {}; import the day's other statements, it is then judged again by itself, or reject it",
        "{}: ten wyciąg ma {}, a tamten {}; wczytaj pozostałe wyciągi tego dnia, wtedy zostanie oceniony ponownie, albo go odrzuć",
    ),
    ("{} lines from {} to {}", "pozycji: {}, od {} do {}"),
    ("{} line from {} to {}", "pozycji: {}, od {} do {}"),
    (
        "another statement of {} has the same number {} and other lines or balances; ask the bank which is right, then supersede the wrong one or reject this one",
        "inny wyciąg z {} ma ten sam numer {}, a inne pozycje lub salda; zapytaj bank, który jest dobry, potem zastąp zły albo odrzuć ten",
    ),
    (
        "probable duplicate: the same lines of {} between the same balances are known under another number; import the statements in between, it is then judged again by itself, or reject it",
        "prawdopodobny duplikat: te same pozycje z {} między tymi samymi saldami są już pod innym numerem; wczytaj wyciągi pomiędzy nimi, wtedy zostanie oceniony ponownie, albo go odrzuć",
    ),
    (
        "its period overlaps, and without booking dates the lines cannot be compared day by day; import the statements in between, it is then judged again by itself, or accept or reject it",
        "okres nakłada się na inny, a bez dat księgowania nie da się porównać dni; wczytaj wyciągi pomiędzy nimi, wtedy zostanie oceniony ponownie, albo go przyjmij lub odrzuć",
    ),
    (
        "{} is no final statement and is never posted",
        "{} to nie jest ostateczny wyciąg i nigdy nie jest księgowany",
    ),
    (
        "the account {} is not in kwestura.toml; add a [[bank_account]] if it is the institution's",
        "rachunku {} nie ma w kwestura.toml; jeśli jest uczelni, administrator dopisze [[bank_account]]",
    ),
    (
        "the statement is in {} and kwestura.toml says that {} is in {}",
        "wyciąg jest w {}, a według kwestura.toml {} jest w {}",
    ),
    (
        "{} contradicts what stands, and accepting it does not change that; supersede the other one or reject this one: {}",
        "{} przeczy temu, co stoi, i przyjęcie tego nie zmieni; zastąp tamten albo odrzuć ten: {}",
    ),
    (
        "{} has no place among the account's statements ({}); ask the bank for it again and reject this one",
        "{} nie ma miejsca wśród wyciągów rachunku ({}); poproś bank o nowy i odrzuć ten",
    ),
    ("{} cannot come back: {}", "{} nie może wrócić: {}"),
    (
        "{} does not stand on the same account; only what stands can be superseded",
        "{} nie stoi na tym samym rachunku; zastąpić można tylko to, co stoi",
    ),
    (
        "there is no profile `{}` of statements; known are {}",
        "nie ma profilu wyciągów „{}”; znane są {}",
    ),
    (
        "choose a file with something in it",
        "wybierz plik, w którym coś jest",
    ),
    // Why a message is held back.
    ("statements reach only {}", "wyciągi sięgają tylko do {}"),
    (
        "an account has no statement yet",
        "jeden z rachunków nie ma jeszcze wyciągu",
    ),
    (
        "the credit {} in review is very likely this student's",
        "wpłata {} do wyjaśnienia jest najpewniej tej osoby",
    ),
    (
        "the credit {} in review may be this student's",
        "wpłata {} do wyjaśnienia może być tej osoby",
    ),
    (
        "the student says that it was paid on {}",
        "student mówi, że zapłacił {}",
    ),
    ("the student disputes it", "student kwestionuje opłatę"),
    (
        "the student asked for more time",
        "student prosi o więcej czasu",
    ),
    (
        "the office holds messages back",
        "biuro wstrzymało wiadomości",
    ),
    (
        "what the student paid covers all that was due: the allocation is in doubt",
        "wpłaty pokrywają wszystko, co było wymagalne: rozliczenie jest niepewne",
    ),
    (
        "money in another currency lies on account",
        "na koncie są pieniądze w innej walucie",
    ),
    (
        "a transfer of the student waits in review for what it is for",
        "przelew studenta czeka na wyjaśnienie, na co jest",
    ),
    ("a court has it", "sprawa jest w sądzie"),
    (
        "no account number is assigned to which it could be paid",
        "nie nadano rachunku, na który można zapłacić",
    ),
    (
        "{} asked for it; somebody else has to approve",
        "prosi o to {}; zgodzić się musi ktoś inny",
    ),
    (
        "somebody asks for a second person already; look at the page again",
        "ktoś już prosi drugą osobę; zobacz stronę jeszcze raz",
    ),
    (
        "nobody asks for a second person any more; look at the page again",
        "nikt już nie prosi drugiej osoby; zobacz stronę jeszcze raz",
    ),
    // Cases.
    (
        "{}: {} open, due on {}, the demand's term ended on {}",
        "{}: do zapłaty {}, termin {}, termin z wezwania minął {}",
    ),
    (
        "decision {}: says again that it was paid on {}: {}",
        "decyzja {}: mówi ponownie, że zapłacił {}: {}",
    ),
    (
        "decision {}: says that it was paid on {}; statements through {} do not show it: {}",
        "decyzja {}: mówi, że zapłacił {}; wyciągi do {} tego nie pokazują: {}",
    ),
    (
        "decision {}: says that it is wrong; messages wait until {}: {}",
        "decyzja {}: mówi, że opłata jest błędna; wiadomości czekają do {}: {}",
    ),
    (
        "decision {}: asks for time; messages wait until {}: {}",
        "decyzja {}: prosi o czas; wiadomości czekają do {}: {}",
    ),
    (
        "decision {}: asks for instalments; messages wait until {}: {}",
        "decyzja {}: prosi o raty; wiadomości czekają do {}: {}",
    ),
    (
        "{} that came in is very likely of {}",
        "{}, które wpłynęło, jest najpewniej osoby {}",
    ),
    (
        "message {} ({}) is refused: {}",
        "wiadomość {} ({}) odrzucono: {}",
    ),
    (
        "message {} ({}) is uncertain: {}",
        "wiadomość {} ({}): nie wiadomo, czy dotarła: {}",
    ),
    (
        "{} went back twice and is to be recovered",
        "{} zwrócono dwa razy; do odzyskania",
    ),
    (
        "{} lies on account since {}, and the student is {}",
        "{} leży na koncie od {}, a status studenta to {}",
    ),
    ("{} lies on account since {}", "{} leży na koncie od {}"),
    (
        "{} was paid on {} after the court got it",
        "{} zapłacono {} po skierowaniu do sądu",
    ),
    // Refusals of decisions.
    (
        "only {} is open on {} on {}",
        "tylko {} jest do zapłaty z {} w dniu {}",
    ),
    ("{} is due on {} already", "{} ma już termin {}"),
    (
        "{} has a plan already; take it back first",
        "{} ma już raty; najpierw je cofnij",
    ),
    (
        "the instalments add up to {} and {} is open on {} on {}",
        "raty dają razem {}, a do zapłaty jest {} z {} w dniu {}",
    ),
    (
        "name the instalments in the order of their days, each day once",
        "podaj raty w kolejności dni, każdy dzień raz",
    ),
    ("no fee is called {}", "nie ma opłaty {}"),
    ("{} is named twice", "{} podano dwa razy"),
    (
        "the parts add up to {} and the credit is {}",
        "części dają razem {}, a wpłata to {}",
    ),
    ("no student is called {}", "nie ma studenta {}"),
    (
        "the entry changed meanwhile; look at it again",
        "pozycja zmieniła się w międzyczasie; zobacz ją jeszcze raz",
    ),
    (
        "the bank has paid refund {} of file {}; a file is withdrawn whole or not at all",
        "bank wypłacił już zwrot {} z pliku {}; plik wycofuje się cały albo wcale",
    ),
    (
        "an account needs a login without spaces and a name",
        "konto wymaga loginu bez spacji i nazwiska",
    ),
    ("there is an account {} already", "konto {} już istnieje"),
    ("{} is no student's credit", "{} nie jest wpłatą studenta"),
    ("{} is another student's fee", "{} to opłata innej osoby"),
    ("{} took money out", "{} to obciążenie, nie wpłata"),
    ("{} is not in review", "{} nie czeka na wyjaśnienie"),
    (
        "nobody decided whose {} is; there is nothing to undo",
        "nikt nie decydował, czyja jest {}; nie ma czego cofać",
    ),
    (
        "instalments stand in the place of {}; take the plan back first",
        "zamiast {} są raty; najpierw je cofnij",
    ),
    (
        "decision {} was taken back by {} already",
        "decyzję {} cofnięto już wcześniej: {}",
    ),
    (
        "decision {} was taken back by {}",
        "decyzję {} cofnięto: {}",
    ),
    (
        "decision {} was taken back a moment ago",
        "decyzję {} cofnięto przed chwilą",
    ),
    (
        "decision {} was approved by {} already",
        "decyzję {} zatwierdzono już wcześniej: {}",
    ),
    (
        "decision {} was approved a moment ago",
        "decyzję {} zatwierdzono przed chwilą",
    ),
    (
        "the bank does not say from which account this came, so no rule can be made from it",
        "bank nie podał, z jakiego rachunku to przyszło, więc nie da się z tego zrobić reguły",
    ),
    ("{} does not stand, it is {}", "{} nie stoi, ma stan {}"),
    ("{} was withdrawn", "{} wycofano"),
    (
        "{} is {}, not held back",
        "{} ma stan {}, nie czeka na człowieka",
    ),
    (
        "{} would be given up on {}, more than {}",
        "zrezygnowano by z {} z {}, czyli więcej niż {}",
    ),
    (
        "the money does not go back to the account from which it came",
        "pieniądze nie wracają na rachunek, z którego przyszły",
    ),
    (
        "nothing is open on {} on {}",
        "z {} nic nie zostało do zapłaty w dniu {}",
    ),
    (
        "{} is designated and the credit is {}",
        "przeznaczono {}, a wpłata to {}",
    ),
    (
        "only {} of this money lies on account on {}; what settles a fee is freed by a waiver or a correction of that fee",
        "tylko {} z tych pieniędzy leży na koncie w dniu {}; to, czym opłacono opłatę, uwalnia jej umorzenie albo korekta",
    ),
    (
        "the credit counts from {} already",
        "wpłata liczy się już od {}",
    ),
    (
        "{} has no part of this money",
        "{} nie ma części tych pieniędzy",
    ),
    (
        "{} is in {} and the credit in {}; money settles fees of its own currency",
        "{} jest w {}, a wpłata w {}; pieniądze opłacają opłaty w swojej walucie",
    ),
    (
        "it acts from {}, before today",
        "działa od {}, czyli wstecz",
    ),
    (
        "a case is assigned to somebody: give a name",
        "podaj, komu przekazać sprawę",
    ),
    (
        "case {} has ended: it is {}, {}",
        "sprawa {} jest zakończona: {}, {}",
    ),
    ("its cause is gone", "jej przyczyna zniknęła"),
    ("none", "bez decyzji"),
    ("decision {}", "decyzja {}"),
    // Made of parts; what fits nearly anything stands last.
    ("line {}: {}", "wiersz {}: {}"),
    ("{} asks: {}", "{} pyta: {}"),
    ("{}, until they reach {}", "{}, aż sięgną {}"),
    ("{}, until {}", "{}, do {}"),
    ("until {}: {}", "do {}: {}"),
    ("{}: a person has to decide", "{}: musi zdecydować człowiek"),
    ("{}: {}", "{}: {}"),
];

/// Before these stands what is wrong, and behind them a command; a page has a button.
const COMMANDS: [&str; 3] = ["; `kwestura", ", `kwestura", ". `kwestura"];

/// A sentence of the engine for a reader.
pub fn in_language(language: Language, words: &str) -> String {
    let on_page = ON_PAGES.iter().find_map(|(engine, english, polish)| {
        let names = names(engine, words)?;
        Some(match language {
            Language::En => filled(language, english, &names),
            Language::Pl => filled(language, polish, &names),
        })
    });
    if let Some(words) = on_page {
        return words;
    }
    let commands = COMMANDS.iter().filter_map(|mark| words.find(mark));
    let words = commands
        .min()
        .and_then(|at| words.get(..at))
        .unwrap_or(words);
    if language == Language::En {
        return words.to_owned();
    }
    let found = REFUSALS.iter().chain(TABLE).find_map(|(english, polish)| {
        let names = names(english, words)?;
        Some(filled(language, polish, &names))
    });
    found.unwrap_or_else(|| words.to_owned())
}

/// What stands in a sentence where its pattern has `{}`, each the shortest that fits.
fn names<'a>(pattern: &str, words: &'a str) -> Option<Vec<&'a str>> {
    let Some((first, behind)) = pattern.split_once("{}") else {
        return (pattern == words).then(Vec::new);
    };
    let mut rest = words.strip_prefix(first)?;
    let mut names = Vec::new();
    let mut parts = behind.split("{}").peekable();
    while let Some(part) = parts.next() {
        let at = if parts.peek().is_none() {
            let at = rest.len().checked_sub(part.len())?;
            rest.ends_with(part).then_some(at)?
        } else {
            rest.find(part)?
        };
        let name = rest.get(..at).filter(|name| !name.is_empty())?;
        names.push(name);
        rest = rest.get(at + part.len()..)?;
    }
    Some(names)
}

/// A pattern with its names; those that are sentences themselves are in the same language.
fn filled(language: Language, pattern: &str, names: &[&str]) -> String {
    let mut text = String::new();
    let mut names = names.iter();
    for (place, part) in pattern.split("{}").enumerate() {
        if place > 0
            && let Some(name) = names.next()
        {
            text.push_str(&in_language(language, name));
        }
        text.push_str(part);
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::identify::evidence::{Beside, proposals};
    use crate::identify::whose::{Known, Said};

    #[test]
    fn both_languages_say_the_same_of_the_same() {
        for (english, polish) in REFUSALS.iter().chain(TABLE) {
            let count = |text: &str| text.matches("{}").count();
            assert_eq!(count(english), count(polish), "{english}");
        }
        for (engine, english, polish) in ON_PAGES {
            let count = |text: &str| text.matches("{}").count();
            assert_eq!(count(english), count(polish), "{english}");
            assert!(count(english) <= count(engine), "{engine}");
        }
    }

    #[test]
    fn no_pattern_stands_in_the_way_of_another() {
        let in_order = |pattern: &str| {
            let parts = pattern.split("{}").enumerate();
            let parts = parts.map(|(place, part)| match place {
                0 => part.to_owned(),
                place => format!("7{place}{part}"),
            });
            parts.collect::<String>()
        };
        let all = REFUSALS.iter().chain(TABLE);
        let all = all.map(|(engine, polish)| (engine, engine, polish));
        let on_pages = ON_PAGES.iter();
        let on_pages = on_pages.map(|(engine, english, polish)| (engine, english, polish));
        for (engine, english, polish) in all.chain(on_pages) {
            for (language, words) in [(Language::En, english), (Language::Pl, polish)] {
                let told = in_language(language, &in_order(engine));
                assert_eq!(told, in_order(words), "{engine}");
            }
        }
    }

    #[test]
    fn a_page_names_no_command() {
        let engine = ON_PAGES.iter().map(|(engine, ..)| *engine);
        let table = REFUSALS.iter().chain(TABLE).map(|(english, _)| *english);
        for words in engine.chain(table) {
            let words = words.replace("{}", "1");
            for language in [Language::Pl, Language::En] {
                let said = in_language(language, &words);
                assert!(
                    !said.contains(" --") && !said.contains("`kwestura"),
                    "{said}"
                );
            }
        }
        let commands =
            "F-7 has a plan already; take it back first, `kwestura decide list` shows its number";
        assert_eq!(
            in_language(Language::Pl, commands),
            "F-7 ma już raty; najpierw je cofnij"
        );
        assert_eq!(
            in_language(Language::En, commands),
            "F-7 has a plan already; take it back first"
        );
    }

    #[test]
    fn a_sentence_of_sentences_is_polish_through_and_through() {
        let pl = |words| in_language(Language::Pl, words);
        assert_eq!(
            pl("F-7: the student says that it was paid on 2026-10-12, until 2026-10-19"),
            "F-7: student mówi, że zapłacił 2026-10-12, do 2026-10-19"
        );
        assert_eq!(
            pl(
                "line 3: it does not add up: opening and entries give 1.00 PLN more than the closing balance"
            ),
            "wiersz 3: nie zgadza się: saldo początkowe i pozycje dają o 1.00 PLN więcej niż saldo końcowe"
        );
        let error = crate::statement::read::read(b"hello\nno statement\n", None).unwrap_err();
        assert!(
            pl(&error.message).starts_with("to nie jest wyciąg"),
            "{error}"
        );
        assert_eq!(pl("something new"), "something new");
        assert_eq!(pl("line : "), "line : ");
    }

    #[test]
    fn every_kind_of_evidence_has_its_polish() {
        let mut known = Known::default();
        known.albums.insert("102345".to_owned(), [1].into());
        known.fees.insert("F-7".to_owned(), 1);
        let beside = Beside {
            proven_sender: Some(1),
            by_name: vec![1],
            equal_amount: vec![1],
        };
        let said = Said {
            remittance: "102345 F-7",
            ..Said::default()
        };
        let evidence = proposals(&said, &known, &beside).remove(0).evidence;
        assert_eq!(evidence.len(), 5);
        for words in evidence {
            assert_ne!(in_language(Language::Pl, &words), words);
            assert_eq!(in_language(Language::En, &words), words);
        }
        let command = "it waits; `kwestura decide designate` says what it is for";
        assert_eq!(in_language(Language::En, command), "it waits");
    }
}
