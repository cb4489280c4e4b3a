//! Pieces that occur in many places of a camt message: amounts, days, accounts, parties.

use super::super::ReadError;
use super::super::pages::Page;
use super::super::scalar::{minor_units, number};
use super::Reader;
use crate::money::Currency;
use chrono::{Duration, NaiveTime, TimeZone};
use chrono_tz::Tz;
use std::io::Read;

pub(super) use super::super::scalar::Day;

/// An amount without a sign, in its own currency.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Money {
    pub minor: i64,
    pub currency: Currency,
}

/// A debtor or creditor; empty where nothing is said.
#[derive(Debug, Default, Clone)]
pub(super) struct Party {
    pub name: String,
    /// `Id/…/Othr/Id`.
    pub id: String,
}

impl Party {
    pub fn clear(&mut self) {
        self.name.clear();
        self.id.clear();
    }
}

/// Puts a text where another stood; the room for it is kept.
pub(super) fn put(place: &mut String, text: &str) {
    place.clear();
    place.push_str(text);
}

/// Puts a text where none stands yet.
pub(super) fn put_first(place: &mut String, text: &str) {
    if place.is_empty() {
        place.push_str(text);
    }
}

impl<R: Read> Reader<'_, '_, R> {
    /// `Amt Ccy="PLN"`; an amount that cannot be read is a fault of the statement.
    pub(super) fn money(&mut self, page: &mut Page) -> Result<Option<Money>, ReadError> {
        let code = self.xml.attribute("Ccy");
        let currency = code.as_deref().and_then(Currency::parse);
        let text = self.xml.text()?;
        let Some(currency) = currency else {
            let message = format!("the amount `{text}` names no currency");
            page.fault(self.xml.line(), message);
            return Ok(None);
        };
        let digits = text.strip_prefix('+').unwrap_or(text);
        match minor_units(digits, b".", currency.exponent()) {
            Ok(minor) => Ok(Some(Money { minor, currency })),
            Err(error) => {
                let message = format!("the amount `{text}` {}", error.message());
                page.fault(self.xml.line(), message);
                Ok(None)
            }
        }
    }

    /// `BookgDt`, `ValDt`, `Dt` with `Dt` or `DtTm` inside, or a plain date and time.
    pub(super) fn day(&mut self) -> Result<Day, ReadError> {
        let zone = self.profile.time_zone;
        Ok(local_day(self.xml.text()?, zone))
    }

    /// An account: its number (`IBAN`, `Othr/Id`, and the forms of version 01) and its currency.
    pub(super) fn account(
        &mut self,
        number: &mut String,
        currency: &mut String,
    ) -> Result<(), ReadError> {
        number.clear();
        while self.xml.child()? {
            match self.xml.name() {
                "Id" => self.account_number(number)?,
                "Ccy" => put(currency, self.xml.text()?),
                _ => self.xml.skip()?,
            }
        }
        Ok(())
    }

    fn account_number(&mut self, number: &mut String) -> Result<(), ReadError> {
        while self.xml.child()? {
            match self.xml.name() {
                "IBAN" | "BBAN" | "UPIC" => put(number, self.xml.text()?),
                "Othr" | "PrtryAcct" => {
                    number.clear();
                    self.child_text("Id", number)?;
                }
                _ => self.xml.skip()?,
            }
        }
        number.retain(|letter| !letter.is_whitespace());
        Ok(())
    }

    /// Puts the text of the first child of that name where no text stands yet.
    pub(super) fn child_text(&mut self, name: &str, place: &mut String) -> Result<(), ReadError> {
        while self.xml.child()? {
            if self.xml.name() == name {
                put_first(place, self.xml.text()?);
            } else {
                self.xml.skip()?;
            }
        }
        Ok(())
    }

    /// A party, with or without the `Pty` that later versions put around it.
    pub(super) fn party(&mut self, party: &mut Party) -> Result<(), ReadError> {
        while self.xml.child()? {
            match self.xml.name() {
                "Pty" => self.party(party)?,
                "Nm" => put(&mut party.name, self.xml.text()?),
                "Id" => self.other_id(&mut party.id)?,
                _ => self.xml.skip()?,
            }
        }
        Ok(())
    }

    /// `Othr/Id` at any depth.
    fn other_id(&mut self, id: &mut String) -> Result<(), ReadError> {
        while self.xml.child()? {
            match self.xml.name() {
                "Othr" => self.child_text("Id", id)?,
                "OrgId" | "PrvtId" => self.other_id(id)?,
                _ => self.xml.skip()?,
            }
        }
        Ok(())
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
