//! `palermo coverage`: by crime, which indicators look for it, and what shows that they work.
//!
//! Promises: an indicator counts as covered by evidence alone: a typology of that crime is live on it, its
//! tests go both ways, and an alert of such a typology that named it, decided as it is now, is labelled
//! true. What was found with other logic or parameters is not counted and is named.

use crate::args::CoverageArgs;
use crate::backtest::{in_environment, rules::RuleSide};
use crate::exit::{Exit, Failure};
use crate::out::Out;
use palermo_domain::alert::Mode;
use palermo_lang::{Covered, coverage};
use palermo_runtime::Config;
use serde_json::{Value, json};
use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

/// How far an indicator is shown to work, the best first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum State {
    Covered,
    Alerted,
    Tested,
    Untested,
    Shadow,
    Off,
    Elsewhere,
    Unused,
}

impl State {
    const ALL: [Self; 8] = [
        Self::Covered,
        Self::Alerted,
        Self::Tested,
        Self::Untested,
        Self::Shadow,
        Self::Off,
        Self::Elsewhere,
        Self::Unused,
    ];

    fn of(one: &Covered, found: Found) -> Self {
        match one.mode() {
            None if one.typologies.is_empty() && one.elsewhere => Self::Elsewhere,
            None if one.typologies.is_empty() => Self::Unused,
            None => Self::Off,
            Some(Mode::Shadow) => Self::Shadow,
            Some(_) if !one.tests.is_both_ways() => Self::Untested,
            Some(_) if found.right > 0 => Self::Covered,
            Some(_) if found.alerts > 0 => Self::Alerted,
            Some(_) => Self::Tested,
        }
    }

    const fn as_str(self) -> &'static str {
        match self {
            Self::Covered => "covered",
            Self::Alerted => "alerted",
            Self::Tested => "tested",
            Self::Untested => "untested",
            Self::Shadow => "shadow",
            Self::Off => "off",
            Self::Elsewhere => "elsewhere",
            Self::Unused => "unused",
        }
    }

    const fn meaning(self) -> &'static str {
        match self {
            Self::Covered => {
                "live, tested both ways, in an alert of this crime that is labelled true"
            }
            Self::Alerted => {
                "live, tested both ways, in an alert of this crime, in none labelled true"
            }
            Self::Tested => "live and tested both ways; in no such alert of the backtests given",
            Self::Untested => "live, without a test that finds and a look-alike that does not",
            Self::Shadow => "of the typologies of this crime only some in shadow name it",
            Self::Off => "no typology of this crime that is deployed names it",
            Self::Elsewhere => "only typologies of other crimes name it",
            Self::Unused => "no typology names it",
        }
    }
}

/// What backtests found with an indicator.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Found {
    alerts: u64,
    right: u64,
    wrong: u64,
}

/// What the figures of backtests say.
#[derive(Debug, Default)]
struct Evidence {
    /// By indicator, hash of what decides it, and typology.
    found: BTreeMap<(String, String, String), Found>,
    /// Rules and data of those that were read: the same run twice is one.
    read: BTreeSet<String>,
}

impl Evidence {
    /// Takes in a backtest; `false` where its rules and data were read already.
    fn add(&mut self, folder: &Path) -> Result<bool, Failure> {
        let path = folder.join("figures.json");
        let refused = |what: String| {
            let text = format!("`{}` (`--backtest`) {what}", path.display());
            Failure::words(Exit::Usage, text)
        };
        let text = std::fs::read_to_string(&path)
            .map_err(|error| refused(format!("cannot be read: {error}")))?;
        let value: Value = serde_json::from_str(&text)
            .map_err(|error| refused(format!("holds no figures of a backtest: {error}")))?;
        let Some(indicators) = value.get("indicators").and_then(Value::as_object) else {
            return Err(refused(
                "holds no `indicators`; is it of `palermo backtest --out`?".to_owned(),
            ));
        };
        let of = |key: &str| value.get(key).map(Value::to_string).unwrap_or_default();
        if !self.read.insert(format!("{} {}", of("bundle"), of("data"))) {
            return Ok(false);
        }
        for (id, one) in indicators {
            let sha256 = one.get("sha256").and_then(Value::as_str).unwrap_or("");
            let typologies = one.get("typologies").and_then(Value::as_object);
            for (typology, counts) in typologies.into_iter().flatten() {
                let count = |key: &str| counts.get(key).and_then(Value::as_u64).unwrap_or(0);
                let key = (id.clone(), sha256.to_owned(), typology.clone());
                let found = self.found.entry(key).or_default();
                found.alerts = found.alerts.saturating_add(count("alerts"));
                found.right = found.right.saturating_add(count("true"));
                found.wrong = found.wrong.saturating_add(count("false"));
            }
        }
        Ok(true)
    }

