//! `palermo rules doc` and `palermo rules schema`: what is generated from the rules and the language.

use super::keep::{invalid, write};
use super::{limits, sources};
use crate::args::RulesDocArgs;
use crate::exit::{Exit, Failure};
use crate::out::Out;
use palermo_lang::{Library, catalogue, site};
use serde_json::json;
use std::fs;
use std::path::Path;

/// `palermo rules doc`.
pub(crate) fn doc(arguments: &RulesDocArgs, out: &mut Out) -> Result<Exit, Failure> {
    let folder = arguments.path.display().to_string();
    let folder = folder.trim_end_matches('/');
    let sources = sources(&arguments.path)?;
    let library = Library::read(&sources, &limits()).map_err(|problems| invalid(&problems))?;
    let Some(to) = &arguments.out else {
        let table = catalogue(&library, folder);
        if out.json() {
            out.json_data(&json!({"table": table}));
        } else {
            out.data(table.trim_end());
        }
        return Ok(Exit::Fine);
    };
    let pages = site(&library);
    for (path, page) in &pages {
        let file = to.join(path);
        make(file.parent().unwrap_or(to))?;
        write(&file, page)?;
    }
    if out.json() {
        let paths: Vec<&str> = pages.iter().map(|(path, _)| path.as_str()).collect();
        out.json_data(&json!({"pages": paths}));
    } else {
        out.data(&format!("{} pages; open {}", pages.len(), to.join("index.html").display()));
    }
    Ok(Exit::Fine)
}

fn make(folder: &Path) -> Result<(), Failure> {
    fs::create_dir_all(folder).map_err(|error| {
        let text = format!("cannot make `{}`: {error}", folder.display());
        Failure::words(Exit::Environment, text)
    })
}

/// `palermo rules schema`.
pub(crate) fn schema(out: &mut Out) -> Result<Exit, Failure> {
    out.data(palermo_lang::schema().trim_end());
    Ok(Exit::Fine)
}
