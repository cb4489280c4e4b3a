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

const POSTGRES: &str = "PostgreSQL: no server found (KWESTURA_TEST_PG, /usr/lib/postgresql)";
const SSO: &str = "single sign-on: no provider (KWESTURA_TEST_CAS, KWESTURA_TEST_OPENID)";
const MAIL: &str = "mail: no Python with aiosmtpd (KWESTURA_TEST_PYTHON, python3)";

/// Records that a story did not run for want of a PostgreSQL server.
///
/// # Panics
///
/// With `KWESTURA_REQUIRE_POSTGRES=1`: there a skip is a failure.
pub fn no_postgres() {
    static PIPE: OnceLock<Mutex<ChildStdin>> = OnceLock::new();
    assert!(
        std::env::var_os("KWESTURA_REQUIRE_POSTGRES").is_none_or(|value| value != "1"),
        "KWESTURA_REQUIRE_POSTGRES=1, but KWESTURA_TEST_PG names no server and there is none in /usr/lib/postgresql"
    );
    count(&PIPE, POSTGRES);
}

/// Records that a story did not run for want of a mail server.
///
/// # Panics
///
/// With `KWESTURA_REQUIRE_MAIL=1`: there a skip is a failure.
pub fn no_mail_server() {
    static PIPE: OnceLock<Mutex<ChildStdin>> = OnceLock::new();
    assert!(
        std::env::var_os("KWESTURA_REQUIRE_MAIL").is_none_or(|value| value != "1"),
        "KWESTURA_REQUIRE_MAIL=1, but neither KWESTURA_TEST_PYTHON nor python3 knows aiosmtpd"
    );
    count(&PIPE, MAIL);
}

/// Records that a story did not run for want of a provider of single sign-on.
///
/// # Panics
///
/// With `KWESTURA_REQUIRE_SSO=1`: there a skip is a failure.
pub fn no_sso() {
    static PIPE: OnceLock<Mutex<ChildStdin>> = OnceLock::new();
    assert!(
        std::env::var_os("KWESTURA_REQUIRE_SSO").is_none_or(|value| value != "1"),
        "KWESTURA_REQUIRE_SSO=1, but KWESTURA_TEST_CAS and KWESTURA_TEST_OPENID are not both set"
    );
    count(&PIPE, SSO);
}

fn count(pipe: &OnceLock<Mutex<ChildStdin>>, missing: &str) {
    let pipe = pipe.get_or_init(|| {
        let stdin = spawn(Stdio::inherit(), missing).stdin.take();
        Mutex::new(stdin.unwrap())
    });
    writeln!(pipe.lock().unwrap(), "skipped").unwrap();
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
    let mut tally = spawn(Stdio::piped(), POSTGRES);
    tally
        .stdin
        .take()
        .unwrap()
        .write_all(b"skipped\nskipped\n")
        .unwrap();
    let said = String::from_utf8(tally.wait_with_output().unwrap().stdout).unwrap();
    assert!(said.contains("\n2 stories skipped on PostgreSQL"), "{said}");
}
