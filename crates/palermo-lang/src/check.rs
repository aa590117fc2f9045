//! Spanned tree to checked program, one module per part of a rule.

pub(crate) mod analysis;
pub(crate) mod condition;
pub(crate) mod deploy;
pub(crate) mod expr;
pub(crate) mod forbidden;
pub(crate) mod graph;
pub(crate) mod head;
pub(crate) mod linked;
pub(crate) mod list;
pub(crate) mod logic;
pub(crate) mod measure;
pub(crate) mod modifier;
pub(crate) mod param;
pub(crate) mod pool;
pub(crate) mod scope;
pub(crate) mod sequence;
pub(crate) mod subject;
pub(crate) mod template;
pub(crate) mod text;
pub(crate) mod typology;
