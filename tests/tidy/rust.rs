//! Reads Rust just well enough for the house rules: code without its texts, without its tests,
//! and the paths that it names. Not a parser; what it cannot tell, the compiler has refused.

/// A path such as `std::fs::read`, by its segments, and the line that names it.
#[derive(Debug, PartialEq, Eq)]
pub struct NamedPath {
    pub line: usize,
    pub segments: Vec<String>,
}

/// The code with comments blanked out and string literals emptied; lines stay where they are.
pub fn without_texts(source: &str) -> String {
    let chars: Vec<char> = source.chars().collect();
    let mut code = String::with_capacity(source.len());
    let mut at = 0;
    while at < chars.len() {
        let end = end_of_text(&chars, at);
        if end == at {
            code.push(chars[at]);
            at += 1;
        } else {
            code.push(' ');
            code.extend(chars[at..end].iter().filter(|&&c| c == '\n'));
            at = end;
        }
    }
    code
}

/// Where the comment or literal ends that begins at `at`; `at` itself if none does.
fn end_of_text(chars: &[char], at: usize) -> usize {
    let rest = &chars[at..];
    let length = match rest {
        ['/', '/', ..] => rest.iter().position(|&c| c == '\n').unwrap_or(rest.len()),
        ['/', '*', ..] => block_comment(rest),
        ['"', ..] => quoted(rest, '"'),
        ['\'', '\\', ..] | ['\'', _, '\'', ..] => quoted(rest, '\''),
        ['r', '"' | '#', ..] if at == 0 || !is_word(chars[at - 1]) => raw_string(rest),
        ['b', 'r', '"' | '#', ..] if at == 0 || !is_word(chars[at - 1]) => {
            1 + raw_string(&rest[1..])
        }
        _ => 0,
    };
    at + length
}

fn block_comment(rest: &[char]) -> usize {
    let mut depth = 0;
    let mut at = 0;
    while at + 1 < rest.len() {
        match (rest[at], rest[at + 1]) {
            ('/', '*') => depth += 1,
            ('*', '/') => depth -= 1,
            _ => {
                at += 1;
                continue;
            }
        }
        at += 2;
        if depth == 0 {
            return at;
        }
    }
    rest.len()
}

fn quoted(rest: &[char], quote: char) -> usize {
    let mut at = 1;
    while at < rest.len() && rest[at] != quote {
        at += if rest[at] == '\\' { 2 } else { 1 };
    }
    (at + 1).min(rest.len())
}

/// `r"…"` and `r#"…"#`; 0 for a raw identifier such as `r#type`.
fn raw_string(rest: &[char]) -> usize {
    let hashes = rest[1..].iter().take_while(|&&c| c == '#').count();
    if rest.get(1 + hashes) != Some(&'"') {
        return 0;
    }
    let mut at = 2 + hashes;
    while at < rest.len() {
        let closes =
            rest[at] == '"' && rest[at + 1..].iter().take_while(|&&c| c == '#').count() >= hashes;
        at += 1;
        if closes {
            return at + hashes;
        }
    }
    rest.len()
}

fn is_word(c: char) -> bool {
    c.is_alphanumeric() || c == '_'
}

/// The code without its `#[cfg(test)]` items; lines stay where they are.
pub fn without_tests(code: &str) -> String {
    let mut kept = String::with_capacity(code.len());
    let mut rest = code;
    while let Some(mark) = rest.find("#[cfg(test)]") {
        let (before, marked) = rest.split_at(mark);
        let (item, after) = marked.split_at(end_of_item(marked));
        kept.push_str(before);
        kept.extend(item.chars().filter(|&c| c == '\n'));
        rest = after;
    }
    kept.push_str(rest);
    kept
}

/// Length of the item at the start: through its block, or through the `;` of one without.
fn end_of_item(code: &str) -> usize {
    let mut depth = 0;
    for (at, c) in code.char_indices() {
        match c {
            '{' | '(' | '[' => depth += 1,
            '}' | ')' | ']' => depth -= 1,
            _ => {}
        }
        if depth == 0 && matches!(c, '}' | ';') {
            return at + 1;
        }
    }
    code.len()
}

