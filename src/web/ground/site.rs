//! The institution as the pages find it.

use crate::config::Config;
use crate::engine::lookup::Lookups;
use crate::engine::{Clock, Office};
use crate::store::Db;
use std::sync::Arc;

/// What all requests share.
#[derive(Debug, Clone)]
pub struct Site {
    /// The database.
    pub db: Db,
    /// `kwestura.toml`.
    pub config: Arc<Config>,
    /// Asked once for each request.
    pub clock: Clock,
    /// Whether browsers reach the pages by https, as they must everywhere but on the same machine.
    pub secure: bool,
    /// What lookups of students share.
    pub lookups: Lookups,
}

impl Site {
    /// Pages of an institution. `secure` where browsers reach them by https.
    pub fn new(db: Db, config: Config, clock: Clock, secure: bool) -> Site {
        Site {
            db,
            config: Arc::new(config),
            clock,
            secure,
            lookups: Lookups::default(),
        }
    }

    /// The institution, now.
    pub fn office(&self) -> Office {
        Office {
            now: self.clock.now(self.config.institution.time_zone),
            db: self.db.clone(),
            config: Config::clone(&self.config),
        }
    }
}
