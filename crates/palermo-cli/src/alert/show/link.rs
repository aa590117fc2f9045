//! Linked paths as lines: `H --3 payments, USD 9,000--> X --device--> F`.

use crate::alert::document::{Revision, day, field, grouped, list, string};
use crate::alert::mask::Masks;
use crate::alert::page::Page;
use serde_json::Value;

const LINKS_MAX: usize = 3;
/// Columns before a path.
const INDENT: usize = 12;

/// Every path, from the anchor on, and what stands at its end.
pub(super) fn tell(alert: &Revision, masks: &Masks, page: &mut Page) {
    let links: Vec<&Value> = list(alert.at("/why/link")).collect();
    for (at, link) in links.iter().take(LINKS_MAX).enumerate() {
        let lines = broken(&pieces(link, masks), page.columns().saturating_sub(INDENT));
        for (number, line) in lines.iter().enumerate() {
            let label = if at == 0 && number == 0 { "link" } else { "" };
            page.line(format!("  {label:<9} {line}"));
        }
        for evidence in list(field(link, "evidence")) {
            let on = masks.hide(string(evidence, "on"));
            let text = format!(
                "at its end {} on {on}, {}: {}",
                string(evidence, "rule"),
                day(string(evidence, "at")),
                masks.hide(string(evidence, "text"))
            );
            page.say("", &text);
        }
    }
    if let Some(more) = links.len().checked_sub(LINKS_MAX).filter(|more| *more > 0) {
        page.say("", &format!("and {more} more paths; `--format json` has all of them"));
    }
}

/// The first account, then each step with the account it leads to. Steps are in the order of the path
/// from the anchor; where money came the other way, the arrow points back.
pub(crate) fn pieces(link: &Value, masks: &Masks) -> Vec<String> {
    let steps: Vec<&Value> = list(field(link, "path")).collect();
    let ends = |step: &Value| (string(step, "from").to_owned(), string(step, "to").to_owned());
    let Some(first) = steps.first() else { return Vec::new() };
    let (from, to) = ends(first);
    // Of the first step, the end that the second one does not go on from.
    let goes_on = |key: &str| {
        let second = steps.get(1).map(|step| ends(step));
        second.is_some_and(|(a, b)| a == key || b == key)
    };
    let mut at = if goes_on(&from) && !goes_on(&to) { to } else { from };
    let mut pieces = vec![masks.shown(&at).to_owned()];
    for step in steps {
        let (from, to) = ends(step);
        let label = label(step);
        let (arrow, next) = if from == at {
            (format!("--{label}--> "), to)
        } else if string(step, "by") == "payment" {
            (format!("<--{label}-- "), from)
        } else {
            (format!("--{label}--> "), from)
        };
        pieces.push(format!("{arrow}{}", masks.shown(&next)));
        at = next;
    }
    pieces
}

fn label(step: &Value) -> String {
    let by = string(step, "by");
    if by != "payment" {
        return by.to_owned();
    }
    let payments = field(step, "payments").as_u64().unwrap_or(0);
    let plural = if payments == 1 { "" } else { "s" };
    let amount = field(step, "amount");
    let (value, currency) = (string(amount, "value"), string(amount, "ccy"));
    if value.is_empty() {
        return format!("{payments} payment{plural}");
    }
    format!("{payments} payment{plural}, {currency} {}", grouped(value))
}

/// Pieces in lines, broken before an arrow.
fn broken(pieces: &[String], columns: usize) -> Vec<String> {
    let mut lines: Vec<String> = Vec::new();
    for piece in pieces {
        match lines.last_mut() {
            Some(line) if line.chars().count().saturating_add(piece.chars().count()) < columns => {
                line.push(' ');
                line.push_str(piece);
            }
            Some(_) => lines.push(format!("    {piece}")),
            None => lines.push(piece.clone()),
        }
    }
    lines
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn a_path_is_one_line_from_the_anchor_on() {
        let pay = |from: &str, to: &str, n: u64, value: &str| {
            json!({"by": "payment", "from": from, "to": to, "payments": n,
                   "amount": {"value": value, "ccy": "USD"}})
        };
        let share = |from: &str, to: &str| json!({"by": "device", "from": from, "to": to});
        for (path, line) in [
            (
                json!([pay("H", "X", 3, "9000.00"), share("X", "F")]),
                "H --3 payments, USD 9,000--> X --device--> F",
            ),
            // The anchor is paid: it is upstream that was looked.
            (
                json!([pay("X", "H", 1, "12.50"), pay("Y", "X", 2, "1500")]),
                "H <--1 payment, USD 12-- X <--2 payments, USD 1,500-- Y",
            ),
            (json!([share("H", "F")]), "H --device--> F"),
            (json!([]), ""),
        ] {
            let link = json!({"path": path});
            assert_eq!(pieces(&link, &Masks::default()).join(" "), line);
        }
        let parts = ["H".to_owned(), "--device--> X".to_owned(), "--phone--> F".to_owned()];
        assert_eq!(broken(&parts, 18), ["H --device--> X", "    --phone--> F"]);
    }
}
