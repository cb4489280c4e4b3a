//! A student asks: what to pay, until when to order it, whether the money has arrived; and says what
//! is wrong.

use super::bank::{line, october};
use super::world::{World, refusal, said};
use crate::support::on_both_engines;
use kwestura::cases::Kind;
use kwestura::dunning::order_by::Basis;
use kwestura::engine::decide::Request;
use kwestura::engine::desk::{self, Wanted};
use kwestura::engine::escalate;
use kwestura::engine::hear::{self, Attachment, NotHeard, Saying};
use kwestura::engine::lookup::{self, Account, Around, Lookup, Standing, State, What, WhyMoved};
use kwestura::policy::InterestRule;
use kwestura::text::Language;

async fn asks(world: &World, student: &str) -> Lookup {
    lookup::by_external(&world.office, student).await.unwrap()
}

/// The only account of a student.
async fn account(world: &World, student: &str) -> Account {
    let mut accounts = asks(world, student).await.accounts;
    assert_eq!(accounts.len(), 1);
    accounts.remove(0)
}

async fn says(world: &World, student: &str, saying: Saying, why: &str) -> Result<i64, NotHeard> {
    let person = asks(world, student).await.person;
    let fee = format!("F-{student}");
    hear::hear(&world.office, person, &fee, &saying, why)
        .await
        .unwrap()
}

fn paid(day: u32) -> Saying {
    Saying::Paid {
        on: october(day),
        amount: None,
        confirmation: None,
    }
}

async fn open_cases(world: &World) -> Vec<(String, String)> {
    let rows = desk::list(&world.office, &Wanted::default()).await.unwrap();
    rows.into_iter()
        .map(|row| (row.kind, row.subject))
        .collect()
}

