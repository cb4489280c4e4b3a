//! Real providers of single sign-on on this machine, started by the story that needs one and ended with
//! it: `django-mama-cas` and `oidc-provider`; and a person at a browser of their own.
//!
//! Where they are missing, the stories are skipped and counted, unless `KWESTURA_REQUIRE_SSO=1`.
//! `KWESTURA_TEST_CAS` names a Python that has mama-cas, `KWESTURA_TEST_OPENID` a folder in which npm
//! installed oidc-provider.

use super::skipped;
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

/// A provider.
pub struct Provider {
    /// Where it is.
    pub address: String,
    jar: PathBuf,
    child: Child,
}

impl Drop for Provider {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn script(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("tests/support")
        .join(name)
}

impl Provider {
    /// A CAS server; none where this machine cannot.
    pub fn cas(folder: &Path) -> Option<Provider> {
        let Ok(python) = std::env::var("KWESTURA_TEST_CAS") else {
            skipped::SSO.count();
            return None;
        };
        let mut command = Command::new(python);
        command.arg(script("sso_cas.py")).arg(folder);
        Some(Provider::begun(command, folder))
    }

    /// An `OpenID` provider that sends people back to an address; none where this machine cannot.
    pub fn openid(folder: &Path, back: &str) -> Option<Provider> {
        let Ok(modules) = std::env::var("KWESTURA_TEST_OPENID") else {
            skipped::SSO.count();
            return None;
        };
        let mut command = Command::new("node");
        command.arg(script("sso_openid.mjs")).arg(modules).arg(back);
        Some(Provider::begun(command, folder))
    }

    fn begun(mut command: Command, folder: &Path) -> Provider {
        let mut child = command
            .env("PYTHONUNBUFFERED", "1")
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let lines = BufReader::new(child.stdout.take().unwrap()).lines();
        let mut ready =
            lines.filter_map(|line| line.unwrap().strip_prefix("READY ").map(str::to_owned));
        let address = ready.next().unwrap();
        // Whatever else it says is read, so that it never waits for a reader.
        std::thread::spawn(move || ready.for_each(drop));
        Provider {
            address,
            jar: folder.join("jar"),
            child,
        }
    }

    /// Somebody goes to an address of the provider and signs in there where they are asked to; where
    /// they come to that begins with `stop`.
    pub fn sign_in(&self, address: &str, stop: &str, login: &str) -> String {
        self.browse(&[address, stop, login, "pw"])
    }

    /// Goes to an address as whoever signed in last; where they come to.
    pub fn go(&self, address: &str, stop: &str) -> String {
        self.browse(&[address, stop])
    }

    /// The next who signs in is somebody else.
    pub fn forget(&self) {
        let _ = std::fs::remove_file(&self.jar);
    }

    fn browse(&self, args: &[&str]) -> String {
        let output = Command::new("python3")
            .arg(script("sso_browser.py"))
            .arg(&self.jar)
            .args(args)
            .output()
            .unwrap();
        let errors = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "{errors}");
        String::from_utf8(output.stdout).unwrap().trim().to_owned()
    }
}
