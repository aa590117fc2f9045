//! Times as files write them: patterns, RFC 3339, seconds or milliseconds since 1970, or steps.
//!
//! A pattern has `%Y %m %b %d %H %I %p %M %S %f %z` and texts between them, as `strftime` has; month,
//! day and hour may have one digit. A file has one fixed offset from UTC, or none said (its times are
//! then UTC, and the hour of the place unknown), or its times bring their own. Zones with summer time
//! are not known: the crate has no table of them.
//!
//! Promise: a time is read whole or it is an error; a day that the calendar does not have is none. Cost:
//! one pass.

use super::near::proposal;
use super::text::{Cells, Column, Names};
use super::written;
use palermo_domain::{Date, EventTime, Span};
use std::borrow::Cow;

/// Farther from UTC is no place.
const OFFSET_MINUTES_MAX: i64 = 840;
const MONTHS: [&str; 12] =
    ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"];
const FORMATS: [&str; 4] = ["rfc3339", "epoch_seconds", "epoch_millis", "step"];

/// How the time of a row is read.
#[derive(Clone, Debug)]
pub(super) struct Time {
    columns: Vec<Column>,
    format: String,
    form: Form,
    /// Of every time of the file, where the mapping says it.
    pub(super) utc_offset_minutes: Option<i16>,
}

#[derive(Clone, Debug)]
enum Form {
    Pattern(Vec<Token>),
    Rfc3339,
    /// Whole numbers, so many milliseconds each, from a time on.
    Count {
        start: EventTime,
        unit_ms: i64,
    },
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Token {
    Year,
    Month,
    MonthName,
    Day,
    Hour,
    Hour12,
    HalfDay,
    Minute,
    Second,
    Fraction,
    Offset,
    Literal(char),
}

impl Time {
    pub(super) fn try_new(written: &written::Time, names: &mut Names) -> Result<Self, String> {
        let columns = match (&written.column, &written.columns) {
            (Some(name), None) => vec![names.column(name)],
            (None, Some(several)) if !several.is_empty() => {
                several.iter().map(|name| names.column(name)).collect()
            }
            _ => return Err("`time` has to have one of `column` and `columns`".to_owned()),
        };
        let form = form(written)?;
        let is_steps = written.format == "step";
        if !is_steps && (written.start.is_some() || written.step.is_some()) {
            return Err("`time.start` and `time.step` are for the format `step`".to_owned());
        }
        let utc_offset_minutes = match &written.utc_offset {
            None => None,
            Some(text) => Some(whole_offset(text).ok_or_else(|| {
                format!(
                    "`time.utc_offset` is `{text}`; it is a fixed offset such as `\"+01:00\"`, since \
                     zones with summer time are not known here"
                )
            })?),
        };
        let format = written.format.clone();
        Ok(Self { columns, format, form, utc_offset_minutes })
    }

    /// When the payment of a row happened.
    pub(super) fn read(&self, cells: &Cells<'_>) -> Result<EventTime, String> {
        let text = match self.columns.as_slice() {
            [column] => Cow::Borrowed(cells.text(*column)),
            several => {
                let texts: Vec<&str> = several.iter().map(|column| cells.text(*column)).collect();
                Cow::Owned(texts.join(" "))
            }
        };
        self.moment(&text).ok_or_else(|| {
            let place = cells.listed(&self.columns);
            format!("has a time in {place} that is not of the form `{}`", self.format)
        })
    }

    fn moment(&self, text: &str) -> Option<EventTime> {
        match &self.form {
            Form::Rfc3339 => EventTime::parse(text).ok(),
            Form::Count { start, unit_ms } => {
                let count: i64 = Some(text).filter(|text| is_number(text))?.parse().ok()?;
                start.0.checked_add(count.checked_mul(*unit_ms)?).map(EventTime)
            }
            Form::Pattern(tokens) => {
                let offset = i64::from(self.utc_offset_minutes.unwrap_or(0));
                Civil::read(tokens, text)?.moment(offset)
            }
        }
    }
}

fn is_number(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit())
}

