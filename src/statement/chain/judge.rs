//! Same, overlapping, next or after a gap: which lines of a statement are new.
//!
//! In: the statements that stand and the candidates of one account. Out: a verdict on each
//! candidate. Never the order in which they arrived: candidates are taken in the order of their
//! places, and all that wait are judged again after each that stands.

use std::collections::BTreeSet;

use chrono::NaiveDate;

use super::content::Content;
use super::place::{DaySlice, Number, Place};
use super::runs::{Run, lookalike, runs, same_day_tile};
use super::verdict::{Parts, Side, Verdict, WaitReason};
use super::{Rhythm, only_dated, tile};

/// Judges the candidates against those that stand, until nothing more changes.
///
/// Ids must differ; they are labels and decide nothing but between equal copies. Those that stand
/// come in the order in which they were found to, then those that wait.
pub fn judge(standing: &[Place], candidates: &[Place], rhythm: &Rhythm) -> Vec<(i64, Verdict)> {
    let mut bench = Bench::of_standing(standing, rhythm);
    bench.waiting.extend(candidates);
    bench.waiting.sort_by_cached_key(|place| canonical(place));

    let mut verdicts = Vec::with_capacity(candidates.len());
    loop {
        let mut waits = Vec::new();
        let judged_before = verdicts.len();
        for place in bench.waiting.clone() {
            match bench.decide(place) {
                verdict @ Verdict::Waits { .. } => waits.push((place.id, verdict)),
                verdict => {
                    verdicts.push((place.id, verdict));
                    bench.waiting.retain(|waiting| waiting.id != place.id);
                    bench.standing.push(place);
                }
            }
        }
        if verdicts.len() == judged_before {
            verdicts.extend(waits);
            return verdicts;
        }
    }
}

type Canonical = (NaiveDate, NaiveDate, Option<Number>, i64, i64, Content, i64);

fn canonical(place: &Place) -> Canonical {
    let Place {
        id,
        number,
        first_day,
        last_day,
        opening_minor,
        closing_minor,
        ..
    } = *place;
    (
        first_day,
        last_day,
        number,
        opening_minor,
        closing_minor,
        place.content(),
        id,
    )
}

/// The statements of one account while they are judged.
pub(super) struct Bench<'a> {
    standing: Vec<&'a Place>,
    waiting: Vec<&'a Place>,
    rhythm: &'a Rhythm<'a>,
}

impl<'a> Bench<'a> {
    /// Only what stands, in the order of places.
    pub(super) fn of_standing(standing: &'a [Place], rhythm: &'a Rhythm<'a>) -> Bench<'a> {
        let mut bench = Bench {
            standing: standing.iter().collect(),
            waiting: Vec::new(),
            rhythm,
        };
        bench.standing.sort_by_cached_key(|place| canonical(place));
        bench
    }

    /// What stands, in the order of places.
    pub(super) fn standing(&self) -> &[&'a Place] {
        &self.standing
    }

    /// The standing tiles of a day, joined as far as they join, by number.
    pub(super) fn joined_tiles(&self, day: NaiveDate) -> Vec<Run<'a>> {
        let mut left = runs(&self.tiles(day, self.standing.iter().copied()));
        let mut joined: Vec<Run> = Vec::new();
        while let Some(longest) = left
            .iter()
            .rev()
            .max_by_key(|run| run.members.len())
            .cloned()
        {
            left.retain(|run| !run.members.iter().any(|tile| longest.has(tile)));
            joined.push(longest);
        }
        joined.sort_by_key(|run| run.members.first().and_then(|tile| tile.number));
        joined
    }

    fn decide(&self, place: &'a Place) -> Verdict {
        let counted = self.is_tile(place);
        // A copy without number may stand for one tile of a day only; which, the day decides.
        let same =
            |other: &&&Place| place.is_same_as(other) && (!counted || other.number.is_some());
        if let Some(other) = self.standing.iter().find(same) {
            return Verdict::Same { other: other.id };
        }
        if let Some(other) = self.overlap_by_value_dates(place) {
            return Verdict::Waits {
                other,
                reason: WaitReason::ValueDatesOnly,
            };
        }
        if place.by_value_date {
            return Verdict::all_new();
        }
        if counted {
            self.decide_tile(place)
        } else {
            self.decide_view(place)
        }
    }

