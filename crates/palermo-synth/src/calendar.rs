//! Local days and times.
//!
//! A day is a local civil day. Daylight saving follows the rule of the United States since 2007
//! (second Sunday of March to first Sunday of November), taken by whole days. Every offset is
//! between -480 and -240 minutes, so the payments of local day `d` lie between 04:00 UTC of `d` and
//! 08:00 UTC of the day after: [`FIRST_UTC_MS`] is what lets the stream emit a day at a time.
#![expect(
    clippy::arithmetic_side_effects,
    reason = "days are within 1970 to 2205 and minutes within a few days, far inside i64"
)]

use crate::town::Town;
use palermo_domain::{Date, EventTime};

/// No payment of a local day is earlier than this after its UTC midnight.
pub(crate) const FIRST_UTC_MS: i64 = 4 * 3_600_000;

/// A local day with what is asked of it often.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Day {
    /// The date.
    pub(crate) date: Date,
    /// Monday is 0.
    pub(crate) weekday: u8,
    /// 1 to 31.
    pub(crate) of_month: u8,
    /// Weeks since 1970, changing on Mondays.
    pub(crate) week: u32,
    /// Whether daylight saving holds.
    pub(crate) daylight_saving: bool,
}

impl Day {
    /// The day of a date.
    pub(crate) fn of(date: Date) -> Self {
        let (_, month, of_month) = date.civil();
        // 1970-01-01 was a Thursday.
        let since_monday = date.0 + 3;
        let weekday = u8::try_from(since_monday.rem_euclid(7)).unwrap_or(0);
        let last_sunday = i32::from(of_month) - (i32::from(weekday) + 1) % 7;
        let daylight_saving = match month {
            4..=10 => true,
            3 => last_sunday >= 8,
            11 => last_sunday < 1,
            _ => false,
        };
        let week = u32::try_from(since_monday.div_euclid(7)).unwrap_or(0);
        Self { date, weekday, of_month, week, daylight_saving }
    }

    /// The instant of a local time of this day. Minutes at or above 1,440 lie in the night after it.
    pub(crate) fn at(&self, town: &Town, minute: u32, ms: u32) -> EventTime {
        let local = i64::from(minute) * 60_000 + i64::from(ms % 60_000);
        EventTime(self.date.midnight().0 + local - i64::from(self.offset(town)) * 60_000)
    }

    /// Offset of a town's local time on this day.
    pub(crate) fn offset(&self, town: &Town) -> i16 {
        town.offset_minutes(self.daylight_saving)
    }

    /// Whether transfers in batches are booked: not at weekends, nor on federal holidays of the
    /// United States (5 U.S.C. 6103, recalled; those that move to a Monday are on it).
    pub(crate) fn is_business(&self) -> bool {
        self.weekday < 5 && !self.is_holiday()
    }

    /// Whether it is a federal holiday.
    pub(crate) fn is_holiday(&self) -> bool {
        let (_, month, of_month) = self.date.civil();
        let monday = self.weekday == 0;
        match (month, of_month) {
            (1, 1) | (6, 19) | (7, 4) | (11, 11) | (12, 25) => true,
            (1 | 2, 15..=21) | (9, 1..=7) | (10, 8..=14) | (5, 25..=31) => monday,
            (11, 22..=28) => self.weekday == 3,
            _ => false,
        }
    }

    /// The month, from 1.
    pub(crate) fn month(&self) -> u8 {
        self.date.civil().1
    }

    /// Whether what is due on a day of the month is booked today: on that day, or on the last
    /// business day before it.
    pub(crate) fn is_due(&self, of_month: u8) -> bool {
        if !self.is_business() {
            return false;
        }
        let mut day = *self;
        for _ in 0..5 {
            if day.of_month == of_month {
                return true;
            }
            day = Self::of(days_after(day.date, 1));
            if day.is_business() {
                return false;
            }
        }
        false
    }

    /// Whether banks are closed.
    pub(crate) fn is_sunday(&self) -> bool {
        self.weekday == 6
    }
}

/// The day `n` days later.
pub(crate) fn days_after(date: Date, n: u32) -> Date {
    Date(date.0.saturating_add(i32::try_from(n).unwrap_or(i32::MAX)))
}

/// The day `n` days earlier.
pub(crate) fn days_before(date: Date, n: u32) -> Date {
    Date(date.0.saturating_sub(i32::try_from(n).unwrap_or(i32::MAX)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn daylight_saving_begins_and_ends_on_the_right_sundays() {
        for (text, holds) in [
            ("2026-03-07", false),
            ("2026-03-08", true),
            ("2026-07-01", true),
            ("2026-10-31", true),
            ("2026-11-01", false),
            ("2027-03-13", false),
            ("2027-03-14", true),
            ("2027-11-06", true),
            ("2027-11-07", false),
            ("2026-01-15", false),
        ] {
            assert_eq!(Day::of(Date::parse(text).unwrap()).daylight_saving, holds, "{text}");
        }
    }

    #[test]
    fn weekdays_and_instants() {
        let day = Day::of(Date::parse("2026-03-02").unwrap());
        assert_eq!((day.weekday, day.is_sunday()), (0, false));
        // Laredo, Central Standard Time.
        assert_eq!(day.at(Town::get(0), 90, 5).to_string(), "2026-03-02T07:30:00.005Z");
    }

    #[test]
    fn holidays_move_what_is_due() {
        let day = |text| Day::of(Date::parse(text).unwrap());
        assert!(day("2026-11-26").is_holiday() && day("2026-05-25").is_holiday());
        assert!(!day("2026-11-25").is_holiday() && !day("2026-05-18").is_holiday());
        // 1 November 2026 is a Sunday: due on Friday the 30th.
        assert!(day("2026-10-30").is_due(1) && !day("2026-11-02").is_due(1));
        assert!(day("2026-12-03").is_due(3) && !day("2026-12-25").is_due(25));
        assert!(day("2026-12-24").is_due(25));
    }
}
