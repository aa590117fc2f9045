//! Texts with places for values.

use crate::check::pool::{column, index};
use crate::program::{
    Indicator, IndicatorId, List, Measure, MeasureId, Param, ParamId, Piece, RowPart, SelfText,
    Template,
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
    /// The list whose row was found, for modifiers.
    pub row: Option<&'a List>,
}

/// Parts that every row has.
const ROW: [(&str, RowPart); 4] =
    [("row", RowPart::Key), ("from", RowPart::From), ("to", RowPart::To), ("km", RowPart::Km)];

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
    if let Some((part, row)) = name.strip_prefix("event.").zip(names.row) {
        let own = ROW.iter().find(|(known, _)| *known == part).map(|(_, part)| *part);
        let cell = || column(row, part).map(|(at, _)| RowPart::Cell(at));
        if let Some(part) = own.or_else(cell) {
            return Some(Piece::Row(part));
        }
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

impl<'a> Names<'a> {
    /// Those of a rule itself.
    pub(crate) const fn of(measures: &'a [Measure], params: &'a [Param]) -> Self {
        Self { measures, params, indicators: &[], row: None }
    }

    fn known(&self) -> Vec<String> {
        let of = self.indicators.iter().flat_map(|(_, indicator)| {
            let id = &indicator.condition.id;
            indicator.condition.measures.iter().map(move |m| format!("{id}.{}", m.name))
        });
        let measures = self.measures.iter().map(|measure| measure.name.clone());
        let params = self.params.iter().map(|param| format!("${}", param.name));
        let own = OWN.iter().map(|(name, _)| (*name).to_owned());
        let columns = self.row.into_iter().flat_map(|list| &list.columns);
        let parts = ROW.iter().filter(|_| self.row.is_some()).map(|(name, _)| *name);
        let row = parts.chain(columns.map(|(name, _)| name.as_str()));
        let row = row.map(|part| format!("event.{part}"));
        measures.chain(of).chain(params).chain(row).chain(own).collect()
    }
}
