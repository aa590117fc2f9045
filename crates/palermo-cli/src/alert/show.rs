//! `palermo alert show`: one alert on at most two screens.
//!
//! First what it is, then why, then what speaks against it and what is not known, then who and where
//! the money went, then what to do, and last what proves it. Everything is a field of the document;
//! where a list is longer than there is room, it says how many more there are.

mod evidence;
mod history;
mod link;
mod network;
mod why;

pub(crate) use link::pieces as path_pieces;
pub(crate) use why::family;

use super::document::{Revision, Topic, day, field, list, money, string, texts};
use super::mask::{Masks, announce};
use super::page::{Look, Page};
use super::source;
use crate::args::AlertShowArgs;
use crate::exit::{Exit, Failure};
use crate::out::Out;
use serde_json::{Value, json};
use std::collections::BTreeMap;

/// People that are named one by one.
const NAMED_MAX: usize = 6;
/// Other alerts of the group that are named one by one.
const GROUP_MAX: usize = 3;
const STEPS_MAX: usize = 6;
const NOTES_MAX: usize = 4;

/// Shows one alert.
pub(crate) fn show(arguments: &AlertShowArgs, out: &mut Out) -> Result<Exit, Failure> {
    let topics = [Topic::Alerts, Topic::Suppressed, Topic::Shadow];
    let mut alerts = source::read(&arguments.from, &topics, out)?;
    if arguments.evidence {
        source::read_pages(&arguments.from, &mut alerts)?;
    }
    let revisions = alerts.find(&arguments.id, arguments.topic)?;
    let chosen = choose(revisions, arguments.revision)?;
    if arguments.unmask {
        announce(out);
    }
    if arguments.evidence {
        return Ok(evidence::show(&alerts, chosen, arguments, out));
    }
    if arguments.history {
        return history::show(revisions, arguments, out);
    }
    let masks = Masks::unless(arguments.unmask, chosen);
    if out.json() {
        out.json_data(&masks.hide_all(chosen.document()));
        return Ok(Exit::Fine);
    }
    let newest = revisions.last().map_or(0, Revision::number);
    let mut page = Page::new(out, arguments.ascii);
    let with: Vec<&Revision> =
        alerts.last().filter(|other| belong_together(chosen, other)).collect();
    tell(chosen, newest, &with, &masks, &mut page);
    page.write(out);
    Ok(Exit::Fine)
}

pub(super) fn choose(revisions: &[Revision], number: Option<u64>) -> Result<&Revision, Failure> {
    let chosen = match number {
        None => revisions.last(),
        Some(number) => revisions.iter().find(|revision| revision.number() == number),
    };
    chosen.ok_or_else(|| {
        let there: Vec<String> = revisions.iter().map(|r| r.number().to_string()).collect();
        let text = format!("there is no such revision; there are {}", there.join(", "));
        Failure::words(Exit::Usage, text)
    })
}

/// Whether another alert stands in the same group.
fn belong_together(alert: &Revision, other: &Revision) -> bool {
    let group = alert.group();
    !group.is_empty()
        && group == other.group()
        && alert.id() != other.id()
        && other.action() != "retracted"
}

/// The whole of it, with the alerts of its group.
pub(super) fn tell(
    alert: &Revision,
    newest: u64,
    with: &[&Revision],
    masks: &Masks,
    page: &mut Page,
) {
    head(alert, newest, masks, page);
    page.gap();
    why::indicators(alert, masks, page);
    why::score(alert, page);
    link::tell(alert, masks, page);
    page.gap();
    why::against(alert, masks, page);
    why::undecided(alert, page);
    page.gap();
    who(alert, masks, page);
    group(alert, with, masks, page);
    network::draw(alert, masks, page);
    page.gap();
    next(alert, masks, page);
    proof(alert, page);
}

fn head(alert: &Revision, newest: u64, masks: &Masks, page: &mut Page) {
    let level = alert.level().to_uppercase();
    let look = match alert.rank() {
        4 => Look::Bad,
        3 => Look::Warn,
        _ => Look::Strong,
    };
    let badge = page.paint(look, &format!("{level} {}", alert.score()));
    let headline = masks.hide(alert.text("/headline"));
    page.line(format!("{badge}  {}", page.paint(Look::Strong, &headline)));
    if alert.is_urgent() {
        let text = "  URGENT: somebody may need protection now";
        page.line(page.paint(Look::Bad, text));
    }
    let topic = match alert.topic {
        Topic::Alerts => String::new(),
        other => format!(", on {}", other.as_str()),
    };
    let number = alert.number();
    let of = if newest == number { String::new() } else { format!(" of {newest}") };
    page.line(format!(
        "  {} {}, {} revision {number}{of}, {}{topic}",
        alert.typology(),
        alert.text("/title"),
        alert.id(),
        standing(alert)
    ));
    page.say("about", &about(alert, masks));
    page.say("level", &bands(alert));
}

