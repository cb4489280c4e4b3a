//! Pieces that occur in many places of a camt message: amounts, days, accounts, parties.

use super::super::ReadError;
use super::super::pages::Page;
use super::super::scalar::{minor_units, number};
use super::Reader;
use super::xml::Element;
use crate::money::Currency;
use chrono::{Duration, NaiveTime, TimeZone};
use chrono_tz::Tz;

pub(super) use super::super::scalar::Day;

/// An amount without a sign, in its own currency.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Money {
    pub minor: i64,
    pub currency: Currency,
}

/// A debtor or creditor.
#[derive(Debug, Default, Clone)]
pub(super) struct Party {
    pub name: Option<String>,
    /// `Id/…/Othr/Id`.
    pub id: Option<String>,
}

impl<'a> Reader<'a, '_> {
    /// The text of the open element, unless it is empty.
    pub(super) fn some_text(&mut self) -> Result<Option<String>, ReadError> {
        let text = self.xml.text()?;
        Ok((!text.is_empty()).then(|| text.into_owned()))
    }

    /// `Amt Ccy="PLN"`; an amount that cannot be read is a fault of the statement.
    pub(super) fn money(
        &mut self,
        element: &Element<'a>,
        page: &mut Page,
    ) -> Result<Option<Money>, ReadError> {
        let code = element.attribute("Ccy");
        let text = self.xml.text()?;
        let Some(currency) = code.as_deref().and_then(Currency::parse) else {
            let line = self.xml.line();
            page.fault(line, format!("the amount `{text}` names no currency"));
            return Ok(None);
        };
        let digits = text.strip_prefix('+').unwrap_or(&text);
        match minor_units(digits, b".", currency.exponent()) {
            Ok(minor) => Ok(Some(Money { minor, currency })),
            Err(error) => {
                let line = self.xml.line();
                page.fault(line, format!("the amount `{text}` {}", error.message()));
                Ok(None)
            }
        }
    }

    /// `BookgDt`, `ValDt`, `Dt` with `Dt` or `DtTm` inside, or a plain date and time.
    pub(super) fn day(&mut self) -> Result<Day, ReadError> {
        let zone = self.profile.time_zone;
        Ok(local_day(&self.xml.text()?, zone))
    }

    /// An account: its number (`IBAN`, `Othr/Id`, and the forms of version 01) and its currency.
    pub(super) fn account(&mut self) -> Result<(Option<String>, Option<String>), ReadError> {
        let (mut number, mut currency) = (None, None);
        while let Some(child) = self.xml.child()? {
            match child.name() {
                "Id" => number = self.account_number()?,
                "Ccy" => currency = self.some_text()?,
                _ => self.xml.skip()?,
            }
        }
        Ok((number, currency))
    }

    fn account_number(&mut self) -> Result<Option<String>, ReadError> {
        let mut number = None;
        while let Some(child) = self.xml.child()? {
            match child.name() {
                "IBAN" | "BBAN" | "UPIC" => number = self.some_text()?,
                "Othr" | "PrtryAcct" => number = self.child_text("Id")?,
                _ => self.xml.skip()?,
            }
        }
        Ok(number.map(|text| {
            text.chars()
                .filter(|letter| !letter.is_whitespace())
                .collect()
        }))
    }

    /// The text of the first child of that name.
    pub(super) fn child_text(&mut self, name: &str) -> Result<Option<String>, ReadError> {
        let mut text = None;
        while let Some(child) = self.xml.child()? {
            if child.name() == name && text.is_none() {
                text = self.some_text()?;
            } else {
                self.xml.skip()?;
            }
        }
        Ok(text)
    }

    /// A party, with or without the `Pty` that later versions put around it.
    pub(super) fn party(&mut self) -> Result<Party, ReadError> {
        let mut party = Party::default();
        while let Some(child) = self.xml.child()? {
            match child.name() {
                "Pty" => party = self.party()?,
                "Nm" => party.name = self.some_text()?,
                "Id" => party.id = self.other_id()?,
                _ => self.xml.skip()?,
            }
        }
        Ok(party)
    }

    /// `Othr/Id` at any depth.
    fn other_id(&mut self) -> Result<Option<String>, ReadError> {
        let mut id = None;
        while let Some(child) = self.xml.child()? {
            let found = match child.name() {
                "Othr" => self.child_text("Id")?,
                "OrgId" | "PrvtId" => self.other_id()?,
                _ => {
                    self.xml.skip()?;
                    None
                }
            };
            id = id.or(found);
        }
        Ok(id)
    }
}

/// The calendar day in the zone: a time with an offset is converted before its day is taken, a
/// time without one is local already.
fn local_day(text: &str, zone: Tz) -> Day {
    let day = Day::iso(text);
    let (Day::Exists(date), Some((_, time))) = (day, text.split_once('T')) else {
        return day;
    };
    let Some(offset) = offset_minutes(time) else {
        return day;
    };
    let clock = number(time, 0..2).zip(number(time, 3..5));
    let clock = clock.and_then(|(hour, minute)| NaiveTime::from_hms_opt(hour, minute, 0));
    let Some(local) = clock.map(|clock| date.and_time(clock)) else {
        return Day::Unreadable;
    };
    match local.checked_sub_signed(Duration::minutes(offset)) {
        Some(utc) => Day::Exists(zone.from_utc_datetime(&utc).date_naive()),
        None => Day::Unreadable,
    }
}

/// Minutes of `Z`, `+02:00` or `-0200` at the end of a time.
fn offset_minutes(time: &str) -> Option<i64> {
    if time.ends_with('Z') {
        return Some(0);
    }
    let at = time.rfind(['+', '-'])?;
    let (sign, digits) = time.get(at..)?.split_at_checked(1)?;
    let hours: i64 = digits.get(..2)?.parse().ok()?;
    let minutes = digits.get(2..)?.trim_start_matches(':');
    let minutes: i64 = minutes.parse().ok()?;
    let offset = hours * 60 + minutes;
    Some(if sign == "-" { -offset } else { offset })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_timestamp_is_converted_before_its_day_is_taken() {
        let table = [
            ("2014-01-04T23:00Z", "2014-01-05"),
            ("2014-01-04T22:59:59.999Z", "2014-01-04"),
            ("2014-07-04T22:00:00Z", "2014-07-05"),
            ("2026-10-12T00:30:00+02:00", "2026-10-12"),
            ("2026-10-12T00:30:00+05:00", "2026-10-11"),
            ("2026-10-12T20:00:00-0500", "2026-10-13"),
            ("2026-10-12T23:59:59", "2026-10-12"),
            ("2026-10-12", "2026-10-12"),
            ("2026-10-12+01:00", "2026-10-12"),
        ];
        for (text, expected) in table {
            let expected = Day::Exists(expected.parse().unwrap());
            assert_eq!(
                local_day(text, chrono_tz::Europe::Warsaw),
                expected,
                "{text}"
            );
        }
        assert_eq!(
            local_day("yesterday", chrono_tz::Europe::Warsaw),
            Day::Unreadable
        );
        assert_eq!(
            local_day("2026-10-12T99:00Z", chrono_tz::Europe::Warsaw),
            Day::Unreadable
        );
    }
}
