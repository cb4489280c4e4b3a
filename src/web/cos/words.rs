//! The words of cases, shared by all pages that show them.

use crate::text::Language;
use crate::web::ground::said::in_language;
use crate::web::ground::words::words;

words! {
    /// The words.
    pub Words {
        title: "Sprawy", "Cases";
        lead: "Najpilniejsze na górze. Sprawa, której przyczyna zniknie, zamyka się sama.", "The most urgent first. A case whose cause is gone closes itself.";
        all: "Wszystkie", "All";
        cos: "COS", "COS";
        bursar: "Kwestura", "Bursar";
        mine: "Moje", "Mine";
        ended: "Zakończone też", "Ended ones, too";
        filter: "Filtruj", "Filter";
        kind: "Rodzaj", "Kind";
        about: "Dotyczy", "About";
        until: "Termin", "Until";
        owner: "Prowadzi", "Owner";
        state: "Stan", "State";
        known: "Co wiadomo", "What is known";
        nobody: "nikt jeszcze", "nobody yet";
        late: "po terminie", "late";
        empty: "Nie ma tu spraw. Dobrego dnia.", "No cases here. Have a good day.";
        more: "Następne", "Next";
        back: "Wszystkie sprawy", "All cases";
        take: "Biorę to", "Take it";
        assign: "Przekaż", "Assign";
        assign_to: "Komu (login)", "To whom (login)";
        wait: "Czekaj na studenta", "Wait for the student";
        wait_until: "Do dnia", "Until";
        wait_words: "Sprawa znika z kolejki i wraca sama tego dnia, na początek.", "The case leaves the queue and comes back by itself on that day, at its head.";
        sleeps: "czeka do", "waits until";
        is_back: "wróciła: minął termin dla studenta", "is back: the student's time is over";
        dossier: "Akta (PDF)", "Dossier (PDF)";
        chosen: "Z zaznaczonymi", "With the chosen ones";
        choose_all: "Zaznacz wszystkie", "Choose all";
        choose: "Zaznacz sprawę", "Choose case";
        action: "Co zrobić", "What to do";
        many_assign: "Przekaż osobie", "Assign to somebody";
        many_wait: "Czekaj na studenta do dnia", "Wait for the student until a day";
        many_extend: "Przesuń termin opłaty na dzień", "Extend the fee's due date to a day";
        many_hold: "Wstrzymaj wiadomości do dnia", "Hold messages until a day";
        many_waive: "Umórz, co zostało z opłaty", "Waive what is open of the fee";
        many_words: "Jeszcze nic nie zapisano. Tak to będzie wyglądać w każdej sprawie; co odrzucone, zostaje, jak jest.", "Nothing is noted yet. This is what it comes to in each case; what is refused stays as it is.";
        many_do: "Zrób to", "Do it";
        many_done: "Zrobione", "Done";
        many_done_words: "Oto co stało się z każdą sprawą.", "This is what became of each case.";
        many_none: "W żadnej z tych spraw tak się nie da.", "It can be done in none of these cases.";
        none_chosen: "Zaznacz sprawy na liście, najwyżej sto naraz.", "Choose cases in the list, a hundred at once at most.";
        no_day: "Podaj datę w postaci 2026-11-30.", "Give a date like 2026-11-30.";
        no_owner: "Podaj login osoby, która ma się tym zająć.", "Give the login of whoever is to work on it.";
        no_action: "Wybierz, co zrobić z tymi sprawami.", "Choose what to do with these cases.";
        no_why: "Napisz dlaczego; to zostaje przy każdej sprawie.", "Say why; it stands beside each case.";
        refused: "odrzucono", "refused";
        assign_credit: "Czyja to wpłata", "Whose credit it is";
        assign_student: "Album albo identyfikator studenta", "Album or id of the student";
        assign_show: "Pokaż skutek", "Show the effect";
        assign_do: "Przypisz", "Assign to";
        resume: "Nie czekaj dłużej", "Wait no longer";
        reply: "Odpowiedź dla studenta", "Answer to the student";
        reply_words: "Student czyta ją przy swoim zgłoszeniu. Notatek i powodów nie widzi.", "The student reads it beside what they reported. Notes and reasons they do not see.";
        reply_do: "Wyślij odpowiedź", "Give this answer";
        note: "Notatka", "Note";
        note_do: "Zapisz notatkę", "Add the note";
        why: "Dlaczego", "Why";
        log: "Co się działo", "What happened";
        student: "Student", "Student";
        opened: "Otwarta", "Opened";
        outcome: "Wynik", "Outcome";
        resolve: "Rozwiąż z decyzją", "Resolve with a decision";
        close: "Zamknij bez decyzji", "Close without a decision";
        close_words: "To, co czekało na tę sprawę, idzie dalej.", "What waited for this case goes on.";
        preview: "Pokaż skutek", "Show the effect";
        decide: "Rozwiąż tak", "Resolve so";
        link_login: "Powiedz, czyj to login", "Say whose login this is";
        done: "Zapisano.", "Noted.";
        taken_now: "W tej chwili tę sprawę prowadzi:", "Right now this case is with:";
        taken: "Tę sprawę wziął już ktoś inny:", "Somebody else has taken this case already:";
        messages: "Wiadomości do studenta", "Messages to the student";
        no_messages: "Nic jeszcze nie wysłano ani nie zdecydowano.", "Nothing was sent or decided yet.";
        see_case: "Zobacz sprawę", "Look at the case";
        s_new: "nowa", "new";
        s_open: "w toku", "open";
        s_waiting: "czeka na studenta", "waits for the student";
        s_resolved: "rozwiązana", "resolved";
        s_closed: "zamknięta", "closed";
        s_assigned: "przekazana", "assigned";
        s_refreshed: "wiadomo coś nowego", "something new is known";
        s_told: "wysłano w liście spraw", "told in the list of cases";
        o_none: "bez decyzji", "without a decision";
        o_gone: "przyczyna zniknęła", "its cause is gone";
        end_of_ladder: "Po wezwaniu, bez zapłaty", "Past the demand, unpaid";
        unidentified: "Wpłata bez studenta", "Credit without a student";
        disagreement: "Rachunek i tytuł się różnią", "Account and text disagree";
        allocation: "Niejasne przeznaczenie", "Allocation in doubt";
        reversal: "Cofnięcie przez bank", "Taken back by the bank";
        recovery: "Zwrot do odzyskania", "Refund to recover";
        claim_not_found: "Zgłoszonej wpłaty nie ma", "Claimed payment not found";
        dispute: "Spór o opłatę", "Disputed fee";
        deferral: "Prośba o odroczenie", "Request for more time";
        instalments: "Prośba o raty", "Request for instalments";
        letter: "List do wysłania", "Letter to be posted";
        address: "Poczta nie dochodzi", "Mail does not arrive";
        delivery: "Niepewne doręczenie", "Delivery uncertain";
        statements: "Brak wyciągów", "Statements missing";
        other_currency: "Inna waluta na koncie", "Other currency on account";
        no_account: "Brak rachunku do wpłat", "No account number";
        court: "W sądzie", "Before a court";
        paid_after_court: "Zapłata po skierowaniu do sądu", "Paid after court";
        idle_money: "Pieniądze bez przeznaczenia", "Idle money";
        sign_in: "Login bez studenta", "Login without a student";
        handed_over: "Kwestura pyta, czyja to wpłata", "The office asks whose credit it is";
    }
}

