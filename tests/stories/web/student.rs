//! A student on a telephone: signs in by a link, sees what to pay, says that they paid; and nobody
//! ever sees anything of somebody else.

use super::browser::{Answer, Browser, Pages, as_role};
use crate::stories::bank::{line, october};
use crate::stories::world::World;
use crate::support::university::file;
use crate::support::{TestDb, on_both_engines};
use axum::body::Body;
use axum::http::{Request as Sent, StatusCode};
use kwestura::engine::decide::{Request, Said};
use kwestura::engine::login::{self, Claims, Provider};
use kwestura::engine::sessions::{self, Whose};
use kwestura::engine::staff::Role;
use kwestura::engine::{Moment, desk, fees, lookup, send, settle};
use kwestura::mail::Post;
use kwestura::store::Rows;

pub const ADA: &str = "s900001@student.example.edu";
/// The university's account for euros, and ada's number of it.
pub const EUROS: &str = "PL13999000090000000000001002";
const EURO_NUMBER: &str = "64999000097777000000102345";

pub async fn world(db: &TestDb) -> World {
    let mut world = World::begin(db).await;
    world.office.config.mail = Some(crate::support::mail::folder_settings());
    world.office.config.sign_in.address = Some("http://127.0.0.1:8080".to_owned());
    world
}

/// The newest mail, once what waits has left.
async fn newest_mail(world: &World, db: &TestDb) -> Option<String> {
    let folder = db.folder().join("outbox");
    let now = world.office.now;
    let mut post = Post::Folder(folder.clone());
    send::run(&world.office, &mut post, || now, |_, _| {})
        .await
        .unwrap();
    let files = std::fs::read_dir(folder).ok()?;
    let mut files: Vec<_> = files.map(|file| file.unwrap().path()).collect();
    files.sort();
    let text = std::fs::read_to_string(files.last()?).unwrap();
    Some(text.replace("=\r\n", ""))
}

/// The path of the link in the newest mail.
async fn mailed(world: &World, db: &TestDb) -> Option<String> {
    let text = newest_mail(world, db).await?;
    let at = text.find("http://127.0.0.1:8080/link/")?;
    Some(
        text[at + 21..]
            .chars()
            .take_while(|sign| !sign.is_whitespace())
            .collect(),
    )
}

/// A browser in which a student is signed in.
pub async fn signed_in(pages: &Pages, world: &World, student: &str) -> Browser {
    let person = lookup::by_external(&world.office, student)
        .await
        .unwrap()
        .person;
    let whose = Whose::Student {
        login: student,
        person_id: Some(person),
    };
    let token = sessions::begin(&world.office, whose, None, None)
        .await
        .unwrap();
    let mut browser = pages.stranger();
    browser.cookies.insert("kwestura".to_owned(), token);
    browser
}

/// Sends "I paid" as a browser sends a form with a file.
pub async fn pays(
    browser: &mut Browser,
    fields: &[(&str, &str)],
    file: Option<(&str, &[u8])>,
) -> Answer {
    let mut body = Vec::new();
    for (name, value) in fields {
        body.extend(
            format!("--edge\r\nContent-Disposition: form-data; name=\"{name}\"\r\n\r\n{value}\r\n")
                .bytes(),
        );
    }
    if let Some((name, content)) = file {
        body.extend(format!("--edge\r\nContent-Disposition: form-data; name=\"confirmation\"; filename=\"{name}\"\r\nContent-Type: application/pdf\r\n\r\n").bytes());
        body.extend(content);
        body.extend(b"\r\n");
    }
    body.extend(b"--edge--\r\n");
    let token = browser.cookies["kwestura"].clone();
    let request = Sent::post("/account/say/paid")
        .header("content-type", "multipart/form-data; boundary=edge")
        .header("sec-fetch-site", "same-origin")
        .header("accept-language", "en")
        .header("cookie", format!("kwestura={token}"))
        .body(Body::from(body))
        .unwrap();
    browser.sent(request).await
}

/// The texts of the codes on a page, as a phone reads them.
fn scanned(page: &str) -> Vec<String> {
    page.split("<svg viewBox=\"0 0 ")
        .skip(1)
        .map(code)
        .collect()
}

