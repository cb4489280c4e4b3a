//! Figures that take long to count: those of this moment where they can be had, else the ones before,
//! with their time.

use super::browser::{Pages, as_role};
use crate::stories::bank::line;
use crate::stories::world::World;
use crate::support::{TestDb, on_both_engines, on_sqlite};
use kwestura::engine::staff::Role;
use kwestura::engine::{EngineError, Office};
use kwestura::web::ground::counted::{Counted, Patience};
use std::time::Duration;
use tokio::sync::oneshot;

/// Of somebody who does not wait at all.
const NONE: Patience = Patience {
    older: Duration::ZERO,
    none: Duration::ZERO,
    rests: 0,
};

/// Looks, and has a number counted that is known at once.
async fn counted(figures: &Counted<u32>, world: &World, number: u32) -> (u32, Option<i64>) {
    let count = async move |_: Office| Ok(number);
    let seen = figures.see(&world.office, Patience::ENDLESS, count).await;
    let seen = seen.unwrap().unwrap();
    (*seen.figures, seen.older)
}

/// Looks without waiting, and has what comes through a gate counted.
async fn glimpsed(
    figures: &Counted<u32>,
    world: &World,
    gate: oneshot::Receiver<u32>,
) -> Option<(u32, Option<i64>)> {
    let count = async move |_: Office| Ok(gate.await.unwrap());
    let seen = figures.see(&world.office, NONE, count).await.unwrap();
    seen.map(|seen| (*seen.figures, seen.older))
}

/// A server tells only that somebody wrote something, be it elsewhere on it, and other stories do.
#[test]
fn on_a_file_they_are_counted_once_until_somebody_writes_or_a_day_is_over() {
    on_sqlite(async |db: TestDb| {
        let mut world = World::begin(&db).await;
        world.bank(9, vec![line(9, 1_000, "celina")]).await;
        let figures = Counted::default();
        assert_eq!(counted(&figures, &world, 1).await, (1, None));
        assert_eq!(counted(&figures, &world, 2).await, (1, None));
        world.bank(12, vec![line(12, 50_000, "ada")]).await;
        assert_eq!(counted(&figures, &world, 3).await, (3, None));
        assert_eq!(counted(&figures, &world, 4).await, (3, None));
        world.today(13);
        assert_eq!(counted(&figures, &world, 5).await, (5, None));
    });
}

on_both_engines! {
    async fn who_does_not_wait_sees_the_figures_before_with_their_time(db: TestDb) {
        let mut world = World::begin(&db).await;
        let figures = Counted::default();
        let (tell, gate) = oneshot::channel();
        assert_eq!(glimpsed(&figures, &world, gate).await, None);
        // One counts, and nobody else begins to.
        let (unheard, gate) = oneshot::channel();
        assert_eq!(glimpsed(&figures, &world, gate).await, None);
        assert!(unheard.send(0).is_err());
        tell.send(1).unwrap();
        assert_eq!(counted(&figures, &world, 1).await, (1, None));

        let before = world.office.now.millis;
        world.today(9);
        world.bank(8, vec![line(8, 1_000, "celina")]).await;
        let (tell, gate) = oneshot::channel();
        assert_eq!(glimpsed(&figures, &world, gate).await, Some((1, Some(before))));
        tell.send(2).unwrap();
        assert_eq!(counted(&figures, &world, 2).await, (2, None));
    }

    /// At a large university something is written every moment, if only who looked at what.
    async fn a_count_is_followed_by_a_rest(db: TestDb) {
        let mut world = World::begin(&db).await;
        let (figures, before) = (Counted::default(), world.office.now.millis);
        assert_eq!(counted(&figures, &world, 1).await, (1, None));
        world.today(9);
        world.bank(8, vec![line(8, 1_000, "celina")]).await;
        let patience = Patience { rests: u32::MAX, ..Patience::ENDLESS };
        let count = async move |_: Office| panic!("it is counted");
        let seen = figures.see(&world.office, patience, count).await.unwrap().unwrap();
        assert_eq!((*seen.figures, seen.older, seen.counting), (1, Some(before), false));
        assert_eq!(counted(&figures, &world, 2).await, (2, None));
    }

    async fn what_cannot_be_counted_is_said_and_counted_again(db: TestDb) {
        let world = World::begin(&db).await;
        let figures = Counted::default();
        let fails = async |_: Office| Err(EngineError::refused("no"));
        assert!(figures.see(&world.office, Patience::ENDLESS, fails).await.is_err());
        assert_eq!(counted(&figures, &world, 1).await, (1, None));
    }

    /// The page of the morning shows what has just been decided.
    async fn the_morning_is_counted_anew_behind_a_decision(db: TestDb) {
        let mut world = World::begin(&db).await;
        world.bank(9, vec![line(9, 1_000, "celina")]).await;
        world.today(12);
        let pages = Pages::of(&world);
        let mut bursar = as_role(&pages, &world.office, Role::Bursar).await;
        bursar.get("/today").await.shows(&["PLN\u{a0}10.00"]).hides(&["PLN\u{a0}500.00"]);
        world.bank(10, vec![line(10, 50_000, "ada")]).await;
        bursar.get("/today").await.shows(&["PLN\u{a0}500.00"]).hides(&["data-again"]);
    }
}