    /// In alerts of typologies of its crime, with what decides it now.
    fn of(&self, one: &Covered) -> Found {
        let mut all = Found::default();
        for (typology, _) in &one.typologies {
            let key = (one.indicator.clone(), one.sha256.clone(), typology.clone());
            let found = self.found.get(&key).copied().unwrap_or_default();
            all.alerts = all.alerts.saturating_add(found.alerts);
            all.right = all.right.saturating_add(found.right);
            all.wrong = all.wrong.saturating_add(found.wrong);
        }
        all
    }

    /// Whether an indicator was in an alert of its crime only as something else decided it.
    fn only_others(&self, one: &Covered) -> bool {
        let other = |((id, sha256, typology), found): (&(String, String, String), &Found)| {
            let is_of_crime = one.typologies.iter().any(|(known, _)| known == typology);
            *id == one.indicator && *sha256 != one.sha256 && is_of_crime && found.alerts > 0
        };
        self.of(one).alerts == 0 && self.found.iter().any(other)
    }
}

/// Reads, counts, tells.
pub(crate) fn show(arguments: &CoverageArgs, out: &mut Out) -> Result<Exit, Failure> {
    let path = &arguments.config.config;
    let config = if path.exists() { crate::config::read(path)? } else { Config::defaults() };
    let config = in_environment(config, arguments.environment.as_deref())?;
    let side = RuleSide::load(&arguments.ruleset, &config)?;
    let mut all = coverage(&side.library, &side.bundle.rules);
    if let Some(crime) = &arguments.crime {
        all = of_crime(all, crime)?;
    }
    let mut evidence = Evidence::default();
    for folder in &arguments.backtest {
        if !evidence.add(folder)? {
            let text =
                format!("`{}` is of the same rules and data as one before", folder.display());
            out.talk(&format!("{text}: it is counted once"));
        }
    }
    if out.json() {
        let rows: Vec<Value> = all.iter().map(|one| row(one, &evidence)).collect();
        out.json_data(&json!({"rules": side.facts.name, "version": side.facts.version,
                              "bundle": side.facts.bundle, "environment": config.environment,
                              "indicators": rows}));
        return Ok(Exit::Fine);
    }
    let many = match arguments.backtest.len() {
        0 => "no backtest was given (`--backtest`)".to_owned(),
        1 => "what one backtest found".to_owned(),
        many => format!("what {many} backtests found"),
    };
    out.data(&format!(
        "{} {} ({}), deployed in {}; {many}",
        side.facts.name, side.facts.version, side.facts.origin, config.environment
    ));
    lines(&all, &evidence).iter().for_each(|line| out.data(line));
    Ok(Exit::Fine)
}

fn of_crime(all: Vec<Covered>, crime: &str) -> Result<Vec<Covered>, Failure> {
    let (mine, others): (Vec<Covered>, Vec<Covered>) =
        all.into_iter().partition(|one| one.crime == crime);
    if !mine.is_empty() {
        return Ok(mine);
    }
    let mut known: Vec<String> = others.into_iter().map(|one| one.crime).collect();
    known.dedup();
    let text =
        format!("`--crime {crime}` is named by no indicator; there are {}", known.join(", "));
    Err(Failure::words(Exit::Usage, text))
}

fn row(one: &Covered, evidence: &Evidence) -> Value {
    let found = evidence.of(one);
    let typologies = one.typologies.iter().map(|(id, mode)| {
        let mode = mode.map_or("off", Mode::as_str);
        (id.clone(), json!(mode))
    });
    json!({
        "crime": one.crime,
        "indicator": one.indicator,
        "version": one.version,
        "title": one.title,
        "amltrix": one.amltrix,
        "typologies": typologies.collect::<serde_json::Map<_, _>>(),
        "tests": {"all": one.tests.all, "found": one.tests.found, "lookalikes": one.tests.lookalikes,
                  "known_gaps": one.tests.gaps, "known_false_positives": one.tests.false_positives},
        "backtests": {"alerts": found.alerts, "true": found.right, "false": found.wrong,
                      "only_with_other_rules": evidence.only_others(one)},
        "state": State::of(one, found).as_str(),
    })
}

fn lines(all: &[Covered], evidence: &Evidence) -> Vec<String> {
    let mut lines = Vec::new();
    let mut used = Vec::new();
    for crime in all.chunk_by(|a, b| a.crime == b.crime) {
        let states = || crime.iter().map(|one| State::of(one, evidence.of(one)));
        let name = crime.first().map_or("", |one| one.crime.as_str());
        let each = State::ALL.into_iter().filter_map(|state| {
            let many = states().filter(|other| *other == state).count();
            (many > 0).then(|| format!("{many} {}", state.as_str()))
        });
        lines.push(String::new());
        lines.push(format!(
            "{}: {} indicators: {}",
            name.replace('_', " "),
            crime.len(),
            each.collect::<Vec<_>>().join(", ")
        ));
        lines.push(format!(
            "  {:<8} {:<9} {:>13} {:>14}  {}",
            "id", "state", "tests", "alerts (true)", "typologies"
        ));
        lines.extend(crime.iter().map(|one| line(one, evidence)));
        used.extend(states());
    }
    lines.push(String::new());
    lines.push("tests: those that find / look-alikes; + known gaps; typologies: (s) in shadow, (-) not deployed".to_owned());
    let met = State::ALL.into_iter().filter(|state| used.contains(state));
    lines.extend(met.map(|state| format!("{:<9} {}", state.as_str(), state.meaning())));
    lines
}

