//! Checked expressions as text, for people: what a rule asks for, part by part.

use super::{Arithmetic, Compare, Condition, Direction, Expr, List, ListId, Literal, Side, Symbol};
use crate::vocabulary::field_name;

impl Condition {
    /// The parts of the condition: what it joins at the top by `&&` or by `||`, else itself.
    pub const fn parts(&self) -> &[Expr] {
        match &self.holds {
            Expr::And(parts) | Expr::Or(parts) => parts.as_slice(),
            whole => std::slice::from_ref(whole),
        }
    }

    /// An expression of this condition as its author could have written it.
    pub fn text_of(&self, expr: &Expr, lists: &[List]) -> String {
        let one = |expr: &Expr| self.text_of(expr, lists);
        let inner = |expr: &Expr| bracketed(expr, one(expr));
        let list = |id: &ListId| {
            lists.get(usize::from(id.0)).map_or_else(|| "?".to_owned(), |list| list.id.clone())
        };
        let part = |expr: &Expr| match expr {
            Expr::And(_) | Expr::Or(_) => format!("({})", one(expr)),
            _ => one(expr),
        };
        let joined = |parts: &[Expr], by: &str| parts.iter().map(part).collect::<Vec<_>>().join(by);
        match expr {
            Expr::Literal(literal) => literal.text(),
            Expr::Field(field) => field_name(*field),
            Expr::Step(step, field) => {
                let steps = self.sequence.iter().flat_map(|sequence| &sequence.steps);
                let name = steps.map(|step| step.name.as_str()).nth(*step);
                format!("{}.{}", name.unwrap_or("?"), field_name(*field))
            }
            Expr::Param(id) => {
                let param = self.params.get(usize::from(id.0));
                format!("${}", param.map_or("?", |param| param.name.as_str()))
            }
            Expr::Measure(id) => {
                let measure = self.measures.get(usize::from(id.0));
                measure.map_or("?", |measure| measure.name.as_str()).to_owned()
            }
            Expr::Not(of) => format!("!{}", bracketed(of, one(of))),
            Expr::And(parts) => joined(parts, " && "),
            Expr::Or(parts) => joined(parts, " || "),
            Expr::Compare(op, a, b) => format!("{} {} {}", part(a), op.as_str(), part(b)),
            Expr::Arithmetic(op, a, b) => format!("{} {} {}", inner(a), op.as_str(), inner(b)),
            Expr::ToDecimal(of) => inner(of),
            Expr::InList(of, id) => format!("{} in list('{}')", inner(of), list(id)),
            Expr::Matches(of, id) => format!("{} matches lexicon('{}')", inner(of), list(id)),
            Expr::EndInList(side, id) => format!("{} in list('{}')", side.as_str(), list(id)),
            Expr::Lookup(id, key, column, _) => {
                let columns = lists.get(usize::from(id.0)).map(|list| &list.columns);
                let column = columns.and_then(|columns| columns.get(usize::from(*column)));
                let column = column.map_or("?", |(name, _)| name.as_str());
                format!("list('{}')[{}].{column}", list(id), one(key))
            }
            Expr::Distance(a, b) => format!("distance_km({}, {})", one(a), one(b)),
            Expr::Near(of, id, km) => {
                format!("near({}, list('{}'), {})", one(of), list(id), one(km))
            }
            Expr::NearDays(near) => {
                let [place, km, before, after] = near.parts().map(one);
                format!("near({place}, list('{}'), {km}, {before}, {after})", list(&near.list))
            }
            Expr::Unrelated => "unrelated(self, other)".to_owned(),
            Expr::Present(field) => format!("present({})", field_name(*field)),
            Expr::Holds(side, id) => format!("{}.holds({id})", side.as_str()),
            Expr::Event(side, code, within) => {
                format!("{}.event('{}', {})", side.as_str(), code.as_str(), one(within))
            }
            Expr::Relations(side, kind, within) => {
                let within = within.as_ref().map(|within| format!(", {}", one(within)));
                let within = within.unwrap_or_default();
                format!("{}.relations('{}'{within})", side.as_str(), kind.as_str())
            }
        }
    }
}

/// The text of an expression as an operand: in brackets where it is made of operands itself.
fn bracketed(expr: &Expr, text: String) -> String {
    match expr {
        Expr::And(_)
        | Expr::Or(_)
        | Expr::Compare(..)
        | Expr::Arithmetic(..)
        | Expr::InList(..)
        | Expr::Matches(..)
        | Expr::EndInList(..) => format!("({text})"),
        _ => text,
    }
}

impl Side {
    /// As rules write it.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Own => "self",
            Self::Other => "other",
        }
    }
}

impl Compare {
    /// As rules write it.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Eq => "==",
            Self::Ne => "!=",
            Self::Lt => "<",
            Self::Le => "<=",
            Self::Gt => ">",
            Self::Ge => ">=",
        }
    }
}

impl Arithmetic {
    /// As rules write it.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Add => "+",
            Self::Sub => "-",
            Self::Mul => "*",
            Self::Div => "/",
        }
    }
}

impl Literal {
    /// As people read it; money with its currency first.
    pub fn text(&self) -> String {
        match self {
            Self::Bool(truth) => truth.to_string(),
            Self::Int(int) => int.to_string(),
            Self::Decimal(number) => number.normalize().to_string(),
            Self::Money(amount, currency) => format!("{currency} {}", amount.normalize()),
            Self::Duration(span) => span.to_string(),
            Self::Text(text) => format!("'{text}'"),
            Self::Symbol(symbol) => symbol.as_str().to_owned(),
        }
    }
}

impl Symbol {
    /// The word.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Direction(Direction::In) => "in",
            Self::Direction(Direction::Out) => "out",
            Self::Kind(word) => word.as_str(),
            Self::Rail(word) => word.as_str(),
            Self::Channel(word) => word.as_str(),
            Self::Status(word) => word.as_str(),
            Self::EndKind(word) => word.as_str(),
            Self::TerminalKind(word) => word.as_str(),
            Self::Relation(word) => word.as_str(),
            Self::ServiceKind(word) => word.as_str(),
            Self::AgeBand(word) => word.as_str(),
            Self::Activity(word) => word.as_str(),
            Self::Product(word) => word.as_str(),
            Self::CryptoCategory(word) => word.as_str(),
            Self::CryptoConfidence(word) => word.as_str(),
        }
    }
}
