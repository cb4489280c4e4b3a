//! What the page of a student says of a fee and of a transfer, in both languages, and what it does not take.

use super::browser::{Browser, Pages};
use super::student::{EUROS, owes_euros, pays, signed_in, world};
use crate::stories::bank::{self, line, october};
use crate::support::on_both_engines;
use axum::http::StatusCode;
use kwestura::dunning::order_by::{Basis, Usual};
use kwestura::engine::decide::Request;
use kwestura::engine::{desk, lookup};
use kwestura::money::Currency;
use kwestura::policy::InterestRule;
use kwestura::text::Language;

/// The page in both languages, Polish first.
async fn both(browser: &mut Browser) -> [String; 2] {
    let mut pages = Vec::new();
    for language in ["pl", "en"] {
        let to = [("language", language), ("to", "/account")];
        browser.post("/language", &to).await.leads("/account");
        let page = browser.get("/account").await;
        assert_eq!(page.status, StatusCode::OK);
        pages.push(page.text);
    }
    [pages.remove(0), pages.remove(0)]
}

#[track_caller]
fn says(pages: &[String; 2], words: [&str; 2]) {
    for (page, words) in pages.iter().zip(words) {
        let words = words.replace('~', "\u{A0}");
        assert!(page.contains(&words), "`{words}` is missing: {page}");
    }
}

