//! The settings as everybody at work holds them.

use super::Config;
use std::ops::{Deref, DerefMut};
use std::sync::Arc;

/// Settings that cost nothing to hand on; whoever changes theirs changes nobody else's.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Shared(Arc<Config>);

impl From<Config> for Shared {
    fn from(config: Config) -> Shared {
        Shared(Arc::new(config))
    }
}

impl Deref for Shared {
    type Target = Config;

    fn deref(&self) -> &Config {
        &self.0
    }
}

impl DerefMut for Shared {
    fn deref_mut(&mut self) -> &mut Config {
        Arc::make_mut(&mut self.0)
    }
}
