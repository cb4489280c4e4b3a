//! `:61:`, the statement line: `6!n[4!n]2a[1!a]15d1!a3!c16x[//16x][34x]` and what banks make of it.

use super::super::scalar::{AmountError, minor_units};

/// A statement line, cut into its parts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Line<'a> {
    /// `YYMMDD`.
    pub value_date: &'a str,
    /// `MMDD`, or empty.
    pub entry_date: &'a str,
    pub mark: Mark,
    /// The third letter of the currency, where the bank writes it.
    pub funds: Option<char>,
    /// Minor units without a sign.
    pub amount: i64,
    pub form: AmountForm,
    /// `NTRF`, `N152`, `S034`.
    pub code: &'a str,
    /// Before `//`, without `NONREF`.
    pub customer_reference: &'a str,
    /// After `//`, without `NONREF`.
    pub bank_reference: &'a str,
}

/// How the amount was written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum AmountForm {
    Comma,
    Point,
    Whole,
}

/// The debit/credit mark.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Mark {
    Credit,
    Debit,
    /// `RC`, reversal of a credit: takes money out.
    ReversalOfCredit,
    /// `RD`, reversal of a debit: puts money back.
    ReversalOfDebit,
    /// `EC`, expected credit: no money.
    ExpectedCredit,
    /// `ED`, expected debit: no money.
    ExpectedDebit,
}

impl Mark {
    /// The mark at the start of a text, and what follows. `CR` is a credit in a currency whose
    /// third letter is R; a reversal begins with R.
    fn take(text: &str) -> Option<(Mark, &str)> {
        const MARKS: [(&str, Mark); 6] = [
            ("RC", Mark::ReversalOfCredit),
            ("RD", Mark::ReversalOfDebit),
            ("EC", Mark::ExpectedCredit),
            ("ED", Mark::ExpectedDebit),
            ("C", Mark::Credit),
            ("D", Mark::Debit),
        ];
        MARKS
            .iter()
            .find_map(|(written, mark)| Some((*mark, text.strip_prefix(written)?)))
    }

    pub fn as_str(self) -> &'static str {
        match self {
            Mark::Credit => "C",
            Mark::Debit => "D",
            Mark::ReversalOfCredit => "RC",
            Mark::ReversalOfDebit => "RD",
            Mark::ExpectedCredit => "EC",
            Mark::ExpectedDebit => "ED",
        }
    }

    /// The amount with the sign of its effect on the account.
    pub fn signed(self, amount: i64) -> i64 {
        match self {
            Mark::Credit | Mark::ReversalOfDebit | Mark::ExpectedCredit => amount,
            Mark::Debit | Mark::ReversalOfCredit | Mark::ExpectedDebit => -amount,
        }
    }

    pub fn is_reversal(self) -> bool {
        matches!(self, Mark::ReversalOfCredit | Mark::ReversalOfDebit)
    }

    pub fn is_expected(self) -> bool {
        matches!(self, Mark::ExpectedCredit | Mark::ExpectedDebit)
    }
}

/// Reads the first line of `:61:`; the error names the part that cannot be read.
///
/// With `numeric_type` the bank writes the transaction type as four digits (Santander), which
/// stand directly behind an amount with all of its decimals.
pub(super) fn parse(text: &str, exponent: u32, numeric_type: bool) -> Result<Line<'_>, String> {
    let (value_date, rest) = text
        .split_at_checked(6)
        .filter(|(date, _)| date.bytes().all(|byte| byte.is_ascii_digit()))
        .ok_or("field :61: does not begin with a value date YYMMDD")?;
    let (entry_date, rest) = entry_date(rest);
    let (mark, rest) = Mark::take(rest).ok_or_else(|| {
        let found: String = rest.chars().take(4).collect();
        format!("field :61: has `{found}` where its mark C, D, RC or RD should stand")
    })?;
    let funds = rest.chars().next().filter(char::is_ascii_uppercase);
    let rest = rest
        .get(funds.map_or(0, char::len_utf8)..)
        .unwrap_or_default();
    let length = rest
        .bytes()
        .take_while(|byte| byte.is_ascii_digit() || matches!(byte, b',' | b'.'))
        .count();
    let length = if numeric_type {
        amount_length(rest, exponent).unwrap_or(length)
    } else {
        length
    };
    let (digits, rest) = rest.split_at_checked(length).unwrap_or_default();
    let (amount, form) = amount(digits, exponent).map_err(|error| {
        let written: String = if digits.is_empty() {
            rest.chars().take(15).collect()
        } else {
            digits.to_owned()
        };
        format!("the amount `{written}` in field :61: {}", error.message())
    })?;
    let (code, references) = type_code(rest);
    let (customer, bank) = split_slashes(references);
    Ok(Line {
        value_date,
        entry_date,
        mark,
        funds,
        amount,
        form,
        code,
        customer_reference: super::super::reference(customer),
        bank_reference: super::super::reference(bank),
    })
}