/// What the action means.
fn standing(alert: &Revision) -> String {
    let because = match alert.text("/cause") {
        "late" => ", because a payment came late",
        "reversal" => ", because a payment was taken back",
        "rule_removed" => ", because its rule is no longer deployed",
        "merged" => ", because its group has merged with another or was split",
        _ => "",
    };
    let action = match alert.action() {
        "created" => "new",
        "updated" if alert.at("/when/final").as_bool() == Some(true) => "updated, final",
        "updated" => "updated",
        "closed" => "closed: the episode is over",
        "retracted" => "retracted: it no longer holds",
        "suppressed" => "held back: something explains it",
        other => other,
    };
    format!("{action}{because}")
}

fn about(alert: &Revision, masks: &Masks) -> String {
    let subjects = list(alert.at("/who/subjects"));
    let subjects: Vec<String> = subjects.map(|actor| named(actor, masks)).collect();
    let (into, out) = (money(alert.at("/what/amount_in")), money(alert.at("/what/amount_out")));
    let payments = alert.at("/what/payments").as_u64().unwrap_or(0);
    let (start, last) = (day(alert.text("/episode/start")), day(alert.text("/episode/last")));
    let crime: Vec<String> = texts(alert.at("/crime")).map(spaced).collect();
    let stage: Vec<String> = texts(alert.at("/stage")).map(spaced).collect();
    let mut text = subjects.join(" and ");
    text.push_str(&format!(": {payments} payments from {start} to {last}, {into} in, {out} out; "));
    text.push_str(&format!("a sign of {}", crime.join(" or ")));
    if !stage.is_empty() {
        text.push_str(&format!(", in {}", stage.join(" and ")));
    }
    text.push_str(". A reason to look, not proof.");
    text
}

fn bands(alert: &Revision) -> String {
    let band = |name: &str| alert.at(&format!("/why/score_breakdown/bands/{name}")).as_u64();
    let mut text = format!("{}, {} points", alert.level(), alert.score());
    let edges = ["medium", "high", "critical"].map(|name| band(name).map(|at| (name, at)));
    let edges: Vec<String> =
        edges.into_iter().flatten().map(|(name, at)| format!("{name} from {at}")).collect();
    if !edges.is_empty() {
        text.push_str(&format!(" ({})", edges.join(", ")));
    }
    let due = alert.text("/workflow/due_in");
    if !due.is_empty() {
        let queue = alert.text("/workflow/queue");
        text.push_str(&format!("; due in {due}, queue {queue}"));
    }
    if alert.at("/truncated").as_bool() == Some(true) {
        text.push_str("; a bound cut the evidence: the numbers are at least these");
    }
    text
}

/// `account BANK:F (collector)`, or the name that stands for who is masked.
fn named(actor: &Value, masks: &Masks) -> String {
    let (entity, key) = (string(actor, "entity"), string(actor, "key"));
    match masks.name(key) {
        Some(name) => name.to_owned(),
        None => format!("{entity} {key}"),
    }
}

fn spaced(text: &str) -> String {
    text.replace('_', " ")
}

fn who(alert: &Revision, masks: &Masks, page: &mut Page) {
    let mut lines: Vec<String> = Vec::new();
    for actor in list(alert.at("/who/subjects")) {
        let (role, function) = (spaced(string(actor, "role")), string(actor, "function"));
        lines.push(format!("{}: {role}, {function}", named(actor, masks)));
    }
    let mut others: BTreeMap<(&str, &str), Vec<String>> = BTreeMap::new();
    for actor in list(alert.at("/who/related")) {
        let kind = (string(actor, "function"), string(actor, "role"));
        others.entry(kind).or_default().push(named(actor, masks));
    }
    let listed: u64 = others.values().map(|all| all.len() as u64).sum();
    for ((function, role), all) in others {
        let shown = people(&all);
        lines.push(format!("{} x {function} ({}): {shown}", all.len(), spaced(role)));
    }
    let count = alert.at("/who/related_count").as_u64().unwrap_or(listed);
    if let Some(more) = count.checked_sub(listed).filter(|more| *more > 0) {
        lines.push(format!("{more} more who are not listed in the alert"));
    }
    page.say_some("who", &lines, 8);
}

