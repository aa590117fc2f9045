//! Values as people read them.

use palermo_domain::{Cents, Currency, Decimal, EventTime, Span, grouped};

/// `2026-03-30 14:05`.
pub(super) fn moment(time: EventTime) -> String {
    let text = time.to_string();
    let day = text.get(..10).unwrap_or("");
    format!("{day} {}", text.get(11..16).unwrap_or(""))
}

/// `4.1 d`, with a sign; of milliseconds.
pub(super) fn days(ms: i64) -> String {
    let sign = if ms < 0 { "-" } else { "" };
    let tenths = ms.unsigned_abs().saturating_mul(10).checked_div(86_400_000).unwrap_or(0);
    let (whole, rest) = (tenths.checked_div(10), tenths.checked_rem(10));
    format!("{sign}{}.{} d", whole.unwrap_or(0), rest.unwrap_or(0))
}

/// `30 d`, `12 h`; of a span.
pub(super) fn span(span: Span) -> String {
    let ms = span.as_millis();
    match (ms.checked_rem(86_400_000), ms.checked_div(86_400_000)) {
        (Some(0), Some(days)) => format!("{days} d"),
        _ => format!("{} h", ms.checked_div(3_600_000).unwrap_or(0)),
    }
}

/// `USD 28,475`.
pub(super) fn money(cents: i128, currency: Currency) -> String {
    let cents = i64::try_from(cents).unwrap_or(i64::MAX);
    let whole = Cents(cents).to_decimal().round();
    format!("{} {}", currency.as_str(), grouped(whole))
}

/// `28,475`.
pub(super) fn count(number: u64) -> String {
    grouped(Decimal::from(number))
}

/// The first twelve digits of a hash.
pub(super) fn short(hash: &str) -> &str {
    hash.get(..12).unwrap_or(hash)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_read_like_words() {
        assert_eq!(moment(EventTime(0)), "1970-01-01 00:00");
        assert_eq!((days(354_240_000), days(-43_200_000)), ("4.1 d".into(), "-0.5 d".into()));
        assert_eq!(
            (span(Span::from_days(30)), span(Span::from_millis(43_200_000))),
            ("30 d".into(), "12 h".into())
        );
        let usd = Currency::try_new("USD").unwrap();
        assert_eq!(money(2_847_549, usd), "USD 28,475");
        assert_eq!((count(1_234), short("0123456789abcdef")), ("1,234".into(), "0123456789ab"));
    }
}
