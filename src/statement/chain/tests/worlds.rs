//! Small accounts, cut into statements at random and imported in any order.
//!
//! The truth is one list of lines. Whatever agreeing statements are cut from it, and however they
//! arrive, exactly these lines are published.

use std::collections::BTreeMap;

use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::Index;

use super::*;

/// How the bank numbers its statements.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Numbering {
    /// From a first number, again from 1 in January; several statements a day.
    Series(i64),
    /// The same number always; one statement a day.
    Always(&'static str),
}

/// The true account: for each weekday the lines of its tiles.
#[derive(Debug, Clone)]
struct World {
    first_day: NaiveDate,
    opening_minor: i64,
    numbering: Numbering,
    opening_dated_before: bool,
    days: Vec<Vec<Vec<(i64, bool)>>>,
}

/// A further statement about the same lines.
#[derive(Debug, Clone)]
enum Extra {
    /// A tile again, with or without its number.
    Copy { tile: Index, numbered: bool },
    /// Some days in one statement, with a number of another series where it is `wide`.
    Week {
        from: Index,
        days: usize,
        numbered: bool,
    },
}

fn worlds() -> impl Strategy<Value = World> {
    // Few and small amounts, so that balances return and lines look alike.
    let line = (
        prop_oneof![Just(5_i64), Just(-5), Just(10), Just(7)],
        prop::bool::weighted(0.1),
    );
    let tile = (vec(line, 0..4), prop::bool::weighted(0.5)).prop_map(|(mut lines, swept)| {
        let sum: i64 = lines.iter().map(|(amount, _)| amount).sum();
        if swept && sum != 0 {
            lines.push((-sum, false));
        }
        lines
    });
    let numbering = prop_oneof![
        6 => (1_i64..300).prop_map(Numbering::Series),
        1 => Just(Numbering::Always("-")),
        1 => Just(Numbering::Always("1")),
        1 => Just(Numbering::Always("0")),
    ];
    let first = prop_oneof![Just(day("2026-10-14")), Just(day("2026-12-29"))];
    (
        first,
        prop_oneof![Just(0_i64), Just(1000)],
        numbering,
        any::<bool>(),
        vec(vec(tile, 1..4), 2..7),
    )
        .prop_map(
            |(first_day, opening_minor, numbering, opening_dated_before, mut days)| {
                if let Numbering::Always(_) = numbering {
                    for tiles in &mut days {
                        tiles.truncate(1);
                    }
                }
                World {
                    first_day,
                    opening_minor,
                    numbering,
                    opening_dated_before,
                    days,
                }
            },
        )
}

fn extras() -> impl Strategy<Value = Vec<Extra>> {
    let copy =
        (any::<Index>(), any::<bool>()).prop_map(|(tile, numbered)| Extra::Copy { tile, numbered });
    let week = (any::<Index>(), 1_usize..6, any::<bool>()).prop_map(|(from, days, numbered)| {
        Extra::Week {
            from,
            days,
            numbered,
        }
    });
    vec(prop_oneof![copy, week], 0..6)
}

impl World {
    fn dates(&self) -> Vec<NaiveDate> {
        self.first_day
            .iter_days()
            .filter(|&day| weekday(day))
            .take(self.days.len())
            .collect()
    }

    /// The bank's own statements, which together hold every line once.
    fn tiles(&self) -> Vec<Statement> {
        let mut balance = self.opening_minor;
        let mut number = match self.numbering {
            Numbering::Series(first) => first,
            Numbering::Always(_) => 0,
        };
        let mut year = self.first_day.year();
        let mut tiles = Vec::new();
        for (date, day_tiles) in self.dates().into_iter().zip(&self.days) {
            for lines in day_tiles {
                if date.year() != year {
                    (year, number) = (date.year(), 1);
                }
                let sequence = match self.numbering {
                    Numbering::Series(_) => number.to_string(),
                    Numbering::Always(text) => text.to_owned(),
                };
                let mut tile = statement(&sequence, &date.to_string(), balance, &[]);
                tile.entries = lines.iter().map(|line| entry(date, *line)).collect();
                balance += lines.iter().map(|(amount, _)| amount).sum::<i64>();
                tile.outline.closing_minor = Some(balance);
                if self.opening_dated_before {
                    tile.outline.opening_date = date.pred_opt();
                }
                number += 1;
                tiles.push(tile);
            }
        }
        tiles
    }

