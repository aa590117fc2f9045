//! `palermo rules graph`: what rests on what, as Graphviz text or as JSON.

use super::keep::invalid;
use super::{limits, sources};
use crate::args::RulesGraphArgs;
use crate::exit::{Exit, Failure};
use crate::out::Out;
use palermo_lang::{Edge, Library};
use serde_json::json;
use std::collections::BTreeSet;

pub(crate) fn graph(arguments: &RulesGraphArgs, out: &mut Out) -> Result<Exit, Failure> {
    let sources = sources(&arguments.path)?;
    let library = Library::read(&sources, &limits()).map_err(|problems| invalid(&problems))?;
    let mut edges = library.edges();
    if let Some(id) = &arguments.of {
        let id = id.to_ascii_uppercase();
        if library.rule(&id).is_none() {
            let text = format!("`{id}` is not the id of a rule of this folder");
            return Err(Failure::words(Exit::Usage, text));
        }
        edges = around(edges, &id);
    }
    if out.json() {
        let edges: Vec<_> = edges
            .iter()
            .map(|(from, how, to)| json!({"from": from, "how": how, "to": to}))
            .collect();
        out.json_data(&json!({"edges": edges}));
        return Ok(Exit::Fine);
    }
    out.data("digraph rules {");
    out.data("  rankdir=LR; node [shape=box, fontname=sans];");
    for (from, how, to) in edges {
        let style = match how {
            "requires" => "",
            "is boosted by" => " [style=dashed]",
            "is suppressed by" => " [color=red]",
            _ => " [color=gray]",
        };
        out.data(&format!("  \"{from}\" -> \"{to}\"{style};"));
    }
    out.data("}");
    Ok(Exit::Fine)
}

/// What a rule rests on, and what rests on it.
fn around(edges: BTreeSet<Edge>, id: &str) -> BTreeSet<Edge> {
    let from = |edge: &Edge| edge.0.clone();
    let to = |edge: &Edge| edge.2.clone();
    let mut kept = reached(&edges, id, from, to);
    kept.extend(reached(&edges, id, to, from));
    kept
}

/// The edges that lead away from an id, step by step.
fn reached(
    edges: &BTreeSet<Edge>,
    id: &str,
    near: fn(&Edge) -> String,
    far: fn(&Edge) -> String,
) -> BTreeSet<Edge> {
    let (mut known, mut kept) = (BTreeSet::from([id.to_owned()]), BTreeSet::new());
    let mut next = vec![id.to_owned()];
    while let Some(here) = next.pop() {
        for edge in edges.iter().filter(|edge| near(edge) == here) {
            kept.insert(edge.clone());
            if known.insert(far(edge)) {
                next.push(far(edge));
            }
        }
    }
    kept
}