/// The other alerts of the network. Whom this one masks is masked there as well.
fn group(alert: &Revision, with: &[&Revision], masks: &Masks, page: &mut Page) {
    if with.is_empty() {
        return;
    }
    let mut lines = vec![format!("{}: {} more of one network", alert.group(), with.len())];
    for other in with.iter().take(GROUP_MAX) {
        let (about, (start, last)) = (masks.hide(other.anchor()), other.days());
        lines.push(format!(
            "{} {} on {about}, {start} to {last}, {}",
            other.id(),
            other.typology(),
            other.action()
        ));
    }
    if let Some(more) = with.len().checked_sub(GROUP_MAX).filter(|more| *more > 0) {
        lines.push(format!("{more} more: `palermo alert list --group {}`", alert.group()));
    }
    page.say_some("group", &lines, GROUP_MAX.saturating_add(2));
}

/// The first of them by name. Masked ones have numbers in a row: the first and the last will do.
fn people(all: &[String]) -> String {
    let masked = all.iter().all(|name| name.ends_with(" (masked)"));
    if let (true, [first, .., last]) = (masked && all.len() > 2, all) {
        let number = last.trim_end_matches(" (masked)").rsplit(' ').next().unwrap_or("");
        return format!("{} to {number} (masked)", first.trim_end_matches(" (masked)"));
    }
    let named = all.iter().take(NAMED_MAX).cloned().collect::<Vec<_>>().join(", ");
    match all.len().checked_sub(NAMED_MAX).filter(|more| *more > 0) {
        Some(more) => format!("{named} and {more} more"),
        None => named,
    }
}

fn next(alert: &Revision, masks: &Masks, page: &mut Page) {
    let steps: Vec<String> = texts(alert.at("/workflow/steps")).map(|s| masks.hide(s)).collect();
    page.say_some("next", &steps, STEPS_MAX);
    let mut notes: Vec<String> = Vec::new();
    if masks.len() > 0 {
        notes.push("the masked may be victims: do not contact them, do not tip off".to_owned());
    }
    notes.extend(texts(alert.at("/victim_protection/notes")).map(str::to_owned));
    for (at, note) in notes.iter().take(NOTES_MAX).enumerate() {
        page.say(if at == 0 { "care" } else { "" }, note);
    }
    let term = alert.text("/report_hints/key_term");
    if !term.is_empty() {
        let codes: Vec<&str> = texts(alert.at("/report_hints/fincen")).collect();
        page.say("report", &format!("key term {term}; fields {}", codes.join(", ")));
    }
}

fn proof(alert: &Revision, page: &mut Page) {
    let short = |text: &str| text.get(..12).unwrap_or(text).to_owned();
    let rule = alert.at("/how/rule");
    let (id, version) = (string(rule, "id"), string(rule, "version"));
    let logic = short(string(rule, "logic_sha256"));
    let mut text = format!("{id} {version} (logic {logic}) of {}", alert.text("/how/ruleset"));
    let bundle = alert.text("/how/bundle");
    if !bundle.is_empty() {
        text.push_str(&format!(", bundle {}", short(bundle)));
    }
    page.say("rule", &text);
    let topic = alert.text("/how/input/topic");
    let positions: Vec<String> = list(alert.at("/how/input/positions"))
        .map(|range| {
            let number = |name| field(range, name).as_i64().unwrap_or(0);
            format!("{topic}/{} {} to {}", number("partition"), number("from"), number("to"))
        })
        .collect();
    let detected = alert.text("/when/detected_at");
    let text = format!("{}; the deciding record is of {detected}", positions.join(", "));
    page.say("read at", &text);
    let replay = alert.text("/how/replay");
    page.say("replay", replay);
}

/// What `--format json` says of a revision in a history.
fn brief(alert: &Revision) -> Value {
    json!({
        "revision": alert.number(),
        "action": alert.action(),
        "cause": alert.text("/cause"),
        "decided_at": alert.decided_at(),
        "final": alert.at("/when/final"),
    })
}
