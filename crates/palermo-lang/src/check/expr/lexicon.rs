//! `… matches lexicon('lex_id')`: the text of a payment or an alias against curated terms.
//!
//! A lexicon is a list without columns whose id begins with `lex_`. The text is read in selections
//! only, because it is gone once the payment is applied; an alias is kept and read anywhere.

use super::{Checked, Checker};
use crate::check::scope::Reads;
use crate::program::{EndField, Expr, Field, ListId, Type};
use crate::syntax::{Kind, Syntax};
use palermo_domain::words;

/// How ids of lexicons begin.
const PREFIX: &str = "lex_";

impl Checker<'_, '_, '_> {
    pub(super) fn matches(&mut self, left: &Syntax, right: &Syntax) -> Checked {
        let lexicon = self.lexicon(right);
        let text = self.matched(left);
        Some((Expr::Matches(Box::new(text?), lexicon?), Type::Bool))
    }

    fn matched(&mut self, left: &Syntax) -> Option<Expr> {
        if matches!(&left.kind, Kind::Path(parts) if parts.join(".") == "text") {
            // Only selections put values in place of parameters.
            if self.scope.substitute && self.scope.reads == Reads::Payment {
                return Some(Expr::Field(Field::Text));
            }
            let message = "`text` is not kept, and this is asked later";
            self.error("E103", &left.range, message, "say it in a selection, and measure that");
            return None;
        }
        match self.any(left)? {
            (expr @ Expr::Field(Field::End(_, EndField::Alias)), _)
            | (expr @ Expr::Step(_, Field::End(_, EndField::Alias)), _) => Some(expr),
            _ => {
                let help = "write `text matches lexicon('lex_…')` or `other.alias matches …`";
                self.error("E103", &left.range, "only `text` and aliases are matched", help);
                None
            }
        }
    }

    /// `lexicon('lex_id')`.
    fn lexicon(&mut self, syntax: &Syntax) -> Option<ListId> {
        let id = match &syntax.kind {
            Kind::Call(name, arguments) if name.join(".") == "lexicon" => match &arguments[..] {
                [Syntax { kind: Kind::Text(id), .. }] => Some(id),
                _ => None,
            },
            _ => None,
        };
        let Some(id) = id else {
            let help = "write `text matches lexicon('lex_…')`";
            self.error("E103", &syntax.range, "expected a lexicon by its id", help);
            return None;
        };
        let found = if id.starts_with(PREFIX) { self.scope.pool.list(id) } else { None };
        let Some((list, rows)) = found else {
            let range = self.source.at(self.cx, &syntax.range);
            let known = self.scope.pool.list_names().into_iter();
            let known = known.filter(|name| name.starts_with(PREFIX));
            self.cx.unknown("E102", &range, "lexicon", id, known);
            return None;
        };
        let wordless = |key: &str| {
            let mut any = false;
            words(key, &mut |_| any = true);
            !any
        };
        if !rows.columns.is_empty() {
            let message = format!("list `{id}` has columns, and a lexicon has none");
            self.error("E103", &syntax.range, message, "write `columns: {}` and a term per row");
            return None;
        }
        if let Some(row) = rows.rows.iter().find(|row| wordless(&row.key)) {
            let message = format!("term `{}` of list `{id}` has no letter or digit", row.key);
            self.error("E103", &syntax.range, message, "it can never match: take it out");
            return None;
        }
        Some(list)
    }
}
