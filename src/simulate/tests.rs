//! A small world, looked at from outside: the folder and what stands in its files.

use super::{Plan, Summary, number, simulate};
use std::collections::BTreeMap;
use std::path::Path;

const PLAN: Plan = Plan::of(300, 2026);

fn world(plan: &Plan) -> (tempfile::TempDir, Summary) {
    let folder = tempfile::tempdir().expect("a folder");
    let summary = simulate(plan, &folder.path().join("world")).expect("a world");
    (folder, summary)
}

/// Every file by its path from the folder.
fn files(folder: &Path) -> BTreeMap<String, Vec<u8>> {
    let mut files = BTreeMap::new();
    for part in ["world", "world/statements"] {
        for entry in folder.join(part).read_dir().expect("readable").flatten() {
            if entry.path().is_file() {
                let name = format!("{part}/{}", entry.file_name().display());
                files.insert(name, std::fs::read(entry.path()).expect("readable"));
            }
        }
    }
    files
}

/// Opening and closing balance and the lines' effects of one MT940 message, in grosze.
fn balances(text: &str) -> (i64, i64, Vec<i64>) {
    let minor = |text: &str| text.replace(',', "").parse::<i64>().expect("an amount");
    let balance = |tag: &str| {
        let line = text.lines().find_map(|line| line.strip_prefix(tag));
        let line = line.expect("a balance");
        assert!(line.starts_with('C'), "{line}");
        minor(&line[10..])
    };
    let effect = |line: &str| {
        let (mark, rest) = line[10..].split_once('N').expect("a mark");
        let amount = minor(&rest[..rest.find('N').expect("a type")]);
        match mark {
            "C" | "RD" => amount,
            "D" | "RC" => -amount,
            _ => panic!("{mark}"),
        }
    };
    let lines = text.lines().filter_map(|line| line.strip_prefix(":61:"));
    (
        balance(":60F:"),
        balance(":62F:"),
        lines.map(effect).collect(),
    )
}

fn has_end(name: &str, end: &str) -> bool {
    Path::new(name).extension().is_some_and(|it| it == end)
}

fn latin(bytes: &[u8]) -> String {
    bytes.iter().copied().map(char::from).collect()
}

#[test]
fn the_same_seed_gives_the_same_bytes_and_another_seed_another_world() {
    let [first, second] = [PLAN, PLAN].map(|plan| world(&plan).0);
    assert_eq!(files(first.path()), files(second.path()));
    let other = world(&Plan { seed: 1, ..PLAN }).0;
    assert_ne!(
        files(first.path())["world/truth.jsonl"],
        files(other.path())["world/truth.jsonl"]
    );
}

#[test]
fn every_daily_statement_adds_up_and_begins_where_the_last_one_ended() {
    let (folder, summary) = world(&PLAN);
    let mut last = None;
    let mut days = 0;
    for (name, bytes) in files(folder.path()) {
        let day = name
            .strip_prefix("world/statements/PLN-")
            .and_then(|day| day.strip_suffix(".sta"));
        let text = latin(&bytes);
        if has_end(&name, "sta") {
            let (opening, closing, effects) = balances(&text);
            assert_eq!(opening + effects.iter().sum::<i64>(), closing, "{name}");
            if day.is_some_and(|day| day.len() == 10 && !day.contains('W')) {
                assert_eq!(last.unwrap_or(opening), opening, "{name}");
                last = Some(closing);
                days += 1;
            }
        }
    }
    assert!(days > 90 && days < summary.statements);
    let truth = latin(&files(folder.path())["world/truth.jsonl"]);
    let end = format!(
        "\"bank_account\":\"PL40999000090000000000001001\",\"closing_date\":\"2027-02-12\",\"closing_minor\":{}}}",
        last.expect("a balance")
    );
    assert!(truth.contains(&end), "{end}");
}

