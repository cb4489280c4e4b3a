//! A PostgreSQL server that one story has for itself, and whose disk it may fill.

use super::cluster::{Cluster, newest_binaries};
use super::strace::{self, Attached};
use super::{TestDb, apart, prepare, skipped};
use std::path::PathBuf;

/// Nothing but whoever asks for it writes to the files of tables: pages are only added to them.
const SETTINGS: &str = "-c fsync=off -c bgwriter_lru_maxpages=0 -c checkpoint_timeout=1h";
/// By which a server lets a file grow, its releases since 16 included.
const GROWS: &str = "pwrite64,pwritev,pwritev2,fallocate";

/// It, with the schema in place.
pub struct Server {
    /// Its database.
    pub db: TestDb,
    cluster: Cluster,
}

impl Server {
    /// Starts one; none where no server is installed, and that is counted.
    pub fn start() -> Option<Server> {
        // On a thread of its own: the story is inside a runtime already.
        std::thread::scope(|scope| scope.spawn(Server::started).join()).unwrap()
    }

    fn started() -> Option<Server> {
        let Some(bin) = newest_binaries() else {
            skipped::POSTGRES.count();
            return None;
        };
        let cluster = Cluster::start(&bin, SETTINGS, None);
        let url = cluster.url();
        apart(async || prepare(&url).await);
        let db = TestDb::of_another(url);
        Some(Server { db, cluster })
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
