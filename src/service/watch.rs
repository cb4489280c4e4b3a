//! Folders into which others lay files are watched, so that a file is looked at when it lands.
//!
//! A hint and nothing more: every few seconds the folders are read anyway, and that is what counts. A
//! network's file system tells nothing; there the hint never comes.

use notify::event::{AccessKind, AccessMode, Event, EventKind, ModifyKind};
use notify::{RecommendedWatcher, RecursiveMode, Watcher as _};
use std::path::Path;
use std::sync::Arc;
use tokio::sync::Notify;

/// Somebody who is told when files land.
#[derive(Debug)]
pub(super) struct Watch {
    /// None where the system has no more watchers to give.
    watcher: Option<RecommendedWatcher>,
    landed: Arc<Notify>,
}

impl Watch {
    /// Nothing is watched yet.
    pub fn begin() -> Watch {
        let landed = Arc::new(Notify::new());
        let told = Arc::clone(&landed);
        let watcher = notify::recommended_watcher(move |event: notify::Result<Event>| {
            if event.is_ok_and(|event| has_landed(event.kind)) {
                told.notify_one();
            }
        });
        Watch {
            watcher: watcher.ok(),
            landed,
        }
    }

    /// Watches a folder, also one that was not there or another disk's until now. What is watched already
    /// is watched once.
    pub fn watch(&mut self, folder: &Path) {
        if let Some(watcher) = &mut self.watcher {
            // Whoever is not watched is read every few seconds.
            let _ = watcher.watch(folder, RecursiveMode::NonRecursive);
        }
    }

    /// Until something has landed in a folder, or for ever; what it was does not matter.
    pub async fn landed(&self) {
        self.landed.notified().await;
    }
}

/// Whether there may be a new file, or more of one: nobody is woken by what is read or taken out.
fn has_landed(kind: EventKind) -> bool {
    matches!(
        kind,
        EventKind::Create(_)
            | EventKind::Modify(ModifyKind::Name(_))
            | EventKind::Access(AccessKind::Close(AccessMode::Write))
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn what_lands_is_told_also_in_a_folder_that_comes_later() {
        let place = tempfile::tempdir().unwrap();
        let inbox = place.path().join("inbox");
        let mut watch = Watch::begin();
        watch.watch(&inbox);
        std::fs::create_dir(&inbox).unwrap();
        for name in ["a.sta", "b.sta"] {
            watch.watch(&inbox);
            std::fs::write(inbox.join(name), "bytes").unwrap();
            watch.landed().await;
        }
    }

    #[test]
    fn nobody_is_woken_by_what_is_read_or_taken_out() {
        use notify::event::{CreateKind, RemoveKind};
        let read = EventKind::Access(AccessKind::Close(AccessMode::Read));
        assert!(!has_landed(read) && !has_landed(EventKind::Remove(RemoveKind::File)));
        assert!(has_landed(EventKind::Create(CreateKind::File)));
    }
}
