//! What people read of a sweep: lines for a terminal, a page with a curve for each parameter, the points
//! for programs, and for each point that nothing beats the rule files with its values.

use super::RuleFacts;
use super::charts::{AFTER, Axes, BEFORE, Form, Series, chart, float};
use super::curves::{Curves, HEAD, cells, stricter};
use super::html::{esc, figure, page as whole, section, table};
use super::words::{count, span};
use crate::error::BacktestError;
use crate::input::Facts;
use crate::tune::{Tried, pareto};
use palermo_domain::Span;
use palermo_lang::program::Literal;
use palermo_lang::{Library, Point};
use serde_json::{Value, json};
use std::collections::BTreeMap;

/// Everything that a sweep tells.
#[derive(Clone, Copy, Debug)]
pub struct SweepReport<'a> {
    /// The rule that was asked about.
    pub rule: &'a str,
    /// The rules.
    pub rules: &'a RuleFacts,
    /// What was read.
    pub facts: &'a Facts,
    /// Name and hash of the labels.
    pub labels: Option<(&'a str, &'a str)>,
    /// What each point gives.
    pub curves: Curves<'a>,
    /// Alerts a day that there are people for: a line in the drawing, and nothing else.
    pub capacity: Option<u64>,
    /// Muted at the beginning, and how long after its end an alert is about a label.
    pub spans: (Span, Span),
    /// The seed of the sample.
    pub seed: u64,
    /// The rules as they are written.
    pub library: &'a Library,
}

