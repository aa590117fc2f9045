//! `palermo rules key`, `bundle`, `activate`, `rollback` and `status`: rules on their way into force.

use super::keep::write_bytes;
use crate::args::{
    ConfigArgs, RulesActivateArgs, RulesBundleArgs, RulesKeyArgs, RulesRollbackArgs, WordsArgs,
};
use crate::exit::{Exit, Failure};
use crate::out::Out;
use palermo_domain::Redacted;
use palermo_lang::program::RuleSet;
use palermo_runtime::{
    Activation, Asked, BundleFile, BundleFiles, Config, Outcome, RunError, SecretKey, TaskRules,
};
use serde_json::{Value, json};
use std::path::Path;
use std::time::Duration;

/// How many records of `control` are shown.
const ASKED_SHOWN: usize = 20;

/// `palermo rules key`.
pub(crate) fn key(arguments: &RulesKeyArgs, out: &mut Out) -> Result<Exit, Failure> {
    let key = SecretKey::generate().map_err(RunError::from)?;
    let (secret, public) = key.to_pem().map_err(RunError::from)?;
    let beside = arguments.file.with_added_extension("pub");
    for file in [&arguments.file, &beside] {
        if file.exists() {
            let text =
                format!("`{}` is there already, and a key is not overwritten", file.display());
            return Err(Failure::words(Exit::Usage, text));
        }
    }
    write_bytes(&arguments.file, secret.as_bytes(), Some(0o600))?;
    write_bytes(&beside, public.as_bytes(), None)?;
    if out.json() {
        out.json_data(&json!({"key": key.id(), "secret": arguments.file, "public": beside}));
    } else {
        out.data(&format!("key {}", key.id()));
        out.talk(&format!(
            "keep `{}` where only those who sign rules can read it; name `{}` in `rules.signed_by`",
            arguments.file.display(),
            beside.display()
        ));
    }
    Ok(Exit::Fine)
}

/// `palermo rules bundle`.
pub(crate) fn bundle(arguments: &RulesBundleArgs, out: &mut Out) -> Result<Exit, Failure> {
    let mut config = crate::config::read(&arguments.config.config)?;
    config.rules_path.clone_from(&arguments.path);
    let key = arguments.key.as_deref().map(secret_key).transpose()?;
    let files = BundleFiles::gather(&config).map_err(RunError::from)?;
    let rules = palermo_runtime::compile(&config, &files)?;
    let sealed = BundleFile::seal(files, key.as_ref());
    let bytes = sealed.encode().map_err(RunError::from)?;
    write_bytes(&arguments.out, &bytes, None)?;
    tell_sealed(&sealed, &rules, Some(bytes.len()), out);
    Ok(Exit::Fine)
}

fn secret_key(path: &Path) -> Result<SecretKey, Failure> {
    let text = std::fs::read_to_string(path).map_err(|error| Failure {
        exit: Exit::Content,
        code: Some("keys_unreadable"),
        text: format!("cannot read `{}`: {error}", path.display()),
    })?;
    Ok(SecretKey::parse(&text, path).map_err(RunError::from)?)
}

fn tell_sealed(sealed: &BundleFile, rules: &RuleSet, bytes: Option<usize>, out: &mut Out) {
    if out.json() {
        out.json_data(&json!({
            "bundle": sealed.sha256(), "signed_by": sealed.signed_by(), "bytes": bytes,
            "ruleset": rules.name, "version": rules.version, "typologies": rules.typologies.len(),
        }));
        return;
    }
    out.data(&format!("bundle     {}", sealed.sha256()));
    out.data(&format!("signed by  {}", sealed.signed_by().unwrap_or("nobody")));
    out.data(&format!(
        "rules      {} {}: {} typologies, {} indicators, {} suppressors",
        rules.name,
        rules.version,
        rules.typologies.len(),
        rules.indicators.len(),
        rules.suppressors.len()
    ));
    if let Some(bytes) = bytes {
        out.data(&format!("bytes      {bytes}"));
    }
}

