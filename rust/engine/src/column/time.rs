//! Instants from timestamps of any unit, with or without a zone, and from text.

use arrow_array::cast::AsArray;
use arrow_array::types::{
    Date32Type, TimestampMicrosecondType, TimestampMillisecondType, TimestampNanosecondType, TimestampSecondType,
};
use arrow_array::{Array, ArrayRef};
use arrow_buffer::ScalarBuffer;
use arrow_schema::{DataType, TimeUnit};
use chrono::{DateTime, NaiveDate, NaiveDateTime};

use super::{Cell, Cells, Text};
use crate::clock::{DAY, SECOND, TimeZone, days_from_civil};
use crate::error::{Error, Result};

/// How a mapping says that its times are written.
#[derive(Debug)]
pub struct TimeFormat<'a> {
    /// strptime format of text; none: ISO 8601.
    pub format: Option<&'a str>,
    /// Zone of times that carry none.
    pub zone: Option<&'a TimeZone>,
    /// Whether local times that daylight saving skips or repeats are refused.
    pub refuse: bool,
}

/// A chunk of instants in microseconds (0 where the cell is not fine).
#[derive(Debug, Clone)]
pub struct Times {
    pub values: ScalarBuffer<i64>,
    pub cells: Cells,
    /// What was written, where the column is text.
    pub text: Option<Text>,
}

impl Times {
    /// Reads an Arrow array of timestamps, dates or text.
    pub fn read(name: &str, array: &ArrayRef, format: &TimeFormat) -> Result<Self> {
        match array.data_type() {
            DataType::Timestamp(unit, zone) => {
                let ticks = Self::ticks(array, *unit);
                if zone.is_some() { Ok(ticks) } else { ticks.localised(name, format) }
            }
            DataType::Date32 => {
                let days = array.as_primitive::<Date32Type>().values();
                let values = days.iter().map(|&day| i64::from(day).saturating_mul(DAY)).collect();
                Self { values, cells: Cells::nulls_of(array), text: None }.localised(name, format)
            }
            DataType::Null => {
                Ok(Self { values: vec![0; array.len()].into(), cells: Cells::all_null(array.len()), text: None })
            }
            DataType::Utf8 | DataType::LargeUtf8 | DataType::Utf8View | DataType::Dictionary(_, _) => {
                Self::parsed(name, &Text::read(name, array, None)?, array.len(), format)
            }
            kind => Err(Error::UsageSchema(format!(
                "column {name:?} has type {kind}; a timestamp, or text of one, is needed"
            ))),
        }
    }

    /// The time of a row as it was written, or in ISO 8601.
    pub fn shown(&self, row: usize) -> String {
        let written = self.text.as_ref().and_then(|text| text.get(row)).map(str::to_owned);
        let iso = || {
            DateTime::from_timestamp_micros(self.values[row])
                .map(|time| time.format("%Y-%m-%dT%H:%M:%S%.fZ").to_string())
        };
        written.or_else(iso).unwrap_or_default()
    }

    fn ticks(array: &ArrayRef, unit: TimeUnit) -> Self {
        let cells = Cells::nulls_of(array);
        let values = match unit {
            TimeUnit::Second => {
                array.as_primitive::<TimestampSecondType>().values().iter().map(|&t| t.saturating_mul(SECOND)).collect()
            }
            TimeUnit::Millisecond => array
                .as_primitive::<TimestampMillisecondType>()
                .values()
                .iter()
                .map(|&t| t.saturating_mul(1_000))
                .collect(),
            TimeUnit::Microsecond => array.as_primitive::<TimestampMicrosecondType>().values().clone(),
            TimeUnit::Nanosecond => {
                array.as_primitive::<TimestampNanosecondType>().values().iter().map(|&t| t.div_euclid(1_000)).collect()
            }
        };
        Self { values, cells, text: None }
    }

    /// Local times to instants.
    fn localised(mut self, name: &str, format: &TimeFormat) -> Result<Self> {
        let zone = format.zone.ok_or_else(|| naive(name))?;
        let mut values = self.values.to_vec();
        let rows = values.len();
        for (row, value) in values.iter_mut().enumerate() {
            match zone.instant(*value, format.refuse) {
                Ok(instant) => *value = instant,
                Err(_) if self.cells.get(row) == Cell::Fine => self.cells.set(row, rows, Cell::Bad),
                Err(_) => {}
            }
        }
        self.values = values.into();
        Ok(self)
    }

    fn parsed(name: &str, text: &Text, rows: usize, format: &TimeFormat) -> Result<Self> {
        let mut values = vec![0; rows];
        let mut cells = Cells::default();
        for (row, value) in values.iter_mut().enumerate() {
            let Some(text) = text.get(row) else {
                cells.set(row, rows, Cell::Null);
                continue;
            };
            let text = text.trim_ascii();
            let parsed = format.format.map_or_else(|| iso(text), |format| by_format(text, format));
            let instant = match parsed {
                Some((instant, true)) => Some(instant),
                Some((local, false)) => format.zone.ok_or_else(|| naive(name))?.instant(local, format.refuse).ok(),
                None => None,
            };
            match instant {
                Some(instant) => *value = instant,
                None => cells.set(row, rows, Cell::Bad),
            }
        }
        Ok(Self { values: values.into(), cells, text: Some(text.clone()) })
    }
}

