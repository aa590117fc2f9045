//! How far a value lies from a bound, in words. No number goes through a float.

use palermo_domain::{Decimal, Span};

/// A number, or a length of time in milliseconds.
fn number(text: &str) -> Option<Decimal> {
    if let Ok(number) = text.parse::<Decimal>() {
        return Some(number);
    }
    Span::parse(text).ok().map(|span| Decimal::from(span.as_millis()))
}

/// How much of the bound the value is beyond it, negative where it falls short; none for what is no
/// number, and for a bound of zero.
pub(crate) fn margin(observed: &str, op: &str, needed: &str) -> Option<Decimal> {
    let (observed, needed) = (number(observed)?, number(needed)?);
    let over = match op {
        ">=" | ">" => observed.checked_sub(needed)?,
        "<=" | "<" => needed.checked_sub(observed)?,
        _ => return None,
    };
    over.checked_div(needed.abs())
}

/// `+20%`, `-24%`, `0%`.
pub(crate) fn percent(part: &Decimal) -> String {
    let percent = part.checked_mul(Decimal::ONE_HUNDRED).unwrap_or_default().round();
    let sign = if percent > Decimal::ZERO { "+" } else { "" };
    format!("{sign}{}%", percent.normalize())
}

/// `71%` from `0.71`.
pub(crate) fn share(text: &str) -> String {
    match text.parse::<Decimal>().ok().and_then(|part| part.checked_mul(Decimal::ONE_HUNDRED)) {
        Some(percent) => format!("{}%", percent.round().normalize()),
        None => text.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn margins_are_shares_of_the_bound() {
        for (observed, op, needed, text) in [
            ("30", ">=", "25", Some("+20%")),
            ("9150.00", ">=", "12000", Some("-24%")),
            ("4", ">=", "4", Some("0%")),
            ("338.00", "<=", "400.00", Some("+16%")),
            ("12h", "<=", "1d", Some("+50%")),
            ("unknown", ">=", "4", None),
            ("4", ">=", "0", None),
            ("true", "==", "true", None),
        ] {
            let found = margin(observed, op, needed).map(|margin| percent(&margin));
            assert_eq!(found.as_deref(), text, "{observed} {op} {needed}");
        }
        assert_eq!(share("0.71"), "71%");
    }
}
