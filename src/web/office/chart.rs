//! Charts as SVG, drawn by the server in whole units of their own; what they say stands in a table
//! beside them.

use chrono::{Datelike as _, NaiveDate};

/// Units from left to right.
pub const WIDTH: i64 = 880;
/// Units of the plot, without its labels.
pub const HEIGHT: i64 = 170;
/// Units for the labels of the axis.
const LEFT: i64 = 64;

/// A day of a chart of two amounts a day.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Day {
    /// The day.
    pub day: NaiveDate,
    /// Drawn filled, minor units.
    pub first: i64,
    /// Drawn behind it, minor units.
    pub second: i64,
}

/// A rectangle.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Bar {
    /// Left.
    pub x: i64,
    /// Top.
    pub y: i64,
    /// Width.
    pub width: i64,
    /// Height.
    pub height: i64,
}

/// A word at a place.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mark {
    /// From the left.
    pub x: i64,
    /// From above.
    pub y: i64,
    /// What stands there.
    pub text: String,
}

/// A chart, ready to be drawn.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Chart {
    /// Filled.
    pub first: Vec<Bar>,
    /// Behind.
    pub second: Vec<Bar>,
    /// Lines across, with their amounts.
    pub levels: Vec<Mark>,
    /// Days below.
    pub days: Vec<Mark>,
}

/// Draws days side by side. `level` writes an amount of the axis.
pub fn of_days(days: &[Day], level: impl Fn(i64) -> String) -> Chart {
    let most = days.iter().map(|day| day.first.max(day.second)).max();
    let top = round_up(most.unwrap_or(0).max(1));
    let count = i64::try_from(days.len()).unwrap_or(1).max(1);
    let width = (WIDTH - LEFT) / count;
    let bar = |place: i64, amount: i64, inset: i64| {
        let height = height_of(amount, top);
        Bar {
            x: LEFT + place * width + inset,
            y: HEIGHT - height,
            width: (width - 2 * inset).max(1),
            height,
        }
    };
    let mut chart = Chart::default();
    for (place, day) in (0..).zip(days) {
        if day.second > 0 {
            chart.second.push(bar(place, day.second, 1));
        }
        if day.first > 0 {
            chart.first.push(bar(place, day.first, width / 4));
        }
        if day.day.weekday().num_days_from_monday() == 0 {
            chart.days.push(Mark {
                x: LEFT + place * width + width / 2,
                y: HEIGHT + 18,
                text: day.day.format("%d.%m").to_string(),
            });
        }
    }
    for part in 0..=2 {
        let amount = top / 2 * part;
        chart.levels.push(Mark {
            x: LEFT - 8,
            y: HEIGHT - height_of(amount, top),
            text: level(amount),
        });
    }
    chart
}

fn height_of(amount: i64, top: i64) -> i64 {
    let exact = i128::from(amount.max(0)) * i128::from(HEIGHT - 8) / i128::from(top.max(1));
    i64::try_from(exact).unwrap_or(HEIGHT)
}

/// The next of 1, 2, 4, 5, 10 … times a power of ten, so that the axis has round amounts.
fn round_up(amount: i64) -> i64 {
    let mut power = 1_i64;
    loop {
        for step in [1, 2, 4, 5] {
            let level = power.saturating_mul(step);
            if amount <= level {
                return level;
            }
        }
        match power.checked_mul(10) {
            Some(next) => power = next,
            None => return i64::MAX,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_axis_ends_at_a_round_amount() {
        for (amount, top) in [
            (1, 1),
            (3, 4),
            (195_000, 200_000),
            (410_001, 500_000),
            (i64::MAX, i64::MAX),
        ] {
            assert_eq!(round_up(amount), top);
        }
    }

    #[test]
    fn a_day_without_money_has_no_bar_and_the_highest_fills_the_plot() {
        let day = |number, first| Day {
            day: NaiveDate::from_ymd_opt(2026, 10, number).unwrap(),
            first,
            second: 0,
        };
        let chart = of_days(&[day(5, 0), day(6, 200)], |amount| amount.to_string());
        assert_eq!(chart.first.len(), 1);
        assert_eq!(chart.first[0].height, HEIGHT - 8);
        let levels: Vec<&str> = chart.levels.iter().map(|mark| mark.text.as_str()).collect();
        assert_eq!(levels, ["0", "100", "200"]);
        assert_eq!(of_days(&[], |_| String::new()).first, []);
    }
}
