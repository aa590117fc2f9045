//! Why: each indicator with what was seen and what is needed, families, score; and what speaks against
//! it, and what is not known.

use crate::alert::document::{Revision, field, list, plain, string, texts};
use crate::alert::mask::Masks;
use crate::alert::page::{Look, Page};
use crate::ratio;
use serde_json::Value;

const INDICATORS_MAX: usize = 8;
const LINES_MAX: usize = 6;
/// What was looked for and not found.
const AGAINST_MAX: usize = 2;

/// What a family of evidence is about.
pub(crate) fn family(letter: &str) -> &'static str {
    match letter {
        "M" => "money flow",
        "L" => "logistics",
        "C" => "control",
        "N" => "network",
        "T" => "texts and lists",
        "P" => "profile break",
        "G" => "geography",
        _ => "unknown",
    }
}

/// Each indicator.
pub(super) fn indicators(alert: &Revision, masks: &Masks, page: &mut Page) {
    let all: Vec<&Value> = list(alert.at("/why/indicators")).collect();
    for indicator in all.iter().take(INDICATORS_MAX) {
        let points = field(indicator, "points").as_u64().unwrap_or(0);
        let text = format!("{} {}", string(indicator, "id"), masks.hide(string(indicator, "text")));
        page.say(&format!("+{points}"), &text);
        page.say("", &masks.hide(&numbers(indicator)));
        let cite = field(indicator, "cite");
        let on = string(indicator, "on");
        let elsewhere = if on == alert.anchor() { "" } else { on };
        let mut text = format!(
            "tier {}, family {}; {}, {}",
            string(indicator, "tier"),
            string(indicator, "family"),
            string(cite, "source"),
            string(cite, "doc")
        );
        if !elsewhere.is_empty() {
            text.push_str(&format!("; on {}", masks.hide(elsewhere)));
        }
        page.say("", &text);
    }
    if let Some(more) = all.len().checked_sub(INDICATORS_MAX).filter(|more| *more > 0) {
        page.say("", &format!("and {more} more indicators; `--format json` has all of them"));
    }
}

/// Observed values against those that are needed. Names pair where they say so: `min_senders` is the
/// bound of `senders`; what pairs with nothing, or with what is not kept, stands for itself. A count is not
/// held against a share.
fn numbers(indicator: &Value) -> String {
    let values = |name: &str| -> Vec<(String, String)> {
        let all = field(indicator, name).as_object();
        let all = all.into_iter().flatten();
        all.map(|(name, value)| (name.clone(), plain(value))).collect()
    };
    let (observed, mut required) = (values("observed"), values("required"));
    let mut parts = Vec::new();
    for (name, value) in observed {
        let bounds = ["min", "max"].map(|bound| format!("{bound}_{name}"));
        let is_whole = |number: &str| !number.contains('.');
        let of = |bound: &str| {
            if bound.starts_with("min") { ("at least", ">=") } else { ("at most", "<=") }
        };
        // A bound that is not kept is that of another way in which the rule may hold.
        let at = required.iter().position(|(bound, needed)| {
            let is_kept = || {
                let margin = ratio::margin(&value, of(bound).1, needed);
                margin.is_none_or(|margin| !margin.is_sign_negative())
            };
            bounds.contains(bound) && is_whole(needed) == is_whole(&value) && is_kept()
        });
        let Some((bound, needed)) = at.map(|at| required.remove(at)) else {
            parts.push(format!("{name} {value}"));
            continue;
        };
        let (words, op) = of(&bound);
        let margin = ratio::margin(&value, op, &needed).map(|margin| ratio::percent(&margin));
        let margin = margin.map_or(String::new(), |margin| format!(", {margin}"));
        parts.push(format!("{name} {value} ({words} {needed}{margin})"));
    }
    let mut text = format!("seen: {}", parts.join(", "));
    if !required.is_empty() {
        let rest: Vec<String> =
            required.iter().map(|(name, value)| format!("{name} {value}")).collect();
        text.push_str(&format!("; by: {}", rest.join(", ")));
    }
    let margin = field(indicator, "margin");
    if !margin.is_null() {
        text.push_str(&format!("; margin {}", plain(margin)));
    }
    text
}

/// Families and score.
pub(super) fn score(alert: &Revision, page: &mut Page) {
    let families: Vec<String> = texts(alert.at("/why/families"))
        .map(|letter| format!("{letter} {}", family(letter)))
        .collect();
    page.say("families", &families.join(", "));
    let points: Vec<String> = list(alert.at("/why/indicators"))
        .map(|indicator| field(indicator, "points").as_u64().unwrap_or(0).to_string())
        .collect();
    let sum = alert.at("/why/score_breakdown/sum").as_u64().unwrap_or(0);
    let capped =
        if sum > alert.score() { format!(", counted as {}", alert.score()) } else { String::new() };
    page.say("score", &format!("{} = {sum}{capped}", points.join(" + ")));
    let near: Vec<String> = list(alert.at("/why/counterfactuals"))
        .map(|one| {
            let margin = string(one, "margin");
            let margin =
                if margin.is_empty() { String::new() } else { format!(" (margin {margin})") };
            format!("{}{margin}", string(one, "text"))
        })
        .collect();
    page.say_some("unless", &near, 3);
}

/// What speaks against it, and the explanations that were tried.
pub(super) fn against(alert: &Revision, masks: &Masks, page: &mut Page) {
    let against: Vec<String> =
        list(alert.at("/why/against")).map(|one| masks.hide(string(one, "text"))).collect();
    page.say_some("against", &against, AGAINST_MAX);
    let mut tested: Vec<String> = Vec::new();
    for suppressor in list(alert.at("/why/suppressors")) {
        let applied = field(suppressor, "applied").as_bool() == Some(true);
        let word = if applied { "explains it" } else { "does not explain it" };
        let word = page.paint(if applied { Look::Good } else { Look::Dim }, word);
        let because = masks.hide(string(suppressor, "because"));
        tested.push(format!("{} {word}: {because}", string(suppressor, "id")));
    }
    if against.is_empty() && tested.is_empty() {
        page.say("against", "nothing was tested");
    }
    page.say_some("tested", &tested, LINES_MAX);
    let by: Vec<&str> = texts(alert.at("/suppressed_by")).collect();
    if !by.is_empty() {
        page.say("explained", &format!("by {}", masks.hide(&by.join(", "))));
    }
}

/// What could not be decided for lack of a field.
pub(super) fn undecided(alert: &Revision, page: &mut Page) {
    let undecided: Vec<String> = list(alert.at("/why/undecided"))
        .map(|one| {
            let missing = ratio::share(&plain(field(one, "missing")));
            let (indicator, of) = (string(one, "indicator"), string(one, "field"));
            format!("{indicator}: `{of}` is missing in {missing} of the payments")
        })
        .collect();
    if undecided.is_empty() {
        page.say("not known", "nothing that an indicator asked for was missing");
    }
    page.say_some("not known", &undecided, 4);
}
