//! Words of the pages in both languages, side by side, so that none can be forgotten.

use crate::engine::staff::Role;

/// Declares a set of words: each with its Polish and its English. A word without one of them does not
/// compile.
macro_rules! words {
    ($(#[$meta:meta])* $vis:vis $name:ident { $($field:ident: $pl:literal, $en:literal;)* }) => {
        $(#[$meta])*
        #[derive(Debug)]
        $vis struct $name { $(#[doc = $en] pub $field: &'static str,)* }
        impl $name {
            /// In a language.
            pub fn of(language: $crate::text::Language) -> &'static $name {
                static PL: $name = $name { $($field: $pl,)* };
                static EN: $name = $name { $($field: $en,)* };
                match language {
                    $crate::text::Language::Pl => &PL,
                    $crate::text::Language::En => &EN,
                }
            }
        }
    };
}
pub(crate) use words;

words! {
    /// What stands around every page, and the pages of the ground.
    pub Words {
        skip: "Przejdź do treści", "Skip to the content";
        navigation: "Nawigacja", "Navigation";
        keys: "Skróty klawiszowe", "Keyboard shortcuts";
        language: "English", "Polski";
        sign_out: "Wyloguj", "Sign out";
        sign_out_everywhere: "Wyloguj wszędzie", "Sign out everywhere";
        today: "Dzisiaj", "Today";
        review: "Do wyjaśnienia", "Review";
        credits: "Wpłaty", "Credits";
        cases: "Sprawy", "Cases";
        students: "Studenci", "Students";
        statements: "Wyciągi", "Statements";
        fees: "Opłaty", "Fees";
        reminders: "Przypomnienia", "Reminders";
        messages: "Wiadomości", "Messages";
        decisions: "Druga osoba", "Second person";
        refunds: "Zwroty", "Refunds";
        settings: "Ustawienia", "Settings";
        staff: "Pracownicy", "Staff";
        audit: "Dziennik", "Audit";
        counting: "Liczby są właśnie liczone; strona pokaże je sama, gdy będą gotowe.", "The figures are being counted; the page shows them by itself as soon as they are there.";
        older: "Od tej chwili coś się zmieniło. Liczby są z", "Something has happened since. The figures are of";
        older_counting: "Od tej chwili coś się zmieniło i liczby są liczone na nowo. Te są z", "Something has happened since, and the figures are being counted anew. These are of";
        look_again: "Zobacz nowe", "Look again";
        sign_in: "Logowanie", "Sign in";
        sign_in_lead: "Dla pracowników kwestury i COS.", "For staff of the bursar's office and of COS.";
        sso: "Konto uczelniane", "University account";
        sso_enter: "Zaloguj kontem uczelnianym", "Sign in with the university account";
        sso_lead: "Dla studentów i pracowników.", "For students and staff.";
        sso_down: "Centralne logowanie uczelni nie odpowiada. To nie Twoja wina: spróbuj za kilka minut albo wejdź inną drogą.", "The university's single sign-on does not answer. It is not your fault: try again in a few minutes, or come in another way.";
        sso_refused: "Logowanie kontem uczelnianym się nie udało. Link działa tylko raz i tylko w tej przeglądarce, w której zaczęto.", "Signing in with the university account did not work. It works once, and only in the browser in which it was begun.";
        sso_again: "Spróbuj jeszcze raz", "Try again";
        sso_staff: "Jesteś pracownikiem? Zaloguj się hasłem.", "Staff? Sign in with a password.";
        to_student: "Jesteś studentem? Zaloguj się linkiem z maila.", "A student? Sign in by a link in a mail.";
        with_password: "Z hasłem", "With a password";
        login: "Login", "Login";
        password: "Hasło", "Password";
        code: "Kod z aplikacji", "Code from the app";
        code_hint: "Sześć cyfr; pusty, jeśli konto go nie wymaga.", "Six digits; empty where the account asks for none.";
        enter: "Zaloguj", "Sign in";
        wrong: "Login, hasło lub kod się nie zgadza.", "Login, password or code is not right.";
        too_many: "Za wiele prób. Odczekaj kwadrans.", "Too many attempts. Wait a quarter of an hour.";
        not_found: "Nie ma takiej strony", "There is no such page";
        not_found_words: "Może adres jest niepełny albo to, czego szukasz, jest gdzie indziej.", "Perhaps the address is incomplete, or what you look for is elsewhere.";
        elsewhere: "Odrzucone", "Refused";
        elsewhere_words: "To żądanie nie przyszło z naszej strony. Otwórz stronę na nowo i spróbuj jeszcze raz.", "This request did not come from our page. Open the page anew and try again.";
        conflict: "Ktoś był szybszy", "Somebody was faster";
        refused: "Tak się nie da", "It cannot be done like this";
        too_long: "To, co wysłano, jest za długie.", "What was sent is too long.";
        failed: "To nasz błąd", "Our side failed";
        failed_words: "Nic nie zostało zmienione. Spróbuj za chwilę; administrator znajdzie szczegóły pod numerem", "Nothing was changed. Try again in a moment; the administrator finds the details under number";
        back: "Wróć na początek", "Back to the start";
        back_there: "Wróć do poprzedniej strony", "Back to the page before";
        role_bursar: "Kwestura", "Bursar's office";
        role_cos: "COS", "COS";
        role_auditor: "Audyt", "Auditor";
        role_administrator: "Administrator", "Administrator";
        role_student: "Student", "Student";
    }
}

impl Words {
    /// A role.
    pub fn role(&self, role: Role) -> &'static str {
        match role {
            Role::Bursar => self.role_bursar,
            Role::Cos => self.role_cos,
            Role::Auditor => self.role_auditor,
            Role::Administrator => self.role_administrator,
            Role::Student => self.role_student,
        }
    }
}
