//! Reports of random layouts, written here and read back; and bytes that are no report at all.

use super::{read_all, samples};
use crate::money::Currency;
use crate::statement::read::report::*;
use proptest::prelude::*;
use std::fmt::Write as _;

/// Signs of a column with a fixed place.
const WIDTH: usize = 24;

/// A payment before it is written.
#[derive(Debug, Clone)]
struct Payment {
    days: u64,
    ordered: bool,
    minor: i64,
    texts: [String; 5],
    filler: String,
}

/// What a random layout is made of.
#[derive(Debug, Clone)]
#[expect(
    clippy::struct_excessive_bools,
    reason = "each is a choice of its own, drawn at random"
)]
struct Choices {
    separator: Option<char>,
    quoted: bool,
    named: bool,
    amount: AmountForm,
    date: DateForm,
    direction: u8,
    currency_column: bool,
    typed: bool,
    head_lines: usize,
    foot_lines: usize,
    totals: bool,
    crlf: bool,
    order: Vec<usize>,
}

const KEYS: [&str; 12] = [
    "record_type",
    "amount",
    "booking_date",
    "order_date",
    "currency",
    "direction",
    "virtual_account",
    "bank_reference",
    "payer_name",
    "payer_account",
    "title",
    "filler",
];

fn choices() -> impl Strategy<Value = Choices> {
    let mark = prop_oneof![
        Just(DecimalMark::Comma),
        Just(DecimalMark::Point),
        Just(DecimalMark::Either)
    ];
    let thousands = prop::option::of(prop::sample::select(vec![' ', '\'', '.', ',']));
    let amount = prop_oneof![
        Just(AmountForm::Minor),
        (mark, thousands).prop_map(|(mark, thousands)| AmountForm::Decimal { mark, thousands }),
    ];
    let separator = prop::option::of(prop::sample::select(vec![',', ';', '|', '\t']));
    let date = prop::sample::select(DateForm::names().to_vec());
    let order = Just((0..KEYS.len()).collect::<Vec<_>>()).prop_shuffle();
    let flags = prop::collection::vec(any::<bool>(), 6);
    let numbers = (0_u8..3, 0_usize..3, 0_usize..3);
    (separator, amount, date, order, flags, numbers).prop_map(
        |(separator, amount, date, order, flags, (direction, head_lines, foot_lines))| Choices {
            separator,
            quoted: flags[0],
            named: flags[1] && separator.is_some() && head_lines > 0,
            amount,
            date: DateForm::by_name(date).unwrap(),
            direction,
            currency_column: flags[2],
            typed: flags[3],
            head_lines,
            foot_lines: if flags[3] { 0 } else { foot_lines },
            totals: flags[4] && (flags[3] || foot_lines > 0),
            crlf: flags[5],
            order,
        },
    )
}

impl Choices {
    fn column(&self, key: &str) -> Column {
        let at = self
            .order
            .iter()
            .position(|&place| KEYS[place] == key)
            .unwrap();
        match (self.separator, self.named) {
            (None, _) => Column::Span(at * WIDTH + 1, (at + 1) * WIDTH),
            (_, true) => Column::Named(format!("kolumna {key}")),
            (_, false) => Column::Number(at + 1),
        }
    }

    fn layout(&self) -> Layout {
        let texts = |text: &str| vec![text.to_owned()];
        let total = |number: usize| match self.separator {
            Some(_) => Column::Number(number),
            None => Column::Span((number - 1) * WIDTH + 1, number * WIDTH),
        };
        Layout {
            encoding: None,
            container: match self.separator {
                Some(separator) => Container::Separated {
                    separator,
                    quote: self.quoted.then_some('"'),
                    columns: None,
                },
                None => Container::Fixed,
            },
            records: Records {
                head_lines: self.head_lines,
                foot_lines: self.foot_lines..=self.foot_lines,
                types: self.typed.then(|| RecordTypes {
                    column: self.column("record_type"),
                    detail: texts("02"),
                    header: texts("01"),
                    footer: texts("09"),
                    others: false,
                }),
            },
            columns: Columns {
                amount: self.column("amount"),
                booking_date: Some(self.column("booking_date")),
                order_date: Some(self.column("order_date")),
                virtual_account: Some(self.column("virtual_account")),
                bank_reference: Some(self.column("bank_reference")),
                payer_name: Some(self.column("payer_name")),
                payer_account: Some(self.column("payer_account")),
                title: vec![self.column("title")],
            },
            amount: self.amount,
            date: self.date,
            direction: match self.direction {
                0 => Direction::Credit,
                1 => Direction::Signed,
                _ => Direction::Column {
                    column: self.column("direction"),
                    credit: texts("MA"),
                    debit: texts("WN"),
                },
            },
            currency: if self.currency_column {
                CurrencySource::Column(self.column("currency"))
            } else {
                CurrencySource::Constant(Currency::PLN)
            },
            account: AccountSource::Unsaid,
            lines_in_column: None,
            virtual_account_is_tail: false,
            totals: self.totals.then(|| Totals {
                at: if self.typed {
                    TotalsAt::Footer
                } else {
                    TotalsAt::FootLine(1)
                },
                count: Some(total(self.total_place(2))),
                sum: Some(total(self.total_place(3))),
            }),
            role: Role::Details,
        }
    }

