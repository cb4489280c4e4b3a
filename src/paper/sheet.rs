//! Marks on pages, and which page they come to stand on.
//!
//! In: strips, from the top down. Out: pages with marks at fixed places. What is put as one stays on
//! one page, unless no page is high enough for it; then it is parted between two strips. Places are
//! tenths of a point from the upper left corner.

use super::font::{Face, Style};

/// A4.
pub(crate) const A4_WIDTH: u32 = 5953;
/// A4.
pub(crate) const A4_HEIGHT: u32 = 8419;
/// Where pages behind the first begin, 20 mm below the upper edge.
const TOP: u32 = 567;
/// Where what flows ends, 22 mm above the lower edge.
const BOTTOM: u32 = A4_HEIGHT - 624;
/// Where the foot of a page begins, 15 mm above the lower edge.
const FOOT: u32 = A4_HEIGHT - 425;

/// Something on paper.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Mark {
    /// Text from `x`, standing on `y`.
    Text {
        x: u32,
        y: u32,
        face: Face,
        size: u16,
        is_grey: bool,
        text: String,
    },
    /// Filled boxes: left, top, width, height.
    Boxes(Vec<[u32; 4]>),
}

impl Mark {
    /// A single box.
    pub(crate) fn rule(place: [u32; 4]) -> Mark {
        Mark::Boxes(vec![place])
    }

    fn down(mut self, by: u32) -> Mark {
        match &mut self {
            Mark::Text { y, .. } => *y += by,
            Mark::Boxes(boxes) => {
                for [_, top, ..] in boxes {
                    *top += by;
                }
            }
        }
        self
    }
}

/// A strip across the page: its marks by their places from its top.
#[derive(Debug, Clone)]
pub(crate) struct Strip {
    height: u32,
    marks: Vec<Mark>,
}

impl Strip {
    /// Empty.
    pub(crate) fn of(height: u32) -> Strip {
        Strip {
            height,
            marks: Vec::new(),
        }
    }

    /// A line of text.
    pub(crate) fn line(x: u32, style: Style, text: &str) -> Strip {
        let mut strip = Strip::of(style.leading);
        strip.text(x, style, text);
        strip
    }

    /// A rule across the page, from its left and as wide as asked for, with white below it.
    pub(crate) fn ruled([left, width]: [u32; 2], height: u32) -> Strip {
        let mut strip = Strip::of(height);
        strip.add(Mark::rule([left, 0, width, 4]));
        strip
    }

    pub(crate) fn height(&self) -> u32 {
        self.height
    }

    pub(crate) fn add(&mut self, mark: Mark) {
        self.marks.push(mark);
    }

    /// A line of text at the top.
    pub(crate) fn text(&mut self, x: u32, style: Style, text: &str) {
        self.text_below(x, 0, style, text);
    }

    /// A line of text below `top`, wherever the strip ends.
    pub(crate) fn text_below(&mut self, x: u32, top: u32, style: Style, text: &str) {
        self.text_at(x, top + style.baseline(), style, text);
    }

    /// A line of text that stands on the same as one of `other`.
    pub(crate) fn text_on(&mut self, x: u32, style: Style, other: Style, text: &str) {
        self.text_at(x, other.baseline(), style, text);
    }

    fn text_at(&mut self, x: u32, y: u32, style: Style, text: &str) {
        self.marks.push(Mark::Text {
            x,
            y,
            face: style.face,
            size: style.size,
            is_grey: style.is_grey,
            text: text.to_owned(),
        });
    }

    /// Its marks, where it begins at `y` of a page.
    pub(crate) fn marks_from(self, y: u32) -> impl Iterator<Item = Mark> {
        self.marks.into_iter().map(move |mark| mark.down(y))
    }
}

/// Pages while they fill.
pub(crate) struct Pages {
    full: Vec<Vec<Mark>>,
    marks: Vec<Mark>,
    y: u32,
    /// Where the page that fills began.
    top: u32,
}

impl Pages {
    /// The first page; what flows begins at `y`.
    pub(crate) fn starting_at(y: u32) -> Pages {
        Pages {
            full: Vec::new(),
            marks: Vec::new(),
            y,
            top: y,
        }
    }

    /// Something at a fixed place of the page that fills.
    pub(crate) fn mark(&mut self, mark: Mark) {
        self.marks.push(mark);
    }

    /// Strips that stay together.
    pub(crate) fn put(&mut self, strips: Vec<Strip>) {
        let height: u32 = strips.iter().map(Strip::height).sum();
        if !self.fits(height) {
            self.turn();
        }
        for strip in strips {
            if !self.fits(strip.height) {
                self.turn();
            }
            let y = self.y;
            self.y += strip.height;
            self.marks.extend(strip.marks_from(y));
        }
    }

    /// Whether so much still fits on the page that fills.
    pub(crate) fn fits(&self, height: u32) -> bool {
        self.y + height <= BOTTOM
    }

    /// White, where it does not stand first on a page.
    pub(crate) fn space(&mut self, height: u32) {
        if self.y > self.top {
            self.y += height;
        }
    }

    /// How many there are.
    pub(crate) fn count(&self) -> usize {
        self.full.len() + 1
    }

    /// Puts a foot on each page, by the page's number.
    pub(crate) fn on_each(&mut self, foot: impl Fn(usize) -> Strip) {
        let pages = self.full.iter_mut().chain([&mut self.marks]);
        for (page, number) in pages.zip(1..) {
            page.extend(foot(number).marks_from(FOOT));
        }
    }

    /// All of them.
    pub(crate) fn done(mut self) -> Vec<Vec<Mark>> {
        self.full.push(self.marks);
        self.full
    }

    /// Goes on with a new page.
    pub(crate) fn turn(&mut self) {
        // A page on which nothing flows yet cannot be made emptier.
        if self.y == self.top && self.top == TOP {
            return;
        }
        self.full.push(std::mem::take(&mut self.marks));
        self.y = TOP;
        self.top = TOP;
    }
}