/// The text of a code, from the size of its picture on.
fn code(picture: &str) -> String {
    const SCALE: usize = 4;
    let side: usize = picture.split(' ').next().unwrap().parse().unwrap();
    let path = picture.split("<path d=\"").nth(1).unwrap();
    let path = path.split('"').next().unwrap();
    let wide = side * SCALE;
    let mut pixels = vec![255u8; wide * wide];
    for module in path.split('M').skip(1) {
        let (x, rest) = module.split_once(' ').unwrap();
        let (x, y): (usize, usize) = (
            x.parse().unwrap(),
            rest.split('h').next().unwrap().parse().unwrap(),
        );
        for row in y * SCALE..(y + 1) * SCALE {
            pixels[row * wide + x * SCALE..][..SCALE].fill(0);
        }
    }
    let mut image =
        rqrr::PreparedImage::prepare_from_greyscale(wide, wide, |x, y| pixels[y * wide + x]);
    image.detect_grids()[0].decode().unwrap().1
}

/// Ada has an account number for euros, too, and owes 120.05 there.
pub async fn owes_euros(world: &World) {
    let now = world.office.now.millis;
    let mut tx = world.office.db.write().await.unwrap();
    let account = tx.bank_account(EUROS, "EUR", now).await.unwrap();
    let ada = tx.persons_by_external(&["ada".to_owned()]).await.unwrap()[0].id;
    let number = (
        EURO_NUMBER,
        "999102345",
        account.id,
        ada,
        "tuition",
        0,
        "2026-09-01",
    );
    tx.add_numbers(&Rows::of([number]).unwrap(), now)
        .await
        .unwrap();
    tx.commit().await.unwrap();
    let fees = "external_id;student_external_id;kind;category;title_en;amount;currency;published_on;nominal_due_on\n\
                E-1;ada;tuition;tuition;Erasmus;120.05;EUR;2026-10-01;2026-10-20\n";
    fees::import(&world.office, &file("fees.csv", fees, "2026-10-01"))
        .await
        .unwrap();
    settle::run(&world.office, |_, _| {}).await.unwrap();
}