#[test]
fn repeated_statements_differ_in_name_and_reference_alone() {
    let (folder, summary) = world(&PLAN);
    let files = files(folder.path());
    let again = files
        .iter()
        .filter(|(name, _)| name.ends_with("-ponownie.sta"));
    let mut copies = 0;
    for (name, bytes) in again {
        let first = &files[&name.replace("-ponownie", "")];
        assert_ne!(first, bytes);
        assert_eq!(latin(first).replace("CYC/1\r", "CYC/2\r"), latin(bytes));
        copies += 1;
    }
    assert!(copies > 0 && summary.copies > copies && summary.overlapping > 1);
}

#[test]
fn a_weeks_statement_repeats_its_days_line_by_line() {
    let (folder, _) = world(&PLAN);
    let files = files(folder.path());
    let lines = |bytes: &[u8]| {
        let text = latin(bytes);
        let from = text.find(":61:").unwrap_or_default();
        text[from..text.find(":62F:").expect("a balance")].to_owned()
    };
    let week = &files["world/statements/PLN-2026-W42.sta"];
    let days =
        (12..=16).map(|day| lines(&files[&format!("world/statements/PLN-2026-10-{day}.sta")]));
    assert_eq!(
        lines(week),
        days.filter(|lines| lines.starts_with(":61:"))
            .collect::<String>()
    );
}

#[test]
fn weekly_euro_statements_add_up_and_chain() {
    let (folder, _) = world(&PLAN);
    let mut last = None;
    for (name, bytes) in files(folder.path()) {
        if !name.contains("EUR-20") || !name.contains("-W") || name.contains("ponownie") {
            continue;
        }
        let text = String::from_utf8(bytes).expect("UTF-8");
        let amount = |piece: &str| {
            let from = piece.find("<Amt Ccy=\"EUR\">").expect("an amount") + 15;
            let text = &piece[from..from + piece[from..].find('<').expect("an end")];
            let minor: i64 = text.replace('.', "").parse().expect("an amount");
            let debit =
                piece.find("DBIT").unwrap_or(usize::MAX) < piece.find("CRDT").unwrap_or(usize::MAX);
            if debit { -minor } else { minor }
        };
        let balance = |code: &str| amount(&text[text.find(code).expect("a balance")..]);
        let effect: i64 = text.split("<Ntry>").skip(1).map(amount).sum();
        assert_eq!(balance("OPBD") + effect, balance("CLBD"), "{name}");
        assert_eq!(last.unwrap_or(balance("OPBD")), balance("OPBD"), "{name}");
        last = Some(balance("CLBD"));
    }
    assert!(last.is_some());
}

#[test]
fn every_account_number_in_the_euro_files_has_right_check_digits() {
    let (folder, _) = world(&PLAN);
    let mut seen = 0;
    for (name, bytes) in files(folder.path())
        .iter()
        .filter(|(name, _)| has_end(name, "xml"))
    {
        for part in latin(bytes).split("<IBAN>").skip(1) {
            let iban = &part[..part.find('<').expect("an end")];
            assert_eq!(
                number::remainder(&format!("{}{}", &iban[4..], &iban[..4])),
                1,
                "{name}: {iban}"
            );
            seen += 1;
        }
    }
    assert!(seen > 100);
}

#[test]
fn the_truth_counts_what_the_summary_counts() {
    let (folder, summary) = world(&PLAN);
    let truth = latin(&files(folder.path())["world/truth.jsonl"]);
    let count = |kind: &str| truth.matches(&format!("{{\"type\":\"{kind}\"")).count() as u64;
    assert_eq!(count("credit"), summary.credits);
    assert_eq!(count("fee"), summary.fees);
    assert_eq!(count("reversal"), summary.reversals);
    assert_eq!(count("outgoing"), summary.outgoing);
    assert!(summary.reversals > 2 && summary.outgoing > 10);
}

#[test]
fn a_folder_that_holds_a_world_is_refused_and_so_are_too_many_students() {
    let (folder, _) = world(&Plan::of(1, 1));
    let again = simulate(&PLAN, &folder.path().join("world"));
    assert_eq!(again.unwrap_err().kind(), std::io::ErrorKind::AlreadyExists);
    let many = simulate(&Plan::of(200_001, 1), folder.path());
    assert_eq!(many.unwrap_err().kind(), std::io::ErrorKind::InvalidInput);
}

