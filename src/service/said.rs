//! What may stand in a log: no account number, no name, no text of a transfer.

/// So many digits in a row may be a number of somebody.
const DIGITS_MAX: usize = 6;

/// The first line of words that the engine says, its long numbers cut to their last four digits.
///
/// Rows of a file, names and texts stand on the lines behind the first, where there are any.
pub fn for_the_log(words: &str) -> String {
    let line = words.lines().next().unwrap_or_default();
    let mut said = String::new();
    let mut digits = String::new();
    for sign in line.chars().chain(std::iter::once('\n')) {
        if sign.is_ascii_digit() || (sign == ' ' && 4 <= digits.len()) {
            digits.push(sign);
            continue;
        }
        said.push_str(&short(&digits));
        digits.clear();
        if !sign.is_control() {
            said.push(sign);
        }
    }
    said
}

/// A run of digits, perhaps in groups, with a space behind it or not.
fn short(digits: &str) -> String {
    let number = digits.trim_end();
    let is_short = number.chars().filter(char::is_ascii_digit).count() <= DIGITS_MAX;
    if is_short {
        return digits.to_owned();
    }
    let tail = number.get(number.len() - 4..).unwrap_or_default();
    let behind = digits.get(number.len()..).unwrap_or_default();
    format!("…{tail}{behind}")
}

#[cfg(test)]
mod tests {
    use super::for_the_log;

    #[test]
    fn numbers_are_cut_and_lines_behind_the_first_are_left_out() {
        for (words, said) in [
            (
                "statement 3 of PL40999000090000000000001001: it does not add up",
                "statement 3 of PL…1001: it does not add up",
            ),
            (
                "account 9990 0009 0000 0000 0000 1001 is late",
                "account …1001 is late",
            ),
            (
                "students.csv has 1 mistake(s):\n  3: Kowalska",
                "students.csv has 1 mistake(s):",
            ),
            (
                "through 2026-10-12, 812 messages",
                "through 2026-10-12, 812 messages",
            ),
            ("ended\tin 2026 20 times", "endedin 2026 20 times"),
        ] {
            assert_eq!(for_the_log(words), said);
        }
    }
}
