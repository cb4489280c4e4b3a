//! What a person sees who types commands: the first day, wrong settings, rules that change.

use super::bank::{self, line};
use super::world::World;
use crate::support::{TestDb, on_both_engines};
use std::process::{Command, Output, Stdio};

/// Runs a command in the story's folder, on the 1st of October 2026 at noon.
fn command(db: &TestDb, arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_kwestura"));
    command
        .args(["--database", db.url()])
        .args(arguments)
        .current_dir(db.folder())
        .env("KWESTURA_NOW", "1790856000000")
        .env("USER", "kwestor")
        .env_remove("KWESTURA_CONFIG");
    command
}

fn run(db: &TestDb, arguments: &[&str]) -> (i32, String) {
    let Output {
        status,
        stdout,
        stderr,
    } = command(db, arguments).output().unwrap();
    let text = [stdout, stderr].concat();
    (status.code().unwrap(), String::from_utf8(text).unwrap())
}

fn write(db: &TestDb, name: &str, text: &str) {
    std::fs::write(db.folder().join(name), text).unwrap();
}

fn read(db: &TestDb, name: &str) -> String {
    std::fs::read_to_string(db.folder().join(name)).unwrap()
}

on_both_engines! {
    async fn init_a_second_time_changes_nothing(db: TestDb) {
        let (status, told) = run(&db, &["init"]);
        assert_eq!(status, 0, "{told}");
        assert!(told.contains("kwestura.toml is written") && told.contains("\nNext:"), "{told}");
        assert!(told.contains("hold from the beginning"), "{told}");
        let settings = read(&db, "kwestura.toml").replace("Przykładowa", "Testowa");
        write(&db, "kwestura.toml", &settings);
        let (_, versions) = run(&db, &["policy", "show", "--json"]);
        assert_eq!(versions.lines().count(), 1, "{versions}");

        let (status, told) = run(&db, &["init"]);
        assert_eq!(status, 0, "{told}");
        assert!(told.contains("was there already and is left alone"), "{told}");
        assert!(told.contains("nothing in it changed"), "{told}");
        assert_eq!(read(&db, "kwestura.toml"), settings);
        assert_eq!(run(&db, &["policy", "show", "--json"]).1, versions);
    }

    async fn several_inits_at_once_make_one_institution(db: TestDb) {
        let fresh = db.folder().join("fresh.db");
        let url = if db.url().starts_with("postgres") { db.url() } else { fresh.to_str().unwrap() };
        let started: Vec<_> = (0..4)
            .map(|_| {
                let mut init = command(&db, &["init", "--database", url]);
                init.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap()
            })
            .collect();
        let mut first = 0;
        for process in started {
            let output = process.wait_with_output().unwrap();
            assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
            let told = String::from_utf8(output.stdout).unwrap();
            first += usize::from(told.contains("hold from the beginning"));
        }
        assert_eq!(first, 1);
    }

    async fn every_mistake_of_the_configuration_is_told_with_its_line_and_key(db: TestDb) {
        write(&db, "kwestura.toml", "[institution]\nname = \"U\"\ntime_zone = \"Europe/Radom\"\n\n[policy.allocation]\nexact_amont = true\n");
        let (status, told) = run(&db, &["init"]);
        assert_eq!(status, 2, "{told}");
        assert!(told.contains("kwestura.toml has 2 mistake(s):"), "{told}");
        assert!(told.contains("\n  kwestura.toml:3: institution.time_zone: `Europe/Radom`"), "{told}");
        assert!(told.contains("\n  kwestura.toml:6: policy.allocation.exact_amont: "), "{told}");
        assert_eq!(run(&db, &["policy", "check"]).0, 2);
    }

    async fn rules_hold_from_the_day_for_which_they_are_activated(db: TestDb) {
        run(&db, &["init"]);
        assert_eq!(run(&db, &["policy", "check"]).0, 0);
        let settings = read(&db, "kwestura.toml").replace("#waive_limit = \"500.00\"", "waive_limit = \"700.00\"");
        write(&db, "kwestura.toml", &settings);
        let (status, told) = run(&db, &["policy", "check"]);
        assert_eq!(status, 1, "{told}");
        assert!(told.contains("policy.allocation.waive_limit: 500.00 in force, 700.00 in the file"), "{told}");

        let activate = ["policy", "activate", "--from", "2026-11-01", "--why", "Rector's order 12"];
        let preview: Vec<&str> = activate.into_iter().chain(["--dry-run"]).collect();
        assert_eq!(run(&db, &preview).0, 0);
        assert_eq!(run(&db, &["policy", "check"]).0, 1);
        assert_eq!(run(&db, &activate).0, 0);
        let (status, told) = run(&db, &["policy", "check"]);
        assert_eq!(status, 0, "{told}");
        assert!(told.contains("hold from 2026-11-01"), "{told}");
        let (_, versions) = run(&db, &["policy", "show", "--json"]);
        let second = versions.lines().nth(1).unwrap();
        assert!(second.contains(r#""valid_from":"2026-11-01","in_force":false,"by":"kwestor","why":"Rector's order 12""#), "{second}");
        let (_, told) = run(&db, &activate);
        assert!(told.contains("hold on 2026-11-01 already"), "{told}");
        assert_eq!(run(&db, &["policy", "show", "--json"]).1, versions);
    }

    async fn of_the_review_queue_so_much_is_shown_as_is_asked_for(db: TestDb) {
        let mut world = World::begin(&db).await;
        let lines = (0..3).map(|place| line(8, 10_000 + place, "").title("CO TO?"));
        world.bank(8, lines.collect()).await;
        write(&db, "kwestura.toml", &bank::toml(""));
        let (status, told) = run(&db, &["review", "list", "--limit", "2"]);
        assert_eq!(status, 1, "{told}");
        assert!(told.contains("2 of 3 shown"), "{told}");
        assert_eq!(told.matches("CO TO?").count(), 2, "{told}");
        let (_, whole) = run(&db, &["review", "list", "--json"]);
        let (_, part) = run(&db, &["review", "list", "--json", "--limit", "2"]);
        assert_eq!(whole.lines().take(2).collect::<Vec<_>>(), part.lines().collect::<Vec<_>>());
        assert_eq!(run(&db, &["review", "list", "--search", "NIC", "--limit", "2"]).0, 0);
    }

    async fn a_file_with_mistakes_is_refused_and_a_good_one_is_answered_in_json(db: TestDb) {
        run(&db, &["init"]);
        write(&db, "s.csv", "external_id;album;given_name;family_name\nP-1;1;Ada;Testowa\n;2;Jan;Próbny\n");
        let (status, told) = run(&db, &["students", "import", "s.csv", "--as-of", "2026-09-20"]);
        assert_eq!(
            (status, told.as_str()),
            (2, "kwestura: s.csv has 1 mistake(s), nothing was imported:\n  s.csv:3: external_id: is empty\n")
        );
        write(&db, "s.csv", "external_id;album;given_name;family_name\nP-1;1;Ada;Testowa\n");
        let (status, told) = run(&db, &["students", "import", "s.csv", "--as-of", "2026-09-20", "--json"]);
        assert_eq!(
            (status, told.as_str()),
            (0, "{\"file\":\"s.csv\",\"dry_run\":false,\"rows\":1,\"new\":1,\"changed\":0,\"unchanged\":0,\"older\":0,\"numbers\":[],\"notes\":[]}\n")
        );
        let (status, told) = run(&db, &["students", "import", "s.csv", "--as-of", "soon"]);
        assert_eq!(status, 2);
        assert!(told.contains("--as-of: `soon` is neither a day nor an instant"), "{told}");
    }

    /// A mass-payment report holds no balances: it can be looked at, and brings no money.
    async fn a_report_of_mass_payments_is_shown_and_never_posted(db: TestDb) {
        run(&db, &["init"]);
        let report = include_bytes!("../../statements/report-bzwbk/collect.txt");
        std::fs::write(db.folder().join("report.txt"), report).unwrap();
        let (status, told) = run(&db, &["statement", "inspect", "--json", "report.txt"]);
        assert_eq!(status, 0, "{told}");
        assert!(told.contains(r#""format":"bzwbk-collect""#) && told.contains(r#""status":"details""#), "{told}");
        let (status, told) = run(&db, &["import", "report.txt"]);
        assert_eq!(status, 1, "{told}");
        assert!(told.contains("report of mass payments without balances (bzwbk-collect) and is never posted"), "{told}");
    }

    /// A bank that nobody built in: the message names the line, and a declared profile reads it.
    async fn a_bank_that_is_not_built_in_is_declared(db: TestDb) {
        run(&db, &["init"]);
        let lines = "DATE#AMOUNT\n2026-10-12#1950,00#64999000097777000000102345#CZESNE\n";
        write(&db, "bank.txt", lines);
        let (status, told) = run(&db, &["statement", "inspect", "bank.txt"]);
        assert_eq!(status, 1, "{told}");
        assert!(told.contains("bank.txt: line 1: ") && told.contains("accepted are MT940"), "{told}");
        let mut settings = read(&db, "kwestura.toml");
        settings.push_str("\n[[profile]]\nname = \"little-bank\"\nrole = \"details\"\nseparator = \"#\"\nhead_lines = 1\ncurrency = \"PLN\"\ndecimal_mark = \",\"\ndate_format = \"YYYY-MM-DD\"\n[profile.columns]\nbooking_date = 1\namount = 2\nvirtual_account = 3\ntitle = 4\n");
        write(&db, "kwestura.toml", &settings);
        let (status, told) = run(&db, &["statement", "inspect", "--json", "--profile", "little-bank", "bank.txt"]);
        assert_eq!(status, 0, "{told}");
        assert!(told.contains(r#""virtual_account":"64999000097777000000102345""#) && told.contains(r#""amount_minor":195000"#), "{told}");
        let (status, told) = run(&db, &["statement", "inspect", "--profile", "large-bank", "bank.txt"]);
        assert_eq!(status, 2, "{told}");
        assert!(told.contains("there is no profile `large-bank`") && told.contains("little-bank"), "{told}");
    }
}
