//! One statement: a row of the list `control_totals`, checked.
//!
//! ```text
//! batch/BATCH        BATCH as in payment.v1: 1 to 64 of letters, digits and ._:@#/+-
//! day/SOURCE/DAY     SOURCE as in payment.v1, 1 to 35 characters; DAY such as 2026-11-30
//! count              number of payment records: (0|[1-9][0-9]{0,17})
//! sum                of their amounts, whatever the currency: (0|[1-9][0-9]{0,19})(\.[0-9]{1,8})?
//! ```
//! As `NbOfTxs` and `CtrlSum` of ISO 20022. Other fields are not looked at, nor is the validity: a
//! statement is in force from its record on.

use super::{DECIMALS, Tally};
use palermo_codec::Refusal;
use palermo_domain::{Date, DeadLetterReason, ListRow};

const COUNT_DIGITS: usize = 18;
const SUM_DIGITS: usize = 20;
/// Lengths of `batch` and `source` in payment.v1.
const BATCH_MAX: usize = 64;
const SOURCE_MAX: usize = 35;

/// What a row states.
///
/// # Errors
/// `field_value` at the row or field that is not as above.
pub(super) fn read(row: &ListRow) -> Result<Tally, Refusal> {
    let wrong = |field: &[&'static str]| Refusal::at(DeadLetterReason::FieldValue, field);
    if !is_key(&row.row) {
        return Err(wrong(&["row"]));
    }
    let field = |name| row.fields.iter().find(|(field, _)| field == name).map(|(_, text)| text);
    let count = field("count").and_then(|text| number(text, COUNT_DIGITS)?.try_into().ok());
    let units = field("sum").and_then(|text| units(text));
    match (count, units) {
        (Some(count), Some(units)) => Ok(Tally { count, units }),
        (None, _) => Err(wrong(&["fields", "count"])),
        (_, None) => Err(wrong(&["fields", "sum"])),
    }
}

fn is_key(key: &str) -> bool {
    let in_batch = |c: char| c.is_ascii_alphanumeric() || "._:@#/+-".contains(c);
    match key.strip_prefix("batch/") {
        Some(batch) => (1..=BATCH_MAX).contains(&batch.len()) && batch.chars().all(in_batch),
        None => source_of_day(key)
            .is_some_and(|source| (1..=SOURCE_MAX).contains(&source.chars().count())),
    }
}

/// The source in the key of a day. A source may hold slashes: the day is what stands behind the last.
pub(super) fn source_of_day(key: &str) -> Option<&str> {
    let (source, day) = key.strip_prefix("day/")?.rsplit_once('/')?;
    Date::parse(day).is_ok().then_some(source)
}

/// A whole number without zeros before it.
fn number(text: &str, digits_max: usize) -> Option<u128> {
    let plain = !text.is_empty() && text.len() <= digits_max;
    let starts_well = text == "0" || !text.starts_with('0');
    let digits = text.bytes().all(|byte| byte.is_ascii_digit());
    (plain && starts_well && digits).then(|| text.parse().ok()).flatten()
}

fn units(text: &str) -> Option<u128> {
    let (whole, decimals) = match text.split_once('.') {
        None => (text, ""),
        Some((_, "")) => return None,
        Some((whole, decimals)) => (whole, decimals),
    };
    let digits = decimals.bytes().all(|byte| byte.is_ascii_digit());
    let missing = (DECIMALS as usize).checked_sub(decimals.len()).filter(|_| digits)?;
    let scale = u32::try_from(missing).ok()?;
    let part: u128 = if decimals.is_empty() { 0 } else { decimals.parse().ok()? };
    let whole = number(whole, SUM_DIGITS)?.checked_mul(10_u128.checked_pow(DECIMALS)?)?;
    whole.checked_add(part.checked_mul(10_u128.checked_pow(scale)?)?)
}
