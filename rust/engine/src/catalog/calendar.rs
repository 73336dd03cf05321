//! Calendars of bands.

use serde::Deserialize;

/// A calendar: bands of local time, in its own time zone or in each account's.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Calendar {
    pub id: String,
    pub zone: Option<String>,
    /// The first band that holds an instant is its band.
    pub bands: Vec<Band>,
    /// Days since 1970-01-01, whose week day does not count.
    pub holidays: Vec<i32>,
}

/// A band of a calendar.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Band {
    pub id: String,
    /// None for the band that is the rest.
    pub hours: Option<Vec<Hours>>,
}

/// Local hours of some days. Those that end before they begin, or as they begin, end on the next day.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Hours {
    /// Monday is 0, a holiday 7.
    pub days: Vec<u8>,
    /// In minutes; 1440 is the end of the day.
    pub from: i32,
    pub to: i32,
}
