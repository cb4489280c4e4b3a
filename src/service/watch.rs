//! Folders into which others lay files are watched, so that a file is looked at when it lands.
//!
//! A hint and nothing more: every few seconds the folders are read anyway, and that is what counts. A
//! network's file system tells nothing, nor does any that is not Linux's; there the hint never comes.

use std::future::pending;
use std::path::Path;

#[cfg(target_os = "linux")]
mod kernel {
    use rustix::fs::inotify::{self, CreateFlags, WatchFlags};
    use std::io;
    use std::os::fd::OwnedFd;
    use std::path::Path;
    use tokio::io::unix::AsyncFd;

    #[derive(Debug)]
    pub struct Events(AsyncFd<OwnedFd>);

    impl Events {
        #[expect(
            deprecated,
            reason = "its successor is unsafe, for what may change its descriptor; an OwnedFd does not"
        )]
        pub fn begin() -> io::Result<Events> {
            let events = inotify::init(CreateFlags::CLOEXEC | CreateFlags::NONBLOCK)?;
            AsyncFd::new(events).map(Events)
        }

        /// What is watched already is watched once.
        pub fn watch(&self, folder: &Path) -> io::Result<()> {
            let landed = WatchFlags::CREATE | WatchFlags::CLOSE_WRITE | WatchFlags::MOVED_TO;
            inotify::add_watch(self.0.get_ref(), folder, landed | WatchFlags::ONLYDIR)?;
            Ok(())
        }

        /// Until something has landed; what it was does not matter.
        pub async fn landed(&self) -> io::Result<()> {
            let mut ready = self.0.readable().await?;
            let mut told = [0_u8; 4096];
            let mut read = || {
                ready.try_io(|events| Ok(rustix::io::read(events.get_ref(), told.as_mut_slice())?))
            };
            while let Ok(told) = read() {
                told?;
            }
            Ok(())
        }
    }
}

/// Somebody who is told when files land.
#[derive(Debug)]
pub(super) struct Watch {
    #[cfg(target_os = "linux")]
    events: Option<kernel::Events>,
}

impl Watch {
    /// Nothing is watched yet.
    pub fn begin() -> Watch {
        Watch {
            #[cfg(target_os = "linux")]
            events: kernel::Events::begin().ok(),
        }
    }

    /// Watches a folder, also one that was not there or another disk's until now.
    pub fn watch(&self, folder: &Path) {
        #[cfg(target_os = "linux")]
        if let Some(events) = &self.events {
            // Whoever is not watched is read every few seconds.
            let _ = events.watch(folder);
        }
        #[cfg(not(target_os = "linux"))]
        let _ = folder;
    }

    /// Until something has landed in a folder, or for ever.
    pub async fn landed(&self) {
        #[cfg(target_os = "linux")]
        if let Some(events) = &self.events
            && events.landed().await.is_ok()
        {
            return;
        }
        pending::<()>().await;
    }
}

#[cfg(all(test, target_os = "linux"))]
mod tests {
    use super::*;
    use std::time::Duration;
    use tokio::time::timeout;

    #[tokio::test]
    async fn what_lands_is_told_also_in_a_folder_that_comes_later() {
        let place = tempfile::tempdir().unwrap();
        let (inbox, watch) = (place.path().join("inbox"), Watch::begin());
        watch.watch(&inbox);
        std::fs::create_dir(&inbox).unwrap();
        for name in ["a.sta", "b.sta"] {
            watch.watch(&inbox);
            std::fs::write(inbox.join(name), "bytes").unwrap();
            watch.landed().await;
        }
        // Reading and removing is no landing.
        std::fs::remove_file(inbox.join("a.sta")).unwrap();
        assert_eq!(std::fs::read_dir(&inbox).unwrap().count(), 1);
        let told = timeout(Duration::from_millis(50), watch.landed()).await;
        assert!(told.is_err());
    }
}
