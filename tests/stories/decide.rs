//! What people decide about fees, credits and students, each with who and why.

use super::bank::{PAYER, line, october};
use super::world::{OTHER_PAYER, World, refund, refusal, said, waive};
use crate::support::on_both_engines;
use kwestura::engine::decide::{self, Request, Standing, preview::What};
use kwestura::engine::why::{self, Why};

fn extend(fee: &str, day: u32) -> Request {
    Request::Extend {
        fee: fee.to_owned(),
        to: october(day),
        forgive_interest: false,
    }
}

fn plan(fee: &str, parts: &[(u32, &str)]) -> Request {
    let part = |(day, amount): &(u32, &str)| (october(*day), (*amount).to_owned());
    Request::Plan {
        fee: fee.to_owned(),
        parts: parts.iter().map(part).collect(),
    }
}

fn merge(from: &str, into: &str) -> Request {
    Request::Merge {
        from: from.to_owned(),
        into: into.to_owned(),
    }
}

fn designate(credit: &str, fee: &str) -> Request {
    Request::Designate {
        credit: credit.to_owned(),
        student: None,
        fees: vec![(fee.to_owned(), None)],
    }
}

on_both_engines! {
    async fn a_waiver_is_shown_first_then_stands_and_is_taken_back(db: TestDb) {
        let world = World::begin(&db).await;
        let request = waive("F-ada", Some("100,00"));
        let shown = decide::decide(&world.office, &request, &said("ada", None), true).await.unwrap();
        assert_eq!((&shown.standing, shown.numbers.len()), (&Standing::Preview, 0));
        let What::Fee { fee, before, after } = &shown.changes[0].what else {
            panic!("a fee changes: {shown:?}");
        };
        let open = |view: &Option<decide::preview::FeeView>| view.as_ref().unwrap().open_minor;
        assert_eq!((fee.as_str(), open(before), open(after)), ("F-ada", 50_000, 40_000));
        assert_eq!((world.decisions().await, world.owes("ada").await), (0, (50_000, 0)));

        let number = world.fact(request.clone()).await;
        assert_eq!(world.owes("ada").await, (40_000, 0));
        world.already(request).await;
        let told = world.refused(waive("F-ada", Some("400,01"))).await;
        assert!(told.contains("only 400.00 PLN is open"), "{told}");
        world.fact(waive("F-ada", None)).await;
        let fee = world.receivable("ada", "F-ada").await;
        assert_eq!((fee.open_minor, fee.closed_by), (0, Some("waiver")));
        let told = world.refused(waive("F-ada", Some("1"))).await;
        assert!(told.contains("nothing is open on F-ada"), "{told}");

        decide::revoke(&world.office, number, "ada", "a mistake", false).await.unwrap();
        let told = refusal(decide::revoke(&world.office, number, "ada", "a mistake", false).await);
        assert!(told.contains("taken back by ada already"), "{told}");
        let listed = decide::list(&world.office, Some(number), false).await.unwrap();
        assert_eq!((listed[0].state, listed[0].fee.as_deref()), ("revoked", Some("F-ada")));
    }

    async fn a_waiver_above_the_limit_is_no_fact_until_another_person_approves(db: TestDb) {
        let world = World::begin(&db).await;
        world.fee("H-1", "ada", "900,00", "2026-10-30").await;
        let (number, reason) = world.waits(waive("H-1", None)).await;
        assert!(reason.contains("900.00 PLN"), "{reason}");
        assert_eq!(world.receivable("ada", "H-1").await.open_minor, 90_000);
        world.already(waive("H-1", None)).await;

        let approve = async |number, by| decide::approve(&world.office, number, by, false).await;
        let told = refusal(approve(number, " ADA ").await);
        assert!(told.contains("somebody else has to approve"), "{told}");
        assert!(refusal(approve(number + 100, "eva").await).contains("no decision"));
        assert_eq!(world.receivable("ada", "H-1").await.open_minor, 90_000);
        approve(number, "eva").await.unwrap();
        assert_eq!(world.receivable("ada", "H-1").await.closed_by, Some("waiver"));
        assert!(refusal(approve(number, "jan").await).contains("approved by eva already"));
        assert!(decide::list(&world.office, None, true).await.unwrap().is_empty());

        // Two waivers below the limit are one above it.
        world.fee("H-2", "ada", "900,00", "2026-10-30").await;
        let small = world.fact(waive("H-2", Some("400"))).await;
        assert!(refusal(approve(small, "eva").await).contains("needs no second person"));
        let (_, reason) = world.waits(waive("H-2", Some("200"))).await;
        assert!(reason.contains("600.00 PLN would be given up"), "{reason}");
    }

    async fn a_decision_from_a_day_that_has_passed_is_no_fact_until_it_is_approved(db: TestDb) {
        let mut world = World::begin(&db).await;
        world.today(20);
        assert_eq!(world.receivable("ada", "F-ada").await.late_days, 8);
        let said = said("ada", Some(10));
        let answer = decide::decide(&world.office, &extend("F-ada", 30), &said, false).await.unwrap();
        assert!(matches!(answer.standing, Standing::Waits(_)));
        assert!(!answer.changes.is_empty());
        assert_eq!(world.receivable("ada", "F-ada").await.late_days, 8);
        decide::approve(&world.office, answer.numbers[0], "eva", false).await.unwrap();
        let fee = world.receivable("ada", "F-ada").await;
        assert_eq!((fee.due_on, fee.late_days), (october(30), 0));
    }

    async fn instalments_add_up_to_what_is_open(db: TestDb) {
        let mut world = World::begin(&db).await;
        world.bank(2, vec![line(2, 10_000, "ada")]).await;
        world.today(5);
        let told = world.refused(plan("F-ada", &[(20, "200"), (30, "300")])).await;
        assert!(told.contains("add up to 500.00 PLN and 400.00 PLN is open"), "{told}");
        let told = world.refused(plan("F-ada", &[(30, "200"), (20, "200")])).await;
        assert!(told.contains("order of their days"), "{told}");
        let parts = [(20, "150,00"), (30, "250,00")];
        world.fact(plan("F-ada", &parts)).await;
        world.already(plan("F-ada", &parts)).await;
        let told = world.refused(plan("F-ada", &[(21, "400")])).await;
        assert!(told.contains("has a plan already"), "{told}");
        let told = world.refused(waive("F-ada", None)).await;
        assert!(told.contains("instalments stand in the place"), "{told}");
        let told = world.refused(waive("F-ada:1", None)).await;
        assert!(told.contains("about the whole fee"), "{told}");
        world.bank(6, vec![line(6, 20_000, "ada")]).await;
        assert_eq!(world.receivable("ada", "F-ada:1").await.settled_on, Some(october(6)));
        assert_eq!(world.receivable("ada", "F-ada:2").await.open_minor, 20_000);
        assert_eq!(world.why_fee("F-ada:2").await.allocations[0].amount_minor, 5_000);
    }

    /// On one day a plan acts before a waiver and both before the day's credits, whichever came first.
    async fn what_else_happened_on_a_day_is_not_decided_over(db: TestDb) {
        let mut world = World::begin(&db).await;
        world.bank(5, vec![line(5, 10_000, "ada")]).await;
        let told = world.refused(waive("F-ada", None)).await;
        assert!(told.contains("--on 2026-10-06"), "{told}");
        world.fact(waive("F-ada", Some("50"))).await;
        assert_eq!(world.owes("ada").await, (35_000, 0));
        let told = world.refused(plan("F-ada", &[(20, "350")])).await;
        assert!(told.contains("--on 2026-10-06"), "{told}");
        let from_tomorrow = said("ada", Some(6));
        let request = plan("F-ada", &[(20, "350")]);
        let answer = decide::decide(&world.office, &request, &from_tomorrow, false).await.unwrap();
        assert_eq!(answer.standing, Standing::Fact);
        world.today(6);
        assert_eq!(world.receivable("ada", "F-ada:1").await.open_minor, 35_000);
    }

    async fn a_credit_goes_where_a_person_says(db: TestDb) {
        let mut world = World::begin(&db).await;
        world.fee("G-1", "ada", "300,00", "2026-10-20").await;
        world.bank(8, vec![line(8, 30_000, "ada").title("WPLATA")]).await;
        world.today(9);
        assert_eq!(world.receivable("ada", "G-1").await.open_minor, 0);
        let credit = world.credits("ada").await.remove(0);
        world.fact(designate(&credit, "F-ada")).await;
        let fee = world.receivable("ada", "F-ada").await;
        assert_eq!((fee.open_minor, fee.allocations[0].rule), (20_000, "designated_by_person"));
        assert_eq!(world.receivable("ada", "G-1").await.open_minor, 30_000);
        world.already(designate(&credit, "F-ada")).await;
        let why = world.why_fee("G-1").await;
        let states: Vec<&str> = why.superseded.iter().map(|row| row.state).collect();
        assert!(why.allocations.is_empty() && states.contains(&"released"), "{why:?}");
    }

    async fn a_refund_is_set_aside_leaves_and_comes_back(db: TestDb) {
        let mut world = World::begin(&db).await;
        world.bank(5, vec![line(5, 80_000, "ada")]).await;
        assert_eq!(world.owes("ada").await, (0, 30_000));
        let credit = world.credits("ada").await.remove(0);
        let told = world.refused(refund(&credit, "300,01", None)).await;
        assert!(told.contains("only 300.00 PLN"), "{told}");
        let told = world.refused(refund(&credit, "0", None)).await;
        assert!(told.contains("not more than nothing"), "{told}");
        world.fact(refund(&credit, "300,00", None)).await;
        assert_eq!(world.why_credit(&credit).await.reserved_minor, 30_000);
        world.already(refund(&credit, "300,00", None)).await;

        world.bank(6, vec![line(6, -30_000, "").title("ZWROT NADPLATY")]).await;
        let why = world.why_credit(&credit).await;
        assert_eq!((why.reserved_minor, why.refunded_minor), (0, 30_000));
        world.bank(7, vec![line(7, 30_000, "").title("ZWROT PRZELEWU")]).await;
        let why = world.why_credit(&credit).await;
        assert_eq!((why.refunded_minor, why.on_account_minor), (0, 30_000));
        assert!(world.queue().await.is_empty());
    }

    async fn a_refund_that_left_before_it_was_decided_is_recognised(db: TestDb) {
        let mut world = World::begin(&db).await;
        world.bank(5, vec![line(5, 80_000, "ada")]).await;
        let credit = world.credits("ada").await.remove(0);
        world.bank(6, vec![line(6, -30_000, "").title("ZWROT")]).await;
        world.fact(refund(&credit, "300,00", None)).await;
        assert_eq!(world.why_credit(&credit).await.refunded_minor, 30_000);
    }

    async fn a_refund_to_another_account_needs_a_second_person(db: TestDb) {
        let mut world = World::begin(&db).await;
        world.bank(5, vec![line(5, 80_000, "ada")]).await;
        let credit = world.credits("ada").await.remove(0);
        let told = world.refused(refund(&credit, "100", Some("12345"))).await;
        assert!(told.contains("is no account"), "{told}");
        let (number, reason) = world.waits(refund(&credit, "100", Some(OTHER_PAYER))).await;
        assert!(reason.contains("account from which it came"), "{reason}");
        assert_eq!(world.owes("ada").await, (0, 30_000));
        decide::approve(&world.office, number, "eva", false).await.unwrap();
        assert_eq!(world.owes("ada").await, (0, 20_000));
        world.fact(refund(&credit, "50", Some(PAYER))).await;
        assert_eq!(world.owes("ada").await, (0, 15_000));
        let told = world.refused(refund(&credit, "151", None)).await;
        assert!(told.contains("only 150.00 PLN"), "{told}");
    }

    /// Nothing is spent twice: what was sent back, and then taken back by the bank, is to be
    /// recovered, and the new fee is open.
    async fn counterexample_7_a_refund_a_new_fee_and_a_reversal(db: TestDb) {
        let mut world = World::begin(&db).await;
        world.bank(5, vec![
            line(5, 50_000, "ada").tnr("100.1"),
            line(5, 50_000, "ada").from(OTHER_PAYER).tnr("100.2"),
        ]).await;
        assert_eq!(world.owes("ada").await, (0, 50_000));
        let mut free = None;
        for credit in world.credits("ada").await {
            if world.why_credit(&credit).await.on_account_minor > 0 {
                free = Some(credit);
            }
        }
        let free = free.unwrap();
        let payer = world.why_credit(&free).await.payer_account.unwrap();
        world.today(6);
        world.fact(refund(&free, "500", None)).await;
        world.today(7);
        world.fee("N-1", "ada", "500,00", "2026-10-21").await;
        let out = line(8, -50_000, "").from(payer.trim_start_matches("PL")).title("ZWROT");
        world.bank(8, vec![out]).await;
        assert_eq!(world.owes("ada").await, (50_000, 0));
        let taken = if payer.contains(OTHER_PAYER) { "100.2" } else { "100.1" };
        let from = payer.trim_start_matches("PL");
        world.bank(9, vec![line(9, -50_000, "").from(from).tnr(taken).reversed()]).await;
        world.today(31);
        assert_eq!(world.owes("ada").await, (50_000, 0));
        assert_eq!(world.receivable("ada", "F-ada").await.settled_on, Some(october(5)));
        assert_eq!(world.receivable("ada", "N-1").await.open_minor, 50_000);
        let why = world.why_credit(&free).await;
        let ends = (why.refunded_minor, why.reversed_minor, why.to_recover_minor, why.on_account_minor);
        assert_eq!(ends, (50_000, 50_000, 50_000, 0));
    }

    async fn two_records_become_one_person_from_a_day_on_and_two_again(db: TestDb) {
        let mut world = World::begin(&db).await;
        world.bank(5, vec![line(5, 70_000, "ada")]).await;
        world.today(8);
        let told = world.refused(merge("ada", "900001")).await;
        assert!(told.contains("merged with themselves"), "{told}");
        let number = world.fact(merge("ada", "bartek")).await;
        world.already(merge("ada", "bartek")).await;
        assert!(world.refused(merge("bartek", "ada")).await.contains("circle"));
        assert!(world.refused(merge("ada", "celina")).await.contains("merged before"));
        // What was settled before stays, and what lay on account is there for both.
        let account = world.account("ada").await;
        assert_eq!(account.student, "bartek");
        assert_eq!((account.open_minor, account.on_account_minor), (50_000, 20_000));
        assert_eq!(world.receivable("bartek", "F-ada").await.settled_on, Some(october(5)));
        world.bank(9, vec![line(9, 30_000, "ada")]).await;
        world.today(12);
        assert_eq!(world.owes("bartek").await, (0, 0));
        assert_eq!(world.receivable("bartek", "F-bartek").await.settled_on, Some(october(9)));

        decide::revoke(&world.office, number, "ada", "twins", false).await.unwrap();
        assert_eq!(world.owes("ada").await, (0, 50_000));
        assert_eq!(world.owes("bartek").await, (50_000, 0));
    }

    async fn the_banks_own_error_moves_the_day_that_counts_once_two_say_so(db: TestDb) {
        let mut world = World::begin(&db).await;
        world.bank(14, vec![line(14, 50_000, "ada").tnr("100.7")]).await;
        assert_eq!(world.receivable("ada", "F-ada").await.late_days, 2);
        // The bank's reference names the credit too.
        let request = |day| Request::CreditingDate { credit: "100.7".to_owned(), day: october(day) };
        let told = world.refused(request(14)).await;
        assert!(told.contains("already"), "{told}");
        assert!(world.refused(request(15)).await.contains("has not come yet"));
        let (number, _) = world.waits(request(12)).await;
        assert_eq!(world.receivable("ada", "F-ada").await.late_days, 2);
        decide::approve(&world.office, number, "eva", false).await.unwrap();
        assert_eq!(world.receivable("ada", "F-ada").await.late_days, 0);
        let why = world.why_fee("F-ada").await;
        assert_eq!(why.allocations[0].credit.crediting_date_source, "decision");
        // What was booked before stands in the journal, replaced.
        assert_eq!(why.superseded.iter().filter(|row| row.state == "replaced").count(), 2);
    }

    async fn a_hold_and_a_court_stage_are_noted_once_and_change_no_account(db: TestDb) {
        let mut world = World::begin(&db).await;
        world.today(8);
        let hold = |day| Request::Hold { student: "900001".to_owned(), until: october(day) };
        assert!(world.refused(hold(7)).await.contains("is before"));
        world.fact(hold(20)).await;
        world.already(hold(20)).await;
        let court = || Request::Court { fee: "f-ADA".to_owned() };
        world.fact(court()).await;
        world.today(9);
        world.already(court()).await;
        assert_eq!(world.owes("ada").await, (50_000, 0));
        let listed = decide::list(&world.office, None, false).await.unwrap();
        let kinds: Vec<&str> = listed.iter().map(|row| row.kind.as_str()).collect();
        assert_eq!(kinds, ["hold", "court"]);
    }

    async fn a_decision_without_a_reason_or_about_nothing_known_is_refused(db: TestDb) {
        let world = World::begin(&db).await;
        let mut nobody = said(" ", None);
        let request = waive("F-ada", None);
        assert!(refusal(decide::decide(&world.office, &request, &nobody, false).await).contains("--by"));
        nobody.by = "ada".to_owned();
        nobody.why = String::new();
        assert!(refusal(decide::decide(&world.office, &request, &nobody, false).await).contains("--why"));
        assert!(world.refused(waive("X-1", None)).await.contains("no fee is called X-1"));
        assert!(world.refused(refund("0123456789", "1", None)).await.contains("no entry is called"));
        assert!(world.refused(merge("ada", "zenon")).await.contains("zenon"));
        let told = refusal(why::why(&world.office, "zenon", october(1)).await);
        assert!(told.contains("no fee, credit or student"), "{told}");
    }

    /// The same money is asked back twice at once: one is granted, the other finds nothing left.
    async fn two_who_decide_at_once_take_turns(db: TestDb) {
        let mut world = World::begin(&db).await;
        world.bank(5, vec![line(5, 80_000, "ada")]).await;
        let credit = world.credits("ada").await.remove(0);
        let request = refund(&credit, "200", None);
        let beside = World::another(&db, 5).await;
        let (one, other) = (said("ada", None), decide::Said { why: "once more".to_owned(), ..said("eva", None) });
        let (one, other) = tokio::join!(
            decide::decide(&world.office, &request, &one, false),
            decide::decide(&beside, &request, &other, false)
        );
        assert_eq!(u8::from(one.is_ok()) + u8::from(other.is_ok()), 1, "{one:?} {other:?}");
        let told = refusal(if one.is_ok() { other } else { one });
        assert!(told.contains("only 100.00 PLN"), "{told}");
        assert_eq!(world.owes("ada").await, (0, 10_000));
    }

    async fn an_explanation_names_the_rule_the_candidates_and_the_dates(db: TestDb) {
        let mut world = World::begin(&db).await;
        world.fee("G-1", "ada", "300,00", "2026-10-20").await;
        world.bank(8, vec![line(8, 60_000, "ada").title("WPLATA")]).await;
        let why = world.why_fee("G-1").await;
        let part = &why.allocations[0];
        assert_eq!((part.rule, part.cause, part.amount_minor), ("oldest_due", "credit", 10_000));
        assert_eq!(part.candidates.len(), 1);
        let first = &world.why_fee("F-ada").await.allocations[0];
        let open: Vec<&str> = first.candidates.iter().map(|one| one.external_id.as_str()).collect();
        assert_eq!(open, ["F-ada", "G-1"]);
        assert_eq!((part.credit.crediting_date, part.credit.crediting_date_source), (october(8), "booking"));
        let policy = &world.office.config.policy;
        assert_eq!((&part.policy_version, part.policy_valid_from), (&policy.version(), None));
        let credit = world.why_credit(&part.credit.id).await;
        assert_eq!(credit.identified[0].rule, "virtual_account");
        assert_eq!(credit.went.len(), 2);
        let Ok(Why::Student(ada)) = why::why(&world.office, "900001", october(8)).await else {
            panic!("an album is a student")
        };
        assert_eq!((ada.student.as_str(), ada.credits.len()), ("ada", 1));
    }
}
