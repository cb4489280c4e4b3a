//! The words of cases, shared by all pages that show them.

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
        resume: "Nie czekaj dłużej", "Wait no longer";
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
        done: "Zapisano.", "Noted.";
        taken_now: "W tej chwili tę sprawę prowadzi:", "Right now this case is with:";
        taken: "Tę sprawę wziął już ktoś inny:", "Somebody else has taken this case already:";
        s_new: "nowa", "new";
        s_open: "w toku", "open";
        s_waiting: "czeka na studenta", "waits for the student";
        s_resolved: "rozwiązana", "resolved";
        s_closed: "zamknięta", "closed";
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
            other => other,
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
