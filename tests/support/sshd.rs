//! A real SFTP server on this machine: OpenSSH's sshd with keys of its own, on a free port, started by
//! the story that needs one and ended with it; and a line in between that counts, cuts and meddles.
//!
//! Where sshd is missing, the stories of SFTP are skipped and counted, unless `KWESTURA_REQUIRE_SFTP=1`.

use super::skipped;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use kwestura::config::{HostKey, Proof, Sftp};
use std::fmt::Write as _;
use std::fs;
use std::io::{BufRead as _, BufReader};
use std::net::TcpListener as Listener;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::thread::JoinHandle;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};

/// It has to be called by its whole path.
const PROGRAM: &str = "/usr/sbin/sshd";
/// Another may take the port that was free a moment ago.
const PORTS_MAX: usize = 10;
/// Who signs in with a password: known to this server alone.
const BANK: &str = "kwestura-bank";

/// A server that lets one user into one folder.
pub struct Sshd {
    folder: PathBuf,
    user: String,
    port: u16,
    log: Arc<Mutex<String>>,
    reader: Option<JoinHandle<()>>,
    child: Child,
}

impl Sshd {
    /// A server that lets whoever runs the stories in with a key; none where this machine has no sshd.
    pub fn start(folder: &Path) -> Option<Sshd> {
        let user = Command::new("id").arg("-un").output().unwrap();
        let user = String::from_utf8(user.stdout).unwrap().trim().to_owned();
        Sshd::begin(folder, user, |config| {
            let mut sshd = Command::new(PROGRAM);
            sshd.args(["-D", "-e", "-f"]).arg(config);
            sshd
        })
    }

    /// A server that lets a user in with a password, `secret`. It has its own idea of who there is, which
    /// root alone can give it.
    pub fn with_password(folder: &Path) -> Option<Sshd> {
        let apart = Command::new("unshare")
            .args(["-m", "true"])
            .stderr(Stdio::null())
            .status();
        if !apart.is_ok_and(|status| status.success()) {
            skipped::SFTP.count();
            return None;
        }
        let at = folder.to_path_buf();
        Sshd::begin(folder, BANK.to_owned(), |config| {
            let passwd = fs::read_to_string("/etc/passwd").unwrap();
            let passwd = format!("{passwd}{BANK}:x:0:0::/:/bin/sh\n");
            fs::write(at.join("sshd/passwd"), passwd).unwrap();
            let shadow = format!("{BANK}:{}:20000:0:99999:7:::\n", crypt("secret"));
            fs::write(at.join("sshd/shadow"), shadow).unwrap();
            let mut sshd = Command::new("unshare");
            sshd.args(["-m", "sh", "-c"]).arg(
                "mount --bind \"$1/passwd\" /etc/passwd && mount --bind \"$1/shadow\" /etc/shadow \
                 && exec \"$2\" -D -e -f \"$3\"",
            );
            sshd.arg("sh").arg(at.join("sshd")).arg(PROGRAM).arg(config);
            sshd
        })
    }

    fn begin(folder: &Path, user: String, command: impl Fn(&Path) -> Command) -> Option<Sshd> {
        if !Path::new(PROGRAM).exists() {
            skipped::SFTP.count();
            return None;
        }
        if user == "root" || user == BANK {
            fs::create_dir_all("/run/sshd").unwrap();
        }
        let folder = folder.join("sshd");
        fs::create_dir_all(folder.join("files/outgoing")).unwrap();
        for key in ["host", "id", "another"] {
            keygen(&folder.join(key), "");
        }
        fs::copy(folder.join("id.pub"), folder.join("auth")).unwrap();
        fs::write(folder.join("password"), "secret\n").unwrap();
        fs::set_permissions(folder.join("password"), fs::Permissions::from_mode(0o600)).unwrap();
        for _ in 0..PORTS_MAX {
            let port = Listener::bind("127.0.0.1:0")
                .unwrap()
                .local_addr()
                .unwrap()
                .port();
            let config = folder.join("config");
            fs::write(&config, settings(&folder, port, user == BANK)).unwrap();
            let mut child = command(&config).stderr(Stdio::piped()).spawn().unwrap();
            let log = Arc::new(Mutex::new(String::new()));
            let mut lines = BufReader::new(child.stderr.take().unwrap()).lines();
            let said = lines.by_ref().map_while(Result::ok).find(|line| {
                let _ = writeln!(log.lock().unwrap(), "{line}");
                line.contains("Server listening")
            });
            if said.is_none() {
                child.wait().unwrap();
                let log = log.lock().unwrap();
                assert!(log.contains("Address already in use"), "{log}");
                continue;
            }
            let rest = log.clone();
            let reader = std::thread::spawn(move || {
                for line in lines.map_while(Result::ok) {
                    let _ = writeln!(rest.lock().unwrap(), "{line}");
                }
            });
            return Some(Sshd {
                folder,
                user,
                port,
                log,
                reader: Some(reader),
                child,
            });
        }
        panic!("no port is free");
    }

    /// The port on which it listens.
    pub fn port(&self) -> u16 {
        self.port
    }

    /// Where its user lands.
    pub fn files(&self) -> PathBuf {
        self.folder.join("files")
    }

    /// Where its user finds what is to be fetched.
    pub fn outgoing(&self) -> PathBuf {
        self.files().join("outgoing")
    }

    /// A file of the server's, or of whoever signs in: `id` and `another` are private keys, `password`
    /// is the right one.
    pub fn file(&self, name: &str) -> PathBuf {
        self.folder.join(name)
    }