/// Name, line and number of lines of every function.
pub fn functions(code: &str) -> Vec<(String, usize, usize)> {
    code.match_indices("fn ")
        .filter(|&(at, _)| !code[..at].ends_with(is_word))
        .filter_map(|(at, _)| {
            let item = &code[at..];
            let name: String = item[3..]
                .trim_start()
                .chars()
                .take_while(|&c| is_word(c))
                .collect();
            let lines = item[..end_of_item(item)].lines().count();
            (!name.is_empty()).then(|| (name, line_of(code, at), lines))
        })
        .collect()
}

fn line_of(code: &str, at: usize) -> usize {
    1 + code[..at].matches('\n').count()
}

/// Every path of two or more segments, the groups of `use a::{b, c::d}` written out.
pub fn paths(code: &str) -> Vec<NamedPath> {
    let mut found = Vec::new();
    let mut at = 0;
    while let Some(start) = code[at..].find(is_word).map(|next| at + next) {
        at = read_path(code, start, &[], &mut found);
    }
    found
}

/// Reads the path at `start`, after the segments of the groups around it, and tells where it ends.
fn read_path(code: &str, start: usize, prefix: &[String], found: &mut Vec<NamedPath>) -> usize {
    let mut segments = prefix.to_vec();
    let mut at = start;
    loop {
        let word: String = code[at..]
            .chars()
            .take_while(|&c| is_word(c) || c == '*')
            .collect();
        at += word.len();
        if !word.is_empty() {
            segments.push(word);
        }
        let Some(after) = code[at..].trim_start().strip_prefix("::") else {
            break;
        };
        let next = code.len() - after.trim_start().len();
        if code[next..].starts_with('{') {
            return read_group(code, next + 1, &segments, found);
        }
        if !code[next..].starts_with(|c| is_word(c) || c == '*') {
            break;
        }
        at = next;
    }
    if segments.len() > 1 {
        found.push(NamedPath {
            line: line_of(code, start),
            segments,
        });
    }
    at
}

/// Length of `as other_name` at the start of a member's rest, 0 if there is none.
fn alias(rest: &str) -> usize {
    let Some(name) = rest.trim_start().strip_prefix("as ") else {
        return 0;
    };
    rest.len() - name.trim_start().trim_start_matches(is_word).len()
}

/// Reads the members of a group from behind its `{`, and tells where the `}` ends.
fn read_group(code: &str, start: usize, prefix: &[String], found: &mut Vec<NamedPath>) -> usize {
    let mut at = start;
    while let Some(c) = code[at..].chars().next() {
        match c {
            '}' => return at + 1,
            c if is_word(c) || c == '*' => {
                at = read_path(code, at, prefix, found);
                at += alias(&code[at..]);
            }
            c => at += c.len_utf8(),
        }
    }
    at
}

#[test]
fn texts_are_blanked_and_lines_stay() {
    for (source, code) in [
        ("a // crate::x\nb", "a  \nb"),
        ("a /* x /* y */\n z */ b", "a  \n b"),
        (r#"f("crate::x \" {", 'a', '{', '\'')"#, "f( ,  ,  ,  )"),
        ("fn f<'a>(s: &'a str)", "fn f<'a>(s: &'a str)"),
        ("r#\"{ \" {\"# + br\"\\\"", "  +  "),
        ("r#type + number\"x\"", "r#type + number "),
    ] {
        assert_eq!(without_texts(source), code, "{source}");
    }
}

#[test]
fn tests_are_left_out_and_lines_stay() {
    let code = "a\n#[cfg(test)]\nmod tests {\n  fn f() { x }\n}\nb\n#[cfg(test)]\nmod more;\nc";
    assert_eq!(without_tests(code), "a\n\n\n\n\nb\n\n\nc");
}

#[test]
fn groups_are_written_out() {
    let code = "use std::{fs, io::{self, Read as _, Write}};\nlet x = crate::money::Money::new(a::<B>::c);\nuse super::*;";
    let named: Vec<String> = paths(code)
        .iter()
        .map(|path| format!("{} {}", path.line, path.segments.join("::")))
        .collect();
    assert_eq!(
        named,
        [
            "1 std::fs",
            "1 std::io::self",
            "1 std::io::Read",
            "1 std::io::Write",
            "2 crate::money::Money::new",
            "3 super::*"
        ]
    );
}

#[test]
fn the_length_of_a_function_counts_from_its_head_to_its_brace() {
    let code =
        "fn short(x: [u8; 2]);\npub fn long()\n-> u8 {\n  if a {\n }\n}\nlet f: fn (u8) = g;";
    assert_eq!(
        functions(code),
        [("short".into(), 1, 1), ("long".into(), 2, 5)]
    );
}
