//! The answer in plain words, on one screen, or as JSON.

use super::{Answer, Found};
use crate::alert::document::{day, moment};
use crate::alert::mask::Masks;
use crate::alert::page::{Look as Paint, Page};
use crate::alert::{family, path_pieces};
use crate::out::Out;
use crate::ratio;
use palermo_domain::EventTime;
use palermo_domain::alert::LinkStep;
use palermo_engine::{Asked, AskedLink, Part, PartText};
use serde_json::{Value, json};

/// Parts of a condition that are shown, and parts of a part.
const PARTS_MAX: usize = 4;
const INNER_MAX: usize = 3;
/// Indicators that only add points and are shown with what they lack.
const BOOSTS_MAX: usize = 5;
const LINES_MAX: usize = 5;

impl Answer {
    pub(super) fn write(&self, out: &mut Out) {
        if out.json() {
            out.json_data(&self.json());
            return;
        }
        let mut page = Page::new(out, false);
        self.head(&mut page);
        self.indicators(&mut page);
        self.families(&mut page);
        self.explained(&mut page);
        self.limits(&mut page);
        page.write(out);
    }

    /// What became of it, first.
    fn verdict(&self) -> String {
        let why = &self.why;
        let then: Vec<&Found> = self.found.iter().filter(|one| !self.is_later(one)).collect();
        if let (Some(first), Some(last)) = (then.first(), then.last()) {
            return found(last, &first.at, self.muted_before);
        }
        if !why.elsewhere.is_empty() {
            return format!(
                "not found: {} must hold on this very account, and holds on another one of its holder",
                why.elsewhere.join(", ")
            );
        }
        if !why.require_holds {
            return format!("not found: it lacks {}", why.lacking.join(" and "));
        }
        if !why.families_hold {
            return format!(
                "not found: it needs {} families of evidence ({}), and {} hold",
                why.families_least,
                why.families_needed,
                why.families.len()
            );
        }
        "everything that it requires holds at this time; no finding was published of it".to_owned()
    }

    /// Whether it was decided after the time that is judged, where one was asked for.
    fn is_later(&self, one: &Found) -> bool {
        self.asked_at.is_some_and(|at| EventTime::parse(&one.at).is_ok_and(|found| found > at))
    }

    /// What the typology requires, what lacks at length; then what adds points, in short.
    fn indicators(&self, page: &mut Page) {
        let (required, boost): (Vec<&Asked>, Vec<&Asked>) =
            self.why.indicators.iter().partition(|one| one.required);
        page.say("requires", &self.why.require);
        for one in required {
            asked(one, page);
        }
        for link in &self.why.links {
            tell_link(link, page);
        }
        let mut boost = boost;
        boost.sort_by_key(|one| {
            let held = one.closest.as_ref().map(|look| look.held());
            (one.held.is_none(), std::cmp::Reverse(held))
        });
        if !boost.is_empty() {
            page.gap();
            page.say("adds", "to the score, and to the families where it holds");
        }
        for one in boost.iter().take(BOOSTS_MAX) {
            asked(one, page);
        }
        let rest: Vec<&str> = boost.iter().skip(BOOSTS_MAX).map(|one| one.id.as_str()).collect();
        if !rest.is_empty() {
            page.say("no", &format!("nor {}", rest.join(", ")));
        }
    }

    fn head(&self, page: &mut Page) {
        let why = &self.why;
        let verdict = self.verdict();
        page.line(format!("{} {} on {}", self.typology, self.title, why.anchor));
        let look = if self.found.is_empty() { Paint::Warn } else { Paint::Good };
        let painted = page.paint(look, &verdict);
        page.say("", &painted);
        let accounts = match why.accounts.len() {
            1 => String::new(),
            n => format!(" of {n} accounts of the holder"),
        };
        let text = format!(
            "{}, window from {}; {} payments{accounts} in it",
            shown(why.at),
            shown(why.after),
            why.payments
        );
        page.say("judged at", &text);
        if let Some(later) = self.found.iter().find(|one| self.is_later(one)) {
            page.say("later", &found(later, &later.at, self.muted_before));
        }
        page.gap();
    }

    fn families(&self, page: &mut Page) {
        let why = &self.why;
        let named: Vec<String> = why
            .families
            .iter()
            .map(|letter| format!("{letter} {}", family(&letter.to_string())))
            .collect();
        let reached = if named.is_empty() { "none".to_owned() } else { named.join(", ") };
        let holds = if why.families_hold { "enough" } else { "not enough" };
        page.gap();
        page.say(
            "families",
            &format!(
                "{reached}: {holds}; it needs {} and at least {}",
                why.families_needed, why.families_least
            ),
        );
    }

