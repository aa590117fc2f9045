//! Modifiers as the evaluator sees them: what moves an alert up in the queue, and nothing else.

use super::{Expr, ListId, Param, Template};

/// What raises the place of an alert in the queue.
#[derive(Clone, Debug, PartialEq)]
pub struct Modifier {
    /// Id, such as `CT-30`.
    pub id: String,
    /// Version.
    pub version: String,
    /// Title.
    pub title: String,
    /// Ids of the typologies whose alerts it orders.
    pub applies_to: Vec<String>,
    /// Parameters.
    pub params: Vec<Param>,
    /// Lists consulted.
    pub lists: Vec<ListId>,
    /// When it applies: over the holder of the anchor, at the deciding time.
    pub when: Expr,
    /// The first `near` in `when`, whose row the text may name.
    pub near: Option<Expr>,
    /// By how many percent.
    pub percent: u32,
    /// Text with the row that was found.
    pub text: Template,
    /// SHA-256 (hex) of the logic.
    pub logic_sha256: String,
    /// SHA-256 (hex) of the parameters.
    pub params_sha256: String,
}

/// A part of the row that `near` found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RowPart {
    /// Its key.
    Key,
    /// Its first day.
    From,
    /// Its last day.
    To,
    /// How far it is, in kilometers.
    Km,
    /// A cell, by the number of its column.
    Cell(u16),
}
