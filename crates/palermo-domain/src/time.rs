//! Time as numbers: event time, ingest time, spans and civil dates.
//!
//! There is no clock here. Times are milliseconds since 1970 in UTC; a time finer than a
//! millisecond is truncated. The civil arithmetic is the proleptic Gregorian calendar
//! (H. Hinnant, "chrono-compatible low-level date algorithms"); a property test in `tests/`
//! compares it with `jiff`.

use serde::{Deserialize, Serialize};
use std::fmt;

const DAY_MS: i64 = 86_400_000;

/// When the payment happened: milliseconds since 1970-01-01T00:00:00Z.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Serialize, Deserialize)]
pub struct EventTime(pub i64);

/// The record's own timestamp, as the broker or the producer set it, in the same unit.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Serialize, Deserialize,
)]
pub struct IngestTime(pub i64);

/// A length of time in milliseconds, never negative.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Serialize, Deserialize,
)]
pub struct Span(i64);

/// Days since 1970-01-01.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Date(pub i32);

/// Why a text is not a time, date or duration.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not a valid RFC 3339 time")]
pub struct TimeError;

impl EventTime {
    /// The earliest and latest times that can be held.
    pub const MIN: Self = Self(i64::MIN);
    /// The latest time that can be held.
    pub const MAX: Self = Self(i64::MAX);

    /// Reads RFC 3339 (`2026-09-06T09:25:00.000Z`, any offset). Leap seconds count as the second
    /// before. Cost: one pass, no allocation.
    pub fn parse(text: &str) -> Result<Self, TimeError> {
        parse_rfc3339(text.as_bytes()).map(Self).ok_or(TimeError)
    }

    /// The time `span` earlier; stops at the earliest time.
    pub fn minus(self, span: Span) -> Self {
        Self(self.0.saturating_sub(span.0))
    }

    /// The time `span` later; stops at the latest time.
    pub fn plus(self, span: Span) -> Self {
        Self(self.0.saturating_add(span.0))
    }

    /// The time one millisecond earlier: what begins after it begins with this one.
    pub fn just_before(self) -> Self {
        Self(self.0.saturating_sub(1))
    }

    /// The time one millisecond later: the first that is after this one.
    pub fn just_after(self) -> Self {
        Self(self.0.saturating_add(1))
    }

    /// How long after `earlier` this is; zero where it is not after it.
    pub fn since(self, earlier: Self) -> Span {
        Span(self.0.saturating_sub(earlier.0).max(0))
    }

    /// The UTC day.
    pub fn date(self) -> Date {
        Date(i32::try_from(self.0.div_euclid(DAY_MS)).unwrap_or(i32::MAX))
    }

    /// Milliseconds since midnight UTC.
    pub fn millis_of_day(self) -> i64 {
        self.0.rem_euclid(DAY_MS)
    }
}

impl fmt::Display for EventTime {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let ms = self.millis_of_day();
        let (h, m, s, ms) = (ms / 3_600_000, ms / 60_000 % 60, ms / 1000 % 60, ms % 1000);
        write!(f, "{}T{h:02}:{m:02}:{s:02}.{ms:03}Z", self.date())
    }
}

impl fmt::Debug for EventTime {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl Span {
    /// No time.
    pub const ZERO: Self = Self(0);

    /// A span of milliseconds; negative counts as zero.
    pub const fn from_millis(ms: i64) -> Self {
        Self(if ms < 0 { 0 } else { ms })
    }

    /// A span of days.
    pub const fn from_days(days: i64) -> Self {
        Self::from_millis(days.saturating_mul(DAY_MS))
    }

    /// Milliseconds.
    pub const fn as_millis(self) -> i64 {
        self.0
    }

    /// Whole days.
    pub const fn as_days(self) -> i64 {
        self.0 / DAY_MS
    }

