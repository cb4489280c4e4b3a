//! Counts the stories that could not run, so that a green run says what it did not try.
//!
//! The runner itself knows no "skipped", captures what a passing test prints, and offers no hook
//! for its end. So a child process counts lines on a pipe, and writes the sum when the pipe
//! closes, which is when this process ends, however it ends:
//! `12 stories skipped on PostgreSQL: no server found …`.

use std::io::Write;
use std::process::{Child, ChildStdin, Command, Stdio};
use std::sync::{Mutex, OnceLock};

/// Counts the lines it reads, then says how many there were of what is missing.
const TALLY: &str = r#"
stories=0
while read -r _; do stories=$((stories + 1)); done
printf '\n%s stories skipped on %s\n\n' "$stories" "$1"
"#;

/// What a story needs and a machine may lack.
pub struct Need {
    /// Set to 1 where its lack is a failure.
    required: &'static str,
    /// What is missing, and where it was looked for.
    missing: &'static str,
    pipe: OnceLock<Mutex<ChildStdin>>,
}

/// A PostgreSQL server.
pub static POSTGRES: Need = Need::of(
    "KWESTURA_REQUIRE_POSTGRES",
    "PostgreSQL: no server found (KWESTURA_TEST_PG, /usr/lib/postgresql)",
);
/// A mail server.
pub static MAIL: Need = Need::of(
    "KWESTURA_REQUIRE_MAIL",
    "mail: no Python with aiosmtpd (KWESTURA_TEST_PYTHON, python3)",
);
/// Providers of single sign-on.
pub static SSO: Need = Need::of(
    "KWESTURA_REQUIRE_SSO",
    "single sign-on: no provider (KWESTURA_TEST_CAS, KWESTURA_TEST_OPENID)",
);
/// The schema of ISO 20022 by which a bank judges payment files.
pub static SCHEMA: Need = Need::of(
    "KWESTURA_REQUIRE_SCHEMA",
    "the schema of payment files: no Python with sepaxml (KWESTURA_TEST_PYTHON, python3)",
);
/// An SFTP server, and somebody who may give a user of it a password.
#[cfg(feature = "sftp")]
pub static SFTP: Need = Need::of(
    "KWESTURA_REQUIRE_SFTP",
    "SFTP: no sshd in /usr/sbin, or who runs the stories is not root",
);
/// A tracer that lets system calls fail.
pub static STRACE: Need = Need::of(
    "KWESTURA_REQUIRE_STRACE",
    "system calls: no strace, or it may not trace",
);

impl Need {
    const fn of(required: &'static str, missing: &'static str) -> Need {
        Need {
            required,
            missing,
            pipe: OnceLock::new(),
        }
    }

    /// Records that a story did not run for want of it.
    ///
    /// # Panics
    ///
    /// Where it is required.
    pub fn count(&self) {
        let Need {
            required, missing, ..
        } = self;
        let is_required = std::env::var_os(required).is_some_and(|value| value == "1");
        assert!(!is_required, "{required}=1, and {missing}");
        let pipe = self.pipe.get_or_init(|| {
            let stdin = spawn(Stdio::inherit(), missing).stdin.take();
            Mutex::new(stdin.unwrap())
        });
        writeln!(pipe.lock().unwrap(), "skipped").unwrap();
    }
}

/// The child is not waited for: it ends after this process.
fn spawn(out: Stdio, missing: &str) -> Child {
    Command::new("sh")
        .args(["-c", TALLY, "sh", missing])
        .stdin(Stdio::piped())
        .stdout(out)
        .spawn()
        .unwrap()
}

#[test]
fn skipped_stories_are_counted_when_the_run_ends() {
    let mut tally = spawn(Stdio::piped(), POSTGRES.missing);
    tally
        .stdin
        .take()
        .unwrap()
        .write_all(b"skipped\nskipped\n")
        .unwrap();
    let said = String::from_utf8(tally.wait_with_output().unwrap().stdout).unwrap();
    assert!(said.contains("\n2 stories skipped on PostgreSQL"), "{said}");
}
