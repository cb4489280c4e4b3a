//! What a message says: subject, text, HTML, and the codes to pay by, in Polish and English.
//!
//! In: who owes what, to which account, and how far the statements reach. Out: a message as a person
//! reads it; sending it is somebody else's. Every message has a folder with its words in each
//! language; `layout` holds what all of them share.
//!
//! A file of words begins with the subject on a line of its own; `---` on a line of its own stands
//! where the items go. Values never bring a line break or a control character with them, so none
//! of them can become a header, and HTML is escaped.
//!
//! | file | job |
//! |---|---|
//! | [`alert`] | what the administrator is told of what does not happen |
//! | [`code`] | a two-dimensional code, as modules and as a picture |
//! | [`digest`] | what the office is told of its cases |
//! | [`entry`] | what students are told about getting in |
//! | [`letter`] | a message as a printed letter |

pub mod alert;
pub mod code;
pub mod digest;
pub mod entry;
pub mod letter;
mod words;

use crate::dunning::order_by::{Basis, OrderBy};
use crate::dunning::payment_code::{Payment, has_room_for};
use crate::iban::Nrb;
use crate::money::Currency;
use crate::text::{Forms, Language, account};
use chrono::NaiveDate;

/// Which message.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Template {
    /// A fee falls due soon.
    Notice,
    /// The transfer should be ordered now.
    OrderNow,
    /// A fee is late.
    Reminder,
    /// It still is.
    Second,
    /// The formal demand.
    Demand,
    /// An earlier message was wrong.
    Correction,
}

impl Template {
    /// By the name that a ladder uses.
    pub fn of(name: &str) -> Option<Template> {
        Some(match name {
            "notice" => Template::Notice,
            "order_now" => Template::OrderNow,
            "reminder" => Template::Reminder,
            "second" => Template::Second,
            "demand" => Template::Demand,
            "correction" => Template::Correction,
            _ => return None,
        })
    }
}

/// A message to a student, before it has words.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Content {
    /// Which.
    pub template: Template,
    /// In which language.
    pub language: Language,
    /// Who writes; also the name of the account's holder.
    pub institution: String,
    /// Where to ask, a line each.
    pub contact: Vec<String>,
    /// The student's name.
    pub name: String,
    /// The student's number.
    pub album: String,
    /// What it is about; never empty.
    pub items: Vec<Part>,
    /// Credits through this day are counted.
    pub counted_through: Option<NaiveDate>,
    /// Money came that may be this student's, and nobody found out.
    pub asks_for_the_number: bool,
    /// The last day of the term that a demand sets.
    pub pay_by: Option<NaiveDate>,
}

/// What a message says about one fee.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Part {
    /// What the fee is called in the student's language.
    pub title: String,
    /// Exactly so much is to be paid, minor units; in a correction, so much was asked for.
    pub amount_minor: i64,
    /// Its currency.
    pub currency: Currency,
    /// The day until which it is, or was, to be credited.
    pub due_on: NaiveDate,
    /// How many days it is late.
    pub overdue_days: u64,
    /// To which account; none where nothing is to be paid.
    pub account: Option<Nrb>,
    /// The title of the transfer.
    pub transfer_title: String,
    /// When to order the transfer, where that day has not passed.
    pub order_by: Option<OrderBy>,
    /// Interest for delay through today, minor units; it is not asked for with this message.
    pub interest_minor: i64,
    /// In a correction: the day on which the money was credited.
    pub credited_on: Option<NaiveDate>,
    /// The message is about others in the first place; this is told beside them. Such items come last.
    pub is_beside: bool,
}

/// A message as it is read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rendered {
    /// One line.
    pub subject: String,
    /// Without markup.
    pub text: String,
    /// The same as HTML, with the pictures by Content-ID.
    pub html: String,
    /// The pictures.
    pub pictures: Vec<Picture>,
}

/// A code to pay by.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Picture {
    /// Its name inside the message.
    pub content_id: String,
    /// PNG.
    pub png: Vec<u8>,
}

/// Gives a message its words.
///
/// # Errors
///
/// Where a file of words cannot be filled in: our mistake, never the data's.
pub fn render(content: &Content) -> askama::Result<Rendered> {
    let views: Vec<View> = (0..)
        .zip(&content.items)
        .map(|(place, part)| View::of(content, place, part))
        .collect();
    let pictures = views.iter().zip(&content.items).filter_map(|(view, part)| {
        Some(Picture {
            content_id: view.picture.clone()?,
            png: code::png(&payment(content, part)?)?,
        })
    });
    let pictures = pictures.collect();
    words::put(&Page::of(content, &views), pictures)
}

/// The text of the code to pay an item by; banks read it for złoty alone.
fn payment(content: &Content, part: &Part) -> Option<String> {
    let payment = Payment {
        to: part.account.as_ref()?,
        grosze: part.amount_minor,
        recipient: &content.institution,
        title: &part.transfer_title,
    };
    (part.currency == Currency::PLN).then(|| payment.text())
}

/// An item with its values in the forms of the language.
struct View {
    title: String,
    amount: String,
    due: String,
    overdue: Option<String>,
    account: String,
    transfer_title: String,
    order_by: Option<String>,
    basis: String,
    interest: Option<String>,
    credited: Option<String>,
    picture: Option<String>,
    /// The picture has no room for the amount.
    types_amount: bool,
    is_beside: bool,
}

