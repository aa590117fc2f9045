//! Charts as drawings inside the page, by the library `plotters`.
//!
//! It draws with fixed colors; each of them here is a name, which becomes a color of the page's style:
//! so a chart is readable in the dark and on paper. Numbers become floats here, to be drawn and nowhere
//! else.

use crate::error::BacktestError;
use plotters::prelude::*;

const WIDTH: u32 = 1_000;
const HEIGHT: u32 = 320;
const FONT: (&str, i32) = ("sans-serif", 15);

/// A color that stands for a name of the page's style.
const fn named(number: u8) -> RGBColor {
    RGBColor(1, 2, number)
}

const INK: RGBColor = named(1);
const GRID: RGBColor = named(2);
/// The candidate.
pub(super) const AFTER: RGBColor = named(3);
/// The baseline.
pub(super) const BEFORE: RGBColor = named(4);
/// Labelled true, labelled false, unknown.
pub(super) const JUDGED: [RGBColor; 3] = [named(5), named(6), named(7)];
const NAMES: [(RGBColor, &str); 7] = [
    (INK, "currentColor"),
    (GRID, "var(--grid)"),
    (AFTER, "var(--a)"),
    (BEFORE, "var(--b)"),
    (JUDGED[0], "var(--true)"),
    (JUDGED[1], "var(--false)"),
    (JUDGED[2], "var(--unknown)"),
];

/// A series of a chart: its name, its color, its points.
pub(super) struct Series {
    pub(super) name: &'static str,
    pub(super) color: RGBColor,
    pub(super) points: Vec<(f64, f64)>,
}

/// What stands at the axes.
pub(super) struct Axes<'a> {
    pub(super) x: &'a str,
    pub(super) y: &'a str,
    /// How a place on the x axis is written.
    pub(super) x_label: &'a dyn Fn(f64) -> String,
}

/// How points are drawn.
#[derive(Clone, Copy, PartialEq)]
pub(super) enum Form {
    /// Bars beside each other; x counts from 0 by one.
    Bars,
    /// Steps that rise.
    Steps,
    /// Dots that a line joins, a line upwards at this place, and a paler one where it was.
    Curve { at: f64, was: Option<f64> },
    /// Dots, and a line across at this height.
    Dots(f64),
    /// Dots, and a line upwards at this place.
    Both(f64),
}

/// Draws.
pub(super) fn chart(
    axes: &Axes<'_>,
    series: &[Series],
    form: Form,
) -> Result<String, BacktestError> {
    let mut svg = String::new();
    draw(&mut svg, axes, series, form).map_err(BacktestError::Chart)?;
    for (color, name) in NAMES {
        let RGBColor(red, green, blue) = color;
        svg = svg.replace(&format!("#{red:02X}{green:02X}{blue:02X}"), name);
    }
    // Inside a page it is no document of its own.
    let begin = svg.find("<svg").unwrap_or(0);
    Ok(svg.get(begin..).unwrap_or_default().trim().to_owned())
}

fn draw(svg: &mut String, axes: &Axes<'_>, series: &[Series], form: Form) -> Result<(), String> {
    let words = |error: &dyn std::fmt::Display| error.to_string();
    let root = SVGBackend::with_string(svg, (WIDTH, HEIGHT)).into_drawing_area();
    let (x, y) = ranges(series, form);
    let mut chart = ChartBuilder::on(&root)
        .margin(8)
        .x_label_area_size(42)
        .y_label_area_size(64)
        .build_cartesian_2d(x, y)
        .map_err(|error| words(&error))?;
    chart
        .configure_mesh()
        .axis_style(INK)
        .bold_line_style(GRID)
        .light_line_style(TRANSPARENT)
        .label_style(FONT.into_font().color(&INK))
        .x_desc(axes.x)
        .y_desc(axes.y)
        .x_label_formatter(&|x| (axes.x_label)(*x))
        .draw()
        .map_err(|error| words(&error))?;
    let many = f64::from(u32::try_from(series.len()).unwrap_or(1));
    for (number, one) in (0_u32..).zip(series) {
        let place = f64::from(number);
        let color = one.color;
        let drawn = match form {
            Form::Bars => chart.draw_series(one.points.iter().map(|(x, y)| {
                let left = x - 0.4 + 0.8 * place / many;
                let right = left + 0.76 / many;
                Rectangle::new([(left, 0.0), (right, *y)], color.filled())
            })),
            Form::Steps => {
                chart.draw_series(LineSeries::new(steps(&one.points), color.stroke_width(2)))
            }
            Form::Curve { .. } => {
                let line = LineSeries::new(one.points.iter().copied(), color.stroke_width(2));
                chart.draw_series(line.point_size(3))
            }
            Form::Dots(_) | Form::Both(_) => chart
                .draw_series(one.points.iter().map(|point| Circle::new(*point, 4, color.filled()))),
        };
        drawn.map_err(|error| words(&error))?.label(one.name).legend(move |(x, y)| {
            let (top, bottom) = (y.saturating_sub(5), y.saturating_add(5));
            Rectangle::new([(x, top), (x.saturating_add(12), bottom)], color.filled())
        });
    }
    let across = |at: f64| [(chart.x_range().start, at), (chart.x_range().end, at)];
    let upwards = |at: f64| [(at, 0.0), (at, chart.y_range().end)];
    let lines = match form {
        Form::Dots(at) => vec![(across(at), INK)],
        Form::Both(at) => vec![(upwards(at), INK)],
        Form::Curve { at, was } => {
            was.map(|was| (upwards(was), BEFORE)).into_iter().chain([(upwards(at), INK)]).collect()
        }
        Form::Bars | Form::Steps => Vec::new(),
    };
    for (line, color) in lines {
        let line = LineSeries::new(line, color.stroke_width(1));
        chart.draw_series(line).map_err(|error| words(&error))?;
    }
    chart
        .configure_series_labels()
        .label_font(FONT.into_font().color(&INK))
        .border_style(TRANSPARENT)
        .background_style(TRANSPARENT)
        .position(SeriesLabelPosition::UpperRight)
        .draw()
        .map_err(|error| words(&error))?;
    root.present().map_err(|error| words(&error))
}

