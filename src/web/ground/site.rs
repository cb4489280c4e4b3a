//! The institution as the pages find it.

use super::counted::{Figures, Patience};
use crate::config::Shared;
use crate::engine::lookup::Lookups;
use crate::engine::uses::Uses;
use crate::engine::{Clock, Office};
use crate::sso::{Known, Secret};
use crate::store::Db;
use tokio::sync::watch;

/// What all requests share.
#[derive(Debug, Clone)]
pub struct Site {
    /// The database.
    pub db: Db,
    /// `kwestura.toml`.
    pub config: Shared,
    /// Asked once for each request.
    pub clock: Clock,
    /// Whether browsers reach the pages by https, as they must everywhere but on the same machine.
    pub secure: bool,
    /// What the single sign-on knows us by.
    pub sso_secret: Option<Secret>,
    /// What is kept of the single sign-on.
    pub sso_known: Known,
    /// Figures that were counted for the office's pages.
    pub figures: Figures,
    /// What lookups of students share.
    pub lookups: Lookups,
    /// What other systems do, on its way into the audit log.
    pub uses: Uses,
    /// Says true when the service ends; over at once where nobody could say so.
    pub stop: watch::Receiver<bool>,
}

impl Site {
    /// Pages of an institution. `secure` where browsers reach them by https.
    pub fn new(db: Db, config: impl Into<Shared>, clock: Clock, secure: bool) -> Site {
        Site {
            db,
            config: config.into(),
            clock,
            secure,
            sso_secret: None,
            sso_known: Known::default(),
            figures: Figures::new(Patience::ENDLESS),
            lookups: Lookups::default(),
            uses: Uses::default(),
            stop: watch::channel(false).1,
        }
    }

    /// The same, with what the single sign-on knows us by.
    #[must_use]
    pub fn with_sso_secret(self, sso_secret: Option<Secret>) -> Site {
        Site { sso_secret, ..self }
    }

    /// The same for people, who see older figures rather than wait long for those of the moment.
    #[must_use]
    pub fn for_people(self) -> Site {
        let figures = Figures::new(Patience::OF_A_PERSON);
        Site { figures, ..self }
    }

    /// The institution, now.
    pub fn office(&self) -> Office {
        Office {
            now: self.clock.now(self.config.institution.time_zone),
            db: self.db.clone(),
            config: self.config.clone(),
        }
    }
}
