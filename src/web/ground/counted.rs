//! Figures that take long to count: counted once for each state of the books, for everybody who looks.
//!
//! Who looks waits a little for figures of this moment. Where these take longer, they are counted on
//! behind the page, which shows the ones before with their time, or says that there are none yet, and asks
//! again by itself. At a large university something is written every moment, if only who looked at what: so
//! that counting is not all that the server does, it then rests as long as the count took, some times over.
//! Nothing is decided by figures that were kept: whoever decides has them counted anew.

use super::{Fault, Page, Site, Visit, html, words};
use crate::engine::remind::Reminding;
use crate::engine::terms::Terms;
use crate::engine::today::Today;
use crate::engine::{EngineError, Office};
use askama::Template;
use axum::response::Response;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};
use tokio::sync;
use tokio::time::timeout;

/// How long who looks waits for figures of this moment, and how soon they may have them again.
#[derive(Debug, Clone, Copy)]
pub struct Patience {
    /// Where there are older ones.
    pub older: Duration,
    /// Where there are none.
    pub none: Duration,
    /// Behind a count there are no other figures for so many times as long as it took.
    pub rests: u32,
}

impl Patience {
    /// Until they are counted.
    pub const ENDLESS: Patience = Patience {
        older: Duration::MAX,
        none: Duration::MAX,
        rests: 0,
    };
    /// Of somebody in front of a page.
    pub const OF_A_PERSON: Patience = Patience {
        older: Duration::from_millis(50),
        none: Duration::from_secs(2),
        rests: 4,
    };
}

/// All figures that are kept.
#[derive(Debug, Clone)]
pub struct Figures {
    /// Of whoever looks.
    pub patience: Patience,
    /// The morning.
    pub today: Counted<Today>,
    /// Fees by term.
    pub fees: Counted<Terms>,
    /// The next run of reminders, or why there can be none.
    pub reminders: Counted<Result<Reminding, String>>,
}

impl Figures {
    /// None yet.
    pub fn new(patience: Patience) -> Figures {
        Figures {
            patience,
            today: Counted::default(),
            fees: Counted::default(),
            reminders: Counted::default(),
        }
    }
}

/// Figures of one kind.
#[derive(Debug)]
pub struct Counted<T> {
    kept: Arc<Mutex<Option<Kept<T>>>>,
    /// Whoever counts has it.
    turn: Arc<sync::Mutex<()>>,
}

// Not derived: that would ask the same of the figures.
impl<T> Clone for Counted<T> {
    fn clone(&self) -> Counted<T> {
        Counted {
            kept: self.kept.clone(),
            turn: self.turn.clone(),
        }
    }
}

impl<T> Default for Counted<T> {
    fn default() -> Counted<T> {
        Counted {
            kept: Arc::default(),
            turn: Arc::default(),
        }
    }
}

#[derive(Debug)]
struct Kept<T> {
    mark: String,
    at: i64,
    figures: Arc<T>,
    ended: Instant,
    took: Duration,
}

/// Figures as they are shown.
#[derive(Debug)]
pub struct Seen<T> {
    /// The figures.
    pub figures: Arc<T>,
    /// When they were counted, milliseconds of Unix time, where something has happened since.
    pub older: Option<i64>,
    /// Others are being counted.
    pub counting: bool,
}

impl<T: Send + Sync + 'static> Counted<T> {
    /// The figures, counted by `count` where anything has happened since they were; none where that
    /// takes longer than one waits and there are no older ones.
    pub async fn see<F>(
        &self,
        office: &Office,
        patience: Patience,
        count: impl FnOnce(Office) -> F,
    ) -> Result<Option<Seen<T>>, Fault>
    where
        F: Future<Output = Result<T, EngineError>> + Send + 'static,
    {
        let mark = format!("{} {}", office.now.today, office.db.mark().await?);
        let waits = match self.kept(&mark, patience.rests) {
            Some(seen) if !seen.counting => return Ok(Some(seen)),
            Some(_) => patience.older,
            None => patience.none,
        };
        if let Ok(ended) = timeout(waits, self.counted(&mark, office, count)).await {
            ended?;
        }
        Ok(self.kept(&mark, patience.rests))
    }

    /// Counts unless somebody else does so meanwhile; to the end though nobody waits for it any more.
    async fn counted<F>(
        &self,
        mark: &str,
        office: &Office,
        count: impl FnOnce(Office) -> F,
    ) -> Result<(), Fault>
    where
        F: Future<Output = Result<T, EngineError>> + Send + 'static,
    {
        let turn = self.turn.clone().lock_owned().await;
        if self.kept(mark, 0).is_some_and(|seen| !seen.counting) {
            return Ok(());
        }
        let (all, mark, at) = (self.clone(), mark.to_owned(), office.now.millis);
        let (counting, began) = (count(office.clone()), Instant::now());
        let counting = tokio::spawn(async move {
            let figures = counting.await?;
            all.keep(mark, at, figures, began);
            drop(turn);
            Ok::<_, EngineError>(())
        });
        let ended = counting.await;
        Ok(ended.map_err(|died| Fault::Failed(format!("figures were not counted: {died}")))??)
    }

    /// What is kept. Where it is older it is counted anew, unless the last count ended no longer ago than
    /// it took, so many times over.
    fn kept(&self, mark: &str, rests: u32) -> Option<Seen<T>> {
        let kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        kept.as_ref().map(|kept| {
            let is_older = kept.mark != mark;
            Seen {
                figures: kept.figures.clone(),
                older: is_older.then_some(kept.at),
                counting: is_older && kept.ended.elapsed() >= kept.took.saturating_mul(rests),
            }
        })
    }

    fn keep(&self, mark: String, at: i64, figures: T, began: Instant) {
        let kept = Kept {
            mark,
            at,
            figures: Arc::new(figures),
            ended: Instant::now(),
            took: began.elapsed(),
        };
        *self.kept.lock().unwrap_or_else(PoisonError::into_inner) = Some(kept);
    }
}

#[derive(Template)]
#[template(path = "ground/counting.html")]
struct CountingPage {
    page: Page,
    w: &'static words::Words,
}

/// The page while its first figures are being counted.
pub fn counting(site: &Site, visit: &Visit, title: &str) -> Response {
    html(&CountingPage {
        page: Page::of(site, visit, title),
        w: words::Words::of(visit.language),
    })
}
