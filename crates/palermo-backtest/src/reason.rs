//! Why one rule set told of something at a moment when the other did not: the first predicate that
//! decided it.
//!
//! In the order in which a finding is made: what is required, on the anchor itself, the families of
//! evidence, an explanation, an exception.

use palermo_engine::{Asked, Part, PartText, WhyNot};

/// The first thing that stood in the way, in one line; `None` of something that is not there.
pub(crate) fn first(typology: &str, why: Option<&WhyNot>) -> String {
    let Some(why) = why else {
        return format!("`{typology}` is not deployed, or nothing is known of whom it is about");
    };
    if !why.require_holds {
        let wanted = why.indicators.iter().find(|one| one.wanted && one.held.is_none());
        let lacking = why.lacking.first().map_or("", String::as_str);
        return match wanted {
            Some(indicator) => short_of(indicator),
            None => format!("lacks {lacking}"),
        };
    }
    if let Some(elsewhere) = why.elsewhere.first() {
        return format!("{elsewhere} must hold on this very account");
    }
    if !why.families_hold {
        let reached: String = why.families.iter().collect();
        let (needed, least) = (&why.families_needed, why.families_least);
        return format!("families {reached} hold, needs {needed} and at least {least}");
    }
    if let Some(suppressor) = why.suppressors.iter().find(|one| one.holds) {
        return format!("held back by {}: {}", suppressor.id, suppressor.because);
    }
    if why.exception.is_some() {
        return "a named exception covers it".to_owned();
    }
    "everything that it requires holds: its episode is another one, or it was told before"
        .to_owned()
}

/// What an indicator was short of.
fn short_of(indicator: &Asked) -> String {
    let id = &indicator.id;
    let Some(look) = &indicator.closest else {
        return format!("{id}: no payment of the window is about such a thing");
    };
    let parts = look.parts.iter().zip(&indicator.parts);
    let Some((part, text)) = parts.into_iter().find(|(part, _)| part.holds != Some(true)) else {
        return format!("{id} does not hold");
    };
    format!("{id}: {}", of_part(part, text))
}

fn of_part(part: &Part, text: &PartText) -> String {
    let inner = part.inner.iter().zip(&text.inner).find(|(part, _)| part.holds != Some(true));
    let (part, text) = inner.map_or((part, text.text.as_str()), |(part, text)| (part, text));
    if let Some(field) = &part.missing {
        return format!("{text}: not decided, `{field}` is missing");
    }
    if part.needed.is_empty() {
        return format!("{text}: {}", part.observed);
    }
    format!("{text}: {}, needs {}", part.observed, part.needed)
}