    /// Is it one of the numbered statements into which the bank cuts a day?
    ///
    /// A week whose only lines are of its last day looks the same; it is told by the date of its
    /// opening balance, unless it stands in the day's series all the same.
    fn is_tile(&self, place: &Place) -> bool {
        let numbered_day =
            |place: &Place| place.is_one_day() && place.number.is_some() && !place.by_value_date;
        let in_series = |other: &&Place| {
            numbered_day(other) && (same_day_tile(place, other) || same_day_tile(other, place))
        };
        numbered_day(place)
            && (!self
                .rhythm
                .expects_one_between(place.opened_on(), place.first_day)
                || self.everybody().any(|other| in_series(&other)))
    }

    fn everybody(&self) -> impl Iterator<Item = &'a Place> {
        self.standing.iter().chain(&self.waiting).copied()
    }

    /// The tiles among `places` of a day, each once, by number.
    fn tiles(&self, day: NaiveDate, places: impl Iterator<Item = &'a Place>) -> Vec<&'a Place> {
        let mut tiles: Vec<&Place> = Vec::new();
        let holds = |place: &Place| self.is_tile(place) && !self.belongs_to_next(place, day);
        for place in places.filter(|place| place.last_day == day && holds(place)) {
            if !tiles.iter().any(|tile| tile.is_same_as(place)) {
                tiles.push(place);
            }
        }
        tiles.sort_by_key(|tile| tile.number);
        tiles
    }

    /// What stands on a day and is no tile of it: statements of several days, or without number.
    pub(super) fn views(&self, day: NaiveDate) -> Vec<(&'a Place, DaySlice)> {
        let of_day = self
            .standing
            .iter()
            .filter_map(|place| Some((*place, place.on(day)?)));
        let holds = |place: &Place| !self.is_tile(place) && !self.belongs_to_next(place, day);
        of_day.filter(|(place, _)| holds(place)).collect()
    }

    /// Does a day belong to a standing statement behind one that reaches it by its balance's date?
    fn belongs_to_next(&self, place: &Place, day: NaiveDate) -> bool {
        let mut standing = self.standing.iter();
        standing.any(|later| only_dated(place, later, day))
    }

    /// A standing statement of overlapping period that can be compared by its place only, and is
    /// not joined to this one by tiles.
    ///
    /// A value date may lie before the period of the bank's own statement, so neighbours overlap.
    fn overlap_by_value_dates(&self, place: &'a Place) -> Option<i64> {
        let overlapping = self.standing.iter().filter(|other| place.overlaps(other));
        let mut by_place = overlapping.filter(|other| place.by_value_date || other.by_value_date);
        by_place
            .find(|other| !self.joined(place, other))
            .map(|other| other.id)
    }

    /// Do tiles lead from one to the other? Those on the way lie in the period of either.
    fn joined(&self, one: &'a Place, other: &'a Place) -> bool {
        let between: Vec<&Place> = self
            .everybody()
            .filter(|place| place.overlaps(one) || place.overlaps(other))
            .collect();
        let leads = |from: &'a Place, to: &'a Place| {
            let mut seen = BTreeSet::from([from.id]);
            let mut open = vec![from];
            while let Some(place) = open.pop() {
                for next in between.iter().filter(|next| tile(place, next, self.rhythm)) {
                    if seen.insert(next.id) {
                        open.push(next);
                    }
                }
            }
            seen.contains(&to.id)
        };
        leads(one, other) || leads(other, one)
    }

    /// A numbered statement of one day, among the day's other tiles and what stands beside them.
    fn decide_tile(&self, place: &'a Place) -> Verdict {
        let day = place.last_day;
        let standing = self.tiles(day, self.standing.iter().copied());
        let all_runs = runs(&self.tiles(day, std::iter::once(place).chain(self.everybody())));
        let binding = self.binding_views(place, &standing);

        let fits = |(view, slice): &&(&Place, DaySlice)| {
            all_runs
                .iter()
                .any(|run| run.has(place) && run.fills(view, slice, &standing))
        };
        if let Some((view, _)) = binding.iter().find(fits) {
            let other = view.id;
            let same = view.is_same_as(place);
            return if same {
                Verdict::Same { other }
            } else {
                Verdict::Known {
                    others: vec![other],
                }
            };
        }
        if let (Some((view, slice)), Some(this)) = (binding.first(), place.on(day)) {
            let filled = runs(&standing)
                .iter()
                .any(|run| run.fills(view, slice, &standing));
            let parts = Parts {
                this: !filled,
                other: view.is_one_day(),
            };
            let reason = WaitReason::on_day(day, this.into(), (*slice).into(), parts);
            return Verdict::Waits {
                other: view.id,
                reason,
            };
        }
        let taken = |number: Number| {
            standing
                .iter()
                .find(|tile| tile.number.is_some_and(|other| other.equals(number)))
        };
        if let Some((other, number)) = place
            .number
            .and_then(|number| Some((taken(number)?, number)))
        {
            return Verdict::Waits {
                other: other.id,
                reason: WaitReason::SameNumber { number, day },
            };
        }
        match lookalike(place, &standing, &all_runs) {
            Some(other) => Verdict::Waits {
                other,
                reason: WaitReason::ProbableDuplicate { day },
            },
            None => Verdict::all_new(),
        }
    }

    /// The views into which a further tile must fit on its day: those of several days, and those
    /// that the standing tiles alone do not explain.
    fn binding_views(&self, place: &Place, standing: &[&'a Place]) -> Vec<(&'a Place, DaySlice)> {
        let day = place.last_day;
        if self.belongs_to_next(place, day) {
            return Vec::new();
        }
        let standing_runs = runs(standing);
        let mut views = self.views(day);
        views.retain(|(view, slice)| {
            !only_dated(view, place, day)
                && (!view.is_one_day()
                    || !standing_runs
                        .iter()
                        .any(|run| run.fills(view, slice, standing)))
        });
        views
    }

    /// A statement of several days or without number, day by day.
    fn decide_view(&self, place: &'a Place) -> Verdict {
        let mut known_days = Vec::new();
        let mut others = BTreeSet::new();
        let mut adds = false;
        for day in place
            .first_day
            .iter_days()
            .take_while(|&day| day <= place.last_day)
        {
            let Some(this) = place.on(day) else { continue };
            let beside = match self.beside(place, &this) {
                Ok(beside) => beside,
                Err((other, reason)) => return Verdict::Waits { other, reason },
            };
            let lines = !this.content.is_empty();
            match (beside.is_empty(), lines) {
                (true, _) => adds |= lines || day == place.last_day,
                (false, true) => known_days.push(day),
                (false, false) => {}
            }
            others.extend(beside);
        }
        let others = others.into_iter().collect();
        if adds {
            Verdict::New { known_days, others }
        } else {
            Verdict::Known { others }
        }
    }

    /// Who already holds this day, if they agree on it; nobody where the day is unknown.
    fn beside(&self, place: &'a Place, this: &DaySlice) -> Result<Vec<i64>, (i64, WaitReason)> {
        let day = this.day;
        if self.belongs_to_next(place, day) {
            return Ok(Vec::new());
        }
        let meets = |other: &Place| only_dated(other, place, day);
        let mut tiles = self.tiles(day, self.standing.iter().copied());
        tiles.retain(|tile| !meets(tile));
        if let (Some(first), Some(last)) = (tiles.first(), tiles.last()) {
            if let Some(run) = runs(&tiles)
                .iter()
                .find(|run| run.fills(place, this, &tiles))
            {
                return Ok(run.members.iter().map(|tile| tile.id).collect());
            }
            let lines = tiles.iter().map(|tile| tile.content().count).sum();
            let other = Side {
                start_minor: first.opening_minor,
                end_minor: last.closing_minor,
                lines,
            };
            let parts = Parts {
                this: place.is_one_day(),
                other: true,
            };
            return Err((
                first.id,
                WaitReason::on_day(day, (*this).into(), other, parts),
            ));
        }
        let mut views = self.views(day);
        views.retain(|(view, _)| !meets(view));
        let agreeing = views
            .iter()
            .filter(|(_, slice)| slice == this)
            .map(|(view, _)| view.id);
        let agreeing: Vec<i64> = agreeing.collect();
        match views.first() {
            Some((view, slice)) if agreeing.is_empty() => {
                let parts = Parts {
                    this: place.is_one_day(),
                    other: view.is_one_day(),
                };
                Err((
                    view.id,
                    WaitReason::on_day(day, (*this).into(), (*slice).into(), parts),
                ))
            }
            _ => Ok(agreeing),
        }
    }
}