    fn statement_of(&self, extra: &Extra, number: usize) -> Statement {
        let tiles = self.tiles();
        match extra {
            Extra::Copy { tile, numbered } => {
                let mut copy = tile.get(&tiles).clone();
                copy.outline.sequence = copy.outline.sequence.filter(|_| *numbered);
                copy
            }
            Extra::Week {
                from,
                days,
                numbered,
            } => {
                let first = from.index(self.days.len());
                let mut week = self.week(first, *days);
                // A number on one or two days would make it look like a tile of its last day.
                let wide = first + 2 < self.days.len() && 2 < *days;
                week.outline.sequence =
                    (*numbered && wide).then(|| (5000 + 2 * number).to_string());
                week
            }
        }
    }

    /// Up to so many days from the given one in a statement without number.
    fn week(&self, first: usize, days: usize) -> Statement {
        let tiles = self.tiles();
        let dates = self.dates();
        let covered = &dates[first..dates.len().min(first + days)];
        let of_week: Vec<&Statement> = tiles
            .iter()
            .filter(|tile| {
                tile.outline
                    .closing_date
                    .is_some_and(|date| covered.contains(&date))
            })
            .collect();
        let mut week = of_week[0].clone();
        week.outline.sequence = None;
        week.outline.opening_date = covered.first().copied();
        week.outline.closing_date = covered.last().copied();
        week.outline.closing_minor = of_week.last().and_then(|tile| tile.outline.closing_minor);
        // Newest first, as some banks list them.
        week.entries = of_week
            .iter()
            .flat_map(|tile| tile.entries.iter().cloned())
            .rev()
            .collect();
        week
    }

    fn statements(&self, extras: &[Extra]) -> Vec<Statement> {
        let extras = extras
            .iter()
            .enumerate()
            .map(|(number, extra)| self.statement_of(extra, number));
        self.tiles().into_iter().chain(extras).collect()
    }
}

fn entry(booked: NaiveDate, (amount_minor, reversal): (i64, bool)) -> Entry<'static> {
    Entry {
        reversal,
        ..line(&booked.to_string(), amount_minor)
    }
}

type Lines = BTreeMap<(NaiveDate, i64, bool), usize>;

fn lines_of<'a>(entries: impl Iterator<Item = &'a Entry<'static>>) -> Lines {
    let mut lines = Lines::new();
    for entry in entries {
        *lines
            .entry((
                entry.booking_date.unwrap(),
                entry.amount_minor,
                entry.reversal,
            ))
            .or_default() += 1;
    }
    lines
}

/// The lines that importing `arriving` in batches publishes, with the books.
fn import(arriving: &[Statement], batch: usize) -> (Lines, Books<'static>) {
    let mut books = Books::new(DAILY);
    for batch in arriving.chunks(batch) {
        books.import(batch);
    }
    let published = books.published.iter().flat_map(|(id, slice)| {
        let statement = &arriving[usize::try_from(*id).unwrap() - 1];
        statement
            .entries
            .iter()
            .filter(|entry| entry.booking_date == Some(slice.day))
    });
    (lines_of(published), books)
}

