//! Syntax to typed expressions: every name resolved, every operand of the right type.
//!
//! There is no implicit conversion except from whole to decimal numbers, which is written into
//! the program as [`Expr::ToDecimal`] (a literal is simply written as a decimal). Checking goes
//! on after an error, so that independent problems of one expression are all reported.

mod call;
mod lexicon;
mod record;

use crate::check::forbidden;
use crate::check::scope::{Reads, Scope};
use crate::check::text::Source;
use crate::program::{Arithmetic, Compare, EndField, Expr, Field, Literal, Side, Type};
use crate::read::{Cx, Help};
use crate::syntax::{Kind, Op, Syntax};
use crate::vocabulary::{self, Path, type_name};
use palermo_domain::Decimal;
use std::ops::Range;

/// A checked expression, or `None` where a problem was reported.
pub(crate) type Checked = Option<(Expr, Type)>;

/// Checks expressions of one text.
pub(crate) struct Checker<'c, 's, 'l> {
    pub cx: &'c mut Cx,
    pub source: Source<'c>,
    pub scope: &'c mut Scope<'s, 'l>,
}

impl Checker<'_, '_, '_> {
    pub(crate) fn error(
        &mut self,
        code: &'static str,
        range: &Range<usize>,
        message: impl Into<String>,
        help: impl Into<Help>,
    ) {
        let range = self.source.at(self.cx, range);
        self.cx.error(code, &range, message, help);
    }

    pub(crate) fn unsupported(&mut self, range: &Range<usize>, what: &str) {
        let range = self.source.at(self.cx, range);
        self.cx.unsupported(&range, what);
    }

    /// An expression of any type.
    pub(crate) fn any(&mut self, syntax: &Syntax) -> Checked {
        let literal = |literal, value_type| Some((Expr::Literal(literal), value_type));
        match &syntax.kind {
            Kind::Int(value) => literal(Literal::Int(*value), Type::Int),
            Kind::Decimal(value) => literal(Literal::Decimal(*value), Type::Decimal),
            Kind::Duration(value) => literal(Literal::Duration(*value), Type::Duration),
            Kind::Text(value) => literal(Literal::Text(value.clone()), Type::Text),
            Kind::Bool(value) => literal(Literal::Bool(*value), Type::Bool),
            Kind::Path(parts) => self.path(syntax, parts),
            Kind::Param(name) => self.param(syntax, name),
            Kind::Call(name, arguments) => self.call(syntax, name, arguments),
            Kind::Member(of, column) => self.lookup(syntax, of, column),
            Kind::Not(inner) => {
                let inner = self.boolean(inner)?;
                Some((Expr::Not(Box::new(inner)), Type::Bool))
            }
            Kind::Neg(inner) => self.negated(inner),
            Kind::And(parts) => Some((Expr::And(self.all(parts)?), Type::Bool)),
            Kind::Or(parts) => Some((Expr::Or(self.all(parts)?), Type::Bool)),
            Kind::Binary(op, left, right) => self.binary(syntax, *op, left, right),
            Kind::Id(id) => {
                let message = format!("`{id}` has no value here");
                let help = "ids of rules stand in `require`, `boost` and headlines";
                self.error("E102", &syntax.range, message, help);
                None
            }
            Kind::Index(..) => {
                let help = "name a column: `list('reporting_limit')[currency].cash`";
                self.error("E103", &syntax.range, "a row of a list is no value", help);
                None
            }
            Kind::Set(_) => {
                let help = "write `kind in [transfer, payroll]`";
                self.error("E103", &syntax.range, "a set stands only after `in`", help);
                None
            }
        }
    }

    /// An expression that is true, false or unknown.
    pub(crate) fn boolean(&mut self, syntax: &Syntax) -> Option<Expr> {
        let (expr, found) = self.any(syntax)?;
        if found == Type::Bool {
            return Some(expr);
        }
        let message = format!("expected a condition, found {}", type_name(found));
        self.error("E103", &syntax.range, message, "compare it with something");
        None
    }

    /// A decimal number; a whole one is converted.
    pub(crate) fn decimal(&mut self, syntax: &Syntax, what: &str) -> Option<Expr> {
        match self.any(syntax)? {
            (expr, Type::Decimal) => Some(expr),
            (expr, Type::Int) => Some(to_decimal(expr)),
            (_, found) => {
                let message = format!("{what} is a number, found {}", type_name(found));
                self.error("E103", &syntax.range, message, "declare it as `decimal` or `km`");
                None
            }
        }
    }

    /// A place.
    fn place(&mut self, syntax: &Syntax) -> Option<Expr> {
        match self.any(syntax)? {
            (expr, Type::Place) => Some(expr),
            (_, found) => {
                let message = format!("expected a place, found {}", type_name(found));
                let help = "places are `place`, `self.home`, `self.work`, `terminal.place`, \
                            `merchant.place`";
                self.error("E103", &syntax.range, message, help);
                None
            }
        }
    }

    fn all(&mut self, parts: &[Syntax]) -> Option<Vec<Expr>> {
        // Every part is checked before the first failure counts.
        let checked: Vec<Option<Expr>> = parts.iter().map(|part| self.boolean(part)).collect();
        checked.into_iter().collect()
    }

    fn param(&mut self, syntax: &Syntax, name: &str) -> Checked {
        let found = self.scope.param(name);
        if found.is_none() {
            let known: Vec<&str> =
                self.scope.params.iter().map(|def| def.param.name.as_str()).collect();
            let help = match crate::suggest::closest(name, known.iter().copied()) {
                Some(near) => format!("did you mean `${near}`?"),
                None => format!("declare `{name}` under `parameters`"),
            };
            let message = format!("parameter `${name}` is used and not declared");
            self.error("E105", &syntax.range, message, help);
        }
        found
    }

    fn path(&mut self, syntax: &Syntax, parts: &[String]) -> Checked {
        let name = parts.join(".");
        // Those of graph patterns have two parts.
        if let Some(measure) = self.scope.measure(&name) {
            return Some(measure);
        }
        if let Some((step, rest)) = parts.split_first()
            && let Some(at) = self.scope.step.and_then(|all| all.iter().position(|one| one == step))
        {
            return match vocabulary::path(rest) {
                Path::Field(field, value_type) if field != Field::Text => {
                    Some((Expr::Step(at, field), value_type))
                }
                _ => self.unknown_name(syntax, &name),
            };
        }
        match vocabulary::path(parts) {
            Path::Field(Field::Text, _) => {
                let help = "write `text matches lexicon('lex_…')` or `present(text)`";
                self.error("E103", &syntax.range, "`text` is matched, not compared", help);
                None
            }
            Path::Field(field, value_type) => {
                self.readable(syntax, field, value_type)?;
                Some((Expr::Field(field), value_type))
            }
            Path::End(_) => {
                let message = format!("`{name}` is an end of the payment, not a value");
                let help = format!("name what you mean: `{name}.account`, `{name}.party`");
                self.error("E103", &syntax.range, message, help);
                None
            }
            Path::Hours => {
                let message = format!("`{name}` are the lines of a timetable, not a value");
                let help =
                    format!("ask whether it was open: `{}.open_at`", name.replace(".hours", ""));
                self.error("E103", &syntax.range, message, help);
                None
            }
            Path::Unknown => self.unknown_name(syntax, &name),
        }
    }

    fn unknown_name(&mut self, syntax: &Syntax, name: &str) -> Checked {
        if forbidden::in_words(name).is_some() {
            // Reported as E140 with every other occurrence in the file.
            return None;
        }
        let at = self.source.at(self.cx, &syntax.range);
        if self.scope.selections.iter().any(|selection| selection == name) {
            let message = format!("`{name}` is a selection, not a value");
            let help = format!("measure it: `count() over {name}`");
            self.cx.error("E103", &at, message, help);
            return None;
        }
        let names = self.scope.names();
        let help = crate::suggest::closest(name, names.iter().map(String::as_str));
        let help = help.map_or_else(
            || "a text is written in quotes: `'text'`".to_owned(),
            |near| format!("did you mean `{near}`?"),
        );
        self.cx.error("E102", &at, format!("unknown name `{name}`"), help);
        None
    }

    /// Whether the field can be read here.
    fn readable(&mut self, syntax: &Syntax, field: Field, value_type: Type) -> Option<()> {
        self.decidable(syntax, field)?;
        let own = matches!(field, Field::End(Side::Own, _));
        if self.scope.reads == Reads::Payment || own {
            return Some(());
        }
        let name = vocabulary::field_name(field);
        let message = format!("`{name}` belongs to one payment, and many are looked at here");
        let number = matches!(value_type, Type::Int | Type::Decimal | Type::Money);
        let help = match number {
            true => format!("measure it: `max({name}) over …`"),
            false => "say it in a selection, or after `where` in a measure".to_owned(),
        };
        self.error("E103", &syntax.range, message, help);
        None
    }

    /// What an account did before is asked where it is asked again when an earlier payment comes late:
    /// a selection is decided once, and another account's past changes without this one's.
    fn decidable(&mut self, syntax: &Syntax, field: Field) -> Option<()> {
        let Field::End(side, past @ (EndField::IdleBefore | EndField::KnownFor)) = field else {
            return Some(());
        };
        let name = vocabulary::field_name(field);
        if self.scope.substitute {
            self.unsupported(&syntax.range, &format!("`{name}` in a selection"));
            return None;
        }
        if side == Side::Other && past == EndField::IdleBefore {
            self.unsupported(&syntax.range, &format!("`{name}`"));
            return None;
        }
        Some(())
    }

    fn negated(&mut self, inner: &Syntax) -> Checked {
        match self.any(inner)? {
            (Expr::Literal(Literal::Int(value)), _) => {
                Some((Expr::Literal(Literal::Int(value.checked_neg()?)), Type::Int))
            }
            (Expr::Literal(Literal::Decimal(value)), _) => {
                let negative = Decimal::ZERO.checked_sub(value)?;
                Some((Expr::Literal(Literal::Decimal(negative)), Type::Decimal))
            }
            (expr, value_type @ (Type::Int | Type::Decimal)) => {
                let zero = match value_type {
                    Type::Int => Literal::Int(0),
                    _ => Literal::Decimal(Decimal::ZERO),
                };
                let zero = Box::new(Expr::Literal(zero));
                Some((Expr::Arithmetic(Arithmetic::Sub, zero, Box::new(expr)), value_type))
            }
            (_, found) => {
                let message = format!("`-` before {}", type_name(found));
                self.error("E103", &inner.range, message, "only numbers have a sign");
                None
            }
        }
    }

    fn binary(&mut self, syntax: &Syntax, op: Op, left: &Syntax, right: &Syntax) -> Checked {
        match op {
            Op::Matches => self.matches(left, right),
            Op::In => self.membership(left, right),
            Op::Eq => self.equality(syntax, Compare::Eq, left, right),
            Op::Ne => self.equality(syntax, Compare::Ne, left, right),
            Op::Lt => self.comparison(syntax, Compare::Lt, left, right),
            Op::Le => self.comparison(syntax, Compare::Le, left, right),
            Op::Gt => self.comparison(syntax, Compare::Gt, left, right),
            Op::Ge => self.comparison(syntax, Compare::Ge, left, right),
            Op::Add => self.arithmetic(syntax, Arithmetic::Add, left, right),
            Op::Sub => self.arithmetic(syntax, Arithmetic::Sub, left, right),
            Op::Mul => self.arithmetic(syntax, Arithmetic::Mul, left, right),
            Op::Div => self.arithmetic(syntax, Arithmetic::Div, left, right),
        }
    }

    /// A value that is compared with one of type `with`: a bare word or a text may be a symbol.
    pub(crate) fn against(&mut self, syntax: &Syntax, with: Type) -> Checked {
        let word = match (&syntax.kind, with) {
            (Kind::Path(parts), Type::Symbol(_) | Type::Text) if parts.len() == 1 => parts.first(),
            (Kind::Text(text), Type::Symbol(_)) => Some(text),
            _ => None,
        };
        match (word, with) {
            (Some(word), Type::Symbol(vocabulary)) => {
                let symbol = vocabulary::symbol(vocabulary, word);
                if symbol.is_none() {
                    let at = self.source.at(self.cx, &syntax.range);
                    let known = vocabulary::words(vocabulary);
                    let what = type_name(with);
                    let what = what.strip_prefix("an ").or(what.strip_prefix("a ")).unwrap_or(what);
                    self.cx.unknown("E102", &at, what, word, known);
                }
                symbol.map(|symbol| (Expr::Literal(Literal::Symbol(symbol)), with))
            }
            (Some(word), _) => Some((Expr::Literal(Literal::Text(word.clone())), Type::Text)),
            (None, _) => self.any(syntax),
        }
    }

    fn equality(&mut self, syntax: &Syntax, op: Compare, left: &Syntax, right: &Syntax) -> Checked {
        let left = self.any(left);
        // Without a type for the left side a bare word on the right has no meaning of its own.
        let (left, left_type) = match (left, &right.kind) {
            (Some(left), _) => left,
            (None, Kind::Path(parts)) if parts.len() == 1 => return None,
            (None, _) => {
                self.any(right);
                return None;
            }
        };
        let right = self.against(right, left_type)?;
        self.compared(syntax, op, (left, left_type), right)
    }

    fn comparison(
        &mut self,
        syntax: &Syntax,
        op: Compare,
        left: &Syntax,
        right: &Syntax,
    ) -> Checked {
        let (left, right) = (self.any(left), self.any(right));
        self.compared(syntax, op, left?, right?)
    }

    fn compared(
        &mut self,
        syntax: &Syntax,
        op: Compare,
        left: (Expr, Type),
        right: (Expr, Type),
    ) -> Checked {
        let types = (left.1, right.1);
        let equality = matches!(op, Compare::Eq | Compare::Ne);
        let ordered = |value_type| {
            matches!(
                value_type,
                Type::Int | Type::Decimal | Type::Money | Type::Duration | Type::Time
            )
        };
        let equal = |value_type| {
            ordered(value_type) || matches!(value_type, Type::Bool | Type::Text | Type::Symbol(_))
        };
        let (a, b) = match types {
            (Type::Int, Type::Decimal) => (to_decimal(left.0), right.0),
            (Type::Decimal, Type::Int) => (left.0, to_decimal(right.0)),
            (a, b) if a == b && (ordered(a) || equality && equal(a)) => (left.0, right.0),
            (a, b) if a == b => {
                let message = format!("{} cannot be put in order", type_name(a));
                let help = match a {
                    Type::Place => "compare their distance: `distance_km(a, b) >= 100`",
                    _ => "compare with `==` or `!=`",
                };
                self.error("E103", &syntax.range, message, help);
                return None;
            }
            (a, b) => {
                let message = format!("compares {} with {}", type_name(a), type_name(b));
                self.error("E103", &syntax.range, message, mismatch_help(a, b));
                return None;
            }
        };
        Some((Expr::Compare(op, Box::new(a), Box::new(b)), Type::Bool))
    }

    fn arithmetic(
        &mut self,
        syntax: &Syntax,
        op: Arithmetic,
        left: &Syntax,
        right: &Syntax,
    ) -> Checked {
        use Type::{Decimal as Dec, Duration, Int, Money};
        let (left, right) = (self.any(left), self.any(right));
        let ((left, a), (right, b)) = (left?, right?);
        let (convert_left, convert_right) =
            (a == Int && matches!(b, Dec | Money), b == Int && matches!(a, Dec | Money));
        let widened = |value_type, convert: bool| if convert { Dec } else { value_type };
        let result = match (op, widened(a, convert_left), widened(b, convert_right)) {
            (Arithmetic::Div, Int, Int) => Some(Dec),
            (_, Int, Int) => Some(Int),
            (_, Dec, Dec) => Some(Dec),
            (Arithmetic::Add | Arithmetic::Sub, Money, Money) => Some(Money),
            (Arithmetic::Div, Money, Money) => Some(Dec),
            (Arithmetic::Mul, Dec, Money) | (Arithmetic::Mul | Arithmetic::Div, Money, Dec) => {
                Some(Money)
            }
            (Arithmetic::Add | Arithmetic::Sub, Duration, Duration) => Some(Duration),
            _ => None,
        };
        let Some(result) = result else {
            let sign = match op {
                Arithmetic::Add => "+",
                Arithmetic::Sub => "-",
                Arithmetic::Mul => "*",
                Arithmetic::Div => "/",
            };
            let message = format!("`{sign}` between {} and {}", type_name(a), type_name(b));
            self.error("E103", &syntax.range, message, mismatch_help(a, b));
            return None;
        };
        let left = if convert_left { to_decimal(left) } else { left };
        let right = if convert_right { to_decimal(right) } else { right };
        Some((Expr::Arithmetic(op, Box::new(left), Box::new(right)), result))
    }
}

/// A whole number as a decimal one.
pub(crate) fn to_decimal(expr: Expr) -> Expr {
    match expr {
        Expr::Literal(Literal::Int(value)) => Expr::Literal(Literal::Decimal(value.into())),
        expr => Expr::ToDecimal(Box::new(expr)),
    }
}

fn mismatch_help(a: Type, b: Type) -> &'static str {
    match (a, b) {
        (Type::Money, Type::Int | Type::Decimal) | (Type::Int | Type::Decimal, Type::Money) => {
            "declare a parameter with `type: money` and its `ccy`, and compare with that; amounts \
             as delivered are `amount_original`"
        }
        (Type::Duration, Type::Int) | (Type::Int, Type::Duration) => {
            "write a length of time with its unit: `48h`, `30d`"
        }
        _ => "both sides must be of one type: there is no conversion",
    }
}
