//! Curves of parameters, one at a time, and a map of two of them, for pages.
//!
//! A curve shows where a value stands and what lies beside it; a map shows whether two values make up for
//! each other. Cost: a look through the points for each value that is shown.

use super::charts::{AFTER, Axes, Form, Series, chart, float};
use super::html::{Cell, esc, figure, map, table};
use super::words::{count, days};
use crate::error::BacktestError;
use crate::share::percent;
use crate::tune::{Knob, Sweep, Tried};
use palermo_domain::Decimal;
use palermo_lang::program::{Literal, Stricter};
use std::collections::BTreeSet;

/// Shades of a map.
const SHADES: u64 = 8;

/// What other values of parameters give.
#[derive(Clone, Copy, Debug)]
pub struct Curves<'a> {
    /// The parameters that were moved.
    pub knobs: &'a [Knob],
    /// The points.
    pub sweep: &'a Sweep,
    /// What each gives, that of the current values first.
    pub tried: &'a [Tried],
    /// What was counted, and what was left out.
    pub notes: &'a [String],
}

/// What is counted of these typologies, and which are left out.
pub fn scope(counted: &str, about: &BTreeSet<String>, left_out: &BTreeSet<String>) -> Vec<String> {
    let listed = |ids: &BTreeSet<String>| ids.iter().cloned().collect::<Vec<_>>().join(", ");
    let mut lines = vec![format!("counted: {counted} and labels of {}", listed(about))];
    if !left_out.is_empty() {
        lines.push(format!(
            "left out, looking for any indicator of a kind, of whatever point: {}",
            listed(left_out)
        ));
    }
    lines
}

/// What a row of a backtest's curve is.
pub(super) const WHAT: &str = "The candidate with other values of what it changes, one at a time and all else \
    as proposed, each deployed beside the others and decided by the same engine in the same pass. The value \
    marked `before` is that of the baseline: the row is the baseline only where nothing else changed. Lost is \
    what the baseline tells and the row does not, in brackets what of it is labelled true.";

/// The columns of a table of points.
pub(super) const HEAD: [&str; 8] =
    ["value", "alerts", "a day", "recall", "precision", "delay p50", "lost (true)", ""];

/// A row of it.
pub(super) fn cells(value: &str, tried: &Tried, mark: &str) -> [String; 8] {
    let share = |share: crate::Share| match share.micro() {
        None => "-".to_owned(),
        Some(micro) => format!("{}/{} {}%", share.part, share.whole, percent(micro)),
    };
    [
        value.to_owned(),
        count(tried.alerts),
        tried.a_day.clone(),
        share(tried.recall),
        share(tried.precision),
        tried.delay_ms.map_or("-".to_owned(), days),
        format!("{} ({})", tried.lost.0, tried.lost.1),
        mark.to_owned(),
    ]
}

/// Which way a parameter is stricter.
pub(super) fn stricter(knob: &Knob) -> &'static str {
    match knob.param.stricter {
        Stricter::Up => "up",
        Stricter::Down => "down",
    }
}

impl<'a> Curves<'a> {
    /// The points that move a parameter alone, with that of its own value, by value; and the word for those
    /// that have one.
    pub(super) fn curve(
        self,
        knob: &'a Knob,
    ) -> impl Iterator<Item = (&'a Literal, &'a Tried, &'static str)> {
        knob.values.iter().filter_map(move |value| {
            let number = self.sweep.number(&[(knob, value)])?;
            let mark = match &knob.was {
                Some(was) if was == value => "before",
                Some(_) if number == 0 => "proposed",
                None if number == 0 => "now",
                _ => "",
            };
            Some((value, self.tried.get(number)?, mark))
        })
    }

