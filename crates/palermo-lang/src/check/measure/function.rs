//! The functions over one selection: which arguments each takes, and what it gives.

use super::Reader;
use crate::check::expr::to_decimal;
use crate::check::scope::Reads;
use crate::program::{Expr, Field, Function, Literal, Side, Type};
use crate::syntax::{Kind, Syntax};
use crate::vocabulary::type_name;

/// Functions over a selection.
pub(crate) const FUNCTIONS: [&str; 26] = [
    "count",
    "sum",
    "distinct",
    "min",
    "max",
    "avg",
    "median",
    "quantile",
    "stddev",
    "first",
    "last",
    "span",
    "near_share",
    "mode_share",
    "round_share",
    "trend",
    "rank_trend",
    "recurring",
    "groups",
    "top_share",
    "places",
    "nights",
    "days",
    "low_balance_days",
    "balance_days",
    "absent",
];

/// A function with its value, its further arguments, and the type of what it gives.
type Called = (Function, Option<Expr>, Vec<Expr>, Type);

impl Reader<'_, '_, '_> {
    pub(super) fn function(
        &mut self,
        call: &Syntax,
        name: &str,
        arguments: &[Syntax],
    ) -> Option<Called> {
        match (name, arguments) {
            ("count", [value]) => {
                let (expr, _) = self.payment(value)?;
                Some((Function::Count, Some(expr), Vec::new(), Type::Int))
            }
            ("distinct", [value]) => {
                let (expr, value_type) = self.payment(value)?;
                self.comparable(value, value_type)?;
                Some((Function::Distinct, Some(expr), Vec::new(), Type::Int))
            }
            ("places", [km]) => {
                let km = self.subject_decimal(km, "the distance in km")?;
                let place = Expr::Field(Field::Place);
                Some((Function::Places, Some(place), vec![km], Type::Int))
            }
            ("absent", []) => {
                if self.around.feeds.is_empty() {
                    let message = "`absent()` needs `feeds`";
                    let help = "name what the bank must deliver: `feeds: [card]`; where it does \
                                not, absence means nothing";
                    self.error(&call.range, message, help);
                    return None;
                }
                Some((Function::Absent, None, Vec::new(), Type::Bool))
            }
            ("groups", [Syntax { kind: Kind::Path(path), .. }]) if path.as_slice() == ["other"] => {
                Some((Function::Groups, None, Vec::new(), Type::Int))
            }
            ("near_share", [value, limit, share]) => self.near_share(value, limit, share),
            ("mode_share", [value, k, tolerance]) => self.mode_share(value, k, tolerance),
            ("round_share", [value, base]) => {
                let base = self.subject_decimal(base, "what the values are multiples of");
                let (_, value, ..) = self.numeric(Function::RoundShare, value)?;
                Some((Function::RoundShare, value, vec![base?], Type::Decimal))
            }
            ("quantile", [value, share]) => {
                let share = self.subject_decimal(share, "the share");
                let (_, value, _, value_type) = self.numeric(Function::Quantile, value)?;
                Some((Function::Quantile, value, vec![share?], value_type))
            }
            ("recurring", [min, max]) => {
                let help = "write `recurring(6d, 8d)`";
                let ends = [self.span(min, help), self.span(max, help)];
                let [Some(min), Some(max)] = ends else { return None };
                let ends = [min, max].map(|span| Expr::Literal(Literal::Duration(span)));
                Some((Function::Recurring, None, ends.to_vec(), Type::Int))
            }
            ("top_share", [key, value]) => self.top_share(key, value),
            ("days", [least]) => {
                let least = self.subject_decimal(least, "the number of payments")?;
                Some((Function::Days, None, vec![least], Type::Int))
            }
            ("low_balance_days", [below]) => self.low_balance_days(below),
            _ => match (plain(name), averaging(name), arguments) {
                (Some((function, value_type)), _, []) => {
                    Some((function, None, Vec::new(), value_type))
                }
                (_, Some(function), [value]) => self.numeric(function, value),
                _ => {
                    self.no_function(call, name);
                    None
                }
            },
        }
    }

    fn no_function(&mut self, call: &Syntax, name: &str) {
        let range = self.source.at(self.cx, &call.range);
        if FUNCTIONS.contains(&name) {
            let message = format!("`{name}` has other arguments");
            self.cx.error("E103", &range, message, format!("write `{}`", usage(name)));
        } else if crate::vocabulary::LATER_FUNCTIONS.contains(&name) {
            self.cx.unsupported(&range, &format!("`{name}(…)`"));
        } else {
            self.cx.unknown("E102", &range, "function", name, FUNCTIONS);
        }
    }

    fn subject_decimal(&mut self, syntax: &Syntax, what: &str) -> Option<Expr> {
        self.check(Reads::Subject, |checker| checker.decimal(syntax, what))
    }

    fn numeric(&mut self, function: Function, value: &Syntax) -> Option<Called> {
        use Function::{Avg, First, Last, Max, Median, Min, Quantile, RankTrend, Stddev, Trend};
        let (expr, value_type) = self.payment(value)?;
        let (expr, value_type) = match (value_type, function) {
            (Type::Int, Avg | Median | Stddev | Quantile | Trend | RankTrend) => {
                (to_decimal(expr), Type::Decimal)
            }
            (Type::Int | Type::Decimal | Type::Money, _) => (expr, value_type),
            (Type::Duration, Min | Max | First | Last) => (expr, value_type),
            (other, _) => {
                let message = format!("cannot be computed over {}", type_name(other));
                self.error(&value.range, message, "measure a number, such as `amount`");
                return None;
            }
        };
        let gives = match function {
            Trend | RankTrend => Type::Decimal,
            _ => value_type,
        };
        Some((function, Some(expr), Vec::new(), gives))
    }

    fn near_share(&mut self, value: &Syntax, limit: &Syntax, share: &Syntax) -> Option<Called> {
        let (value_checked, limit_checked) = (self.payment(value), self.payment(limit));
        let share = self.subject_decimal(share, "the share of the limit");
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

    fn mode_share(&mut self, value: &Syntax, k: &Syntax, tolerance: &Syntax) -> Option<Called> {
        let k = self.subject_decimal(k, "the number of price points");
        let tolerance = self.subject_decimal(tolerance, "the tolerance");
        let (_, value, ..) = self.numeric(Function::ModeShare, value)?;
        Some((Function::ModeShare, value, vec![k?, tolerance?], Type::Decimal))
    }

    fn top_share(&mut self, key: &Syntax, value: &Syntax) -> Option<Called> {
        let checked = self.payment(key);
        let (_, value, ..) = self.numeric(Function::TopShare, value)?;
        let (key_expr, key_type) = checked?;
        self.comparable(key, key_type)?;
        Some((Function::TopShare, value, vec![key_expr], Type::Decimal))
    }

    fn low_balance_days(&mut self, below: &Syntax) -> Option<Called> {
        let (below_expr, below_type) = self.check(Reads::Subject, |checker| checker.any(below))?;
        if below_type != Type::Money {
            let message = format!("a balance is money, found {}", type_name(below_type));
            let help = "compare it with a parameter of type `money`, or with a measure of money";
            self.error(&below.range, message, help);
            return None;
        }
        let value = Expr::Field(Field::End(Side::Own, crate::program::EndField::BalanceAfter));
        Some((Function::LowBalanceDays, Some(value), vec![below_expr], Type::Int))
    }
}