fn form(written: &written::Time) -> Result<Form, String> {
    let since_1970 = |unit_ms| Form::Count { start: EventTime(0), unit_ms };
    Ok(match written.format.as_str() {
        "rfc3339" => Form::Rfc3339,
        "epoch_seconds" => since_1970(1000),
        "epoch_millis" => since_1970(1),
        "step" => {
            let (Some(start), Some(step)) = (&written.start, &written.step) else {
                let what =
                    "the format `step` needs `time.start`, the time of step 0, and `time.step`";
                return Err(what.to_owned());
            };
            let day = || Date::parse(start).map(Date::midnight);
            let start = EventTime::parse(start).or_else(|_| day()).map_err(|_| {
                format!("`time.start` is `{start}`; it is a time such as `2017-01-01T00:00:00Z`")
            })?;
            let unit_ms = Span::parse(step).map_or(0, Span::as_millis);
            if unit_ms == 0 {
                return Err(format!("`time.step` is `{step}`; it is a span such as `1h` or `1d`"));
            }
            Form::Count { start, unit_ms }
        }
        pattern if pattern.contains('%') => Form::Pattern(tokens(pattern)?),
        other => {
            let hint = proposal(other, &FORMATS);
            return Err(format!(
                "`time.format` is `{other}`, which is neither a pattern such as `%Y-%m-%d` nor a word \
                 for one; {hint}"
            ));
        }
    })
}

fn tokens(pattern: &str) -> Result<Vec<Token>, String> {
    let mut tokens = Vec::new();
    let mut chars = pattern.chars();
    while let Some(literal) = chars.next() {
        if literal != '%' {
            tokens.push(Token::Literal(literal));
            continue;
        }
        tokens.push(match chars.next() {
            Some('Y') => Token::Year,
            Some('m') => Token::Month,
            Some('b') => Token::MonthName,
            Some('d') => Token::Day,
            Some('H') => Token::Hour,
            Some('I') => Token::Hour12,
            Some('p') => Token::HalfDay,
            Some('M') => Token::Minute,
            Some('S') => Token::Second,
            Some('f') => Token::Fraction,
            Some('z') => Token::Offset,
            Some('%') => Token::Literal('%'),
            _ => {
                return Err(format!(
                    "`time.format` is `{pattern}`; of the parts that begin with `%` it may have \
                     `%Y`, `%m`, `%b`, `%d`, `%H`, `%I`, `%p`, `%M`, `%S`, `%f`, `%z` and `%%`"
                ));
            }
        });
    }
    let has = |token: Token| tokens.contains(&token);
    let has_day =
        has(Token::Year) && (has(Token::Month) || has(Token::MonthName)) && has(Token::Day);
    if !has_day || has(Token::Hour12) != has(Token::HalfDay) {
        return Err(format!(
            "`time.format` is `{pattern}`; it has to have a year, a month and a day, and `%I` and `%p` \
             only together"
        ));
    }
    Ok(tokens)
}

/// A time as a calendar and a clock show it.
#[derive(Debug, Default)]
struct Civil {
    year: i64,
    month: i64,
    day: i64,
    hour: i64,
    afternoon: Option<bool>,
    minute: i64,
    second: i64,
    millis: i64,
    offset_minutes: Option<i64>,
}

impl Civil {
    fn read(tokens: &[Token], text: &str) -> Option<Self> {
        let mut civil = Self::default();
        let mut rest = text;
        for token in tokens {
            civil.take(*token, &mut rest)?;
        }
        rest.is_empty().then_some(civil)
    }

    fn take(&mut self, token: Token, rest: &mut &str) -> Option<()> {
        match token {
            Token::Year => self.year = number(rest, 4, 4)?,
            Token::Month => self.month = number(rest, 1, 2)?,
            Token::MonthName => self.month = month(rest)?,
            Token::Day => self.day = number(rest, 1, 2)?,
            Token::Hour | Token::Hour12 => self.hour = number(rest, 1, 2)?,
            Token::HalfDay => self.afternoon = Some(afternoon(rest)?),
            Token::Minute => self.minute = number(rest, 2, 2)?,
            Token::Second => self.second = number(rest, 2, 2)?,
            Token::Fraction => self.millis = fraction(rest)?,
            Token::Offset => self.offset_minutes = Some(offset(rest)?),
            Token::Literal(literal) => {
                let text = *rest;
                *rest = text.strip_prefix(literal)?;
            }
        }
        Some(())
    }