impl SweepReport<'_> {
    /// A screen for a terminal.
    pub fn lines(&self) -> Vec<String> {
        let (rule, facts) = (self.rule, self.facts);
        let mut lines = vec![format!(
            "{rule} of {} {}: {} points over {} payments in one pass",
            self.rules.name,
            self.rules.version,
            self.curves.sweep.points.len(),
            count(facts.payments)
        )];
        lines.extend(self.curves.notes.iter().cloned());
        for knob in self.curves.knobs {
            lines.push(String::new());
            lines.push(format!("{} (stricter {})", knob.name(), stricter(knob)));
            lines.push(row(&HEAD.map(str::to_owned)));
            let points = self.curves.curve(knob);
            lines
                .extend(points.map(|(value, tried, mark)| row(&cells(&value.text(), tried, mark))));
        }
        lines.push(String::new());
        lines.push("what no other point beats in recall, alerts and delay at once".to_owned());
        lines.push(row(&HEAD.map(str::to_owned)));
        for at in pareto(self.curves.tried) {
            let Some(tried) = self.curves.tried.get(at) else { continue };
            lines.push(row(&cells(&format!("point {at}"), tried, &self.moved(at))));
        }
        lines
    }

    /// The points for programs, one a line, that of the current values first.
    pub fn points(&self) -> String {
        let best = pareto(self.curves.tried);
        let mut text = String::new();
        for (at, tried) in self.curves.tried.iter().enumerate() {
            let value = json!({
                "point": at,
                "values": self.values(at),
                "alerts": tried.alerts,
                "alerts_a_day": tried.a_day,
                "recall": {"part": tried.recall.part, "whole": tried.recall.whole},
                "precision": {"part": tried.precision.part, "whole": tried.precision.whole},
                "delay_p50_ms": tried.delay_ms,
                "lost": tried.lost.0,
                "lost_true": tried.lost.1,
                "new": tried.new,
                "pareto": best.contains(&at),
            });
            text.push_str(&format!("{value}\n"));
        }
        text
    }

    /// The page.
    ///
    /// # Errors
    /// A chart that cannot be drawn.
    pub fn page(&self) -> Result<String, BacktestError> {
        let mut body = self.head();
        for knob in self.curves.knobs {
            let drawn = self.curves.knob(knob)?;
            body.push_str(&section(&knob.name(), &esc(&knob.name()), &drawn));
        }
        if let Some(map) = self.curves.map() {
            body.push_str(&section("pairs", "Two parameters against each other", &map));
        }
        body.push_str(&section("pareto", "What nothing else beats", &self.front()?));
        Ok(whole(&format!("Sweep of {}", self.rule), &body))
    }

    /// Rule files with the values of each point that nothing beats: `point/path` and text.
    pub fn candidates(&self) -> Vec<(String, String)> {
        let mut files = Vec::new();
        for at in pareto(self.curves.tried).into_iter().filter(|at| *at > 0) {
            let (Some(point), Some(tried)) = (self.point(at), self.curves.tried.get(at)) else {
                continue;
            };
            let mut rules: Vec<&str> = point.keys().map(|(rule, _)| rule.as_str()).collect();
            rules.dedup();
            for rule in rules {
                let Some(written) = self.library.rule(rule) else { continue };
                let name = written.path.rsplit('/').next().unwrap_or(&written.path);
                let text = candidate(&written.text, rule, point, &self.evidence(tried));
                files.push((format!("{at}/{name}"), text));
            }
        }
        files
    }

    /// One line that says what a value rests on.
    fn evidence(&self, tried: &Tried) -> String {
        let data: Vec<&str> =
            self.facts.files.iter().map(|file| super::words::short(&file.sha256)).collect();
        format!(
            "sweep over {} payments (data {}): {} alerts, recall {}, precision {}; seed {}",
            self.facts.payments,
            data.join(" "),
            tried.alerts,
            tried.recall,
            tried.precision,
            self.seed
        )
    }

    fn point(&self, at: usize) -> Option<&Point> {
        at.checked_sub(1).and_then(|at| self.curves.sweep.points.get(at))
    }

    /// The values that a point moves, by name.
    fn values(&self, at: usize) -> Value {
        let moved = self.point(at).into_iter().flatten();
        let each =
            moved.map(|((rule, name), value)| (format!("{rule}.{name}"), json!(value.text())));
        Value::Object(each.collect())
    }

    fn moved(&self, at: usize) -> String {
        let Some(point) = self.point(at) else { return "now".to_owned() };
        let each =
            point.iter().map(|((rule, name), value)| format!("{rule}.{name} {}", value.text()));
        each.collect::<Vec<_>>().join(", ")
    }

    fn head(&self) -> String {
        let files: Vec<String> = self
            .facts
            .files
            .iter()
            .map(|file| format!("{} <code>{}</code>", esc(&file.name), esc(&file.sha256)))
            .collect();
        let labels = self
            .labels
            .map_or("none: recall and precision say nothing".to_owned(), |(name, hash)| {
                format!("{} <code>{}</code>", esc(name), esc(hash))
            });
        let (warm_up, grace) = self.spans;
        format!(
            "<header>\n<h1>Sweep of {}</h1>\n<p class=\"soft\">{} {} ({}), <code>{}</code>; {} points, \
             seed {}; warm-up {}, grace {}</p>\n</header>\n<p>Data: {}. Labels: {labels}.</p>\n\
             <p>{}.</p>\n\
             <p>Each point was deployed beside the others and decided by the engine that runs live; named \
             exceptions are not part of it. Parameters stay within their declared ranges. No point is the best one: that is a \
             judgment, and how many people there are to look at alerts is no part of it.</p>\n",
            esc(self.rule),
            esc(&self.rules.name),
            esc(&self.rules.version),
            esc(&self.rules.origin),
            esc(&self.rules.bundle),
            self.curves.sweep.points.len(),
            self.seed,
            span(warm_up),
            span(grace),
            files.join(", "),
            esc(&self.curves.notes.join("; "))
        )
    }

    fn front(&self) -> Result<String, BacktestError> {
        let best = pareto(self.curves.tried);
        let days = float(self.days());
        let dots = |wanted: bool| -> Vec<(f64, f64)> {
            let all = self.curves.tried.iter().enumerate();
            all.filter(|(at, _)| best.contains(at) == wanted)
                .map(|(_, tried)| {
                    let found = float(tried.recall.micro().unwrap_or(0)) / 10_000.0;
                    (float(tried.alerts) / days, found)
                })
                .collect()
        };
        let mut series = vec![
            Series { name: "beaten", color: BEFORE, points: dots(false) },
            Series { name: "beaten by none", color: AFTER, points: dots(true) },
        ];
        series.retain(|one| !one.points.is_empty());
        let label = |x: f64| format!("{x:.2}");
        let axes = Axes { x: "alerts a day", y: "% of labels found", x_label: &label };
        let form = self.capacity.map_or(Form::Dots(0.0), |capacity| Form::Both(float(capacity)));
        let drawing = chart(&axes, &series, form)?;
        let words = "Every point of the sweep. A line upwards, where there is one, is the capacity that was \
                     stated; it decides nothing.";
        let mut text = figure(&drawing, words);
        let rows: Vec<Vec<String>> = best
            .iter()
            .filter_map(|at| {
                let tried = self.curves.tried.get(*at)?;
                let row = cells(&format!("point {at}"), tried, &self.moved(*at));
                Some(row.iter().map(|cell| esc(cell)).collect())
            })
            .collect();
        text.push_str(&table(
            "No other point has more recall, fewer alerts and less delay at once",
            &HEAD,
            &rows,
        ));
        Ok(text)
    }

    /// Days that count.
    fn days(&self) -> u64 {
        let Some((first, last)) = self.facts.span else { return 1 };
        let from = self.facts.counted_from(self.spans.0).unwrap_or(first.date());
        u64::try_from(last.date().0.saturating_sub(from.0).saturating_add(1)).unwrap_or(1).max(1)
    }
}