fn naive(name: &str) -> Error {
    Error::UsageSchema(format!(
        "column {name:?} holds times without a zone; name their zone (usage: time_zone: Europe/Stockholm)"
    ))
}

/// ISO 8601 date and time: microseconds, and whether they are UTC (an offset was given).
fn iso(text: &str) -> Option<(i64, bool)> {
    let bytes = text.as_bytes();
    let number = |range: std::ops::Range<usize>| -> Option<i64> {
        bytes.get(range)?.iter().try_fold(0_i64, |n, b| b.is_ascii_digit().then(|| n * 10 + i64::from(b - b'0')))
    };
    let mark = |at: usize, allowed: &[u8]| bytes.get(at).is_some_and(|b| allowed.contains(b));
    if !(mark(4, b"-") && mark(7, b"-")) {
        return None;
    }
    let (year, month, day) = (number(0..4)?, number(5..7)?, number(8..10)?);
    let (year, month, day) = (i32::try_from(year).ok()?, u32::try_from(month).ok()?, u32::try_from(day).ok()?);
    NaiveDate::from_ymd_opt(year, month, day)?;
    let date = i64::from(days_from_civil(year, i32::try_from(month).ok()?, i32::try_from(day).ok()?)) * DAY;
    if bytes.len() == 10 {
        return Some((date, false));
    }
    if !(mark(10, b"T ") && mark(13, b":")) {
        return None;
    }
    let (hour, minute) = (number(11..13)?, number(14..16)?);
    let (second, mut at) = if mark(16, b":") { (number(17..19)?, 19) } else { (0, 16) };
    if hour > 23 || minute > 59 || second > 59 {
        return None;
    }
    let mut micros = 0;
    if mark(at, b".,") {
        let digits = bytes[at + 1..].iter().take_while(|b| b.is_ascii_digit()).count();
        if digits == 0 {
            return None;
        }
        // Nanoseconds are floored.
        micros = number(at + 1..at + 1 + digits.min(6))?
            * 10_i64.pow(6_u32.saturating_sub(u32::try_from(digits.min(6)).ok()?));
        at += 1 + digits;
    }
    let local = date + (hour * 3600 + minute * 60 + second) * SECOND + micros;
    match bytes.get(at..)? {
        b"" => Some((local, false)),
        b"Z" | b"z" => Some((local, true)),
        [sign @ (b'+' | b'-'), rest @ ..] => {
            let (hours, minutes) = match rest.len() {
                2 => (number(at + 1..at + 3)?, 0),
                4 => (number(at + 1..at + 3)?, number(at + 3..at + 5)?),
                5 if rest[2] == b':' => (number(at + 1..at + 3)?, number(at + 4..at + 6)?),
                _ => return None,
            };
            let offset = (hours * 3600 + minutes * 60) * SECOND;
            (hours < 24 && minutes < 60).then(|| (if *sign == b'+' { local - offset } else { local + offset }, true))
        }
        _ => None,
    }
}

/// Text by a strptime format, with an offset if the format has one.
fn by_format(text: &str, format: &str) -> Option<(i64, bool)> {
    if format.contains("%z") {
        return DateTime::parse_from_str(text, format).ok().map(|time| (time.timestamp_micros(), true));
    }
    let local = NaiveDateTime::parse_from_str(text, format)
        .ok()
        .or_else(|| NaiveDate::parse_from_str(text, format).ok().and_then(|date| date.and_hms_opt(0, 0, 0)))?;
    Some((local.and_utc().timestamp_micros(), false))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn iso_texts() {
        let day = i64::from(days_from_civil(2024, 9, 18)) * DAY;
        let at = |h: i64, m: i64, s: i64| day + (h * 3600 + m * 60 + s) * SECOND;
        for (text, expected) in [
            ("2024-09-18 22:00:00", Some((at(22, 0, 0), false))),
            ("2024-09-18T22:00Z", Some((at(22, 0, 0), true))),
            ("2024-09-18T22:00:05.123456789Z", Some((at(22, 0, 5) + 123_456, true))),
            ("2024-09-18T22:00:05.5+02:00", Some((at(20, 0, 5) + 500_000, true))),
            ("2024-09-18T22:00:05-0130", Some((at(23, 30, 5), true))),
            ("2024-09-18", Some((day, false))),
            ("2024-02-30", None),
            ("2024-09-18T25:00:00", None),
            ("2024-09-18T22:00:00x", None),
            ("", None),
        ] {
            assert_eq!(iso(text), expected, "{text}");
        }
    }

    #[test]
    fn formatted_texts() {
        let day = i64::from(days_from_civil(2026, 10, 1)) * DAY;
        assert_eq!(by_format("01.10.2026 08:00:00", "%d.%m.%Y %H:%M:%S"), Some((day + 8 * 3600 * SECOND, false)));
        assert_eq!(by_format("01.10.2026 08:00 +0200", "%d.%m.%Y %H:%M %z"), Some((day + 6 * 3600 * SECOND, true)));
        assert_eq!(by_format("01.10.2026", "%d.%m.%Y"), Some((day, false)));
        assert_eq!(by_format("1/10/26", "%d.%m.%Y"), None);
    }
}
