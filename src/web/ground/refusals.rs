//! What the engine refuses and why, beside what stands in the table of [`super::said`].

/// English and Polish, as in that table, which is asked behind this one: its last lines fit nearly anything.
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
        "the student was told of the interest on {} before",
        "o odsetkach od {} student już wie",
    ),
    ("no interest has accrued on {}", "od {} nie narosły odsetki"),
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
    (
        "a student cannot be merged with themselves; both names are one record",
        "nie można połączyć osoby z nią samą; obie nazwy to jeden wpis",
    ),
    (
        "the first record was merged before",
        "pierwszy wpis już wcześniej połączono",
    ),
    (
        "the second record was merged into the first; that would be a circle",
        "drugi wpis połączono z pierwszym; powstałoby koło",
    ),
    (
        "decision {} is a fact as it is; it needs no second person",
        "decyzja {} już obowiązuje; nie potrzebuje drugiej osoby",
    ),
    ("there is no decision {}", "nie ma decyzji {}"),
    ("{} is no account: {}", "{} to nie numer rachunku: {}"),
    (
        "{} has not come yet; a credit cannot count from it",
        "{} jeszcze nie nadszedł; wpłata nie może się liczyć od tego dnia",
    ),
    (
        "only money that came in has a day from which it counts",
        "dzień, od którego się liczy, ma tylko wpłata",
    ),
    (
        "it is about a lump sum that another statement tells in parts by now; revoke it and decide about the parts",
        "dotyczy kwoty zbiorczej, którą inny wyciąg podał już w częściach; odwołaj ją i zdecyduj o częściach",
    ),
    (
        "{} is no reversal: the bank does not say that it undoes an earlier line",
        "{} to nie storno: bank nie mówi, że cofa wcześniejszą pozycję",
    ),
    ("there is no case {}", "nie ma sprawy {}"),
    (
        "{} no longer holds statement {}; its profile may have changed",
        "w {} nie ma już wyciągu {}; mógł się zmienić profil banku",
    ),
    ("{} is that of {} already", "{} to już login osoby {}"),
    (
        "{} was linked a moment ago; look at it again",
        "{} połączono przed chwilą; obejrzyj go jeszcze raz",
    ),
    ("{} is nobody's", "{} nie należy do nikogo"),
    (
        "the lookup was ended; ask again",
        "odczyt przerwano; zapytaj jeszcze raz",
    ),
    ("nothing is known of {}", "nic nie wiadomo o {}"),
    (
        "`{}` is no state of a message; they are {}",
        "`{}` to nie stan wiadomości; stany to {}",
    ),
    ("there is no message {}", "nie ma wiadomości {}"),
    (
        "that is enough papers for one day; take the next tomorrow",
        "na dziś wystarczy dokumentów; kolejny można pobrać jutro",
    ),
    (
        "{} has more than {} lines in one statement",
        "{} ma ponad {} pozycji w jednym wyciągu",
    ),
    (
        "{} cannot take another's place as it is ({}); accept it first, or read it again",
        "{} nie może zająć miejsca innego wyciągu ({}); najpierw go przyjmij albo odczytaj ponownie",
    ),
    (
        "read so, {} would be a statement of {} in {}; reject it and import the file again",
        "tak odczytany {} byłby wyciągiem rachunku {} w {}; odrzuć go i wczytaj plik ponownie",
    ),
    (
        "the reader stopped; try it again",
        "odczyt się zatrzymał; spróbuj ponownie",
    ),
    (
        "file {} is noted and not written: {}",
        "plik {} jest zapisany w księgach, ale nie powstał: {}",
    ),
    (
        "file {} was withdrawn ({}); its refunds may be in another file",
        "plik {} wycofano ({}); jego zwroty mogą być w innym pliku",
    ),
    (
        "file {} was erased when its time was over",
        "plik {} usunięto po upływie okresu przechowywania",
    ),
    ("there is no payment file {}", "nie ma pliku przelewów {}"),
    (
        "{} has not come: what will be paid by then is not known",
        "{} jeszcze nie nadszedł: nie wiadomo, co do tego czasu wpłynie",
    ),
    ("there is no account {} any more", "nie ma już konta {}"),
    (
        "{} is another account's already",
        "{} to już login innego konta",
    ),
    (
        "a password has at least {} characters; leave it out, and one is made up",
        "hasło ma co najmniej {} znaków; zostaw puste, a powstanie samo",
    ),
    ("the password is not taken: {}", "hasła nie przyjęto: {}"),
    (
        "the password could not be looked at; try again",
        "hasła nie udało się sprawdzić; spróbuj ponownie",
    ),
    ("there is no account {}", "nie ma konta {}"),
    ("no statement {} is recorded", "nie ma wyciągu {}"),
    (
        "{} may be {} statements; name one: {}",
        "{} może oznaczać kilka wyciągów ({}); podaj jeden: {}",
    ),
    (
        "{} was not withdrawn, it is {}",
        "{} nie był wycofany, ma stan {}",
    ),
    ("these are statements of a bank", "to są wyciągi bankowe"),
    (
        "the file cannot be kept: {}; hand it in again",
        "pliku nie udało się zachować: {}; prześlij go ponownie",
    ),
    (
        "no fee, credit or student is called {}",
        "nie ma opłaty, wpłaty ani studenta o nazwie {}",
    ),
];
