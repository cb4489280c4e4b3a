//! The house keeps its own order: directions of use, the map, sizes, and what no file may say.
//!
//! Each rule is a function from text to complaints, so that it can be shown to complain.

mod modules;
mod rust;

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

/// Lines of a file. It may be lowered, never raised.
const FILE_LINES_MAX: usize = 600;
/// Lines of a function. It may be lowered, never raised.
const FUNCTION_LINES_MAX: usize = 100;
/// Where statements of SQL are put together: of constants, and of names that the schema has.
const BY_HAND: [&str; 4] = [
    "src/store/connect.rs",
    "src/store/copy.rs",
    "src/store/kept.rs",
    "src/store/together.rs",
];
/// Made by a build or a run, or by git; not the house.
const NOT_OURS: [&str; 4] = [".git", "target", "demo", "Cargo.lock"];

#[test]
fn modules_use_what_stands_above_them_in_the_map() {
    let map = modules::Map::of(&read("src/lib.rs"));
    let is_rust = |path: &str| Path::new(path).extension().is_some_and(|end| end == "rs");
    let sources = files_under("src")
        .into_iter()
        .filter(|path| is_rust(path) && !modules::is_edge(path));
    assert_no_complaint(
        sources.flat_map(|path| modules::complaints(&map, &path, &read(&format!("src/{path}")))),
    );
}

#[test]
fn the_map_names_every_module_and_no_other() {
    let in_src = files_under("src")
        .into_iter()
        .filter(|path| !modules::is_edge(path));
    let in_src: BTreeSet<String> = in_src
        .map(|path| modules::top_module(&path).to_owned())
        .collect();
    assert_eq!(modules::Map::of(&read("src/lib.rs")).names(), in_src);
}

#[test]
fn files_and_functions_stay_short_and_every_file_says_what_it_is() {
    let sources = all_files()
        .into_iter()
        .filter(|path| Path::new(path).extension().is_some_and(|end| end == "rs"));
    assert_no_complaint(sources.flat_map(|path| shape(&path, &read(&path))));
}

#[test]
fn no_file_names_a_place_of_one_machine() {
    assert_no_complaint(all_files().into_iter().flat_map(|path| {
        let bytes = std::fs::read(root().join(&path)).unwrap();
        machine_paths(&path, &String::from_utf8_lossy(&bytes))
    }));
}

#[test]
fn both_engines_have_the_same_migrations_and_the_same_views() {
    let [sqlite, postgres] = ["migrations/sqlite", "migrations/postgres"].map(|folder| {
        let names = files_under(folder).into_iter();
        names
            .map(|name| {
                let text = read(&format!("{folder}/{name}"));
                (name, text)
            })
            .collect::<Vec<_>>()
    });
    assert_no_complaint(unequal_migrations(&sqlite, &postgres).into_iter());
}

/// S14: sqlx takes constants alone, but for what is declared safe by hand: names of tables and columns.
#[test]
fn s14_no_sql_is_made_of_what_came_from_outside() {
    let is_rust = |path: &String| Path::new(path).extension().is_some_and(|end| end == "rs");
    let by_hand = |path: &String| is_rust(path) && read(path).contains("AssertSqlSafe");
    let found: Vec<String> = files_under("src")
        .into_iter()
        .map(|path| format!("src/{path}"))
        .filter(by_hand)
        .collect();
    assert_eq!(
        found, BY_HAND,
        "see that no value is written into a statement"
    );
}

#[test]
fn every_sample_statement_has_its_expected_reading() {
    assert_no_complaint(unread_samples(&files_under("statements")).into_iter());
}

/// Too long, or without a first word about itself.
fn shape(path: &str, source: &str) -> Vec<String> {
    let mut complaints = Vec::new();
    if !source.starts_with("//!") {
        complaints.push(format!(
            "{path}:1: opens without `//!`: what comes in, what goes out, what it never does"
        ));
    }
    let lines = source.lines().count();
    if lines > FILE_LINES_MAX {
        complaints.push(format!("{path}: {lines} lines, over {FILE_LINES_MAX}"));
    }
    let functions = rust::functions(&rust::without_texts(source));
    let long = functions
        .into_iter()
        .filter(|(_, _, lines)| *lines > FUNCTION_LINES_MAX);
    complaints.extend(long.map(|(name, line, lines)| {
        format!("{path}:{line}: `{name}` has {lines} lines, over {FUNCTION_LINES_MAX}")
    }));
    complaints
}

/// The folders of a developer's machine, and of the pages beside the repository, which only
/// `.ci/run` may know. In pieces, or this file would name them.
fn machine_paths(path: &str, text: &str) -> Vec<String> {
    let beside = ["..", "/shared"].concat();
    let mut places = vec![
        ["/wo", "rk/"].concat(),
        ["/ro", "ot/"].concat(),
        ["/fa", "rm"].concat(),
    ];
    if path != ".ci/run" {
        places.push(beside);
    }
    let named = text.lines().zip(1..).flat_map(|(line, number)| {
        let here = places
            .iter()
            .filter(move |place| line.contains(place.as_str()));
        here.map(move |place| format!("{path}:{number}: names {place}"))
    });
    named.collect()
}