/// Each statement once or twice, in a random order.
fn arrivals(count: usize, keys: &[(u32, u32, bool)]) -> Vec<usize> {
    let key = |index: usize| keys[index % keys.len()];
    let mut arriving: Vec<(u32, usize)> = (0..count).map(|index| (key(index).0, index)).collect();
    arriving.extend(
        (0..count)
            .filter(|&index| key(index).2)
            .map(|index| (key(index).1, index)),
    );
    arriving.sort_unstable();
    arriving.into_iter().map(|(_, index)| index).collect()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1500))]

    #[test]
    fn agreeing_statements_publish_every_line_once_in_whatever_order(
        world in worlds(),
        extras in extras(),
        keys in vec(any::<(u32, u32, bool)>(), 40),
        batch in prop_oneof![Just(1_usize), 2_usize..5, Just(1000)],
        late in any::<Index>(),
    ) {
        let statements = world.statements(&extras);
        let tiles = world.tiles();
        let truth = lines_of(tiles.iter().flat_map(|tile| &tile.entries));
        let mut order = arrivals(statements.len(), &keys);
        // One is missing until the end.
        let late = late.index(statements.len());
        order.retain(|&index| index != late);
        order.push(late);
        let arriving: Vec<Statement> = order.iter().map(|&index| statements[index].clone()).collect();

        let (lines, books) = import(&arriving, batch);
        prop_assert_eq!(&books.waits, &vec![]);
        prop_assert_eq!(lines, truth);
        let coverage = books.coverage();
        prop_assert_eq!(&coverage, &import(&tiles, 1).1.coverage());
        prop_assert_eq!(coverage.gaps, vec![]);
        prop_assert_eq!(coverage.through, world.dates().last().copied());
        prop_assert_eq!(coverage.closing_minor, tiles.last().and_then(|tile| tile.outline.closing_minor));
    }

    #[test]
    fn a_week_with_one_line_changed_waits_and_changes_nothing(
        world in worlds(),
        extras in extras(),
        keys in vec(any::<(u32, u32, bool)>(), 40),
        changed in any::<Index>(),
        how in 0_u8..3,
    ) {
        let statements = world.statements(&extras);
        let order = arrivals(statements.len(), &keys);
        let mut arriving: Vec<Statement> = order.iter().map(|&index| statements[index].clone()).collect();
        let mut week = world.week(0, world.days.len());
        prop_assume!(!week.entries.is_empty());
        let (lines, books) = import(&arriving, 1);

        let at = changed.index(week.entries.len());
        let last = world.dates().last().copied();
        match how {
            0 => week.entries[at].reversal ^= true,
            // Another amount, made good by a further line of the day.
            1 => {
                let rest = Entry { amount_minor: 1, ..week.entries[at].clone() };
                week.entries[at].amount_minor -= 1;
                week.entries.push(rest);
            }
            // Another day.
            _ => {
                let entry = &mut week.entries[at];
                entry.booking_date = if entry.booking_date == last { Some(world.first_day) } else { last };
            }
        }
        arriving.push(week);
        let (after, changed_books) = import(&arriving, 1);
        prop_assert_eq!(changed_books.waits.len(), 1);
        let (id, other, _) = changed_books.waits[0].clone();
        prop_assert_eq!(id, i64::try_from(arriving.len()).unwrap());
        prop_assert!(changed_books.standing.contains(&other));
        prop_assert_eq!(after, lines);
        prop_assert_eq!(changed_books.coverage(), books.coverage());
    }

    #[test]
    fn downloads_under_other_numbers_never_book_a_line_twice(
        world in worlds(),
        extras in extras(),
        keys in vec(any::<(u32, u32, bool)>(), 40),
        renumbered in vec(any::<Index>(), 1..4),
        batch in 1_usize..4,
    ) {
        let tiles = world.tiles();
        let truth = lines_of(tiles.iter().flat_map(|tile| &tile.entries));
        let mut statements = world.statements(&extras);
        for (nth, tile) in renumbered.iter().enumerate() {
            let mut copy = tile.get(&tiles).clone();
            copy.outline.sequence = Some((900 + 2 * nth).to_string());
            statements.push(copy);
        }
        let order = arrivals(statements.len(), &keys);
        let arriving: Vec<Statement> = order.iter().map(|&index| statements[index].clone()).collect();
        let (lines, _) = import(&arriving, batch);
        for (line, count) in lines {
            prop_assert!(count <= truth.get(&line).copied().unwrap_or(0), "{:?} came {} times", line, count);
        }
    }

    #[test]
    fn numbered_weeks_by_value_dates_are_all_new_in_any_order(
        weeks in vec(vec((-9_i64..5, prop_oneof![Just(5_i64), Just(-5), Just(10)]), 0..4), 1..7),
        keys in vec(any::<(u32, u32, bool)>(), 40),
        batch in 1_usize..4,
    ) {
        let mut balance = 0;
        let mut statements = Vec::new();
        for (nth, lines) in (0_i32..).zip(&weeks) {
            let monday = day("2026-10-12") + chrono::Days::new(7 * u64::try_from(nth).unwrap());
            let friday = monday + chrono::Days::new(4);
            let mut week = period(&(41 + nth).to_string(), &monday.to_string(), balance, &[], &friday.to_string());
            // A value date may lie in an earlier week.
            let dated = |&(days, amount): &(i64, i64)| {
                let value_date = Some(monday + chrono::TimeDelta::days(days));
                Entry { booking_date: None, value_date, ..line(&monday.to_string(), amount) }
            };
            week.entries = lines.iter().map(dated).collect();
            balance += lines.iter().map(|(_, amount)| amount).sum::<i64>();
            week.outline.closing_minor = Some(balance);
            statements.push(week);
        }
        let order = arrivals(statements.len(), &keys);
        let arriving: Vec<Statement> = order.iter().map(|&index| statements[index].clone()).collect();
        let mut books = Books::new(DAILY);
        for batch in arriving.chunks(batch) {
            books.import(batch);
        }
        prop_assert_eq!(&books.waits, &vec![]);
        let lines: usize = weeks.iter().map(Vec::len).sum();
        prop_assert_eq!(usize::try_from(books.lines().count).unwrap(), lines);
        prop_assert_eq!(books.coverage().gaps, vec![]);
        prop_assert_eq!(books.coverage().closing_minor, Some(balance));
    }
}