    /// The totals stand beside the type of the record, wherever that is.
    fn total_place(&self, number: usize) -> usize {
        let kind = self
            .order
            .iter()
            .position(|&place| KEYS[place] == "record_type");
        (kind.unwrap() + number - 1) % KEYS.len() + 1
    }

    fn signed(&self, payment: &Payment) -> i64 {
        if self.direction == 0 {
            payment.minor.abs()
        } else {
            payment.minor
        }
    }

    fn amount(&self, minor: i64) -> String {
        let sign = if minor < 0 { "-" } else { "" };
        let digits = minor.unsigned_abs();
        let AmountForm::Decimal { mark, thousands } = self.amount else {
            return format!("{sign}{digits}");
        };
        let whole = (digits / 100).to_string();
        let mut grouped = String::new();
        for (place, digit) in whole.chars().enumerate() {
            if let Some(thousands) = thousands
                && place > 0
                && (whole.len() - place).is_multiple_of(3)
            {
                grouped.push(thousands);
            }
            grouped.push(digit);
        }
        let mark = mark.signs().chars().next_back().unwrap();
        format!("{sign}{grouped}{mark}{:02}", digits % 100)
    }

    fn date(&self, day: NaiveDate) -> String {
        let form = self.date.as_str();
        let form = form.replace("YYYY", "%Y").replace("YY", "%y");
        let form = form.replace("MM", "%m").replace("DD", "%d");
        day.format(&form).to_string()
    }

    fn line(&self, cells: &[String]) -> String {
        let end = if self.crlf { "\r\n" } else { "\n" };
        let mut line = String::new();
        for (place, cell) in cells.iter().enumerate() {
            match self.separator {
                None => write!(line, "{cell:<WIDTH$}").unwrap(),
                Some(separator) => {
                    if place > 0 {
                        line.push(separator);
                    }
                    let special = |sign| sign == separator || matches!(sign, '"' | '\n');
                    if self.quoted && cell.contains(special) {
                        write!(line, "\"{}\"", cell.replace('"', "\"\"")).unwrap();
                    } else {
                        line.push_str(cell);
                    }
                }
            }
        }
        if self.separator.is_none() {
            line.truncate(line.trim_end().len());
        }
        line + end
    }

    fn row(&self, payment: &Payment) -> String {
        let day = day(payment);
        let minor = self.signed(payment);
        let cells = self.order.iter().map(|&place| match KEYS[place] {
            "record_type" => "02".to_owned(),
            "amount" => self.amount(if self.direction == 2 {
                minor.abs()
            } else {
                minor
            }),
            "booking_date" => self.date(day),
            "order_date" if payment.ordered => self.date(day),
            "order_date" => String::new(),
            "currency" => "PLN".to_owned(),
            "direction" => if minor < 0 { "WN" } else { "MA" }.to_owned(),
            "virtual_account" => payment.texts[0].clone(),
            "bank_reference" => payment.texts[1].clone(),
            "payer_name" => payment.texts[2].clone(),
            "payer_account" => payment.texts[3].clone(),
            "title" => payment.texts[4].clone(),
            _ => payment.filler.clone(),
        });
        self.line(&cells.collect::<Vec<_>>())
    }

    fn report(&self, payments: &[Payment]) -> String {
        let mut text = String::new();
        for place in 1..=self.head_lines {
            let names = self
                .order
                .iter()
                .map(|&place| format!("kolumna {}", KEYS[place]));
            if self.separator.is_some() && place == self.head_lines {
                text += &self.line(&names.collect::<Vec<_>>());
            } else {
                text += "RAPORT \"\n";
            }
        }
        for payment in payments {
            text += &self.row(payment);
        }
        let sum = payments.iter().map(|payment| self.signed(payment)).sum();
        let mut cells = vec![String::new(); KEYS.len()];
        cells[self.total_place(1) - 1] = "09".to_owned();
        cells[self.total_place(2) - 1] = payments.len().to_string();
        cells[self.total_place(3) - 1] = self.amount(sum);
        if self.typed || self.foot_lines > 0 {
            text += &self.line(&cells);
        }
        for _ in 1..self.foot_lines {
            text += "KONIEC\n";
        }
        text
    }