    fn explained(&self, page: &mut Page) {
        let why = &self.why;
        let held: Vec<String> = why
            .suppressors
            .iter()
            .filter(|one| one.holds)
            .map(|one| format!("{} would hold a finding back: {}", one.id, one.because))
            .collect();
        let others: Vec<&str> =
            why.suppressors.iter().filter(|one| !one.holds).map(|one| one.id.as_str()).collect();
        page.say_some("explained", &held, LINES_MAX);
        if !others.is_empty() {
            let label = if held.is_empty() { "explained" } else { "" };
            let text = format!("not by {}", others.join(", "));
            page.say(label, &text);
        }
        if let Some(reason) = &why.exception {
            page.say("exception", &format!("a named exception covers it: {reason}"));
        }
    }

    fn limits(&self, page: &mut Page) {
        let why = &self.why;
        if !why.whole {
            page.say("note", "a part of these windows is older than what is kept (`state.horizon`): earlier hits may be missing");
        }
        let cut: u64 = why.indicators.iter().map(|one| one.cut).fold(0, u64::saturating_add);
        if cut > 0 {
            page.say(
                "note",
                &format!("{cut} of the oldest looks were not made: there are too many payments"),
            );
        }
    }

    fn json(&self) -> Value {
        let why = &self.why;
        let found: Vec<Value> = self
            .found
            .iter()
            .map(|one| {
                let muted = is_muted(one, self.muted_before);
                json!({"alert_id": one.id, "action": one.action, "decided_at": one.at,
                       "held_back": one.held_back, "suppressed_by": one.by, "muted": muted,
                       "headline": one.headline})
            })
            .collect();
        let suppressors: Vec<Value> = why
            .suppressors
            .iter()
            .map(|one| json!({"id": one.id, "holds": one.holds, "because": one.because}))
            .collect();
        json!({
            "typology": self.typology,
            "title": self.title,
            "anchor": why.anchor,
            "accounts": why.accounts,
            "at": why.at.to_string(),
            "after": why.after.to_string(),
            "payments": why.payments,
            "whole": why.whole,
            "verdict": self.verdict(),
            "require": why.require,
            "require_holds": why.require_holds,
            "lacking": why.lacking,
            "elsewhere": why.elsewhere,
            "indicators": why.indicators.iter().map(asked_json).collect::<Vec<_>>(),
            "families": {"reached": why.families.iter().map(char::to_string).collect::<Vec<_>>(),
                         "needed": why.families_needed, "least": why.families_least,
                         "hold": why.families_hold},
            "links": why.links.iter().map(link_json).collect::<Vec<_>>(),
            "suppressors": suppressors,
            "exception": why.exception,
            "findings": found,
        })
    }
}

/// A finding that was made, in words.
fn found(last: &Found, since: &str, muted_before: Option<EventTime>) -> String {
    let (id, since) = (&last.id, moment(since));
    let by = last.by.join(", ");
    let mut text = match (last.action.as_str(), last.held_back) {
        ("retracted", _) => format!("found on {since} and retracted since ({id})"),
        (_, true) => format!("found on {since}, and held back by {by} ({id} on alerts.suppressed)"),
        ("closed", _) => format!("found on {since}, and closed since ({id})"),
        _ => format!("found on {since}: it is an alert ({id})"),
    };
    if is_muted(last, muted_before) {
        text.push_str(", but muted by `--warm-up-until`: not published by the task");
    }
    text
}

fn is_muted(one: &Found, muted_before: Option<EventTime>) -> bool {
    let at = EventTime::parse(&one.at).ok();
    muted_before.zip(at).is_some_and(|(until, at)| at < until)
}

fn shown(time: EventTime) -> String {
    moment(&time.to_string())
}

fn mark(holds: Option<bool>) -> &'static str {
    match holds {
        Some(true) => "yes",
        Some(false) => "no",
        None => "?",
    }
}

/// One indicator: when it held, else how close it came.
fn asked(indicator: &Asked, page: &mut Page) {
    let Asked { id, title, family, tier, .. } = indicator;
    let head = format!("{id} {title} ({family}, {tier})");
    if let Some(held) = &indicator.held {
        let (first, last) = (shown(held.first), shown(held.last));
        let when = match held.times {
            1 => format!("once, on {first}"),
            n => format!("{n} times, {} to {}", day(&first), day(&last)),
        };
        page.say("yes", &format!("{head}: held {when}"));
        return;
    }
    let before = indicator.before.map_or(String::new(), |before| {
        format!("; it held before the window, last on {}", day(&shown(before)))
    });
    let Some(look) = &indicator.closest else {
        page.say("no", &format!("{head}: no payment of the window is about such a thing{before}"));
        return;
    };
    let short: Vec<(&Part, &PartText)> = look
        .parts
        .iter()
        .zip(&indicator.parts)
        .filter(|(part, _)| part.holds != Some(true))
        .collect();
    let count = format!("{} of {} parts", look.held(), look.parts.len());
    if !indicator.wanted {
        let first = short.first().map_or(String::new(), |(part, text)| short_of(part, text));
        let text = format!("{head}: {count}; short of {first}{before}");
        page.say("no", &text);
        return;
    }
    let any = if indicator.any { ", of which one is enough" } else { "" };
    let at = shown(look.at);
    page.say("no", &format!("{head}: closest on {at}, {count} hold{any}{before}"));
    for (part, text) in short.iter().take(PARTS_MAX) {
        page.say("", &format!("{:<3} {}", mark(part.holds), short_of(part, text)));
    }
    if let Some(more) = short.len().checked_sub(PARTS_MAX).filter(|more| *more > 0) {
        page.say("", &format!("and {more} more that do not"));
    }
}