fn line(one: &Covered, evidence: &Evidence) -> String {
    let found = evidence.of(one);
    let gaps = if one.tests.gaps > 0 { format!(" +{}", one.tests.gaps) } else { String::new() };
    let typologies = one.typologies.iter().map(|(id, mode)| match mode {
        Some(Mode::Shadow) => format!("{id}(s)"),
        None => format!("{id}(-)"),
        Some(_) => id.clone(),
    });
    let typologies: Vec<String> = typologies.collect();
    let alerts = if evidence.only_others(one) {
        "other rules".to_owned()
    } else {
        format!("{} ({})", found.alerts, found.right)
    };
    let line = format!(
        "  {:<8} {:<9} {:>13} {alerts:>14}  {}",
        one.indicator,
        State::of(one, found).as_str(),
        format!("{}/{}{gaps}", one.tests.found, one.tests.lookalikes),
        typologies.join(" ")
    );
    line.trim_end().to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;
    use palermo_lang::Tested;

    fn covered(mode: Option<Mode>, found: usize, lookalikes: usize) -> Covered {
        Covered {
            crime: "sex_trafficking".to_owned(),
            indicator: "ST-01".to_owned(),
            version: "1.0.0".to_owned(),
            sha256: "now".to_owned(),
            title: String::new(),
            amltrix: Vec::new(),
            elsewhere: false,
            typologies: vec![("CT-01".to_owned(), mode)],
            tests: Tested { all: 3, found, lookalikes, ..Tested::default() },
        }
    }

    #[test]
    fn covered_is_what_evidence_shows() {
        let alerts = |alerts, right| Found { alerts, right, wrong: 0 };
        let live = Some(Mode::Live);
        for (one, found, state) in [
            (covered(live, 1, 1), alerts(2, 1), State::Covered),
            (covered(live, 1, 1), alerts(2, 0), State::Alerted),
            (covered(live, 1, 1), alerts(0, 0), State::Tested),
            (covered(live, 1, 0), alerts(2, 1), State::Untested),
            (covered(live, 0, 1), alerts(2, 1), State::Untested),
            (covered(Some(Mode::Shadow), 1, 1), alerts(2, 1), State::Shadow),
            (covered(None, 1, 1), alerts(2, 1), State::Off),
            (
                Covered { typologies: Vec::new(), ..covered(None, 1, 1) },
                alerts(0, 0),
                State::Unused,
            ),
            (
                Covered { typologies: Vec::new(), elsewhere: true, ..covered(None, 1, 1) },
                alerts(0, 0),
                State::Elsewhere,
            ),
        ] {
            assert_eq!(State::of(&one, found), state);
        }
    }

    #[test]
    fn what_other_rules_or_other_crimes_found_is_no_evidence() {
        let folder = tempfile::tempdir().unwrap();
        let figures = |bundle: &str, sha256: &str, typology: &str| {
            let counts = json!({"alerts": 4, "true": 3, "false": 1});
            let one = json!({"sha256": sha256, "typologies": {typology: counts}});
            let text =
                json!({"bundle": bundle, "data": [], "indicators": {"ST-01": one}}).to_string();
            std::fs::write(folder.path().join("figures.json"), text).unwrap();
        };
        let one = covered(Some(Mode::Live), 1, 1);
        let mut evidence = Evidence::default();
        figures("a", "before", "CT-01");
        assert!(evidence.add(folder.path()).unwrap());
        assert_eq!((evidence.of(&one), evidence.only_others(&one)), (Found::default(), true));
        figures("b", "now", "CT-14");
        assert!(evidence.add(folder.path()).unwrap());
        assert_eq!(evidence.of(&one), Found::default());
        figures("c", "now", "CT-01");
        assert!(evidence.add(folder.path()).unwrap());
        // The same run twice is one.
        assert!(!evidence.add(folder.path()).unwrap());
        assert_eq!(evidence.of(&one), Found { alerts: 4, right: 3, wrong: 1 });
        assert!(!evidence.only_others(&one));
        std::fs::write(folder.path().join("figures.json"), "{}").unwrap();
        let said = evidence.add(folder.path()).unwrap_err().text;
        assert!(said.contains("holds no `indicators`"), "{said}");
    }
}
