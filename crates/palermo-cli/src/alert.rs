//! `palermo alert`: what was found, for people.
//!
//! Reads published documents (`alert.v1`), from the topics or from files that hold their records, and
//! nothing else: what is shown is what a consumer of the topic gets. People who may be victims are
//! counted and named `potential victim N (masked)`, in words and in JSON, unless `--unmask` is given,
//! and then standard error says so.

pub(crate) mod document;
mod list;
pub(crate) mod mask;
pub(crate) mod page;
mod replay;
mod show;
pub(crate) mod source;
#[cfg(test)]
mod tests;

pub(crate) use list::list;
pub(crate) use replay::replay;
pub(crate) use show::{family, path_pieces, show};
