//! Rows of a list of places that lie near, around the days on which they are in force.
//!
//! `near(place, list, km, before, after)` counts a row from `before` ahead of its first day to `after`
//! past its last: where it is in force on a UTC day of `[t - after, t + before]`. Of several versions
//! of a row each counts on the days on which it is the one in force. Cost: linear in the list.

use crate::bind::Node;
use crate::eval::{At, NoMeasures, coordinates, eval, field_of};
use crate::lists::Found;
use crate::value::{UNKNOWN, Value};
use palermo_domain::{Date, Decimal, MicroDegrees, Span};

/// A bound `near` with lengths of time.
#[derive(Clone, Debug)]
pub(crate) struct NearDays {
    pub(crate) place: Node,
    pub(crate) list: usize,
    pub(crate) km: Node,
    pub(crate) before: Node,
    pub(crate) after: Node,
}

impl NearDays {
    pub(crate) fn any(&self, test: &dyn Fn(&Node) -> bool) -> bool {
        [&self.place, &self.km, &self.before, &self.after].into_iter().any(|part| part.any(test))
    }
}

/// What is looked for: where, in which list, how far, and on which days.
type Asked = ((MicroDegrees, MicroDegrees), usize, Decimal, (Date, Date));

/// Whether a row is near.
pub(crate) fn holds(at: &At<'_>, near: &NearDays) -> Value {
    match asked(at, near) {
        Ok((here, list, km, days)) => {
            let list = at.env.lists.get(list);
            let row = list.and_then(|list| list.nearest(here, km, days, &at.env.ledger.atoms));
            Value::Bool(row.is_some())
        }
        Err(unknown) => unknown,
    }
}

fn asked(at: &At<'_>, near: &NearDays) -> Result<Asked, Value> {
    let value = |node: &Node| eval(node, at, &mut NoMeasures);
    let here = coordinates(at.env, (value(&near.place), field_of(&near.place)))?;
    let span = |node: &Node| match value(node) {
        Value::Span(span) => Ok(span),
        _ => Err(UNKNOWN),
    };
    let km = value(&near.km).number().ok_or(UNKNOWN)?;
    let (before, after): (Span, Span) = (span(&near.before)?, span(&near.after)?);
    let time = at.time();
    Ok((here, near.list, km, (time.minus(after).date(), time.plus(before).date())))
}

/// The row that a `near` of either form found: the nearest, of equally near ones the first by key.
pub(crate) fn found(at: &At<'_>, near: &Node) -> Option<(usize, Found)> {
    let plain;
    let near = match near {
        Node::NearDays(near) => near,
        Node::Near(place, list, km) => {
            let none = || Node::Const(Value::Span(Span::ZERO));
            let (place, km) = ((**place).clone(), (**km).clone());
            plain = NearDays { place, list: *list, km, before: none(), after: none() };
            &plain
        }
        _ => return None,
    };
    let (here, list, km, days) = asked(at, near).ok()?;
    let row = at.env.lists.get(list)?.nearest(here, km, days, &at.env.ledger.atoms)?;
    Some((list, row))
}