    /// Ends it; all that it said of itself, to the last of its lines.
    pub fn end(&mut self) -> String {
        let _ = self.child.kill();
        let _ = self.child.wait();
        if let Some(reader) = self.reader.take() {
            reader.join().unwrap();
        }
        self.log.lock().unwrap().clone()
    }

    /// A key of the server's as the settings know it.
    pub fn key(&self, name: &str) -> HostKey {
        let line = fs::read_to_string(self.folder.join(name).with_extension("pub")).unwrap();
        let mut words = line.split_whitespace();
        let kind = words.next().unwrap().to_owned();
        let bytes = STANDARD.decode(words.next().unwrap()).unwrap();
        HostKey { kind, bytes }
    }

    /// `[[sftp]]` of an office that fetches from it with the key.
    pub fn settings(&self) -> Sftp {
        Sftp {
            name: "bank".to_owned(),
            host: "127.0.0.1".to_owned(),
            port: self.port,
            user: self.user.clone(),
            host_key: self.key("host"),
            proof: Proof::Key(self.file("id")),
            folder: "outgoing".to_owned(),
            moved_to: None,
        }
    }

    /// The same, as it is written into kwestura.toml.
    pub fn toml(&self) -> String {
        let host_key = fs::read_to_string(self.file("host.pub")).unwrap();
        format!(
            "\n[[sftp]]\nname = \"bank\"\nhost = \"127.0.0.1\"\nport = {}\nuser = \"{}\"\nhost_key = \"{}\"\n\
             key_file = \"{}\"\nfolder = \"outgoing\"\n",
            self.port,
            self.user,
            host_key.trim(),
            self.file("id").display()
        )
    }
}

impl Drop for Sshd {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// A pair of keys, the private one behind a passphrase or behind none.
pub fn keygen(path: &Path, passphrase: &str) {
    let made = Command::new("ssh-keygen")
        .args(["-q", "-t", "ed25519", "-C", "", "-N", passphrase, "-f"])
        .arg(path)
        .status();
    assert!(made.unwrap().success());
}

fn settings(folder: &Path, port: u16, has_password: bool) -> String {
    let folder = folder.display();
    let (password, root) = if has_password {
        ("yes", "yes")
    } else {
        ("no", "prohibit-password")
    };
    format!(
        "Port {port}\nListenAddress 127.0.0.1\nHostKey {folder}/host\nPidFile none\n\
         AuthorizedKeysFile {folder}/auth\nStrictModes no\nUsePAM no\nPasswordAuthentication {password}\n\
         PermitRootLogin {root}\nSubsystem sftp internal-sftp\n\
         ForceCommand internal-sftp -d {folder}/files\n"
    )
}

/// As /etc/shadow keeps it.
fn crypt(password: &str) -> String {
    let made = Command::new("openssl")
        .args(["passwd", "-6", password])
        .output()
        .unwrap();
    String::from_utf8(made.stdout).unwrap().trim().to_owned()
}

/// What happens once so many bytes have come from the server: whether the line is cut there.
type Meddling = (u64, Box<dyn FnOnce() -> bool + Send>);

/// A line in between.
pub struct Between {
    port: u16,
    sent: Arc<AtomicU64>,
    meddling: Arc<Mutex<Option<Meddling>>>,
}

impl Between {
    /// Listens on a free port, and connects whoever comes with another.
    pub async fn begin(to: u16) -> Between {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let between = Between {
            port: listener.local_addr().unwrap().port(),
            sent: Arc::default(),
            meddling: Arc::default(),
        };
        let (sent, meddling) = (between.sent.clone(), between.meddling.clone());
        tokio::spawn(async move {
            while let Ok((here, _)) = listener.accept().await {
                let there = TcpStream::connect(("127.0.0.1", to)).await.unwrap();
                tokio::spawn(carry(here, there, sent.clone(), meddling.clone()));
            }
        });
        between
    }

    /// The port on which it listens.
    pub fn port(&self) -> u16 {
        self.port
    }

    /// How many bytes have come from the server since this was asked last.
    pub fn sent(&self) -> u64 {
        self.sent.swap(0, Ordering::SeqCst)
    }

    /// Once so many bytes have come since then, something happens, and the line is cut if it says so.
    pub fn at(&self, bytes: u64, what: impl FnOnce() -> bool + Send + 'static) {
        *self.meddling.lock().unwrap() = Some((bytes, Box::new(what)));
    }
}

async fn carry(
    here: TcpStream,
    there: TcpStream,
    sent: Arc<AtomicU64>,
    meddling: Arc<Mutex<Option<Meddling>>>,
) {
    let ((mut from_us, mut to_us), (mut from_server, mut to_server)) =
        (here.into_split(), there.into_split());
    let up = tokio::spawn(async move {
        let _ = tokio::io::copy(&mut from_us, &mut to_server).await;
    });
    let mut piece = vec![0; 16 * 1024];
    while let Ok(read) = from_server.read(&mut piece).await {
        if read == 0 || to_us.write_all(&piece[..read]).await.is_err() {
            break;
        }
        let so_far = sent.fetch_add(read as u64, Ordering::SeqCst) + read as u64;
        let due = {
            let mut meddling = meddling.lock().unwrap();
            meddling.take_if(|(bytes, _)| *bytes <= so_far)
        };
        if due.is_some_and(|(_, what)| what()) {
            break;
        }
    }
    up.abort();
}