fn row(cells: &[String; 8]) -> String {
    let [value, alerts, a_day, recall, precision, delay, lost, mark] = cells;
    let line = format!(
        "  {value:<12} {alerts:>7} {a_day:>8}  {recall:<12} {precision:<12} {delay:>9}  {lost:<11} {mark}"
    );
    line.trim_end().to_owned()
}

/// A rule's text with the values of a point, each with what it rests on; what is not written on the line of
/// its name is left to a person.
fn candidate(text: &str, rule: &str, point: &Point, evidence: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let own = point.iter().filter(|((of, _), _)| of == rule);
    let mut open: BTreeMap<&str, &Literal> =
        own.map(|((_, name), value)| (name.as_str(), value)).collect();
    for line in text.lines() {
        let indent = line.len().saturating_sub(line.trim_start().len());
        let name = line.trim_start().split(':').next().unwrap_or("");
        let place = open.get(name).and_then(|value| Some((*value, place_of_value(line)?)));
        if let Some((value, (from, to))) = place {
            open.remove(name);
            let number = value.number().map(|number| number.normalize().to_string());
            let written = match value {
                Literal::Duration(_) => value.text(),
                _ => number.unwrap_or_else(|| value.text()),
            };
            let (before, after) = (line.get(..from).unwrap_or(""), line.get(to..).unwrap_or(""));
            out.push_str(&format!("{:indent$}# {evidence}\n{before} {written}{after}\n", ""));
        } else {
            out.push_str(line);
            out.push('\n');
        }
    }
    let by_hand: Vec<String> =
        open.iter().map(|(name, value)| format!("{name} {}", value.text())).collect();
    if by_hand.is_empty() {
        out
    } else {
        format!("# to be set by hand: {}\n{out}", by_hand.join(", "))
    }
}

/// Where the value of a parameter stands on its line.
fn place_of_value(line: &str) -> Option<(usize, usize)> {
    const KEY: &str = "value:";
    let brace = line.find('{')?;
    let inner = line.get(brace..)?;
    let starts = inner.match_indices(KEY).find(|(at, _)| {
        let before = at.checked_sub(1).and_then(|at| inner.as_bytes().get(at));
        before.is_some_and(|before| matches!(before, b'{' | b' ' | b','))
    });
    let from = brace.saturating_add(starts?.0).saturating_add(KEY.len());
    let rest = line.get(from..)?;
    let to = rest.find([',', '}']).map_or(line.len(), |to| from.saturating_add(to));
    Some((from, to))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_candidate_has_the_new_values_and_says_why() {
        let text = "id: MS-08\nparameters:\n  min_senders:    {value: 25,  type: int, range: [5, 100]}\n  gap: {value: 48h, type: duration}\nwindow: 30d\n";
        let key = |name: &str| ("MS-08".to_owned(), name.to_owned());
        let point = Point::from([
            (key("min_senders"), Literal::Int(40)),
            (key("gap"), Literal::Duration(Span::from_days(3))),
        ]);
        let changed = candidate(text, "MS-08", &point, "sweep");
        assert_eq!(
            changed,
            "id: MS-08\nparameters:\n  # sweep\n  min_senders:    {value: 40,  type: int, range: [5, 100]}\n  # sweep\n  gap: {value: 3d, type: duration}\nwindow: 30d\n"
        );
        // Where it is not written on its line, a person is told.
        let block =
            "parameters:\n  min_senders:\n    value: 25\n  my_value: {range: [1, 2], value: 3}\n";
        let point = Point::from([
            (key("min_senders"), Literal::Int(40)),
            (key("my_value"), Literal::Int(2)),
        ]);
        assert_eq!(
            candidate(block, "MS-08", &point, "sweep"),
            "# to be set by hand: min_senders 40\nparameters:\n  min_senders:\n    value: 25\n  # sweep\n  my_value: {range: [1, 2], value: 2}\n"
        );
        assert_eq!(candidate(text, "MS-09", &point, "sweep"), text);
    }
}
