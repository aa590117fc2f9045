//! Texts with places for values.

use crate::check::pool::index;
use crate::program::{
    Indicator, IndicatorId, Measure, MeasureId, Param, ParamId, Piece, SelfText, Template,
};
use crate::read::Cx;
use crate::suggest::closest;
use crate::yaml::Node;
use std::ops::Range;

/// What a text may name.
pub(crate) struct Names<'a> {
    /// Measures of the rule itself.
    pub measures: &'a [Measure],
    /// Parameters of the rule itself.
    pub params: &'a [Param],
    /// Indicators of the typology.
    pub indicators: &'a [(IndicatorId, &'a Indicator)],
}

const OWN: [(&str, Piece); 5] = [
    ("self.home.town", Piece::SelfText(SelfText::HomeTown)),
    ("self.home.region", Piece::SelfText(SelfText::HomeRegion)),
    ("self.work.town", Piece::SelfText(SelfText::WorkTown)),
    ("self.account_age", Piece::SelfText(SelfText::AccountAge)),
    ("episode.days", Piece::EpisodeDays),
];

/// Reads a text with `{…}` in it.
pub(crate) fn template(cx: &mut Cx, node: &Node, names: &Names<'_>) -> Template {
    let Some(text) = cx.filled(node) else { return Template::default() };
    let mut pieces = Vec::new();
    let mut at = 0;
    while let Some(rest) = text.get(at..).filter(|rest| !rest.is_empty()) {
        let Some(open) = rest.find('{') else {
            pieces.push(Piece::Text(rest.to_owned()));
            break;
        };
        if let Some(before) = rest.get(..open).filter(|before| !before.is_empty()) {
            pieces.push(Piece::Text(before.to_owned()));
        }
        let start = at.saturating_add(open);
        let Some(length) = text.get(start..).and_then(|tail| tail.find('}')) else {
            let range = node.locate(cx.text(), &(start..text.len()));
            cx.error("E100", &range, "`{` without `}`", "close it with `}`");
            break;
        };
        let end = start.saturating_add(length);
        let name = text.get(start.saturating_add(1)..end).unwrap_or("").trim();
        let range = node.locate(cx.text(), &(start..end.saturating_add(1)));
        pieces.extend(piece(cx, name, &range, names));
        at = end.saturating_add(1);
    }
    Template(pieces)
}

fn piece(cx: &mut Cx, name: &str, range: &Range<usize>, names: &Names<'_>) -> Option<Piece> {
    if let Some((_, piece)) = OWN.iter().find(|(known, _)| *known == name) {
        return Some(piece.clone());
    }
    if let Some(at) = names.measures.iter().position(|measure| measure.name == name) {
        return Some(Piece::Measure(MeasureId(index(at))));
    }
    if let Some(param) = name.strip_prefix('$')
        && let Some(at) = names.params.iter().position(|known| known.name == param)
    {
        return Some(Piece::Param(ParamId(index(at))));
    }
    if let Some((id, measure)) = name.split_once('.')
        && let Some((at, indicator)) =
            names.indicators.iter().find(|(_, indicator)| indicator.condition.id == id)
    {
        let measures = &indicator.condition.measures;
        let found = measures.iter().position(|known| known.name == measure);
        if found.is_none() {
            let known = measures.iter().map(|known| known.name.as_str());
            cx.unknown_in("E102", range, "measure", measure, &format!(" of `{id}`"), known);
        }
        return found.map(|measure| Piece::Of(*at, MeasureId(index(measure))));
    }
    let known = names.known();
    let help = closest(name, known.iter().map(String::as_str)).map_or_else(
        || {
            let known: Vec<&str> = known.iter().map(String::as_str).collect();
            format!("known: {}", crate::read::listed(&known))
        },
        |near| format!("did you mean `{{{near}}}`?"),
    );
    cx.error("E102", range, format!("unknown name `{name}` in a text"), help);
    None
}

impl Names<'_> {
    fn known(&self) -> Vec<String> {
        let of = self.indicators.iter().flat_map(|(_, indicator)| {
            let id = &indicator.condition.id;
            indicator.condition.measures.iter().map(move |m| format!("{id}.{}", m.name))
        });
        let measures = self.measures.iter().map(|measure| measure.name.clone());
        let params = self.params.iter().map(|param| format!("${}", param.name));
        let own = OWN.iter().map(|(name, _)| (*name).to_owned());
        measures.chain(of).chain(params).chain(own).collect()
    }
}