on_both_engines! {
    /// Ada looks on the first of October: 500.00 until Monday the 12th, to her own number.
    async fn a_student_sees_what_to_pay_until_when_and_where(db: TestDb) {
        let mut world = World::begin(&db).await;
        let ada = asks(&world, "ada").await;
        assert_eq!((ada.student.as_str(), ada.album.as_str(), ada.name.as_str()), ("ada", "900001", "ada Testowa"));
        let account = account(&world, "ada").await;
        assert_eq!((account.to_pay_minor(), account.open_minor, account.is_overdue()), (50_000, 50_000, false));
        let [to_pay] = account.to_pay.as_slice() else { panic!("{:?}", account.to_pay) };
        assert_eq!(to_pay.due_on, Some(october(12)));
        // Nobody has paid yet, so the clearing alone tells: ordered on Friday, credited on Monday.
        let advice = to_pay.order_by.unwrap();
        assert_eq!((advice.day, advice.basis), (october(9), Basis::Clearing));
        let number = to_pay.number.unwrap();
        assert!(number.as_str().ends_with("000000100001"), "{}", number.as_str());
        assert_eq!(to_pay.title, "F-ada ALBUM 900001");
        let code = format!("|PL|{}|050000|Akademia|F ada ALBUM 900001|||", number.as_str());
        assert_eq!(to_pay.code.as_deref(), Some(code.as_str()));
        assert_eq!(account.counted_through, None);
        let [fee] = account.fees.as_slice() else { panic!("{:?}", account.fees) };
        assert_eq!((fee.state, fee.due_on, fee.moved), (State::Open, october(12), None));
        assert_eq!((fee.title.of(Language::Pl), fee.title.of(Language::En)), ("Czesne", "Tuition"));
        // On the day itself it is too late for an ordinary transfer.
        world.today(12);
        let account = self::account(&world, "ada").await;
        assert_eq!((account.to_pay[0].due_on, account.to_pay[0].order_by), (Some(october(12)), None));
        world.today(13);
        let account = self::account(&world, "ada").await;
        assert_eq!((account.to_pay[0].due_on, account.is_overdue(), account.fees[0].state), (None, true, State::Overdue));
    }

    /// A part on the 9th, too much on the 14th: each transfer says what it settled.
    async fn a_student_sees_whether_the_money_has_arrived(db: TestDb) {
        let mut world = World::begin(&db).await;
        world.bank(9, vec![line(9, 20_000, "ada"), line(9, 77, "bartek")]).await;
        let account = account(&world, "ada").await;
        assert_eq!((account.to_pay_minor(), account.counted_through), (30_000, Some(october(8))));
        assert_eq!(account.fees[0].state, State::Open);
        world.bank(14, vec![line(14, 40_000, "ada")]).await;
        world.today(15);
        let account = self::account(&world, "ada").await;
        assert_eq!((account.to_pay.as_slice(), account.on_account_minor), ([].as_slice(), 10_000));
        let fee = &account.fees[0];
        assert_eq!((fee.state, fee.settled_on, fee.late_days), (State::Settled, Some(october(14)), 2));
        assert_eq!(fee.settled_by.iter().map(|part| part.amount_minor).collect::<Vec<_>>(), [20_000, 30_000]);
        let [second, first] = account.transfers.as_slice() else { panic!("{:?}", account.transfers) };
        assert_eq!((first.credited_on, first.amount_minor, first.on_account_minor), (october(9), 20_000, 0));
        assert_eq!((second.credited_on, second.settles[0].amount_minor, second.on_account_minor), (october(14), 30_000, 10_000));
        assert_eq!(second.settles[0].fee, "F-ada");
        assert_eq!(fee.settled_by[1].transfer, second.id);
        // The day is over only when its statement is in.
        assert_eq!(account.counted_through, Some(october(14)));
        // Where she pays to is told all the same.
        assert!(account.number.is_some());
    }

    /// 31 October 2026 is a Saturday, and 1 November a Sunday; money on account covers what comes.
    async fn what_moved_a_due_date_and_what_covers_a_fee_is_told(db: TestDb) {
        let mut world = World::begin(&db).await;
        world.bank(5, vec![line(5, 90_000, "ada")]).await;
        world.today(6);
        world.fee("F-dorm", "ada", "300,00", "2026-10-31").await;
        let account = account(&world, "ada").await;
        let dorm = account.fees.iter().find(|fee| fee.id == "F-dorm").unwrap();
        let moved = dorm.moved.unwrap();
        assert_eq!((moved.nominal_on, moved.why), (october(31), WhyMoved::ClosedDay));
        assert_eq!(account.to_pay, []);
        assert_eq!(account.fees.iter().map(|fee| fee.state).collect::<Vec<_>>(), [State::Settled, State::Covered]);
        // Too soon after it was published, and then extended by the office.
        world.fee("F-card", "bartek", "22,00", "2026-10-06").await;
        let card = |account: &Account| account.fees.iter().find(|fee| fee.id == "F-card").unwrap().clone();
        let bartek = self::account(&world, "bartek").await;
        assert_eq!((card(&bartek).due_on, card(&bartek).moved.unwrap().why), (october(20), WhyMoved::Notice));
        world.fact(Request::Extend { fee: "F-card".to_owned(), to: october(28), forgive_interest: false }).await;
        let bartek = self::account(&world, "bartek").await;
        assert_eq!((card(&bartek).due_on, card(&bartek).moved.unwrap().why), (october(28), WhyMoved::Extended));
    }

    /// Celina pays in instalments: what is due next is asked for, not the whole.
    async fn instalments_are_paid_one_by_one(db: TestDb) {
        let mut world = World::begin(&db).await;
        let parts = vec![(october(12), "200,00".to_owned()), (october(26), "300,00".to_owned())];
        world.fact(Request::Plan { fee: "F-celina".to_owned(), parts }).await;
        let account = account(&world, "celina").await;
        assert_eq!((account.to_pay_minor(), account.open_minor), (20_000, 50_000));
        assert_eq!(account.fees.iter().map(|fee| (fee.id.as_str(), fee.state)).collect::<Vec<_>>(), [
            ("F-celina", State::InInstalments),
            ("F-celina:1", State::Open),
            ("F-celina:2", State::Open),
        ]);
        assert_eq!(account.fees[1].title.of(Language::En), "Tuition, instalment 1");
        world.bank(12, vec![line(12, 20_000, "celina")]).await;
        assert_eq!(self::account(&world, "celina").await.to_pay_minor(), 30_000);
    }

    /// "I paid" waits for the statements, with its confirmation, and is answered by the money.
    async fn i_paid_is_heard_once_and_answered_by_the_money(db: TestDb) {
        let mut world = World::begin(&db).await;
        world.bank(13, vec![line(13, 50_000, "bartek")]).await;
        world.today(14);
        let confirmation = Attachment { name: "C:\\przelew.pdf".to_owned(), content: b"%PDF-1.7".to_vec() };
        let saying = Saying::Paid { on: october(12), amount: Some("500,00".to_owned()), confirmation: Some(confirmation) };
        let number = says(&world, "ada", saying.clone(), "").await.unwrap();
        let kept = hear::attachment(&world.office, number).await.unwrap().unwrap();
        assert_eq!(kept, ("przelew.pdf".to_owned(), "application/pdf".to_owned(), b"%PDF-1.7".to_vec()));
        assert_eq!(says(&world, "ada", saying, "").await, Err(NotHeard::SaidAlready));
        let ada = asks(&world, "ada").await;
        let [word] = ada.said.as_slice() else { panic!("{:?}", ada.said) };
        assert_eq!((word.what, word.amount_minor, word.day, word.attachment.as_deref()), (What::Claim, Some(50_000), october(12), Some("przelew.pdf")));
        // Monday and three business days more.
        assert_eq!(word.standing, Standing::Waits(october(15)));
        assert_eq!(open_cases(&world).await, []);
        world.bank(14, vec![line(14, 50_000, "ada")]).await;
        assert_eq!(asks(&world, "ada").await.said[0].standing, Standing::Settled);
        assert_eq!(says(&world, "ada", paid(14), "").await, Err(NotHeard::NothingOpen));
    }

    /// The statements are in and show nothing: the next run makes a case of it, the student sees it.
    async fn a_claim_that_is_not_found_is_a_case(db: TestDb) {
        let mut world = World::begin(&db).await;
        world.today(13);
        says(&world, "ada", paid(12), "").await.unwrap();
        world.bank(16, vec![]).await;
        world.today(19);
        assert_eq!(asks(&world, "ada").await.said[0].standing, Standing::NotFound);
        escalate::run(&world.office, october(19), false).await.unwrap();
        let ada = asks(&world, "ada").await;
        assert!(matches!(ada.said[0].standing, Standing::AtOffice(_)), "{:?}", ada.said);
        // Of one fee a case is asked once, whatever is said meanwhile.
        assert_eq!(says(&world, "ada", paid(12), "").await, Err(NotHeard::SaidAlready));
    }

    /// "This is wrong" and "I need instalments" lie on the desk at once, and the next run agrees.
    async fn what_is_wrong_is_a_case_at_once(db: TestDb) {
        let mut world = World::begin(&db).await;
        world.today(2);
        says(&world, "ada", Saying::Wrong, "no such course").await.unwrap();
        says(&world, "bartek", Saying::Instalments, "in three parts").await.unwrap();
        let cases = [(Kind::Instalments.name(), "F-bartek"), (Kind::Dispute.name(), "F-ada")];
        let cases: Vec<(String, String)> = cases.iter().map(|(kind, fee)| ((*kind).to_owned(), (*fee).to_owned())).collect();
        assert_eq!(open_cases(&world).await, cases);
        let run = escalate::run(&world.office, october(2), false).await.unwrap();
        assert_eq!((run.opened.as_slice(), run.refreshed, run.gone.as_slice()), ([].as_slice(), 0, [].as_slice()));
        let ada = asks(&world, "ada").await;
        assert_eq!((ada.said[0].what, ada.said[0].why.as_str()), (What::Dispute, "no such course"));
        assert_eq!(ada.said[0].standing, Standing::AtOffice(october(16)));
        assert_eq!(says(&world, "ada", Saying::Wrong, "still").await, Err(NotHeard::SaidAlready));
        // COS answers, and may be asked again.
        let id = ada.said[0].case.unwrap();
        world.today(5);
        desk::resolve(&world.office, id, (desk::NONE, ""), super::bank::BOSS).await.unwrap();
        assert_eq!(asks(&world, "ada").await.said[0].standing, Standing::Answered(october(5)));
        says(&world, "ada", Saying::Wrong, "there is none, really").await.unwrap();
        assert_eq!(asks(&world, "ada").await.said.len(), 2);
    }

    /// Notes and reasons are for those who work on a case; an answer is for the student, also beside a
    /// case that waits or has ended, and the newest is read.
    async fn cos_answers_in_words_that_only_the_student_of_the_case_reads(db: TestDb) {
        let mut world = World::begin(&db).await;
        world.today(2);
        says(&world, "ada", Saying::Wrong, "no such course").await.unwrap();
        says(&world, "bartek", Saying::Wrong, "nor this").await.unwrap();
        let case = asks(&world, "ada").await.said[0].case.unwrap();
        let office = &world.office;
        let by = |why| kwestura::engine::statements::Said { by: "eva", why };
        desk::note(office, case, by("she calls every day")).await.unwrap();
        assert_eq!(asks(&world, "ada").await.said[0].reply, None);
        desk::wait(office, case, october(9), by("her plan of studies")).await.unwrap();
        desk::reply(office, case, by("Please send us your plan of studies.\r\n")).await.unwrap();
        let word = asks(&world, "ada").await.said.remove(0);
        assert_eq!((word.standing, word.reply.as_deref()), (Standing::WaitsForYou, Some("Please send us your plan of studies.")));
        desk::resolve(office, case, (desk::NONE, "You signed up for it."), by("she did sign up")).await.unwrap();
        let word = asks(&world, "ada").await.said.remove(0);
        assert_eq!((word.standing, word.reply.as_deref()), (Standing::Answered(october(2)), Some("You signed up for it.")));
        desk::reply(office, case, by("You signed up for it on 1 October.")).await.unwrap();
        assert_eq!(asks(&world, "ada").await.said[0].reply.as_deref(), Some("You signed up for it on 1 October."));
        assert_eq!(asks(&world, "bartek").await.said[0].reply, None);
        let (_, events) = desk::show(office, case).await.unwrap();
        let what: Vec<&str> = events.iter().map(|event| event.what.as_str()).collect();
        assert_eq!(what, ["new", "note", "waiting", "reply", "closed", "reply", "reply"]);
        // Asked again, it is another case, with no answer yet.
        says(&world, "ada", Saying::Wrong, "still").await.unwrap();
        let again = asks(&world, "ada").await.said;
        assert_eq!((again[0].reply.as_deref(), again[1].reply.is_some()), (None, true));
    }

    /// A decision that waits for a second person is no answer yet, and neither are the words beside it.
    async fn an_answer_waits_with_its_decision(db: TestDb) {
        let mut world = World::begin(&db).await;
        world.office.config.policy.allocation.waive_limit_minor = 100;
        says(&world, "ada", Saying::Wrong, "no such course").await.unwrap();
        let case = asks(&world, "ada").await.said[0].case.unwrap();
        let waive = Request::Waive { fee: "F-ada".to_owned(), amount: None };
        let said = said("eva", None);
        let answer = desk::answer(&world.office, case, (&waive, "You need not pay."), &said, false).await.unwrap();
        assert!(matches!(answer.standing, kwestura::engine::decide::Standing::Waits(_)));
        let word = asks(&world, "ada").await.said.remove(0);
        assert_eq!((word.reply, matches!(word.standing, Standing::AtOffice(_))), (None, true));
        let (_, events) = desk::show(&world.office, case).await.unwrap();
        assert!(events.iter().any(|event| event.what == "note" && event.detail.ends_with("You need not pay.")), "{events:?}");
    }

    /// An answer that nobody would read, or that is too long, is refused, and nothing is decided with it.
    async fn an_answer_that_cannot_be_given_decides_nothing(db: TestDb) {
        let mut world = World::begin(&db).await;
        says(&world, "ada", Saying::MoreTime, "until the loan comes").await.unwrap();
        let case = asks(&world, "ada").await.said[0].case.unwrap();
        let extend = Request::Extend { fee: "F-ada".to_owned(), to: october(30), forgive_interest: false };
        let said = said("eva", None);
        let before = world.decisions().await;
        let long = "ż".repeat(desk::ANSWER_MAX + 1);
        let refused = refusal(desk::answer(&world.office, case, (&extend, &long), &said, false).await);
        assert!(refused.contains("1000 signs"), "{refused}");
        assert_eq!((world.decisions().await, asks(&world, "ada").await.said[0].reply.clone()), (before, None));
        desk::answer(&world.office, case, (&extend, &long[2..]), &said, false).await.unwrap();
        assert_eq!(asks(&world, "ada").await.said[0].reply.as_deref(), Some(&long[2..]));
        world.bank(13, vec![line(13, 700, "").title("?")]).await;
        world.today(30);
        escalate::run(&world.office, october(30), false).await.unwrap();
        let cases = desk::list(&world.office, &Wanted::default()).await.unwrap();
        let other = cases.iter().find(|row| row.kind == Kind::Statements.name()).unwrap_or_else(|| panic!("{cases:?}"));
        let refused = refusal(desk::reply(&world.office, other.id, super::bank::BOSS).await);
        assert!(refused.contains("nobody would read"), "{refused}");
    }

    /// What is settled can be wrong, too; the answer is told in the student's words, and nobody's case
    /// goes away because they paid meanwhile.
    async fn what_is_settled_can_be_wrong_until_it_is_given_up(db: TestDb) {
        let mut world = World::begin(&db).await;
        says(&world, "bartek", Saying::Wrong, "no such course").await.unwrap();
        world.bank(2, vec![line(2, 50_000, "ada"), line(2, 50_000, "bartek")]).await;
        says(&world, "ada", Saying::Wrong, "paid, and still no such course").await.unwrap();
        assert_eq!(says(&world, "ada", Saying::MoreTime, "for what?").await, Err(NotHeard::NothingOpen));
        for _ in 0..2 {
            escalate::run(&world.office, october(2), false).await.unwrap();
            let ada = asks(&world, "ada").await;
            assert_eq!(ada.said[0].standing, Standing::AtOffice(october(16)));
            assert_eq!(asks(&world, "bartek").await.said[0].standing, Standing::AtOffice(october(15)));
        }
        // A fee that is given up is no question any more.
        world.bank(3, vec![]).await;
        says(&world, "celina", Saying::Wrong, "nor this").await.unwrap();
        world.fact(Request::Waive { fee: "F-celina".to_owned(), amount: None }).await;
        let run = escalate::run(&world.office, october(3), false).await.unwrap();
        assert_eq!(run.gone.len(), 1);
        assert_eq!(says(&world, "celina", Saying::Wrong, "still").await, Err(NotHeard::NothingOpen));
    }

    /// Interest that was told is all that is left: it was paid, or it is wrong; nobody gets time for it.
    async fn interest_alone_can_be_paid_and_wrong(db: TestDb) {
        let mut world = World::begin(&db).await;
        world.office.config.policy.default_kind.interest = InterestRule::Statutory;
        world.bank(26, vec![line(26, 50_000, "ada")]).await;
        world.today(27);
        assert_eq!(says(&world, "ada", paid(26), "").await, Err(NotHeard::NothingOpen));
        world.fact(Request::InterestTold { fee: "F-ada".to_owned() }).await;
        let ada = asks(&world, "ada").await;
        let interest = ada.accounts[0].fees.iter().find(|fee| fee.is_interest()).unwrap();
        assert!(interest.left_minor() > 0 && interest.can_be_wrong(), "{interest:?}");
        assert_eq!(says(&world, "ada", Saying::Instalments, "in parts").await, Err(NotHeard::NothingOpen));
        says(&world, "ada", paid(27), "").await.unwrap();
        let standing = asks(&world, "ada").await.said[0].standing;
        assert!(matches!(standing, Standing::Waits(_)), "{standing:?}");
        says(&world, "ada", Saying::Wrong, "the bank was late").await.unwrap();
        let run = escalate::run(&world.office, october(27), false).await.unwrap();
        assert_eq!((run.opened.len(), run.gone.len()), (0, 0));
    }

    /// S01: what is somebody else's is answered like what does not exist, and nothing is noted.
    async fn nobody_speaks_about_a_fee_of_somebody_else(db: TestDb) {
        let mut world = World::begin(&db).await;
        world.today(13);
        let ada = asks(&world, "ada").await.person;
        for fee in ["F-bartek", "F-none", "", "%", "F-ada' OR '1'='1"] {
            for saying in [paid(12), Saying::Wrong] {
                let heard = hear::hear(&world.office, ada, fee, &saying, "mine").await.unwrap();
                assert_eq!(heard, Err(NotHeard::NoSuchFee), "{fee}");
            }
        }
        assert_eq!(world.decisions().await, 0);
        assert_eq!(asks(&world, "bartek").await.said, []);
    }

    /// Many at once say the same as one by one, each alone.
    async fn many_are_asked_about_at_once(db: TestDb) {
        let mut world = World::begin(&db).await;
        world.bank(9, vec![line(9, 20_000, "ada"), line(9, 50_000, "bartek")]).await;
        let mut alone = Vec::new();
        for student in ["ada", "bartek", "celina"] {
            alone.push(asks(&world, student).await);
        }
        let persons: Vec<i64> = alone.iter().map(|lookup| lookup.person).collect();
        let mut tx = world.office.db.read().await.unwrap();
        let around = Around::read(&mut tx, &world.office).await.unwrap();
        let together = lookup::of_persons(&mut tx, &world.office, &around, &persons).await.unwrap();
        tx.rollback().await.unwrap();
        assert_eq!(together, alone);
        let said = format!("{:?}", together[0]);
        assert!(!said.contains("bartek") && !said.contains("900002") && !said.contains("100002"), "{said}");
        // Merged records are one account, under the one that goes on.
        world.fact(Request::Merge { from: "bartek".to_owned(), into: "ada".to_owned() }).await;
        let merged = asks(&world, "bartek").await;
        assert_eq!((merged.student.as_str(), merged.accounts[0].fees.len()), ("ada", 2));
    }
}