    /// The instant, where the text itself does not say an offset by the one of the file.
    fn moment(&self, offset_minutes: i64) -> Option<EventTime> {
        let hour = match self.afternoon {
            None => self.hour,
            Some(_) if !(1..=12).contains(&self.hour) => return None,
            Some(afternoon) => (self.hour % 12).saturating_add(if afternoon { 12 } else { 0 }),
        };
        if hour > 23 || self.minute > 59 || self.second > 60 {
            return None;
        }
        let (month, day) = (u8::try_from(self.month).ok()?, u8::try_from(self.day).ok()?);
        let midnight = Date::from_civil(self.year, month, day)?.midnight();
        // A leap second counts as the second before, as in `EventTime::parse`.
        let of_hour = self.minute.checked_mul(60)?.checked_add(self.second.min(59))?;
        let of_day_ms = hour.checked_mul(3600)?.checked_add(of_hour)?.checked_mul(1000)?;
        let offset_ms = self.offset_minutes.unwrap_or(offset_minutes).checked_mul(60_000)?;
        let local_ms = midnight.0.checked_add(of_day_ms)?.checked_add(self.millis)?;
        local_ms.checked_sub(offset_ms).map(EventTime)
    }
}

/// Takes a number of `least` to `most` digits.
fn number(rest: &mut &str, least: usize, most: usize) -> Option<i64> {
    let text = *rest;
    let count = text.bytes().take(most).take_while(u8::is_ascii_digit).count();
    let (digits, tail) = text.split_at_checked(count)?;
    *rest = tail;
    if count < least { None } else { digits.parse().ok() }
}

fn month(rest: &mut &str) -> Option<i64> {
    let text = *rest;
    let (name, tail) = text.split_at_checked(3)?;
    *rest = tail;
    let place = MONTHS.iter().position(|month| month.eq_ignore_ascii_case(name))?;
    i64::try_from(place).ok()?.checked_add(1)
}

fn afternoon(rest: &mut &str) -> Option<bool> {
    let text = *rest;
    let (half, tail) = text.split_at_checked(2)?;
    *rest = tail;
    if half.eq_ignore_ascii_case("pm") {
        return Some(true);
    }
    half.eq_ignore_ascii_case("am").then_some(false)
}

/// Takes up to nine digits after the point as milliseconds; what is finer is cut.
fn fraction(rest: &mut &str) -> Option<i64> {
    let text = *rest;
    let count = text.bytes().take(9).take_while(u8::is_ascii_digit).count();
    let (digits, tail) = text.split_at_checked(count)?;
    *rest = tail;
    let mut millis: i64 = 0;
    for place in 0..3 {
        let digit = digits.as_bytes().get(place).map_or(0, |digit| digit.wrapping_sub(b'0'));
        millis = millis.checked_mul(10)?.checked_add(i64::from(digit))?;
    }
    (count > 0).then_some(millis)
}

/// Takes `Z`, `+01:00` or `-0530`.
fn offset(rest: &mut &str) -> Option<i64> {
    let text = *rest;
    if let Some(tail) = text.strip_prefix(['Z', 'z']) {
        *rest = tail;
        return Some(0);
    }
    let west = text.starts_with('-');
    *rest = text.strip_prefix(['+', '-'])?;
    let hours = number(rest, 2, 2)?;
    let text = *rest;
    *rest = text.strip_prefix(':').unwrap_or(text);
    let minutes = Some(number(rest, 2, 2)?).filter(|minutes| *minutes <= 59)?;
    let total = hours.checked_mul(60)?.checked_add(minutes)?;
    let held = (total <= OFFSET_MINUTES_MAX).then_some(total)?;
    if west { held.checked_neg() } else { Some(held) }
}

fn whole_offset(text: &str) -> Option<i16> {
    let mut rest = text;
    let minutes = offset(&mut rest)?;
    i16::try_from(minutes).ok().filter(|_| rest.is_empty())
}
