//! Measures: aggregates over selections, overlaps, and arithmetic over earlier measures.

use crate::check::analysis;
use crate::check::expr::{Checker, to_decimal};
use crate::check::pool::Pool;
use crate::check::scope::{ParamDef, Reads, Scope};
use crate::check::text::Source;
use crate::program::{
    Aggregate, Expr, Field, Function, Literal, Measure, MeasureKind, SelectionId, Type,
};
use crate::read::Cx;
use crate::syntax::{Kind, MeasureSyntax, Name, Syntax, parse_measure};
use crate::vocabulary::type_name;
use crate::yaml::Node;
use palermo_domain::Span;

/// Functions over a selection.
pub(crate) const FUNCTIONS: [&str; 11] = [
    "count",
    "sum",
    "distinct",
    "min",
    "max",
    "avg",
    "median",
    "near_share",
    "places",
    "nights",
    "overlap",
];

/// What a measure is checked against.
pub(crate) struct Around<'s, 'l> {
    pub pool: &'s mut Pool<'l>,
    pub params: &'s [ParamDef],
    pub selections: &'s [(String, SelectionId)],
    pub window: Span,
}

/// Checks one measure; `before` are the measures above it.
pub(crate) fn measure(
    cx: &mut Cx,
    around: &mut Around<'_, '_>,
    before: &[Measure],
    name: &str,
    node: &Node,
) -> Option<Measure> {
    let source = Source { node };
    let syntax = source.parse(cx, parse_measure)?;
    let names: Vec<String> = around.selections.iter().map(|(name, _)| name.clone()).collect();
    let typed: Vec<(String, Type)> =
        before.iter().map(|measure| (measure.name.clone(), measure.value_type)).collect();
    let mut reader = Reader { cx, around, source, names: &names, measures: &typed };
    let (kind, value_type) = match &syntax {
        MeasureSyntax::Over { call, over, filter, within } => {
            reader.aggregate(call, over, filter.as_ref(), within.as_ref())?
        }
        MeasureSyntax::Plain(Syntax { kind: Kind::Call(function, arguments), range, .. })
            if function.join(".") == "overlap" =>
        {
            let [key, a, b] = arguments.as_slice() else {
                let help = "write `overlap(other.account, paid_in, paid_out)`";
                reader.error(range, "`overlap` has three arguments", help);
                return None;
            };
            reader.overlap(key, a, b)?
        }
        MeasureSyntax::Plain(syntax) => reader.derived(syntax)?,
    };
    let cost = match &kind {
        MeasureKind::Aggregate(aggregate) => analysis::aggregate_cost(aggregate),
        MeasureKind::Derived(expr) => analysis::cost(expr, before),
        MeasureKind::Overlap { key, .. } => analysis::overlap_cost(key),
        MeasureKind::Repeats | MeasureKind::Graph(_) => 0,
    };
    Some(Measure { name: name.to_owned(), value_type, kind, cost })
}

struct Reader<'r, 's, 'l> {
    cx: &'r mut Cx,
    around: &'r mut Around<'s, 'l>,
    source: Source<'r>,
    names: &'r [String],
    measures: &'r [(String, Type)],
}

