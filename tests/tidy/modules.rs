//! Who may use whom: the map in `src/lib.rs` is the rule, with few exceptions.

use super::rust::{self, NamedPath};
use std::collections::BTreeSet;

/// Stands apart: the simulated truth proves nothing if it shares code with what it judges.
const APART: &str = "simulate";
/// Uses everything and is used by nobody.
const OUTERMOST: &str = "cli";
/// What the one writes the other sends, and neither knows.
const STRANGERS: [(&str, &str); 1] = [("mail", "store")];

/// What the core never names: input and output, clock, randomness, processes, SQL.
const OUTSIDE: [&[&str]; 12] = [
    &["std", "env"],
    &["std", "fs"],
    &["std", "net"],
    &["std", "process"],
    &["std", "thread"],
    &["std", "time"],
    &["io", "stderr"],
    &["io", "stdin"],
    &["io", "stdout"],
    &["sqlx"],
    &["tokio"],
    &["rand"],
];

/// The modules in the order of the map.
pub struct Map {
    order: Vec<String>,
    core: usize,
}

impl Map {
    /// Reads the two tables of the crate's documentation, whose rows begin with ``| [`name`]``.
    pub fn of(lib: &str) -> Map {
        let (core, shell) = lib
            .split_once("//! The shell:")
            .expect("src/lib.rs has a map of the core and of the shell");
        let names = |table: &str| {
            let rows = table
                .lines()
                .filter_map(|line| line.strip_prefix("//! | [`"));
            rows.filter_map(|row| Some(row.split_once('`')?.0.to_owned()))
                .collect::<Vec<_>>()
        };
        let mut order = names(core);
        let core = order.len();
        order.extend(names(shell));
        Map { order, core }
    }

    pub fn names(&self) -> BTreeSet<String> {
        self.order.iter().cloned().collect()
    }

    fn place(&self, module: &str) -> Option<usize> {
        self.order.iter().position(|name| name == module)
    }

    fn is_core(&self, module: &str) -> bool {
        self.place(module).is_some_and(|place| place < self.core)
    }

    /// Whether code of `user` may name `used`; both stand in the map.
    fn allows(&self, user: &str, used: &str) -> bool {
        let strangers = STRANGERS
            .iter()
            .any(|&pair| pair == (user, used) || pair == (used, user));
        if user == used || user == OUTERMOST {
            true
        } else if strangers || used == OUTERMOST || user == APART || used == APART {
            false
        } else {
            self.place(used) < self.place(user)
        }
    }
}

/// The crate's roots, which name every module by their nature.
pub fn is_edge(path: &str) -> bool {
    path == "lib.rs" || path == "main.rs"
}

/// `statement` of `statement/read/mt940.rs`, `money` of `money.rs`.
pub fn top_module(path: &str) -> &str {
    let first = path.split('/').next().unwrap_or(path);
    first.strip_suffix(".rs").unwrap_or(first)
}

/// What a file, by its path from `src`, names and should not. Its tests may name anything.
pub fn complaints(map: &Map, path: &str, source: &str) -> Vec<String> {
    if path
        .split('/')
        .any(|part| part == "tests" || part == "tests.rs")
    {
        return Vec::new();
    }
    let user = top_module(path);
    let code = rust::without_tests(&rust::without_texts(source));
    let complaint = |line, what: String| format!("src/{path}:{line}: {what}");
    let mut found = Vec::new();
    for named in rust::paths(&code) {
        if let Some(used) = module_named(&named, depth(path)) {
            if map.place(used).is_none() {
                found.push(complaint(
                    named.line,
                    format!("`{used}` is no module of the map: name the module itself"),
                ));
            } else if !map.allows(user, used) {
                found.push(complaint(
                    named.line,
                    format!("`{user}` must not use `{used}`"),
                ));
            }
        }
        if map.is_core(user) && is_outside(&named) {
            found.push(complaint(
                named.line,
                format!("the core never uses `{}`", named.segments.join("::")),
            ));
        }
    }
    let prints = code
        .lines()
        .zip(1..)
        .filter(|(line, _)| line.contains("print!") || line.contains("println!"));
    if map.is_core(user) {
        found.extend(prints.map(|(_, line)| complaint(line, "the core never prints".to_owned())));
    }
    found
}

/// How many `super` lead from a file's module to the root of the crate.
fn depth(path: &str) -> usize {
    path.split('/').filter(|&part| part != "mod.rs").count()
}