    /// Reads `30d`, `72h`, `15m`, `10s`, `100ms`, and sums of them such as `1d22h30m`.
    pub fn parse(text: &str) -> Result<Self, TimeError> {
        let mut rest = text;
        let mut total: i64 = 0;
        if rest.is_empty() {
            return Err(TimeError);
        }
        while !rest.is_empty() {
            let digits = rest.find(|c: char| !c.is_ascii_digit()).ok_or(TimeError)?;
            let (number, tail) = rest.split_at(digits);
            let number: i64 = number.parse().map_err(|_| TimeError)?;
            let units: [(&str, i64); 6] = [
                ("ms", 1),
                ("w", 7 * DAY_MS),
                ("d", DAY_MS),
                ("h", 3_600_000),
                ("m", 60_000),
                ("s", 1000),
            ];
            let (unit, ms) =
                units.into_iter().find(|(unit, _)| tail.starts_with(unit)).ok_or(TimeError)?;
            let part = number.checked_mul(ms).ok_or(TimeError)?;
            total = total.checked_add(part).ok_or(TimeError)?;
            rest = tail.get(unit.len()..).ok_or(TimeError)?;
        }
        Ok(Self(total))
    }
}

/// The largest unit that divides the span: `30d`, `36h`, `90s`.
impl fmt::Display for Span {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (unit, ms) in [("d", DAY_MS), ("h", 3_600_000), ("m", 60_000), ("s", 1000)] {
            let whole = self.0.checked_rem(ms) == Some(0);
            if whole && (self.0 != 0 || unit == "s") {
                return write!(f, "{}{unit}", self.0.checked_div(ms).unwrap_or(0));
            }
        }
        write!(f, "{}ms", self.0)
    }
}

impl Date {
    /// Reads `2026-03-02`.
    pub fn parse(text: &str) -> Result<Self, TimeError> {
        let bytes = text.as_bytes();
        if bytes.len() != 10 {
            return Err(TimeError);
        }
        parse_date(bytes).ok_or(TimeError)
    }

    /// Midnight UTC of the day.
    pub fn midnight(self) -> EventTime {
        EventTime(i64::from(self.0).saturating_mul(DAY_MS))
    }

    /// Year, month (1-12) and day (1-31).
    #[expect(
        clippy::arithmetic_side_effects,
        clippy::cast_possible_truncation,
        reason = "days in an i32 keep every step far inside i64"
    )]
    pub fn civil(self) -> (i64, u8, u8) {
        let z = i64::from(self.0) + 719_468;
        let era = z.div_euclid(146_097);
        let doe = z.rem_euclid(146_097);
        let yoe = (doe - doe / 1460 + doe / 36_524 - doe / 146_096) / 365;
        let doy = doe - (365 * yoe + yoe / 4 - yoe / 100);
        let mp = (5 * doy + 2) / 153;
        let day = doy - (153 * mp + 2) / 5 + 1;
        let month = if mp < 10 { mp + 3 } else { mp - 9 };
        (
            yoe + era * 400 + i64::from(month <= 2),
            month.unsigned_abs() as u8,
            day.unsigned_abs() as u8,
        )
    }

    /// The day with this year, month and day, or `None` where the calendar has none.
    #[expect(
        clippy::arithmetic_side_effects,
        reason = "the year is at most four digits in every caller's grammar"
    )]
    pub fn from_civil(year: i64, month: u8, day: u8) -> Option<Self> {
        let leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
        let longest = match month {
            1 | 3 | 5 | 7 | 8 | 10 | 12 => 31,
            4 | 6 | 9 | 11 => 30,
            2 if leap => 29,
            2 => 28,
            _ => return None,
        };
        if !(1..=longest).contains(&day) || !(-9999..=9999).contains(&year) {
            return None;
        }
        let (m, d) = (i64::from(month), i64::from(day));
        let y = if m <= 2 { year - 1 } else { year };
        let era = y.div_euclid(400);
        let yoe = y.rem_euclid(400);
        let doy = (153 * (if m > 2 { m - 3 } else { m + 9 }) + 2) / 5 + d - 1;
        let doe = yoe * 365 + yoe / 4 - yoe / 100 + doy;
        i32::try_from(era * 146_097 + doe - 719_468).ok().map(Self)
    }
}

impl fmt::Display for Date {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (year, month, day) = self.civil();
        write!(f, "{year:04}-{month:02}-{day:02}")
    }
}