    fn expected(&self, payments: &[Payment]) -> Vec<ReportLine<'static>> {
        let text = |text: &String| Some(text.clone()).filter(|text| !text.is_empty());
        let owned = |text: Option<String>| text.map(Cow::Owned);
        let line = |payment: &Payment| ReportLine {
            line: 0,
            booking_date: Some(day(payment)),
            order_date: Some(day(payment)).filter(|_| payment.ordered),
            amount_minor: self.signed(payment),
            currency: Currency::PLN,
            account: None,
            virtual_account: owned(text(&payment.texts[0])),
            bank_reference: owned(text(&payment.texts[1])),
            counterparty_name: owned(text(&payment.texts[2])),
            counterparty_account: owned(text(&payment.texts[3].split_whitespace().collect())),
            remittance: Cow::Owned(payment.texts[4].clone()),
        };
        payments.iter().map(line).collect()
    }
}

fn day(payment: &Payment) -> NaiveDate {
    let first = NaiveDate::from_ymd_opt(1999, 12, 1).unwrap();
    first + chrono::Days::new(payment.days)
}

/// Texts that a line with these separators can hold.
fn payments(choices: &Choices) -> impl Strategy<Value = Vec<Payment>> + use<> {
    let fits = if choices.separator.is_some() && choices.quoted {
        "([a-zA-Z0-9ąłŻ;,|\"\t.'-]( ?[a-zA-Z0-9ąłŻ;,|\"\t.'-]){0,11})?"
    } else {
        "([a-zA-Z0-9ąłŻ\"&#/()]( ?[a-zA-Z0-9ąłŻ\"&#/()]){0,11})?"
    };
    let filler = if choices.separator.is_some() && choices.quoted {
        "[a-zŻ;,|\" \n\t]{0,20}"
    } else {
        "[a-zŻ\" ]{0,20}"
    };
    let texts = prop::array::uniform5(fits.prop_map(|text| text.trim().to_owned()));
    let minor = prop_oneof![
        Just(0_i64),
        -99_999_i64..99_999,
        -9_999_999_999_i64..9_999_999_999
    ];
    let payment = (0_u64..20_000, any::<bool>(), minor, texts, filler).prop_map(
        |(days, ordered, minor, texts, filler)| Payment {
            days,
            ordered,
            minor,
            texts,
            filler,
        },
    );
    prop::collection::vec(payment, 0..6)
}

fn world() -> impl Strategy<Value = (Choices, Vec<Payment>, prop::sample::Index)> {
    let sane = choices().prop_filter("contradicts itself", |choices| {
        choices.layout().faults().is_empty()
    });
    sane.prop_flat_map(|choices| {
        let payments = payments(&choices);
        (Just(choices), payments, any::<prop::sample::Index>())
    })
}

fn without_numbers(mut lines: Vec<ReportLine<'static>>) -> Vec<ReportLine<'static>> {
    for line in &mut lines {
        line.line = 0;
    }
    lines
}

proptest! {
    #[test]
    fn what_is_written_by_a_layout_is_read_by_it(
        (choices, payments, cut) in world(),
    ) {
        let (layout, text) = (choices.layout(), choices.report(&payments));
        prop_assume!(!text.is_empty());
        let (lines, summary) = read_all(&text, &layout);
        prop_assert_eq!(&summary.faults, &[], "{}", text);
        let lines = without_numbers(lines);
        prop_assert_eq!(&lines, &choices.expected(&payments), "{}", text);

        let mut end = cut.index(text.len() + 1);
        while !text.is_char_boundary(end) {
            end -= 1;
        }
        let (cut_lines, summary) = read_all(&text[..end], &layout);
        if summary.is_sound() {
            let cut_lines = without_numbers(cut_lines);
            let proven = choices.typed || choices.foot_lines > 0;
            prop_assert!(cut_lines == lines || !proven && lines.starts_with(&cut_lines), "cut at {} of {:?}", end, text);
        }
    }

    #[test]
    fn any_bytes_are_a_report_or_refused(bytes in prop::collection::vec(any::<u8>(), 0..300)) {
        let text = String::from_utf8_lossy(&bytes);
        for (_, layout, _) in samples() {
            let summary = read(bytes.as_slice(), &layout, |_| {}).unwrap();
            prop_assert!(summary.is_sound() || summary.faults.iter().all(|fault| fault.line > 0));
            looks_like(&text, &layout);
        }
    }

    #[test]
    fn a_damaged_sample_is_still_read_or_refused(
        which in 0_usize..5,
        damages in prop::collection::vec((any::<prop::sample::Index>(), prop::sample::select(vec!['"', ';', ',', '|', '\n', '\r', '0', '9', '-', 'Ł', '\0'])), 1..5),
    ) {
        let (_, layout, text) = samples()[which].clone();
        let mut signs: Vec<char> = text.chars().collect();
        for (at, sign) in damages {
            let at = at.index(signs.len());
            signs[at] = sign;
        }
        let damaged: String = signs.into_iter().collect();
        let (lines, summary) = read_all(&damaged, &layout);
        prop_assert_eq!(summary.count, u64::try_from(lines.len()).unwrap());
        looks_like(&damaged, &layout);
    }
}