/// `palermo rules activate`.
pub(crate) fn activate(arguments: &RulesActivateArgs, out: &mut Out) -> Result<Exit, Failure> {
    let config = crate::config::read(&arguments.config.config)?;
    let name = &arguments.bundle;
    let (hash, file) = if palermo_runtime::is_sha256(name) && !Path::new(name).exists() {
        (name.clone(), None)
    } else {
        let sealed = palermo_runtime::read_bundle(Path::new(name)).map_err(RunError::from)?;
        let rules = palermo_runtime::check_bundle(&config, &sealed)?;
        if !out.json() {
            tell_sealed(&sealed, &rules, None, out);
        }
        let text = sealed.encode_text().map_err(RunError::from)?;
        (sealed.sha256().to_owned(), Some(text))
    };
    let mut activation = said(hash, &arguments.words);
    (activation.file, activation.not_before) = (file, arguments.at);
    send(&config, &activation, arguments.words.wait, out)
}

/// `palermo rules rollback`.
pub(crate) fn rollback(arguments: &RulesRollbackArgs, out: &mut Out) -> Result<Exit, Failure> {
    let config = crate::config::read(&arguments.config.config)?;
    let tasks = palermo_runtime::rules_in_force(&config)?;
    let Some(rules) = tasks.get(&config.task) else {
        let text = format!(
            "task `{}` has not committed anything lately: nothing says what was in force \
                            before; name a bundle with `palermo rules activate`",
            config.task
        );
        return Err(Failure::words(Exit::Environment, text));
    };
    let back = match (&rules.scheduled, &rules.before) {
        // What waits is taken back, by a newer word for what is in force.
        (Some(next), _) => {
            out.talk(&format!("{} waits no more; {} stays", next.bundle, rules.bundle));
            &rules.bundle
        }
        (None, Some(before)) => {
            out.talk(&format!("from {} back to {before}", rules.bundle));
            before
        }
        (None, None) => {
            let text =
                format!("task `{}` has had one bundle only, `{}`", config.task, rules.bundle);
            return Err(Failure::words(Exit::Environment, text));
        }
    };
    let mut activation = said(back.clone(), &arguments.words);
    // Where this machine has it, it goes along: a task that begins later may not have it.
    let kept = BundleFile::kept(&config.state_dir, back).ok();
    activation.file = kept.and_then(|kept| kept.encode_text().ok());
    send(&config, &activation, arguments.words.wait, out)
}

fn said(bundle: String, words: &WordsArgs) -> Activation {
    Activation {
        bundle,
        file: None,
        not_before: None,
        by: Redacted::new(words.by.clone()),
        approved_by: words.approved_by.clone().map(Redacted::new),
        reason: Redacted::new(words.reason.clone()),
    }
}

fn send(
    config: &Config,
    activation: &Activation,
    wait_seconds: i64,
    out: &mut Out,
) -> Result<Exit, Failure> {
    // What an engine would send to the dead letters is not sent.
    if let Err(refusal) = palermo_runtime::decode_control(Some(&activation.encode()), 0) {
        return Err(Failure::words(Exit::Usage, format!("the engine would refuse it: {refusal}")));
    }
    let patience = Duration::from_secs(u64::try_from(wait_seconds).unwrap_or(0));
    let mut heard = Vec::new();
    let outcome = palermo_runtime::activate(config, activation, patience, &mut |task, outcome| {
        heard.push((task.to_owned(), outcome.clone()));
    })?;
    if out.json() {
        let tasks: Vec<Value> = heard
            .iter()
            .map(|(task, outcome)| json!({"task": task, "outcome": word(outcome), "since": since(outcome)}))
            .collect();
        out.json_data(&json!({
            "bundle": activation.bundle, "outcome": word(&outcome), "since": since(&outcome), "tasks": tasks,
        }));
    } else {
        heard.iter().for_each(|(task, outcome)| out.data(&format!("{task}: {}", tell(outcome))));
        if outcome == Outcome::Silent {
            let task = &config.task;
            out.data(&format!("{task}: {}", tell(&outcome)));
        }
    }
    Ok(match outcome {
        Outcome::InForce(_) | Outcome::Scheduled => Exit::Fine,
        Outcome::Refused => Exit::Content,
        Outcome::Silent => Exit::Findings,
    })
}

const fn word(outcome: &Outcome) -> &'static str {
    match outcome {
        Outcome::InForce(_) => "in_force",
        Outcome::Scheduled => "scheduled",
        Outcome::Refused => "refused",
        Outcome::Silent => "silent",
    }
}

const fn since(outcome: &Outcome) -> Option<u64> {
    match outcome {
        Outcome::InForce(seq) => Some(*seq),
        _ => None,
    }
}

