//! Functions, membership and list look-ups.

use super::{Checked, Checker};
use crate::check::pool::column;
use crate::check::scope::Reads;
use crate::program::{Compare, EndField, Expr, Field, List, ListId, Literal, NearDays, Side, Type};
use crate::suggest::closest;
use crate::syntax::{Kind, Syntax};
use crate::vocabulary::{self, LATER_FUNCTIONS, Path, type_name};
use palermo_domain::Feed;

/// Functions of one payment.
const FUNCTIONS: [&str; 13] = [
    "near",
    "distance_km",
    "unrelated",
    "present",
    "list",
    "self.delivers",
    "other.delivers",
    "self.holds",
    "other.holds",
    "self.event",
    "other.event",
    "self.relations",
    "other.relations",
];

impl<'l> Checker<'_, '_, 'l> {
    pub(super) fn call(
        &mut self,
        syntax: &Syntax,
        name: &[String],
        arguments: &[Syntax],
    ) -> Checked {
        let joined = name.join(".");
        match (joined.as_str(), arguments) {
            ("near", [place, list, km]) => {
                let place = self.place(place);
                let list = self.place_list(list);
                let km = self.decimal(km, "the distance in kilometers");
                Some((Expr::Near(Box::new(place?), list?, Box::new(km?)), Type::Bool))
            }
            ("near", [place, list, km, before, after]) => {
                self.near_days([place, list, km, before, after])
            }
            ("distance_km", [a, b]) => {
                let (a, b) = (self.place(a), self.place(b));
                Some((Expr::Distance(Box::new(a?), Box::new(b?)), Type::Decimal))
            }
            ("unrelated", [a, b]) => self.unrelated(syntax, a, b),
            ("present", [field]) => self.present(field),
            ("self.delivers" | "other.delivers", [feed]) => self.delivers(syntax, name, feed),
            ("self.holds" | "other.holds", [id]) => self.holds(syntax, name, id),
            ("self.event" | "other.event" | "self.relations" | "other.relations", _) => {
                self.of_record(syntax, name, arguments)
            }
            ("lexicon", _) => {
                let help = "write `text matches lexicon('lex_…')`";
                self.error("E103", &syntax.range, "a lexicon is no value", help);
                None
            }
            ("list", _) => {
                let help = "write `x in list('id')` or `list('id')[x].column`";
                self.error("E103", &syntax.range, "a list is no value", help);
                None
            }
            ("near" | "distance_km" | "unrelated" | "present", _) => {
                let message = format!("`{joined}` has another number of arguments");
                let help = "write `near(place, list('border'), 80)`, `near(place, list('events'), \
                            80, 14d, 7d)`, `distance_km(a, b)`, `unrelated(self, other)`, \
                            `present(field)`";
                self.error("E103", &syntax.range, message, help);
                None
            }
            _ if name.last().is_some_and(|last| LATER_FUNCTIONS.contains(&last.as_str())) => {
                self.unsupported(&syntax.range, &format!("`{joined}(…)`"));
                None
            }
            _ => {
                let help = match closest(&joined, FUNCTIONS) {
                    Some(near) => format!("did you mean `{near}`?"),
                    None if crate::check::measure::FUNCTIONS.contains(&joined.as_str()) => {
                        format!("measure it: `{joined}(…) over …` under `measure`")
                    }
                    None => format!("known: {}", crate::read::listed(&FUNCTIONS)),
                };
                self.error("E102", &syntax.range, format!("unknown function `{joined}`"), help);
                None
            }
        }
    }

    /// `near(place, list('event_calendar'), 80, 14d, 7d)`: rows from so long before their first day
    /// to so long after their last.
    fn near_days(&mut self, [place, list, km, before, after]: [&Syntax; 5]) -> Checked {
        let place = self.place(place);
        let list = self.place_list(list);
        let km = self.decimal(km, "the distance in kilometers");
        let [before, after] = [before, after].map(|length| match self.any(length)? {
            (expr, Type::Duration) => Some(expr),
            (_, found) => {
                let message = format!("expected a length of time, found {}", type_name(found));
                self.error("E103", &length.range, message, "write `14d`");
                None
            }
        });
        let (place, list, km, before, after) = (place?, list?, km?, before?, after?);
        Some((Expr::NearDays(Box::new(NearDays { place, list, km, before, after })), Type::Bool))
    }