/// The optional entry date `MMDD`; some banks leave four spaces in its place.
fn entry_date(text: &str) -> (&str, &str) {
    match text.split_at_checked(4) {
        Some((date, rest)) if date.bytes().all(|byte| byte.is_ascii_digit()) => (date, rest),
        Some(("    ", rest)) => ("", rest),
        _ => ("", text),
    }
}

/// The length of an amount with all decimals of its currency that four digits follow.
fn amount_length(text: &str, exponent: u32) -> Option<usize> {
    let comma = text.find(',')?;
    let end = comma + 1 + usize::try_from(exponent).ok()?;
    let code = text.get(end..end + 4)?;
    let digits = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
    (digits(code) && digits(text.get(..comma)?) && digits(text.get(comma + 1..end)?)).then_some(end)
}

/// `30,` and `0,7` are legal; a decimal point or no separator at all is read and said.
fn amount(text: &str, exponent: u32) -> Result<(i64, AmountForm), AmountError> {
    let form = match (text.contains(','), text.contains('.')) {
        (true, true) => return Err(AmountError::NotANumber),
        (true, false) => AmountForm::Comma,
        (false, true) => AmountForm::Point,
        (false, false) => AmountForm::Whole,
    };
    Ok((minor_units(text, b",.", exponent)?, form))
}

/// The references before and behind `//`.
fn split_slashes(text: &str) -> (&str, &str) {
    let at = text.as_bytes().windows(2).position(|pair| pair == b"//");
    let cut = at.and_then(|at| Some((text.get(..at)?, text.get(at + 2..)?)));
    cut.unwrap_or((text, ""))
}

/// The transaction type: one letter and three more signs, or four digits.
fn type_code(text: &str) -> (&str, &str) {
    match text.split_at_checked(4) {
        Some((code, rest)) if code.starts_with(|sign: char| sign.is_ascii_alphanumeric()) => {
            (code.trim_end(), rest)
        }
        Some(_) => ("", text),
        None => (text.trim_end(), ""),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_parts_of_a_statement_line() {
        let line = parse("2610121012CN1950,00NTRFNONREF//EL000001-000042", 2, false).unwrap();
        assert_eq!(
            line,
            Line {
                value_date: "261012",
                entry_date: "1012",
                mark: Mark::Credit,
                funds: Some('N'),
                amount: 195_000,
                form: AmountForm::Comma,
                code: "NTRF",
                customer_reference: "",
                bank_reference: "EL000001-000042",
            }
        );
    }

    #[test]
    fn marks_funds_codes_and_amounts_in_all_their_forms() {
        use AmountForm::{Comma, Point, Whole};
        use Mark::{Credit, Debit, ExpectedCredit, ReversalOfCredit, ReversalOfDebit};
        let table = [
            ("110701CN50,00NZ10NONREF", Credit, Some('N'), 5000, Comma),
            ("261012CR20,00NTRFX", Credit, Some('R'), 2000, Comma),
            ("261012CD20,00NTRFX", Credit, Some('D'), 2000, Comma),
            (
                "1409010902RCR000000000001,62NTRF0//1",
                ReversalOfCredit,
                Some('R'),
                162,
                Comma,
            ),
            ("261012RD1,5NTRFX", ReversalOfDebit, None, 150, Comma),
            ("261012EC1,5NTRFX", ExpectedCredit, None, 150, Comma),
            ("261012D482.41NTRFX", Debit, None, 48_241, Point),
            ("261012CR20NTRFX", Credit, Some('R'), 2000, Whole),
            (
                "160222    DD999,99NDEFNONREF//",
                Debit,
                Some('D'),
                99_999,
                Comma,
            ),
            ("2610121012C0,00S940NONREF", Credit, None, 0, Comma),
        ];
        for (text, mark, funds, amount, form) in table {
            let line = parse(text, 2, false).unwrap();
            assert_eq!(
                (line.mark, line.funds, line.amount, line.form),
                (mark, funds, amount, form),
                "{text}"
            );
        }
    }

    #[test]
    fn a_line_that_cannot_be_read_says_which_part() {
        let table = [
            ("1811261126CR", "amount"),
            ("261012D-104,12NTRF", "amount"),
            ("261012D1.104,12NTRF", "amount"),
            ("261012D1,123NTRF", "decimals"),
            ("261012X1,12NTRF", "mark"),
            ("2610ZŁ", "value date"),
            ("", "value date"),
        ];
        for (text, part) in table {
            let message = parse(text, 2, false).unwrap_err();
            assert!(message.contains(part), "{text}: {message}");
        }
    }

    #[test]
    fn references_that_say_nothing_are_none() {
        let line = parse("261012C1,00NTRFNOTPROVIDED//NONREF", 2, false).unwrap();
        assert_eq!((line.customer_reference, line.bank_reference), ("", ""));
    }
}