/// Functions without arguments.
fn plain(name: &str) -> Option<(Function, Type)> {
    Some(match name {
        "count" => (Function::Count, Type::Int),
        "nights" => (Function::Nights, Type::Int),
        "span" => (Function::Span, Type::Duration),
        "balance_days" => (Function::BalanceDays, Type::Int),
        _ => return None,
    })
}

/// Functions of one number of each payment.
fn averaging(name: &str) -> Option<Function> {
    Some(match name {
        "sum" => Function::Sum,
        "min" => Function::Min,
        "max" => Function::Max,
        "avg" => Function::Avg,
        "median" => Function::Median,
        "stddev" => Function::Stddev,
        "first" => Function::First,
        "last" => Function::Last,
        "trend" => Function::Trend,
        "rank_trend" => Function::RankTrend,
        _ => return None,
    })
}

/// How a function is written.
fn usage(name: &str) -> String {
    let arguments = match name {
        "count" | "nights" | "span" | "absent" | "balance_days" => "",
        "distinct" => "other.account",
        "near_share" => "amount_original, list('reporting_limit')[currency].cash, 0.8",
        "mode_share" => "amount, 3, 0.2",
        "round_share" => "amount_original, 100",
        "quantile" => "amount, 0.9",
        "recurring" => "6d, 8d",
        "groups" => "other",
        "top_share" => "other.account, amount",
        "places" => "40",
        "days" => "3",
        "low_balance_days" => "$low",
        _ => "amount",
    };
    format!("{name}({arguments}) over credit")
}