/// The top module that a path goes through, if it goes through the crate's root.
fn module_named(path: &NamedPath, depth: usize) -> Option<&str> {
    let segments = &path.segments;
    let supers = segments
        .iter()
        .take_while(|&segment| segment == "super")
        .count();
    let after_root = if segments.first()? == "crate" {
        1
    } else {
        supers
    };
    let at_root = segments.first()? == "crate" || supers == depth;
    if at_root {
        segments.get(after_root).map(String::as_str)
    } else {
        None
    }
}

/// Whether a path leads out of the core: a crate by its first segment, a module wherever named.
fn is_outside(path: &NamedPath) -> bool {
    OUTSIDE.iter().any(|&outside| match outside {
        [single] => path.segments.first().is_some_and(|first| first == single),
        several => path
            .segments
            .windows(several.len())
            .any(|window| window == several),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    const LIB: &str = "//! The core: …\n//! | [`money`] | m |\n//! | [`statement`] | s |\n//! The shell:\n\
        //! | [`store`] | s |\n//! | [`mail`] | m |\n//! | [`engine`] | e |\n//! | [`cli`] | c |\n//! | [`simulate`] | s |\n";

    #[track_caller]
    fn refused(path: &str, source: &str) {
        assert_eq!(
            complaints(&Map::of(LIB), path, source).len(),
            1,
            "{path}: {source}"
        );
    }

    #[track_caller]
    fn accepted(path: &str, source: &str) {
        assert_eq!(
            complaints(&Map::of(LIB), path, source),
            Vec::<String>::new(),
            "{path}: {source}"
        );
    }

    #[test]
    fn a_module_that_uses_what_stands_below_it_is_found() {
        refused("money.rs", "use crate::statement::entry::Entry;");
        refused(
            "statement/read/mt940.rs",
            "use crate::{money::Money, store};",
        );
        refused("statement/mod.rs", "fn f() { crate::engine::record() }");
        refused("store/mod.rs", "use crate::engine::record;");
        accepted(
            "statement/read/mt940.rs",
            "use crate::money::Money;\nuse crate::statement::entry;",
        );
        accepted(
            "engine/record.rs",
            "use crate::{money, statement::{chain, read}, store::Db, mail};",
        );
    }

    #[test]
    fn a_way_through_super_is_found() {
        refused("money.rs", "use super::store;");
        refused(
            "statement/read/mt940.rs",
            "use super::super::super::store::Db;",
        );
        accepted("statement/read/mt940.rs", "use super::super::entry;");
    }

    #[test]
    fn what_hides_the_module_is_found() {
        refused("store/mod.rs", "use crate::*;");
        refused("money.rs", "fn f() -> crate::Result<()> {}");
    }

    #[test]
    fn the_exceptions_hold() {
        refused("engine/record.rs", "use crate::cli::table;");
        refused("engine/record.rs", "use crate::simulate::truth;");
        refused("simulate/mod.rs", "use crate::money::Money;");
        refused("mail/mod.rs", "use crate::store::Db;");
        refused("store/mod.rs", "use crate::mail::Message;");
        accepted("cli/simulate.rs", "use crate::simulate::world;");
        accepted("simulate/mod.rs", "use crate::simulate::world;");
    }

    #[test]
    fn a_core_that_reaches_outside_is_found() {
        for source in [
            "use std::{fmt, fs};",
            "use std::io::{self, Read}; fn f() { io::stdin() }",
            "fn f() { tokio::spawn(g) }",
            "use sqlx::Row as _;",
            "let now = std::time::Instant::now();",
            "fn f() { println!() }",
        ] {
            refused("statement/read/mod.rs", source);
            accepted("engine/record.rs", source);
        }
        accepted(
            "money.rs",
            "use std::io::Read; use std::{fmt::{self, Display}, collections::BTreeMap};",
        );
    }

    #[test]
    fn tests_and_texts_may_name_anything() {
        accepted(
            "money.rs",
            "/// See [`crate::store`].\nfn f() { \"crate::store::x\" }",
        );
        accepted(
            "money.rs",
            "#[cfg(test)]\nmod tests {\n    use crate::store::Db;\n    use std::fs;\n}",
        );
        accepted("statement/read/tests.rs", "use std::fs;");
    }

    #[test]
    fn a_complaint_names_the_line() {
        let complaints = complaints(
            &Map::of(LIB),
            "money.rs",
            "/* two\nlines */\nuse crate::store::Db;",
        );
        assert_eq!(complaints, ["src/money.rs:3: `money` must not use `store`"]);
    }
}