#[test]
fn scoring_reads_the_truth_that_is_written() {
    let (folder, summary) = world(&PLAN);
    let text = latin(&files(folder.path())["world/truth.jsonl"]);
    let truth = super::score::Truth::parse(&text).expect("truth");
    let nothing = super::score::score(&truth, &[], &[]);
    assert_eq!(
        (nothing.missing, nothing.fees_missing),
        (summary.credits, summary.fees)
    );
    assert!(truth.closing("PL40999000090000000000001001").is_some());
}

/// Everything that arrives in a world.
fn arrivals(folder: &Path) -> super::arrivals::Arrivals {
    let text = latin(&files(folder)["world/arrivals.jsonl"]);
    super::arrivals::Arrivals::parse(&text).expect("arrivals")
}

#[test]
fn every_statement_arrives_once_some_late_and_one_after_weeks() {
    let (folder, summary) = world(&PLAN);
    let arrivals = arrivals(folder.path());
    let named = arrivals
        .statements
        .iter()
        .map(|file| format!("world/statements/{}", file.file));
    let named: std::collections::BTreeSet<String> = named.collect();
    let mut there = files(folder.path());
    there.retain(|name, _| name.starts_with("world/statements/"));
    assert_eq!(
        named.into_iter().collect::<Vec<_>>(),
        there.into_keys().collect::<Vec<_>>()
    );
    assert_eq!(arrivals.statements.len() as u64, summary.files());
    // Of a daily statement the name tells the day.
    let late = arrivals.statements.iter().filter_map(|file| {
        let day = file.file.strip_prefix("PLN-")?.strip_suffix(".sta")?;
        let day: chrono::NaiveDate = day.parse().ok()?;
        Some((file.arrives_on - day).num_days())
    });
    let late: Vec<i64> = late.collect();
    assert!(late.iter().all(|days| *days >= 1));
    assert_eq!(late.iter().filter(|days| **days > 10).count(), 1);
    let some = late.iter().filter(|days| (2..=10).contains(*days)).count();
    assert!((2..20).contains(&some), "{some}");
    assert!(late.iter().filter(|days| **days == 1).count() > 80);
}

#[test]
fn students_claim_for_all_kinds_of_reasons() {
    use super::arrivals::Behind;
    let (folder, summary) = world(&PLAN);
    let claims = arrivals(folder.path()).claims;
    assert_eq!(claims.len() as u64, summary.claims);
    for truth in [Behind::UnderWay, Behind::WrongNumber, Behind::Nothing] {
        assert!(claims.iter().any(|claim| claim.truth == truth), "{truth:?}");
    }
    assert!(claims.windows(2).all(|pair| pair[0].on <= pair[1].on));
    assert!(claims.iter().all(|claim| claim.paid_on < claim.on));
}

#[test]
fn the_truth_tells_silent_students_employers_and_what_other_engines_would_send() {
    let (folder, _) = world(&PLAN);
    let files = files(folder.path());
    let truth = latin(&files["world/truth.jsonl"]);
    for part in [
        r#""silent":true"#,
        r#""dead_address":true"#,
        r#""type":"compared""#,
        r#""credited":[{"from":""#,
    ] {
        assert!(truth.contains(part), "{part}");
    }
    let addresses = latin(&files["world/students.csv"])
        .matches(";dead.s")
        .count();
    assert_eq!(truth.matches(r#""dead_address":true"#).count(), addresses);
    let of_several = truth
        .lines()
        .filter(|line| line.contains(r#""student":null,"identifiable":"title""#));
    assert!(of_several.count() > 2);
    // The text of a line is cut hard after 65 characters.
    let names_several = files.iter().any(|(name, bytes)| {
        has_end(name, "sta") && latin(bytes).replace("\r\n", "").contains("CZESNE ALBUMY 1")
    });
    assert!(names_several);
}