/// A part, what was found and what is needed; of one that joins others, those that do not hold.
fn short_of(part: &Part, text: &PartText) -> String {
    if part.inner.len() != text.inner.len() || part.inner.is_empty() {
        return short_of_one(part, &text.text);
    }
    let inner = part.inner.iter().zip(&text.inner);
    let short: Vec<String> = inner
        .filter(|(part, _)| part.holds != Some(true))
        .map(|(part, text)| short_of_one(part, text))
        .collect();
    let more = short.len().saturating_sub(INNER_MAX);
    let more = if more > 0 { format!("; and {more} more") } else { String::new() };
    format!("{}{more}", short.iter().take(INNER_MAX).cloned().collect::<Vec<_>>().join("; "))
}

fn short_of_one(part: &Part, text: &str) -> String {
    if let Some(field) = &part.missing {
        return format!("{text}: not decided, `{field}` is missing");
    }
    if part.needed.is_empty() {
        return format!("{text}: {}", part.observed);
    }
    let margin = part.margin.map(|margin| format!(" ({})", ratio::percent(&margin)));
    format!("{text}: {}, needs {}{}", part.observed, part.needed, margin.unwrap_or_default())
}

fn steps_json(steps: &[LinkStep]) -> Value {
    steps
        .iter()
        .map(|step| {
            let amount = step.amount.map(|amount| {
                json!({"value": amount.value.to_string(), "ccy": amount.currency.to_string()})
            });
            json!({"by": step.by, "from": step.from, "to": step.to, "payments": step.payments,
                   "amount": amount})
        })
        .collect()
}

fn tell_link(link: &AskedLink, page: &mut Page) {
    let holds = if link.holds { "yes" } else { "no" };
    let by = link.by.join(", ");
    page.say(
        holds,
        &format!("linked evidence: {} within {} hops over {by}", link.needs, link.hops),
    );
    let cut = if link.cut { "; a bound cut the search" } else { "" };
    if link.path.is_empty() {
        page.say(
            "",
            &format!("{} accounts are in reach, and none of it holds on any{cut}", link.reached),
        );
        return;
    }
    let path = path_pieces(&json!({"path": steps_json(&link.path)}), &Masks::default()).join(" ");
    page.say("", &path);
    let at = |held: bool| -> Vec<String> {
        let seen = link.seen.iter().filter(|seen| seen.at.is_some() == held);
        seen.map(|seen| match seen.at {
            Some(at) => format!("{} ({})", seen.rule, shown(at)),
            None => seen.rule.clone(),
        })
        .collect()
    };
    let end = link.end.as_deref().unwrap_or("");
    let (held, missing) = (at(true), at(false));
    let missing = match missing.len() {
        0 => String::new(),
        n if n > 6 => format!("; {n} others do not"),
        _ => format!("; not {}", missing.join(", ")),
    };
    page.say("", &format!("on {end} hold {}{missing}{cut}", held.join(", ")));
}

fn part_json(part: &Part, text: &PartText) -> Value {
    let inner = part.inner.iter().zip(&text.inner);
    let inner: Vec<Value> = inner
        .map(|(part, text)| {
            let text = PartText { text: text.clone(), inner: Vec::new() };
            part_json(part, &text)
        })
        .collect();
    json!({"part": text.text, "inner": inner, "holds": part.holds, "observed": part.observed, "needed": part.needed,
           "margin": part.margin.map(|margin| margin.to_string()), "missing": part.missing})
}

fn asked_json(one: &Asked) -> Value {
    let held = one.held.as_ref().map(|held| {
        json!({"on": held.on, "first": held.first.to_string(), "last": held.last.to_string(),
               "times": held.times})
    });
    let closest = one.closest.as_ref().map(|look| {
        let parts = look.parts.iter().zip(&one.parts);
        json!({"on": look.on, "at": look.at.to_string(),
               "parts": parts.map(|(part, text)| part_json(part, text)).collect::<Vec<_>>()})
    });
    json!({
        "id": one.id, "title": one.title, "family": one.family.to_string(), "tier": one.tier,
        "required": one.required, "wanted": one.wanted, "held": held,
        "before": one.before.map(|at| at.to_string()),
        "closest": closest, "any": one.any, "looks_cut": one.cut,
    })
}

fn link_json(link: &AskedLink) -> Value {
    let seen: Vec<Value> = link
        .seen
        .iter()
        .map(|seen| json!({"rule": seen.rule, "at": seen.at.map(|at| at.to_string())}))
        .collect();
    json!({"needs": link.needs, "by": link.by, "hops": link.hops, "holds": link.holds,
           "reached": link.reached, "cut": link.cut, "path": steps_json(&link.path),
           "end": link.end, "seen": seen})
}
