//! `palermo alert list`.

use super::document::{LEVELS, Revision, Topic, moment};
use super::mask::{Masks, announce};
use super::page::{Look, cut, paint};
use super::source;
use crate::args::{AlertListArgs, LevelArg};
use crate::exit::{Exit, Failure};
use crate::out::Out;
use palermo_domain::EventTime;
use serde_json::{Value, json};
use std::cmp::Reverse;

/// The headline keeps at least so many characters.
const HEADLINE_MIN: usize = 24;
const HEADERS: [&str; 9] =
    ["id", "level", "score", "typology", "headline", "subject", "episode", "action", "rev"];
/// The place of the headline among them.
const HEADLINE: usize = 4;

/// Lists alerts.
pub(crate) fn list(arguments: &AlertListArgs, out: &mut Out) -> Result<Exit, Failure> {
    let mut topics = vec![Topic::Alerts];
    topics.extend(arguments.suppressed.then_some(Topic::Suppressed));
    topics.extend(arguments.shadow.then_some(Topic::Shadow));
    let alerts = source::read(&arguments.from, &topics, out)?;
    if arguments.unmask {
        announce(out);
    }
    let mut rows: Vec<&Revision> = alerts
        .last()
        .filter(|last| topics.contains(&last.topic) && fits(arguments, last))
        .collect();
    rows.sort_by_key(|row| {
        let newest = Reverse(row.decided_at());
        (!row.is_urgent(), Reverse(row.rank()), Reverse(row.score()), newest, row.id(), row.topic)
    });
    let elsewhere = |last: &&Revision| !topics.contains(&last.topic) && fits(arguments, last);
    let left_out = alerts.last().filter(elsewhere).count();
    if left_out > 0 {
        let text = "in shadow or held back, not shown: `--suppressed` and `--shadow` show them";
        out.talk(&format!("{left_out} more {text}"));
    }
    if out.json() {
        let rows: Vec<Value> = rows.iter().map(|row| row_json(row, arguments.unmask)).collect();
        out.json_data(&json!({"alerts": rows}));
        return Ok(Exit::Fine);
    }
    if rows.is_empty() {
        let why = if alerts.is_empty() { "no alerts" } else { "no alert fits" };
        out.talk(why);
        return Ok(Exit::Fine);
    }
    let cells: Vec<[String; 9]> = rows.iter().map(|row| cells(row, arguments.unmask)).collect();
    table(&rows, &cells, out);
    Ok(Exit::Fine)
}

fn fits(arguments: &AlertListArgs, row: &Revision) -> bool {
    let least = arguments.level.map_or(0, rank);
    let typologies = &arguments.typology;
    let since = |from: EventTime| EventTime::parse(row.decided_at()).is_ok_and(|at| at >= from);
    row.rank() >= least
        && (typologies.is_empty()
            || typologies.iter().any(|id| id.eq_ignore_ascii_case(row.typology())))
        && arguments.since.is_none_or(since)
        && arguments.group.as_ref().is_none_or(|group| group == row.group())
        && (!arguments.open || row.is_open())
}

fn rank(level: LevelArg) -> usize {
    let text = match level {
        LevelArg::Informational => "informational",
        LevelArg::Low => "low",
        LevelArg::Medium => "medium",
        LevelArg::High => "high",
        LevelArg::Critical => "critical",
    };
    LEVELS.iter().position(|level| *level == text).unwrap_or(0)
}

fn row_json(row: &Revision, unmask: bool) -> Value {
    let masks = Masks::unless(unmask, row);
    json!({
        "id": row.id(),
        "revision": row.number(),
        "action": row.action(),
        "topic": row.topic.as_str(),
        "typology": row.typology(),
        "title": row.text("/title"),
        "level": row.level(),
        "score": row.score(),
        "urgent": row.is_urgent(),
        "headline": masks.hide(row.text("/headline")),
        "subject": masks.hide(row.anchor()),
        "group": row.group(),
        "episode": row.at("/episode"),
        "decided_at": row.decided_at(),
    })
}

fn cells(row: &Revision, unmask: bool) -> [String; 9] {
    let masks = Masks::unless(unmask, row);
    let (start, last) = row.days();
    let urgent = if row.is_urgent() { "!" } else { "" };
    let action = match row.topic {
        Topic::Shadow => format!("{} ({})", row.action(), row.text("/mode")),
        _ => row.action().to_owned(),
    };
    [
        row.id().to_owned(),
        format!("{urgent}{}", row.level()),
        row.score().to_string(),
        row.typology().to_owned(),
        masks.hide(row.text("/headline")),
        masks.hide(row.anchor()),
        if start == last { start.to_owned() } else { format!("{start}..{last}") },
        action,
        row.number().to_string(),
    ]
}

/// Columns as wide as what they hold; the headline gives way where the terminal is narrow.
fn table(rows: &[&Revision], cells: &[[String; 9]], out: &mut Out) {
    let mut widths = HEADERS.map(str::len);
    for row in cells {
        for (width, cell) in widths.iter_mut().zip(row) {
            *width = (*width).max(cell.chars().count());
        }
    }
    let others = widths.iter().enumerate().filter(|(at, _)| *at != HEADLINE);
    let others = others.map(|(_, width)| width.saturating_add(2)).fold(0, usize::saturating_add);
    if let Some(columns) = out.columns()
        && let Some(width) = widths.get_mut(HEADLINE)
    {
        *width = (*width).min(columns.saturating_sub(others).max(HEADLINE_MIN));
    }
    let (color, unicode) = (out.color_data(), out.unicode());
    let line = |cells: &[&str]| {
        let mut line = String::new();
        for ((at, cell), width) in cells.iter().enumerate().zip(widths) {
            let cell = cut(cell, width, unicode);
            let room = width.saturating_sub(cell.chars().count());
            let is_number = at == 2 || at == 8;
            let (before, after) = if is_number { (room, 0) } else { (0, room) };
            line.push_str(&" ".repeat(before));
            line.push_str(&cell);
            line.push_str(&" ".repeat(after.saturating_add(2)));
        }
        line.trim_end().to_owned()
    };
    out.data(&paint(color, Look::Strong, &line(&HEADERS)));
    for (row, cells) in rows.iter().zip(cells) {
        let cells: Vec<&str> = cells.iter().map(String::as_str).collect();
        let look = match (row.is_open(), row.is_urgent() || row.rank() == 4, row.rank() == 3) {
            (false, ..) => Some(Look::Dim),
            (_, true, _) => Some(Look::Bad),
            (.., true) => Some(Look::Warn),
            _ => None,
        };
        let line = line(&cells);
        out.data(&look.map_or(line.clone(), |look| paint(color, look, &line)));
    }
    let urgent = rows.iter().filter(|row| row.is_urgent()).count();
    if urgent > 0 {
        out.talk(&format!("`!` marks {urgent} urgent: somebody may need protection now"));
    }
    let newest = rows.iter().map(|row| row.decided_at()).max().unwrap_or("");
    let plural = if rows.len() == 1 { "" } else { "s" };
    out.talk(&format!("{} alert{plural}, the newest of {}", rows.len(), moment(newest)));
}
