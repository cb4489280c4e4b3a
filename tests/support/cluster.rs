//! A private PostgreSQL server, started from the newest binaries in `/usr/lib/postgresql` and reached
//! through a socket in a folder of its own: no port, no password, no trace. The measures of scale
//! start one too.

use sqlx::Connection;
use sqlx::postgres::PgConnection;
use std::os::unix::fs::{MetadataExt, chown};
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};
use tempfile::TempDir;

/// Where Debian puts the server binaries: a folder per major version.
const INSTALLED: &str = "/usr/lib/postgresql";
/// A cluster on a busy machine takes a few seconds; what takes longer has failed.
const START_LIMIT: Duration = Duration::from_mins(1);

/// `bin` of the highest major version that holds a server.
pub fn newest_binaries() -> Option<PathBuf> {
    newest_in(Path::new(INSTALLED))
}

fn newest_in(installed: &Path) -> Option<PathBuf> {
    let versions = std::fs::read_dir(installed).ok()?;
    versions
        .filter_map(|entry| {
            let path = entry.ok()?.path();
            let major: u32 = path.file_name()?.to_str()?.parse().ok()?;
            let bin = path.join("bin");
            bin.join("initdb").exists().then_some((major, bin))
        })
        .max()
        .map(|(_, bin)| bin)
}

/// A private server. It lives no longer than the process that started it: the shell around it reads
/// from a pipe, and when that ends, whatever ended this process, it stops the server and removes
/// the folder. So does dropping it.
pub struct Cluster {
    /// The server's own: it may write there.
    pub folder: PathBuf,
    /// Its standard input is the pipe.
    keeper: Child,
}

/// `$1` the binaries, `$2` the folder, `$3` settings of the server, `$4` the folder of the primary whose
/// standby it is, or nothing.
const KEEPER: &str = r#"
bin=$1 folder=$2 settings=$3 primary=$4
{
    if [ -n "$primary" ]; then
        "$bin/pg_basebackup" -h "$primary" -U kwestura -D "$folder/data" -R -c fast --no-sync || exit 1
        echo "primary_conninfo='host=$primary user=kwestura application_name=standby'" \
            >>"$folder/data/postgresql.auto.conf"
    else
        "$bin/initdb" -D "$folder/data" -U kwestura -A trust -E UTF8 --locale=C --no-sync || exit 1
    fi
    # Settings are words without quotes.
    "$bin/postgres" -D "$folder/data" -k "$folder" -c listen_addresses= $settings &
    server=$!
    read -r _
    kill -INT "$server"
    wait "$server"
} >"$folder/log" 2>&1
rm -rf "$folder"
"#;

impl Cluster {
    /// Starts a server with settings (`-c name=value …`), the standby of another one where that is
    /// named, and waits until it answers.
    pub fn start(bin: &Path, settings: &str, primary: Option<&Cluster>) -> Cluster {
        // Not TMPDIR: a socket's path is limited to 107 bytes, and the server's user must reach it.
        let folder = TempDir::with_prefix_in("kwestura-pg-", "/tmp")
            .unwrap()
            .keep();
        let mut keeper = Command::new("sh");
        keeper
            .args(["-c", KEEPER, "sh"])
            .arg(bin)
            .arg(&folder)
            .arg(settings)
            .arg(primary.map_or(Path::new(""), |primary| &primary.folder))
            .current_dir(&folder);
        // A group of its own: Ctrl-C ends the tests, and their end the server, in this order.
        keeper
            .stdin(Stdio::piped())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .process_group(0);
        if std::fs::metadata(&folder).unwrap().uid() == 0 {
            let (user, group) = unprivileged();
            chown(&folder, Some(user), Some(group)).unwrap();
            keeper.uid(user).gid(group);
        }
        let mut cluster = Cluster {
            folder,
            keeper: keeper.spawn().unwrap(),
        };
        cluster.wait_until_it_answers();
        cluster
    }

    /// The database of the administrator.
    pub fn url(&self) -> String {
        format!(
            "postgres://kwestura@localhost/postgres?host={}",
            self.folder.display()
        )
    }

    /// The process that all others of the server come from.
    pub fn pid(&self) -> u32 {
        let text = std::fs::read_to_string(self.folder.join("data/postmaster.pid")).unwrap();
        text.lines().next().unwrap().parse().unwrap()
    }

    fn wait_until_it_answers(&mut self) {
        let url = self.url();
        let deadline = Instant::now() + START_LIMIT;
        while super::runtime()
            .block_on(PgConnection::connect(&url))
            .is_err()
        {
            let gone = self.keeper.try_wait().unwrap().is_some();
            assert!(
                !gone && Instant::now() < deadline,
                "PostgreSQL does not start:\n{}",
                std::fs::read_to_string(self.folder.join("log")).unwrap_or_default()
            );
            std::thread::sleep(Duration::from_millis(50));
        }
    }
}

impl Drop for Cluster {
    fn drop(&mut self) {
        drop(self.keeper.stdin.take());
        let _ = self.keeper.wait();
    }
}

/// The user and group that a server may run as where we are root, whom it refuses.
fn unprivileged() -> (u32, u32) {
    let users = std::fs::read_to_string("/etc/passwd").unwrap();
    let ids = |name: &str| {
        let line = users
            .lines()
            .find(|line| line.split(':').next() == Some(name))?;
        let mut fields = line.split(':').skip(2).map(str::parse);
        Some((fields.next()?.ok()?, fields.next()?.ok()?))
    };
    ids("postgres")
        .or_else(|| ids("nobody"))
        .expect("a user `postgres` or `nobody`, as PostgreSQL does not run as root")
}

#[test]
fn the_newest_server_is_taken_and_a_client_alone_is_none() {
    let installed = TempDir::new().unwrap();
    for (version, has_server) in [("9", true), ("15", true), ("17", false), ("common", true)] {
        let bin = installed.path().join(version).join("bin");
        std::fs::create_dir_all(&bin).unwrap();
        if has_server {
            std::fs::write(bin.join("initdb"), "").unwrap();
        }
    }
    assert_eq!(
        newest_in(installed.path()),
        Some(installed.path().join("15/bin"))
    );
    assert_eq!(newest_in(&installed.path().join("absent")), None);
}

#[test]
fn a_private_server_does_not_outlive_the_run() {
    let Some(bin) = newest_binaries() else {
        super::skipped::POSTGRES.count();
        return;
    };
    let mut cluster = Cluster::start(&bin, "", None);
    // What the kernel does when a process ends, however it ends.
    drop(cluster.keeper.stdin.take());
    assert!(cluster.keeper.wait().unwrap().success());
    assert!(!cluster.folder.exists());
}