    fn unrelated(&mut self, syntax: &Syntax, a: &Syntax, b: &Syntax) -> Checked {
        let end = |syntax: &Syntax| match &syntax.kind {
            Kind::Path(parts) => match vocabulary::path(parts) {
                Path::End(side) => Some(side),
                _ => None,
            },
            _ => None,
        };
        match (end(a), end(b)) {
            (Some(a), Some(b)) if a != b && self.scope.reads == Reads::Payment => {
                Some((Expr::Unrelated, Type::Bool))
            }
            (Some(a), Some(b)) if a != b => {
                let message = "`unrelated` belongs to one payment, and many are looked at here";
                self.error("E103", &syntax.range, message, "say it in a selection");
                None
            }
            _ => {
                let message = "`unrelated` compares the two ends of a payment";
                self.error("E103", &syntax.range, message, "write `unrelated(self, other)`");
                None
            }
        }
    }

    /// `self.delivers('card')`.
    fn delivers(&mut self, syntax: &Syntax, name: &[String], feed: &Syntax) -> Checked {
        let own = name.first().is_some_and(|end| end == "self");
        let side = if own { Side::Own } else { Side::Other };
        let Kind::Text(word) = &feed.kind else {
            self.error("E103", &feed.range, "expected the name of a feed", "write `'card'`");
            return None;
        };
        let Some(found) = Feed::parse(word) else {
            let range = self.source.at(self.cx, &feed.range);
            self.cx.unknown("E102", &range, "feed", word, Feed::ALL.iter().map(|f| f.as_str()));
            return None;
        };
        let field = Field::End(side, EndField::Delivers(found));
        self.readable(syntax, field, Type::Bool)?;
        Some((Expr::Field(field), Type::Bool))
    }

    /// `other.holds(ST-18)`: another indicator, inside the window of this rule.
    fn holds(&mut self, syntax: &Syntax, name: &[String], id: &Syntax) -> Checked {
        let own = name.first().is_some_and(|end| end == "self");
        let side = if own { Side::Own } else { Side::Other };
        if self.scope.substitute {
            // A selection is decided once; what holds later would change it.
            self.unsupported(&syntax.range, &format!("`{}` in a selection", name.join(".")));
            return None;
        }
        if !own && self.scope.reads == Reads::Subject {
            let message = "`other` is the end of one payment, and many are looked at here";
            let help = "count them: `count() over credit where other.holds(ST-18)`";
            self.error("E103", &syntax.range, message, help);
            return None;
        }
        let Kind::Id(id_text) = &id.kind else {
            let help = "write the id of an indicator: `self.holds(ST-18)`";
            self.error("E103", &id.range, "expected the id of an indicator", help);
            return None;
        };
        if !self.scope.pool.indicators().contains(id_text) {
            let range = self.source.at(self.cx, &id.range);
            let known = self.scope.pool.indicators().iter().map(String::as_str);
            self.cx.unknown("E102", &range, "indicator", id_text, known);
            return None;
        }
        if self.scope.pool.is_off(id_text) {
            return Some((Expr::Literal(Literal::Bool(false)), Type::Bool));
        }
        Some((Expr::Holds(side, id_text.clone()), Type::Bool))
    }

    fn present(&mut self, field: &Syntax) -> Checked {
        if matches!(&field.kind, Kind::Path(parts) if parts.join(".") == "text") {
            self.readable(field, Field::Text, Type::Text)?;
            return Some((Expr::Present(Field::Text), Type::Bool));
        }
        match self.any(field)? {
            (Expr::Field(field), _) => Some((Expr::Present(field), Type::Bool)),
            _ => {
                let help = "write `present(self.work)`";
                self.error("E103", &field.range, "`present` asks for a field", help);
                None
            }
        }
    }

