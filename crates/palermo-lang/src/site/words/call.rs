//! Functions in words.

use super::{Words, spaced};
use crate::syntax::{Kind, Syntax};

impl Words {
    /// A function with its arguments.
    pub(super) fn call(&self, name: &str, arguments: &[Syntax]) -> String {
        let said = self.each(arguments);
        match (name, said.as_slice()) {
            ("present", [field]) => format!("{field} is delivered"),
            ("unrelated", [_, _]) => "the two ends are not known to be related".to_owned(),
            ("distance_km", [a, b]) => format!("the distance in km from {a} to {b}"),
            ("near", [place, list, km]) => {
                format!("{place} is within {} of a row of {list}", in_km(km))
            }
            ("near", [place, list, km, before, after]) => format!(
                "{place} is within {} of a row of {list}, from {before} before its first day to {after} after its last",
                in_km(km)
            ),
            ("list", [_]) => format!("the list {}", bare(arguments)),
            ("lexicon", [_]) => format!("the terms of {}", bare(arguments)),
            ("self.delivers", [_]) => {
                format!("the bank delivers {} for the subject", bare(arguments))
            }
            ("other.delivers", [_]) => {
                format!("the bank delivers {} for the other end", bare(arguments))
            }
            ("self.holds", [id]) => format!("{id} holds for the subject’s own end"),
            ("other.holds", [id]) => format!("{id} holds for the other end"),
            ("overlap", [key, a, b]) => {
                format!("the number of different {key} that {a} and {b} share")
            }
            ("passed_share", [a, b, span]) => {
                format!("the share of the money of {a} that leaves by {b} within {span}")
            }
            ("funded_share", [a, b, span]) => {
                format!("the share of the money of {a} that came in by {b} within {span} before")
            }
            ("returned_share", [a, b, span]) => format!(
                "the share of the money of {a} that comes back by {b} from the same other end within {span}"
            ),
            ("dwell_median", [a, b]) => {
                format!("the median time that money of {a} lies before it leaves by {b}")
            }
            ("apart_km", [a, b]) => {
                format!("the greatest distance in km between a place of {a} and one of {b}")
            }
            ("own", [of, reach, statistic]) => past(of, reach, statistic),
            ("peer", [of, group, statistic]) => of_peers(of, group, statistic),
            (name, arguments) => format!("{}({})", spaced(name), arguments.join(", ")),
        }
    }
}

/// A measure in the windows of the same length before this one.
fn past(of: &str, reach: &str, statistic: &str) -> String {
    match statistic {
        "deviation" => format!(
            "by how many standard deviations {of} lies above its mean in the windows of the {reach} before"
        ),
        "max" => format!("the largest {of} in the windows of the {reach} before"),
        other => format!("the {other} of {of} in the windows of the {reach} before"),
    }
}

/// A measure among the accounts of a group, when a day has ended.
fn of_peers(of: &str, group: &str, statistic: &str) -> String {
    match statistic {
        "deviation" => format!(
            "by how many standard deviations {of} lies above the mean of accounts of the same {group}"
        ),
        "percentile" => {
            format!("the percent of accounts of the same {group} whose {of} is not larger")
        }
        other => format!("the {other} of {of} among accounts of the same {group}"),
    }
}

/// The text of the only argument, without quotes.
fn bare(arguments: &[Syntax]) -> String {
    match arguments.first().map(|argument| &argument.kind) {
        Some(Kind::Text(text)) => text.clone(),
        Some(_) | None => String::new(),
    }
}

/// A distance with its unit, which parameters have already.
pub(super) fn in_km(said: &str) -> String {
    if said.contains(" km") { said.to_owned() } else { format!("{said} km") }
}
