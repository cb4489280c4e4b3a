//! Secrets that the program must read again lie sealed in the database, under a key that is not there.

use super::bank;
use super::world::{World, refusal};
use crate::support::{TestDb, on_both_engines};
use kwestura::config::{Key, Keys};
use kwestura::engine::sealed::{self, Again};
use kwestura::engine::staff::{self, Attempt, Role, Secrets, Typed};
use kwestura::engine::{Office, webhooks};
use std::os::unix::fs::PermissionsExt as _;
use std::process::{Command, Output};

fn keys(bytes: &[u8]) -> Keys {
    let lines: Vec<String> = (bytes.iter())
        .map(|&byte| Key::of([byte; 32]).line())
        .collect();
    Keys::parse(&lines.join("\n")).unwrap()
}

/// All secrets as they are stored.
async fn stored(office: &Office) -> Vec<String> {
    let mut tx = office.db.read().await.unwrap();
    let rows = tx.secrets().await.unwrap();
    tx.rollback().await.unwrap();
    rows.into_iter().map(|row| row.secret).collect()
}

async fn signs_in(office: &Office, secrets: &Secrets) -> bool {
    let code = secrets.code(office.now.millis).unwrap();
    let typed = Typed {
        login: "eve",
        password: &secrets.password,
        code: &code,
        network: "here",
    };
    matches!(
        staff::attempt(office, typed).await.unwrap(),
        Attempt::Known(_)
    )
}

fn run(db: &TestDb, arguments: &[&str]) -> (i32, String) {
    let mut command = Command::new(env!("CARGO_BIN_EXE_kwestura"));
    command
        .args(["--database", db.url()])
        .args(arguments)
        .current_dir(db.folder())
        .env_remove("KWESTURA_CONFIG")
        .env_remove("CREDENTIALS_DIRECTORY")
        .env_remove("KWESTURA_KEY_FILE");
    let Output {
        status,
        stdout,
        stderr,
    } = command.output().unwrap();
    let told = String::from_utf8([stdout, stderr].concat()).unwrap();
    (status.code().unwrap(), told)
}

on_both_engines! {
    /// What an older version wrote is plain, and sealed by the first service that starts; a new key
    /// seals it all again, and the old one is needed no more.
    async fn plain_secrets_are_sealed_and_keys_are_changed(db: TestDb) {
        let mut world = World::begin(&db).await;
        world.office.config.keys = keys(&[1]);
        let eve = staff::add(&world.office, ("eve", "Eve", Role::Auditor), None, true).await.unwrap();
        let to = ("sis", "https://sis.example.edu/fees");
        let hook = webhooks::add(&world.office, to, false, None, "admin").await.unwrap();
        let totp = eve.totp.clone().unwrap();
        let first = stored(&world.office).await;
        assert_eq!(first.len(), 2);
        assert!(first.iter().all(|secret| !secret.contains(&totp) && !secret.contains(&hook)), "{first:?}");
        assert!(signs_in(&world.office, &eve).await);

        // As an older version had them.
        let mut tx = world.office.db.write().await.unwrap();
        for row in tx.secrets().await.unwrap() {
            let plain = if row.used_for == "staff" { &totp } else { &hook };
            assert!(tx.set_secret(&row, plain).await.unwrap());
            assert!(!tx.set_secret(&row, "too late").await.unwrap());
        }
        tx.commit().await.unwrap();
        world.office.now.millis += 60_000;
        assert!(signs_in(&world.office, &eve).await);
        assert_eq!(sealed::again(&world.office).await.unwrap(), Again { sealed: 2, lost: 0 });
        assert_eq!(sealed::again(&world.office).await.unwrap(), Again::default());
        assert!(stored(&world.office).await.iter().all(|secret| secret.starts_with("sealed:")));

        // Two at once: each secret is sealed once more, and none is lost.
        world.office.config.keys = keys(&[2, 1]);
        let (one, other) = tokio::join!(sealed::again(&world.office), sealed::again(&world.office));
        let counted = (one.unwrap().sealed, other.unwrap().sealed);
        assert_eq!(counted.0.max(counted.1), 2, "{counted:?}");
        world.office.config.keys = keys(&[2]);
        world.office.now.millis += 60_000;
        assert!(signs_in(&world.office, &eve).await);

        // Without its key: named, not guessed, and a new secret mends it.
        world.office.config.keys = keys(&[3]);
        assert_eq!(sealed::again(&world.office).await.unwrap(), Again { sealed: 0, lost: 2 });
        let typed = Typed { login: "eve", password: &eve.password, code: "123456", network: "here" };
        let told = refusal(staff::attempt(&world.office, typed).await);
        assert!(told.contains(Key::of([2; 32]).name()) && told.contains("staff password"), "{told}");
        let renewed = staff::renew(&world.office, "eve", None, true).await.unwrap();
        assert!(signs_in(&world.office, &renewed).await);
    }

    /// With commands: `init` makes the key, and without one nothing that needs it is done.
    async fn a_house_without_its_key_is_told_what_to_do(db: TestDb) {
        std::fs::write(db.folder().join("kwestura.toml"), bank::toml("")).unwrap();
        let add = ["staff", "add", "eve", "Eve Example", "--role", "auditor"];
        let (status, told) = run(&db, &add);
        assert!(status == 2 && told.contains("kwestura init"), "{told}");
        let (status, told) = run(&db, &["init"]);
        assert!(status == 0 && told.contains("kwestura.key is written"), "{told}");
        let file = db.folder().join("kwestura.key");
        assert_eq!(std::fs::metadata(&file).unwrap().permissions().mode() & 0o777, 0o600);
        let (status, told) = run(&db, &add);
        assert_eq!(status, 0, "{told}");
        let before = std::fs::read_to_string(&file).unwrap();
        let (status, told) = run(&db, &["key", "rotate"]);
        assert!(status == 0 && told.contains("1 secret(s) are sealed"), "{told}");
        let after = std::fs::read_to_string(&file).unwrap();
        assert!(after.ends_with(&before) && after.len() > before.len());
        assert_eq!(std::fs::metadata(&file).unwrap().permissions().mode() & 0o777, 0o600);
        let (status, told) = run(&db, &["key", "list"]);
        assert!(status == 0 && told.contains("1 secret(s), and it seals") && told.contains("  0 secret(s)"), "{told}");
        assert!(!told.contains(after.lines().next().unwrap()), "{told}");
        run(&db, &["init"]);
        assert_eq!(std::fs::read_to_string(&file).unwrap(), after);

        std::fs::set_permissions(&file, std::fs::Permissions::from_mode(0o644)).unwrap();
        let (status, told) = run(&db, &["key", "list"]);
        assert!(status == 2 && told.contains("chmod 600"), "{told}");
        std::fs::remove_file(&file).unwrap();
        for command in [&["serve"][..], &["staff", "password", "eve"]] {
            let (status, told) = run(&db, command);
            assert!(status == 2 && told.contains("kwestura init"), "{command:?}: {told}");
        }
        assert_eq!(run(&db, &["key", "list"]).0, 1);
        let (_, line) = run(&db, &["key", "new"]);
        assert!(Keys::parse(&line).unwrap().newest().is_some());
    }
}
