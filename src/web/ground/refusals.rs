//! What the engine refuses and why, beside what stands in the table of [`super::said`].

/// English and Polish, as in that table, which is asked first.
pub(super) const REFUSALS: &[(&str, &str)] = &[
    (
        "no student has the id or album {}",
        "żaden student nie ma identyfikatora ani albumu {}",
    ),
    (
        "the album {} is or was that of {} students; name one by id: {}",
        "album {} ma lub miało kilka osób ({}); podaj identyfikator: {}",
    ),
    ("no entry is called {}", "nie ma pozycji {}"),
    (
        "the bank's reference {} stands on {} entries; name one of {}",
        "numer operacji {} ma kilka pozycji ({}); podaj jedną z: {}",
    ),
    (
        "{} has not come by {}: nobody can have paid then",
        "{} jeszcze nie nadszedł ({}): nikt nie mógł wtedy zapłacić",
    ),
    (
        "{} is a part of {}; decisions are about the whole fee",
        "{} to część opłaty {}; decyduje się o całej",
    ),
    (
        "{} is not more than nothing",
        "{} to nie jest kwota większa od zera",
    ),
    (
        "an instalment due {} is before {}, from which the plan holds",
        "rata z terminem {} jest przed {}, od kiedy plan obowiązuje",
    ),
    (
        "{} is before {}, from which it holds",
        "{} jest przed {}, od kiedy to obowiązuje",
    ),
    (
        "these credits are not of one student; decide about each student's alone",
        "te wpłaty nie są jednej osoby; zdecyduj o każdej osobno",
    ),
    (
        "these credits are in several currencies; decide about each alone",
        "te wpłaty są w różnych walutach; zdecyduj o każdej osobno",
    ),
    (
        "{} is a lump sum that another statement tells in parts; decide about those: {}",
        "{} to kwota zbiorcza, którą inny wyciąg podaje w częściach; zdecyduj o nich: {}",
    ),
    (
        "{} is no credit that could be taken back",
        "{} to nie wpłata, którą można by cofnąć",
    ),
    (
        "the two are on different accounts of the institution",
        "są na różnych rachunkach uczelni",
    ),
    (
        "the reversal is larger than the credit",
        "storno jest większe niż wpłata",
    ),
    (
        "it changes the day that decides lateness",
        "zmienia dzień, od którego zależy, czy wpłata była na czas",
    ),
    (
        "{} has a plan already; take it back first",
        "{} ma już plan ratalny; najpierw go cofnij",
    ),
    (
        "the student was told of the interest on {} before",
        "o odsetkach od {} student już wie",
    ),
    ("no interest has accrued on {}", "od {} nie narosły odsetki"),
    (
        "instalments stand in the place of {}; take the plan back first",
        "zamiast {} są raty; najpierw cofnij plan",
    ),
    (
        "{} is over; the bank pays from today on",
        "{} minął; bank płaci od dzisiaj",
    ),
    (
        "file {} was withdrawn before",
        "plik {} wycofano już wcześniej",
    ),
    (
        "the lines of {} were posted once and keep their reading; reject it, and import the file that the bank corrects",
        "pozycje {} już zaksięgowano i tak zostaną odczytane; odrzuć wyciąg i wczytaj plik poprawiony przez bank",
    ),
    ("{} was withdrawn already", "{} już wycofano"),
    (
        "message {} is {}; only what was not handed over can be withdrawn",
        "wiadomość {} ma stan {}; wycofać można tylko to, co nie wyszło",
    ),
    (
        "{} has no gap after {} and before {}",
        "{} nie ma luki po {} i przed {}",
    ),
    ("this gap was accepted already", "tę lukę już przyjęto"),
    ("the amount {}: {}", "kwota {}: {}"),
    (
        "message {} is {}; what failed, was refused or is uncertain can be tried again",
        "wiadomość {} ma stan {}; ponowić można tę, która nie wyszła, została odrzucona albo o niepewnym losie",
    ),
    (
        "message {} is {}; only what is uncertain can be confirmed",
        "wiadomość {} ma stan {}; potwierdzić można tylko tę o niepewnym losie",
    ),
    (
        "message {} is not to be printed: {}",
        "wiadomości {} nie można wydrukować: {}",
    ),
    (
        "message {} is to the office itself",
        "wiadomość {} jest do samego biura",
    ),
    ("{} has not come yet", "{} jeszcze nie nadszedł"),
    (
        "message {} was decided on {}, so no letter can have arrived on {}",
        "wiadomość {} postanowiono {}, więc list nie mógł dojść {}",
    ),
    (
        "message {} is {}; a letter stands for one that was sent, refused or failed",
        "wiadomość {} ma stan {}; list zastępuje wiadomość wysłaną, odrzuconą albo taką, która nie wyszła",
    ),
    (
        "a day of delivery is noted for message {} already",
        "dzień doręczenia wiadomości {} jest już zapisany",
    ),
    (
        "no student asked what case {} is about, so nobody would read an answer",
        "o to, czego dotyczy sprawa {}, nie pytał student; odpowiedzi nikt by nie przeczytał",
    ),
    (
        "an answer to a student has {} signs at most",
        "odpowiedź dla studenta ma najwyżej {} znaków",
    ),
    (
        "for the student, once it is approved: {}",
        "dla studenta, po zatwierdzeniu: {}",
    ),
    (
        "case {} closes itself when its cause is gone: {}",
        "sprawa {} zamknie się sama, gdy zniknie przyczyna: {}",
    ),
];
