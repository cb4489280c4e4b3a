//! What the engine says of its own command line, as a page says it: whoever reads a page has a button.

/// The engine's English, the page's English, and Polish; `{}` as in the table of [`super::said`]. What is
/// last in the engine's words may be left out.
pub(super) const ON_PAGES: &[(&str, &str, &str)] = &[
    // Who and why.
    (
        "a decision needs who and why: give --by and --why",
        "say why",
        "podaj powód",
    ),
    (
        "say who and why: --by NAME --why TEXT",
        "say why",
        "podaj powód",
    ),
    (
        "taking back a decision needs who and why: give --by and --why",
        "say why it is taken back",
        "podaj, dlaczego to cofasz",
    ),
    (
        "an approval needs who: give --by",
        "an approval needs a person",
        "zatwierdza człowiek",
    ),
    (
        "{} decided it; somebody else has to approve, with --by OTHER",
        "{} decided it; somebody else has to approve",
        "to decyzja: {}; zatwierdzić musi ktoś inny",
    ),
    // Whose and what.
    (
        "`{}` is no login; write it like cas:jkowalski, as `kwestura login list` shows it",
        "`{}` is no login; write it like cas:jkowalski",
        "`{}` to nie login; zapisz go jak cas:jkowalski",
    ),
    (
        "`{}` names no statement; write it like 3f9a2b71.1, as `kwestura statement list` shows it",
        "`{}` names no statement; write it like 3f9a2b71.1, as the page of statements shows it",
        "`{}` nie oznacza wyciągu; zapisz go jak 3f9a2b71.1, tak jak na stronie wyciągów",
    ),
    (
        "{} takes part in no account on {}; name a later day with --as-of",
        "{} takes part in no account on {}; name a later day",
        "{} nie występuje {} na żadnym koncie; podaj późniejszy dzień",
    ),
    // Decisions.
    (
        "a split needs two students or more; for one: {}",
        "a split needs two students or more",
        "podział wymaga co najmniej dwóch osób",
    ),
    (
        "this transfer was split between students; name one with --student",
        "this transfer was split between students; decide about each one's part",
        "ten przelew podzielono między osoby; zdecyduj o części każdej z nich",
    ),
    (
        "name the credits whose money goes back: --credit ID",
        "choose the credit whose money goes back",
        "wybierz wpłatę, z której zwrócić",
    ),
    (
        "it is not known from which one account this money came; name one with --to",
        "it is not known from which one account this money came, so it cannot go back there",
        "nie wiadomo, z którego rachunku przyszły te pieniądze, więc nie ma dokąd ich zwrócić",
    ),
    (
        "name the fees for which it is: FEE or FEE=AMOUNT",
        "name the fees for which it is, one on each line",
        "podaj opłaty, na które jest, każdą w osobnym wierszu",
    ),
    (
        "a plan needs instalments: DATE=AMOUNT, one after the other",
        "a plan needs instalments: date = amount on each line",
        "podaj raty: data = kwota w każdym wierszu",
    ),
    (
        "{} takes part only from {}; decide it with --on {} or later",
        "{} takes part only from {}; decide it on that day or later",
        "{} liczy się dopiero od {}; zdecyduj tego dnia albo później",
    ),
    (
        "the fee has no amount yet; load it with {}",
        "the fee has no amount yet; it comes from the student system",
        "opłata nie ma jeszcze kwoty; przychodzi ona z systemu studenckiego",
    ),
    (
        "{} was paid or decided about on {} itself; decide it from the next day, with --on {}",
        "{} was paid or decided about on {} itself; decide it from the next day, {}",
        "{} opłacono albo rozstrzygnięto tego samego dnia, {}; zdecyduj od następnego dnia, {}",
    ),
    (
        "refund {} is in payment file {}; stop it at the bank, then {}",
        "refund {} is in payment file {}; stop it at the bank, then withdraw the file on the page of refunds",
        "zwrot {} jest w pliku {}; zatrzymaj go w banku, potem wycofaj plik na stronie zwrotów",
    ),
    (
        "refunds are to be paid from several accounts, and a file is of one. Name it with --from: {}",
        "refunds are to be paid from several accounts, and a file is of one; choose it: {}",
        "zwroty idą z kilku rachunków, a plik jest z jednego; wybierz go: {}",
    ),
    // Cases.
    (
        "case {} is about {}, and this is about {}; decide that apart, with {}",
        "case {} is about {}, and this is about {}; decide that apart, on the student's page",
        "sprawa {} dotyczy {}, a to dotyczy {}; rozstrzygnij to osobno, na stronie studenta",
    ),
    (
        "case {} closes itself when its cause is gone: import the statements, or accept the gap with {}",
        "case {} closes itself when its cause is gone: import the statements",
        "sprawa {} zamknie się sama, gdy zniknie jej przyczyna: wczytaj wyciągi",
    ),
    (
        "case {} closes itself when its cause is gone: assign a number with {}",
        "case {} closes itself when its cause is gone: the student needs an account number",
        "sprawa {} zamknie się sama, gdy zniknie jej przyczyna: student musi dostać numer rachunku",
    ),
    (
        "case {} closes itself when its cause is gone: note the delivery with {}",
        "case {} closes itself when its cause is gone: the delivery of the letter has to be noted",
        "sprawa {} zamknie się sama, gdy zniknie jej przyczyna: trzeba odnotować doręczenie listu",
    ),
    (
        "{}: post the demand (`kwestura letter print`) and note its delivery (`letter delivered`)",
        "{}: post the demand and note its delivery",
        "{}: wyślij wezwanie pocztą i odnotuj doręczenie",
    ),
    ("none: {}", "without a decision: {}", "bez decyzji: {}"),
    // Messages.
    (
        "{} messages would be written, not {}; look at them with --dry-run",
        "{} messages would be written now, not {}; look at the page again",
        "do napisania jest teraz {}, a nie {}; zobacz stronę jeszcze raz",
    ),
    (
        "nothing is sent before {}, the day `go_live_on` in kwestura.toml; --dry-run shows what would be",
        "nothing is sent before {}, the day on which the institution begins",
        "nic nie wychodzi przed {}, dniem, od którego uczelnia zaczyna",
    ),
    (
        "{} is over, and who has paid since would be written to; --dry-run shows that day",
        "{} is over, and who has paid since would be written to",
        "{} już minął, a napisano by do tych, którzy od tego czasu zapłacili",
    ),
    // Statements.
    (
        "{} names no other statement; say whose place it takes: --old STATEMENT",
        "{} names no other statement; say which one it replaces",
        "{} nie wskazuje innego wyciągu; podaj, który zastępuje",
    ),
    (
        "{} still contradicts {}: {}; if that one is wrong too, name both with --old",
        "{} still contradicts {}: {}; if that one is wrong too, name both",
        "{} nadal przeczy {}: {}; jeśli i ten jest błędny, podaj oba",
    ),
    (
        "this is no bank statement that is read here; accepted are MT940, MT942, camt.053, camt.052 and camt.054: ask the bank for one of them. A report in columns is read by a [[profile]] of your own in kwestura.toml: try it with `kwestura statement inspect --profile NAME`",
        "this is no bank statement that is read here; accepted are MT940, MT942, camt.053, camt.052 and camt.054: ask the bank for one of them. For a report in columns the administrator adds a [[profile]] to kwestura.toml",
        "to nie jest wyciąg, który da się tu odczytać; przyjmowane są MT940, MT942, camt.053, camt.052 i camt.054: poproś bank o jeden z nich. Dla raportu w kolumnach administrator dopisze [[profile]] w kwestura.toml",
    ),
    // Files of the student system.
    (
        "line {}, {}: when was this export made? Add the column or give `--as-of DATE`",
        "line {}, {}: when was this export made? Add the column",
        "wiersz {}, {}: kiedy zrobiono ten eksport? Dodaj kolumnę",
    ),
    (
        "line {}, {}: is negative: money on account can only be loaded with `--opening`",
        "line {}, {}: is negative: money on account is loaded by the administrator",
        "wiersz {}, {}: kwota jest ujemna; nadpłaty wczytuje administrator",
    ),
];