on_both_engines! {
    /// From the mail's link to the code to pay by in three taps.
    async fn a_student_comes_by_a_link_and_sees_what_to_pay(db: TestDb) {
        let world = world(&db).await;
        let pages = Pages::of(&world);
        let mut ada = pages.stranger();
        ada.get("/account").await.leads("/sign-in");
        ada.get("/sign-in/link").await.shows(&["A link to sign in", "15 minutes"]);
        let sent = ada.post("/sign-in/link", &[("address", ADA)]).await;
        sent.shows(&["Look into your mail"]).hides(&[ADA]);
        // The page is answered first; the address is looked up behind it.
        let mut link = None;
        while link.is_none() {
            tokio::task::yield_now().await;
            link = mailed(&world, &db).await;
        }
        let link = link.unwrap();
        let token = link.rsplit('/').next().unwrap().to_owned();
        // Opening it uses nothing up: programs that look into mails do that.
        for _ in 0..2 {
            ada.get(&link).await.shows(&["Sign me in", &token]);
        }
        // The other language has the same link.
        let other = ada.get(&link).await;
        other.shows(&[&format!("name=\"to\" value=\"{link}\"")]);
        ada.post("/link", &[("token", &token)]).await.leads("/account");
        ada.get("/").await.leads("/account");
        let page = ada.get("/account").await;
        page.shows(&["PLN\u{A0}500.00", "by Monday 12\u{A0}October 2026", "on Friday 9\u{A0}October 2026", "F-ada ALBUM 900001",
            "What counts is the day our account is credited", "Akademia", "<svg ", "data-copy=\"500,00\"", "Tuition"]);
        page.hides(&["bartek", "900002"]);
        assert_eq!(page.headers["cache-control"], "no-store");
        // Somebody else with the same link gets nowhere.
        let mut thief = pages.stranger();
        let gone = thief.post("/link", &[("token", &token)]).await;
        assert_eq!(gone.status, StatusCode::GONE);
        thief.get("/account").await.leads("/sign-in");
        // In Polish, too.
        ada.post("/language", &[("language", "pl"), ("to", "/account")]).await;
        ada.get("/account").await.shows(&["do poniedziałku 12\u{A0}października 2026", "w piątek 9\u{A0}października 2026", "500,00\u{A0}zł"]);
    }

    /// S03: an address that nobody has is answered alike, to the byte.
    async fn s03_an_unknown_address_is_answered_alike(db: TestDb) {
        let world = world(&db).await;
        let pages = Pages::of(&world);
        let mut answers = Vec::new();
        for address in [ADA, "s900009@student.example.edu", "nobody", ""] {
            let answer = pages.stranger().post("/sign-in/link", &[("address", address)]).await;
            answers.push((answer.status, answer.text));
        }
        assert!(answers.windows(2).all(|pair| pair[0] == pair[1]));
    }

    /// "I paid", with a confirmation; then the bank's statement shows the money.
    async fn a_student_says_that_they_paid(db: TestDb) {
        let mut world = world(&db).await;
        world.today(13);
        let pages = Pages::of(&world);
        let mut ada = signed_in(&pages, &world, "ada").await;
        ada.get("/account").await.shows(&["Order the transfer today.", "My transfer is not here"]);
        ada.get("/account/say/paid?fee=F-ada").await.shows(&["multipart/form-data", "<option value=\"F-ada\" selected>Tuition</option>"]);
        let fields = [("fee", "F-ada"), ("paid_on", "2026-10-12"), ("amount", "500,00"), ("words", "")];
        let wrong = pays(&mut ada, &fields, Some(("a.pdf", b"<svg onload=alert(1)>"))).await;
        assert_eq!(wrong.status, StatusCode::UNPROCESSABLE_ENTITY);
        assert!(wrong.text.contains("This is no PDF, PNG or JPEG.") && wrong.text.contains("value=\"2026-10-12\""));
        pays(&mut ada, &fields, Some(("a.pdf", b"%PDF-1.7"))).await.leads("/account?said=1#said");
        ada.get("/account?said=1").await.shows(&["Received.", "Reported payment: Tuition", "a.pdf", "waiting for statements through 15\u{A0}October 2026"]);
        let twice = pays(&mut ada, &fields, None).await;
        assert!(twice.text.contains("This was reported already"), "{}", twice.text);
        world.bank(12, vec![line(12, 50_000, "ada")]).await;
        world.today(14);
        ada.get("/account").await.shows(&["Nothing to pay", "Credited 12\u{A0}October 2026", "Your account number", "settled"]);
    }

    /// "This is wrong" lies on the desk of COS at once, with a number that the student sees.
    async fn a_student_disputes_a_fee(db: TestDb) {
        let world = world(&db).await;
        let pages = Pages::of(&world);
        let mut ada = signed_in(&pages, &world, "ada").await;
        for what in ["wrong", "time", "instalments"] {
            ada.get(&format!("/account/say/{what}?fee=F-ada")).await.shows(&["COS gets a case"]);
        }
        assert_eq!(ada.get("/account/say/anything").await.status, StatusCode::NOT_FOUND);
        ada.post("/account/say/wrong", &[("fee", "F-ada"), ("words", "<b>no</b> such course")]).await.leads("/account");
        ada.get("/account").await
            .shows(&["Disputed fee: Tuition", "with COS, an answer by", "case 1", "&#60;b&#62;no&#60;/b&#62; such course"])
            .hides(&["<b>no</b>"]);
    }

    /// Nobody stands before a wall: what can be said of a fee is there, and a way back is always.
    async fn a_student_is_never_at_a_dead_end(db: TestDb) {
        let mut world = world(&db).await;
        world.bank(2, vec![line(2, 50_000, "ada")]).await;
        world.today(5);
        let pages = Pages::of(&world);
        let mut ada = signed_in(&pages, &world, "ada").await;
        ada.get("/account").await
            .shows(&["Nothing to pay", "href=\"/account/say/wrong?fee=F-ada\""])
            .hides(&["/account/say/time?fee=F-ada", "/account/say/paid?fee=F-ada"]);
        ada.get("/account/say/paid").await
            .shows(&["There is no fee for which this can be said.", "href=\"/account/say/wrong\"", "href=\"/account\""])
            .hides(&["<select"]);
        ada.get("/account/say/time").await.shows(&["href=\"/account\""]).hides(&["<select", "href=\"/account/say/wrong\""]);
        ada.post("/account/say/wrong", &[("fee", "F-ada"), ("words", "no such course")]).await.leads("/account");
        // COS gives the answer, and she reads what it is.
        let mut bartek = signed_in(&pages, &world, "bartek").await;
        bartek.post("/account/say/time", &[("fee", "F-bartek"), ("words", "until the loan comes")]).await.leads("/account");
        let case = desk::list(&world.office, &desk::Wanted::default()).await.unwrap();
        let case = case.iter().find(|row| row.kind == "deferral").unwrap().id;
        let extend = Request::Extend { fee: "F-bartek".to_owned(), to: october(30), forgive_interest: false };
        let said = Said { by: "eva".to_owned(), why: "loan".to_owned(), on: None };
        desk::answer(&world.office, case, (&extend, "loan approved, <i>wait</i> for it\nas agreed"), &said, false).await.unwrap();
        bartek.get("/account").await
            .shows(&["more time was given 5\u{A0}October 2026", "extended by the university", "COS answers:</b> loan approved, &#60;i&#62;wait&#60;/i&#62; for it\nas agreed"])
            .hides(&["<i>wait"]);
        bartek.post("/language", &[("language", "pl"), ("to", "/account")]).await;
        bartek.get("/account").await.shows(&["termin przedłużono 5\u{A0}października 2026"]);
    }

    /// The code holds no more than 9 999.99, and says so.
    async fn whoever_scans_a_code_without_an_amount_is_told_to_type_it(db: TestDb) {
        let mut world = world(&db).await;
        world.bank(2, vec![line(2, 50_000, "bartek")]).await;
        world.fee("F-medicine", "bartek", "12000.00", "2026-10-12").await;
        let pages = Pages::of(&world);
        let page = signed_in(&pages, &world, "bartek").await.get("/account").await;
        page.shows(&["Type it yourself after scanning: <b class=\"w\">PLN\u{A0}12,000.00</b>"]);
        assert!(scanned(&page.text)[0].contains("|000000|"));
        signed_in(&pages, &world, "ada").await.get("/account").await.hides(&["Type it yourself"]);
    }

    /// S01: no path, parameter or field reaches what is somebody else's, and both see only theirs,
    /// also when they ask at once.
    async fn s01_two_students_never_see_each_other(db: TestDb) {
        let mut world = world(&db).await;
        world.bank(9, vec![line(9, 12_345, "ada"), line(9, 54_321, "bartek")]).await;
        let pages = Pages::of(&world);
        let ada = signed_in(&pages, &world, "ada").await;
        let bartek = signed_in(&pages, &world, "bartek").await;
        let mut asked = tokio::task::JoinSet::new();
        for turn in 0..40 {
            let (mut browser, theirs) = if turn % 2 == 0 {
                (ada.clone(), ["F-bartek", "900002", "100002", "543.21", "bartek"])
            } else {
                (bartek.clone(), ["F-ada", "900001", "100001", "123.45", "ada Testowa"])
            };
            let path = ["/account", "/account?album=900002&student=bartek&person_id=2", "/account/say/paid?fee=F-bartek", "/account/say/wrong?fee=F-ada"][turn / 2 % 4];
            asked.spawn(async move {
                let mut page = browser.get(path).await;
                page.shows(&["Akademia"]);
                // The page says where it is: what was typed into the address is no news to anybody.
                page.text = page.text.replace(&path.replace('&', "&#38;"), "");
                page.hides(&theirs);
            });
        }
        while let Some(done) = asked.join_next().await {
            done.unwrap();
        }
        let mut ada = ada;
        let answer = ada.post("/account/say/wrong", &[("fee", "F-bartek"), ("words", "mine")]).await;
        let nothing = ada.post("/account/say/wrong", &[("fee", "F-nothing"), ("words", "mine")]).await;
        assert_eq!((answer.status, &answer.text), (StatusCode::UNPROCESSABLE_ENTITY, &nothing.text));
        for path in ["/account/900002", "/account/bartek", "/students", "/students/bartek", "/today", "/cases"] {
            assert_eq!(ada.get(path).await.status, StatusCode::NOT_FOUND, "{path}");
        }
        assert_eq!(world.decisions().await, 0);
    }

    /// Semantics, section 11, on the page: unknown today, may ask tomorrow, linked by COS.
    async fn somebody_unknown_is_told_what_to_wait_for(db: TestDb) {
        let mut world = world(&db).await;
        let claims = Claims {
            provider: Provider::Cas,
            login: "nowak".to_owned(),
            student: None,
            email: None,
            name: "C Nowak".to_owned(),
        };
        login::known(&world.office, &claims).await.unwrap();
        let pages = Pages::of(&world);
        let whose = Whose::Student { login: "nowak", person_id: None };
        let token = sessions::begin(&world.office, whose, None, None).await.unwrap();
        let mut nowak = pages.stranger();
        nowak.cookies.insert("kwestura".to_owned(), token);
        nowak.get("/account").await
            .shows(&["there is no account for you here yet", "Last transfer", "Next", "From"])
            .hides(&["Write to COS</button>"]);
        nowak.post("/account/ask", &[("words", "too early")]).await.leads("/account");
        pages.later(24 * 60);
        world.office.now = Moment::of(world.office.now.millis + 24 * 3_600_000, world.office.config.institution.time_zone);
        let token = sessions::begin(&world.office, whose, None, None).await.unwrap();
        nowak.cookies.insert("kwestura".to_owned(), token);
        nowak.get("/account").await.shows(&["Write to COS</button>"]);
        nowak.post("/account/ask", &[("words", "I am Celina")]).await.leads("/account");
        nowak.get("/account").await.shows(&["COS has your message"]);

        // COS looks who it is, links the login, and the student is told.
        let cases = desk::list(&world.office, &desk::Wanted::default()).await.unwrap();
        let case = cases.iter().find(|row| row.kind == "sign_in").unwrap().id;
        let mut cos = as_role(&pages, &world.office, Role::Cos).await;
        let page = format!("/cases/{case}");
        cos.get(&page).await.shows(&["Say whose login this is", "cas:nowak"]);
        let linking = format!("{page}/login");
        cos.get(&linking).await.shows(&["C Nowak", "I am Celina"]).hides(&["Link it and write"]);
        cos.get(&format!("{linking}?student=nobody")).await.shows(&["There is no such student"]);
        cos.get(&format!("{linking}?student=900003")).await.shows(&["celina Testowa, 900003", "Link it and write"]);
        let unsaid = [("student", "celina"), ("why", " ")];
        cos.post(&linking, &unsaid).await.shows(&["role=\"alert\""]);
        nowak.get("/account").await.shows(&["COS has your message"]);
        cos.post(&linking, &[("student", "celina"), ("why", "student card")]).await.leads(&page);
        cos.get(&format!("{page}?done=1")).await.shows(&["Noted."]).hides(&["Say whose login this is"]);
        cos.get(&format!("{linking}?student=bartek")).await.hides(&["bartek Testowa", "Link it and write"]);
        let again = cos.post(&linking, &[("student", "bartek"), ("why", "mistyped")]).await;
        assert_eq!(again.status, StatusCode::NOT_FOUND);
        nowak.get("/account").await.shows(&["your login works now"]);
        let mail = newest_mail(&world, &db).await.unwrap();
        assert!(mail.contains("s900003@student.example.edu") && mail.contains("http://127.0.0.1:8080"), "{mail}");
        let known = login::known(&world.office, &claims).await.unwrap();
        assert!(matches!(known, login::Known::Student(_)), "{known:?}");
    }

    /// Under load two students' sessions never see a byte of each other, whatever stands between.
    async fn s01_two_sessions_never_see_a_byte_of_each_other_under_load(db: TestDb) {
        let mut world = world(&db).await;
        world.bank(9, vec![line(9, 20_000, "ada"), line(9, 50_000, "bartek"), line(9, 12_345, "celina")]).await;
        let pages = Pages::of(&world);
        let own = [("ada", "900001", "300.00"), ("bartek", "900002", "Nothing to pay"), ("celina", "900003", "376.55")];
        let mut students = Vec::new();
        for (student, album, shows) in own {
            let browser = signed_in(&pages, &world, student).await;
            students.push((browser, student, album, shows));
        }
        let mut running = tokio::task::JoinSet::new();
        for number in 0..60 {
            let (mut browser, student, album, shows) = students[number % students.len()].clone();
            running.spawn(async move {
                let page = browser.get("/account").await;
                page.shows(&[&format!("{student} Testowa"), album, shows]);
                let others = own.iter().filter(|(other, ..)| *other != student);
                for (other, album, _) in others {
                    page.hides(&[&format!("{other} Testowa"), album]);
                }
                let paper = browser.post("/account/papers/statement", &[]).await;
                let paper = lopdf::Document::load_mem(&paper.bytes).unwrap();
                let text = paper.extract_text(&[1]).unwrap();
                assert!(text.contains(student), "{text}");
                assert!(own.iter().all(|(other, ..)| *other == student || !text.contains(other)), "{text}");
            });
        }
        while let Some(done) = running.join_next().await {
            done.unwrap();
        }
    }

    /// The code on the page, read as a phone reads it, and compared field by field with the
    /// recommendation of the Polish Bank Association (ZBP, 2013): recipient's tax number, country,
    /// account, amount in grosze, name of 20 signs, title of 32, three reserves.
    async fn the_code_on_the_page_is_what_the_recommendation_says(db: TestDb) {
        let mut world = world(&db).await;
        world.bank(9, vec![line(9, 20_000, "ada")]).await;
        let pages = Pages::of(&world);
        let page = signed_in(&pages, &world, "ada").await.get("/account").await;
        let account = &lookup::by_external(&world.office, "ada").await.unwrap().accounts[0];
        let read = scanned(&page.text).remove(0);
        let fields: Vec<&str> = read.split('|').collect();
        let [tax, country, number, amount, name, title, _, _, _] = fields.as_slice() else {
            panic!("{read}");
        };
        assert!(tax.is_empty() || tax.len() == 10, "{read}");
        assert_eq!(*country, "PL");
        assert_eq!(*number, account.number.as_ref().unwrap().as_str());
        assert!(page.text.contains(&format!("data-copy=\"{number}\"")), "the number beside the code is another");
        assert_eq!(*amount, "030000");
        assert!(!name.is_empty() && name.chars().count() <= 20, "{read}");
        assert!(title.chars().count() <= 32, "{read}");
        let plain = |sign: char| if sign.is_alphanumeric() { sign } else { ' ' };
        let expected: String = account.to_pay[0].title.chars().map(plain).take(32).collect();
        assert_eq!(*title, expected.trim_end());
        assert!(read.len() <= 160, "{read}");
    }

    /// The same for euros, line by line with EPC069-12: service tag, version, signs of UTF-8, transfer,
    /// no BIC, name of 70 signs, IBAN, amount, no purpose, no structured reference, text of 140.
    async fn the_code_for_euros_is_what_epc069_12_says(db: TestDb) {
        let world = world(&db).await;
        owes_euros(&world).await;
        let pages = Pages::of(&world);
        let mut ada = signed_in(&pages, &world, "ada").await;
        let page = ada.get("/account").await;
        page.shows(&["E-1", "Erasmus", "120.05", "data-copy=\"120,05\"", "clearing between banks (TARGET)", "clearing between banks (Elixir)"]);
        let read = scanned(&page.text);
        let [zloty, euros] = read.as_slice() else { panic!("{read:?}") };
        assert!(zloty.starts_with("|PL|"), "{zloty}");
        let lines: Vec<&str> = euros.split('\n').collect();
        let [tag, version, signs, kind, bic, name, iban, amount, purpose, reference, text] = lines.as_slice() else {
            panic!("{lines:?}");
        };
        assert_eq!([*tag, *version, *signs, *kind], ["BCD", "002", "1", "SCT"]);
        assert_eq!([*bic, *purpose, *reference], ["", "", ""]);
        assert_eq!((*name, *amount), ("Akademia", "EUR120.05"));
        assert_eq!(*iban, format!("PL{EURO_NUMBER}"));
        assert!(page.text.contains(EURO_NUMBER), "the number beside the code is another");
        let account = lookup::by_external(&world.office, "ada").await.unwrap().accounts.remove(1);
        let plain = |sign: char| if sign.is_alphanumeric() { sign } else { ' ' };
        let expected: String = account.to_pay[0].title.chars().map(plain).collect();
        assert_eq!(*text, expected);
        assert!(name.chars().count() <= 70 && text.chars().count() <= 140 && euros.len() <= 331, "{euros}");
        ada.post("/language", &[("language", "pl"), ("to", "/account")]).await;
        assert_eq!(scanned(&ada.get("/account").await.text), read);
    }
}