    /// `… in list('id')`, `… in [a, b]`.
    pub(super) fn membership(&mut self, left: &Syntax, right: &Syntax) -> Checked {
        if let Kind::Set(items) = &right.kind {
            return self.in_set(left, right, items);
        }
        if !matches!(&right.kind, Kind::Call(name, _) if name.join(".") == "list") {
            let help = "write `x in list('id')` or `x in [a, b]`";
            self.error("E103", &right.range, "`in` looks into a list or a set", help);
            return None;
        }
        let list = self.list(right);
        if let Kind::Path(parts) = &left.kind
            && let Path::End(side) = vocabulary::path(parts)
        {
            if self.scope.reads == Reads::Subject && side == Side::Other {
                let message = "`other` belongs to one payment, and many are looked at here";
                self.error("E103", &left.range, message, "say it in a selection");
                return None;
            }
            return Some((Expr::EndInList(side, list?.0), Type::Bool));
        }
        match self.any(left)? {
            (expr, Type::Text) => Some((Expr::InList(Box::new(expr), list?.0), Type::Bool)),
            (_, found) => {
                let message = format!("rows of a list are text, found {}", type_name(found));
                let help = "compare a text, or an end: `other in list('id')`";
                self.error("E103", &left.range, message, help);
                None
            }
        }
    }

    fn in_set(&mut self, left: &Syntax, set: &Syntax, items: &[Syntax]) -> Checked {
        let (expr, value_type) = self.any(left)?;
        if items.is_empty() {
            let help = "name at least one value, or remove the condition";
            self.error("E103", &set.range, "an empty set holds nothing", help);
            return None;
        }
        let checked: Vec<Checked> = items
            .iter()
            .map(|item| {
                let right = self.against(item, value_type)?;
                self.compared(item, Compare::Eq, (expr.clone(), value_type), right)
            })
            .collect();
        let mut any: Vec<Expr> =
            checked.into_iter().map(|one| one.map(|(expr, _)| expr)).collect::<Option<_>>()?;
        if any.len() == 1 {
            return any.pop().map(|one| (one, Type::Bool));
        }
        Some((Expr::Or(any), Type::Bool))
    }

    /// `list('id')[key].column`.
    pub(super) fn lookup(&mut self, syntax: &Syntax, of: &Syntax, name: &str) -> Checked {
        let Kind::Index(list, key) = &of.kind else {
            let help = "write `list('id')[key].column`";
            self.error("E103", &syntax.range, format!("`.{name}` of what is no row"), help);
            return None;
        };
        let list = self.list(list);
        let key_checked = self.any(key)?;
        let (id, list) = list?;
        if key_checked.1 != Type::Text {
            let message = format!("rows of a list are text, found {}", type_name(key_checked.1));
            self.error("E103", &key.range, message, "use a text field, such as `currency`");
            return None;
        }
        let Some((at, value_type)) = column(list, name) else {
            let range = self.source.at(self.cx, &syntax.range);
            let known = list.columns.iter().map(|(column, _)| column.as_str());
            self.cx.unknown_in(
                "E102",
                &range,
                "column",
                name,
                &format!(" of list `{}`", list.id),
                known,
            );
            return None;
        };
        Some((Expr::Lookup(id, Box::new(key_checked.0), at, value_type), value_type))
    }

    /// `list('id')`.
    fn list(&mut self, syntax: &Syntax) -> Option<(ListId, &'l List)> {
        let name = match &syntax.kind {
            Kind::Call(name, arguments) if name.join(".") == "list" => match arguments.as_slice() {
                [Syntax { kind: Kind::Text(id), .. }] => Some(id),
                _ => None,
            },
            _ => None,
        };
        let Some(id) = name else {
            let help = "write `list('border')`";
            self.error("E103", &syntax.range, "expected a list by its id", help);
            return None;
        };
        let found = self.scope.pool.list(id);
        if found.is_none() {
            let range = self.source.at(self.cx, &syntax.range);
            let known = self.scope.pool.list_names();
            self.cx.unknown("E102", &range, "list", id, known);
        }
        found
    }

    fn place_list(&mut self, syntax: &Syntax) -> Option<ListId> {
        let (id, list) = self.list(syntax)?;
        if column(list, "lat").is_none() || column(list, "lon").is_none() {
            let message = format!("list `{}` has no places", list.id);
            self.error("E103", &syntax.range, message, "give it the columns `lat` and `lon`");
            return None;
        }
        Some(id)
    }
}