impl View {
    fn of(content: &Content, place: usize, part: &Part) -> View {
        let language = content.language;
        let is_open = part.credited_on.is_none();
        let has_code = is_open && payment(content, part).is_some();
        View {
            title: title(language, part),
            amount: language.amount(part.amount_minor, part.currency),
            due: language.day(part.due_on),
            overdue: (part.overdue_days > 0).then(|| language.days(part.overdue_days)),
            account: shown_account(part),
            transfer_title: one_line(&part.transfer_title),
            order_by: part.order_by.map(|advice| language.day(advice.day)),
            basis: part
                .order_by
                .map(|advice| basis(language, advice.basis))
                .unwrap_or_default(),
            interest: (part.interest_minor > 0)
                .then(|| language.amount(part.interest_minor, part.currency)),
            credited: part.credited_on.map(|day| language.day(day)),
            picture: has_code.then(|| format!("code-{}", place + 1)),
            types_amount: !has_room_for(part.amount_minor),
            is_beside: part.is_beside,
        }
    }
}

/// What is told beside the others says so wherever it stands.
fn title(language: Language, part: &Part) -> String {
    let title = one_line(&part.title);
    match (part.is_beside, language) {
        (false, _) => title,
        (true, Language::Pl) => format!("{title} (informacyjnie)"),
        (true, Language::En) => format!("{title} (for information)"),
    }
}

/// In groups, with plain blanks: it is copied from here.
fn shown_account(part: &Part) -> String {
    let nrb = part.account.as_ref();
    nrb.map(|nrb| account(nrb).replace('\u{A0}', " "))
        .unwrap_or_default()
}

/// What the advice when to order rests on.
fn basis(language: Language, basis: Basis) -> String {
    match (language, basis) {
        (Language::Pl, Basis::Own(count)) => {
            format!("według {} na ten rachunek", language.transfers(count))
        }
        (Language::En, Basis::Own(count)) => {
            format!("from how long your last {} took", language.transfers(count))
        }
        (Language::Pl, Basis::All(count)) => {
            format!("według {} wszystkich studentów", language.transfers(count))
        }
        (Language::En, Basis::All(count)) => format!(
            "from how long {} of all students took",
            language.transfers(count)
        ),
        (Language::Pl, Basis::Clearing) => "według sesji rozliczeń międzybankowych".to_owned(),
        (Language::En, Basis::Clearing) => "from the sessions of the clearing system".to_owned(),
    }
}

/// All that a file of words can ask for.
struct Page<'a> {
    content: &'a Content,
    institution: String,
    contact: Vec<String>,
    name: String,
    album: String,
    items: &'a [View],
    count: u64,
    total: Option<String>,
    counted_through: Option<String>,
    asks_for_the_number: bool,
    pay_by: String,
}

impl<'a> Page<'a> {
    fn of(content: &'a Content, items: &'a [View]) -> Page<'a> {
        let language = content.language;
        let main = || content.items.iter().filter(|part| !part.is_beside);
        let currency = main().next().map(|part| part.currency);
        let is_one_currency = main().all(|part| Some(part.currency) == currency);
        let sum: i64 = main().map(|part| part.amount_minor).sum();
        let total = currency.filter(|_| is_one_currency && main().count() > 1);
        Page {
            content,
            institution: one_line(&content.institution),
            contact: content.contact.iter().map(|line| one_line(line)).collect(),
            name: one_line(&content.name),
            album: one_line(&content.album),
            items,
            count: u64::try_from(main().count()).unwrap_or(u64::MAX),
            total: total.map(|currency| language.amount(sum, currency)),
            counted_through: content.counted_through.map(|day| language.day(day)),
            asks_for_the_number: content.asks_for_the_number,
            pay_by: content
                .pay_by
                .map(|day| language.day(day))
                .unwrap_or_default(),
        }
    }

    /// Whether it is about one fee in the first place.
    fn is_one(&self) -> bool {
        self.count == 1
    }

    /// The item, where there is one alone.
    fn only(&self) -> Option<&View> {
        self.items.first().filter(|_| self.is_one())
    }

    /// Whether it asks for money at all.
    fn is_open(&self) -> bool {
        self.items.iter().any(|item| item.credited.is_none())
    }

    fn same_account(&self) -> bool {
        let main = self.items.iter().filter(|item| !item.is_beside);
        let mut accounts = main.map(|item| &item.account);
        let first = accounts.next();
        accounts.all(|account| Some(account) == first)
    }

    /// What is asked for in all, or how much that is in different currencies.
    fn sum(&self) -> String {
        let main = self.items.iter().filter(|item| !item.is_beside);
        let amounts: Vec<&str> = main.map(|item| item.amount.as_str()).collect();
        self.total.clone().unwrap_or_else(|| amounts.join(" + "))
    }

    /// `2 opłaty`, `5 opłat`.
    fn fees(&self) -> String {
        let forms = match self.content.language {
            Language::Pl => Forms {
                one: "opłata",
                few: "opłaty",
                many: "opłat",
            },
            Language::En => Forms {
                one: "fee",
                few: "fees",
                many: "fees",
            },
        };
        self.content.language.count(self.count, &forms)
    }
}

/// A value as it may stand in a line: no line breaks, no control characters, no runs of spaces.
fn one_line(text: &str) -> String {
    let visible = text
        .chars()
        .map(|sign| if sign.is_control() { ' ' } else { sign });
    let visible: String = visible.collect();
    visible.split_whitespace().collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests;
