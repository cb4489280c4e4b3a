//! The COS desk: a clerk takes a case, answers it with a decision, and sees no more than the desk.

use super::browser::{Browser, Pages, as_role, hire, signed_in};
use crate::stories::bank::october;
use crate::stories::world::World;
use crate::support::{TestDb, on_both_engines};
use axum::http::StatusCode;
use kwestura::engine::decide::Request;
use kwestura::engine::desk::{self, Wanted};
use kwestura::engine::escalate;
use kwestura::engine::staff::Role;

/// Ada asks for more time: a case of COS. Statements are missing: one of the office.
async fn desk(db: &TestDb) -> (World, Pages, Browser, i64, i64) {
    let mut world = World::begin(db).await;
    world.bank(1, vec![]).await;
    world.today(13);
    let request = Request::Defer {
        fee: "F-ada".to_owned(),
        until: october(30),
        instalments: false,
    };
    world.fact(request).await;
    escalate::run(&world.office, world.office.now.today, false)
        .await
        .unwrap();
    let open = desk::list(&world.office, &Wanted::default()).await.unwrap();
    let find = |kind: &str| open.iter().find(|row| row.kind == kind).unwrap().id;
    let (theirs, ours) = (find("deferral"), find("statements"));
    let pages = Pages::of(&world);
    let browser = as_role(&pages, &world.office, Role::Cos).await;
    (world, pages, browser, theirs, ours)
}

on_both_engines! {
    async fn a_request_is_taken_and_answered_with_its_effect_seen_before(db: TestDb) {
        let (world, _, mut cos, case, _) = desk(&db).await;
        let address = format!("/cases/{case}");
        cos.get("/cases").await.shows(&[&address, "Request for more time", "nobody yet"]);
        cos.get(&address).await.shows(&["Take it", "ada Testowa"]);
        cos.post(&format!("{address}/take"), &[("seen_owner", "")]).await.leads(&address);
        cos.get("/cases?mine=1").await.shows(&[&address]);
        cos.get(&address).await.hides(&["Take it"]);
        cos.post(&format!("{address}/note"), &[("why", "called her")]).await.leads(&address);
        cos.post(&format!("{address}/wait"), &[("waits", "1"), ("why", "a paper")]).await.leads(&address);
        cos.get(&address).await.shows(&["called her", "waits for the student", "a paper"]);
        cos.post(&format!("{address}/wait"), &[("why", "it came")]).await.leads(&address);

        let wish = "kind=extend&fee=F-ada&day=2026-11-30&why=request";
        cos.get(&format!("{address}?{wish}")).await.shows(&["due 30 Nov 2026"]);
        assert_eq!(world.receivable("ada", "F-ada").await.due_on, october(12));
        let fields = [("kind", "extend"), ("fee", "F-bartek"), ("day", "2026-11-30"), ("why", "request")];
        let answer = cos.post(&format!("{address}/resolve"), &fields).await;
        assert_eq!(answer.status, StatusCode::NOT_FOUND);
        let fields = [("kind", "extend"), ("fee", "F-ada"), ("day", "2026-11-30"), ("why", "request")];
        cos.post(&format!("{address}/resolve"), &fields).await.leads(&address);
        assert_eq!(world.receivable("ada", "F-ada").await.due_on.to_string(), "2026-11-30");
        cos.get(&address).await.shows(&["resolved", "decision"]).hides(&["Close without"]);
        let answer = cos.post(&format!("{address}/resolve"), &fields).await;
        assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY);
    }

    async fn two_clerks_never_take_one_case_unknowingly(db: TestDb) {
        let (world, pages, mut one, case, _) = desk(&db).await;
        hire(&world.office, "eva", Role::Cos).await;
        let mut two = signed_in(&pages, &world.office, "eva").await;
        let take = format!("/cases/{case}/take");
        one.post(&take, &[("seen_owner", "")]).await.leads("/cases/");
        let answer = two.post(&take, &[("seen_owner", "")]).await;
        assert_eq!(answer.status, StatusCode::CONFLICT);
        assert!(answer.text.contains("taken this case already: cos"), "{}", answer.text);
        two.post(&take, &[("seen_owner", "cos")]).await.leads("/cases/");
        let (row, _) = desk::show(&world.office, case).await.unwrap();
        assert_eq!(row.owner, "eva");
    }

    async fn s01_a_case_of_the_office_is_not_there_for_cos(db: TestDb) {
        let (world, pages, mut cos, _, ours) = desk(&db).await;
        let missing = cos.get("/cases/99999").await;
        let hidden = cos.get(&format!("/cases/{ours}")).await;
        assert_eq!(hidden.status, StatusCode::NOT_FOUND);
        let named = [format!("/cases/{ours}"), format!("case={ours}\"")];
        let [address, live] = &named;
        assert_eq!(hidden.text.replace(address, "/cases/99999").replace(live, "case=99999\""), missing.text);
        for way in ["take", "assign", "wait", "note", "resolve"] {
            let fields = [("why", "x"), ("kind", "none"), ("owner", "cos")];
            let answer = cos.post(&format!("/cases/{ours}/{way}"), &fields).await;
            assert_eq!(answer.status, StatusCode::NOT_FOUND, "{way}");
        }
        cos.get("/cases?queue=bursar").await.hides(&["Statements missing", "Brak"]);
        cos.get("/cases.csv?queue=bursar").await.hides(&["statements"]);
        let mut bursar = as_role(&pages, &world.office, Role::Bursar).await;
        bursar.get(&format!("/cases/{ours}")).await.shows(&["Statements missing"]);
        // No word ends what only statements end.
        let answer = bursar.post(&format!("/cases/{ours}/resolve"), &[("kind", "none"), ("why", "x")]).await;
        assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY);
    }
}
