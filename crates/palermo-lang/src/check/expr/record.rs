//! What a party record says with a date: observations and declared relations.
//!
//! A record may come after the payments that it speaks of. What is asked of it here is asked again
//! at the next payment; a selection is decided once, so it cannot ask.

use super::{Checked, Checker};
use crate::check::scope::Reads;
use crate::program::{Expr, Side, Type};
use crate::syntax::{Kind, Syntax};
use crate::vocabulary::type_name;
use palermo_domain::{EventCode, RelationKind};

impl Checker<'_, '_, '_> {
    /// `self.event('third_party_id', 90d)`, `other.relations('authorized_user', $within)`.
    pub(super) fn of_record(
        &mut self,
        syntax: &Syntax,
        name: &[String],
        arguments: &[Syntax],
    ) -> Checked {
        let joined = name.join(".");
        let own = name.first().is_some_and(|end| end == "self");
        let side = if own { Side::Own } else { Side::Other };
        if self.scope.substitute {
            self.unsupported(&syntax.range, &format!("`{joined}` in a selection"));
            return None;
        }
        if !own && self.scope.reads == Reads::Subject {
            let message = "`other` is the end of one payment, and many are looked at here";
            let help = format!("count them: `count() over credit where {joined}(…)`");
            self.error("E103", &syntax.range, message, help);
            return None;
        }
        match (name.last().map(String::as_str), arguments) {
            (Some("event"), [code, within]) => {
                let all = EventCode::ALL.iter().map(|code| code.as_str());
                let code = self.word(code, "event", EventCode::parse, all);
                let within = self.length(within);
                Some((Expr::Event(side, code?, Box::new(within?)), Type::Bool))
            }
            (Some("relations"), [kind, within @ ..]) if within.len() <= 1 => {
                let all = RelationKind::ALL.iter().map(|kind| kind.as_str());
                let kind = self.word(kind, "relation", RelationKind::parse, all);
                let within = match within.first() {
                    None => None,
                    Some(within) => Some(Box::new(self.length(within)?)),
                };
                Some((Expr::Relations(side, kind?, within), Type::Int))
            }
            _ => {
                let message = format!("`{joined}` has another number of arguments");
                let help = "write `self.event('third_party_id', 90d)`, \
                            `self.relations('authorized_user', 90d)`, \
                            `self.relations('authorized_user')`";
                self.error("E103", &syntax.range, message, help);
                None
            }
        }
    }

    /// A word of a closed list, in quotes.
    fn word<T>(
        &mut self,
        syntax: &Syntax,
        what: &str,
        parse: fn(&str) -> Option<T>,
        all: impl Iterator<Item = &'static str>,
    ) -> Option<T> {
        let Kind::Text(word) = &syntax.kind else {
            let message = format!("expected a kind of {what} in quotes");
            self.error("E103", &syntax.range, message, "write `'authorized_user'`, `'BH-01'`");
            return None;
        };
        let found = parse(word);
        if found.is_none() {
            let range = self.source.at(self.cx, &syntax.range);
            self.cx.unknown("E102", &range, what, word, all);
        }
        found
    }

    /// A length of time: a literal or a parameter.
    fn length(&mut self, syntax: &Syntax) -> Option<Expr> {
        match self.any(syntax)? {
            (expr @ (Expr::Literal(_) | Expr::Param(_)), Type::Duration) => Some(expr),
            (_, found) => {
                let message = format!("expected a length of time, found {}", type_name(found));
                let help = "write `90d`, or a parameter of `type: duration`";
                self.error("E103", &syntax.range, message, help);
                None
            }
        }
    }
}
