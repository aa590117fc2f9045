//! Measures in words.

use super::call::in_km;
use super::{Words, spaced};
use crate::syntax::{Kind, MeasureSyntax, Syntax, parse_measure};

impl Words {
    /// A measure.
    pub(in crate::site) fn measure(&self, text: &str) -> Option<String> {
        let (call, over, filter, within) = match parse_measure(text).ok()? {
            MeasureSyntax::Plain(syntax) => return Some(self.say(&syntax)),
            MeasureSyntax::Over { call, over, filter, within } => (call, over, filter, within),
        };
        let Kind::Call(name, arguments) = &call.kind else { return None };
        let over = format!("in {}", spaced(&over.text));
        let mut said = self.aggregate(&name.join("."), arguments, &over);
        if let Some(filter) = filter {
            said.push_str(&format!(", where {}", self.say(&filter)));
        }
        if let Some(within) = within {
            said.push_str(&format!(", within any {}", self.say(&within)));
        }
        Some(said)
    }

    fn aggregate(&self, name: &str, arguments: &[Syntax], over: &str) -> String {
        let each = self.each(arguments);
        match (name, each.as_slice()) {
            ("count", []) => format!("the number of payments {over}"),
            ("sum", [of]) => format!("the sum of {of} {over}"),
            ("distinct", [of]) => format!("the number of different values of {of} {over}"),
            ("min", [of]) => format!("the smallest {of} {over}"),
            ("max", [of]) => format!("the largest {of} {over}"),
            ("avg", [of]) => format!("the average {of} {over}"),
            ("median", [of]) => format!("the median {of} {over}"),
            ("stddev", [of]) => format!("the standard deviation of {of} {over}"),
            ("first", [of]) => format!("the first {of} {over}"),
            ("last", [of]) => format!("the last {of} {over}"),
            ("places", [km]) => {
                format!("the number of places further apart than {} {over}", in_km(km))
            }
            ("days", [least]) => {
                format!("the number of local days with at least {least} payments {over}")
            }
            ("nights", []) => format!("the number of different nights {over}"),
            ("near_share", [of, limit, share]) => format!(
                "the share of payments {over} whose {of} is under {limit} and at least {share} of it"
            ),
            ("span", []) => format!("the time between the earliest and the latest payment {over}"),
            ("absent", []) => {
                format!("that there is no payment {over}, although it would have been delivered")
            }
            ("groups", [_]) => format!("the number of groups of related other ends {over}"),
            ("top_share", [key, of]) => {
                format!(
                    "the largest share of the sum of {of} {over} that falls on one value of {key}"
                )
            }
            ("round_share", [of, number]) => {
                format!("the share of payments {over} whose {of} is a multiple of {number}")
            }
            ("mode_share", [of, points, tolerance]) => format!(
                "the share of payments {over} whose {of} is within {tolerance} of one of the {points} most frequent values"
            ),
            (name, []) => format!("{} {over}", spaced(name)),
            (name, each) => format!("{} of {} {over}", spaced(name), each.join(", ")),
        }
    }
}