    /// The curve of a parameter: drawn, and its numbers.
    pub(super) fn knob(self, knob: &'a Knob) -> Result<String, BacktestError> {
        let points = |of: &dyn Fn(&Tried) -> f64| -> Vec<(f64, f64)> {
            let each = self.curve(knob);
            each.filter_map(|(value, tried, _)| Some((number(value)?, of(tried)))).collect()
        };
        let own = number(&knob.param.value).unwrap_or(0.0);
        let was = knob.was.as_ref().and_then(number);
        let label = |x: f64| format!("{}", (x * 1000.0).round() / 1000.0);
        let recall = |tried: &Tried| float(tried.recall.micro().unwrap_or(0)) / 10_000.0;
        let name = knob.param.name.as_str();
        let mut text = String::new();
        let mut drawn = vec![("alerts", "alerts", points(&|tried| float(tried.alerts)))];
        if self.is_labelled() {
            drawn.push(("recall", "% of labels found", points(&recall)));
        }
        for (series, y, points) in drawn {
            let one = Series { name: series, color: AFTER, points };
            let axes = Axes { x: name, y, x_label: &label };
            let drawing = chart(&axes, &[one], Form::Curve { at: own, was })?;
            text.push_str(&figure(&drawing, &caption(knob, y)));
        }
        let rows: Vec<Vec<String>> = self
            .curve(knob)
            .map(|(value, tried, mark)| {
                cells(&value.text(), tried, mark).iter().map(|cell| esc(cell)).collect()
            })
            .collect();
        text.push_str(&table("One parameter at a time", &HEAD, &rows));
        Ok(text)
    }

    /// Whether any label says what is right.
    fn is_labelled(self) -> bool {
        self.tried.iter().any(|tried| tried.recall.whole > 0)
    }

    /// The first two parameters against each other, where their pairs were tried.
    pub(super) fn map(self) -> Option<String> {
        let ([a, b, ..], true) = (self.knobs, self.sweep.pairs > 0) else { return None };
        let recall = |tried: &Tried| {
            let micro = tried.recall.micro();
            (
                micro.unwrap_or(0),
                micro.map_or("-".to_owned(), |micro| format!("{}%", percent(micro))),
            )
        };
        let mut text = format!(
            "<p>Down: <code>{}</code>, stricter {}. Across: <code>{}</code>, stricter {}. {}</p>\n",
            esc(&a.name()),
            stricter(a),
            esc(&b.name()),
            stricter(b),
            if a.was.is_some() {
                "In bold: the proposed pair; in italics: that of before, with all else as proposed."
            } else {
                "In bold: the values that the rules have."
            }
        );
        text.push_str(
            &self.of_pairs("Alerts", (a, b), &|tried| (tried.alerts, count(tried.alerts))),
        );
        if self.is_labelled() {
            text.push_str(&self.of_pairs("Labels found", (a, b), &recall));
        }
        Some(text)
    }

    /// A map of one measure: its number, and how it is written.
    fn of_pairs(
        self,
        caption: &str,
        (a, b): (&Knob, &Knob),
        of: &dyn Fn(&Tried) -> (u64, String),
    ) -> String {
        let at = |x: &Literal, y: &Literal| self.sweep.number(&[(a, x), (b, y)]);
        let tried = |number: usize| self.tried.get(number).map(of);
        let most = self.tried.iter().map(|tried| of(tried).0).max().unwrap_or(0).max(1);
        let shade = |value: u64| value.saturating_mul(SHADES).div_ceil(most).min(SHADES);
        let rows: Vec<(String, Vec<Cell>)> = a
            .values
            .iter()
            .map(|x| {
                let cells = b.values.iter().map(|y| {
                    let number = at(x, y);
                    let shown = number.and_then(tried);
                    let (value, text) = shown.unwrap_or((0, "-".to_owned()));
                    let before = a.was.as_ref() == Some(x) && b.was.as_ref() == Some(y);
                    Cell { text: esc(&text), shade: shade(value), own: number == Some(0), before }
                });
                (esc(&x.text()), cells.collect())
            })
            .collect();
        let head: Vec<String> = b.values.iter().map(|y| esc(&y.text())).collect();
        map(caption, &head, &rows)
    }
}

/// What a curve shows.
fn caption(knob: &Knob, y: &str) -> String {
    let (name, own) = (esc(&knob.param.name), esc(&knob.param.value.text()));
    let lines = match &knob.was {
        None => format!("the line stands at the current value, {own}"),
        Some(was) => format!(
            "the lines stand at the value before, {} (pale), and the proposed one, {own}",
            esc(&was.text())
        ),
    };
    format!("{y} against <code>{name}</code>; {lines}. Stricter is {}.", stricter(knob))
}

/// A value to be drawn; a duration in hours.
pub(super) fn number(value: &Literal) -> Option<f64> {
    let number = value.number()?;
    let number = match value {
        Literal::Duration(_) => number.checked_div(Decimal::from(3_600_000))?,
        _ => number,
    };
    number.to_string().parse().ok()
}