impl Reader<'_, '_, '_> {
    fn error(&mut self, range: &std::ops::Range<usize>, message: impl Into<String>, help: &str) {
        let range = self.source.at(self.cx, range);
        self.cx.error("E103", &range, message, help);
    }

    fn check<T>(
        &mut self,
        reads: Reads,
        check: impl FnOnce(&mut Checker<'_, '_, '_>) -> Option<T>,
    ) -> Option<T> {
        let mut scope = Scope {
            pool: self.around.pool,
            params: self.around.params,
            // A condition on one payment cannot ask what all of them amount to.
            measures: if reads == Reads::Payment { &[] } else { self.measures },
            selections: self.names,
            reads,
            step: None,
            substitute: false,
        };
        check(&mut Checker { cx: self.cx, source: self.source, scope: &mut scope })
    }

    fn payment(&mut self, syntax: &Syntax) -> Option<(Expr, Type)> {
        self.check(Reads::Payment, |checker| checker.any(syntax))
    }

    fn selection(&mut self, name: &Name) -> Option<SelectionId> {
        let found = self.around.selections.iter().find(|(known, _)| *known == name.text);
        if found.is_none() {
            let range = self.source.at(self.cx, &name.range);
            let known = self.names.iter().map(String::as_str);
            self.cx.unknown("E102", &range, "selection", &name.text, known);
        }
        found.map(|(_, id)| *id)
    }

    fn derived(&mut self, syntax: &Syntax) -> Option<(MeasureKind, Type)> {
        if let Kind::Call(name, _) = &syntax.kind
            && FUNCTIONS.contains(&name.join(".").as_str())
        {
            let message = format!("`{}` measures a selection", name.join("."));
            self.error(&syntax.range, message, "add `over` and the name of a selection");
            return None;
        }
        let (expr, value_type) = self.check(Reads::Subject, |checker| checker.any(syntax))?;
        if !matches!(value_type, Type::Int | Type::Decimal | Type::Money | Type::Duration) {
            let message = format!("a measure is a number, found {}", type_name(value_type));
            self.error(&syntax.range, message, "conditions belong into `hit`");
            return None;
        }
        Some((MeasureKind::Derived(expr), value_type))
    }

    fn overlap(&mut self, key: &Syntax, a: &Syntax, b: &Syntax) -> Option<(MeasureKind, Type)> {
        let checked = self.payment(key);
        let mut named = |syntax: &Syntax| match &syntax.kind {
            Kind::Path(parts) => {
                self.selection(&Name { text: parts.join("."), range: syntax.range.clone() })
            }
            _ => {
                self.error(&syntax.range, "expected the name of a selection", "name a selection");
                None
            }
        };
        let (a, b) = (named(a), named(b));
        let (key_expr, key_type) = checked?;
        self.comparable(key, key_type)?;
        Some((MeasureKind::Overlap { key: key_expr, a: a?, b: b? }, Type::Int))
    }

    /// Whether values of this type can be told apart and counted.
    fn comparable(&mut self, syntax: &Syntax, value_type: Type) -> Option<()> {
        if matches!(value_type, Type::Bool | Type::End) {
            let message = format!("cannot count different values of {}", type_name(value_type));
            self.error(&syntax.range, message, "count a text, such as `other.account`");
            return None;
        }
        Some(())
    }

    fn aggregate(
        &mut self,
        call: &Syntax,
        over: &Name,
        filter: Option<&Syntax>,
        within: Option<&Syntax>,
    ) -> Option<(MeasureKind, Type)> {
        let over = self.selection(over);
        let filter = match filter {
            None => Some(None),
            Some(syntax) => self.check(Reads::Payment, |checker| checker.boolean(syntax)).map(Some),
        };
        let within = match within {
            None => Some(None),
            Some(syntax) => self.within(syntax).map(Some),
        };
        let Kind::Call(name, arguments) = &call.kind else {
            let help = "write `count() over credit`, `sum(amount) over credit`";
            self.error(&call.range, "`over` follows a function", help);
            return None;
        };
        let (function, value, rest, value_type) =
            self.function(call, &name.join("."), arguments)?;
        let filter = filter?.map(|filter| analysis::ordered(filter, &[]));
        let aggregate =
            Aggregate { function, value, arguments: rest, over: over?, filter, within: within? };
        Some((MeasureKind::Aggregate(aggregate), value_type))
    }

    /// A length of time, at most the rule's window.
    fn within(&mut self, syntax: &Syntax) -> Option<Span> {
        let (expr, value_type) = self.check(Reads::Subject, |checker| checker.any(syntax))?;
        let span = match &expr {
            Expr::Literal(Literal::Duration(span)) => Some(*span),
            Expr::Param(id) => match &self.around.params.get(usize::from(id.0))?.param.value {
                Literal::Duration(span) => Some(*span),
                _ => None,
            },
            _ => None,
        };
        let Some(span) = span else {
            let message = format!("expected a length of time, found {}", type_name(value_type));
            self.error(&syntax.range, message, "write `within 7d`");
            return None;
        };
        if span > self.around.window {
            let range = self.source.at(self.cx, &syntax.range);
            let message =
                format!("`within {span}` is longer than the window {}", self.around.window);
            self.cx.error("E112", &range, message, "shorten it, or lengthen `window`");
            return None;
        }
        Some(span)
    }

    fn function(
        &mut self,
        call: &Syntax,
        name: &str,
        arguments: &[Syntax],
    ) -> Option<(Function, Option<Expr>, Vec<Expr>, Type)> {
        let simple = match name {
            "sum" => Some(Function::Sum),
            "min" => Some(Function::Min),
            "max" => Some(Function::Max),
            "avg" => Some(Function::Avg),
            "median" => Some(Function::Median),
            _ => None,
        };
        match (name, arguments) {
            ("count", []) => Some((Function::Count, None, Vec::new(), Type::Int)),
            ("count", [value]) => {
                let (expr, _) = self.payment(value)?;
                Some((Function::Count, Some(expr), Vec::new(), Type::Int))
            }
            ("nights", []) => Some((Function::Nights, None, Vec::new(), Type::Int)),
            ("distinct", [value]) => {
                let (expr, value_type) = self.payment(value)?;
                self.comparable(value, value_type)?;
                Some((Function::Distinct, Some(expr), Vec::new(), Type::Int))
            }
            ("places", [km]) => {
                let km = self
                    .check(Reads::Subject, |checker| checker.decimal(km, "the distance in km"))?;
                let place = Expr::Field(Field::Place);
                Some((Function::Places, Some(place), vec![km], Type::Int))
            }
            ("near_share", [value, limit, share]) => self.near_share(value, limit, share),
            (_, [value]) if simple.is_some() => self.numeric(simple?, value),
            _ => {
                self.no_function(call, name);
                None
            }
        }
    }

    fn no_function(&mut self, call: &Syntax, name: &str) {
        let range = self.source.at(self.cx, &call.range);
        if FUNCTIONS.contains(&name) {
            let message = format!("`{name}` has another number of arguments");
            let help = "write `count()`, `sum(amount)`, `near_share(value, limit, 0.8)`, \
                        `places(40)`, `nights()`";
            self.cx.error("E103", &range, message, help);
        } else if crate::vocabulary::LATER_FUNCTIONS.contains(&name) {
            self.cx.unsupported(&range, &format!("`{name}(…)`"));
        } else {
            self.cx.unknown("E102", &range, "function", name, FUNCTIONS);
        }
    }

    fn numeric(
        &mut self,
        function: Function,
        value: &Syntax,
    ) -> Option<(Function, Option<Expr>, Vec<Expr>, Type)> {
        let (expr, value_type) = self.payment(value)?;
        let mean = matches!(function, Function::Avg | Function::Median);
        let extreme = matches!(function, Function::Min | Function::Max);
        let (expr, value_type) = match value_type {
            Type::Int if mean => (to_decimal(expr), Type::Decimal),
            Type::Int | Type::Decimal | Type::Money => (expr, value_type),
            Type::Duration if extreme => (expr, value_type),
            other => {
                let message = format!("cannot be computed over {}", type_name(other));
                self.error(&value.range, message, "measure a number, such as `amount`");
                return None;
            }
        };
        Some((function, Some(expr), Vec::new(), value_type))
    }

    fn near_share(
        &mut self,
        value: &Syntax,
        limit: &Syntax,
        share: &Syntax,
    ) -> Option<(Function, Option<Expr>, Vec<Expr>, Type)> {
        let (value_checked, limit_checked) = (self.payment(value), self.payment(limit));
        let share =
            self.check(Reads::Subject, |checker| checker.decimal(share, "the share of the limit"));
        let ((value_expr, a), (limit_expr, b)) = (value_checked?, limit_checked?);
        let limit_expr = match (a, b) {
            (Type::Decimal, Type::Int) => to_decimal(limit_expr),
            (Type::Decimal, Type::Decimal) | (Type::Money, Type::Money) => limit_expr,
            _ => {
                let message = format!("compares {} with {}", type_name(a), type_name(b));
                let help = "compare `amount` with money, `amount_original` with a number";
                self.error(&limit.range, message, help);
                return None;
            }
        };
        Some((Function::NearShare, Some(value_expr), vec![limit_expr, share?], Type::Decimal))
    }
}
