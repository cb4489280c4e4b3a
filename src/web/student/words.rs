//! What the student's pages say, in both languages.

use crate::web::ground::words::words;

words! {
    /// Words of the student's pages.
    pub Sayings {
        title: "Moje opłaty", "My fees";
        album: "Nr albumu", "Album";
        to_pay: "Do zapłaty teraz", "To pay now";
        nothing: "Nic do zapłaty", "Nothing to pay";
        nothing_words: "Wszystko, co jest teraz wymagalne, jest rozliczone.", "All that is due now is settled.";
        no_account: "Nie mamy jeszcze dla Ciebie żadnej opłaty.", "There is no fee for you yet.";
        counts: "Liczy się dzień, w którym pieniądze wpłyną na nasz rachunek, a nie dzień zlecenia przelewu.", "What counts is the day our account is credited, not the day the transfer was ordered.";
        overdue_part: "w tym po terminie", "of this past its due date";
        overdue_all: "Termin minął. Zleć przelew dzisiaj.", "The due date is over. Order the transfer today.";
        order_by: "Zleć przelew najpóźniej", "Order the transfer at the latest";
        order_now: "Zwykły przelew może już nie zdążyć. Zleć go dzisiaj, najlepiej natychmiastowy.", "An ordinary transfer may be too late by now. Order it today, an instant one if you can.";
        scan: "Zeskanuj w aplikacji banku", "Scan with your bank's app";
        code_alt: "Kod dwuwymiarowy do zapłaty", "Two-dimensional code to pay by";
        recipient: "Odbiorca", "Recipient";
        number: "Numer rachunku", "Account number";
        your_number: "Twój numer rachunku", "Your account number";
        your_number_hint: "Tylko dla Ciebie. Na niego płacisz każdą opłatę.", "Meant for you alone. Every fee is paid to it.";
        no_number: "Numer rachunku nie jest jeszcze przydzielony. Zapytaj w COS.", "No account number is assigned yet. Ask COS.";
        amount: "Kwota", "Amount";
        transfer_title: "Tytuł przelewu", "Title of the transfer";
        copy: "Kopiuj", "Copy";
        copied: "Skopiowano", "Copied";
        counted: "Uwzględniamy przelewy, które wpłynęły do", "Transfers credited through";
        counted_end: "włącznie.", "are counted.";
        not_counted: "Nie mamy jeszcze żadnego wyciągu z banku.", "No statement of the bank has come yet.";
        missing: "Mojego przelewu tu nie ma", "My transfer is not here";
        fees: "Opłaty", "Fees";
        published: "Opublikowano", "Published";
        due: "Termin", "Due";
        nominal: "Termin nominalny", "Nominal date";
        moved_closed: "wypadał w sobotę lub święto, przesunięty na najbliższy dzień roboczy (art. 115 k.c.)", "fell on a Saturday, Sunday or holiday, moved to the next working day (art. 115 of the Civil Code)";
        moved_notice: "był zbyt blisko publikacji opłaty", "was too soon after the fee was published";
        moved_extended: "przedłużony decyzją uczelni", "extended by the university";
        open: "Pozostało", "Left to pay";
        covered: "Pokryje nadpłata", "Covered by money on account";
        settled_on: "Rozliczono", "Settled";
        settled_by: "Rozliczyły", "Settled by";
        counts_from: "liczy się od", "counts from";
        late: "Po terminie", "Late";
        interest: "Odsetki za opóźnienie", "Interest for delay";
        interest_words: "naliczone dotąd; rozliczymy je osobno", "so far; settled apart";
        state_open: "do zapłaty", "to pay";
        state_overdue: "po terminie", "overdue";
        state_covered: "pokryta nadpłatą", "covered";
        state_settled: "zapłacona", "settled";
        state_waived: "umorzona", "waived";
        state_written_off: "odpisana", "written off";
        state_corrected: "anulowana", "cancelled";
        state_in_instalments: "na raty", "in instalments";
        part_settled: "zapłacona w części", "settled in part";
        transfers: "Przelewy", "Transfers";
        no_transfers: "Nie wpłynął jeszcze żaden przelew.", "No transfer has come yet.";
        ordered: "Zlecono", "Ordered";
        credited: "Wpłynął", "Credited";
        settles: "Rozlicza", "Settles";
        on_account: "Na koncie (nadpłata)", "On account";
        on_account_words: "rozliczy najbliższe opłaty w ich terminie", "settles the next fees on their due dates";
        reversed: "Bank cofnął", "Taken back by the bank";
        refunded: "Zwrócono", "Refunded";
        said: "Moje zgłoszenia", "What I reported";
        say_none: "Nie ma opłaty, do której to pasuje.", "There is no fee for which this can be said.";
        type_amount: "Kod nie mieści tak dużej kwoty. Po zeskanowaniu wpisz w banku", "The code has no room for such an amount. Type it yourself after scanning:";
        say_paid: "Zapłaciłem(-am)", "I paid";
        say_wrong: "Ta opłata jest błędna", "This is wrong";
        say_time: "Proszę o późniejszy termin", "I need more time";
        say_instalments: "Proszę o raty", "I need instalments";
        said_claim: "Zgłoszona wpłata", "Reported payment";
        said_dispute: "Opłata kwestionowana", "Disputed fee";
        said_deferral: "Prośba o późniejszy termin", "Request for more time";
        said_instalments: "Prośba o raty", "Request for instalments";
        standing_received: "przyjęte", "received";
        standing_waits: "czekamy na wyciąg do", "waiting for statements through";
        standing_settled: "rozliczone", "settled";
        standing_not_found: "pieniądze nie wpłynęły; zajmie się tym COS", "the money has not come; COS will look into it";
        standing_office: "w COS, odpowiedź do", "with COS, an answer by";
        standing_you: "COS czeka na Ciebie", "COS waits for you";
        standing_answered: "odpowiedziano", "answered";
        answer_extended: "termin przedłużono", "more time was given";
        answer_plan: "rozłożono na raty", "instalments were agreed";
        answer_waived: "umorzono", "waived";
        answer_written_off: "odpisano", "written off";
        answer_moved: "pieniądze przeksięgowano", "money was moved";
        answer_refund: "zwrócimy pieniądze", "money is sent back";
        case: "sprawa", "case";
        reply: "COS odpowiada:", "COS answers:";
        paid_on: "Dzień zlecenia lub wpłaty", "Day on which you paid";
        paid_amount: "Kwota (jeśli inna niż opłata)", "Amount (if not the whole fee)";
        confirmation: "Potwierdzenie z banku (PDF, PNG lub JPEG, do 5 MB)", "The bank's confirmation (PDF, PNG or JPEG, up to 5 MB)";
        optional: "nieobowiązkowe", "optional";
        explain: "Opisz krótko, o co chodzi", "Say briefly what it is about";
        note: "Uwagi", "Note";
        send: "Wyślij", "Send";
        cancel: "Wróć", "Back";
        fee: "Opłata", "Fee";
        paid_lead: "Potwierdzenie dowodzi zlecenia, a liczy się dzień uznania. Dopóki wyciągi nie obejmą tego dnia i trzech kolejnych roboczych, nie przypominamy o tej opłacie.", "A confirmation proves that it was ordered; what counts is the day of crediting. Until the statements reach that day and three business days more, you get no reminder of this fee.";
        case_lead: "Sprawa trafi do COS. Do czasu odpowiedzi, najdłużej dziesięć dni roboczych, nie przypominamy o tej opłacie.", "COS gets a case. Until it answers, for ten business days at most, you get no reminder of this fee.";
        thanks: "Przyjęte. Stan zobaczysz niżej, w zgłoszeniach.", "Received. You see below how it stands.";
        not_fee: "Nie masz takiej opłaty.", "You have no such fee.";
        not_open: "Do tej opłaty nic nie jest do zapłaty.", "Nothing is to be paid for this fee.";
        not_twice: "To już zgłoszono i jeszcze nie ma odpowiedzi.", "This was reported already and is not answered yet.";
        not_day: "Podaj dzień, który już minął, nie dawniej niż rok temu.", "Give a day that has come, within the last year.";
        not_amount: "Tej kwoty nie da się odczytać. Napisz na przykład 1950,00.", "This amount cannot be read. Write 1950,00, for example.";
        not_words: "Napisz, o co chodzi, do tysiąca znaków.", "Say what it is about, in up to a thousand signs.";
        not_large: "Plik jest większy niż 5 MB.", "The file is larger than 5 MB.";
        not_kind: "To nie jest plik PDF, PNG ani JPEG.", "This is no PDF, PNG or JPEG.";
        take: "Dokumenty i kalendarz", "Papers and calendar";
        take_words: "Pliki PDF z kodem, którym każdy może sprawdzić, czy dokument jest prawdziwy.", "PDF files with a code by which anybody can look up whether the document is genuine.";
        take_statement: "Zestawienie opłat i wpłat (PDF)", "Statement of account (PDF)";
        take_confirmation: "Potwierdzenie wpłaty (PDF)", "Confirmation of payment (PDF)";
        calendar: "Kalendarz terminów", "Calendar of due dates";
        calendar_lead: "Terminy opłat w Twoim kalendarzu, pod tajnym adresem. Nowy adres wyłącza poprzedni.", "Due dates in your own calendar, at a secret address. A new address ends the one before.";
        calendar_begin: "Nowy adres kalendarza", "A new address for the calendar";
        calendar_words: "Dodaj ten adres w swoim kalendarzu jako subskrypcję. Pokazujemy go tylko raz; kto go zna, widzi terminy i kwoty, ale nie to, czyje są.", "Subscribe to this address in your calendar. It is shown this once; whoever knows it sees due dates and amounts, and not whose they are.";
        calendar_address: "Adres kalendarza", "Address of the calendar";
        calendar_end: "Wyłącz kalendarz", "End the calendar";
        unknown: "Zalogowano, ale nie ma tu jeszcze Twojego konta", "Signed in, but there is no account for you here yet";
        unknown_words: "Twoje dane nie zostały jeszcze przeniesione z systemu studenckiego.", "Your data has not been transferred from the student system yet.";
        unknown_last: "Ostatnie przeniesienie", "Last transfer";
        unknown_next: "Następne", "Next";
        unknown_never: "jeszcze go nie było", "there was none yet";
        unknown_later: "Jeśli za dobę nadal Cię tu nie będzie, napiszesz stąd do COS. Możliwe od", "If you are still unknown in a day, you can write to COS from here. From";
        unknown_ask: "Napisz do COS", "Write to COS";
        unknown_ask_words: "Doba minęła. Podaj imię i nazwisko oraz kierunek, COS połączy login z Twoim kontem.", "A day is over. Give your name and your field of study; COS links the login to your account.";
        unknown_asked: "COS ma Twoje zgłoszenie. Gdy login zacznie działać, dostaniesz wiadomość.", "COS has your message. You get a mail when the login works.";
        unknown_refused: "Ten login należał wcześniej do kogoś innego. Nie pokażemy tu niczyich danych; COS musi go połączyć z Tobą.", "This login was somebody else's before. Nobody's data is shown here; COS has to link it to you.";
        unknown_again: "Zaloguj się ponownie: Twój login już działa.", "Sign in again: your login works now.";
        links: "Strony i adresy COS", "COS: pages and addresses";
        link_title: "Link do logowania", "A link to sign in";
        link_lead: "Wyślemy go na Twój adres uczelniany. Działa raz, przez 15 minut.", "We send it to your university address. It works once, for 15 minutes.";
        link_address: "Adres uczelniany lub alias", "University address, or the alias";
        link_hint: "Na przykład s123456@student.example.edu", "For example s123456@student.example.edu";
        link_send: "Wyślij link", "Send the link";
        link_sent: "Sprawdź pocztę", "Look into your mail";
        link_sent_words: "Jeśli ten adres jest znany, za chwilę przyjdzie na niego link. Nic nie przyszło? Sprawdź adres i spróbuj za kilka minut.", "If this address is known, a link arrives in a moment. Nothing came? Check the address and try again in a few minutes.";
        link_enter: "Zaloguj mnie", "Sign me in";
        link_enter_words: "Jeszcze jedno dotknięcie: link działa tylko raz.", "One more tap: the link works only once.";
        link_dead: "Ten link już nie działa", "This link works no more";
        link_dead_words: "Został użyty albo minęło 15 minut. Poproś o nowy.", "It was used, or 15 minutes are over. Ask for a new one.";
        link_new: "Nowy link", "A new link";
        staff: "Logowanie pracowników", "For staff";
    }
}

impl Sayings {
    /// What became of what a student said, by the kind of the decision; none for one that says nothing
    /// to the student.
    pub(super) fn answer(&self, kind: &str) -> Option<&'static str> {
        Some(match kind {
            "extend" => self.answer_extended,
            "plan" => self.answer_plan,
            "waive" => self.answer_waived,
            "write_off" => self.answer_written_off,
            "assign" | "designate" | "split" => self.answer_moved,
            "refund" => self.answer_refund,
            _ => return None,
        })
    }
}
