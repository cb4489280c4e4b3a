//! Tiles of one day, joined to runs.
//!
//! In: the tiles of a day. Out: every run that they make, and which runs look alike.

use std::collections::{BTreeMap, BTreeSet};

use super::content::Content;
use super::numbers_consecutive;
use super::place::{DaySlice, Place};

/// How many runs of joined tiles are compared on one day; enough for 140 tiles in one run.
const RUNS_MAX: usize = 10_000;

/// Do two statements of one day tile, by their numbers?
pub(super) fn same_day_tile(earlier: &Place, later: &Place) -> bool {
    earlier.last_day == later.last_day
        && earlier.closing_minor == later.opening_minor
        && numbers_consecutive(earlier, later)
}

/// Tiles of one day, joined.
#[derive(Clone)]
pub(super) struct Run<'a> {
    pub(super) start_minor: i64,
    pub(super) end_minor: i64,
    pub(super) content: Content,
    pub(super) members: Vec<&'a Place>,
}

impl Run<'_> {
    fn says(&self, slice: &DaySlice) -> bool {
        self.key() == (slice.start_minor, slice.end_minor, slice.content)
    }

    /// Is it what `view` says of the day? A view of several days vouches for the whole day, so
    /// that no standing tile may lie outside of the run.
    pub(super) fn fills(&self, view: &Place, slice: &DaySlice, standing: &[&Place]) -> bool {
        let whole = view.is_one_day() || standing.iter().all(|tile| self.has(tile));
        whole && self.says(slice)
    }

    /// What look-alikes have in common.
    fn key(&self) -> (i64, i64, Content) {
        (self.start_minor, self.end_minor, self.content)
    }

    pub(super) fn has(&self, place: &Place) -> bool {
        self.members.iter().any(|member| member.id == place.id)
    }
}

/// Every run that the tiles of one day make, from single tiles to the longest.
pub(super) fn runs<'a>(tiles: &[&'a Place]) -> Vec<Run<'a>> {
    let single = |tile: &&'a Place| Run {
        start_minor: tile.opening_minor,
        end_minor: tile.closing_minor,
        content: tile.content(),
        members: vec![tile],
    };
    let mut runs: Vec<Run> = tiles.iter().map(single).collect();
    let mut next = 0;
    while let Some(run) = runs.get(next).filter(|_| next < RUNS_MAX).cloned() {
        let Some(end) = run.members.last() else { break };
        for tile in tiles.iter().filter(|tile| same_day_tile(end, tile)) {
            let mut longer = run.clone();
            longer.end_minor = tile.closing_minor;
            longer.content = longer.content.join(tile.content());
            longer.members.push(tile);
            runs.push(longer);
        }
        next += 1;
    }
    runs
}

/// A standing run of tiles with the same lines between the same balances as a run with this tile,
/// unless tiles lead from one to the other: then both are in one series, and different.
pub(super) fn lookalike(place: &Place, standing: &[&Place], all_runs: &[Run]) -> Option<i64> {
    let ids = |run: &Run| run.members.iter().map(|tile| tile.id).collect::<Vec<_>>();
    let standing: BTreeSet<i64> = standing.iter().map(|tile| tile.id).collect();
    let joined: BTreeSet<i64> = all_runs
        .iter()
        .filter(|run| run.has(place))
        .flat_map(ids)
        .collect();

    let apart = |run: &&Run| {
        run.members
            .iter()
            .all(|tile| standing.contains(&tile.id) && !joined.contains(&tile.id))
    };
    let mut others = BTreeMap::new();
    for run in all_runs.iter().filter(apart) {
        others.entry(run.key()).or_insert(run);
    }
    let mine = |run: &&Run| {
        let mut tiles = run.members.iter();
        run.has(place)
            && !run.content.is_empty()
            && tiles.all(|tile| tile.id == place.id || standing.contains(&tile.id))
    };
    let alike = all_runs
        .iter()
        .filter(mine)
        .find_map(|run| others.get(&run.key()))?;
    alike.members.first().map(|tile| tile.id)
}