on_both_engines! {
    /// The date as it was written, and why the rule moved it: a Saturday, too soon, the office.
    async fn a_fee_tells_its_nominal_date_and_why_it_moved(db: TestDb) {
        let mut world = world(&db).await;
        world.today(6);
        world.fee("F-dorm", "ada", "300,00", "2026-10-31").await;
        world.fee("F-card", "ada", "22,00", "2026-10-07").await;
        world.fact(Request::Extend { fee: "F-ada".to_owned(), to: october(28), forgive_interest: false }).await;
        let pages = Pages::of(&world);
        let mut ada = signed_in(&pages, &world, "ada").await;
        let shown = both(&mut ada).await;
        // 31 October is a Saturday, 1 November a Sunday and a holiday.
        says(&shown, ["Termin</dt><dd>2~listopada 2026", "Due</dt><dd>2~November 2026"]);
        says(&shown, ["Termin nominalny</dt><dd>31~października 2026: wypadał w sobotę lub święto", "Nominal date</dt><dd>31~October 2026: fell on a Saturday, Sunday or holiday"]);
        says(&shown, ["7~października 2026: był zbyt blisko publikacji", "7~October 2026: was too soon after the fee was published"]);
        says(&shown, ["12~października 2026: przedłużony decyzją uczelni", "12~October 2026: extended by the university"]);
    }

    /// What settled it and from when, how late it was, and what that costs.
    async fn a_fee_tells_what_settled_it_and_the_interest(db: TestDb) {
        let mut world = world(&db).await;
        world.office.config.policy.default_kind.interest = InterestRule::Statutory;
        world.bank(9, vec![line(9, 20_000, "ada")]).await;
        world.bank(26, vec![line(26, 30_000, "ada")]).await;
        world.today(27);
        let account = lookup::by_external(&world.office, "ada").await.unwrap().accounts.remove(0);
        let fee = &account.fees[0];
        assert!(fee.interest_minor > 0, "{fee:?}");
        let pages = Pages::of(&world);
        let shown = both(&mut signed_in(&pages, &world, "ada").await).await;
        says(&shown, ["Rozliczyły</dt><dd>200,00~zł, liczy się od 9~października 2026<br>300,00~zł, liczy się od 26~października 2026", "Settled by</dt><dd>PLN~200.00, counts from 9~October 2026<br>PLN~300.00, counts from 26~October 2026"]);
        says(&shown, ["Rozliczono</dt><dd>26~października 2026", "Settled</dt><dd>26~October 2026"]);
        says(&shown, ["Po terminie</dt><dd>14", "Late</dt><dd>14"]);
        let interest = |language: Language| language.amount(fee.interest_minor, Currency::PLN);
        says(&shown, [
            &format!("Odsetki za opóźnienie</dt><dd>{} naliczone dotąd", interest(Language::Pl)),
            &format!("Interest for delay</dt><dd>{} so far", interest(Language::En)),
        ]);
        // Of its transfers, what each settled.
        says(&shown, ["Rozlicza: Czesne <span class=\"w\">(300,00~zł)", "Settles: Tuition <span class=\"w\">(PLN~300.00)"]);
    }

    /// The next instalment is asked for, with the last day to order it and what that rests on.
    async fn instalments_stand_with_the_last_day_to_order_the_next(db: TestDb) {
        let world = world(&db).await;
        let parts = vec![(october(12), "200,00".to_owned()), (october(26), "300,00".to_owned())];
        world.fact(Request::Plan { fee: "F-celina".to_owned(), parts }).await;
        let pages = Pages::of(&world);
        let shown = both(&mut signed_in(&pages, &world, "celina").await).await;
        says(&shown, ["<p class=\"sum\">200,00~zł</p>", "<p class=\"sum\">PLN~200.00</p>"]);
        says(&shown, ["Czesne, rata 1", "Tuition, instalment 1"]);
        says(&shown, ["Czesne, rata 2", "Tuition, instalment 2"]);
        says(&shown, [">na raty</span>", ">in instalments</span>"]);
        says(&shown, [
            "Zleć przelew najpóźniej <b>w piątek 9~października 2026</b>. <small>Według sesji rozliczeń międzybankowych (Elixir).",
            "Order the transfer at the latest <b>on Friday 9~October 2026</b>. <small>From the sessions of the clearing between banks (Elixir).",
        ]);
    }

    /// Złoty arrive on the day itself, euros take three days: each account says its own.
    async fn how_long_transfers_take_is_told_of_the_currency_of_the_account(db: TestDb) {
        let mut world = world(&db).await;
        owes_euros(&world).await;
        let mut account = world.office.config.bank_accounts[0].clone();
        (account.iban, account.currency) = (EUROS.to_owned(), Currency::EUR);
        world.office.config.bank_accounts.push(account);
        let ordered = |day: u32| format!("CZESNE; DATA STEMPLA: {day:02}.10.2026");
        let today = |student| line(2, 100, student).title(&ordered(2));
        world.bank(2, vec![today("ada"), today("bartek"), today("celina")]).await;
        let euros = |amount| line(9, amount, "").to("000000102345").title(&ordered(6));
        let statement = bank::day(1, 9, 0, vec![euros(101), euros(102), euros(103)]);
        let text = String::from_utf8(statement.file()).unwrap();
        let text = text.replace(bank::IBAN, EUROS).replace("PLN", "EUR");
        world.today(9);
        let report = bank::import_file(&world.office, "euros.sta", text.as_bytes()).await;
        assert_eq!(report.error, None);
        let lookup = lookup::by_external(&world.office, "ada").await.unwrap();
        let usual: Vec<Usual> = lookup.accounts.iter().map(|account| account.usual).collect();
        let of = |days, basis| Usual { half_within: days, most_within: days, basis };
        assert_eq!(usual, [of(0, Basis::All(3)), of(3, Basis::Own(3))]);
        let pages = Pages::of(&world);
        let shown = both(&mut signed_in(&pages, &world, "ada").await).await;
        says(&shown, ["Przelewy wpływają zwykle tego samego dnia.", "Transfers usually arrive on the same day."]);
        says(&shown, ["Przelew idzie zwykle 3", "A transfer usually takes 3"]);
    }

    /// What is too large is refused with words, what was typed before it stands there again, and nothing is
    /// noted.
    async fn a_confirmation_above_the_limit_is_refused_and_leaves_nothing_behind(db: TestDb) {
        let mut world = world(&db).await;
        world.today(13);
        let pages = Pages::of(&world);
        let mut ada = signed_in(&pages, &world, "ada").await;
        let fields = [("fee", "F-ada"), ("paid_on", "2026-10-12"), ("amount", "500,00"), ("words", "see the file")];
        let limit = 5 * 1024 * 1024;
        // By a byte, and by so much that it is not read to its end.
        for size in [limit + 1, 2 * limit] {
            let mut file = b"%PDF-1.7".to_vec();
            file.resize(size, b' ');
            let answer = pays(&mut ada, &fields, Some(("large.pdf", &file))).await;
            assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY, "{size}");
            assert!(answer.text.contains("The file is larger than 5 MB."), "{size}: {}", answer.text);
            let is_typed = ["value=\"2026-10-12\"", "see the file"].iter().all(|words| answer.text.contains(words));
            assert!(is_typed || limit + 1 < size, "{}", answer.text);
            assert_eq!(world.decisions().await, 0);
            assert_eq!(desk::list(&world.office, &desk::Wanted::default()).await.unwrap(), []);
            assert_eq!(lookup::by_external(&world.office, "ada").await.unwrap().said, []);
        }
        let mut file = b"%PDF-1.7".to_vec();
        file.resize(limit, b' ');
        pays(&mut ada, &fields, Some(("just.pdf", &file))).await.leads("/account?said=1");
        assert_eq!(world.decisions().await, 1);
    }
}