impl fmt::Debug for Date {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

fn digits(bytes: &[u8], from: usize, count: usize) -> Option<i64> {
    let mut value: i64 = 0;
    for &b in bytes.get(from..from.checked_add(count)?)? {
        if !b.is_ascii_digit() {
            return None;
        }
        value = value.wrapping_mul(10).wrapping_add(i64::from(b.wrapping_sub(b'0')));
    }
    Some(value)
}

fn parse_date(bytes: &[u8]) -> Option<Date> {
    if bytes.get(4) != Some(&b'-') || bytes.get(7) != Some(&b'-') {
        return None;
    }
    let month = u8::try_from(digits(bytes, 5, 2)?).ok()?;
    let day = u8::try_from(digits(bytes, 8, 2)?).ok()?;
    Date::from_civil(digits(bytes, 0, 4)?, month, day)
}

fn parse_rfc3339(bytes: &[u8]) -> Option<i64> {
    let date = parse_date(bytes)?;
    let separator = bytes.get(10)?;
    if !matches!(separator, b'T' | b't' | b' ')
        || bytes.get(13) != Some(&b':')
        || bytes.get(16) != Some(&b':')
    {
        return None;
    }
    let (hour, minute, second) =
        (digits(bytes, 11, 2)?, digits(bytes, 14, 2)?, digits(bytes, 17, 2)?);
    if hour > 23 || minute > 59 || second > 60 {
        return None;
    }
    let mut at = 19;
    let mut millis = 0;
    if bytes.get(at) == Some(&b'.') {
        let fraction = bytes.get(20..)?.iter().take_while(|b| b.is_ascii_digit()).count();
        if !(1..=9).contains(&fraction) {
            return None;
        }
        let kept = fraction.min(3);
        millis = digits(bytes, 20, kept)?;
        for _ in kept..3 {
            millis = millis.checked_mul(10)?;
        }
        at = 20_usize.checked_add(fraction)?;
    }
    let offset_minutes = match (bytes.get(at)?, bytes.len().checked_sub(at)?) {
        (b'Z' | b'z', 1) => 0,
        (sign @ (b'+' | b'-'), 6) if bytes.get(at.checked_add(3)?) == Some(&b':') => {
            let (h, m) =
                (digits(bytes, at.checked_add(1)?, 2)?, digits(bytes, at.checked_add(4)?, 2)?);
            if h > 23 || m > 59 {
                return None;
            }
            let minutes = h.checked_mul(60)?.checked_add(m)?;
            if *sign == b'-' { minutes.checked_neg()? } else { minutes }
        }
        _ => return None,
    };
    let second = second.min(59);
    let of_day =
        hour.checked_mul(3600)?.checked_add(minute.checked_mul(60)?)?.checked_add(second)?;
    date.midnight()
        .0
        .checked_add(of_day.checked_mul(1000)?)?
        .checked_add(millis)?
        .checked_sub(offset_minutes.checked_mul(60_000)?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_read_and_print() {
        for (text, canonical) in [
            ("2026-09-06T09:25:00.000Z", "2026-09-06T09:25:00.000Z"),
            ("2026-09-06T09:25:00Z", "2026-09-06T09:25:00.000Z"),
            ("2026-09-06t09:25:00.5z", "2026-09-06T09:25:00.500Z"),
            ("2026-09-06T09:25:00.123456789+02:00", "2026-09-06T07:25:00.123Z"),
            ("2024-02-29T23:59:60-00:30", "2024-03-01T00:29:59.000Z"),
            ("0001-01-01T00:00:00Z", "0001-01-01T00:00:00.000Z"),
            ("1969-12-31T23:59:59.999Z", "1969-12-31T23:59:59.999Z"),
        ] {
            assert_eq!(
                EventTime::parse(text).map(|t| t.to_string()),
                Ok(canonical.into()),
                "{text}"
            );
        }
        for bad in [
            "",
            "2026-09-06",
            "2026-02-29T00:00:00Z",
            "2026-13-01T00:00:00Z",
            "2026-09-06T24:00:00Z",
            "2026-09-06T09:25:00",
            "2026-09-06T09:25:00.Z",
            "2026-09-06T09:25:00+2:00",
            "2026-09-06T09:25:00Z ",
            "1757150700000",
            "2026-09-06T09:25:00+24:00",
            "２026-09-06T09:25:00Z",
        ] {
            assert_eq!(EventTime::parse(bad), Err(TimeError), "{bad}");
        }
    }

    #[test]
    fn every_day_of_eight_centuries_survives_the_round_trip() {
        for day in -146_097..146_097 {
            let (year, month, of_month) = Date(day).civil();
            assert_eq!(Date::from_civil(year, month, of_month), Some(Date(day)));
        }
    }

    #[test]
    fn spans_read_and_print() {
        for (text, canonical) in [
            ("30d", "30d"),
            ("72h", "3d"),
            ("1d22h30m", "2790m"),
            ("100ms", "100ms"),
            ("2w", "14d"),
            ("0s", "0s"),
        ] {
            assert_eq!(Span::parse(text).map(|s| s.to_string()), Ok(canonical.into()), "{text}");
        }
        for bad in ["", "30", "d", "3x", "-3d", "99999999999999999999d", "999999999999999d"] {
            assert_eq!(Span::parse(bad), Err(TimeError), "{bad}");
        }
    }
}
