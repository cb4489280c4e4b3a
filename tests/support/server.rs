//! A PostgreSQL server that one story has for itself: it may kill it, set a standby beside it, or fill its
//! disk.

use super::cluster::{Cluster, newest_binaries};
use super::strace::{self, Attached};
use super::{TestDb, apart, prepare, skipped};
use std::path::{Path, PathBuf};

/// Nothing but whoever asks for it writes to the files of tables: pages are only added to them.
pub const WRITES_WHEN_ASKED: &str =
    "-c fsync=off -c bgwriter_lru_maxpages=0 -c checkpoint_timeout=1h";
/// By which a server lets a file grow, its releases since 16 included.
const GROWS: &str = "pwrite64,pwritev,pwritev2,fallocate";

/// It, with the schema in place.
pub struct Server {
    /// Its database.
    pub db: TestDb,
    /// The server.
    pub cluster: Cluster,
}

impl Server {
    /// Starts one with settings (`-c name=value …`); none where no server is installed, and that is counted.
    pub fn start(settings: &str) -> Option<Server> {
        let Some(bin) = newest_binaries() else {
            skipped::POSTGRES.count();
            return None;
        };
        let server = Server::of(&bin, settings, None);
        apart(async || prepare(server.db.url()).await);
        Some(server)
    }

    /// Starts the standby of this one.
    pub fn standby(&self, settings: &str) -> Server {
        let bin = newest_binaries().unwrap();
        Server::of(&bin, settings, Some(&self.cluster))
    }

    fn of(bin: &Path, settings: &str, primary: Option<&Cluster>) -> Server {
        // On a thread of its own: the story is inside a runtime already.
        let cluster = std::thread::scope(|scope| {
            scope
                .spawn(|| Cluster::start(bin, settings, primary))
                .join()
        })
        .unwrap();
        Server {
            db: TestDb::of_another(cluster.url()),
            cluster,
        }
    }

    /// Each process of the server lets the files of its tables and indexes grow so many times, and then
    /// finds no room, until what is returned is dropped. None where this may not be traced, and that is
    /// counted.
    pub fn without_room_behind(&self, times: u64) -> Option<Attached> {
        let databases = std::fs::read_dir(self.cluster.folder.join("data/base")).unwrap();
        let files =
            databases.flat_map(|database| std::fs::read_dir(database.unwrap().path()).unwrap());
        let files: Vec<PathBuf> = files.map(|file| file.unwrap().path()).collect();
        strace::without_room(self.cluster.pid(), GROWS, times, &files)
    }
}