type Ranges = (std::ops::Range<f64>, std::ops::Range<f64>);

/// What the axes show: all points, from zero, with a little room.
fn ranges(series: &[Series], form: Form) -> Ranges {
    let points = || series.iter().flat_map(|one| one.points.iter());
    let across = match form {
        Form::Dots(at) => at,
        Form::Bars | Form::Steps | Form::Curve { .. } | Form::Both(_) => 0.0,
    };
    let highest = points().map(|(_, y)| *y).fold(across, f64::max).max(1e-9);
    let (low, high) = points()
        .map(|(x, _)| *x)
        .fold((f64::MAX, f64::MIN), |(low, high), x| (low.min(x), high.max(x)));
    let (low, high) = if low > high { (0.0, 1.0) } else { (low, high) };
    let (low, high) = match form {
        Form::Bars => (low - 0.5, high + 0.5),
        Form::Steps => (low.min(0.0), high.max(low + 1e-9)),
        Form::Both(at) => (low.min(0.0), high.max(at) * 1.03 + 1e-3),
        Form::Dots(_) | Form::Curve { .. } => {
            let room = ((high - low) * 0.03).max(1e-3);
            (low - room, high + room)
        }
    };
    // Room for the names of the series above bars.
    let room = if form == Form::Bars { 1.35 } else { 1.1 };
    (low..high, 0.0..highest * room)
}

/// Points as a stair.
fn steps(points: &[(f64, f64)]) -> Vec<(f64, f64)> {
    let mut stair: Vec<(f64, f64)> = Vec::new();
    for (x, y) in points {
        if let Some((_, before)) = stair.last().copied() {
            stair.push((*x, before));
        }
        stair.push((*x, *y));
    }
    stair
}

/// A whole number to be drawn.
pub(super) fn float(number: u64) -> f64 {
    f64::from(u32::try_from(number).unwrap_or(u32::MAX))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn colors_are_names_of_the_style() {
        let axes = Axes { x: "week", y: "alerts", x_label: &|x| format!("{x:.0}") };
        let points = vec![(0.0, 2.0), (1.0, 3.0)];
        let curve = Form::Curve { at: 0.5, was: Some(0.7) };
        for form in [Form::Bars, Form::Steps, Form::Dots(2.5), Form::Both(0.2), curve] {
            let one = Series { name: "candidate", color: AFTER, points: points.clone() };
            let svg = chart(&axes, &[one], form).unwrap();
            assert!(svg.starts_with("<svg") && svg.ends_with("</svg>"), "{svg}");
            assert!(svg.contains("var(--a)") && svg.contains("currentColor"), "{svg}");
            assert!(!svg.contains("#0102"), "{svg}");
            let own = svg.replace("xmlns=\"http://www.w3.org/2000/svg\"", "");
            assert!(!own.contains("http"), "{svg}");
        }
    }

    #[test]
    fn a_chart_of_nothing_is_drawn() {
        let axes = Axes { x: "", y: "", x_label: &|_| String::new() };
        assert!(chart(&axes, &[], Form::Steps).unwrap().ends_with("</svg>"));
    }
}