impl Words {
    /// A state; what is not known here stands as it is.
    pub fn state<'a>(&self, state: &'a str) -> &'a str
    where
        'static: 'a,
    {
        match state {
            "new" => self.s_new,
            "open" => self.s_open,
            "waiting" => self.s_waiting,
            "resolved" => self.s_resolved,
            "closed" => self.s_closed,
            "note" => self.note,
            "reply" => self.reply,
            "assigned" => self.s_assigned,
            "refreshed" => self.s_refreshed,
            "told" => self.s_told,
            other => other,
        }
    }

    /// An outcome; what is not known here is a sentence of the engine.
    pub fn outcome(&self, outcome: &str, language: Language) -> String {
        match outcome {
            "none" => self.o_none.to_owned(),
            "gone" => self.o_gone.to_owned(),
            other => in_language(language, other),
        }
    }

    /// A kind; what is not known here stands as it is.
    pub fn kind<'a>(&self, kind: &'a str) -> &'a str
    where
        'static: 'a,
    {
        match kind {
            "end_of_ladder" => self.end_of_ladder,
            "unidentified" => self.unidentified,
            "disagreement" => self.disagreement,
            "allocation" => self.allocation,
            "reversal" => self.reversal,
            "recovery" => self.recovery,
            "claim_not_found" => self.claim_not_found,
            "dispute" => self.dispute,
            "deferral" => self.deferral,
            "instalments" => self.instalments,
            "letter" => self.letter,
            "address" => self.address,
            "delivery" => self.delivery,
            "statements" => self.statements,
            "other_currency" => self.other_currency,
            "no_account" => self.no_account,
            "court" => self.court,
            "paid_after_court" => self.paid_after_court,
            "idle_money" => self.idle_money,
            "sign_in" => self.sign_in,
            "handed_over" => self.handed_over,
            other => other,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::Words;
    use crate::cases::Kind;
    use crate::text::Language;

    #[test]
    fn every_kind_of_case_has_its_words() {
        for kind in Kind::ALL {
            let name = kind.name();
            for language in [Language::Pl, Language::En] {
                assert_ne!(Words::of(language).kind(name), name);
            }
        }
    }
}