/// A migration on one engine only, or views that differ.
fn unequal_migrations(sqlite: &[(String, String)], postgres: &[(String, String)]) -> Vec<String> {
    let names = |files: &[(String, String)]| {
        files
            .iter()
            .map(|(name, _)| name.clone())
            .collect::<BTreeSet<_>>()
    };
    let lonely = names(sqlite)
        .symmetric_difference(&names(postgres))
        .map(|name| format!("{name}: on one engine only"))
        .collect::<Vec<_>>();
    let views = sqlite
        .iter()
        .filter(|(name, _)| name.ends_with("_views.sql"));
    let differing = views.filter(|(name, text)| {
        postgres
            .iter()
            .any(|(other, theirs)| other == name && theirs != text)
    });
    let differing = differing.map(|(name, _)| format!("{name}: views differ between the engines"));
    lonely.into_iter().chain(differing).collect()
}

/// `a/b.sta` is read as `a/b.expected.jsonl` says, and one of the two alone proves nothing.
fn unread_samples(files: &[String]) -> Vec<String> {
    const READING: &str = ".expected.jsonl";
    let stem = |path: &str| Path::new(path).with_extension("").display().to_string();
    let readings: BTreeSet<String> = files
        .iter()
        .filter_map(|path| Some(path.strip_suffix(READING)?.to_owned()))
        .collect();
    let beside = [READING, "README.md", "kwestura.toml"];
    let samples = files
        .iter()
        .filter(|path| !beside.iter().any(|end| path.ends_with(end)));
    let samples: BTreeSet<String> = samples.map(|path| stem(path)).collect();
    let alone = samples.symmetric_difference(&readings);
    alone
        .map(|name| format!("statements/{name}: a sample and its {READING} go together"))
        .collect()
}

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

fn read(path: &str) -> String {
    std::fs::read_to_string(root().join(path)).unwrap()
}

/// All files of the house by their paths from its root, sorted.
fn all_files() -> Vec<String> {
    files_under("")
        .into_iter()
        .filter(|path| !is_database(path))
        .collect()
}

/// Left behind by somebody who tried the program in this folder.
fn is_database(path: &str) -> bool {
    let ends = [".db", ".db-wal", ".db-shm", ".db-queue", ".db-turn"];
    ends.iter().any(|end| path.ends_with(end)) || path.contains(".db-uses")
}

/// The files of a folder and its folders by their paths from it, sorted; none if it is absent.
fn files_under(folder: &str) -> Vec<String> {
    let top = root().join(folder);
    let mut waiting = vec![top.clone()];
    let mut files = Vec::new();
    while let Some(folder) = waiting.pop() {
        for entry in std::fs::read_dir(&folder).into_iter().flatten() {
            let path: PathBuf = entry.unwrap().path();
            let name = path
                .strip_prefix(&top)
                .unwrap()
                .to_str()
                .unwrap()
                .to_owned();
            if NOT_OURS.contains(&name.as_str()) {
                continue;
            }
            if path.is_dir() {
                waiting.push(path);
            } else {
                files.push(name);
            }
        }
    }
    files.sort();
    files
}

fn assert_no_complaint(complaints: impl Iterator<Item = String>) {
    let complaints: Vec<String> = complaints.collect();
    assert!(complaints.is_empty(), "\n{}\n", complaints.join("\n"));
}

#[test]
fn a_long_file_a_long_function_and_a_missing_opening_are_found() {
    let body = "    step();\n".repeat(FUNCTION_LINES_MAX);
    let source = format!(
        "use a::b;\nfn whole() {{\n{body}}}\n{}",
        "\n".repeat(FILE_LINES_MAX)
    );
    let complaints = shape("src/x.rs", &source);
    assert_eq!(complaints.len(), 3, "{complaints:?}");
    assert!(
        complaints[2].starts_with("src/x.rs:2: `whole` has 102 lines"),
        "{complaints:?}"
    );
    assert_eq!(
        shape("src/x.rs", "//! Says what it is.\nfn f() {}\n"),
        Vec::<String>::new()
    );
}

#[test]
fn a_place_of_one_machine_is_found() {
    let beside = ["see ..", "/shared/corpus"].concat();
    assert_eq!(
        machine_paths("README.md", &format!("one\n{beside}")).len(),
        1
    );
    assert_eq!(machine_paths(".ci/run", &beside), Vec::<String>::new());
    assert_eq!(
        machine_paths(".ci/run", &["cd /wo", "rk/main"].concat()).len(),
        1
    );
    assert_eq!(
        machine_paths("README.md", "a framework/for work/force"),
        Vec::<String>::new()
    );
}

#[test]
fn a_migration_or_view_that_differs_is_found() {
    let file = |name: &str, text: &str| (name.to_owned(), text.to_owned());
    let sqlite = [
        file("0001_books.sql", "STRICT"),
        file("0002_views.sql", "a"),
    ];
    assert_eq!(
        unequal_migrations(
            &sqlite,
            &[
                file("0001_books.sql", "BIGINT"),
                file("0002_views.sql", "a")
            ]
        ),
        Vec::<String>::new()
    );
    assert_eq!(
        unequal_migrations(
            &sqlite,
            &[file("0001_books.sql", ""), file("0002_views.sql", "b")]
        )
        .len(),
        1
    );
    assert_eq!(
        unequal_migrations(&sqlite, &[file("0001_books.sql", "")]).len(),
        1
    );
}

#[test]
fn a_sample_without_reading_and_a_reading_without_sample_are_found() {
    let files = |names: &[&str]| {
        names
            .iter()
            .map(|&name| name.to_owned())
            .collect::<Vec<_>>()
    };
    let whole = [
        "README.md",
        "mt940/mbank/day.sta",
        "mt940/mbank/day.expected.jsonl",
    ];
    assert_eq!(unread_samples(&files(&whole)), Vec::<String>::new());
    assert_eq!(unread_samples(&files(&whole[..2])).len(), 1);
    assert_eq!(unread_samples(&files(&whole[2..])).len(), 1);
}
