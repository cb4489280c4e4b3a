//! What the engine calls by short names, in the reader's words: kinds, rules, outcomes and deeds. A name that
//! is not known here stands as it is.

use crate::text::Language;

/// Declares names with their Polish and their English. A name without one of them does not compile.
macro_rules! codes {
    ($(#[$meta:meta])* $name:ident { $($code:literal: $pl:literal, $en:literal;)* }) => {
        $(#[$meta])*
        pub fn $name(language: Language, code: &str) -> &str {
            match (code, language) {
                $(($code, Language::Pl) => $pl, ($code, Language::En) => $en,)*
                (other, _) => other,
            }
        }
    };
}

codes! {
    /// Why money settles a fee.
    rule {
        "designated_by_person": "przeznaczone przez człowieka", "designated by a person";
        "designated_by_payer": "opłata wskazana w tytule", "the fee stands in the text";
        "exact_amount": "jedyna opłata na tę kwotę", "the only fee of this amount";
        "oldest_due": "najstarszy termin", "the oldest due date";
        "on_account": "nadpłata, gdy minął termin", "money on account, when the fee fell due";
        "release": "zdjęte z opłaty", "taken off the fee";
    }
}

codes! {
    /// How a fee was closed without being paid in full.
    closing {
        "waiver": "umorzona", "waived";
        "write_off": "spisana na straty", "written off";
        "correction": "skorygowana", "corrected";
        "plan": "rozłożona na raty", "paid in instalments";
    }
}

codes! {
    /// Which date a crediting date is.
    date_source {
        "decision": "decyzja", "a decision";
        "opening": "stan początkowy", "the opening balance";
        "rebooked": "pierwsze zaksięgowanie", "the first booking";
        "booking": "data księgowania", "the booking date";
        "value_by_profile": "data waluty, jak dla tego banku", "the value date, as with this bank";
        "statement": "dzień wyciągu", "the day of the statement";
        "value": "data waluty", "the value date";
    }
}

codes! {
    /// What a line of a statement is.
    outcome {
        "student": "student", "a student's";
        "review": "do wyjaśnienia", "in review";
        "not_student": "nie studenta", "not a student's";
        "reversal": "cofnięcie wpłaty przez bank", "a credit taken back by the bank";
        "refund": "zwrot", "a refund";
        "refund_returned": "zwrot, który wrócił", "a refund that came back";
        "sweep": "przelew na rachunek uczelni", "a transfer to an account of ours";
        "charge": "opłata banku", "a charge of the bank";
        "detailed": "suma, której części są osobno", "a sum of which the parts stand apart";
        "other": "inne", "something else";
    }
}

codes! {
    /// By what it is known whose a line is.
    known_by {
        "virtual_account": "rachunek, na który wpłynęło", "the credited account";
        "standing_rule": "stała reguła", "a standing rule";
        "decision": "decyzja", "a decision";
        "opening": "stan początkowy", "the opening balance";
        "review": "nie wiadomo", "it is not known";
        "reversal": "bank cofnął wcześniejszą wpłatę", "the bank took back an earlier credit";
        "reversal_of_debit": "bank cofnął obciążenie", "the bank took back a debit";
        "refund": "zwrot, który zleciliśmy", "a refund that we ordered";
        "refund_returned": "zwrot, który wrócił", "a refund that came back";
        "own_account": "rachunek uczelni", "an account of ours";
        "outgoing": "pieniądze wyszły", "money that went out";
        "charge": "opłata banku", "a charge of the bank";
        "bank_interest": "odsetki banku", "interest of the bank";
        "zero_amount": "kwota zero", "an amount of nothing";
        "details": "inny wyciąg wymienia części", "another statement tells the parts";
    }
}

codes! {
    /// A kind of decision.
    decision {
        "waive": "umorzenie", "waiver";
        "write_off": "spisanie na straty", "write-off";
        "extend": "przesunięcie terminu", "extension of the due date";
        "plan": "rozłożenie na raty", "payment in instalments";
        "interest_told": "odsetki podane studentowi", "interest told to the student";
        "court": "sprawa w sądzie", "before a court";
        "claim": "student mówi, że zapłacił", "the student says that it was paid";
        "dispute": "student kwestionuje opłatę", "the student disputes the fee";
        "deferral": "prośba o odroczenie", "request for more time";
        "instalments": "prośba o raty", "request for instalments";
        "hold": "wstrzymanie wiadomości", "messages held";
        "merge": "połączenie dwóch kart studenta", "two records of a student become one";
        "assign": "przypisanie wpłaty", "credit assigned";
        "split": "podział wpłaty", "credit split";
        "ignore": "wpłata nie studenta", "credit of no student";
        "hand_over": "pytanie do COS", "handed to COS";
        "attach_reversal": "wskazanie cofniętej wpłaty", "reversal attached to its credit";
        "standing_rule": "stała reguła dla rachunku", "standing rule for an account";
        "designate": "przeznaczenie wpłaty", "credit designated";
        "refund": "zwrot", "refund";
        "crediting_date": "ustalenie dnia wpływu", "crediting date set";
    }
}

codes! {
    /// What was said about a statement.
    statement_word {
        "accept": "przyjęto", "accepted";
        "supersede": "zastąpił inny", "replaced another";
        "reread": "odczytano na nowo", "read again";
        "reject": "odrzucono", "rejected";
        "withdraw": "wycofano", "withdrawn";
        "restore": "przywrócono", "restored";
    }
}

codes! {
    /// What somebody did, in the log.
    deed {
        "viewed": "oglądał(a) studenta", "viewed a student";
        "signed-in": "logowanie", "signed in";
        "signed-out": "wylogowanie", "signed out";
        "sign-in-refused": "odmowa logowania", "sign-in refused";
        "link-refused": "odmowa linku", "link refused";
        "denied": "odmowa dostępu", "access denied";
        "exported": "pobranie pliku", "exported";
        "imported": "wczytanie pliku", "imported";
        "assigned": "przypisanie wpłaty", "assigned a credit";
        "ignored": "wpłata nie studenta", "said that a credit is no student's";
        "split": "podział wpłaty", "split a credit";
        "designated": "przeznaczenie wpłaty", "designated a credit";
        "handed-over": "pytanie do COS", "handed a credit to COS";
        "undone": "cofnięcie decyzji", "took a decision back";
        "approved": "zatwierdzenie decyzji", "approved a decision";
        "rejected": "odrzucenie decyzji", "rejected a decision";
        "refunds-written": "plik ze zwrotami", "wrote a file of refunds";
        "refunds-withdrawn": "wycofanie pliku ze zwrotami", "withdrew a file of refunds";
        "message-withdraw": "wycofanie wiadomości", "withdrew a message";
        "message-withdrawn": "wycofanie wiadomości", "withdrew a message";
        "message-retry": "ponowienie wiadomości", "had a message tried again";
        "message-confirm": "potwierdzenie, że wiadomość dotarła", "said that a message arrived";
        "message-printed": "wydruk wiadomości", "printed a message";
        "message-delivered": "doręczenie listu", "noted the delivery of a letter";
        "reminders-written": "napisanie przypomnień", "wrote reminders";
        "reminders-asked": "prośba o drugą osobę do przypomnień", "asked a second person about reminders";
        "reminders-approved": "zgoda na przypomnienia", "approved reminders";
        "reminders-dropped": "rezygnacja z przypomnień", "dropped reminders";
        "reminders-withdrawn": "wycofanie przypomnień", "withdrew reminders";
        "gap-accepted": "przyjęcie luki w wyciągach", "accepted a gap between statements";
        "anchored": "saldo początkowe rachunku", "noted the first balance of an account";
        "statement-accept": "przyjęcie wyciągu", "accepted a statement";
        "statement-reject": "odrzucenie wyciągu", "rejected a statement";
        "statement-supersede": "zastąpienie wyciągu", "replaced a statement";
        "statement-reread": "ponowny odczyt wyciągu", "read a statement again";
        "statement-withdraw": "wycofanie wyciągu", "withdrew a statement";
        "statement-restore": "przywrócenie wyciągu", "restored a statement";
        "opened-confirmation": "otwarcie potwierdzenia", "opened a confirmation";
        "took-paper": "pobranie zaświadczenia", "took a paper";
        "took-dossier": "pobranie akt sprawy", "took a dossier";
        "new-calendar": "nowy kalendarz", "began a calendar";
        "ended-calendar": "koniec kalendarza", "ended a calendar";
        "asked-for-link": "prośba o link", "asked for a link";
        "login-linked": "połączenie loginu ze studentem", "linked a login to a student";
        "said-paid": "student: zapłacone", "said: it was paid";
        "said-wrong": "student: opłata jest błędna", "said: it is wrong";
        "said-time": "student: prośba o czas", "said: more time";
        "said-instalments": "student: prośba o raty", "said: instalments";
        "staff-added": "nowe konto pracownika", "added an account of staff";
        "staff-renewed": "nowe hasło pracownika", "renewed an account of staff";
        "staff-disabled": "zablokowanie konta", "disabled an account of staff";
        "staff-enabled": "odblokowanie konta", "enabled an account of staff";
        "staff-signed-out": "wylogowanie pracownika", "signed staff out";
        "case-assigned": "przekazanie sprawy", "assigned a case";
        "case-waits": "sprawa czeka na studenta", "let a case wait";
        "case-resumed": "sprawa nie czeka dłużej", "let a case wait no longer";
        "case-note": "notatka w sprawie", "noted something on a case";
        "case-reply": "odpowiedź dla studenta w sprawie", "wrote to the student of a case";
        "case-closed": "zamknięcie sprawy", "closed a case";
        "case-resolved": "rozwiązanie sprawy", "resolved a case";
        "cases-take": "przejęcie spraw", "took cases";
        "cases-assign": "przekazanie spraw", "assigned cases";
        "cases-wait": "sprawy czekają na studenta", "let cases wait";
        "cases-close": "zamknięcie spraw", "closed cases";
        "cases-extend": "przesunięcie terminu w sprawach", "extended due dates in cases";
        "cases-hold": "wstrzymanie wiadomości w sprawach", "held messages in cases";
        "cases-waive": "umorzenie w sprawach", "waived fees in cases";
        "legal hold": "zatrzymanie danych", "legal hold";
        "legal hold released": "zwolnienie zatrzymanych danych", "legal hold released";
        "exported all of a student": "wydanie danych studenta", "exported all of a student";
        "erased what was kept long enough": "usunięcie po czasie przechowywania", "erased what was kept long enough";
        "waive": "umorzenie", "waived a fee";
        "write_off": "spisanie na straty", "wrote a fee off";
        "extend": "przesunięcie terminu", "extended a due date";
        "plan": "rozłożenie na raty", "agreed on instalments";
        "hold": "wstrzymanie wiadomości", "held messages";
        "court": "sprawa w sądzie", "noted a court";
        "refund": "zwrot", "decided a refund";
    }
}

codes! {
    /// By what a message is held back.
    interlock {
        "coverage": "brakuje wyciągów", "statements are missing";
        "strong_evidence": "wpłata do wyjaśnienia jest najpewniej tej osoby", "a credit in review is very likely this student's";
        "weak_evidence": "wpłata do wyjaśnienia może być tej osoby", "a credit in review may be this student's";
        "claim": "student mówi, że zapłacił", "the student says that it was paid";
        "dispute": "student kwestionuje opłatę", "the student disputes it";
        "deferral": "student prosi o więcej czasu", "the student asked for more time";
        "hold": "biuro wstrzymało wiadomości", "the office holds messages back";
        "solvency": "wpłaty pokrywają wszystko, co było wymagalne: rozliczenie jest niepewne", "what the student paid covers all that was due: the allocation is in doubt";
        "foreign_money": "na koncie są pieniądze w innej walucie", "money in another currency lies on account";
        "money_waits": "przelew studenta czeka na wyjaśnienie, na co jest", "a transfer of the student waits in review for what it is for";
        "court": "sprawa jest w sądzie", "a court has it";
        "no_account": "nie nadano rachunku, na który można zapłacić", "no account number is assigned to which it could be paid";
        "": "z innego powodu", "for another reason";
    }
}

codes! {
    /// How a student stands with the university.
    status {
        "active": "studiuje", "studies";
        "on_leave": "urlop", "on leave";
        "struck_off": "skreślony(-a)", "struck off";
        "graduated": "absolwent(ka)", "has graduated";
        "deceased": "zmarł(a)", "has died";
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::roster::STATUSES;
    use crate::settlement::facts::DateSource;
    use crate::settlement::state::{Closing, Rule};

    #[test]
    fn every_rule_and_date_has_its_words() {
        let rules = [
            Rule::Person,
            Rule::Payer,
            Rule::ExactAmount,
            Rule::OldestDue,
            Rule::OnAccount,
            Rule::Release,
        ];
        let dates = [
            DateSource::Decision,
            DateSource::Opening,
            DateSource::Rebooked,
            DateSource::Booking,
            DateSource::ValueByProfile,
            DateSource::Statement,
            DateSource::Value,
        ];
        let closings = [
            Closing::Waiver,
            Closing::WriteOff,
            Closing::Correction,
            Closing::Plan,
        ];
        for language in [Language::Pl, Language::En] {
            for one in rules {
                assert_ne!(rule(language, one.as_str()), one.as_str());
            }
            for one in dates {
                assert_ne!(date_source(language, one.as_str()), one.as_str());
            }
            for one in closings.into_iter().filter_map(Closing::as_str) {
                assert_ne!(closing(language, one), one);
            }
            for one in STATUSES {
                assert_ne!(status(language, one), one);
            }
            assert_eq!(rule(language, "something_new"), "something_new");
        }
    }
}