fn tell(outcome: &Outcome) -> String {
    match outcome {
        Outcome::InForce(seq) => format!("in force since progress record {seq}"),
        Outcome::Scheduled => "admitted; waits for its time".to_owned(),
        Outcome::Refused => {
            "refused; the engine's log says why (`rules are not admitted`), the rules in \
                             force stay"
                .to_owned()
        }
        Outcome::Silent => {
            "has not said anything yet; it is asked for, and counts when the task reads it \
                            (`palermo rules status`)"
                .to_owned()
        }
    }
}

/// `palermo rules status`.
pub(crate) fn status(arguments: &ConfigArgs, out: &mut Out) -> Result<Exit, Failure> {
    let config = crate::config::read(&arguments.config)?;
    let tasks = palermo_runtime::rules_in_force(&config)?;
    let asked = palermo_runtime::asked(&config)?;
    let newest = asked.len().saturating_sub(ASKED_SHOWN);
    let asked = asked.get(newest..).unwrap_or_default();
    let hashes: std::collections::BTreeSet<&str> =
        tasks.values().map(|rules| rules.bundle.as_str()).collect();
    if out.json() {
        let tasks: Vec<Value> = tasks.iter().map(|(task, rules)| task_json(task, rules)).collect();
        let asked: Vec<Value> = asked.iter().map(asked_json).collect();
        out.json_data(&json!({"tasks": tasks, "asked": asked, "agree": hashes.len() < 2}));
    } else {
        if tasks.is_empty() {
            out.data("no task has committed anything lately");
        }
        for (task, rules) in &tasks {
            tell_task(task, rules, out);
        }
        if !asked.is_empty() {
            out.data("asked for, oldest first:");
        }
        for one in asked {
            out.data(&format!("  {}", tell_asked(one)));
        }
        if hashes.len() > 1 {
            out.talk("the tasks do not have the same rules in force");
        }
    }
    Ok(if hashes.len() > 1 { Exit::Findings } else { Exit::Fine })
}

fn tell_task(task: &str, rules: &TaskRules, out: &mut Out) {
    let (bundle, since) = (&rules.bundle, rules.since);
    out.data(&format!("{task}: {bundle}, since progress record {since} of {}", rules.seq));
    if let Some(before) = &rules.before {
        out.data(&format!("  before       {before}"));
    }
    if let Some(configured) = rules.configured.as_ref().filter(|hash| *hash != bundle) {
        out.data(&format!("  rules.path   {configured}"));
    }
    if let Some(next) = &rules.scheduled {
        let time = next.not_before.map_or("now".to_owned(), |time| time.to_string());
        out.data(&format!("  next         {}, not before {time}", next.bundle));
    }
}

fn tell_asked(asked: &Asked) -> String {
    let Some(activation) = &asked.activation else {
        return format!("{}  cannot be read", asked.at);
    };
    let bundle = activation.bundle.get(..12).unwrap_or_default();
    let not_before = activation.not_before.map(|time| format!(", not before {time}"));
    let approved = activation.approved_by.as_ref();
    format!(
        "{}  {bundle}{}  by {}{}: {}",
        asked.at,
        not_before.unwrap_or_default(),
        activation.by.expose(),
        approved.map_or(String::new(), |name| format!(", approved by {}", name.expose())),
        activation.reason.expose()
    )
}

fn task_json(task: &str, rules: &TaskRules) -> Value {
    let next = rules.scheduled.as_ref().map(|next| {
        json!({"bundle": next.bundle, "not_before": next.not_before.map(|time| time.to_string())})
    });
    json!({"task": task, "seq": rules.seq, "bundle": rules.bundle, "since": rules.since,
           "before": rules.before, "configured": rules.configured, "scheduled": next,
           "engine": rules.engine})
}

fn asked_json(asked: &Asked) -> Value {
    let said = asked.activation.as_ref().map(|activation| {
        json!({
            "bundle": activation.bundle,
            "not_before": activation.not_before.map(|time| time.to_string()),
            "by": activation.by.expose(),
            "approved_by": activation.approved_by.as_ref().map(|name| name.expose()),
            "reason": activation.reason.expose(),
        })
    });
    json!({"offset": asked.offset, "at": asked.at.to_string(), "activation": said})
}
